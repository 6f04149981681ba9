//! From JSON values to bytes.

use super::{
    decode::{is_of_charset, shapes},
    fault::{EncodeError, Rule},
    hex,
};
use crate::{
    kind::{Kind, prefix_size},
    model::{Field, Length, Order, Protocol, Registry},
};
use serde_json::{Map, Value};

const CRITICAL: u64 = 0x8000;

/// Encodes the message or document `name` from its JSON form.
///
/// # Errors
/// The JSON is not that of the message, or its encoding would be refused by a decoder.
pub fn encode(protocol: &Protocol, name: &str, value: &Value) -> Result<Vec<u8>, EncodeError> {
    let shape = shapes(protocol)
        .find(|shape| shape.name == name)
        .ok_or_else(|| EncodeError::Unknown {
            name: name.to_owned(),
        })?;
    let mut out = vec![shape.code];
    let object = object(value, "")?;
    write_fields(
        protocol,
        &mut out,
        shape.fields,
        object,
        "",
        None,
        &["extensions"],
    )?;
    if let Some(extensions) = object.get("extensions") {
        write_extensions(&mut out, extensions)?;
    }
    if out.len() as u64 > shape.max_size {
        return Err(invalid(Rule::MessageSize, "message"));
    }
    Ok(out)
}

/// Writes the fields of a message, or of a structure where `structure` names one.
fn write_fields(
    protocol: &Protocol,
    out: &mut Vec<u8>,
    fields: &[Field],
    object: &Map<String, Value>,
    json_path: &str,
    structure: Option<&str>,
    others: &[&str],
) -> Result<(), EncodeError> {
    let join = |name: &str| {
        if json_path.is_empty() {
            name.to_owned()
        } else {
            format!("{json_path}.{name}")
        }
    };
    let is_known = |key: &str| fields.iter().any(|field| field.name == key) || others.contains(&key);
    if let Some(key) = object.keys().find(|key| !is_known(key)) {
        return Err(shape(&join(key), "there is no such field"));
    }
    for field in fields {
        let json_path = join(&field.name);
        let value = object
            .get(&field.name)
            .ok_or_else(|| shape(&json_path, "the field is missing"))?;
        let path = structure.map_or_else(|| field.name.clone(), |name| format!("{name}.{}", field.name));
        write_field(protocol, out, field, value, &json_path, &path)?;
    }
    Ok(())
}

/// Writes a field, or an operand of an instruction. `json_path` leads to its value, `path` names it in rules.
pub(crate) fn write_field(
    protocol: &Protocol,
    out: &mut Vec<u8>,
    field: &Field,
    value: &Value,
    json_path: &str,
    path: &str,
) -> Result<(), EncodeError> {
    let Some([min, max]) = field.count else {
        return write_value(protocol, out, field, value, json_path, path);
    };
    let items = value
        .as_array()
        .ok_or_else(|| shape(json_path, "a list is wanted"))?;
    write_prefix(out, Rule::Count, path, items.len(), min, max)?;
    let mut previous: Option<Vec<u8>> = None;
    for (index, item) in items.iter().enumerate() {
        let mut encoded = Vec::new();
        write_value(
            protocol,
            &mut encoded,
            field,
            item,
            &format!("{json_path}[{index}]"),
            path,
        )?;
        let ascends = previous.is_none_or(|previous| previous < encoded);
        if field.order == Some(Order::Ascending) && !ascends {
            return Err(invalid(Rule::Order, path));
        }
        out.extend_from_slice(&encoded);
        previous = Some(encoded);
    }
    Ok(())
}

