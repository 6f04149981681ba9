//! Transcoders that are lax, or write CBOR that is not deterministic.

use super::{Does, Fault};
use crate::codec;
use cardwire_spec::interpret;
use serde_json::{Value, json};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "bytes-behind-the-map-taken",
        does: Does::Answer(|request, answer| {
            mended(request, answer, "cbor-tail", |hex| hex.truncate(hex.len() - 2))
        }),
        caught_by: &["codec.transcode.hello.from-cbor.a-byte-behind"],
    },
    Fault {
        name: "heads-of-any-length-taken",
        does: Does::Answer(|request, answer| {
            mended(request, answer, "cbor-head", |hex| {
                if let Some(count) = hex.strip_prefix("b80") {
                    *hex = format!("a{count}");
                }
            })
        }),
        caught_by: &["codec.transcode.hello.from-cbor.message-head-of-2-bytes"],
    },
    Fault {
        name: "maps-of-indefinite-length",
        does: Does::Answer(|request, mut answer| {
            if let (Some("cbor"), Some(hex)) = (request["to"].as_str(), answer["hex"].as_str()) {
                answer["hex"] = json!(format!("bf{}ff", &hex[2..]));
            }
            answer
        }),
        caught_by: &["codec.transcode.hello.to-cbor.typical"],
    },
    Fault {
        name: "extensions-not-transcoded",
        does: Does::Answer(|request, answer| {
            if request["to"] != "native" || request["message"] != "hello" {
                return answer;
            }
            let Some(hex) = answer["hex"].as_str() else {
                return answer;
            };
            // Code, count, two versions and the largest frame.
            let fields = hex.len().min(12);
            json!({ "hex": hex[..fields] })
        }),
        caught_by: &["codec.transcode.hello.from-cbor.with-an-unknown-extension"],
    },
    Fault {
        name: "looks-behind-the-map-first",
        does: Does::Answer(|request, answer| {
            let refuses =
                request["op"] == "transcode" && request["to"] == "native" && answer["rule"].is_string();
            match refuses.then(|| behind_the_item(request)).flatten() {
                Some(offset) => json!({ "rule": "cbor-tail", "field": "", "offset": offset }),
                None => answer,
            }
        }),
        caught_by: &[
            "codec.transcode.hello.from-cbor.another-code-and-a-byte-behind",
            "codec.transcode.hello.from-cbor.one-pair-less-than-there-is",
        ],
    },
];

/// Where the bytes begin that stand behind the first data item, whatever is in it; nothing where there are none.
fn behind_the_item(request: &Value) -> Option<usize> {
    let bytes = interpret::hex::decode(request["hex"].as_str()?)?;
    let mut rest = bytes.as_slice();
    let item: Result<ciborium::Value, _> = ciborium::from_reader(&mut rest);
    (item.is_ok() && !rest.is_empty()).then(|| bytes.len() - rest.len())
}

/// What a transcoder says that mends bytes which break this rule.
fn mended(request: &Value, answer: Value, rule: &str, mend: fn(&mut String)) -> Value {
    if request["op"] != "transcode" || answer["rule"] != rule {
        return answer;
    }
    let mut request = request.clone();
    let mut hex = request["hex"].as_str().unwrap_or_default().to_owned();
    mend(&mut hex);
    request["hex"] = Value::String(hex);
    codec::right().answer(&request).unwrap_or(answer)
}
