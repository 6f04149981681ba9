//! One change of an encoding: of a bit, a byte, a prefix, a part, or of all that is behind a place.

use super::{Corpus, draft::Draft};
use crate::random::Random;
use core::ops::Range;

/// Bytes that are more than their number: bounds of prefixes, flags, signs.
const TELLING: [u8; 10] = [0x00, 0x01, 0x02, 0x04, 0x20, 0x7F, 0x80, 0x81, 0xFE, 0xFF];

/// Changes a draft. What its parts were is still told of the bytes as they are now, as far as it holds.
pub(super) fn change(draft: &mut Draft, corpus: &Corpus<'_>, random: &mut Random) {
    let size = draft.bytes.len();
    if size == 0 {
        return random.append(&mut draft.bytes, 3);
    }
    let at = random.below(size);
    match random.below(16) {
        0..=1 => draft.bytes[at] ^= 1 << random.below(8),
        2 => draft.bytes[at] = random.byte(),
        3 => draft.bytes[at] = *random.pick(&TELLING),
        4..=5 => draft.bytes.truncate(at),
        6 => {
            let more = 1 + random.below(6);
            random.append(&mut draft.bytes, more);
        }
        7 => {
            let byte = random.byte();
            draft.bytes.insert(random.below(size + 1), byte);
        }
        8 => {
            draft.bytes.remove(at);
        }
        9 => swap(draft, random),
        10 => {
            if let Some(part) = part(draft, random) {
                draft.bytes.drain(part);
            }
        }
        11 => {
            if let Some(part) = part(draft, random) {
                let copy = draft.bytes[part.clone()].to_vec();
                draft.bytes.splice(part.end..part.end, copy);
            }
        }
        12 => splice(draft, corpus, random),
        13..=14 => prefix(draft, random),
        _ => draft.bytes[0] = random.pick(&corpus.sorts).code,
    }
}

/// One part, as far as it is still there.
fn part(draft: &Draft, random: &mut Random) -> Option<Range<usize>> {
    if draft.parts.is_empty() {
        return None;
    }
    let part = random.pick(&draft.parts).clone();
    (part.end <= draft.bytes.len()).then_some(part)
}

/// Two parts change places.
fn swap(draft: &mut Draft, random: &mut Random) {
    let (Some(one), Some(other)) = (part(draft, random), part(draft, random)) else {
        return;
    };
    let (first, second) = if one.start <= other.start {
        (one, other)
    } else {
        (other, one)
    };
    if first.end <= second.start {
        let bytes = &draft.bytes;
        let swapped = [
            &bytes[second.clone()],
            &bytes[first.end..second.start],
            &bytes[first.clone()],
        ]
        .concat();
        draft.bytes.splice(first.start..second.end, swapped);
    }
}

/// The front of one message, and the rear of another, which may be of the same sort.
fn splice(draft: &mut Draft, corpus: &Corpus<'_>, random: &mut Random) {
    let same = corpus
        .sorts
        .iter()
        .find(|sort| draft.bytes.first() == Some(&sort.code));
    let sort = match same {
        Some(sort) if random.percent(50) => sort,
        Some(_) | None => random.pick(&corpus.sorts),
    };
    let other = corpus.draft(sort, random);
    let front = random.below(draft.bytes.len() + 1);
    let rear = random.below(other.bytes.len() + 1);
    draft.bytes.truncate(front);
    draft.bytes.extend_from_slice(&other.bytes[rear..]);
}

/// A length or count says something else than what follows.
fn prefix(draft: &mut Draft, random: &mut Random) {
    if draft.prefixes.is_empty() {
        return;
    }
    let prefix = random.pick(&draft.prefixes).clone();
    let Some(bytes) = draft.bytes.get_mut(prefix) else {
        return;
    };
    let value = bytes
        .iter()
        .fold(0_u16, |value, byte| value << 8 | u16::from(*byte));
    let other = match random.below(6) {
        0..=1 => value.wrapping_add(1),
        2..=3 => value.wrapping_sub(1),
        4 => 0,
        _ => random.number() as u16,
    };
    let size = bytes.len();
    bytes.copy_from_slice(&other.to_be_bytes()[2 - size..]);
}
