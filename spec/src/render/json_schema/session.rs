//! `vectors/session`: cases that are sequences of messages.

use super::{Object, hexadecimal, list, reference, requirement, text_value, values, where_is};
use crate::{
    kind::Kind,
    model::{Channel, Field, Message, Protocol},
};
use serde_json::{Map, Value, json};

/// What a step does that is no message with fields; the last two send nothing that could be answered.
const ACTS: &[&str] = &[
    "connect",
    "connect-other",
    "connect-wrong-key",
    "connect-unknown-client",
    "connect-unknown-generation",
    "connect-unknown-method",
    "connect-again",
    "login-second",
    "login-result",
    "login-limited",
    "login-denied",
    "login-foreign",
    "relay-strange",
    "relay-again",
    "update-offer",
    "update-offer-other",
    "update-offer-again",
    "update-offer-unsigned",
    "update-offer-foreign",
    "update-offer-old",
    "update-chunk",
    "update-chunk-ahead",
    "update-chunk-long",
    "update-chunk-spoiled",
    "update-chunk-rest",
    "update-commit",
    "update-query",
    "flip",
    "short",
    "replay",
    "two",
    "link-reset",
    "device-reset",
];
const RESETS: &[&str] = &["link-reset", "device-reset"];

/// One case.
pub(super) fn schema(protocol: &Protocol) -> Map<String, Value> {
    let id = json!({ "type": "string", "pattern": "^[a-z]+(\\.[a-z0-9_-]+)+$" });
    let mut schema = Object::new()
        .with("id", id)
        .with("group", json!({ "type": "string", "pattern": "^[a-z]+$" }))
        .with("title", text_value())
        .may_have(
            "level",
            json!({ "enum": ["must", "should", "may"], "default": "must" }),
        )
        .with("requirements", some(requirement()))
        .with("start", start())
        .may_have("card", json!({ "const": "certification" }))
        .with("step", some(reference("step")))
        .finish();
    schema.insert(
        "title".to_owned(),
        json!("A Cardwire case that is a sequence of messages"),
    );
    let mut definitions = Map::new();
    definitions.insert("step".to_owned(), step(protocol));
    definitions.insert("expected".to_owned(), expected(protocol));
    definitions.insert("binding".to_owned(), binding());
    definitions.insert(
        "free".to_owned(),
        json!({ "anyOf": [{ "const": "*" }, reference("binding")] }),
    );
    let mut forms = Forms::default();
    for message in reader_messages(protocol) {
        let with = with(protocol, &mut forms, message);
        definitions.insert(format!("with.{}", message.name), with);
        let fits = object(protocol, &mut forms, &fields(message));
        definitions.insert(format!("where.{}", message.name), fits);
    }
    for structure in &protocol.structures {
        let fields: Vec<_> = structure.fields.iter().collect();
        let fits = object(protocol, &mut forms, &fields);
        definitions.insert(format!("where.structure.{}", structure.name), fits);
    }
    definitions.extend(forms.0);
    definitions.extend(values::parts(protocol));
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    schema
}

