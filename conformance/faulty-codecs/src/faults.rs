//! Codecs with one fault each, and the cases by which they are caught.

mod decoding;
mod encoding;
mod framing;
mod programs;
mod schema;
mod transcoding;

use crate::codec::{Decode, Encode, Rewrite, members};
use crate::framing::Framing;
use cardwire_spec::Protocol;
use serde_json::{Value, json};

/// One fault.
#[derive(Debug)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// What is wrong.
    pub does: Does,
    /// Cases that fail, among others.
    pub caught_by: &'static [&'static str],
}

/// What is wrong about a codec.
#[derive(Clone, Copy, Debug)]
pub enum Does {
    /// The schema is another one, for decoder and encoder alike.
    Schema(fn(&mut Protocol)),
    /// The decoder is another one.
    Decode(Decode),
    /// The encoder is another one.
    Encode(Encode),
    /// Frames are written or read differently.
    Framing(fn(&mut Framing)),
    /// The program tells something else than its codec said.
    Answer(Rewrite),
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    let parts = [
        schema::FAULTS,
        decoding::FAULTS,
        encoding::FAULTS,
        framing::FAULTS,
        transcoding::FAULTS,
        programs::FAULTS,
    ];
    parts.into_iter().flatten()
}

/// Programs that are right: what they do is allowed, whatever they look like.
pub const RIGHT: [(&str, Rewrite); 3] = [
    ("the-interpreter", same),
    ("upper-case-and-more-members", |_, mut answer| {
        upper(&mut answer);
        members(&mut answer).insert("comment".into(), json!("made in 1.5 ms"));
        answer
    }),
    ("numbers-for-names-and-no-defaults", numbers),
];

fn same(_: &Value, answer: Value) -> Value {
    answer
}

fn upper(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let is_hex = [
                    "hex",
                    "line",
                    "payload",
                    "challenge",
                    "job",
                    "logic_digest",
                    "handshake",
                ];
                match value {
                    Value::String(text) if is_hex.contains(&name.as_str()) => *text = text.to_uppercase(),
                    _ => upper(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(upper),
        _ => {}
    }
}

/// Registered values by number, parameters left out where they are none, numbers of frames as numbers.
fn numbers(request: &Value, mut answer: Value) -> Value {
    if request["op"] == "deframe" {
        for frame in answer["frames"].as_array_mut().into_iter().flatten() {
            if let Some(number) = frame["number"].as_str().and_then(|text| text.parse::<u64>().ok()) {
                frame["number"] = json!(number);
            }
        }
    }
    if request["op"] == "decode" && answer["message"] == "instruct" {
        let value = &mut answer["value"];
        if value["service"] == "card.identify" {
            value["service"] = json!(1);
        }
        if value["parameters"] == "" {
            members(value).remove("parameters");
        }
    }
    answer
}
