//! What those say who have not read the book: a library for CBOR, and a validator of CDDL with the published schema.

use super::{
    change::{change, written},
    codec,
    common::{hold, mutation, protocol},
    subjects,
};
use cardwire_codec::cbor;
use cardwire_spec::render::cddl;
use cddl_cat::{cbor::validate_cbor, context::BasicContext, flatten::flatten_from_str};
use ciborium::Value;
use proptest::prelude::*;

/// The published schema, read once.
fn schema() -> BasicContext {
    // An expression of CDDL is one for all of a text; this validator looks for it anywhere in the text.
    let mut text = String::new();
    for line in cddl::render(&protocol()).lines() {
        match line
            .split_once(".regexp \"")
            .and_then(|(rule, rest)| Some((rule, rest.strip_suffix('"')?)))
        {
            Some((rule, expression)) => text += &format!("{rule}.regexp \"^({expression})$\"\n"),
            None => text += &format!("{line}\n"),
        }
    }
    BasicContext::new(flatten_from_str(&text).expect("CDDL that is right"))
}

/// The name of the rule of a message or document.
fn name_of_rule(name: &str) -> String {
    match name {
        "service_data" => name.to_owned(),
        _ => format!("cbor_{name}"),
    }
}

/// What the library reads, if that is all and what it would write itself.
fn read(cbor: &[u8]) -> Option<Value> {
    let mut rest = cbor;
    let value: Value = ciborium::from_reader(&mut rest).ok()?;
    let is_whole = rest.is_empty() && written(&value) == cbor && has_keys_in_order(&value);
    is_whole.then_some(value)
}

/// The library leaves the order of keys to whoever writes them.
fn has_keys_in_order(value: &Value) -> bool {
    let Value::Map(pairs) = value else {
        return true;
    };
    let keys: Vec<_> = pairs.iter().map(|(key, _)| written(key)).collect();
    keys.is_sorted_by(|one, next| one < next)
}

#[test]
fn what_the_codec_writes_is_read_and_valid() {
    let (protocol, schema) = (protocol(), schema());
    for subject in subjects(&protocol) {
        let name = name_of_rule(subject.name);
        let rule = schema.rules.get(&name).expect(&name);
        hold(&name, 100, &subject.native(&protocol), |native| {
            if let Ok(cbor) = codec(cbor::to_cbor, subject.shape, &native) {
                let value = read(&cbor);
                prop_assert!(value.is_some(), "{:02x?} is not what the library writes", cbor);
                let valid = value.map(|value| validate_cbor(rule, &value, &schema));
                prop_assert!(matches!(valid, Some(Ok(()))), "{:?}: {:02x?}", valid, cbor);
            }
            Ok(())
        });
    }
}

#[test]
fn what_they_refuse_the_codec_refuses() {
    let (protocol, schema) = (protocol(), schema());
    for subject in subjects(&protocol) {
        let name = name_of_rule(subject.name);
        let rule = schema.rules.get(&name).expect(&name);
        let strategy = (subject.native(&protocol), change(), mutation());
        hold(&name, 200, &strategy, |(native, change, mutation)| {
            let Ok(cbor) = codec(cbor::to_cbor, subject.shape, &native) else {
                return Ok(());
            };
            let cbor = mutation.apply(change.apply(cbor));
            let is_valid = read(&cbor).is_some_and(|value| validate_cbor(rule, &value, &schema).is_ok());
            match codec(cbor::from_cbor, subject.shape, &cbor) {
                Ok(_) => prop_assert!(is_valid, "they refuse {:02x?}", cbor),
                // Beyond CDDL are but the order of items and the size of the whole.
                Err((rule, ..)) if is_valid => {
                    prop_assert!(
                        ["order", "message-size"].contains(&&rule[..]),
                        "{}: {:02x?}",
                        rule,
                        cbor
                    );
                }
                Err(_) => {}
            }
            Ok(())
        });
    }
}
