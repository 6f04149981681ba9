//! Reports that are read back: their document, their traces, and what follows from the cases alone.

use super::{
    outcome::{self, Outcome},
    sheet::Row,
};
use crate::{
    requirement::Level,
    trace::{Entry, Trace},
    verdict::{Finding, Verdict},
};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader, Read as _},
    path::Path,
};

/// The largest file of a report that is read, and the longest line of a trace.
const FILE_MAX: u64 = 1 << 30;
const LINE_MAX: u64 = 4 << 20;

/// One case of a report that is read back.
#[derive(Debug)]
pub(crate) struct StoredCase {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) level: Level,
    title: String,
    requirements: Vec<String>,
    pub(crate) verdict: Verdict,
    pub(crate) duration: Duration,
    pub(crate) trace: Trace,
    replay: Option<String>,
}

/// A case as `report.json` holds it.
#[derive(Debug, Deserialize)]
struct Written {
    id: String,
    group: String,
    level: String,
    title: String,
    requirements: Vec<String>,
    verdict: String,
    milliseconds: u64,
    reason: Option<String>,
    #[serde(default)]
    findings: Vec<Finding>,
    replay: Option<String>,
    #[serde(default)]
    trace: Dropped,
}

/// How many entries were dropped; the entries themselves are in `trace.jsonl`.
#[derive(Debug, Default, Deserialize)]
struct Dropped {
    #[serde(default)]
    dropped: u64,
}

/// A line of `trace.jsonl`.
#[derive(Debug, Deserialize, Serialize)]
struct TraceLine {
    case: String,
    entry: Entry,
}

/// The content of `report.json`.
///
/// # Errors
/// What keeps it from being read.
pub(crate) fn document(folder: &Path) -> Result<Value, String> {
    let path = folder.join("report.json");
    let length = fs::metadata(&path)
        .map_err(|error| format!("it can't be read: {error}"))?
        .len();
    if length > FILE_MAX {
        return Err(format!("it has more than {} MiB", FILE_MAX >> 20));
    }
    let bytes = fs::read(&path).map_err(|error| format!("it can't be read: {error}"))?;
    read(&bytes)
}

/// The same of the bytes of the file.
fn read(bytes: &[u8]) -> Result<Value, String> {
    let document: Value = serde_json::from_slice(bytes).map_err(|error| format!("it is no JSON: {error}"))?;
    if !document["cases"].is_array() || !document["outcome"].is_string() {
        return Err("it is no report of this suite".into());
    }
    Ok(document)
}

/// The cases of a document, without their traces.
///
/// # Errors
/// A case that is none, by its place.
pub(crate) fn cases(document: &Value) -> Result<Vec<StoredCase>, String> {
    let cases = document["cases"].as_array().into_iter().flatten();
    cases
        .enumerate()
        .map(|(place, case)| {
            let written = Written::deserialize(case).map_err(|error| format!("case {place}: {error}"))?;
            StoredCase::of(written).map_err(|what| format!("case {place}: {what}"))
        })
        .collect()
}

/// Gives the cases their traces from `trace.jsonl`.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn with_traces(folder: &Path, cases: &mut [StoredCase]) -> Result<(), String> {
    let mut places: BTreeMap<String, &mut StoredCase> = BTreeMap::new();
    for case in cases {
        places.insert(case.id.clone(), case);
    }
    let file =
        File::open(folder.join("trace.jsonl")).map_err(|error| format!("it can't be read: {error}"))?;
    each_line(BufReader::new(file), |TraceLine { case, entry }| {
        // A case that was begun and has no verdict yet has left its trace.
        if let Some(place) = places.get_mut(&case) {
            place.trace.entries.push_back(entry);
        }
    })
}

/// Hands the lines of a trace to `take`, one by one: all of them together may be large.
fn each_line(mut lines: impl BufRead, mut take: impl FnMut(TraceLine)) -> Result<(), String> {
    for number in 1.. {
        let mut line = Vec::new();
        let read = lines.by_ref().take(LINE_MAX).read_until(b'\n', &mut line);
        match read.map_err(|error| format!("it can't be read: {error}"))? {
            0 => break,
            _ if line.last() != Some(&b'\n') => {
                return Err(format!("line {number} is cut short, or too long"));
            }
            _ => {}
        }
        take(serde_json::from_slice(&line).map_err(|error| format!("line {number}: {error}"))?);
    }
    Ok(())
}

