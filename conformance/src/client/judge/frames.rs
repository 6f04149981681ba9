//! Frames and messages by themselves: COBS, checksum, size, the rules of the codec.

use super::Found;
use crate::{
    client::lower::tape::{End, Heard, Record, What, read},
    embedded::protocol,
};
use cardwire_spec::{Place, interpret::frame::FrameFault};
use serde_json::Value;

/// Extension numbers that a product may use of its own accord.
const PRIVATE: core::ops::RangeInclusive<u64> = 0x7000..=0x7EFF;

pub(super) fn judge(records: &[Record], found: &mut Found) {
    let smallest = protocol().limit("frame_min");
    let mut declared = smallest;
    let mut fresh = false;
    for record in records {
        match &record.what {
            What::Opened if record.end == End::Reader => {
                (declared, fresh) = (smallest, true);
            }
            What::Said(said) if record.end == End::Reader => {
                let (name, fields, _) = read(Place::ClearAnswer, &said.message);
                if said.answers && name == "hello_answer" {
                    declared = fields["max_frame"].as_u64().unwrap_or(smallest);
                }
            }
            What::Delimiter if record.end == End::Reader => fresh = false,
            What::Garbage { bytes, fault } => {
                let (requirement, expected) = garbage(*fault);
                found.breaks(
                    requirement,
                    expected,
                    format!("{bytes} bytes that are none: {fault}"),
                );
            }
            What::Heard(heard) => {
                let end = record.end;
                if end == End::Reader && core::mem::take(&mut fresh) {
                    let expected = "a delimiter before the first frame on the link";
                    let seen = format!("{} at once", heard.name);
                    found.missed.push(super::finding("CW-LINK-010", expected, seen));
                }
                let largest = match (end, heard.frame.kind.as_str()) {
                    (End::Reader, "sealed") => declared,
                    (End::Reader | End::Cloud, _) => smallest,
                };
                if heard.size as u64 > largest {
                    let expected = format!("frames of {largest} bytes at most");
                    found.breaks("CW-LINK-006", &expected, format!("one of {} bytes", heard.size));
                }
                message(heard, found);
            }
            What::Role(_)
            | What::Opened
            | What::Closed
            | What::Delimiter
            | What::Session { .. }
            | What::Said(_) => {}
        }
    }
}

fn garbage(fault: FrameFault) -> (&'static str, &'static str) {
    match fault {
        FrameFault::Cobs => ("CW-LINK-001", "frames in COBS, in its shortest form"),
        FrameFault::TooShort | FrameFault::Kind => ("CW-LINK-001", "frames of a kind that there is"),
        FrameFault::TooLong => ("CW-LINK-006", "frames that the other end takes"),
        FrameFault::Checksum => ("CW-LINK-003", "frames that end with their CRC-32C"),
    }
}

fn message(heard: &Heard, found: &mut Found) {
    if let (Some(_), Some(fault)) = (&heard.message, &heard.fault) {
        found.breaks(
            fault.rule.requirement(),
            "a request that keeps to the schema",
            format!("one that breaks it: {fault}"),
        );
    }
    let extensions = heard.fields.get("extensions").and_then(Value::as_array);
    for extension in extensions.into_iter().flatten() {
        let tag = extension["tag"].as_u64().unwrap_or_default() & 0x7FFF;
        if !PRIVATE.contains(&tag) {
            found.breaks(
                "CW-VER-003",
                "extension numbers that are assigned or for private use",
                format!("{} with the extension {tag:04X}", heard.name),
            );
        }
    }
}
