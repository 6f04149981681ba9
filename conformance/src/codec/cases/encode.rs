//! Each value of a vector, encoded; and values that have no encoding.

use super::{decode, new, refused, with_twin};
use crate::{
    codec::{
        case::{Case, Expect, Group, Refusal},
        request::Request,
    },
    embedded::protocol,
    hex,
    vectors::{self, MessageVectors},
};
use cardwire_spec::{
    interpret::{self, EncodeError},
    kind::Kind,
};
use serde_json::Value;

pub(super) fn cases() -> Vec<Case> {
    vectors::messages()
        .iter()
        .flat_map(|vectors| {
            valid(vectors)
                .chain(without_encoding(vectors))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn valid_id(message: &str, vector: &str) -> String {
    format!("codec.encode.{message}.valid.{vector}")
}

fn valid(vectors: &MessageVectors) -> impl Iterator<Item = Case> + '_ {
    vectors.valid().filter_map(|vector| {
        let bytes = hex::decode(&vector.hex)?;
        let requirements: &[&str] = if vector.value.get("extensions").is_some() {
            &[decode::EXTENSIONS, decode::WHOLE]
        } else {
            &[decode::WHOLE]
        };
        Some(new(
            valid_id(&vectors.message, &vector.name),
            Group::Encode,
            format!("encodes {}: {}", vectors.message, decode::in_words(&vector.name)),
            requirements,
            Request::Encode {
                message: vectors.message.clone(),
                value: vector.value.clone(),
            },
            Expect::Bytes(bytes),
        ))
    })
}

fn without_encoding(vectors: &MessageVectors) -> impl Iterator<Item = Case> + '_ {
    let values = refused::values(vectors).into_iter();
    values.filter_map(|refused::Wrong { name, value, twin }| {
        let refusal = refusal(&vectors.message, &value)?;
        let requirement = match &refusal.rule {
            Some((rule, _)) => rule.requirement(),
            None => "CW-CODEC-003",
        };
        let case = new(
            format!("codec.encode.{}.refused.{name}", vectors.message),
            Group::Encode,
            format!("does not encode {}: {}", vectors.message, decode::in_words(&name)),
            &[requirement],
            Request::Encode {
                message: vectors.message.clone(),
                value,
            },
            Expect::Refusal(refusal),
        );
        Some(with_twin(case, valid_id(&vectors.message, &twin)))
    })
}

/// What a program has to say of this value; `None` where it has an encoding.
fn refusal(message: &str, value: &Value) -> Option<Refusal> {
    match interpret::encode(protocol(), message, value) {
        Ok(_) | Err(EncodeError::Unknown { .. }) => None,
        // A number beyond its width, too many bytes for an exact length: in many languages there is no such value.
        Err(EncodeError::Shape { .. }) => Some(Refusal {
            or_error: true,
            ..Refusal::default()
        }),
        Err(EncodeError::Invalid { rule, field, .. }) => Some(Refusal {
            or_error: is_of_closed_registry(message, &field),
            rule: Some((rule, field)),
            offset: None,
        }),
    }
}

/// Whether a field holds a value of a closed registry, which is an enumeration in many languages.
fn is_of_closed_registry(message: &str, path: &str) -> bool {
    let schema = protocol();
    let fields = match path.split_once('.') {
        Some((structure, _)) => schema.structure(structure).map(|structure| &structure.fields),
        None => schema
            .message(message)
            .map(|message| &message.fields)
            .or_else(|| schema.document(message).map(|document| &document.fields)),
    };
    let name = path.rsplit('.').next().unwrap_or(path);
    fields
        .into_iter()
        .flatten()
        .filter(|field| field.name == name)
        .any(|field| matches!(schema.kind(&field.type_name), Some(Kind::Registry(_, registry)) if !registry.open))
}
