//! Messages and documents: between bytes and their JSON form, which the codec's plain values have by `serde`.

use crate::{Answer, Encoding, hex};
use cardwire_codec::{
    DecodeError, EncodeError,
    cbor::{self, CborError},
    plain::Any,
};
use serde_json::{Value, json};

pub(crate) fn decode(place: &str, bytes: &[u8]) -> Answer {
    match Any::decode(place, bytes) {
        Some(Ok(value)) => Ok(json!({ "message": value.name(), "value": value })),
        Some(Err(error)) => Ok(refusal(&error)),
        None => Err(format!("there is no place {place}")),
    }
}

pub(crate) fn encode(name: &str, value: Value) -> Answer {
    let value = Any::deserialize(name, value).map_err(|error| error.to_string())?;
    let value = value.ok_or_else(|| format!("there is no message {name}"))?;
    match value.encode() {
        Ok(bytes) => Ok(json!({ "hex": hex::encode(&bytes) })),
        Err(EncodeError::Invalid { rule, field }) => {
            Ok(json!({ "rule": rule.name(), "field": field.as_str() }))
        }
        Err(error @ EncodeError::BufferTooSmall) => Err(error.to_string()),
    }
}

pub(crate) fn transcode(name: &str, to: Encoding, bytes: &[u8]) -> Answer {
    let shape = Any::shape(name).ok_or_else(|| format!("there is no message {name}"))?;
    let convert = match to {
        Encoding::Cbor => cbor::to_cbor,
        Encoding::Native => cbor::from_cbor,
    };
    let mut out = Vec::new();
    loop {
        match convert(shape, bytes, &mut out) {
            Ok(length) => return Ok(json!({ "hex": hex::encode(&out[..length]) })),
            Err(CborError::BufferTooSmall { needed }) => out.resize(needed, 0),
            Err(CborError::Refused(error)) => return Ok(refusal(&error)),
        }
    }
}

fn refusal(error: &DecodeError) -> Value {
    let DecodeError { rule, field, offset } = error;
    json!({ "rule": rule.name(), "field": field.as_str(), "offset": offset })
}
