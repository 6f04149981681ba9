//! A walk as a session vector: what `vectors/session` holds, and `--sequence` plays.

use super::walker::Done;
use crate::{
    ics::quoted,
    sequence::{Expected, Sequence, StepData},
    tester::Start,
    verdict::Finding,
};
use core::fmt::Write as _;
use serde_json::{Map, Value};

/// The sequence that these steps are, with what was expected of each.
pub(crate) fn sequence(id: &str, start: Start, steps: &[(StepData, Done)], finding: &Finding) -> Sequence {
    let steps = steps.iter().map(|(step, done)| with_expected(step, done));
    let name = id.replace('.', "-");
    Sequence {
        id: format!("walk.found-by-{name}"),
        group: "walk".into(),
        title: format!("Found by {id}"),
        level: crate::requirement::Level::Must,
        requirements: vec![finding.requirement.clone()],
        start,
        card: None,
        steps: steps.collect(),
    }
}

fn with_expected(step: &StepData, done: &Done) -> StepData {
    let mut step = step.clone();
    step.requirement = Some(done.requirement.clone());
    let is_nothing = step.act.is_some_and(|act| {
        matches!(
            act,
            crate::sequence::Act::LinkReset | crate::sequence::Act::DeviceReset
        )
    });
    let mut expected = done.expected.iter().cloned();
    if !is_nothing && let Some(Expected { expect, pattern }) = expected.next() {
        step.expect = Some(expect);
        step.pattern = pattern;
        step.alternatives = expected.collect();
    }
    step
}

/// A sequence in the form of `vectors/session`.
pub(crate) fn to_toml(sequence: &Sequence) -> String {
    // A sequence is made of tables, strings and numbers.
    let Ok(Value::Object(mut top)) = serde_json::to_value(sequence) else {
        return String::new();
    };
    let steps = top.remove("step");
    let mut text = String::new();
    for key in ["id", "group", "title", "level", "requirements", "start", "card"] {
        if let Some(value) = top.get(key) {
            let _ = writeln!(text, "{key} = {}", inline(value));
        }
    }
    for step in steps.as_ref().and_then(Value::as_array).into_iter().flatten() {
        text.push_str("\n[[step]]\n");
        for (key, value) in step.as_object().into_iter().flatten() {
            let _ = writeln!(text, "{key} = {}", inline(value));
        }
    }
    text
}

fn inline(value: &Value) -> String {
    match value {
        Value::Object(fields) => table(fields),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::String(text) => quoted(text),
        // What TOML says and JSON can't: a float that is no number.
        Value::Null => String::from("nan"),
        // Numbers and booleans are written alike in both languages.
        Value::Number(_) | Value::Bool(_) => value.to_string(),
    }
}

/// A name as TOML takes it: those of messages and fields need no quotes.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

fn table(fields: &Map<String, Value>) -> String {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{} = {}", key(name), inline(value)))
        .collect();
    if fields.is_empty() {
        "{}".into()
    } else {
        format!("{{ {} }}", fields.join(", "))
    }
}
