//! Decoders that are lax, or that say something else than they should.

use super::{Does, Fault};
use crate::codec::members;
use cardwire_spec::{
    Place, Protocol,
    interpret::{self, Fault as Refusal, Rule, Tree},
};
use serde_json::{Value, json};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "any-byte-is-a-boolean",
        does: Does::Decode(|protocol, place, bytes| {
            mended(protocol, place, bytes, |fault, bytes| {
                (fault.rule == Rule::Boolean).then(|| bytes[fault.offset] = 1)
            })
        }),
        caught_by: &[
            "codec.decode.login_result.invalid.all_services-neither-true-nor-false",
            "codec.decode.login_result.invalid.all_services-all-ones",
        ],
    },
    Fault {
        name: "critical-extensions-passed-over",
        does: Does::Decode(|protocol, place, bytes| {
            mended(protocol, place, bytes, |fault, bytes| {
                (fault.rule == Rule::ExtensionCritical).then(|| bytes[fault.offset] &= 0x7F)
            })
        }),
        caught_by: &[
            "codec.decode.hello.invalid.critical-extension",
            "codec.decode.logic.invalid.critical-extension-behind-another",
        ],
    },
    Fault {
        name: "extensions-in-any-order",
        does: Does::Decode(|protocol, place, bytes| {
            mended(protocol, place, bytes, |fault, bytes| {
                (fault.rule == Rule::ExtensionOrder).then(|| bytes.truncate(fault.offset))
            })
        }),
        caught_by: &[
            "codec.decode.hello.invalid.extensions-descend",
            "codec.decode.hello.invalid.extension-twice",
        ],
    },
    Fault {
        name: "bytes-behind-the-fields-taken",
        does: Does::Decode(|protocol, place, bytes| {
            mended(protocol, place, bytes, |fault, bytes| {
                let is_tail = fault.rule == Rule::Truncated && fault.field == "extensions";
                is_tail.then(|| bytes.truncate(fault.offset))
            })
        }),
        caught_by: &[
            "codec.decode.hello.invalid.one-byte-too-many",
            "codec.decode.hello.invalid.extension-cut-short",
        ],
    },
    Fault {
        name: "what-is-missing-is-zero",
        does: Does::Decode(|protocol, place, bytes| {
            mended(protocol, place, bytes, |fault, bytes| {
                (fault.rule == Rule::Truncated && bytes.len() < 400).then(|| bytes.push(0))
            })
        }),
        caught_by: &[
            "codec.decode.progress.invalid.step-missing",
            "codec.decode.progress.invalid.step-cut-short",
        ],
    },
    Fault {
        name: "no-size-limit",
        does: Does::Decode(|protocol, place, bytes| {
            let result = interpret::decode(protocol, place, bytes);
            match result {
                Err(fault) if fault.rule == Rule::MessageSize => {
                    interpret::decode(&boundless(protocol), place, bytes)
                }
                other => other,
            }
        }),
        caught_by: &["codec.decode.hello.invalid.one-byte-over-the-largest-size"],
    },
    Fault {
        name: "size-checked-last",
        does: Does::Decode(|protocol, place, bytes| {
            let fault = match interpret::decode(protocol, place, bytes) {
                Err(fault) if fault.rule == Rule::MessageSize => fault,
                other => return other,
            };
            match interpret::decode(&boundless(protocol), place, bytes) {
                Err(other) => Err(other),
                Ok(_) => Err(fault),
            }
        }),
        caught_by: &["codec.decode.hello.invalid.critical-extension-and-one-byte-over-the-largest-size"],
    },
    Fault {
        name: "code-of-a-document-not-looked-at",
        does: Does::Decode(|protocol, place, bytes| {
            let mut bytes = bytes.to_vec();
            if let (Place::Document(name), Some(first)) = (place, bytes.first_mut()) {
                *first = protocol.document(name).map_or(*first, |document| document.code);
            }
            interpret::decode(protocol, place, &bytes)
        }),
        caught_by: &["codec.decode.manifest.invalid.another-code"],
    },
    Fault {
        name: "places-not-told-apart",
        does: Does::Decode(|protocol, place, bytes| {
            let place = if matches!(place, Place::Document(_)) {
                place
            } else {
                Place::Any
            };
            interpret::decode(protocol, place, bytes)
        }),
        caught_by: &[
            "codec.decode.hello.misplaced.request",
            "codec.decode.instruct.misplaced.clear-request",
        ],
    },
    Fault {
        name: "last-fault-named",
        does: Does::Decode(|protocol, place, bytes| {
            let mut fault = match interpret::decode(protocol, place, bytes) {
                Err(fault) if fault.rule != Rule::MessageSize && fault.offset > 0 => fault,
                other => return other,
            };
            // The extension behind everything, where there is one that is critical and empty.
            if let Some(head) = bytes.len().checked_sub(4)
                && head > fault.offset
                && bytes[head..] == [0xFF, 0x01, 0x00, 0x00]
            {
                fault.rule = Rule::ExtensionCritical;
                fault.field = "extensions".into();
                fault.offset = head;
            }
            Err(fault)
        }),
        caught_by: &["codec.decode.hello.invalid.max_frame-below-its-range-and-a-critical-extension"],
    },
    Fault {
        name: "offsets-from-one",
        does: Does::Decode(|protocol, place, bytes| {
            interpret::decode(protocol, place, bytes).map_err(|mut fault| {
                fault.offset += 1;
                fault
            })
        }),
        caught_by: &[
            "codec.decode.hello.invalid.empty",
            "codec.decode.hello.invalid.max_frame-below-its-range",
        ],
    },
    Fault {
        name: "offset-behind-the-prefix",
        does: Does::Decode(|protocol, place, bytes| {
            interpret::decode(protocol, place, bytes).map_err(|mut fault| {
                fault.offset += usize::from(fault.rule == Rule::Text);
                fault
            })
        }),
        caught_by: &["codec.decode.hello_answer.invalid.reader_id-begins-with-space"],
    },
    Fault {
        name: "field-without-its-structure",
        does: Does::Decode(|protocol, place, bytes| {
            interpret::decode(protocol, place, bytes).map_err(|mut fault| {
                if let Some((_, name)) = fault.field.split_once('.') {
                    fault.field = name.to_owned();
                }
                fault
            })
        }),
        caught_by: &["codec.decode.card_event.invalid.slot-card-3-not-registered"],
    },
    Fault {
        name: "another-rule-named",
        does: Does::Decode(|protocol, place, bytes| {
            interpret::decode(protocol, place, bytes).map_err(|mut fault| {
                if matches!(fault.rule, Rule::Length | Rule::Count) {
                    fault.rule = Rule::Range;
                }
                fault
            })
        }),
        caught_by: &[
            "codec.decode.hello.invalid.versions-too-many",
            "codec.decode.hello_answer.invalid.reader_id-too-long",
        ],
    },
    Fault {
        name: "decoder-drops-extensions",
        does: Does::Answer(|request, mut answer| {
            if request["op"] == "decode" && answer["value"].is_object() {
                members(&mut answer["value"]).remove("extensions");
            }
            answer
        }),
        caught_by: &["codec.decode.hello.valid.with-an-unknown-extension"],
    },
    Fault {
        name: "number-little-endian",
        does: Does::Answer(|request, mut answer| {
            if request["op"] == "decode" && answer["message"] == "hello" {
                let number = answer["value"]["max_frame"].as_u64().unwrap_or_default() as u16;
                answer["value"]["max_frame"] = json!(number.swap_bytes());
            }
            answer
        }),
        caught_by: &["codec.decode.hello.valid.typical"],
    },
    Fault {
        name: "field-of-another-name",
        does: Does::Answer(|request, mut answer| {
            if request["op"] == "decode" && answer["message"] == "hello" {
                let value = members(&mut answer["value"]);
                let number = value.remove("max_frame").unwrap_or(Value::Null);
                value.insert("maxFrame".into(), number);
            }
            answer
        }),
        caught_by: &["codec.decode.hello.valid.typical"],
    },
    Fault {
        name: "dies-of-no-bytes",
        does: Does::Decode(|protocol, place, bytes| {
            let tree = interpret::decode(protocol, place, bytes);
            // What an index out of bounds does.
            let _ = bytes[0];
            tree
        }),
        caught_by: &["codec.decode.card_event.invalid.empty"],
    },
    Fault {
        name: "refusals-are-errors",
        does: Does::Answer(|_, answer| match answer.get("rule") {
            Some(rule) => json!({ "error": format!("malformed: {rule}") }),
            None => answer,
        }),
        caught_by: &[
            "codec.decode.hello.invalid.empty",
            "codec.encode.hello.refused.max_frame-below-its-range",
        ],
    },
];

/// What a decoder says that mends what `mend` can mend, and decodes what comes of it.
fn mended(
    protocol: &Protocol,
    place: Place<'_>,
    bytes: &[u8],
    mend: fn(&Refusal, &mut Vec<u8>) -> Option<()>,
) -> Result<Tree, Refusal> {
    let mut bytes = bytes.to_vec();
    loop {
        match interpret::decode(protocol, place, &bytes) {
            Err(fault) => mend(&fault, &mut bytes).ok_or(fault)?,
            taken => return taken,
        }
    }
}

/// The protocol without bounds on the size of a message.
pub(super) fn boundless(protocol: &Protocol) -> Protocol {
    let mut protocol = protocol.clone();
    for name in ["frame_min", "message_max", "relayed_max"] {
        protocol.limits[name].value = 1 << 20;
    }
    protocol
        .documents
        .iter_mut()
        .for_each(|document| document.max_size = 1 << 20);
    protocol
}
