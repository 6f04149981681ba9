//! A sequence chart: who said what, from top to bottom.

use super::cut;
use crate::{
    report::sheet::Row,
    trace::{Entry, Way},
};
use serde_json::{Value, json};

/// Entries that are drawn, the last ones.
const DRAWN: usize = 24;
/// Characters of a label between the two lines.
const LABEL: usize = 44;
/// Height of an entry, and of what stands above the first one.
const STEP: usize = 26;
const HEAD: usize = 34;

/// The chart of the last entries of a case; none where nothing went over the line.
pub(super) fn of(row: &Row<'_>, entries: &[&Entry]) -> Option<Value> {
    let is_drawn = |entry: &&&Entry| label(entry).is_some();
    let drawn: Vec<_> = entries.iter().filter(is_drawn).collect();
    let skipped = drawn.len().saturating_sub(DRAWN);
    let steps: Vec<_> = drawn
        .iter()
        .skip(skipped)
        .enumerate()
        .map(|(place, entry)| step(place, entry))
        .collect();
    let end = HEAD + steps.len() * STEP;
    let finding = row.verdict.findings().first();
    let told = finding.map(|finding| cut(&format!("{}: {}", row.verdict.name(), finding.requirement), LABEL));
    (!steps.is_empty()).then(|| {
        json!({
            "steps": steps,
            "skipped": skipped,
            "end": end,
            "height": end + STEP,
            "verdict": told.unwrap_or_else(|| row.verdict.name().to_owned()),
        })
    })
}

fn step(place: usize, entry: &Entry) -> Value {
    json!({
        "y": HEAD + place * STEP + STEP / 2 + 4,
        "direction": entry.direction,
        // What travelled inside the message before it.
        "is_inner": entry.direction != Way::Note && entry.bytes.is_empty(),
        "label": cut(&label(entry).unwrap_or_default(), LABEL),
        "at": format!("{:.0}", entry.at_ms),
    })
}

fn label(entry: &Entry) -> Option<String> {
    let frame = entry
        .frame
        .as_ref()
        .map(|frame| format!("{} {}", frame.kind, frame.number));
    let detail = entry.fields.as_ref().and_then(telling);
    let name = match (&entry.message, &entry.note) {
        (Some(message), _) => Some(message.clone()),
        (None, Some(note)) => Some(note.clone()),
        (None, None) if entry.bytes.is_empty() => None,
        (None, None) => Some(format!("{} bytes", entry.bytes.len() / 2)),
    }?;
    let name = detail.map_or(name.clone(), |detail| format!("{name} ({detail})"));
    Some(match frame {
        Some(frame) => format!("{name} · {frame}"),
        None => name,
    })
}

/// The one field that tells most of a message.
pub(super) fn telling(fields: &Value) -> Option<&str> {
    ["code", "outcome", "state", "verdict", "service"]
        .iter()
        .find_map(|name| fields[*name].as_str())
}
