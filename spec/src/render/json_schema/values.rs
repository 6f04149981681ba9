//! The JSON form of messages, documents, structures and registry values.

use super::{Object, hexadecimal, reference};
use crate::{
    kind::Kind,
    model::{Charset, ExtensionField, Field, Length, Order, Protocol, Registry, Structure},
};
use serde_json::{Map, Value, json};

/// Definitions of everything that a message or document can hold, and of each of these itself. What has a default may
/// be left out: an encoder takes the default then.
pub(super) fn definitions(protocol: &Protocol) -> Map<String, Value> {
    let mut definitions = Map::new();
    for message in &protocol.messages {
        let object = object(protocol, &message.fields, &message.extensions);
        let object = object.may_have("extensions", reference("extensions"));
        definitions.insert(message.name.clone(), described(object.value(), &message.doc));
    }
    for document in &protocol.documents {
        let object = object(protocol, &document.fields, &[]);
        let object = object.may_have("extensions", reference("extensions"));
        definitions.insert(document.name.clone(), described(object.value(), &document.doc));
    }
    definitions.insert("extensions".to_owned(), unknown_extensions());
    definitions.extend(parts(protocol));
    definitions
}

/// Definitions of the registries and structures.
pub(super) fn parts(protocol: &Protocol) -> Map<String, Value> {
    let mut definitions = Map::new();
    for Structure {
        name, fields, doc, ..
    } in &protocol.structures
    {
        let object = object(protocol, fields, &[]);
        definitions.insert(format!("structure.{name}"), described(object.value(), doc));
    }
    for (name, registry) in &protocol.registries {
        definitions.insert(format!("registry.{name}"), self::registry(registry));
    }
    definitions
}

/// A name for what a field may be: the same for fields that may be the same.
pub(super) fn form(field: &Field) -> String {
    let mut name = field.type_name.clone();
    if field.charset == Some(Charset::Name) {
        name += ".name";
    }
    match field.length {
        Some(Length::Exact(size)) => name += &format!(".{size}"),
        Some(Length::Bounds(least, most)) => name += &format!(".{least}-{most}"),
        None => {}
    }
    if let Some([least, most]) = field.range {
        name += &format!(".{least}-{most}");
    }
    if let Some([least, most]) = field.count {
        let order = if field.order == Some(Order::Ascending) {
            ".ascending"
        } else {
            ""
        };
        name = format!("list.{least}-{most}{order}.{name}");
    }
    name
}

/// The fields of a message or document.
pub(super) fn fields<'p>(protocol: &'p Protocol, name: &str) -> &'p [Field] {
    let message = protocol.message(name).map(|message| &message.fields);
    let document = || protocol.document(name).map(|document| &document.fields);
    message.or_else(document).map_or(&[], Vec::as_slice)
}

fn object(protocol: &Protocol, fields: &[Field], extensions: &[ExtensionField]) -> Object {
    let object = fields.iter().fold(Object::new(), |object, field| {
        let schema = described(self::field(protocol, field), &field.doc);
        match &field.default {
            None => object.with(&field.name, schema),
            Some(default) => {
                let mut schema = schema;
                schema["default"] = default.to_json();
                object.may_have(&field.name, schema)
            }
        }
    });
    extensions.iter().fold(object, |object, extension| {
        let schema = field(protocol, &extension.field);
        object.may_have(&extension.field.name, described(schema, &extension.field.doc))
    })
}

/// What a field may be.
pub(super) fn field(protocol: &Protocol, field: &Field) -> Value {
    let Some([least, most]) = field.count else {
        return item(protocol, field);
    };
    let mut schema = json!({
        "type": "array", "items": item(protocol, field), "minItems": least, "maxItems": most,
    });
    // That they ascend can't be said; that none stands twice follows from it.
    if field.order == Some(Order::Ascending) {
        schema["uniqueItems"] = json!(true);
    }
    schema
}

/// What a field is, or each item of one that is a list.
fn item(protocol: &Protocol, field: &Field) -> Value {
    // Validation has refused unknown types.
    match protocol.operand_kind(&field.type_name).unwrap_or(Kind::Bool) {
        Kind::Number(width) => number(field.range.unwrap_or([0, u64::MAX >> (64 - 8 * width)])),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Bytes => match field.length {
            Some(Length::Exact(size)) => hexadecimal(size, Some(size)),
            Some(Length::Bounds(least, most)) => hexadecimal(least, Some(most)),
            None => hexadecimal(0, None),
        },
        Kind::Text => text(field),
        Kind::Registry(name, _) => reference(&format!("registry.{name}")),
        Kind::Structure(structure) => reference(&format!("structure.{}", structure.name)),
        Kind::Register => number([0, protocol.limit("registers").saturating_sub(1)]),
        Kind::Label => number([0, 0xFFFF]),
    }
}

fn number([least, most]: [u64; 2]) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// JSON counts characters and the protocol bytes: of text that is not ASCII, the bounds are only as close as that.
fn text(field: &Field) -> Value {
    let mut schema = json!({ "type": "string" });
    let is_ascii = field.charset == Some(Charset::Name);
    if is_ascii {
        schema["pattern"] = json!("^[A-Za-z0-9._-]*$");
    }
    if let Some(Length::Bounds(least, most)) = field.length {
        let least = if is_ascii { least } else { least.div_ceil(4) };
        schema["minLength"] = json!(least);
        schema["maxLength"] = json!(most);
    }
    schema
}

/// A registered name; in an open registry any number as well.
pub(super) fn registry(registry: &Registry) -> Value {
    let names: Vec<_> = registry.values.iter().map(|value| value.name.as_str()).collect();
    let values = if registry.open {
        json!({ "anyOf": [{ "enum": names }, number([0, registry.width.max()])] })
    } else {
        json!({ "enum": names })
    };
    described(values, &registry.doc)
}

/// Extensions that the schema does not know, which only tools write that test a receiver.
fn unknown_extensions() -> Value {
    let extension = Object::new()
        .with("tag", number([0, 0xFFFF]))
        .with("value", hexadecimal(0, Some(0xFFFF)))
        .value();
    json!({ "type": "array", "items": extension, "minItems": 1 })
}

fn described(mut schema: Value, doc: &str) -> Value {
    schema["description"] = json!(doc);
    schema
}
