//! From JSON values to bytes.

use super::{
    decode::{Shape, shapes},
    extension::{CRITICAL, EXTENSIONS, UNKNOWN},
    fault::{EncodeError, Rule},
    hex, wanted,
};
use crate::{
    kind::{Kind, prefix_size},
    model::{ExtensionField, Field, Length, Order, Protocol, Registry},
};
use serde_json::{Map, Value};

/// Encodes the message or document `name` from its JSON form. A field that is left out has its default; an extension
/// that is left out is not sent.
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
    let extensions = shape.extensions.iter().map(|known| known.field.name.as_str());
    let others: Vec<&str> = extensions.chain([EXTENSIONS]).collect();
    write_fields(protocol, &mut out, shape.fields, object, "", None, &others)?;
    write_extensions(protocol, &mut out, &shape, object)?;
    if out.len() as u64 > shape.max_size {
        let expected = format!("{} at most", wanted::bytes(shape.max_size));
        return Err(invalid(
            Rule::MessageSize,
            "message",
            "",
            expected,
            wanted::bytes(out.len() as u64),
        ));
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
        let default = field.default.as_ref().map(|default| default.to_json());
        let value = object
            .get(&field.name)
            .or(default.as_ref())
            .ok_or_else(|| shape(&json_path, "the field is missing, and has no default"))?;
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
    let Some(bounds) = field.count else {
        return write_value(protocol, out, field, value, json_path, path);
    };
    let items = value
        .as_array()
        .ok_or_else(|| shape(json_path, "a list is wanted"))?;
    write_prefix(out, Rule::Count, (path, json_path), items.len(), bounds)?;
    let mut previous: Option<Vec<u8>> = None;
    for (index, item) in items.iter().enumerate() {
        let json_path = format!("{json_path}[{index}]");
        let mut encoded = Vec::new();
        write_value(protocol, &mut encoded, field, item, &json_path, path)?;
        if field.order == Some(Order::Ascending)
            && let Some(previous) = previous.filter(|previous| *previous >= encoded)
        {
            let expected = format!("an item above the one before, {}", hex::encode(&previous));
            return Err(invalid(
                Rule::Order,
                path,
                &json_path,
                expected,
                hex::encode(&encoded),
            ));
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
            hold(field, field.range, number, json_path, path)?;
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
                    write_prefix(out, Rule::Length, (path, json_path), bytes.len(), [min, max])?;
                }
                Some(Length::Exact(_)) | None => {}
            }
            out.extend_from_slice(&bytes);
        }
        Kind::Text => {
            let text = value.as_str().ok_or_else(|| shape(json_path, "text is wanted"))?;
            if let Some((_, found)) = wanted::stray(field.charset, text.as_bytes()) {
                let expected = wanted::charset(field.charset).to_owned();
                return Err(invalid(Rule::Text, path, json_path, expected, found));
            }
            if let Some(Length::Bounds(min, max)) = field.length {
                write_prefix(out, Rule::Length, (path, json_path), text.len(), [min, max])?;
            }
            out.extend_from_slice(text.as_bytes());
        }
        Kind::Registry(name, registry) => {
            let number = registered(name, registry, value, json_path)?;
            if !registry.open && !registry.values.iter().any(|known| known.value == number) {
                let expected = wanted::values(registry);
                let found = format!("{number:x}");
                return Err(invalid(Rule::Value, path, json_path, expected, found));
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
            let last = protocol.limit("registers").saturating_sub(1);
            hold(field, Some([0, last]), number, json_path, path)?;
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

/// Writes the extensions that are given, known by their names and unknown by their tags, in the order of their numbers.
fn write_extensions(
    protocol: &Protocol,
    out: &mut Vec<u8>,
    shape: &Shape<'_>,
    object: &Map<String, Value>,
) -> Result<(), EncodeError> {
    let mut all = match object.get(EXTENSIONS) {
        Some(unknown) => unknown_extensions(shape.extensions, unknown)?,
        None => Vec::new(),
    };
    for known in shape.extensions {
        let name = known.field.name.as_str();
        if let Some(value) = object.get(name) {
            let mut encoded = Vec::new();
            write_field(protocol, &mut encoded, &known.field, value, name, name)?;
            all.push((known.wire_tag(), encoded));
        }
    }
    all.sort_by_key(|(tag, _)| tag & !CRITICAL);
    for (tag, value) in all {
        write_number(out, u64::from(tag), 2);
        write_prefix(
            out,
            Rule::Length,
            (EXTENSIONS, EXTENSIONS),
            value.len(),
            [0, 0xFFFF],
        )?;
        out.extend_from_slice(&value);
    }
    Ok(())
}

fn unknown_extensions(
    known: &[ExtensionField],
    extensions: &Value,
) -> Result<Vec<(u16, Vec<u8>)>, EncodeError> {
    let items = extensions
        .as_array()
        .ok_or_else(|| shape(EXTENSIONS, "a list of tag and value is wanted"))?;
    let mut all: Vec<(u16, Vec<u8>)> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let json_path = format!("{EXTENSIONS}[{index}]");
        let tag_path = format!("{json_path}.tag");
        let tag = number(item.get("tag").unwrap_or(&Value::Null), &tag_path, 0xFFFF)?;
        // It is not larger.
        let tag = u16::try_from(tag).unwrap_or(u16::MAX);
        let value = item.get("value").and_then(Value::as_str).and_then(hex::decode);
        let value =
            value.ok_or_else(|| shape(&format!("{json_path}.value"), "bytes in hexadecimal are wanted"))?;
        let number = tag & !CRITICAL;
        if let Some(known) = known.iter().find(|known| known.tag == number) {
            let name = &known.field.name;
            let problem = format!("{number:04x} is `{name}`: write it as a field of that name");
            return Err(shape(&tag_path, &problem));
        }
        let before = all.last().map(|(tag, _)| tag & !CRITICAL);
        if let Some(before) = before.filter(|before| *before >= number) {
            let expected = format!("a number above {before:04x}, that of the one before");
            let found = format!("{number:04x}");
            return Err(invalid(
                Rule::ExtensionOrder,
                EXTENSIONS,
                &json_path,
                expected,
                found,
            ));
        }
        if tag & CRITICAL != 0 {
            let expected = String::from(UNKNOWN);
            let found = format!("the tag {tag:04x}, critical and unknown");
            return Err(invalid(
                Rule::ExtensionCritical,
                EXTENSIONS,
                &json_path,
                expected,
                found,
            ));
        }
        all.push((tag, value));
    }
    Ok(all)
}

/// Holds a number to its range.
fn hold(
    field: &Field,
    range: Option<[u64; 2]>,
    number: u64,
    json_path: &str,
    path: &str,
) -> Result<(), EncodeError> {
    match range.map(|[min, max]| min..=max) {
        Some(bounds) if !bounds.contains(&number) => {
            let expected = wanted::number(field, &bounds);
            Err(invalid(
                Rule::Range,
                path,
                json_path,
                expected,
                number.to_string(),
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// Writes a length or a count; of the two paths, the first names the field in rules and the second leads to it.
fn write_prefix(
    out: &mut Vec<u8>,
    rule: Rule,
    (path, json_path): (&str, &str),
    value: usize,
    [min, max]: [u64; 2],
) -> Result<(), EncodeError> {
    let value = value as u64;
    if !(min..=max).contains(&value) {
        let what = if rule == Rule::Count { "item" } else { "byte" };
        let expected = wanted::amount(min, max, what);
        return Err(invalid(
            rule,
            path,
            json_path,
            expected,
            wanted::counted(value, what),
        ));
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

fn invalid(rule: Rule, field: &str, path: &str, expected: String, found: String) -> EncodeError {
    EncodeError::Invalid {
        rule,
        field: field.to_owned(),
        path: path.to_owned(),
        expected,
        found,
    }
}
