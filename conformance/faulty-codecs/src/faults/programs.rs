//! Right codecs in programs that make something else of what they say.

use super::{Does, Fault};
use serde_json::{Value, json};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "last-byte-not-read",
        does: Does::Decode(|protocol, place, bytes| {
            let read = bytes.len().saturating_sub(1);
            cardwire_spec::interpret::decode(protocol, place, &bytes[..read])
        }),
        caught_by: &["codec.decode.hello.valid.typical"],
    },
    Fault {
        name: "terminator-written-too",
        does: Does::Answer(|request, answer| match request["op"].as_str() {
            Some("encode") => with_terminator(answer),
            Some("transcode") if request["to"] == "native" => with_terminator(answer),
            _ => answer,
        }),
        caught_by: &[
            "codec.encode.hello.valid.typical",
            "codec.transcode.hello.from-cbor.typical",
        ],
    },
    Fault {
        name: "errors-of-the-encoder-ignored",
        does: Does::Answer(|request, answer| {
            let is_refused = answer.get("hex").is_none();
            if request["op"] == "encode" && is_refused {
                return json!({ "hex": "" });
            }
            answer
        }),
        caught_by: &["codec.encode.hello.refused.max_frame-below-its-range"],
    },
    Fault {
        name: "garbage-not-reported",
        does: Does::Answer(|_, mut answer| {
            if let Some(frames) = answer["frames"].as_array_mut() {
                frames.retain(|frame| frame.get("fault").is_none());
            }
            answer
        }),
        caught_by: &["codec.deframe.damaged.byte-00-zeroed"],
    },
    Fault {
        name: "same-frame-again-taken-for-a-repeat",
        does: Does::Answer(|_, mut answer| {
            if let Some(frames) = answer["frames"].as_array_mut() {
                frames.dedup();
            }
            answer
        }),
        caught_by: &["codec.deframe.stream.frame-twice"],
    },
    // Whoever splits an empty stream at its delimiters gets one piece, in many languages.
    Fault {
        name: "nothing-taken-for-a-line",
        does: Does::Answer(|request, answer| {
            if request["op"] == "deframe" && request["stream"] == "" {
                return json!({ "frames": [{ "fault": "too-short" }] });
            }
            answer
        }),
        caught_by: &["codec.deframe.stream.empty"],
    },
];

/// What a program answers that writes a text where bytes are wanted.
fn with_terminator(mut answer: Value) -> Value {
    if let Some(hex) = answer["hex"].as_str() {
        answer["hex"] = json!(format!("{hex}00"));
    }
    answer
}
