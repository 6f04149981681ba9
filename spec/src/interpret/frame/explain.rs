//! What a line means: its blocks, its parts, its message; and where it is no frame, the exact place.

use super::{
    CASTAGNOLI, CHECKSUM, Frame, FrameFault, HEAD, cobs_decode, cobs_encode, crc, crc32c, decode, kinds,
};
use crate::{
    Place,
    interpret::{Explanation, explain as explain_message, hex, wanted},
    model::Protocol,
};
use core::ops::Range;
use serde_json::{Value, json};

/// What a line means.
#[derive(Clone, Debug)]
pub struct FrameExplanation<'p> {
    /// What stood between two delimiters.
    pub line: Vec<u8>,
    /// Its COBS blocks, as far as they can be followed.
    pub blocks: Vec<Block>,
    /// What COBS encodes: kind, number, payload, checksum. `None` where the line is not COBS.
    pub content: Option<Vec<u8>>,
    /// The frame, where it is one.
    pub frame: Option<Frame>,
    /// What its kind means.
    pub kind: &'p str,
    /// The message of a clear frame.
    pub message: Option<Explanation<'p>>,
    /// Where that message belongs: a clear frame carries no message that has to be sealed.
    pub place: Place<'static>,
    /// Why it is none.
    pub refusal: Option<FrameRefusal>,
}

/// A COBS block: a byte that says how far the next one is, and the bytes in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it begins in the line.
    pub offset: usize,
    /// Its first byte.
    pub code: u8,
}

/// Why a line is no frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameRefusal {
    /// What is wrong.
    pub fault: FrameFault,
    /// The requirement of the book that says so.
    pub requirement: &'static str,
    /// In which bytes the place is counted.
    pub within: Where,
    /// The bytes that are wrong.
    pub mark: Range<usize>,
    /// What is wanted there, in words.
    pub expected: String,
    /// What is there instead.
    pub found: String,
    /// What may have been done wrong, where the bytes tell.
    pub slip: Option<&'static str>,
}

/// Bytes in which a place is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// The line as it was met.
    Line,
    /// What COBS encodes.
    Content,
}

/// The place in clear, or over TLS, whose messages this code is one of; of any other code, that of the first request.
fn place_in_clear(protocol: &Protocol, message: &[u8]) -> Place<'static> {
    let places = [
        Place::ClearRequest,
        Place::ClearAnswer,
        Place::CloudRequest,
        Place::CloudAnswer,
    ];
    let holds = |place: &Place<'static>| {
        let mut messages = protocol.messages_at(*place);
        messages.any(|known| message.first() == Some(&known.code))
    };
    places.into_iter().find(holds).unwrap_or(Place::ClearRequest)
}

/// Explains what stands between two delimiters.
#[must_use]
pub fn explain<'p>(protocol: &'p Protocol, line: &[u8]) -> FrameExplanation<'p> {
    let frame = decode(protocol, line);
    let content = cobs_decode(line);
    let refusal = frame
        .as_ref()
        .err()
        .map(|fault| refusal(protocol, *fault, line, content.as_deref()));
    let frame = frame.ok();
    let clear = frame.as_ref().filter(|frame| frame.kind == "clear");
    let place = clear.map_or(Place::ClearRequest, |frame| {
        place_in_clear(protocol, &frame.payload)
    });
    let registry = protocol.registries.get("frame_kind");
    let mut values = registry.into_iter().flat_map(|registry| &registry.values);
    let kind = values.find(|value| frame.as_ref().is_some_and(|frame| value.name == frame.kind));
    FrameExplanation {
        line: line.to_vec(),
        blocks: blocks(line),
        kind: kind.map_or("", |kind| &kind.doc),
        message: clear.map(|frame| explain_message(protocol, place, &frame.payload)),
        place,
        content,
        frame,
        refusal,
    }
}

fn blocks(line: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut offset = 0;
    while let Some(&code) = line.get(offset) {
        blocks.push(Block { offset, code });
        // A block of code 0 would not lead on.
        offset += usize::from(code.max(1));
    }
    blocks
}

fn refusal(protocol: &Protocol, fault: FrameFault, line: &[u8], content: Option<&[u8]>) -> FrameRefusal {
    let content = content.unwrap_or_default();
    match fault {
        FrameFault::Cobs => cobs_refusal(line),
        FrameFault::TooShort => FrameRefusal {
            fault,
            requirement: "CW-LINK-005",
            within: Where::Content,
            mark: 0..content.len(),
            expected: format!(
                "{} at least: kind, number and checksum",
                wanted::bytes((HEAD + CHECKSUM) as u64)
            ),
            found: wanted::bytes(content.len() as u64),
            slip: None,
        },
        FrameFault::TooLong => FrameRefusal {
            fault,
            requirement: "CW-LINK-006",
            within: Where::Content,
            mark: 0..content.len(),
            expected: format!("{} at most", wanted::bytes(protocol.limit("frame_max"))),
            found: wanted::bytes(content.len() as u64),
            slip: None,
        },
        FrameFault::Checksum => checksum_refusal(content),
        FrameFault::Kind => {
            let kinds: Vec<String> = kinds(protocol)
                .map(|(value, name)| format!("{value:02x} {name}"))
                .collect();
            FrameRefusal {
                fault,
                requirement: "CW-LINK-005",
                within: Where::Content,
                mark: 0..content.len().min(1),
                expected: format!("one of {}", kinds.join(", ")),
                found: hex::encode(content.get(..1).unwrap_or_default()),
                slip: None,
            }
        }
    }
}

