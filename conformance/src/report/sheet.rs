//! What every report is made of, whatever was tested: a reader or a codec.

use super::Outcome;
use crate::{
    embedded::schema_digest,
    requirement::{Level, requirement},
    trace::Trace,
    verdict::Verdict,
};
use chrono::{DateTime, SecondsFormat, Utc};
use comfy_table::{Cell, CellAlignment, Table, presets};
use core::time::Duration;
use serde_json::{Map, Value, json};

/// A run as reports show it.
#[derive(Debug)]
pub(crate) struct Sheet<'r> {
    pub(crate) outcome: Outcome,
    /// What is said of the run as a whole, in the order of the page.
    pub(crate) facts: Vec<Fact>,
    /// The same, as far as programs that read JUnit want it.
    pub(crate) properties: Vec<(&'static str, String)>,
    /// What is wrong beside the cases, such as a list of expected failures that is stale.
    pub(crate) problems: &'r [String],
    pub(crate) started: DateTime<Utc>,
    pub(crate) duration: Duration,
    /// The groups in their order.
    pub(crate) groups: Vec<&'static str>,
    pub(crate) rows: Vec<Row<'r>>,
    /// The requirements, a chapter of the book each.
    pub(crate) chapters: Vec<Value>,
    /// How far the suite is proven, in sentences; none where it is not known by requirement.
    pub(crate) proof: Vec<String>,
    /// The content of `report.json`.
    pub(crate) document: Value,
}

/// Something that is said of a run as a whole.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    /// It is a part of a command line.
    pub(crate) is_code: bool,
}

/// One case and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Row<'r> {
    pub(crate) id: &'r str,
    pub(crate) group: &'static str,
    pub(crate) level: Level,
    pub(crate) title: &'r str,
    pub(crate) requirements: &'r [String],
    pub(crate) verdict: &'r Verdict,
    pub(crate) duration: Duration,
    pub(crate) trace: &'r Trace,
    /// The command that replays it; nothing where it is passed.
    pub(crate) replay: Option<String>,
}

impl Fact {
    pub(crate) fn text(name: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            name,
            text,
            is_code: false,
        }
    }

    pub(crate) fn code(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            is_code: true,
            ..Self::text(name, text)
        }
    }
}

impl Row<'_> {
    /// The case as `report.json` holds it. One that is passed has nothing more to say.
    pub(crate) fn to_json(&self) -> Value {
        let mut json = json!({
            "id": self.id, "group": self.group, "level": self.level, "title": self.title,
            "requirements": self.requirements, "verdict": self.verdict.name(),
            "milliseconds": self.duration.as_millis() as u64,
        });
        if let Some(reason) = self.verdict.reason() {
            json["reason"] = json!(reason);
            json["findings"] = self.findings();
            json["replay"] = json!(self.replay);
            json["trace"] = json!(self.trace);
        }
        json
    }

    /// What the case found, with the sentences of the requirements.
    pub(crate) fn findings(&self) -> Value {
        let sentence = |id: &str| requirement(id).map(|requirement| requirement.sentence.as_str());
        let findings = self.verdict.findings().iter().map(|finding| {
            json!({
                "requirement": finding.requirement, "sentence": sentence(&finding.requirement),
                "expected": finding.expected, "seen": finding.seen,
            })
        });
        findings.collect()
    }
}

/// How many of these cases ended with the verdict of this name.
pub(crate) fn count<'r>(rows: impl IntoIterator<Item = &'r Verdict>, name: &str) -> usize {
    rows.into_iter().filter(|verdict| verdict.name() == name).count()
}

/// How many cases ended with which verdict, as `report.json` holds it.
pub(crate) fn counts<'r>(verdicts: impl Iterator<Item = &'r Verdict> + Clone) -> Map<String, Value> {
    Verdict::NAMES
        .iter()
        .map(|name| ((*name).to_owned(), json!(count(verdicts.clone(), name))))
        .collect()
}

/// The suite, as `report.json` names it.
pub(crate) fn suite() -> Value {
    json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "revision": crate::revision(),
        "digest": crate::suite::digest(),
        "schema_digest": schema_digest(),
    })
}

/// When a run began, in RFC 3339.
pub(crate) fn started_text(started: DateTime<Utc>) -> String {
    started.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Verdicts by group, as a table for a terminal of any kind: each case's group and verdict.
pub(crate) fn table<'r>(
    groups: &[&'static str],
    cases: impl Iterator<Item = (&'static str, &'r Verdict)> + Clone,
    outcome: Outcome,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let head = ["group", "cases"].into_iter().chain(Verdict::NAMES);
    table.set_header(head.map(Cell::new));
    let verdicts = cases.clone().map(|(_, verdict)| verdict);
    for group in groups {
        let of_group: Vec<_> = cases.clone().filter(|(other, _)| other == group).collect();
        if !of_group.is_empty() {
            let of_group = of_group.iter().map(|(_, verdict)| *verdict);
            table.add_row(line(group, of_group));
        }
    }
    table.add_row(line("all", verdicts.clone()));
    let apart = match count(verdicts, "not-applicable") {
        0 => String::new(),
        1 => ", 1 case did not apply".into(),
        count => format!(", {count} cases did not apply"),
    };
    format!("{table}\n{}{apart}", outcome.words())
}

fn line<'r>(name: &str, verdicts: impl Iterator<Item = &'r Verdict> + Clone) -> Vec<Cell> {
    let number = |count: usize| Cell::new(count).set_alignment(CellAlignment::Right);
    let all = verdicts.clone().count();
    let counts = Verdict::NAMES
        .iter()
        .map(|name| number(count(verdicts.clone(), name)));
    [Cell::new(name), number(all)].into_iter().chain(counts).collect()
}

/// A word as a shell takes it.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+=,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
