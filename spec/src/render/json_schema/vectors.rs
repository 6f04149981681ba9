//! `vectors/messages` and `vectors/frames`.

use super::{Object, hexadecimal, list, names, reference, text_value, values, where_is};
use crate::Protocol;
use serde_json::{Map, Value, json};

/// Vectors of one message or document.
pub(super) fn messages(protocol: &Protocol) -> Map<String, Value> {
    let valid = Object::new()
        .with("name", text_value())
        .with("hex", hexadecimal(1, None))
        .with("value", json!({ "type": "object" }));
    let invalid = Object::new()
        .with("name", text_value())
        .with("hex", hexadecimal(0, None))
        .with("rule", rules(protocol))
        .with("field", text_value())
        .with("offset", json!({ "type": "integer", "minimum": 0 }))
        .with("twin", text_value());
    let mut schema = Object::new()
        .with("message", json!({ "enum": names(protocol) }))
        .with(
            "code",
            json!({ "type": "integer", "minimum": 0, "maximum": 0xFF }),
        )
        .with("place", text_value())
        .with("valid", list(valid.value()))
        .with("invalid", list(invalid.value()))
        .finish();
    schema.insert("title".to_owned(), json!("Vectors of a Cardwire message"));
    let known = names(protocol).into_iter().map(|name| of(protocol, name));
    schema.insert("allOf".to_owned(), known.collect());
    schema.insert("$defs".to_owned(), Value::Object(values::definitions(protocol)));
    schema
}

/// What the vectors of one message have in common: its code, its place, and the form of its values, in which a decoder
/// leaves nothing out.
fn of(protocol: &Protocol, name: &str) -> Value {
    let message = protocol.message(name);
    let place = message.and_then(crate::model::Message::place);
    let place = place.map_or_else(|| format!("document:{name}"), |place| place.to_string());
    let code = message.map(|message| message.code);
    let code = code.or_else(|| protocol.document(name).map(|document| document.code));
    let code = code.unwrap_or_default();
    let mut value = reference(name);
    let fields = values::fields(protocol, name);
    value["required"] = fields.iter().map(|field| json!(field.name)).collect();
    let hex = json!({ "pattern": format!("^{code:02x}") });
    let then = json!({ "properties": {
        "code": { "const": code },
        "place": { "const": place },
        "valid": { "items": { "properties": { "hex": hex, "value": value } } },
    } });
    where_is("message", name, then)
}

/// Vectors of link frames.
pub(super) fn frames(protocol: &Protocol) -> Map<String, Value> {
    let kinds = protocol.registries.get("frame_kind");
    let kinds = kinds.map_or_else(|| json!({ "type": "string" }), values::registry);
    // A frame ends with its delimiter, and its delimiter stands nowhere else.
    let line = json!({ "type": "string", "pattern": "^(0[1-9a-f]|[1-9a-f][0-9a-f])*00$" });
    let valid = Object::new()
        .with("name", text_value())
        .with("kind", kinds)
        .with(
            "number",
            json!({ "type": "string", "pattern": "^(0|[1-9][0-9]{0,19})$" }),
        )
        .with("payload", hexadecimal(0, Some(payload_max(protocol))))
        .with("line", line.clone());
    let faults = json!({ "enum": ["cobs", "too-short", "checksum", "kind"] });
    let invalid = Object::new()
        .with("name", text_value())
        .with("line", line)
        .with("fault", faults);
    let mut schema = Object::new()
        .with("valid", list(valid.value()))
        .with("invalid", list(invalid.value()))
        .finish();
    schema.insert("title".to_owned(), json!("Vectors of Cardwire link frames"));
    schema
}

fn payload_max(protocol: &Protocol) -> u64 {
    protocol
        .limit("frame_max")
        .saturating_sub(protocol.limit("frame_overhead"))
}

/// The names of the codec's rules.
fn rules(protocol: &Protocol) -> Value {
    protocol
        .registries
        .get("codec_rule")
        .map_or_else(|| json!({ "type": "string" }), values::registry)
}