/// Why a line is not COBS, or not the only COBS of what it encodes.
fn cobs_refusal(line: &[u8]) -> FrameRefusal {
    let refusal = |requirement, mark, expected: String, found: String| FrameRefusal {
        fault: FrameFault::Cobs,
        requirement,
        within: Where::Line,
        mark,
        expected,
        found,
        slip: None,
    };
    if let Some(zero) = line.iter().position(|&byte| byte == super::DELIMITER) {
        let expected = String::from("no byte 00 inside a frame");
        return refusal("CW-LINK-001", zero..zero + 1, expected, String::from("00"));
    }
    let all = blocks(line);
    let open = all
        .iter()
        .find(|block| block.offset + usize::from(block.code) > line.len());
    if let Some(Block { offset, code }) = open.copied() {
        let there = (line.len() - offset - 1) as u64;
        let expected = format!("{} behind {code:02x}", wanted::bytes(u64::from(code) - 1));
        return refusal("CW-LINK-001", offset..line.len(), expected, wanted::bytes(there));
    }
    // Every block is whole, so that there is another way to write the same bytes, and that is the shortest one.
    let shortest = cobs_decode(line).map(|content| cobs_encode(&content).len());
    let end = shortest.unwrap_or_default().min(line.len());
    let expected = String::from("the shortest encoding, without an empty block behind a full last one");
    let found = hex::encode(&line[end..]);
    refusal("CW-LINK-002", end..line.len(), expected, found)
}

fn checksum_refusal(content: &[u8]) -> FrameRefusal {
    let (body, stated) = content.split_at(content.len().saturating_sub(CHECKSUM));
    let right = crc32c(body);
    FrameRefusal {
        fault: FrameFault::Checksum,
        requirement: "CW-LINK-003",
        within: Where::Content,
        mark: body.len()..content.len(),
        expected: format!(
            "{right:08x}, the CRC-32C of the {} before",
            wanted::bytes(body.len() as u64)
        ),
        found: hex::encode(stated),
        slip: slip(body, stated),
    }
}

/// Checksums that come of a slip.
fn slip(body: &[u8], stated: &[u8]) -> Option<&'static str> {
    /// The polynomial of the CRC of Ethernet, reflected.
    const ETHERNET: u32 = 0xEDB8_8320;
    let payload = body.get(HEAD..).unwrap_or_default();
    let slips = [
        (
            crc32c(body).swap_bytes(),
            "it is the right checksum with its bytes in reverse: send it big-endian",
        ),
        (
            crc(CASTAGNOLI, u32::MAX, body),
            "it is the right checksum without the final exclusive-or",
        ),
        (
            !crc(CASTAGNOLI, 0, body),
            "it is a CRC-32C that begins with 00000000 instead of ffffffff",
        ),
        (
            !crc(ETHERNET, u32::MAX, body),
            "it is the CRC-32 of Ethernet and zip: take the polynomial of CRC-32C",
        ),
        (
            crc32c(payload),
            "it is the CRC-32C of the payload alone: kind and number belong to it",
        ),
    ];
    let mut slips = slips.into_iter();
    slips
        .find(|(checksum, _)| checksum.to_be_bytes() == stated)
        .map(|(_, what)| what)
}

impl FrameExplanation<'_> {
    /// The JSON form.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let blocks = self
            .blocks
            .iter()
            .map(|block| json!({ "offset": block.offset, "code": block.code }));
        let mut document = json!({ "bytes": hex::encode(&self.line), "blocks": blocks.collect::<Vec<_>>() });
        if let Some(content) = &self.content {
            document["content"] = Value::from(hex::encode(content));
        }
        if let Some(frame) = &self.frame {
            document["kind"] = Value::from(frame.kind.as_str());
            document["number"] = Value::from(frame.number);
            // Some readers of JSON keep 53 bits of a number.
            document["number_hex"] = Value::from(format!("{:016x}", frame.number));
            document["payload"] = Value::from(hex::encode(&frame.payload));
            document["message"] = self
                .message
                .as_ref()
                .map(Explanation::to_json)
                .unwrap_or_default();
        }
        if let Some(refusal) = &self.refusal {
            document["error"] = Value::from(refusal.fault.name());
            document["fault"] = refusal.to_json();
        }
        document
    }
}

impl FrameRefusal {
    fn to_json(&self) -> Value {
        json!({
            "fault": self.fault.name(),
            "requirement": self.requirement,
            "within": match self.within {
                Where::Line => "bytes",
                Where::Content => "content",
            },
            "from": self.mark.start,
            "to": self.mark.end,
            "expected": self.expected,
            "found": self.found,
            "slip": self.slip,
        })
    }
}
