//! A run as reports show it.

use super::{Description, Run};
use crate::{
    client::{case::Group, request::Op},
    report::{
        Sheet,
        sheet::{Fact, Row, counts, shell_word, started_text, suite},
    },
    requirement::{Requirement, requirements},
    verdict::Verdict,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn sheet(run: &Run) -> Sheet<'_> {
    let command: Vec<_> = run.command.iter().map(|word| shell_word(word)).collect();
    let command = command.join(" ");
    let mut facts = vec![Fact::text(
        "client",
        match &run.description {
            Some(Description { name, version, .. }) => format!("{name} {version}"),
            None => "unknown".into(),
        },
    )];
    if let Some(description) = &run.description {
        facts.push(Fact::text("declared", names(&description.ops)));
        facts.push(Fact::text("formats", description.formats.join(", ")));
        let undeclared = description.undeclared();
        if !undeclared.is_empty() {
            facts.push(Fact::text("not declared, not tested", names(&undeclared)));
        }
    }
    facts.push(Fact::code("program", command.clone()));
    facts.push(Fact::text("seed", run.seed.to_string()));
    facts.push(Fact::text("timers multiplied by", run.timeout_scale.to_string()));
    if !run.filter.is_empty() {
        facts.push(Fact::code("cases", run.filter.join(" ")));
    }
    if let Some(stopped) = &run.stopped {
        facts.push(Fact::text("stopped", stopped.as_str()));
    }
    Sheet {
        outcome: run.outcome(),
        facts,
        properties: vec![("seed", run.seed.to_string()), ("program", command)],
        problems: &[],
        started: run.started,
        duration: run.duration,
        groups: Group::ALL.map(Group::name).into(),
        rows: rows(run),
        chapters: chapters(run),
        proof: Vec::new(),
        document: document(run),
    }
}

pub(super) fn document(run: &Run) -> Value {
    let verdicts = run.results.iter().map(|result| &result.verdict);
    let client = run.description.as_ref().map(|description| {
        let of = |ops: &[Op]| ops.iter().map(|op| op.name()).collect::<Vec<_>>();
        json!({
            "name": description.name, "version": description.version, "formats": description.formats,
            "scales": description.scales, "ops": of(&description.ops), "undeclared": of(&description.undeclared()),
        })
    });
    let requirements: Vec<_> = checked(run)
        .into_iter()
        .map(|(requirement, cases)| {
            let ids: Vec<_> = cases.iter().map(|(id, _)| *id).collect();
            json!({
                "id": requirement.id, "level": requirement.level, "sentence": requirement.sentence,
                "chapter": requirement.chapter, "cases": ids, "verdict": worst(&cases).name(),
            })
        })
        .collect();
    json!({
        "suite": suite(),
        "outcome": run.outcome().name(),
        "program": run.command,
        "client": client,
        "seed": run.seed,
        "timeout_scale": run.timeout_scale,
        "filter": run.filter,
        "stopped": run.stopped,
        "started": started_text(run.started),
        "seconds": run.duration.as_secs_f64(),
        "counts": counts(verdicts),
        "cases": rows(run).iter().map(Row::to_json).collect::<Vec<_>>(),
        "requirements": requirements,
    })
}

fn rows(run: &Run) -> Vec<Row<'_>> {
    let results = run.results.iter();
    let rows = results.map(|result| Row {
        id: &result.case.id,
        group: result.case.group.name(),
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

/// The requirements that cases of this run check, with the ids and verdicts of those.
fn checked(run: &Run) -> Vec<(&'static Requirement, Vec<(&str, &Verdict)>)> {
    let mut cases: BTreeMap<&str, Vec<(&str, &Verdict)>> = BTreeMap::new();
    for result in &run.results {
        for requirement in &result.case.requirements {
            let case = (result.case.id.as_str(), &result.verdict);
            cases.entry(requirement).or_default().push(case);
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

fn chapters(run: &Run) -> Vec<Value> {
    let mut rows = checked(run);
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

fn shown(requirement: &Requirement, cases: &[(&str, &Verdict)]) -> Value {
    let listed: Vec<_> = cases
        .iter()
        .map(|(id, verdict)| json!({ "id": id, "verdict": verdict.name() }))
        .collect();
    let worst = worst(cases).name();
    json!({
        "id": requirement.id, "level": requirement.level.to_string(), "sentence": requirement.sentence,
        "not_testable": null, "cases": listed, "verdict": worst, "class": worst,
    })
}

fn names(ops: &[Op]) -> String {
    let names: Vec<_> = ops.iter().map(|op| op.name()).collect();
    names.join(", ")
}
