//! What an input of the codec's targets is, for a person.

use super::{LINE, PROTOCOL, input, piece_size, value};
use cardwire_agreement::{Generated, Interpreter, Judge as _};
use cardwire_codec::frame::{DELIMITER, Deframer};
use cardwire_spec::{
    Place,
    interpret::{self, Rule, hex},
};
use core::fmt::Write as _;

/// Each line of the stream with its offset: the frame that it is, with its message where that is in clear, or its fault.
#[must_use]
pub fn explain_frames(bytes: &[u8]) -> String {
    let Some((&size, stream)) = bytes.split_first() else {
        return String::from("nothing\n");
    };
    let mut out = format!(
        "{} bytes, whole and in pieces of {}\n",
        stream.len(),
        piece_size(size)
    );
    let mut offset = 0;
    for line in stream.split_inclusive(|byte| *byte == DELIMITER) {
        if line != [DELIMITER] {
            let _ = writeln!(out, "at {offset}: {}", told(line));
        }
        offset += line.len();
    }
    out
}

fn told(line: &[u8]) -> String {
    let mut deframer = Deframer::<LINE>::new();
    match deframer.feed(&mut &*line) {
        None => format!("not ended: {}", hex::encode(line)),
        Some(Err(fault)) => format!("{fault}: {}", hex::encode(line)),
        Some(Ok(frame)) => format!(
            "{} frame {}: {}",
            frame.kind.name(),
            frame.number,
            meaning(frame.payload)
        ),
    }
}

fn meaning(payload: &[u8]) -> String {
    match interpret::decode(&PROTOCOL, Place::Any, payload) {
        Ok(tree) => format!("{} {}", tree.name, interpret::to_json(&tree)),
        Err(_) => hex::encode(payload),
    }
}

/// What the bytes are in each place where their code means something: the message in its JSON form, or what is wrong.
#[must_use]
pub fn explain_messages(bytes: &[u8]) -> String {
    let documents = PROTOCOL.documents.iter();
    let documents = documents.map(|document| Place::Document(&document.name));
    let mut out = String::new();
    for place in Place::MESSAGES.into_iter().chain(documents) {
        match interpret::decode(&PROTOCOL, place, bytes) {
            Ok(tree) => {
                let _ = writeln!(out, "{place}: {} {}", tree.name, interpret::to_json(&tree));
            }
            Err(fault) if fault.rule == Rule::MessageType => {}
            Err(fault) => {
                let _ = writeln!(out, "{place}: {fault}");
            }
        }
    }
    if out.is_empty() {
        out = format!("the code of no message: {}\n", hex::encode(bytes));
    }
    out
}

/// The value that is made of the bytes, and its encoding.
#[must_use]
pub fn explain_value(bytes: &[u8]) -> String {
    let Some(value) = value(bytes) else {
        return String::from("too few bytes for a value\n");
    };
    let json = serde_json::to_string(&value).unwrap_or_else(|error| error.to_string());
    let encoded = match value.encode() {
        Ok(encoded) => hex::encode(&encoded),
        Err(error) => error.to_string(),
    };
    format!("{} {json}\nencoded: {encoded}\n", value.name())
}

/// What both codecs say.
#[must_use]
pub fn explain_agreement(bytes: &[u8]) -> String {
    let Some(input) = input(bytes) else {
        return String::from("nothing\n");
    };
    let generated = Generated.judge(&input, true);
    let interpreted = Interpreter(&PROTOCOL).judge(&input, true);
    format!("{input}\nthe codec: {generated}\nthe interpreter: {interpreted}\n")
}
