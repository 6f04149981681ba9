//! Operands and header values: from a word to a value of the schema and back.

use super::token::Token;
use crate::{
    interpret::{Data, EncodeError, Rule, hex, write_field},
    kind::Kind,
    model::{Field, Length, Protocol},
    problem::Problem,
};
use core::fmt::Write as _;
use serde_json::Value;

/// Encodes a word as the operand or header value that `field` describes.
pub(super) fn encode(
    protocol: &Protocol,
    field: &Field,
    token: &Token,
    out: &mut Vec<u8>,
) -> Result<(), Problem> {
    let value = value(protocol, field, token)?;
    write(protocol, field, &value, token, out)
}

/// Encodes a value that was made from `token`.
pub(super) fn write(
    protocol: &Protocol,
    field: &Field,
    value: &Value,
    token: &Token,
    out: &mut Vec<u8>,
) -> Result<(), Problem> {
    write_field(protocol, out, field, value, "", &field.name).map_err(|error| {
        let message = match error {
            EncodeError::Invalid {
                rule: Rule::Length, ..
            } => {
                format!("the length of `{}` is out of bounds", field.name)
            }
            EncodeError::Invalid {
                rule: Rule::Range, ..
            } => format!("`{}` is out of range", field.name),
            EncodeError::Invalid {
                rule: Rule::Value, ..
            } => format!("`{}` has no such value", field.name),
            EncodeError::Invalid { rule: Rule::Text, .. } => {
                format!("`{}` holds a character that it can't hold", field.name)
            }
            other => other.to_string(),
        };
        token
            .place
            .problem(message, format!("write {}", wanted(protocol, field)))
    })
}

/// The value that a word stands for, in the JSON form of the field. A label by name is 0 here: it is not known yet.
pub(super) fn value(protocol: &Protocol, field: &Field, token: &Token) -> Result<Value, Problem> {
    let text = token.text.as_str();
    let quoted = token.quoted;
    // Validation has refused unknown types.
    let value = match protocol.operand_kind(&field.type_name).unwrap_or(Kind::Bool) {
        Kind::Text => quoted.then(|| Value::from(text)),
        Kind::Bytes if quoted => Some(Value::from(hex::encode(text.as_bytes()))),
        Kind::Bytes => hex::decode(text).map(|bytes| Value::from(hex::encode(&bytes))),
        _ if quoted => None,
        Kind::Number(2) => {
            let digits = text
                .strip_prefix("0x")
                .or_else(|| (text.len() == 4).then_some(text));
            digits.and_then(hexadecimal).map(Value::from)
        }
        Kind::Number(_) => number(text).map(Value::from),
        Kind::Bool => text.parse::<bool>().ok().map(Value::from),
        Kind::Registry(_, registry) => match number(text) {
            Some(number) => Some(Value::from(number)),
            None => registry
                .values
                .iter()
                .any(|value| value.name == text)
                .then(|| Value::from(text)),
        },
        Kind::Register => text.strip_prefix('r').and_then(decimal).map(Value::from),
        Kind::Label => match text.strip_prefix('@') {
            Some(digits) => hexadecimal(digits).map(Value::from),
            None => is_label(text).then(|| Value::from(0)),
        },
        Kind::Structure(_) => None,
    };
    value.ok_or_else(|| {
        let shown = if quoted {
            format!("the text \"{text}\"")
        } else {
            format!("`{text}`")
        };
        token.place.problem(
            format!("{shown} is no {}", field.name),
            format!("write {}", wanted(protocol, field)),
        )
    })
}

/// Whether an operand names a label that must be looked up.
pub(super) fn is_label_name(protocol: &Protocol, field: &Field, token: &Token) -> bool {
    matches!(protocol.operand_kind(&field.type_name), Some(Kind::Label)) && is_label(&token.text)
}

/// Whether a word can name a label.
pub(super) fn is_label(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// A number, decimal or hexadecimal behind 0x.
pub(super) fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => hexadecimal(digits),
        None => decimal(text),
    }
}

fn decimal(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

fn hexadecimal(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u64::from_str_radix(text, 16).ok())?
}

/// What is to be written for a field, in words.
pub(super) fn wanted(protocol: &Protocol, field: &Field) -> String {
    let range = |what: &str| match field.range {
        Some([min, max]) => format!("{what} from {min} to {max}"),
        None => what.to_owned(),
    };
    let length = match field.length {
        Some(Length::Bounds(min, max)) => format!(", {min} to {max} bytes"),
        Some(Length::Exact(size)) => format!(", {size} bytes"),
        None => String::new(),
    };
    match protocol.operand_kind(&field.type_name).unwrap_or(Kind::Bool) {
        Kind::Number(2) => range("four hexadecimal digits"),
        Kind::Number(_) => range("a number"),
        Kind::Bool => String::from("true or false"),
        Kind::Bytes => format!("hexadecimal digits or a text in quotes{length}"),
        Kind::Text => format!("a text in quotes{length}"),
        Kind::Registry(_, registry) => {
            let names: Vec<&str> = registry.values.iter().map(|value| value.name.as_str()).collect();
            format!("one of {}", names.join(", "))
        }
        Kind::Structure(structure) => format!("a {}", structure.name),
        Kind::Register => format!(
            "a register, r0 to r{}",
            protocol.limit("registers").saturating_sub(1)
        ),
        Kind::Label => String::from("the name of a label, or @ and its offset"),
    }
}

/// The word that stands for a decoded operand; a label's is chosen by `label`.
pub(super) fn show(protocol: &Protocol, field: &Field, data: &Data, label: impl Fn(u64) -> String) -> String {
    match (protocol.operand_kind(&field.type_name), data) {
        (Some(Kind::Register), Data::Number(value)) => format!("r{value}"),
        (Some(Kind::Label), Data::Number(value)) => label(*value),
        (Some(Kind::Number(2)), Data::Number(value)) => format!("{value:04X}"),
        (_, Data::Number(value)) => value.to_string(),
        (_, Data::Bool(value)) => value.to_string(),
        (_, Data::Text(text)) => quote(text),
        (_, Data::Registered { name: Some(name), .. }) => name.clone(),
        (_, Data::Registered { value, name: None }) => format!("{value:#X}"),
        (_, Data::Bytes(bytes)) => match core::str::from_utf8(bytes) {
            Ok(text) if bytes.iter().all(|byte| matches!(byte, 0x20..=0x7E)) => quote(text),
            _ => bytes.iter().fold(String::new(), |mut text, byte| {
                // Writing to a string does not fail.
                let _ = write!(text, "{byte:02X}");
                text
            }),
        },
        // No operand is a structure or a list: validation has refused it.
        (_, Data::Structure(_) | Data::List(_)) => String::new(),
    }
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
