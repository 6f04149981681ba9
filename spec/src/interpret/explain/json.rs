//! Explanations for programs: everything that the text form tells, and the schema's bounds.

use super::{Explanation, Held, Part, Refusal};
use crate::{
    interpret::{Fault, hex},
    model::{Charset, Field, Length, Order, Standing},
};
use serde_json::{Map, Value, json};

impl Explanation<'_> {
    /// The JSON form: what the bytes are, their value in the JSON form of messages (`fields`), every part with its
    /// place, and where they are refused the fault.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut document = Map::new();
        let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
        if let Some(subject) = &self.subject {
            put("name", Value::from(subject.name));
            put("code", Value::from(subject.code));
            put("place", Value::from(subject.place.to_string()));
            put("doc", Value::from(subject.doc));
            put("standing", standing(subject.standing));
        }
        put("offset", Value::from(self.at));
        put("bytes", Value::from(hex::encode(&self.bytes)));
        if let Some(fields) = &self.fields {
            put("fields", fields.clone());
        }
        let parts = self.parts.iter().map(|part| part.to_json(&self.bytes));
        put("parts", parts.collect());
        let fault = self.refusal.as_ref().map(|refusal| refusal.to_json(&self.bytes));
        put("fault", fault.unwrap_or_default());
        Value::Object(document)
    }
}

impl Part<'_> {
    fn to_json(&self, message: &[u8]) -> Value {
        let bytes = message
            .get(self.offset..self.offset + self.size)
            .unwrap_or_default();
        let mut part = json!({
            "path": self.path,
            "offset": self.offset,
            "bytes": hex::encode(bytes),
            "value": self.value,
            "text": self.text,
            "meaning": self.meaning,
            "standing": standing(self.standing),
        });
        if let Some(field) = self.field {
            part["field"] = self::field(field);
        }
        if self.is_absent {
            part["absent"] = Value::from(true);
        }
        if !self.parts.is_empty() {
            part["parts"] = self.parts.iter().map(|part| part.to_json(message)).collect();
        }
        match &self.held {
            Some(Held::Message(explanation)) => part["holds"] = explanation.to_json(),
            Some(Held::Instructions(steps)) => {
                part["instructions"] = steps.iter().map(|step| step.to_json(message)).collect();
            }
            Some(Held::NoInstructions(fault)) => part["fault"] = fault.to_json(message),
            None => {}
        }
        part
    }
}

impl Refusal<'_> {
    /// The JSON form of the fault, with what the rule says and what governs the field.
    #[must_use]
    pub fn to_json(&self, message: &[u8]) -> Value {
        let mut fault = self.fault.to_json(message);
        fault["rule_doc"] = Value::from(self.rule);
        fault["schema"] = self.field.map(field).unwrap_or_default();
        fault["standing"] = self.standing.map(standing).unwrap_or_default();
        fault
    }
}

impl Fault {
    fn to_json(&self, message: &[u8]) -> Value {
        let mark = self.detail.mark.clone();
        json!({
            "rule": self.rule.name(),
            "requirement": self.rule.requirement(),
            "field": self.field,
            "path": self.detail.path,
            "offset": self.offset,
            "from": mark.start,
            "to": mark.end,
            "bytes": hex::encode(message.get(mark).unwrap_or_default()),
            "expected": self.detail.expected,
            "found": self.detail.found,
        })
    }
}

fn standing(standing: Standing<'_>) -> Value {
    json!({
        "requirement": standing.requirement,
        "since": standing.since,
        "stability": standing.stability.word(),
    })
}

/// What the schema says of a field.
fn field(field: &Field) -> Value {
    let mut said = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            said.insert(key.to_owned(), value);
        }
    };
    put("name", Some(Value::from(field.name.as_str())));
    put("type", Some(Value::from(field.type_name.as_str())));
    put("unit", field.unit.as_deref().map(Value::from));
    put("range", field.range.map(|range| json!(range)));
    put(
        "length",
        field.length.map(|length| match length {
            Length::Exact(size) => json!(size),
            Length::Bounds(min, max) => json!([min, max]),
        }),
    );
    put("count", field.count.map(|count| json!(count)));
    put(
        "order",
        field.order.map(|order| match order {
            Order::Ascending => json!("ascending"),
        }),
    );
    put(
        "charset",
        field.charset.map(|charset| match charset {
            Charset::Name => json!("name"),
            Charset::Utf8 => json!("utf8"),
        }),
    );
    put("default", field.default.as_ref().map(|default| default.to_json()));
    put("doc", Some(Value::from(field.doc.as_str())));
    Value::Object(said)
}
