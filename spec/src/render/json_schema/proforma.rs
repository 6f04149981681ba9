//! Filled-in forms of ICS and IXIT.

use super::{Object, hexadecimal, reference, text_value, values};
use crate::model::{IcsItem, IcsKind, IcsStatus, IxitItem, IxitKind, Protocol};
use serde_json::{Map, Value, json};

/// What a vendor states of a reader.
pub(super) fn ics(protocol: &Protocol) -> Map<String, Value> {
    let mut object = Object::new().with("revision", revision(protocol));
    let mut rules = Vec::new();
    let mut definitions = Map::new();
    for item in &protocol.ics {
        let mut schema = claim(protocol, item);
        schema["title"] = json!(item.question);
        schema["description"] = json!(item.doc);
        object = match item.status {
            IcsStatus::Mandatory => object.with(&item.name, schema),
            IcsStatus::Optional | IcsStatus::Conditional => object.may_have(&item.name, schema),
        };
        rules.extend(condition(item));
        if let Some((name, registry)) = item
            .registry
            .as_ref()
            .and_then(|name| protocol.registries.get_key_value(name))
        {
            definitions.insert(format!("registry.{name}"), values::registry(registry));
        }
    }
    let mut schema = object.finish();
    schema.insert(
        "title".to_owned(),
        json!("Implementation conformance statement of a Cardwire reader"),
    );
    schema.insert("allOf".to_owned(), json!(rules));
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    schema
}

/// What a laboratory must know of the reader on its bench.
pub(super) fn ixit(protocol: &Protocol) -> Map<String, Value> {
    let mut object = Object::new().with("revision", revision(protocol));
    let mut dependent = Map::new();
    for item in &protocol.ixit {
        let mut schema = information(item);
        schema["description"] = json!(item.doc);
        object = if item.obligatory {
            object.with(&item.name, schema)
        } else {
            object.may_have(&item.name, schema)
        };
        if !item.with.is_empty() {
            dependent.insert(item.name.clone(), json!(item.with));
        }
    }
    let mut schema = object.finish();
    schema.insert(
        "title".to_owned(),
        json!("Extra information for testing a Cardwire reader"),
    );
    schema.insert("dependentRequired".to_owned(), Value::Object(dependent));
    schema
}

/// The revision of the specification that a form answers to: this one.
fn revision(protocol: &Protocol) -> Value {
    json!({ "const": protocol.about.revision })
}

fn claim(protocol: &Protocol, item: &IcsItem) -> Value {
    match item.kind {
        IcsKind::Boolean => match item.status {
            IcsStatus::Mandatory | IcsStatus::Conditional => json!({ "const": true }),
            IcsStatus::Optional => json!({ "type": "boolean" }),
        },
        IcsKind::Text => text_value(),
        IcsKind::Number => {
            let [least, most] = item.range.unwrap_or([0, u64::MAX]);
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        IcsKind::Values => {
            let values = match item
                .registry
                .as_ref()
                .filter(|name| protocol.registries.contains_key(*name))
            {
                Some(name) => reference(&format!("registry.{name}")),
                None => json!({ "enum": item.options.iter().map(|option| &option.name).collect::<Vec<_>>() }),
            };
            let mut schema = json!({ "type": "array", "items": values, "uniqueItems": true });
            if let Some([least, most]) = item.range {
                schema["minItems"] = json!(least);
                schema["maxItems"] = json!(most);
            }
            if !item.always.is_empty() {
                let always = item
                    .always
                    .iter()
                    .map(|value| json!({ "contains": { "const": value } }));
                schema["allOf"] = always.collect();
            }
            schema
        }
    }
}

/// A conditional claim is made where its condition holds, and nowhere else.
fn condition(item: &IcsItem) -> Option<Value> {
    let condition = item.condition.as_ref()?;
    let says = match &condition.has {
        Some(value) => json!({ "contains": { "const": value } }),
        None => json!({ "const": true }),
    };
    let is = json!({ "properties": { condition.item.as_str(): says }, "required": [condition.item] });
    let there = json!({ "required": [item.name] });
    Some(json!({ "if": is, "then": there.clone(), "else": { "not": there } }))
}

fn information(item: &IxitItem) -> Value {
    if let Some([least, most]) = item.digits {
        return json!({ "type": "string", "pattern": format!("^[0-9]{{{least},{most}}}$") });
    }
    match item.kind {
        IxitKind::Endpoint => json!({ "type": "string", "pattern": "^(tcp|serial|exec):." }),
        IxitKind::Path | IxitKind::Text => text_value(),
        IxitKind::Command => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
        IxitKind::Number => json!({ "type": "number", "exclusiveMinimum": 0 }),
        IxitKind::Bytes => hexadecimal(1, None),
    }
}
