//! How a file of vectors is written: its head, and each vector on a line of its own, so that a review sees which ones
//! changed.

use serde::Serialize;
use serde_json::Value;

/// The JSON text of an object. Of its last member, a list, each item stands on a line.
pub(super) fn text(file: &impl Serialize) -> Vec<u8> {
    // Types of strings, numbers and lists: nothing in them can't be written.
    let value = serde_json::to_value(file).unwrap_or_default();
    let mut members = Vec::new();
    for (key, member) in value.as_object().into_iter().flatten() {
        let member = match member {
            Value::Array(items) if !items.is_empty() => {
                let items: Vec<String> = items.iter().map(Value::to_string).collect();
                format!("[\n{}\n]", items.join(",\n"))
            }
            other => other.to_string(),
        };
        members.push(format!("{}: {member}", Value::from(key.as_str())));
    }
    format!("{{\n{}\n}}\n", members.join(",\n")).into_bytes()
}