fn write_value(
    protocol: &Protocol,
    out: &mut Vec<u8>,
    field: &Field,
    value: &Value,
    json_path: &str,
    path: &str,
) -> Result<(), EncodeError> {
    // Validation has refused unknown types.
    match protocol.operand_kind(&field.type_name).unwrap_or(Kind::Bool) {
        Kind::Number(size) => {
            let number = number(value, json_path, u64::MAX >> (64 - 8 * size))?;
            if field
                .range
                .is_some_and(|[min, max]| !(min..=max).contains(&number))
            {
                return Err(invalid(Rule::Range, path));
            }
            write_number(out, number, size);
        }
        Kind::Bool => {
            let value = value
                .as_bool()
                .ok_or_else(|| shape(json_path, "true or false is wanted"))?;
            out.push(u8::from(value));
        }
        Kind::Bytes => {
            let bytes = value.as_str().and_then(hex::decode);
            let bytes = bytes.ok_or_else(|| shape(json_path, "bytes in hexadecimal are wanted"))?;
            match field.length {
                Some(Length::Exact(size)) if bytes.len() as u64 != size => {
                    return Err(shape(json_path, &format!("exactly {size} bytes are wanted")));
                }
                Some(Length::Bounds(min, max)) => {
                    write_prefix(out, Rule::Length, path, bytes.len(), min, max)?;
                }
                Some(Length::Exact(_)) | None => {}
            }
            out.extend_from_slice(&bytes);
        }
        Kind::Text => {
            let text = value.as_str().ok_or_else(|| shape(json_path, "text is wanted"))?;
            if !is_of_charset(field.charset, text) {
                return Err(invalid(Rule::Text, path));
            }
            if let Some(Length::Bounds(min, max)) = field.length {
                write_prefix(out, Rule::Length, path, text.len(), min, max)?;
            }
            out.extend_from_slice(text.as_bytes());
        }
        Kind::Registry(name, registry) => {
            let number = registered(name, registry, value, json_path)?;
            if !registry.open && !registry.values.iter().any(|known| known.value == number) {
                return Err(invalid(Rule::Value, path));
            }
            write_number(out, number, registry.width.bytes());
        }
        Kind::Structure(structure) => {
            let object = object(value, json_path)?;
            let name = Some(structure.name.as_str());
            write_fields(protocol, out, &structure.fields, object, json_path, name, &[])?;
        }
        Kind::Register => {
            let number = number(value, json_path, 0xFF)?;
            if number >= protocol.limit("registers") {
                return Err(invalid(Rule::Range, path));
            }
            write_number(out, number, 1);
        }
        Kind::Label => write_number(out, number(value, json_path, 0xFFFF)?, 2),
    }
    Ok(())
}

/// A registry value is written by its name, or as a number.
fn registered(name: &str, registry: &Registry, value: &Value, json_path: &str) -> Result<u64, EncodeError> {
    match value {
        Value::String(text) => registry
            .values
            .iter()
            .find(|known| known.name == *text)
            .map(|known| known.value)
            .ok_or_else(|| shape(json_path, &format!("`{text}` is not in the registry `{name}`"))),
        _ => number(value, json_path, registry.width.max()),
    }
}

fn write_extensions(out: &mut Vec<u8>, extensions: &Value) -> Result<(), EncodeError> {
    const FIELD: &str = "extensions";
    let items = extensions
        .as_array()
        .ok_or_else(|| shape(FIELD, "a list of tag and value is wanted"))?;
    let mut previous = None;
    for (index, item) in items.iter().enumerate() {
        let json_path = format!("{FIELD}[{index}]");
        let tag = number(
            item.get("tag").unwrap_or(&Value::Null),
            &format!("{json_path}.tag"),
            0xFFFF,
        )?;
        let value = item.get("value").and_then(Value::as_str).and_then(hex::decode);
        let value =
            value.ok_or_else(|| shape(&format!("{json_path}.value"), "bytes in hexadecimal are wanted"))?;
        let number = tag & !CRITICAL;
        if previous.is_some_and(|previous| previous >= number) {
            return Err(invalid(Rule::ExtensionOrder, FIELD));
        }
        if tag & CRITICAL != 0 {
            return Err(invalid(Rule::ExtensionCritical, FIELD));
        }
        write_number(out, tag, 2);
        write_prefix(out, Rule::Length, FIELD, value.len(), 0, 0xFFFF)?;
        out.extend_from_slice(&value);
        previous = Some(number);
    }
    Ok(())
}

fn write_prefix(
    out: &mut Vec<u8>,
    rule: Rule,
    path: &str,
    value: usize,
    min: u64,
    max: u64,
) -> Result<(), EncodeError> {
    let value = value as u64;
    if !(min..=max).contains(&value) {
        return Err(invalid(rule, path));
    }
    write_number(out, value, prefix_size(max) as usize);
    Ok(())
}

fn write_number(out: &mut Vec<u8>, value: u64, size: usize) {
    out.extend_from_slice(&value.to_be_bytes()[8 - size..]);
}

fn number(value: &Value, json_path: &str, max: u64) -> Result<u64, EncodeError> {
    let number = value.as_u64().filter(|number| *number <= max);
    number.ok_or_else(|| shape(json_path, &format!("a number from 0 to {max} is wanted")))
}

fn object<'v>(value: &'v Value, json_path: &str) -> Result<&'v Map<String, Value>, EncodeError> {
    value
        .as_object()
        .ok_or_else(|| shape(json_path, "an object with the fields is wanted"))
}

fn shape(path: &str, problem: &str) -> EncodeError {
    EncodeError::Shape {
        path: path.to_owned(),
        problem: problem.to_owned(),
    }
}

fn invalid(rule: Rule, field: &str) -> EncodeError {
    EncodeError::Invalid {
        rule,
        field: field.to_owned(),
    }
}
