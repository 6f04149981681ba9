//! Encoders that write what no decoder takes, or something else than they were given.

use super::{Does, Fault, decoding::boundless};
use cardwire_spec::{
    Protocol,
    interpret::{self, EncodeError, Rule},
};
use serde_json::{Value, json};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "encoder-checks-no-range",
        does: Does::Encode(|protocol, name, value| {
            let mut protocol = protocol.clone();
            let messages = protocol.messages.iter_mut().map(|message| &mut message.fields);
            let documents = protocol.documents.iter_mut().map(|document| &mut document.fields);
            messages
                .chain(documents)
                .flatten()
                .for_each(|field| field.range = None);
            interpret::encode(&protocol, name, value)
        }),
        caught_by: &["codec.encode.hello.refused.max_frame-below-its-range"],
    },
    Fault {
        name: "encoder-cuts-numbers",
        does: Does::Encode(|protocol, name, value| {
            let mut value = value.clone();
            if let Some(step) = value.get("step").and_then(Value::as_u64) {
                value["step"] = json!(step & 0xFFFF);
            }
            interpret::encode(protocol, name, &value)
        }),
        caught_by: &["codec.encode.progress.refused.step-beyond-its-width"],
    },
    Fault {
        name: "encoder-sorts",
        does: Does::Encode(|protocol, name, value| {
            let mut value = value.clone();
            if let Some(versions) = value.get_mut("versions").and_then(Value::as_array_mut) {
                versions.sort_by_key(Value::as_u64);
                versions.dedup();
            }
            interpret::encode(protocol, name, &value)
        }),
        caught_by: &[
            "codec.encode.hello.refused.versions-descend",
            "codec.encode.hello.refused.versions-repeat",
        ],
    },
    Fault {
        name: "encoder-drops-extensions",
        does: Does::Encode(|protocol, name, value| {
            let mut value = value.clone();
            if let Some(members) = value.as_object_mut() {
                members.remove("extensions");
            }
            interpret::encode(protocol, name, &value)
        }),
        caught_by: &["codec.encode.hello.valid.with-an-unknown-extension"],
    },
    Fault {
        name: "encoder-without-size-limit",
        does: Does::Encode(
            |protocol, name, value| match interpret::encode(protocol, name, value) {
                Err(EncodeError::Invalid {
                    rule: Rule::MessageSize,
                    ..
                }) => interpret::encode(&boundless(protocol), name, value),
                other => other,
            },
        ),
        caught_by: &["codec.encode.hello.refused.one-byte-over-the-largest-size"],
    },
    Fault {
        name: "encoder-writes-critical-extensions",
        does: Does::Encode(|protocol, name, value| {
            let mut value = value.clone();
            if let Some(tag) = value.pointer_mut("/extensions/0/tag") {
                *tag = json!(tag.as_u64().unwrap_or_default() & 0x7FFF);
            }
            interpret::encode(protocol, name, &value)
        }),
        caught_by: &["codec.encode.hello.refused.critical-extension"],
    },
    Fault {
        name: "encoder-names-another-field",
        does: Does::Encode(|protocol, name, value| {
            interpret::encode(protocol, name, value).map_err(|error| match error {
                EncodeError::Invalid {
                    rule,
                    path,
                    expected,
                    found,
                    ..
                } => EncodeError::Invalid {
                    rule,
                    field: name.to_owned(),
                    path,
                    expected,
                    found,
                },
                other => other,
            })
        }),
        caught_by: &["codec.encode.hello.refused.max_frame-below-its-range"],
    },
    Fault {
        name: "encoder-pads-exact-lengths",
        does: Does::Encode(|protocol, name, value| {
            let mut value = value.clone();
            if let Some(Value::String(job)) = value.get_mut("job") {
                while job.len() < 32 {
                    job.push_str("00");
                }
                job.truncate(32);
            }
            interpret::encode(protocol, name, &value)
        }),
        caught_by: &[
            "codec.encode.instruct.refused.job-too-short",
            "codec.encode.instruct.refused.job-too-long",
        ],
    },
    Fault {
        name: "encoder-adds-an-empty-extension",
        does: Does::Encode(|protocol, name, value| {
            let mut bytes = encoded(protocol, name, value)?;
            if name == "disconnect" {
                bytes.extend([0x7F, 0x10, 0x00, 0x00]);
            }
            Ok(bytes)
        }),
        caught_by: &["codec.encode.disconnect.valid.smallest"],
    },
];

fn encoded(protocol: &Protocol, name: &str, value: &Value) -> Result<Vec<u8>, EncodeError> {
    interpret::encode(protocol, name, value)
}
