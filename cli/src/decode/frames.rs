//! Link frames: their COBS blocks, their parts, and the messages of clear ones.

use super::{Told, help, marked::marked, message};
use crate::{
    protocol::protocol,
    terminal::{hex, table},
};
use cardwire_spec::interpret::frame::{self, Block, DELIMITER, Frame, FrameExplanation, FrameRefusal, Where};
use serde_json::Value;

/// Numbers of events begin here; those of requests end before.
const FIRST_EVENT: u64 = 1 << 63;

const HEADER: [&str; 6] = ["offset", "bytes", "part", "value", "requirement", "meaning"];

/// Whether some line of the bytes is a frame.
pub(super) fn is_any(bytes: &[u8]) -> bool {
    lines(bytes).any(|line| frame::decode(protocol(), line.bytes).is_ok())
}

/// A line of a stream.
struct Line<'b> {
    bytes: &'b [u8],
    /// Where it begins in the stream.
    offset: usize,
    is_ended: bool,
}

/// What stands between delimiters, and what stands behind the last one.
fn lines(stream: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut offset = 0;
    let parts = stream
        .split_inclusive(|&byte| byte == DELIMITER)
        .map(move |part| {
            let begin = offset;
            offset += part.len();
            let ended = part.strip_suffix(&[DELIMITER]);
            Line {
                bytes: ended.unwrap_or(part),
                offset: begin,
                is_ended: ended.is_some(),
            }
        });
    parts.filter(|line| !line.bytes.is_empty())
}

pub(super) fn told(bytes: &[u8]) -> Told {
    let mut texts = Vec::new();
    let mut documents = Vec::new();
    let mut wrong = Vec::new();
    for (index, line) in lines(bytes).enumerate() {
        let number = index + 1;
        let explanation = frame::explain(protocol(), line.bytes);
        texts.push(text(number, &line, &explanation));
        let mut document = explanation.to_json();
        document["offset"] = Value::from(line.offset);
        document["ended"] = Value::from(line.is_ended);
        documents.push(document);
        wrong.extend(self::wrong(&line, &explanation).map(|(what, next)| (number, what, next)));
    }
    let count = texts.len();
    let wrong = match wrong.into_iter().next() {
        _ if count == 0 => Some((
            String::from("there is no frame in these bytes"),
            String::from("Give what a line carried: frames with a byte 00 behind each."),
        )),
        Some((number, what, next)) => Some((format!("line {number} of {count}: {what}"), next)),
        None => None,
    };
    Told {
        text: texts.join("\n\n"),
        document: Value::from(documents),
        wrong,
    }
}

/// What is wrong with a line, and what to do next.
fn wrong(line: &Line<'_>, explanation: &FrameExplanation<'_>) -> Option<(String, String)> {
    if let Some(refusal) = &explanation.refusal {
        let what = format!("no frame: {}", refusal.fault);
        return Some((what, help::next_of_line(refusal)));
    }
    if !line.is_ended {
        let next = "Look whether the bytes were cut: a frame ends with a byte 00 (CW-LINK-001).";
        return Some((String::from("no delimiter follows"), next.to_owned()));
    }
    if let Some(told) = impossible(explanation) {
        return Some(told);
    }
    let message = explanation.message.as_ref()?;
    let refusal = message.refusal.as_ref()?;
    let what = message::sentence(explanation.place, message, refusal);
    Some((what, help::next(explanation.place, &message.bytes, refusal)))
}

/// A frame that is whole, and that no end sends: too large for all of them, or sealed without room for a tag.
fn impossible(explanation: &FrameExplanation<'_>) -> Option<(String, String)> {
    let frame = explanation.frame.as_ref()?;
    let limit = |name| usize::try_from(protocol().limit(name)).unwrap_or(usize::MAX);
    let size = explanation.content.as_ref().map_or(0, Vec::len);
    let (largest, tag) = (limit("frame_max"), limit("tag_size"));
    if size > largest {
        let what = format!("a frame of {size} bytes: no end takes more than {largest} (CW-LINK-006)");
        return Some((
            what,
            String::from("Send what it carries in frames that the other end has declared."),
        ));
    }
    let is_empty = frame.kind == "sealed" && frame.payload.len() <= tag;
    is_empty.then(|| {
        let what = format!(
            "a sealed payload of {} bytes holds no message (CW-SESS-001)",
            frame.payload.len()
        );
        (
            what,
            format!("Behind the sealed message, of a byte at least, follows a tag of {tag} bytes."),
        )
    })
}

