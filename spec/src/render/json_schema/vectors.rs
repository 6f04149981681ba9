//! `vectors/messages`, `vectors/cbor`, `vectors/frames`, and the manifest of all vectors.

use super::{Object, hexadecimal, list, names, reference, text_value, values, where_is};
use crate::Protocol;
use serde_json::{Map, Value, json};

/// Vectors of one message or document.
pub(super) fn messages(protocol: &Protocol) -> Map<String, Value> {
    let valid = vector("valid")
        .with("hex", hexadecimal(1, None))
        .with("value", json!({ "type": "object" }));
    let invalid = vector("invalid")
        .with("hex", hexadecimal(0, None))
        .with("rule", rules(protocol))
        .with("field", text_value())
        .with("offset", count())
        .with("twin", text_value())
        .may_have("also", rules(protocol))
        .may_have("comment", text_value());
    let mut schema = Object::new()
        .with("message", json!({ "enum": names(protocol) }))
        .with(
            "code",
            json!({ "type": "integer", "minimum": 0, "maximum": 0xFF }),
        )
        .with("place", text_value())
        .with("vectors", either(valid, invalid))
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
    let of_valid = json!({ "properties": { "hex": hex, "value": value } });
    let then = json!({ "properties": {
        "code": { "const": code },
        "place": { "const": place },
        "vectors": { "items": where_is("result", "valid", of_valid) },
    } });
    where_is("message", name, then)
}

/// Vectors of one message or document in CBOR.
pub(super) fn cbor(protocol: &Protocol) -> Map<String, Value> {
    let valid = vector("valid")
        .with("native", hexadecimal(1, None))
        .with("cbor", hexadecimal(1, None));
    // Native bytes that have no CBOR, or CBOR that is refused.
    let refused = || {
        vector("invalid")
            .with("rule", rules(protocol))
            .with("field", text_value())
            .with("offset", count())
            .may_have("also", rules(protocol))
            .may_have("comment", text_value())
    };
    let of_native = refused().with("native", hexadecimal(1, None));
    let of_cbor = refused()
        .with("cbor", hexadecimal(0, None))
        .with("twin", text_value());
    let vectors = json!({ "oneOf": [valid.value(), of_native.value(), of_cbor.value()] });
    let mut schema = Object::new()
        .with("message", json!({ "enum": names(protocol) }))
        .with(
            "code",
            json!({ "type": "integer", "minimum": 0, "maximum": 0xFF }),
        )
        .with("vectors", list(vectors))
        .finish();
    schema.insert("title".to_owned(), json!("Vectors of a Cardwire message in CBOR"));
    schema
}

/// Vectors of link frames.
pub(super) fn frames(protocol: &Protocol) -> Map<String, Value> {
    // A frame ends with its delimiter, and its delimiter stands nowhere else.
    let line = json!({ "type": "string", "pattern": "^(0[1-9a-f]|[1-9a-f][0-9a-f])*00$" });
    let valid = frame(protocol, vector("valid").with("line", line.clone()));
    let invalid = vector("invalid")
        .with("line", line)
        .with("fault", faults())
        .may_have("max_frame", max_frame(protocol))
        .may_have("comment", text_value());
    let mut schema = Object::new().with("vectors", either(valid, invalid)).finish();
    schema.insert("title".to_owned(), json!("Vectors of Cardwire link frames"));
    schema
}

/// Vectors of streams.
pub(super) fn streams(protocol: &Protocol) -> Map<String, Value> {
    let frame = frame(protocol, Object::new()).value();
    let fault = Object::new().with("fault", faults()).value();
    let only_frames = json!({ "properties": { "found": { "items": { "required": ["kind"] } } } });
    let some_fault = json!({ "properties": { "found": { "contains": { "required": ["fault"] } } } });
    let mut vector = Object::new()
        .with("result", json!({ "enum": ["valid", "invalid"] }))
        .with("name", name())
        .with("stream", hexadecimal(0, None))
        .with("max_frame", max_frame(protocol))
        .with("found", list(json!({ "oneOf": [frame, fault] })))
        .finish();
    let results = [
        where_is("result", "valid", only_frames),
        where_is("result", "invalid", some_fault),
    ];
    vector.insert("allOf".to_owned(), Value::from(results.to_vec()));
    let mut schema = Object::new()
        .with("vectors", list(Value::Object(vector)))
        .finish();
    schema.insert(
        "title".to_owned(),
        json!("Vectors of streams of Cardwire link frames"),
    );
    schema
}

/// The list of what belongs to the vectors.
pub(super) fn manifest(protocol: &Protocol) -> Map<String, Value> {
    let digest = json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
    let tally = || Object::new().with("valid", count()).with("invalid", count());
    let counts =
        |keys: Value| json!({ "type": "object", "propertyNames": keys, "additionalProperties": count() });
    let kinds = [
        "messages",
        "cbor",
        "frames",
        "streams",
        "session",
        "logic",
        "identities",
    ];
    let path = json!({ "type": "string", "pattern": "^[a-z]+(/[a-z0-9_.-]+)+$" });
    let mut file = Object::new()
        .with("path", path)
        .with("kind", json!({ "enum": kinds }))
        .with("sha256", digest)
        .may_have("valid", count())
        .may_have("invalid", count())
        .finish();
    file.insert(
        "dependentRequired".to_owned(),
        json!({ "valid": ["invalid"], "invalid": ["valid"] }),
    );
    let mut schema = Object::new()
        .with("format", json!({ "const": 1 }))
        .with("protocol", json!({ "const": protocol.about.name }))
        .with("version", json!({ "const": protocol.about.version }))
        .with("revision", text_value())
        .with("total", tally().value())
        .with("rules", counts(rules(protocol)))
        .with("faults", counts(faults()))
        .with("files", list(Value::Object(file)))
        .finish();
    schema.insert("title".to_owned(), json!("Manifest of the Cardwire vectors"));
    schema
}

/// What every vector begins with.
fn vector(result: &str) -> Object {
    Object::new()
        .with("result", json!({ "const": result }))
        .with("name", name())
}

fn name() -> Value {
    json!({ "type": "string", "pattern": "^[a-z0-9_.-]+$" })
}

/// A list of valid and invalid vectors.
fn either(valid: Object, invalid: Object) -> Value {
    list(json!({ "oneOf": [valid.value(), invalid.value()] }))
}

/// What a frame carries.
fn frame(protocol: &Protocol, object: Object) -> Object {
    let kinds = protocol.registries.get("frame_kind");
    let kinds = kinds.map_or_else(|| json!({ "type": "string" }), values::registry);
    object
        .with("kind", kinds)
        .with(
            "number",
            json!({ "type": "string", "pattern": "^(0|[1-9][0-9]{0,19})$" }),
        )
        .with("payload", hexadecimal(0, Some(payload_max(protocol))))
}

fn payload_max(protocol: &Protocol) -> u64 {
    protocol
        .limit("frame_max")
        .saturating_sub(protocol.limit("frame_overhead"))
}

fn faults() -> Value {
    json!({ "enum": ["cobs", "too-short", "too-long", "checksum", "kind"] })
}

/// A largest frame that a receiver may declare.
fn max_frame(protocol: &Protocol) -> Value {
    json!({
        "type": "integer", "minimum": protocol.limit("frame_min"), "maximum": protocol.limit("frame_max"),
    })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// The names of the codec's rules.
fn rules(protocol: &Protocol) -> Value {
    protocol
        .registries
        .get("codec_rule")
        .map_or_else(|| json!({ "type": "string" }), values::registry)
}
