//! What the vendor states of the device, as rows of a table: the ICS and the IXIT of the run, as far as it has them.

use serde_json::{Value, json};

/// How deep a statement may be; nothing that the suite reads is as deep.
const DEPTH: usize = 6;

/// Each statement that the run has, with its rows.
pub(super) fn statements(document: &Value) -> Vec<Value> {
    let statements = [
        ("ics", "Implementation conformance statement (ICS)"),
        ("ixit", "Information for testing (IXIT), without secrets"),
    ];
    let of = |(key, title): (&str, &str)| {
        let mut rows = Vec::new();
        flatten(String::new(), &document[key], DEPTH, &mut rows);
        (!rows.is_empty()).then(|| json!({ "id": key, "title": title, "rows": rows }))
    };
    statements.into_iter().filter_map(of).collect()
}

fn flatten(name: String, value: &Value, depth: usize, rows: &mut Vec<Value>) {
    let text = match value {
        Value::Null => return,
        Value::Object(members) if depth > 0 => {
            for (key, value) in members {
                let name = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}.{key}")
                };
                flatten(name, value, depth - 1, rows);
            }
            return;
        }
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => plain(value),
    };
    rows.push(json!({ "name": name, "text": text }));
}

fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
