//! A codec behind the interpreter of the specification: right, or with one fault.

use crate::{
    faults::{self, Does},
    framing::Framing,
    nulls,
};
use cardwire_spec::{
    Place, Protocol,
    interpret::{self, EncodeError, Fault, Tree, hex},
};
use serde_json::{Map, Value, json};
use std::{
    io::{self, BufRead, Write},
    path::Path,
    process::ExitCode,
};

/// How bytes are decoded.
pub(crate) type Decode = fn(&Protocol, Place<'_>, &[u8]) -> Result<Tree, Fault>;
/// How values are encoded.
pub(crate) type Encode = fn(&Protocol, &str, &Value) -> Result<Vec<u8>, EncodeError>;
/// What becomes of an answer, whose request is the first.
pub(crate) type Rewrite = fn(&Value, Value) -> Value;

pub(crate) struct Codec {
    pub(crate) protocol: Protocol,
    pub(crate) decode: Decode,
    pub(crate) encode: Encode,
    pub(crate) framing: Framing,
    pub(crate) rewrite: Rewrite,
}

/// Answers requests as the program of this name does.
pub(crate) fn answer(name: &str) -> ExitCode {
    if let Some(null) = nulls::null(name) {
        return null();
    }
    let mut codec = right();
    if let Some(fault) = faults::all().find(|fault| fault.name == name) {
        match fault.does {
            Does::Schema(edit) => edit(&mut codec.protocol),
            Does::Decode(decode) => codec.decode = decode,
            Does::Encode(encode) => codec.encode = encode,
            Does::Framing(edit) => edit(&mut codec.framing),
            Does::Answer(rewrite) => codec.rewrite = rewrite,
        }
    } else if let Some((_, rewrite)) = faults::RIGHT.iter().find(|(right, _)| *right == name) {
        codec.rewrite = *rewrite;
    } else {
        eprintln!("there is no program {name}");
        return ExitCode::FAILURE;
    }
    match codec.serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// A codec without a fault.
pub(crate) fn right() -> Codec {
    Codec {
        protocol: protocol(),
        decode: interpret::decode,
        encode: interpret::encode,
        framing: Framing::RIGHT,
        rewrite: |_, answer| answer,
    }
}

/// The protocol as it is specified.
pub(crate) fn protocol() -> Protocol {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/protocol.toml");
    cardwire_spec::load(&file).expect("the protocol's own schema is right")
}

impl Codec {
    fn serve(&self) -> io::Result<()> {
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

    pub(crate) fn answer(&self, request: &Value) -> Option<Value> {
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
pub(crate) fn members(value: &mut Value) -> &mut Map<String, Value> {
    value.as_object_mut().expect("it is an object")
}
