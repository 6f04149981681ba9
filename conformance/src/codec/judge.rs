//! Whether an answer says what follows from the specification, whatever way it says it.

use super::case::{Case, Expect, Found, Refusal};
use crate::{
    embedded::protocol,
    hex,
    program::{Answer, shown},
    verdict::Finding,
};
use cardwire_spec::interpret::{self, Rule};
use serde_json::Value;

/// Members of answers that say that something was done.
const SUCCESS: [&str; 5] = ["message", "value", "hex", "line", "frames"];
/// Members of refusals.
const REFUSAL: [&str; 3] = ["rule", "field", "offset"];

/// Holds an answer against what is expected.
pub(super) fn judge(case: &Case, answer: &Answer) -> Result<(), Finding> {
    let says = |names: &[&str]| names.iter().any(|name| answer.contains_key(*name));
    let seen = match (answer.get("error"), says(&SUCCESS), says(&REFUSAL)) {
        (Some(_), true, _) | (Some(_), _, true) | (_, true, true) => Err(format!(
            "an answer that says two things at once: {}",
            told(answer)
        )),
        (Some(error), false, false) => error_answered(&case.expect, error),
        (None, false, false) => Err(format!("an answer that says nothing: {}", told(answer))),
        (None, false, true) => refused(&case.expect, answer),
        (None, true, false) => done(&case.expect, answer),
    };
    seen.map_err(|seen| finding(case, seen))
}

/// A finding of this case.
pub(super) fn finding(case: &Case, seen: String) -> Finding {
    Finding {
        requirement: case.requirements.first().cloned().unwrap_or_default(),
        expected: expected(&case.expect),
        seen,
    }
}

fn error_answered(expect: &Expect, error: &Value) -> Result<(), String> {
    match expect {
        Expect::Refusal(refusal) if refusal.rule.is_none() || refusal.or_error => Ok(()),
        Expect::Refusal(_) | Expect::Value { .. } | Expect::Bytes(_) | Expect::Line(_) | Expect::Found(_) => {
            Err(format!("an error: {}", text(error)))
        }
    }
}

fn refused(expect: &Expect, answer: &Answer) -> Result<(), String> {
    let (rule, field) = (answer.get("rule"), answer.get("field"));
    let offset = answer.get("offset").filter(|offset| !offset.is_null());
    let name = rule.and_then(Value::as_str).unwrap_or_default();
    let mut seen = match Rule::ALL.iter().find(|known| known.name() == name) {
        Some(rule) => format!("a refusal with rule {rule}"),
        None => {
            return Err(format!(
                "a refusal with a rule that there is not: {}",
                told(answer)
            ));
        }
    };
    seen += &field.map_or(", without field".into(), |field| {
        format!(", field {}", text(field))
    });
    if let Some(offset) = offset {
        seen += &format!(", offset {}", text(offset));
    }
    let Expect::Refusal(wanted) = expect else {
        return Err(seen);
    };
    let Some((rule, wanted_field)) = &wanted.rule else {
        return Ok(());
    };
    let is_right = rule.name() == name
        && field.and_then(Value::as_str) == Some(wanted_field)
        && wanted
            .offset
            .is_none_or(|wanted| offset.and_then(Value::as_u64) == Some(wanted as u64));
    if is_right { Ok(()) } else { Err(seen) }
}

fn done(expect: &Expect, answer: &Answer) -> Result<(), String> {
    match expect {
        Expect::Value {
            message,
            value,
            bytes,
        } => same_value((message, value, bytes), answer),
        Expect::Bytes(bytes) => same_bytes(bytes, answer, "hex"),
        Expect::Line(line) => same_bytes(line, answer, "line"),
        Expect::Found(found) => same_frames(found, answer),
        Expect::Refusal(_) => Err(told(answer)),
    }
}

/// The value is the right one if its encoding is: names and numbers of registered values, fields that are left out and
/// their defaults, digits of either case all come to the same.
fn same_value((message, value, bytes): (&str, &Value, &[u8]), answer: &Answer) -> Result<(), String> {
    let Some(name) = answer.get("message").and_then(Value::as_str) else {
        return Err(format!("no name of a message: {}", told(answer)));
    };
    if name != message {
        return Err(format!("the message {}", shown(name)));
    }
    let Some(given) = answer.get("value") else {
        return Err(format!("no value: {}", told(answer)));
    };
    match interpret::encode(protocol(), message, given) {
        Ok(encoded) if encoded == bytes => Ok(()),
        Ok(_) => Err(difference(value, given)),
        Err(error) => Err(format!(
            "a value that has no encoding, {}; {}",
            error,
            difference(value, given)
        )),
    }
}