/// What a report says of its device, where that follows from its cases.
///
/// # Errors
/// A report that contradicts itself.
pub(crate) fn outcome(document: &Value) -> Result<Outcome, String> {
    let name = document["outcome"].as_str().unwrap_or_default();
    let outcome = Outcome::named(name).ok_or_else(|| format!("it has no outcome: {name}"))?;
    let cases = cases(document)?;
    let verdicts = cases.iter().map(|case| &case.verdict);
    for name in Verdict::NAMES {
        let counted = super::sheet::count(verdicts.clone(), name) as u64;
        let stated = document["counts"][name].as_u64().unwrap_or_default();
        if counted != stated {
            return Err(format!("it counts {stated} cases as {name}, and holds {counted}"));
        }
    }
    let judged = cases.iter().map(|case| (case.level, &case.verdict));
    if outcome == Outcome::Certified && (cases.is_empty() || !outcome::nothing_missing(judged)) {
        return Err("it says certified, and its cases do not".into());
    }
    Ok(outcome)
}

/// What is read of a report, written as reports are.
///
/// # Errors
/// What keeps it from being read.
pub(crate) fn rewritten(bytes: &[u8]) -> Result<String, String> {
    let document = read(bytes)?;
    let outcome = outcome(&document)?;
    let cases = cases(&document)?;
    let rows = cases.iter().map(|case| {
        let mut row = case.row("").to_json();
        row["group"] = json!(case.group);
        row
    });
    let written = json!({
        "outcome": outcome.name(),
        "counts": super::sheet::counts(cases.iter().map(|case| &case.verdict)),
        "cases": rows.collect::<Value>(),
    });
    Ok(format!("{written:#}\n"))
}

/// The same of the lines of a trace.
///
/// # Errors
/// The first line that is none.
pub(crate) fn rewritten_traces(bytes: &[u8]) -> Result<String, String> {
    let mut written = String::new();
    each_line(bytes, |line| {
        // Texts, numbers and values of JSON always have a JSON form.
        written += &serde_json::to_string(&line).unwrap_or_default();
        written.push('\n');
    })?;
    Ok(written)
}

impl StoredCase {
    fn of(written: Written) -> Result<Self, String> {
        let level = Level::ALL
            .into_iter()
            .find(|level| serde_json::to_value(level).is_ok_and(|name| name == written.level.as_str()));
        let mut trace = Trace::new();
        trace.dropped = written.trace.dropped;
        Ok(Self {
            level: level.ok_or_else(|| format!("{}: no level is called {}", written.id, written.level))?,
            verdict: verdict(&written)?,
            id: written.id,
            group: written.group,
            title: written.title,
            requirements: written.requirements,
            duration: Duration::from_millis(written.milliseconds),
            trace,
            replay: written.replay,
        })
    }

    /// The case as reports show it, in this group.
    pub(crate) fn row(&self, group: &'static str) -> Row<'_> {
        Row {
            id: &self.id,
            group,
            level: self.level,
            title: &self.title,
            requirements: &self.requirements,
            verdict: &self.verdict,
            duration: self.duration,
            trace: &self.trace,
            replay: self.replay.clone(),
        }
    }
}

/// What stands between a finding and how the case ended the second time.
const AGAIN: &str = "; once more: ";

fn verdict(written: &Written) -> Result<Verdict, String> {
    let reason = written.reason.clone().unwrap_or_default();
    let finding = || {
        let finding = written.findings.first().cloned();
        finding.ok_or_else(|| format!("{}: {} without a finding", written.id, written.verdict))
    };
    Ok(match written.verdict.as_str() {
        "pass" => Verdict::Pass,
        "non-strict" => Verdict::NonStrict {
            findings: written.findings.clone(),
        },
        "fail" => Verdict::Fail { finding: finding()? },
        // How it ended the second time stands behind the finding.
        "flaky" => Verdict::Flaky {
            finding: finding()?,
            again: reason
                .rsplit_once(AGAIN)
                .map_or_else(String::new, |(_, again)| again.to_owned()),
        },
        "inconclusive" => Verdict::Inconclusive { reason },
        "not-applicable" => Verdict::NotApplicable { declaration: reason },
        "error" => Verdict::Error { reason },
        other => return Err(format!("{}: no verdict is called {other}", written.id)),
    })
}
