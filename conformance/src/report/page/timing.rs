//! How long the device took for its answers, beside the bound that the specification sets.

use crate::{
    embedded::protocol,
    report::sheet::Sheet,
    trace::{Trace, Way},
};
use cardwire_peers::Timers;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Requests that are drawn, those with the longest answers.
const DRAWN: usize = 40;
/// Where the drawing of times begins and ends, from left to right.
const LEFT: f64 = 150.0;
const RIGHT: f64 = 500.0;
const HEAD: usize = 28;
const STEP: usize = 20;
/// The shortest time that is told from none.
const LEAST_MS: f64 = 0.01;
/// Bounds of the drawing are whole powers of ten.
const POWERS: [f64; 7] = [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0];

/// The plot and its table; nothing where no answer was seen, as with a codec.
pub(super) fn of(sheet: &Sheet<'_>) -> Option<Value> {
    let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in &sheet.rows {
        answers(row.trace, &mut times);
    }
    let scale = sheet.document["timeout_scale"].as_f64().unwrap_or(1.0);
    let bound = Timers::SPEC.answer.as_secs_f64() * 1e3 * scale;
    let mut rows: Vec<_> = times
        .into_iter()
        .map(|(message, times)| Times::new(message, times))
        .collect();
    rows.sort_by(|one, other| other.most.total_cmp(&one.most));
    rows.truncate(DRAWN);
    let most = rows.first()?.most.max(bound);
    let end = POWERS
        .into_iter()
        .find(|power| *power >= most * 1.1)
        .unwrap_or(most * 1.1);
    let x = |ms: f64| place(ms, end);
    let drawn = rows
        .iter()
        .enumerate()
        .map(|(place, row)| row.drawn(HEAD + place * STEP + STEP / 2, bound, x));
    let ticks = POWERS.into_iter().filter(|power| *power <= end);
    let ticks = ticks.map(|power| json!({ "x": x(power), "label": in_words(power) }));
    let late: usize = rows.iter().map(|row| row.late(bound)).sum();
    Some(json!({
        "rows": drawn.collect::<Vec<_>>(),
        "ticks": ticks.collect::<Vec<_>>(),
        "bound": { "x": x(bound), "ms": bound, "label": in_words(bound) },
        "height": HEAD + rows.len() * STEP + 8,
        "answers": rows.iter().map(|row| row.sorted.len()).sum::<usize>(),
        "late": late,
    }))
}

/// The time from each request to the first frame of the same kind and number that came back.
fn answers(trace: &Trace, times: &mut BTreeMap<String, Vec<f64>>) {
    let mut open = BTreeMap::new();
    for entry in &trace.entries {
        let Some(frame) = &entry.frame else { continue };
        let key = (frame.kind.as_str(), frame.number);
        match entry.direction {
            Way::Sent => {
                let message = entry.message.as_deref().filter(|name| is_request(name));
                open.insert(key, (entry.at_ms, message.unwrap_or("something else")));
            }
            Way::Received => {
                if let Some((sent, message)) = open.remove(&key) {
                    times
                        .entry(message.to_owned())
                        .or_default()
                        .push(entry.at_ms - sent);
                }
            }
            Way::Note => {}
        }
    }
}

/// What a message is called comes from the schema, or is some words of the tester.
fn is_request(name: &str) -> bool {
    protocol().messages.iter().any(|message| message.name == name)
}

/// The times of the answers to one request.
struct Times {
    message: String,
    sorted: Vec<f64>,
    most: f64,
}

impl Times {
    fn new(message: String, mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let most = times.last().copied().unwrap_or_default();
        Self {
            message,
            sorted: times,
            most,
        }
    }

    /// The time below which so many of a hundred answers came.
    fn percentile(&self, percent: usize) -> f64 {
        let index = (self.sorted.len() * percent / 100).min(self.sorted.len().saturating_sub(1));
        self.sorted.get(index).copied().unwrap_or_default()
    }

    fn late(&self, bound: f64) -> usize {
        self.sorted.iter().filter(|time| **time > bound).count()
    }

    fn drawn(&self, y: usize, bound: f64, x: impl Fn(f64) -> f64) -> Value {
        let [least, median, high] = [self.percentile(0), self.percentile(50), self.percentile(99)];
        let number = |ms: f64| format!("{ms:.2}");
        json!({
            "message": self.message, "count": self.sorted.len(), "y": y, "late": self.late(bound),
            "x": { "least": x(least), "median": x(median), "high": x(high), "most": x(self.most) },
            "median": number(median), "high": number(high), "most": number(self.most),
        })
    }
}

/// Times are drawn by their logarithm: a bound of a second and answers of a tenth of a millisecond are on one line.
fn place(ms: f64, end: f64) -> f64 {
    let part = (ms.max(LEAST_MS) / LEAST_MS).ln() / (end / LEAST_MS).ln();
    ((LEFT + part * (RIGHT - LEFT)) * 10.0).round() / 10.0
}

fn in_words(ms: f64) -> String {
    if ms >= 1000.0 {
        format!("{} s", ms / 1000.0)
    } else {
        format!("{ms} ms")
    }
}
