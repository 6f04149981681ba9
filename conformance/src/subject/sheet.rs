//! A run behind a program as reports show it.

use super::{Choice, Kind, Parts as _, Run};
use crate::{
    codec,
    report::{
        Sheet,
        sheet::{Fact, Row, counts, started_text, suite},
    },
    requirement::{Requirement, requirements},
    verdict::Verdict,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Cases of one requirement that the page lists, the worst ones.
const LISTED: usize = 12;

pub(super) fn sheet(run: &Run) -> Sheet<'_> {
    let rows = rows(run);
    Sheet {
        outcome: run.outcome(),
        facts: facts(run),
        properties: vec![("seed", run.seed.to_string()), ("program", run.program())],
        problems: run.problems(),
        started: run.started,
        duration: run.duration,
        groups: run.kind.groups(),
        chapters: chapters(&rows),
        rows,
        proof: Vec::new(),
        document: document(run),
    }
}

pub(super) fn document(run: &Run) -> Value {
    let verdicts = run.results.iter().map(|result| &result.verdict);
    let rows = rows(run);
    let mut document = json!({
        "suite": suite(),
        "subject": run.kind.name(),
        "outcome": run.outcome().name(),
        "program": run.command,
        "seed": run.seed,
        "timeout_scale": run.timeout_scale,
        "filter": run.filter,
        "shard": run.shard.map(|shard| shard.to_string()),
        "only": run.only,
        "stopped": run.stopped,
        "problems": run.problems(),
        "expected": run.compared.as_expected,
        "started": started_text(run.started),
        "seconds": run.duration.as_secs_f64(),
        "counts": counts(verdicts),
        "cases": cases(run, &rows),
        "requirements": requirements_to_json(&rows),
    });
    document[run.kind.name()] = json!(run.description.as_ref().map(|told| told.to_json()));
    match run.kind {
        Kind::Client => document["ics"] = json!(run.ics),
        Kind::Codec => document["generated"] = json!(run.generated),
        Kind::Reader => {}
    }
    document
}

/// The requirements that these cases check, as `report.json` holds them.
pub(crate) fn requirements_to_json(rows: &[Row<'_>]) -> Vec<Value> {
    let row = |(requirement, cases): (&Requirement, Vec<(&str, &Verdict)>)| {
        let mut ids: Vec<_> = cases.iter().map(|(id, _)| codec::family(id)).collect();
        // There are as many generated cases as anybody wants.
        ids.dedup();
        json!({
            "id": requirement.id, "level": requirement.level, "sentence": requirement.sentence,
            "chapter": requirement.chapter, "cases": ids, "verdict": worst(&cases).name(),
        })
    };
    checked(rows).into_iter().map(row).collect()
}

/// The same as the report for people shows them: the chapters in the order of the book.
pub(crate) fn chapters(rows: &[Row<'_>]) -> Vec<Value> {
    let mut rows = checked(rows);
    rows.sort_by_key(|(requirement, _)| requirement.place());
    rows.chunk_by(|(one, _), (other, _)| one.chapter == other.chapter)
        .map(|rows| {
            let all: Vec<_> = rows.iter().flat_map(|(_, cases)| cases.iter().copied()).collect();
            json!({
                "name": rows.first().map(|(requirement, _)| &requirement.chapter),
                "verdict": worst(&all).name(),
                "count": rows.len(),
                "open": 0,
                "rows": rows.iter().map(|(requirement, cases)| shown(requirement, cases)).collect::<Vec<_>>(),
            })
        })
        .collect()
}

fn facts(run: &Run) -> Vec<Fact> {
    let told = run.description.as_ref();
    let name = told.map_or_else(
        || "unknown".into(),
        |told| format!("{} {}", told.name, told.version),
    );
    let mut facts = vec![Fact::text(run.kind.name(), name)];
    if let Some(told) = told {
        facts.push(Fact::text("declared", told.ops.join(", ")));
        if !told.formats.is_empty() {
            facts.push(Fact::text("formats", told.formats.join(", ")));
        }
        let undeclared = told.undeclared();
        if !undeclared.is_empty() {
            facts.push(Fact::text("not declared, not tested", undeclared.join(", ")));
        }
    }
    facts.push(Fact::code("program", run.program()));
    facts.push(Fact::text(
        "seed",
        match run.timeout_scale {
            1.0 => run.seed.to_string(),
            scale => format!("{}, timers × {scale}", run.seed),
        },
    ));
    if run.kind == Kind::Codec {
        facts.push(Fact::text("generated cases", run.generated.to_string()));
    }
    let choice = Choice {
        filter: &run.filter,
        shard: run.shard,
        only: run.only.as_deref(),
    };
    facts.extend(choice.facts());
    if let Some(stopped) = &run.stopped {
        facts.push(Fact::text("stopped", stopped.as_str()));
    }
    facts
}

fn cases(run: &Run, rows: &[Row<'_>]) -> Vec<Value> {
    let cases = rows.iter().zip(&run.results).map(|(row, result)| {
        let mut case = row.to_json();
        if row.replay.is_some() {
            case["token"] = json!(run.token(&result.case).to_string());
        }
        case
    });
    cases.collect()
}

fn rows(run: &Run) -> Vec<Row<'_>> {
    let results = run.results.iter();
    let rows = results.map(|result| Row {
        id: &result.case.id,
        group: result.case.group,
        level: result.case.level,
        title: &result.case.title,
        requirements: &result.case.requirements,
        verdict: &result.verdict,
        duration: result.duration,
        trace: &result.trace,
        replay: result.verdict.reason().map(|_| run.replay(&result.case)),
    });
    rows.collect()
}

/// The requirements that these cases check, with the ids and verdicts of those.
fn checked<'r>(rows: &[Row<'r>]) -> Vec<(&'static Requirement, Vec<(&'r str, &'r Verdict)>)> {
    let mut cases: BTreeMap<&str, Vec<(&str, &Verdict)>> = BTreeMap::new();
    for row in rows {
        for requirement in row.requirements {
            cases.entry(requirement).or_default().push((row.id, row.verdict));
        }
    }
    requirements()
        .iter()
        .filter_map(|requirement| Some((requirement, cases.remove(requirement.id.as_str())?)))
        .collect()
}

fn worst<'r>(cases: &[(&str, &'r Verdict)]) -> &'r Verdict {
    let verdicts = cases.iter().map(|(_, verdict)| *verdict);
    verdicts
        .max_by_key(|verdict| verdict.severity())
        .unwrap_or(&Verdict::Pass)
}

fn shown(requirement: &Requirement, cases: &[(&str, &Verdict)]) -> Value {
    let mut cases = cases.to_vec();
    cases.sort_by_key(|(_, verdict)| core::cmp::Reverse(verdict.severity()));
    let listed = cases.iter().take(LISTED);
    let mut listed: Vec<_> = listed
        .map(|(id, verdict)| json!({ "id": id, "verdict": verdict.name() }))
        .collect();
    if let Some(more) = cases.len().checked_sub(LISTED + 1) {
        listed.push(json!({ "id": format!("and {} more", more + 1), "verdict": null }));
    }
    let worst = worst(&cases).name();
    json!({
        "id": requirement.id, "level": requirement.level.to_string(), "sentence": requirement.sentence,
        "not_testable": null, "cases": listed, "verdict": worst, "class": worst,
    })
}
