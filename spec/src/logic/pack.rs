//! Packs documents by pairs of bytes, for readers with little flash: what often stands side by side becomes one byte.

use std::collections::{BTreeMap, BTreeSet};

/// Documents, packed with one dictionary.
///
/// A packed byte below the number of literals stands for the literal of that place; the others stand, in order, for a pair
/// of packed bytes each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) literals: Vec<u8>,
    pub(crate) pairs: Vec<[u8; 2]>,
    pub(crate) documents: Vec<Vec<u8>>,
}

/// Packs documents, each given with whether the dictionary is made for it; it serves the others as it is.
pub(crate) fn pack(documents: &[(Vec<u8>, bool)]) -> Packed {
    let bytes = documents.iter().flat_map(|(document, _)| document);
    let literals: Vec<u8> = bytes.copied().collect::<BTreeSet<_>>().into_iter().collect();
    let mut packed: Vec<(Vec<u8>, bool)> = documents
        .iter()
        .map(|(document, counts)| {
            // Every byte is among the literals, of which there are 256 at most.
            let place = |byte: &u8| literals.partition_point(|literal| literal < byte) as u8;
            (document.iter().map(place).collect(), *counts)
        })
        .collect();
    let mut pairs = Vec::new();
    while let Ok(code) = u8::try_from(literals.len() + pairs.len()) {
        let Some(pair) = most_frequent(&packed) else { break };
        pairs.push(pair);
        for (document, _) in &mut packed {
            *document = replace(document, pair, code);
        }
    }
    Packed {
        literals,
        pairs,
        documents: packed.into_iter().map(|(document, _)| document).collect(),
    }
}

/// The pair that saves most, and of several the first; none where no pair saves more than the two bytes that it takes.
fn most_frequent(documents: &[(Vec<u8>, bool)]) -> Option<[u8; 2]> {
    let mut counts = BTreeMap::new();
    for (document, _) in documents.iter().filter(|(_, counts)| *counts) {
        let mut last = None;
        for (place, pair) in document.windows(2).enumerate() {
            // Of three equal bytes in a row two are a pair.
            if last == Some((place.wrapping_sub(1), pair)) {
                last = None;
                continue;
            }
            last = Some((place, pair));
            *counts.entry([pair[0], pair[1]]).or_insert(0) += 1;
        }
    }
    let most = counts.values().copied().max().filter(|count| *count > 2)?;
    counts
        .into_iter()
        .find(|(_, count)| *count == most)
        .map(|(pair, _)| pair)
}

fn replace(document: &[u8], pair: [u8; 2], code: u8) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(document.len());
    let mut rest = document;
    while let [first, others @ ..] = rest {
        if rest.starts_with(&pair) {
            replaced.push(code);
            rest = &rest[2..];
        } else {
            replaced.push(*first);
            rest = others;
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a packed byte stands for.
    fn meaning(packed: &Packed, byte: u8) -> Vec<u8> {
        let byte = usize::from(byte);
        match packed.literals.get(byte) {
            Some(literal) => vec![*literal],
            None => packed.pairs[byte - packed.literals.len()]
                .iter()
                .flat_map(|half| meaning(packed, *half))
                .collect(),
        }
    }

    fn unpacked(packed: &Packed) -> Vec<Vec<u8>> {
        let documents = packed.documents.iter();
        documents
            .map(|document| document.iter().flat_map(|byte| meaning(packed, *byte)).collect())
            .collect()
    }

    #[test]
    fn what_is_unpacked_is_what_was_packed() {
        let all: Vec<u8> = (0..=255).collect();
        for documents in [
            vec![],
            vec![b"".to_vec()],
            vec![b"aaaaaaaa".to_vec(), b"abcabcabcabcabc".to_vec(), b"".to_vec()],
            vec![all.repeat(3)],
            vec![all[..254].repeat(3), b"abab".to_vec()],
        ] {
            for counts in [false, true] {
                let given: Vec<_> = documents.iter().map(|one| (one.clone(), counts)).collect();
                let packed = pack(&given);
                assert_eq!(unpacked(&packed), documents);
                assert!(packed.literals.len() + packed.pairs.len() <= 256);
                assert!(counts || packed.pairs.is_empty());
            }
        }
    }

    #[test]
    fn a_pair_takes_no_more_than_it_saves() {
        assert_eq!(pack(&[(b"ab-ab".to_vec(), true)]).pairs, [] as [[u8; 2]; 0]);
        let packed = pack(&[(b"ab-ab.ab".to_vec(), true)]);
        assert_eq!(
            (&packed.literals[..], &packed.pairs[..]),
            (&b"-.ab"[..], &[[2, 3]][..])
        );
        assert_eq!(packed.documents, [vec![4, 0, 4, 1, 4]]);
    }
}
