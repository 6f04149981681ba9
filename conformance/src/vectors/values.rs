//! Values of messages, small, typical and large, from the schema alone.

use crate::hex;
use cardwire_spec::{
    Protocol, interpret,
    kind::Kind,
    model::{ExtensionField, Field, Length, Literal, Order},
};
use serde_json::{Map, Value};

/// How large values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// As small as the schema allows.
    Smallest,
    /// As they are met.
    Typical,
    /// As large as the schema allows, with this many items and bytes at most.
    Largest(u64),
}

/// The schema's fields of a message or document.
pub(crate) fn fields_of<'p>(protocol: &'p Protocol, name: &str) -> &'p [Field] {
    let message = protocol.message(name).map(|message| &message.fields);
    let document = || protocol.document(name).map(|document| &document.fields);
    message.or_else(document).map_or(&[], Vec::as_slice)
}

/// The schema's extensions of a message; documents have none.
pub(super) fn extensions_of<'p>(protocol: &'p Protocol, name: &str) -> &'p [ExtensionField] {
    let message = protocol.message(name).map(|message| &message.extensions);
    message.map_or(&[], Vec::as_slice)
}

/// A value of this size, in its JSON form, and its encoding.
pub(super) fn value(protocol: &Protocol, name: &str, size: Size) -> Option<(Value, Vec<u8>)> {
    let value = Value::Object(fields(protocol, fields_of(protocol, name), size, 0));
    let bytes = interpret::encode(protocol, name, &value).ok()?;
    Some((value, bytes))
}

/// The largest value whose encoding its place allows.
pub(super) fn largest(protocol: &Protocol, name: &str) -> Option<(Value, Vec<u8>)> {
    // The larger the cap, the larger the encoding: the last cap that fits is found by halving.
    let (mut fits, mut too_large) = (0, 1025);
    while too_large - fits > 1 {
        let middle = (fits + too_large) / 2;
        if value(protocol, name, Size::Largest(middle)).is_some() {
            fits = middle;
        } else {
            too_large = middle;
        }
    }
    value(protocol, name, Size::Largest(fits))
}

/// A typical value in which every field that has a default holds it.
pub(super) fn defaults(protocol: &Protocol, name: &str) -> Value {
    let schema = fields_of(protocol, name);
    let mut value = fields(protocol, schema, Size::Typical, 0);
    for field in schema {
        if let Some(default) = field.default.as_ref().map(Literal::to_json) {
            value.insert(field.name.clone(), default);
        }
    }
    Value::Object(value)
}

fn fields(protocol: &Protocol, schema: &[Field], size: Size, index: u64) -> Map<String, Value> {
    schema
        .iter()
        .map(|field| (field.name.clone(), of_field(protocol, field, size, index)))
        .collect()
}

/// What a field holds; `index` tells the items of a list apart.
pub(super) fn of_field(protocol: &Protocol, field: &Field, size: Size, index: u64) -> Value {
    let Some([min, max]) = field.count else {
        return one(protocol, field, size, index);
    };
    let count = match size {
        Size::Smallest => min,
        Size::Typical => min.max(2).min(max),
        Size::Largest(cap) => max.min(cap).max(min),
    };
    (0..count).map(|at| item(protocol, field, size, at)).collect()
}

/// An item of a list, as it stands at this place of it.
pub(super) fn item(protocol: &Protocol, field: &Field, size: Size, at: u64) -> Value {
    // Items that ascend begin low and count up, whatever their size.
    if field.order == Some(Order::Ascending) {
        one(protocol, field, Size::Smallest, at + 1)
    } else {
        one(protocol, field, size, at)
    }
}

fn one(protocol: &Protocol, field: &Field, size: Size, index: u64) -> Value {
    // Validation has refused unknown types.
    match protocol.operand_kind(&field.type_name).unwrap_or(Kind::Bool) {
        Kind::Number(width) => number(field, size, width, index),
        Kind::Bool => Value::from(size != Size::Smallest),
        Kind::Bytes => Value::from(hex::encode(&bytes(length(field, size), index))),
        Kind::Text => Value::from(text(length(field, size), index)),
        Kind::Registry(_, registry) => {
            let registered = match size {
                Size::Typical => registry.values.get(index as usize % registry.values.len()),
                Size::Largest(_) if !registry.open => registry.values.last(),
                Size::Smallest if !registry.open => registry.values.first(),
                Size::Smallest | Size::Largest(_) => None,
            };
            match (registered, size) {
                (Some(value), _) => Value::from(value.name.as_str()),
                (None, Size::Largest(_)) => Value::from(registry.width.max()),
                (None, _) => Value::from(index),
            }
        }
        Kind::Structure(structure) => Value::Object(fields(protocol, &structure.fields, size, index)),
        Kind::Register | Kind::Label => Value::from(0),
    }
}

fn number(field: &Field, size: Size, width: usize, index: u64) -> Value {
    let [min, max] = range(field, width);
    Value::from(match size {
        Size::Smallest => min.max(index).min(max),
        Size::Typical => (min + 7 + index).min(max),
        Size::Largest(_) => max,
    })
}

/// Least and greatest number of a field of so many bytes.
pub(super) fn range(field: &Field, width: usize) -> [u64; 2] {
    field.range.unwrap_or([0, u64::MAX >> (64 - 8 * width)])
}

fn length(field: &Field, size: Size) -> u64 {
    match (field.length, size) {
        (Some(Length::Exact(exact)), _) => exact,
        (Some(Length::Bounds(min, _)), Size::Smallest) => min,
        (Some(Length::Bounds(min, max)), Size::Typical) => (min + 6).min(max),
        (Some(Length::Bounds(min, max)), Size::Largest(cap)) => max.min(cap).max(min),
        (None, _) => 0,
    }
}

/// Content of so many bytes for a field of bytes or text.
pub(super) fn content(field: &Field, length: u64) -> Vec<u8> {
    if field.type_name == "text" {
        text(length, 0).into_bytes()
    } else {
        bytes(length, 0)
    }
}

/// Bytes that hold every value sooner or later, zero included.
fn bytes(length: u64, index: u64) -> Vec<u8> {
    (0..length).map(|at| (at * 37 + index * 101) as u8).collect()
}

/// Letters, digits and the marks of a name.
fn text(length: u64, index: u64) -> String {
    const MARKS: &[u8] = b"abcdefghijklmnopqrstuvwxyz-0123456789.ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    (0..length)
        .map(|at| char::from(MARKS[(at + index) as usize % MARKS.len()]))
        .collect()
}
