//! Which messages were tried in which states, as the walks of the model counted them.
//!
//! The run's document holds it at `model.coverage`: `states` and `messages` by name, and `counts`, a row for each state
//! with a number for each message.

use serde_json::{Value, json};

/// The map; nothing where no walk counted.
pub(super) fn of(document: &Value) -> Option<Value> {
    let coverage = &document["model"]["coverage"];
    let (states, messages) = (names(&coverage["states"])?, names(&coverage["messages"])?);
    let counts = coverage["counts"].as_array()?;
    let row = |message: usize, name: &str| {
        let cells: Vec<_> = (0..states.len())
            .map(|state| cell(counts, state, message))
            .collect();
        json!({ "message": name, "cells": cells })
    };
    let rows: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(place, name)| row(place, name))
        .collect();
    let all = states.len() * messages.len();
    let tried = (0..states.len())
        .flat_map(|state| (0..messages.len()).map(move |message| (state, message)))
        .filter(|&(state, message)| count(counts, state, message) > 0)
        .count();
    Some(json!({
        "states": states, "rows": rows, "tried": tried, "all": all,
        "steps": document["model"]["steps"], "seconds": document["model"]["seconds"],
    }))
}

fn names(list: &Value) -> Option<Vec<&str>> {
    list.as_array()?.iter().map(Value::as_str).collect()
}

fn count(counts: &[Value], state: usize, message: usize) -> u64 {
    let row = counts.get(state).and_then(Value::as_array);
    row.and_then(|row| row.get(message)?.as_u64()).unwrap_or_default()
}

/// A number, and how deep its colour is: one step for each power of ten.
fn cell(counts: &[Value], state: usize, message: usize) -> Value {
    let count = count(counts, state, message);
    let heat = count.checked_ilog10().map_or(0, |power| (power + 1).min(4));
    json!({ "count": count, "heat": heat })
}
