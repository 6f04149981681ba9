//! What to do next about bytes that are refused: one sentence or two for each rule.

use crate::protocol::protocol;
use cardwire_spec::{
    Place,
    interpret::{
        Detail, Fault, Refusal, Rule, explain,
        frame::{FrameFault, FrameRefusal},
    },
};

/// What to do next about a message that is refused.
pub(super) fn next(place: Place<'_>, bytes: &[u8], refusal: &Refusal<'_>) -> String {
    let path = &refusal.fault.detail.path;
    let expected = &refusal.fault.detail.expected;
    match refusal.fault.rule {
        Rule::MessageType => other_place(place, bytes),
        Rule::Truncated if path.starts_with("extensions") => String::from(
            "What stands behind the last field is read as extensions: remove it, or write tag, length and value in full.",
        ),
        Rule::Truncated => format!(
            "Look whether bytes were lost, or whether a length or count up to `{path}` says more than there is."
        ),
        Rule::Range => format!("Send {expected} in `{path}`."),
        Rule::Length => format!("Look at the length that `{path}` begins with: it must say {expected}."),
        Rule::Count => format!("Look at the count that `{path}` begins with: it must say {expected}."),
        Rule::Value => format!(
            "Send a registered value in `{path}`; where the sender is of a newer version, let hello agree on a common one."
        ),
        Rule::Boolean => format!("Send 01 for true and 00 for false in `{path}`."),
        Rule::Text => format!("Send nothing but {expected} in `{path}`."),
        Rule::Order => format!(
            "Sort the items of `{}` by their bytes, and send each once.",
            list(path)
        ),
        Rule::ExtensionOrder => {
            String::from("Sort the extensions by the lower fifteen bits of their tags, and send each once.")
        }
        Rule::ExtensionCritical => String::from(
            "Send it to ends that know it only, or without the bit 8000 in its tag where it may be passed over.",
        ),
        Rule::ExtensionBit => format!("Send {expected}."),
        Rule::ExtensionTail => format!("Send the value of `{path}` and nothing behind it."),
        Rule::MessageSize => format!("Send less in one message: {expected}."),
        Rule::CborHead
        | Rule::CborIndefinite
        | Rule::CborType
        | Rule::CborKeyOrder
        | Rule::CborKeyDuplicate
        | Rule::CborKeyUnknown
        | Rule::CborKeyMissing
        | Rule::CborTail
        | Rule::CborKind => next_of_conversion(&refusal.fault),
    }
}

/// What to do next about bytes that are not converted.
pub(super) fn next_of_conversion(fault: &Fault) -> String {
    let Detail { path, expected, .. } = &*fault.detail;
    match fault.rule {
        Rule::CborHead => String::from(
            "Have the library encode deterministically (RFC 8949, section 4.2.1): each head is the shortest for its number.",
        ),
        Rule::CborIndefinite => String::from(
            "Have the library encode deterministically (RFC 8949, section 4.2.1): nothing is of indefinite length.",
        ),
        Rule::CborType => format!("Write {expected} as `{path}`."),
        Rule::CborKeyOrder => {
            String::from("Write the keys in ascending order: 0, 1, 2 and so on, then -1, -2 and so on.")
        }
        Rule::CborKeyDuplicate => String::from("Write each key once."),
        Rule::CborKeyUnknown => {
            String::from("Leave the pair out, or write what it says as an extension, under a negative key.")
        }
        Rule::CborKeyMissing => {
            format!("Write `{path}`: every field is in the map, also where it holds its default.")
        }
        Rule::CborTail => String::from("Give one message, and nothing behind it."),
        Rule::CborKind => String::from(
            "Keep the data native: what they hold has no form in CBOR, or correct the value of the item.",
        ),
        Rule::MessageType
        | Rule::Truncated
        | Rule::Range
        | Rule::Length
        | Rule::Value
        | Rule::Boolean
        | Rule::Text
        | Rule::Count
        | Rule::Order
        | Rule::ExtensionOrder
        | Rule::ExtensionCritical
        | Rule::ExtensionBit
        | Rule::ExtensionTail
        | Rule::MessageSize => format!("Correct `{path}`: it must be {expected}."),
    }
}

/// The list that a path into one of its items goes through.
fn list(path: &str) -> &str {
    path.rsplit_once('[').map_or(path, |(list, _)| list)
}

/// Where bytes of this code belong.
fn other_place(place: Place<'_>, bytes: &[u8]) -> String {
    let found = explain(protocol(), Place::Any, bytes).subject;
    match found {
        Some(subject) if place != Place::Any => format!(
            "Say --at {} if these bytes are {} {}.",
            subject.place,
            article(subject.name),
            subject.name
        ),
        Some(_) | None if bytes.is_empty() => {
            String::from("Give the bytes of a message: its code, then its fields.")
        }
        Some(_) | None => String::from(
            "Look whether bytes were lost at the start: a message begins with its code. What a sealed frame carries must \
             be opened first.",
        ),
    }
}

fn article(name: &str) -> &'static str {
    if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

/// What to do next about a line that is no frame.
pub(super) fn next_of_line(refusal: &FrameRefusal) -> String {
    match refusal.fault {
        FrameFault::Cobs if refusal.requirement == "CW-LINK-002" => String::from(
            "Leave out the empty block at the end: a full block says nothing of a zero behind it.",
        ),
        FrameFault::Cobs => String::from(
            "Look whether the line was cut, or whether it begins inside a frame: a receiver drops it and takes the next one.",
        ),
        FrameFault::TooShort => {
            String::from("Look whether the line was cut: kind, number and checksum are always there.")
        }
        FrameFault::TooLong => {
            String::from("Send what it carries in frames that the other end has declared.")
        }
        FrameFault::Checksum => match refusal.slip {
            Some(slip) => format!("Look at the sender's checksum: {slip}."),
            None => String::from(
                "Look whether the line was disturbed; if every frame is wrong so, compute CRC-32C over kind, number and \
                 payload (of the nine digits 123456789 it is e3069283).",
            ),
        },
        FrameFault::Kind => {
            String::from("Send one of the registered kinds; the first byte of a frame is its kind.")
        }
    }
}
