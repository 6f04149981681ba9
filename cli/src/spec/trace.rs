//! `cardwire spec trace`: from each requirement to the cases that check it, and the faulty products that those catch.

use crate::{
    failure::{Exit, Outcome},
    terminal::{Format, print, print_json, table},
};
use cardwire_conformance::{Counts, Level, Proof, Row, Subject, counts, findings, ledger};
use clap::ValueEnum;
use core::fmt::Write as _;
use serde_json::{Value, json};

/// How many names a cell shows.
const SHOWN: usize = 2;

/// The products that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Of {
    /// Readers
    Reader,
    /// Clients
    Client,
    /// Codecs
    Codec,
}

impl Of {
    const fn subject(self) -> Subject {
        match self {
            Self::Reader => Subject::Reader,
            Self::Client => Subject::Client,
            Self::Codec => Subject::Codec,
        }
    }
}

pub(super) fn run(format: Format, gaps: bool, of: Option<Of>) -> Outcome {
    let mut rows = ledger();
    let subjects = match of {
        Some(of) => vec![of.subject()],
        None => Subject::ALL.to_vec(),
    };
    if let [subject] = subjects[..] {
        rows = rows.iter().filter_map(|row| row.only(subject)).collect();
    }
    let shown: Vec<&Row<'_>> = rows.iter().filter(|row| !gaps || row.is_open()).collect();
    match format {
        Format::Text => print(text(&rows, &shown, gaps, &subjects)),
        Format::Json => print_json(&document(&rows, &shown, &subjects)),
    }
    let is_missed = |row: &Row<'_>| row.is_open() && row.requirement.level == Level::Must;
    Ok(if gaps && rows.iter().any(is_missed) {
        Exit::Failed
    } else {
        Exit::Done
    })
}

fn document(rows: &[Row<'_>], shown: &[&Row<'_>], subjects: &[Subject]) -> Value {
    let count = |level: Level| {
        let counts = counts(rows, level);
        let mut all = json!(counts);
        all["testable"] = json!(counts.testable());
        all["per_mille"] = json!(counts.per_mille());
        all
    };
    let found = |subject: &Subject| {
        let [cases, catching, faults, caught] = matrix(*subject);
        let found = json!({ "cases": cases, "catching": catching, "faults": faults, "caught": caught });
        (subject.name().to_owned(), found)
    };
    json!({
        "revision": cardwire_conformance::revision(),
        "counts": {
            "must": count(Level::Must),
            "should": count(Level::Should),
            "may": count(Level::May),
        },
        "subjects": subjects.iter().map(found).collect::<serde_json::Map<_, _>>(),
        "requirements": shown,
    })
}

fn text(rows: &[Row<'_>], shown: &[&Row<'_>], gaps: bool, subjects: &[Subject]) -> String {
    let mut text = if gaps { missing(shown) } else { all(shown) };
    if !text.is_empty() {
        text.push('\n');
    }
    let line = |level: Level| {
        let Counts {
            all,
            killed,
            unproven,
            gaps,
            not_testable,
            cloud,
        } = counts(rows, level);
        let numbers = [all, killed, unproven, gaps, not_testable, cloud].map(|count| count.to_string());
        [level.to_string()].into_iter().chain(numbers).collect()
    };
    let head = [
        "",
        "all",
        "killed",
        "unproven",
        "gaps",
        "not testable",
        "bind the cloud",
    ];
    text += &table(&head, Level::ALL.map(line));
    let line = |subject: &Subject| {
        let numbers = matrix(*subject).map(|count| count.to_string());
        [format!("{subject}s")].into_iter().chain(numbers).collect()
    };
    let head = ["", "cases", "catch a faulty one", "faulty ones", "caught"];
    text += "\n\n";
    text += &table(&head, subjects.iter().map(line));
    text += "\n";
    for level in [Level::Must, Level::Should] {
        // Writing to a text can't fail.
        let _ = write!(text, "\n{level}: {}", counts(rows, level));
    }
    text
}

/// Cases, those that catch a faulty product, faulty products, those that are caught.
fn matrix(subject: Subject) -> [usize; 4] {
    let found = findings(subject);
    let (cases, faults) = (found.cases.len(), found.faults.len());
    [
        cases,
        cases - found.idle().count(),
        faults,
        faults - found.missed().count(),
    ]
}

/// What is missing, each with its sentence.
fn missing(shown: &[&Row<'_>]) -> String {
    let mut text = String::new();
    for row in shown {
        let requirement = row.requirement;
        let _ = writeln!(
            text,
            "{} ({}): {}",
            requirement.id, requirement.chapter, row.proof
        );
        let _ = writeln!(text, "  {}", requirement.sentence);
        for subject in Subject::ALL {
            let checks = row.of(subject);
            if !checks.cases.is_empty() {
                let lacks = match checks.kills.is_empty() {
                    true => format!(", which catch no faulty {subject} at it"),
                    false => String::new(),
                };
                let _ = writeln!(
                    text,
                    "  {subject}s are checked by {}{lacks}",
                    checks.cases.join(", ")
                );
            }
        }
    }
    text
}

/// One line for each requirement, and one more for each further kind of product that is checked for it.
fn all(shown: &[&Row<'_>]) -> String {
    let mut lines: Vec<Vec<String>> = Vec::new();
    for row in shown {
        let mut own = vec![
            row.requirement.id.clone(),
            row.requirement.level.to_string(),
            row.proof.to_string(),
        ];
        let reason = row.requirement.not_testable.as_ref();
        if let (Some(reason), Proof::NotTestable) = (reason, row.proof) {
            own.extend([String::new(), reason.clone(), String::new()]);
            lines.push(own);
            continue;
        }
        let checked: Vec<_> = Subject::ALL
            .into_iter()
            .filter(|subject| !row.of(*subject).cases.is_empty())
            .collect();
        for subject in &checked {
            let checks = row.of(*subject);
            own.extend([subject.to_string(), names(&checks.cases), names(&checks.kills)]);
            lines.push(core::mem::replace(&mut own, vec![String::new(); 3]));
        }
        if checked.is_empty() {
            own.extend([const { String::new() }; 3]);
            lines.push(own);
        }
    }
    let head = ["requirement", "level", "verdict", "of", "cases", "faulty ones"];
    table(&head, lines) + "\n"
}

/// The first names, and how many more there are.
fn names(all: &[&str]) -> String {
    let shown = all[..all.len().min(SHOWN)].join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, +{more}"),
    }
}