/// One step: something is sent, something is expected.
fn step(protocol: &Protocol) -> Value {
    let mut step = Object::new()
        .may_have("note", text_value())
        .may_have("requirement", requirement())
        .may_have("reach", start())
        .may_have("login", login(protocol))
        .may_have("install", text_value())
        .may_have("run", json!({ "enum": names(protocol, "service") }))
        .may_have("parameters", some(item()))
        .may_have("outcome", json!({ "enum": names(protocol, "outcome") }))
        .may_have("items", list(item()))
        .may_have(
            "bench",
            json!({ "enum": ["remove-card", "insert-card", "reset-device", "reset-link"] }),
        )
        .may_have(
            "times",
            json!({ "type": "integer", "minimum": 2, "maximum": 1000 }),
        )
        .may_have("send", json!({ "enum": message_names(protocol) }))
        .may_have("with", json!({ "type": "object" }))
        .may_have("hex", hexadecimal(0, None))
        .may_have("line", hexadecimal(1, None))
        .may_have("act", json!({ "enum": ACTS }))
        .may_have("how", json!({ "enum": ["clear", "sealed", "relayed"] }))
        .may_have("number", json!({ "type": "integer" }))
        .may_have("repeat", json!({ "const": true }))
        .may_have("expect", answers(protocol))
        .may_have("where", json!({ "type": "object" }))
        .may_have("or", some(reference("expected")))
        .may_have("until", json!({ "type": "object" }))
        .finish();
    // One thing is done in a step, and unless it brings the device elsewhere, something is expected.
    let alone = ["reach", "login", "install", "run", "bench", "line"];
    let done = ["send", "hex", "repeat", "act"].iter().chain(&alone);
    let done: Vec<_> = done.map(|key| json!({ "required": [key] })).collect();
    step.insert("oneOf".to_owned(), json!(done));
    let dependent = json!({ "with": ["send"], "where": ["expect"], "or": ["expect"], "until": ["expect"],
        "parameters": ["run"], "outcome": ["run"], "items": ["run"] });
    step.insert("dependentRequired".to_owned(), dependent);
    let resets = json!({ "required": ["act"], "properties": { "act": { "enum": RESETS } } });
    let mut silent: Vec<_> = alone.map(|key| json!({ "required": [key] })).to_vec();
    silent.push(resets);
    let mut rules = vec![json!({ "if": { "not": { "anyOf": silent } }, "then": { "required": ["expect"] } })];
    for message in reader_messages(protocol) {
        let with = reference(&format!("with.{}", message.name));
        let mut then = json!({ "properties": { "with": with } });
        // Fields without a default have to be said.
        if message.fields.iter().any(|field| field.default.is_none()) {
            then["required"] = json!(["with"]);
        }
        rules.push(where_is("send", &message.name, then));
        let fits = reference(&format!("where.{}", message.name));
        let then = json!({ "properties": { "where": fits, "until": fits } });
        rules.push(where_is("expect", &message.name, then));
    }
    step.insert("allOf".to_owned(), json!(rules));
    Value::Object(step)
}

/// A login as a whole.
fn login(protocol: &Protocol) -> Value {
    let services = || list(json!({ "enum": names(protocol, "service") }));
    Object::new()
        .with("offers", services())
        .may_have("format", json!({ "enum": names(protocol, "format") }))
        .may_have("grants", services())
        .value()
}

/// A parameter, or one item of service data.
fn item() -> Value {
    let kinds = [
        ("text", json!({ "type": "string" })),
        ("bytes", hexadecimal(0, None)),
        (
            "number",
            json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        ),
    ];
    let of_kind = kinds.map(|(kind, value)| {
        Object::new()
            .with("name", text_value())
            .with("kind", json!({ "const": kind }))
            .with("value", value)
            .value()
    });
    json!({ "oneOf": of_kind })
}

/// The names of a registry's values.
fn names<'p>(protocol: &'p Protocol, registry: &str) -> Vec<&'p str> {
    let values = protocol
        .registries
        .get(registry)
        .map(|registry| registry.values.as_slice());
    values
        .unwrap_or_default()
        .iter()
        .map(|value| value.name.as_str())
        .collect()
}

/// Another answer that is as good.
fn expected(protocol: &Protocol) -> Value {
    let mut expected = Object::new()
        .with("expect", answers(protocol))
        .may_have("where", json!({ "type": "object" }))
        .finish();
    let rules = reader_messages(protocol).map(|message| {
        let fits = reference(&format!("where.{}", message.name));
        where_is(
            "expect",
            &message.name,
            json!({ "properties": { "where": fits } }),
        )
    });
    expected.insert("allOf".to_owned(), rules.collect());
    Value::Object(expected)
}

/// The fields of a message to send: values, or names that are bound.
fn with(protocol: &Protocol, forms: &mut Forms, message: &Message) -> Value {
    let object = message.fields.iter().fold(Object::new(), |object, field| {
        let schema = forms.sent(protocol, field);
        match field.default {
            None => object.with(&field.name, schema),
            Some(_) => object.may_have(&field.name, schema),
        }
    });
    let extensions = message.extensions.iter().map(|extension| &extension.field);
    extensions
        .fold(object, |object, field| {
            object.may_have(&field.name, forms.sent(protocol, field))
        })
        .value()
}

