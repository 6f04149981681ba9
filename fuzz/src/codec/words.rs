//! Words of frames and messages: numbers that mean something, and whole parts.

use super::PROTOCOL;
use crate::vectors;
use cardwire_spec::model::Width;
use std::collections::BTreeSet;

/// The longest word. What is longer does not get into an input whole, and is a seed.
const WORD_MAX: usize = 48;

/// Whole frames, the shortest ones, and kinds with the COBS around them.
#[must_use]
pub fn frame_words() -> Vec<Vec<u8>> {
    let vectors = vectors::all("frames");
    let lines = vectors.iter().filter(|vector| vector.is_valid());
    let short = lines.filter_map(|vector| vector.bytes("line"));
    let mut words: BTreeSet<_> = short.filter(|line| line.len() <= WORD_MAX).collect();
    words.extend([vec![0x00], vec![0xFF], vec![0x00, 0x00]]);
    words.into_iter().collect()
}

/// The shortest encoding of each message, heads of extensions, and the numbers of the schema.
#[must_use]
pub fn message_words() -> Vec<Vec<u8>> {
    let mut words: BTreeSet<_> = number_words().into_iter().collect();
    words.extend(shortest("messages", "hex"));
    // An extension that is known to nobody, and the same one with its critical bit.
    words.extend([vec![0x7F, 0x01, 0x00, 0x00], vec![0xFF, 0x01, 0x00, 0x00]]);
    for message in &PROTOCOL.messages {
        for extension in &message.extensions {
            words.insert(extension.tag.to_be_bytes().to_vec());
        }
    }
    words.into_iter().collect()
}

/// The shortest CBOR of each message, heads of maps and negative keys.
pub(crate) fn cbor_words() -> Vec<Vec<u8>> {
    let mut words: BTreeSet<_> = shortest("cbor", "cbor").collect();
    words.extend(number_words().into_iter().filter_map(|number| {
        let head = match number.len() {
            1 => 0x18,
            2 => 0x19,
            4 => 0x1A,
            _ => return None,
        };
        Some([&[head], &number[..]].concat())
    }));
    words.extend([
        vec![0x39, 0x7F, 0x01, 0x40],
        vec![0xF6],
        vec![0xF4],
        vec![0xF5],
        vec![0x5F],
        vec![0xBF],
    ]);
    words.into_iter().collect()
}

/// The first right vector of each message, which is its smallest one, where that is short.
fn shortest(folder: &str, member: &'static str) -> impl Iterator<Item = Vec<u8>> {
    let mut told = BTreeSet::new();
    let vectors = vectors::all(folder).into_iter();
    let first = vectors.filter(move |vector| vector.is_valid() && told.insert(vector.about.clone()));
    first
        .filter_map(move |vector| vector.bytes(member))
        .filter(|bytes| bytes.len() <= WORD_MAX)
}

/// Codes, registered values and limits, as wide as they are on the wire.
pub(crate) fn number_words() -> Vec<Vec<u8>> {
    let mut words = BTreeSet::new();
    for registry in PROTOCOL.registries.values() {
        for value in &registry.values {
            let bytes = value.value.to_be_bytes();
            words.insert(match registry.width {
                Width::U8 => bytes[7..].to_vec(),
                Width::U16 => bytes[6..].to_vec(),
            });
        }
    }
    let limits = PROTOCOL.limits.values().map(|limit| limit.value);
    for beside in limits.flat_map(|value| [value.saturating_sub(1), value, value + 1]) {
        if let Ok(number) = u16::try_from(beside) {
            words.insert(number.to_be_bytes().to_vec());
        } else if let Ok(number) = u32::try_from(beside) {
            words.insert(number.to_be_bytes().to_vec());
        }
    }
    words.extend(PROTOCOL.messages.iter().map(|message| vec![message.code]));
    words.extend(PROTOCOL.documents.iter().map(|document| vec![document.code]));
    words.into_iter().collect()
}
