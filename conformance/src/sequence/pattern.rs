//! What an answer is held against, and values that are bound on the way.

use crate::{embedded::protocol, hex, random::Random};
use cardwire_spec::model::{Field, Length};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Values by name, without the `$`.
pub(super) type Bindings = BTreeMap<String, Value>;

/// The fields of a message to send, with every `$name` replaced. A name that is not bound yet is bound to random bytes
/// of the field's length.
pub(super) fn fill(
    fields: &Map<String, Value>,
    schema: &[Field],
    bindings: &mut Bindings,
    random: &mut Random,
) -> Result<Value, String> {
    let mut filled = Map::new();
    for (name, value) in fields {
        let value = match binding(value) {
            None => value.clone(),
            Some(bound) => match bindings.get(bound) {
                Some(value) => value.clone(),
                None => {
                    let field = schema.iter().find(|field| field.name == *name);
                    let Some(Length::Exact(size)) = field.and_then(|field| field.length) else {
                        return Err(format!("${bound} is not bound, and {name} has no fixed length"));
                    };
                    let fresh = Value::from(hex::encode(&random.bytes(size as usize)));
                    bindings.insert(bound.to_owned(), fresh.clone());
                    fresh
                }
            },
        };
        filled.insert(name.clone(), value);
    }
    Ok(Value::Object(filled))
}

/// The schema's fields of a message.
pub(super) fn fields_of(message: &str) -> &'static [Field] {
    protocol()
        .message(message)
        .map_or(&[], |message| message.fields.as_slice())
}

/// Whether fields are as a pattern demands; names that are not bound yet are bound. The error says where not.
pub(super) fn matches(
    pattern: &Map<String, Value>,
    fields: &Value,
    bindings: &mut Bindings,
) -> Result<(), String> {
    pattern
        .iter()
        .try_for_each(|(name, wanted)| match fields.get(name) {
            Some(seen) => matches_value(wanted, seen, bindings).map_err(|what| format!("{name} {what}")),
            None => Err(format!("{name} is no field of it")),
        })
}

/// Whether a pattern has names that are not bound yet.
pub(super) fn binds(pattern: &Map<String, Value>, bindings: &Bindings) -> bool {
    pattern.values().any(|value| match value {
        Value::Object(inner) => binds(inner, bindings),
        Value::Array(items) => !items.is_empty(),
        _ => binding(value).is_some_and(|name| !bindings.contains_key(name)),
    })
}

fn matches_value(wanted: &Value, seen: &Value, bindings: &mut Bindings) -> Result<(), String> {
    if let Some(bound) = binding(wanted) {
        let value = bindings.entry(bound.to_owned()).or_insert_with(|| seen.clone());
        return if value == seen {
            Ok(())
        } else {
            Err(format!("is {seen}, not {value} as before"))
        };
    }
    match wanted {
        Value::String(text) if text == "*" => Ok(()),
        Value::Object(object) => match operator(object) {
            Some(("any", Value::Array(options))) => {
                let fits = options
                    .iter()
                    .any(|option| matches_value(option, seen, bindings).is_ok());
                if fits {
                    Ok(())
                } else {
                    Err(format!("is {seen}, none of {}", Value::from(options.clone())))
                }
            }
            Some(("not", unwanted)) => match matches_value(unwanted, seen, bindings) {
                Ok(()) => Err(format!("is {seen}, which it must not be")),
                Err(_) => Ok(()),
            },
            Some(("min", least)) => {
                let holds = seen.as_u64() >= least.as_u64();
                if holds {
                    Ok(())
                } else {
                    Err(format!("is {seen}, less than {least}"))
                }
            }
            Some(("each", pattern)) => items(seen)?.iter().try_for_each(|item| {
                matches_value(pattern, item, bindings).map_err(|what| format!("has an item that {what}"))
            }),
            Some(("has", pattern)) => {
                let found = items(seen)?
                    .iter()
                    .any(|item| matches_value(pattern, item, bindings).is_ok());
                if found {
                    Ok(())
                } else {
                    Err(format!("has no item like {pattern}"))
                }
            }
            _ => matches(object, seen, bindings),
        },
        Value::Array(wanted) => {
            let seen = items(seen)?;
            if wanted.len() != seen.len() {
                return Err(format!("has {} items, not {}", seen.len(), wanted.len()));
            }
            wanted
                .iter()
                .zip(seen)
                .try_for_each(|(wanted, seen)| matches_value(wanted, seen, bindings))
        }
        _ if wanted == seen => Ok(()),
        _ => Err(format!("is {seen}, not {wanted}")),
    }
}

/// An object with one key that is an operator; no field of the schema has such a name.
fn operator(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = object.iter();
    let (name, value) = entries.next()?;
    let is_operator = ["any", "not", "min", "each", "has"].contains(&name.as_str());
    (is_operator && entries.next().is_none()).then_some((name, value))
}

fn items(seen: &Value) -> Result<&[Value], String> {
    seen.as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| format!("is {seen}, not a list"))
}

fn binding(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix('$')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(pattern: Value, seen: Value) -> Result<(), String> {
        matches(pattern.as_object().unwrap(), &seen, &mut Bindings::new())
    }

    #[test]
    fn patterns() {
        let seen = json!({ "state": "done", "step": 7, "modules": [{ "module": "indicator", "state": "disabled" }] });
        for right in [
            json!({}),
            json!({ "state": "*", "step": { "min": 7 } }),
            json!({ "state": { "any": ["running", "done"] } }),
            json!({ "state": { "not": "running" } }),
            json!({ "modules": { "each": { "state": "disabled" } } }),
            json!({ "modules": { "has": { "module": "indicator" } } }),
            json!({ "modules": [{ "state": "$state" }] }),
        ] {
            assert_eq!(check(right, seen.clone()), Ok(()));
        }
        for (wrong, why) in [
            (
                json!({ "state": "running" }),
                "state is \"done\", not \"running\"",
            ),
            (json!({ "step": { "min": 8 } }), "step is 7, less than 8"),
            (
                json!({ "state": { "any": ["a", "b"] } }),
                "state is \"done\", none of [\"a\",\"b\"]",
            ),
            (
                json!({ "state": { "not": "done" } }),
                "state is \"done\", which it must not be",
            ),
            (
                json!({ "modules": { "has": { "module": "pin-pad" } } }),
                "modules has no item like {\"module\":\"pin-pad\"}",
            ),
            (json!({ "modules": [] }), "modules has 1 items, not 0"),
            (json!({ "stat": 1 }), "stat is no field of it"),
        ] {
            assert_eq!(check(wrong, seen.clone()), Err(why.to_owned()));
        }
    }

    #[test]
    fn names_are_bound_once() {
        let mut bindings = Bindings::new();
        let mut random = Random::new(1, "");
        let with = json!({ "job": "$job" });
        let filled = fill(
            with.as_object().unwrap(),
            fields_of("job_status"),
            &mut bindings,
            &mut random,
        )
        .unwrap();
        let again = fill(
            with.as_object().unwrap(),
            fields_of("job_status"),
            &mut bindings,
            &mut random,
        )
        .unwrap();
        assert_eq!(filled, again);
        assert!(matches(with.as_object().unwrap(), &filled, &mut bindings).is_ok());
        assert!(matches(with.as_object().unwrap(), &json!({ "job": "00" }), &mut bindings).is_err());
        let unknown = json!({ "service": "$service" });
        assert!(
            fill(
                unknown.as_object().unwrap(),
                fields_of("instruct"),
                &mut bindings,
                &mut random
            )
            .is_err()
        );
    }
}
