//! The report that people read: one file that needs no other.

use super::sheet::{self, Row, Sheet};
use crate::{trace::Entry, verdict::Verdict};
use minijinja::{Environment, Error, value::Serde};
use serde_json::{Value, json};

// The ending makes the engine escape everything that is put in.
const NAME: &str = "report.html";
const TEMPLATE: &str = include_str!("report.html");

pub(super) fn render(sheet: &Sheet<'_>) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.add_template(NAME, TEMPLATE)?;
    let facts = sheet
        .facts
        .iter()
        .map(|fact| json!({ "name": fact.name, "text": fact.text, "is_code": fact.is_code }));
    let content = json!({
        "outcome": sheet.outcome.name(),
        "words": sheet.outcome.words(),
        "facts": facts.collect::<Vec<_>>(),
        "problems": sheet.problems,
        "suite": sheet::suite(),
        "started": sheet::started_text(sheet.started),
        "seconds": sheet.duration.as_secs_f64(),
        "verdicts": Verdict::NAMES,
        "groups": groups(sheet),
        "findings": findings(sheet),
        "chapters": sheet.chapters,
        "proof": sheet.proof,
        "results": sheet.rows.iter().map(row).collect::<Vec<_>>(),
    });
    environment.get_template(NAME)?.render(Serde(&content))
}

fn groups(sheet: &Sheet<'_>) -> Vec<Value> {
    let of_group = |group: &&str| {
        let rows: Vec<_> = sheet.rows.iter().filter(|row| row.group == *group).collect();
        let count = |name: &&str| sheet::count(rows.iter().map(|row| row.verdict), name);
        let counts: Vec<_> = Verdict::NAMES.iter().map(count).collect();
        (!rows.is_empty()).then(|| json!({ "name": group, "cases": rows.len(), "counts": counts }))
    };
    sheet.groups.iter().filter_map(of_group).collect()
}

/// Cases that are to be looked at, the worst first.
fn findings(sheet: &Sheet<'_>) -> Vec<Value> {
    let rows = sheet.rows.iter();
    let mut rows: Vec<_> = rows.filter(|row| row.verdict.reason().is_some()).collect();
    rows.sort_by_key(|row| core::cmp::Reverse(row.verdict.severity()));
    rows.into_iter().map(finding).collect()
}

fn finding(row: &Row<'_>) -> Value {
    json!({
        "id": row.id,
        "title": row.title,
        "verdict": row.verdict.name(),
        "reason": row.verdict.reason(),
        "findings": row.findings(),
        "replay": row.replay,
        "dropped": row.trace.dropped,
        "trace": row.trace.entries.iter().map(line).collect::<Vec<_>>(),
    })
}

/// One entry of a trace, its fields in one line.
fn line(entry: &Entry) -> Value {
    let fields = entry
        .fields
        .as_ref()
        .filter(|fields| fields.as_object().is_some_and(|object| !object.is_empty()));
    json!({
        "at": format!("{:.1}", entry.at_ms),
        "direction": entry.direction,
        "frame": entry.frame.as_ref().map(|frame| format!("{} {}", frame.kind, frame.number)),
        "message": entry.message,
        "fields": fields.map(ToString::to_string),
        "bytes": entry.bytes,
        "note": entry.note,
    })
}

fn row(row: &Row<'_>) -> Value {
    json!({
        "id": row.id,
        "title": row.title,
        "level": row.level.to_string(),
        "requirements": row.requirements,
        "verdict": row.verdict.name(),
        "milliseconds": row.duration.as_millis() as u64,
    })
}
