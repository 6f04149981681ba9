//! `cardwire spec trace`: from each requirement to the cases that check it, and the faulty readers that those catch.

use crate::{
    failure::{Exit, Outcome},
    terminal::{Format, print, print_json, table},
};
use cardwire_conformance::{Counts, Level, Proof, Row, counts, ledger};
use core::fmt::Write as _;
use serde_json::json;

/// How many names a cell shows.
const SHOWN: usize = 2;

pub(super) fn run(format: Format, gaps: bool) -> Outcome {
    let rows = ledger();
    let shown: Vec<&Row<'_>> = rows.iter().filter(|row| !gaps || row.is_open()).collect();
    match format {
        Format::Text => print(text(&rows, &shown, gaps)),
        Format::Json => print_json(&json!({
            "revision": cardwire_conformance::revision(),
            "counts": {
                "must": counts(&rows, Level::Must),
                "should": counts(&rows, Level::Should),
                "may": counts(&rows, Level::May),
            },
            "requirements": shown,
        })),
    }
    let is_missed = |row: &Row<'_>| row.is_open() && row.requirement.level == Level::Must;
    Ok(if gaps && rows.iter().any(is_missed) {
        Exit::Failed
    } else {
        Exit::Done
    })
}

fn text(rows: &[Row<'_>], shown: &[&Row<'_>], gaps: bool) -> String {
    let mut text = String::new();
    if gaps {
        for row in shown {
            let requirement = row.requirement;
            // Writing to a text can't fail.
            let _ = writeln!(
                text,
                "{} ({}): {}",
                requirement.id, requirement.chapter, row.proof
            );
            let _ = writeln!(text, "  {}", requirement.sentence);
            if !row.cases.is_empty() {
                let _ = writeln!(text, "  checked by {}", row.cases.join(", "));
            }
        }
    } else {
        let line = |row: &&Row<'_>| {
            vec![
                row.requirement.id.clone(),
                row.requirement.level.to_string(),
                row.proof.to_string(),
                match &row.requirement.not_testable {
                    Some(reason) if row.proof == Proof::NotTestable => reason.clone(),
                    Some(_) | None => names(&row.cases),
                },
                names(&row.kills),
            ]
        };
        let head = ["requirement", "level", "verdict", "cases", "faulty readers"];
        let _ = writeln!(text, "{}", table(&head, shown.iter().map(line)));
    }
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
        } = counts(rows, level);
        let numbers = [all, killed, unproven, gaps, not_testable].map(|count| count.to_string());
        [level.to_string()].into_iter().chain(numbers).collect()
    };
    let head = ["", "all", "killed", "unproven", "gaps", "not testable"];
    text + &table(&head, Level::ALL.map(line))
}

/// The first names, and how many more there are.
fn names(all: &[&str]) -> String {
    let shown = all[..all.len().min(SHOWN)].join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, +{more}"),
    }
}