/// What is different in the value given, with the way to the first such place.
fn difference(wanted: &Value, given: &Value) -> String {
    let (path, part) = first_difference(wanted, given, String::new());
    match (path.as_str(), part) {
        ("", _) => format!("the value {}", text(given)),
        (path, Some(part)) => format!("{path} is {}", text(part)),
        (path, None) => format!("{path} is missing"),
    }
}

fn first_difference<'g>(wanted: &Value, given: &'g Value, path: String) -> (String, Option<&'g Value>) {
    let join = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match (wanted, given) {
        (Value::Object(wanted), Value::Object(given)) => {
            let unequal = wanted
                .iter()
                .find(|(name, value)| given.get(*name) != Some(value));
            if let Some((name, wanted)) = unequal {
                return match given.get(name) {
                    Some(given) => first_difference(wanted, given, join(name)),
                    None => (join(name), None),
                };
            }
            let more = given.iter().find(|(name, _)| !wanted.contains_key(*name));
            more.map_or((path.clone(), None), |(name, given)| (join(name), Some(given)))
        }
        (Value::Array(wanted), Value::Array(items)) if wanted.len() == items.len() => {
            let unequal = wanted.iter().zip(items).position(|(one, other)| one != other);
            match unequal {
                Some(index) => first_difference(&wanted[index], &items[index], format!("{path}[{index}]")),
                None => (path, Some(given)),
            }
        }
        _ => (path, Some(given)),
    }
}

fn same_bytes(wanted: &[u8], answer: &Answer, member: &str) -> Result<(), String> {
    let Some(given) = answer.get(member) else {
        return Err(format!("no member `{member}`: {}", told(answer)));
    };
    let Some(bytes) = given.as_str().and_then(hex::decode) else {
        return Err(format!("`{member}` is no hexadecimal text: {}", text(given)));
    };
    let at = wanted.iter().zip(&bytes).position(|(one, other)| one != other);
    match at {
        _ if bytes == wanted => Ok(()),
        Some(at) => Err(format!(
            "{} bytes, other ones from offset {at} on: {}",
            bytes.len(),
            shown(&hex::encode(&bytes[at..]))
        )),
        None => Err(format!("{} bytes, with the right beginning", bytes.len())),
    }
}

fn same_frames(wanted: &[Found], answer: &Answer) -> Result<(), String> {
    let Some(given) = answer.get("frames").and_then(Value::as_array) else {
        return Err(format!("no list `frames`: {}", told(answer)));
    };
    for (index, wanted) in wanted.iter().enumerate() {
        let Some(given) = given.get(index) else {
            return Err(format!("{index} entries, and then no more"));
        };
        if !is_found(wanted, given) {
            return Err(format!("entry {index} is {}", text(given)));
        }
    }
    match given.get(wanted.len()) {
        Some(more) => Err(format!("one more entry, {}", text(more))),
        None => Ok(()),
    }
}

fn is_found(wanted: &Found, given: &Value) -> bool {
    let word = |name: &str| given.get(name).and_then(Value::as_str);
    match wanted {
        Found::Fault(names) => {
            let is_named = word("fault").is_some_and(|fault| names.contains(&fault));
            is_named && given.get("payload").is_none()
        }
        Found::Frame {
            kind,
            number,
            payload,
        } => {
            let of_number = |given: &Value| match given {
                Value::String(text) => text.parse().ok(),
                _ => given.as_u64(),
            };
            given.get("fault").is_none()
                && word("kind") == Some(kind)
                && given.get("number").and_then(of_number) == Some(*number)
                && word("payload").and_then(hex::decode).as_ref() == Some(payload)
        }
    }
}

fn expected(expect: &Expect) -> String {
    match expect {
        Expect::Value { message, value, .. } => format!("{message} with {}", text(value)),
        Expect::Bytes(bytes) => format!("{} bytes, {}", bytes.len(), shown(&hex::encode(bytes))),
        Expect::Line(line) => format!("the line {}", shown(&hex::encode(line))),
        Expect::Refusal(refusal) => Refusal::to_string(refusal),
        Expect::Found(found) if found.is_empty() => "an empty list of frames".into(),
        Expect::Found(found) => {
            let entries: Vec<_> = found.iter().map(entry).collect();
            format!("{} in the stream: {}", entries.len(), shown(&entries.join(", ")))
        }
    }
}

fn entry(found: &Found) -> String {
    match found {
        Found::Fault(names) => format!("fault {}", names.join(" or ")),
        Found::Frame {
            kind,
            number,
            payload,
        } => format!("{kind} frame {number} with {} bytes", payload.len()),
    }
}

fn told(answer: &Answer) -> String {
    shown(&Value::Object(answer.clone()).to_string())
}

/// A value as JSON, and the text of a string that is a plain word as it is.
fn text(value: &Value) -> String {
    match value.as_str() {
        Some(word) if !word.is_empty() && !word.contains(char::is_whitespace) => shown(word),
        _ => shown(&value.to_string()),
    }
}
