//! Cases that are to be looked at: what each demands, what was seen, and what went over the line.

use super::{chart, cut, fold::fold};
use crate::{
    report::sheet::{Row, Sheet},
    trace::{Entry, Way},
    verdict::Verdict,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Cases whose trace is on the page; `trace.jsonl` has those of all.
const TRACED: usize = 100;
/// Entries of a trace that are on the page, the last ones.
const ENTRIES: usize = 80;
/// Characters of an entry's fields, and of its bytes in hexadecimal digits.
const WIDTH: usize = 600;

/// Cases that failed, or in which the tester did, the worst first.
pub(super) fn failures(sheet: &Sheet<'_>) -> Vec<Value> {
    told(sheet, |row| is_failure(row.verdict))
}

/// Cases that were put to the device, and neither passed nor failed.
pub(super) fn others(sheet: &Sheet<'_>) -> Vec<Value> {
    told(sheet, |row| !is_failure(row.verdict))
}

/// Why cases were not put to the device, or are not for it: each reason with its cases.
pub(super) fn silent(sheet: &Sheet<'_>) -> Vec<Value> {
    let mut reasons: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for row in sheet.rows.iter().filter(|row| !is_told(row)) {
        if let Some(reason) = row.verdict.reason() {
            reasons
                .entry((row.verdict.name(), reason))
                .or_default()
                .push(row.id);
        }
    }
    let reasons = reasons.into_iter();
    reasons
        .map(|((verdict, reason), cases)| json!({ "verdict": verdict, "reason": reason, "cases": cases }))
        .collect()
}

/// Whether a case has a place of its own on the page.
pub(super) fn is_told(row: &Row<'_>) -> bool {
    let said_something = !row.trace.entries.is_empty() || !row.verdict.findings().is_empty();
    let is_apart = matches!(row.verdict, Verdict::NotApplicable { .. });
    row.verdict.reason().is_some() && (is_failure(row.verdict) || said_something && !is_apart)
}

pub(super) fn is_failure(verdict: &Verdict) -> bool {
    // By name: whatever else is found to be worse than saying nothing is a failure too.
    verdict.severity() > INCONCLUSIVE.severity()
}

const INCONCLUSIVE: Verdict = Verdict::Inconclusive {
    reason: String::new(),
};

fn told(sheet: &Sheet<'_>, is_wanted: impl Fn(&Row<'_>) -> bool) -> Vec<Value> {
    let mut rows: Vec<_> = sheet
        .rows
        .iter()
        .filter(|row| is_told(row) && is_wanted(row))
        .collect();
    rows.sort_by_key(|row| core::cmp::Reverse(row.verdict.severity()));
    rows.into_iter()
        .enumerate()
        .map(|(place, row)| finding(row, place < TRACED))
        .collect()
}

fn finding(row: &Row<'_>, is_traced: bool) -> Value {
    let entries = fold(&row.trace.entries);
    let left_out = match is_traced {
        true => entries.len().saturating_sub(ENTRIES),
        false => entries.len(),
    };
    let shown: Vec<_> = entries.iter().skip(left_out).map(AsRef::as_ref).collect();
    json!({
        "id": row.id,
        "title": row.title,
        "level": row.level.to_string(),
        "verdict": row.verdict.name(),
        "reason": row.verdict.reason(),
        "findings": row.findings(),
        "replay": row.replay,
        "left_out": left_out as u64 + row.trace.dropped,
        "chart": chart::of(row, &shown),
        "trace": shown.into_iter().map(line).collect::<Vec<_>>(),
    })
}

/// One entry of a trace, its fields in one line.
fn line(entry: &Entry) -> Value {
    let fields = entry
        .fields
        .as_ref()
        .filter(|fields| fields.as_object().is_some_and(|object| !object.is_empty()));
    let way = match entry.direction {
        Way::Sent => "to the device",
        Way::Received => "from the device",
        Way::Note => "note",
    };
    json!({
        "at": format!("{:.1}", entry.at_ms),
        "direction": entry.direction,
        "way": way,
        "frame": entry.frame.as_ref().map(|frame| format!("{} {}", frame.kind, frame.number)),
        "message": entry.message,
        "fields": fields.map(|fields| cut(&fields.to_string(), WIDTH)),
        "bytes": cut(&entry.bytes, WIDTH),
        "note": entry.note.as_deref().map(|note| cut(note, WIDTH)),
    })
}
