//! The report that people read: one file that needs no other, and no network.
//!
//! Everything that a device said is hostile: the engine escapes all that is put in, and the page forbids itself
//! whatever is not its own style.

mod chart;
mod coverage;
mod findings;
mod fold;
mod timing;
mod tree;

use super::sheet::{self, Row, Sheet};
use crate::verdict::Verdict;
use minijinja::{Environment, Error, value::Serde};
use serde_json::{Value, json};

/// The parts of the page. Their ending makes the engine escape everything that is put in.
const TEMPLATES: [(&str, &str); 6] = [
    (PAGE, include_str!("page/report.html")),
    ("chart.html", include_str!("page/chart.html")),
    ("coverage.html", include_str!("page/coverage.html")),
    ("finding.html", include_str!("page/finding.html")),
    ("ledger.html", include_str!("page/ledger.html")),
    ("timing.html", include_str!("page/timing.html")),
];
const PAGE: &str = "report.html";
const STYLE: &str = include_str!("page/report.css");

pub(super) fn render(sheet: &Sheet<'_>) -> Result<String, Error> {
    let mut environment = Environment::new();
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    let facts = sheet
        .facts
        .iter()
        .map(|fact| json!({ "name": fact.name, "text": fact.text, "is_code": fact.is_code }));
    let content = json!({
        "style": STYLE,
        "outcome": sheet.outcome.name(),
        "words": sheet.outcome.words(),
        "device": sheet.facts.first().map(|fact| fact.text.as_str()),
        "is_whole": sheet.outcome.is_whole(),
        "failed": failed(sheet),
        "facts": facts.collect::<Vec<_>>(),
        "problems": sheet.problems,
        "suite": sheet::suite(),
        "started": sheet::started_text(sheet.started),
        "seconds": sheet.duration.as_secs_f64(),
        "verdicts": Verdict::NAMES,
        "groups": groups(sheet),
        "total": total(sheet),
        "failures": findings::failures(sheet),
        "others": findings::others(sheet),
        "silent": findings::silent(sheet),
        "statements": tree::statements(&sheet.document),
        "coverage": coverage::of(&sheet.document),
        "timing": timing::of(sheet),
        "chapters": sheet.chapters,
        "proof": sheet.proof,
        "results": sheet.rows.iter().map(row).collect::<Vec<_>>(),
    });
    environment.get_template(PAGE)?.render(Serde(&content))
}

fn groups(sheet: &Sheet<'_>) -> Vec<Value> {
    let of_group = |group: &&str| {
        let rows = sheet.rows.iter().filter(|row| row.group == *group);
        counted(group, rows)
    };
    sheet.groups.iter().filter_map(of_group).collect()
}

fn total(sheet: &Sheet<'_>) -> Option<Value> {
    counted("all", sheet.rows.iter())
}

/// How many cases failed, in words.
fn failed(sheet: &Sheet<'_>) -> String {
    let failed = sheet
        .rows
        .iter()
        .filter(|row| findings::is_failure(row.verdict))
        .count();
    match (failed, sheet.rows.len()) {
        (0, all) => format!("none of {all} cases failed"),
        (failed, all) => format!("{failed} of {all} cases failed"),
    }
}

fn counted<'r, 's: 'r>(name: &str, rows: impl Iterator<Item = &'r Row<'s>>) -> Option<Value> {
    let rows: Vec<_> = rows.collect();
    let count = |name: &&str| sheet::count(rows.iter().map(|row| row.verdict), name);
    let counts: Vec<_> = Verdict::NAMES.iter().map(count).collect();
    (!rows.is_empty()).then(|| json!({ "name": name, "cases": rows.len(), "counts": counts }))
}

fn row(row: &Row<'_>) -> Value {
    json!({
        "id": row.id,
        "title": row.title,
        "level": row.level.to_string(),
        "requirements": row.requirements,
        "verdict": row.verdict.name(),
        "is_told": findings::is_told(row),
        "milliseconds": row.duration.as_millis() as u64,
    })
}

/// A text that is not longer than so many characters, cut where it is.
fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
