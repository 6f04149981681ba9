//! What may stand at a place, in words: faults say it beside what does stand there.

use super::{decode::shapes, hex};
use crate::{
    Place,
    model::{Charset, Field, Protocol, Registry},
};
use core::ops::RangeInclusive;

/// So many bytes: `1 byte`, `2 bytes`.
pub(super) fn bytes(count: u64) -> String {
    counted(count, "byte")
}

pub(super) fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A number of a field: its bounds and what it counts.
pub(super) fn number(field: &Field, bounds: &RangeInclusive<u64>) -> String {
    let unit = field
        .unit
        .as_ref()
        .map_or_else(String::new, |unit| format!(" {unit}"));
    format!("{}{unit}", span(*bounds.start(), *bounds.end()))
}

/// A length or a count, in its bounds.
pub(super) fn amount(min: u64, max: u64, what: &str) -> String {
    if min == max {
        counted(max, what)
    } else {
        format!("{} {what}s", span(min, max))
    }
}

fn span(min: u64, max: u64) -> String {
    if min == max {
        min.to_string()
    } else {
        format!("{min} to {max}")
    }
}

/// The values of a closed registry.
pub(super) fn values(registry: &Registry) -> String {
    let digits = 2 * registry.width.bytes();
    let values = registry.values.iter();
    let values: Vec<String> = values
        .map(|value| format!("{:0digits$x} {}", value.value, value.name))
        .collect();
    format!("one of {}", values.join(", "))
}

/// A character set.
pub(super) const fn charset(charset: Option<Charset>) -> &'static str {
    match charset {
        Some(Charset::Name) => "letters, digits, full stop, hyphen and underscore of ASCII",
        Some(Charset::Utf8) | None => "well-formed UTF-8",
    }
}

/// The codes that a place takes.
pub(super) fn codes(protocol: &Protocol, place: Place<'_>) -> String {
    let named = |code: u8, name: &str| format!("{code:02x} {name}");
    match place {
        Place::Any => String::from("the code of a message or document"),
        Place::Document(name) => match protocol.document(name) {
            Some(document) => format!("{}, the code of the document", named(document.code, name)),
            None => {
                let names: Vec<&str> = protocol
                    .documents
                    .iter()
                    .map(|document| document.name.as_str())
                    .collect();
                format!("a document that there is: {}", names.join(", "))
            }
        },
        Place::ClearRequest
        | Place::ClearAnswer
        | Place::Request
        | Place::Answer
        | Place::Event
        | Place::CloudRequest
        | Place::CloudAnswer
        | Place::ChannelRequest
        | Place::ChannelAnswer => {
            let codes: Vec<String> = protocol
                .messages_at(place)
                .map(|message| named(message.code, &message.name))
                .collect();
            format!("a code of {place}: {}", codes.join(", "))
        }
    }
}

/// A first byte that a place does not take.
pub(super) fn code(protocol: &Protocol, code: Option<u8>) -> String {
    let Some(code) = code else {
        return String::from("no byte at all");
    };
    match shapes(protocol).find(|shape| shape.code == code) {
        Some(shape) => match shape.place {
            Some(place) => format!("{code:02x}, the code of {}, which is met at {place}", shape.name),
            None => format!("{code:02x}, the code of the document {}", shape.name),
        },
        None => format!("{code:02x}, which no message and no document has"),
    }
}

/// What is left of bytes that end too early.
pub(super) fn rest(rest: &[u8]) -> String {
    const SHOWN: usize = 8;
    match rest {
        [] => String::from("the end"),
        [..] if rest.len() > SHOWN => format!("{}, and then the end", bytes(rest.len() as u64)),
        [..] => format!(
            "{}, {}, and then the end",
            bytes(rest.len() as u64),
            hex::encode(rest)
        ),
    }
}

/// The first bytes that are no text of this character set, as a range, and what they are.
pub(super) fn stray(charset: Option<Charset>, text: &[u8]) -> Option<(core::ops::Range<usize>, String)> {
    let (valid, broken) = match core::str::from_utf8(text) {
        Ok(valid) => (valid, None),
        Err(error) => {
            let (valid, rest) = text.split_at(error.valid_up_to());
            let size = error.error_len().unwrap_or(rest.len());
            // The first part is valid, as the error says.
            (
                core::str::from_utf8(valid).unwrap_or_default(),
                Some(valid.len()..valid.len() + size),
            )
        }
    };
    let strange = valid
        .char_indices()
        .find(|(_, character)| !super::is_of_charset(charset, character.encode_utf8(&mut [0; 4])));
    if let Some((at, character)) = strange {
        let range = at..at + character.len_utf8();
        let found = format!(
            "{}, the character {character:?}",
            hex::encode(&text[range.clone()])
        );
        return Some((range, found));
    }
    broken.map(|range| {
        let found = format!("{}, which is no UTF-8", hex::encode(&text[range.clone()]));
        (range, found)
    })
}