/// What some fields must be; those that are not named may be anything.
fn object(protocol: &Protocol, forms: &mut Forms, fields: &[&Field]) -> Value {
    let patterns = fields.iter().fold(Object::new(), |object, field| {
        object.may_have(&field.name, forms.fitting(protocol, field))
    });
    patterns.value()
}

/// Definitions of what fields of one form are sent as, and held against, under the name of that form.
#[derive(Default)]
struct Forms(Map<String, Value>);

impl Forms {
    /// A value to send, or a name that is bound.
    fn sent(&mut self, protocol: &Protocol, field: &Field) -> Value {
        let name = format!("sent.{}", values::form(field));
        let value = || json!({ "anyOf": [values::field(protocol, field), reference("binding")] });
        self.0.entry(name.clone()).or_insert_with(value);
        reference(&name)
    }

    /// What a field must be.
    fn fitting(&mut self, protocol: &Protocol, field: &Field) -> Value {
        let name = format!("fits.{}", values::form(field));
        if !self.0.contains_key(&name) {
            let pattern = self.pattern(protocol, field);
            self.0.insert(name.clone(), pattern);
        }
        reference(&name)
    }

    fn pattern(&mut self, protocol: &Protocol, field: &Field) -> Value {
        if field.count.is_some() {
            let item = Field {
                count: None,
                order: None,
                ..field.clone()
            };
            let item = self.fitting(protocol, &item);
            let items = list(item.clone());
            let more = ["has", "each"].map(|operator| Object::new().with(operator, item.clone()).value());
            return fits(items, more);
        }
        // Validation has refused unknown types.
        match protocol.operand_kind(&field.type_name).unwrap_or(Kind::Bool) {
            Kind::Structure(structure) => fits(reference(&format!("where.structure.{}", structure.name)), []),
            Kind::Number(_) => {
                let least = Object::new().with("min", values::field(protocol, field));
                fits(values::field(protocol, field), [least.value()])
            }
            Kind::Bool | Kind::Bytes | Kind::Text | Kind::Registry(..) | Kind::Register | Kind::Label => {
                fits(values::field(protocol, field), [])
            }
        }
    }
}

/// A value, anything, a name, one of several of these, none of them, or what else there is.
fn fits<const N: usize>(value: Value, more: [Value; N]) -> Value {
    let plain = json!({ "anyOf": [value.clone(), reference("free")] });
    let any = Object::new().with("any", some(plain.clone())).value();
    let not = Object::new().with("not", plain).value();
    let all: Vec<Value> = [value, reference("free"), any, not]
        .into_iter()
        .chain(more)
        .collect();
    json!({ "anyOf": all })
}

/// A name that stands for a value, from where it is first met.
fn binding() -> Value {
    json!({ "type": "string", "pattern": "^\\$[a-z][a-z0-9_]*$" })
}

fn start() -> Value {
    json!({ "enum": ["locked", "connected", "serving"] })
}

fn answers(protocol: &Protocol) -> Value {
    let names: Vec<_> = message_names(protocol)
        .into_iter()
        .chain(["silence", "same"])
        .collect();
    json!({ "enum": names })
}

/// Messages that a reader takes or gives: all but those of client and cloud.
fn reader_messages(protocol: &Protocol) -> impl Iterator<Item = &Message> {
    protocol
        .messages
        .iter()
        .filter(|message| message.channel != Channel::Tls)
}

fn message_names(protocol: &Protocol) -> Vec<&str> {
    reader_messages(protocol)
        .map(|message| message.name.as_str())
        .collect()
}

fn fields(message: &Message) -> Vec<&Field> {
    let extensions = message.extensions.iter().map(|extension| &extension.field);
    message.fields.iter().chain(extensions).collect()
}

/// A list that is not empty.
fn some(items: Value) -> Value {
    let mut list = list(items);
    list["minItems"] = json!(1);
    list
}
