//! The report that people read: one file that needs no other.

use super::ledger;
use crate::{
    case::Group,
    requirement::requirement,
    run::{CaseResult, Run},
    trace::Entry,
    verdict::Verdict,
};
use minijinja::{Environment, Error, value::Serde};
use serde_json::{Value, json};

// The ending makes the engine escape everything that is put in.
const NAME: &str = "report.html";
const TEMPLATE: &str = include_str!("report.html");

pub(super) fn render(run: &Run) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.add_template(NAME, TEMPLATE)?;
    let content = json!({
        "run": run.to_json(),
        "words": run.outcome().words(),
        "verdicts": Verdict::NAMES,
        "groups": groups(run),
        "findings": findings(run),
        "chapters": ledger::chapters(run),
        "proof": ledger::summary(),
        "results": run.results.iter().map(row).collect::<Vec<_>>(),
    });
    environment.get_template(NAME)?.render(Serde(&content))
}

fn groups(run: &Run) -> Vec<Value> {
    let of_group = |group: Group| {
        let results: Vec<_> = run
            .results
            .iter()
            .filter(|result| result.case.group == group)
            .collect();
        let count = |name: &&str| {
            results
                .iter()
                .filter(|result| result.verdict.name() == *name)
                .count()
        };
        let counts: Vec<_> = Verdict::NAMES.iter().map(count).collect();
        (!results.is_empty()).then(|| json!({ "name": group, "cases": results.len(), "counts": counts }))
    };
    Group::ALL.into_iter().filter_map(of_group).collect()
}

/// Cases that are to be looked at, the worst first.
fn findings(run: &Run) -> Vec<Value> {
    let mut results: Vec<_> = run
        .results
        .iter()
        .filter(|result| result.verdict.reason().is_some())
        .collect();
    results.sort_by_key(|result| core::cmp::Reverse(result.verdict.severity()));
    results.into_iter().map(|result| finding(run, result)).collect()
}

fn finding(run: &Run, result: &CaseResult) -> Value {
    let broken: Vec<_> = result
        .verdict
        .findings()
        .iter()
        .map(|finding| {
            json!({
                "requirement": finding.requirement,
                "sentence": requirement(&finding.requirement).map(|requirement| &requirement.sentence),
                "expected": finding.expected,
                "seen": finding.seen,
            })
        })
        .collect();
    json!({
        "id": result.case.id,
        "title": result.case.title,
        "verdict": result.verdict.name(),
        "reason": result.verdict.reason(),
        "findings": broken,
        "replay": run.replay(&result.case),
        "dropped": result.trace.dropped,
        "trace": result.trace.entries.iter().map(line).collect::<Vec<_>>(),
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

fn row(result: &CaseResult) -> Value {
    json!({
        "id": result.case.id,
        "title": result.case.title,
        "level": result.case.level.to_string(),
        "requirements": result.case.requirements,
        "verdict": result.verdict.name(),
        "milliseconds": result.duration.as_millis() as u64,
    })
}
