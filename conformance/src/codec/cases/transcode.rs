//! Each vector, transcoded from its native encoding to CBOR and back; and encodings that neither side takes.

use super::{
    decode::{WHOLE, in_words},
    new, refusal, with_twin,
};
use crate::{
    codec::{
        case::{Case, Expect, Group},
        request::{Encoding, Request},
        transcode::transcode,
    },
    hex,
    vectors::{self, MessageVectors, ValidMessage},
};

/// None, where the interpreter knows one encoding only.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for vectors in vectors::messages() {
        for vector in vectors.valid() {
            let Some(native) = hex::decode(&vector.hex) else {
                continue;
            };
            let twin = twin(vectors, &vector.name);
            cases.extend(one(
                vectors,
                &vector.name,
                Encoding::Native,
                &native,
                twin.as_deref(),
            ));
            if let Some(Ok(cbor)) = transcode(&vectors.message, Encoding::Native, &native) {
                cases.extend(one(vectors, &vector.name, Encoding::Cbor, &cbor, None));
                let twin = id(&vectors.message, Encoding::Cbor, &vector.name);
                let wrong = broken(&cbor).into_iter();
                let wrong = wrong.filter_map(|(name, bytes)| {
                    let name = format!("{}-{name}", vector.name);
                    one(vectors, &name, Encoding::Cbor, &bytes, Some(&twin))
                });
                cases.extend(wrong.filter(|case| matches!(case.expect, Expect::Refusal(_))));
            }
        }
        for vector in vectors.invalid() {
            let Some(native) = hex::decode(&vector.hex) else {
                continue;
            };
            let twin = twin(vectors, &vector.twin);
            cases.extend(one(
                vectors,
                &vector.name,
                Encoding::Native,
                &native,
                twin.as_deref(),
            ));
        }
    }
    cases
}

/// The id of the case that transcodes this valid vector to CBOR, or another one of its message where that has no form
/// in CBOR: service data may be of no kind that it can hold.
pub(super) fn twin(vectors: &MessageVectors, vector: &str) -> Option<String> {
    let has_form = |known: &&ValidMessage| {
        let native = hex::decode(&known.hex).unwrap_or_default();
        matches!(
            transcode(&vectors.message, Encoding::Native, &native),
            Some(Ok(_))
        )
    };
    let named = vectors.valid().find(|known| known.name == vector);
    let chosen = named
        .filter(has_form)
        .or_else(|| vectors.valid().find(has_form))?;
    Some(id(&vectors.message, Encoding::Native, &chosen.name))
}

fn id(message: &str, from: Encoding, vector: &str) -> String {
    match from {
        Encoding::Native => format!("codec.transcode.{message}.to-cbor.{vector}"),
        Encoding::Cbor => format!("codec.transcode.{message}.from-cbor.{vector}"),
    }
}

fn one(
    vectors: &MessageVectors,
    name: &str,
    from: Encoding,
    bytes: &[u8],
    twin: Option<&str>,
) -> Option<Case> {
    let message = &vectors.message;
    let (requirement, expect) = match transcode(message, from, bytes)? {
        Ok(bytes) => (WHOLE, Expect::Bytes(bytes)),
        Err(fault) => (fault.rule.requirement(), refusal(fault)),
    };
    let case = new(
        id(message, from, name),
        Group::Transcode,
        format!("{message} to the other encoding: {}", in_words(name)),
        &[requirement],
        Request::Transcode {
            message: message.clone(),
            from,
            bytes: bytes.to_vec(),
        },
        expect,
    );
    // What is refused says something only where the like is taken.
    match (&case.expect, twin) {
        (Expect::Refusal(_), Some(twin)) => Some(with_twin(case, twin.to_owned())),
        (Expect::Refusal(_), None) => None,
        _ => Some(case),
    }
}

/// Ways to spoil an encoding in CBOR whatever it holds.
fn broken(cbor: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let Some((&head, rest)) = cbor.split_first() else {
        return Vec::new();
    };
    let mut wrong = vec![
        ("cut-short", cbor[..cbor.len() - 1].to_vec()),
        ("one-byte-too-many", [cbor, &[0x00]].concat()),
        ("an-array", [&[0x80][..], rest].concat()),
        ("tagged", [&[0xC1], cbor].concat()),
        ("null", vec![0xF6]),
        ("indefinite", [&[0xBF], rest, &[0xFF]].concat()),
    ];
    // A map of less than 24 entries has its count in its head.
    if (0xA0..0xB7).contains(&head) {
        wrong.push(("head-longer-than-need-be", [&[0xB8, head & 0x1F], rest].concat()));
        wrong.push(("one-entry-more", [&[head + 1], rest].concat()));
        if head > 0xA0 {
            wrong.push(("one-entry-less", [&[head - 1], rest].concat()));
        }
        wrong.push(("key-twice", [&[head + 1][..], &rest[..2], rest].concat()));
        wrong.push(("unknown-key", [&[head + 1][..], rest, &[0x37, 0x00]].concat()));
    }
    wrong
}
