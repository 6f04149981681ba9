//! Messages and documents: between bytes and their JSON form, which the codec's plain values have by `serde`.

use crate::{Answer, hex};
use cardwire_codec::{DecodeError, EncodeError, plain::Any};
use serde_json::{Value, json};

pub(crate) fn decode(place: &str, bytes: &[u8]) -> Answer {
    match Any::decode(place, bytes) {
        Some(Ok(value)) => Ok(json!({ "message": value.name(), "value": value })),
        Some(Err(DecodeError { rule, field, offset })) => {
            Ok(json!({ "rule": rule.name(), "field": field, "offset": offset }))
        }
        None => Err(format!("there is no place {place}")),
    }
}

pub(crate) fn encode(name: &str, value: Value) -> Answer {
    let value = Any::deserialize(name, value).map_err(|error| error.to_string())?;
    let value = value.ok_or_else(|| format!("there is no message {name}"))?;
    match value.encode() {
        Ok(bytes) => Ok(json!({ "hex": hex::encode(&bytes) })),
        Err(EncodeError::Invalid { rule, field }) => Ok(json!({ "rule": rule.name(), "field": field })),
        Err(error @ EncodeError::BufferTooSmall) => Err(error.to_string()),
    }
}
