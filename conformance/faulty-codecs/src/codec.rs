//! A codec behind the interpreter of the specification: right, or with one fault.

use crate::{faults::Does, framing::Framing};
use cardwire_spec::{
    Place, Protocol,
    interpret::{self, EncodeError, Fault, Tree, hex},
};
use serde_json::{Map, Value, json};
use std::{
    io::{self, BufRead, Write},
    path::Path,
};

/// How bytes are decoded.
pub type Decode = fn(&Protocol, Place<'_>, &[u8]) -> Result<Tree, Fault>;
/// How values are encoded.
pub type Encode = fn(&Protocol, &str, &Value) -> Result<Vec<u8>, EncodeError>;
/// What becomes of an answer, whose request is the first.
pub type Rewrite = fn(&Value, Value) -> Value;

/// A codec, and the program around it.
#[derive(Debug)]
pub struct Codec {
    /// The schema that it follows.
    pub protocol: Protocol,
    /// How it decodes.
    pub decode: Decode,
    /// How it encodes.
    pub encode: Encode,
    /// How it writes and reads frames.
    pub framing: Framing,
    /// What the program makes of an answer.
    pub rewrite: Rewrite,
}

/// A codec without a fault.
pub fn right() -> Codec {
    Codec {
        protocol: protocol(),
        decode: interpret::decode,
        encode: interpret::encode,
        framing: Framing::RIGHT,
        rewrite: |_, answer| answer,
    }
}

/// The protocol as it is specified.
pub fn protocol() -> Protocol {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/protocol.toml");
    cardwire_spec::load(&file).expect("the protocol's own schema is right")
}

impl Codec {
    /// The same with this fault.
    #[must_use]
    pub fn with(mut self, does: Does) -> Self {
        match does {
            Does::Schema(edit) => edit(&mut self.protocol),
            Does::Decode(decode) => self.decode = decode,
            Does::Encode(encode) => self.encode = encode,
            Does::Framing(edit) => edit(&mut self.framing),
            Does::Answer(rewrite) => self.rewrite = rewrite,
        }
        self
    }

    /// Answers the requests on standard input, until it ends.
    ///
    /// # Errors
    /// What the operating system says, and a line that is no JSON.
    pub fn serve(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for line in io::stdin().lock().lines() {
            let request: Value = serde_json::from_str(&line?)?;
            let answer = self
                .answer(&request)
                .unwrap_or_else(|| json!({ "error": "no such request" }));
            let mut answer = (self.rewrite)(&request, answer);
            answer["id"] = request["id"].clone();
            writeln!(out, "{answer}")?;
            out.flush()?;
        }
        Ok(())
    }

    /// The answer to a request; none to one that is none of the chapter.
    #[must_use]
    pub fn answer(&self, request: &Value) -> Option<Value> {
        let text = |name: &str| request[name].as_str();
        let bytes = |name: &str| hex::decode(text(name)?);
        Some(match text("op")? {
            "describe" => json!({
                "name": "interpreter", "version": "1", "ops": ["decode", "encode", "transcode", "frame", "deframe"],
            }),
            "decode" => match (self.decode)(&self.protocol, Place::parse(text("place")?)?, &bytes("hex")?) {
                Ok(tree) => json!({ "message": tree.name, "value": interpret::to_json(&tree) }),
                Err(fault) => refusal(&fault),
            },
            "encode" => match (self.encode)(&self.protocol, text("message")?, &request["value"]) {
                Ok(bytes) => json!({ "hex": hex::encode(&bytes) }),
                Err(EncodeError::Invalid { rule, field, .. }) => {
                    json!({ "rule": rule.name(), "field": field })
                }
                Err(error @ (EncodeError::Unknown { .. } | EncodeError::Shape { .. })) => {
                    json!({ "error": error.to_string() })
                }
            },
            "transcode" => {
                let convert = if text("to")? == "cbor" {
                    interpret::to_cbor
                } else {
                    interpret::from_cbor
                };
                match convert(&self.protocol, text("message")?, &bytes("hex")?) {
                    Ok(bytes) => json!({ "hex": hex::encode(&bytes) }),
                    Err(fault) => refusal(&fault),
                }
            }
            "frame" => {
                let number = text("number")?.parse().ok()?;
                let line = self.framing.frame(text("kind")?, number, &bytes("payload")?);
                json!({ "line": hex::encode(&line) })
            }
            "deframe" => {
                let found = self
                    .framing
                    .deframe(&bytes("stream")?, request["max_frame"].as_u64()?);
                json!({ "frames": found })
            }
            _ => return None,
        })
    }
}

fn refusal(fault: &Fault) -> Value {
    json!({ "rule": fault.rule.name(), "field": fault.field, "offset": fault.offset })
}

/// The object that an answer or a value is.
pub fn members(value: &mut Value) -> &mut Map<String, Value> {
    value.as_object_mut().expect("it is an object")
}