fn text(number: usize, line: &Line<'_>, explanation: &FrameExplanation<'_>) -> String {
    let Line { bytes, offset, .. } = line;
    let plural = if bytes.len() == 1 { "" } else { "s" };
    let place = format!("{} byte{plural} from offset {offset} on", bytes.len());
    let mut sections = Vec::new();
    match (&explanation.frame, &explanation.refusal) {
        (Some(frame), _) => {
            sections.push(format!("line {number}: {} frame, {place}", frame.kind));
            sections.push(parts(frame, explanation));
            sections.push(blocks(explanation, line.is_ended));
        }
        (None, Some(refusal)) => {
            sections.push(format!("line {number}: no frame, {place}"));
            sections.push(fault(explanation, refusal));
        }
        // Every line is one of the two.
        (None, None) => {}
    }
    sections.extend(explanation.message.as_ref().map(message::text));
    sections.join("\n\n")
}

fn parts(frame: &Frame, explanation: &FrameExplanation<'_>) -> String {
    let Frame {
        kind,
        number,
        payload,
    } = frame;
    let is_sealed = explanation.message.is_none();
    let content = explanation.content.as_deref().unwrap_or_default();
    let tag = usize::try_from(protocol().limit("tag_size")).unwrap_or(usize::MAX);
    let (count, requirement, meaning) = match (is_sealed, number.checked_sub(FIRST_EVENT)) {
        (false, _) => (
            number.to_string(),
            "CW-LINK-004",
            String::from("Chosen by who asks, repeated in the answer."),
        ),
        (true, None) => (
            number.to_string(),
            "CW-SESS-002",
            format!("The nonce: request {number} of the session, or its answer."),
        ),
        (true, Some(event)) => (
            format!("2^63 + {event}"),
            "CW-SESS-013",
            format!("The nonce: event {event} of the session."),
        ),
    };
    let (payload_requirement, what) = match (is_sealed, payload.len().checked_sub(tag)) {
        (false, _) => ("CW-CODEC-001", String::from("The message, below.")),
        (true, Some(message)) => (
            "CW-SESS-001",
            format!(
                "Sealed: a message of {message} bytes, and its tag of {tag}. Only the session's keys open it."
            ),
        ),
        (true, None) => (
            "CW-SESS-001",
            format!("Shorter than a tag of {tag} bytes: nothing can be sealed in it."),
        ),
    };
    let shown = &payload[..payload.len().min(16)];
    let more = payload.len() - shown.len();
    let shown = match more {
        0 => hex(shown),
        _ => format!("{}\nand {more} more", hex(shown)),
    };
    let end = content.len().saturating_sub(4);
    let row =
        |offset: usize, bytes: String, part: &str, value: String, requirement: &str, meaning: String| {
            vec![
                offset.to_string(),
                bytes,
                part.into(),
                value,
                requirement.into(),
                meaning,
            ]
        };
    let kind_meaning = explanation.kind.to_owned();
    let checked = format!("CRC-32C of the {end} bytes before.");
    table(
        &HEADER,
        [
            row(
                0,
                hex(&content[..1]),
                "kind",
                kind.clone(),
                "CW-LINK-003",
                kind_meaning,
            ),
            row(
                1,
                hex(&number.to_be_bytes()),
                "number",
                count,
                requirement,
                meaning,
            ),
            row(
                9,
                shown,
                "payload",
                format!("{} bytes", payload.len()),
                payload_requirement,
                what,
            ),
            row(
                end,
                hex(&content[end..]),
                "checksum",
                "right".into(),
                "CW-LINK-003",
                checked,
            ),
        ],
    )
}

/// How COBS writes the frame.
fn blocks(explanation: &FrameExplanation<'_>, is_ended: bool) -> String {
    const SHOWN: usize = 12;
    let FrameExplanation { line, blocks, .. } = explanation;
    let size = explanation.content.as_ref().map_or(0, Vec::len);
    let one = |block: &Block| format!("{:02x} at {}", block.code, block.offset);
    let mut shown: Vec<String> = blocks.iter().take(SHOWN).map(one).collect();
    if blocks.len() > SHOWN {
        shown.push(format!("and {} more", blocks.len() - SHOWN));
    }
    let end = if is_ended {
        " and the delimiter"
    } else {
        ", and no delimiter"
    };
    format!(
        "COBS (CW-LINK-001): {size} bytes in {} on the line{end}; blocks {}",
        line.len(),
        shown.join(", ")
    )
}

fn fault(explanation: &FrameExplanation<'_>, refusal: &FrameRefusal) -> String {
    let (bytes, within) = match refusal.within {
        Where::Line => (explanation.line.as_slice(), "the line, as it was met"),
        Where::Content => (
            explanation.content.as_deref().unwrap_or_default(),
            "what COBS encodes: kind, number, payload, checksum",
        ),
    };
    let rows = [
        vec![
            "fault".into(),
            format!("{} ({})", refusal.fault, refusal.requirement),
        ],
        vec!["bytes".into(), within.into()],
        vec!["expected".into(), refusal.expected.clone()],
        vec!["found".into(), refusal.found.clone()],
    ];
    format!("{}\n{}", marked(bytes, &refusal.mark), table(&[], rows))
}
