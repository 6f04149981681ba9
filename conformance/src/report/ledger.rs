//! The ledger in reports: what this run says of each requirement, and what is known of the cases that say it.

use crate::{
    case::Group,
    cases::sanity,
    ledger::{Proof, Row, Subject, counts, ledger},
    requirement::Level,
    run::Run,
    verdict::Verdict,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How bad the verdict of each case is. The sanity case runs under several ids, and is known by the first.
#[derive(Debug)]
pub(crate) struct Verdicts(BTreeMap<String, usize>);

impl<'v> FromIterator<(&'v str, bool, &'v Verdict)> for Verdicts {
    /// From ids, whether it is the sanity case, and verdicts.
    fn from_iter<I: IntoIterator<Item = (&'v str, bool, &'v Verdict)>>(cases: I) -> Self {
        let mut worst = BTreeMap::new();
        for (id, is_sanity, verdict) in cases {
            let id = if is_sanity { sanity::ID } else { id };
            let place = worst.entry(id.to_owned()).or_default();
            *place = verdict.severity().max(*place);
        }
        Self(worst)
    }
}

impl Verdicts {
    /// The worst verdict of a case; nothing where it was not run.
    fn of(&self, case: &str) -> Option<usize> {
        self.0.get(case).copied()
    }
}

impl From<&Run> for Verdicts {
    fn from(run: &Run) -> Self {
        let results = run.results.iter();
        results
            .map(|result| {
                let case = &result.case;
                (case.id.as_str(), case.group == Group::Sanity, &result.verdict)
            })
            .collect()
    }
}

/// Each requirement with the worst verdict of the cases of this run that check it.
pub(crate) fn rows(run: impl Into<Verdicts>) -> Vec<(Row<'static>, Option<&'static str>)> {
    rows_of(&run.into())
}

fn rows_of(verdicts: &Verdicts) -> Vec<(Row<'static>, Option<&'static str>)> {
    let judged = |row: Row<'static>| {
        let worst = row.reader.cases.iter().filter_map(|case| verdicts.of(case)).max();
        (row, worst.map(|worst| Verdict::NAMES[worst]))
    };
    ledger().into_iter().map(judged).collect()
}

/// The ledger as a list of JSON objects: `verdict` is this run's, `proof` says how far the suite is proven.
pub(crate) fn to_json(run: impl Into<Verdicts>) -> Vec<Value> {
    rows(run)
        .into_iter()
        .map(|(row, verdict)| {
            let requirement = row.requirement;
            json!({
                "id": requirement.id, "level": requirement.level, "sentence": requirement.sentence,
                "chapter": requirement.chapter, "cases": row.reader.cases, "kills": row.reader.kills,
                "not_testable": requirement.not_testable, "proof": row.proof, "verdict": verdict,
            })
        })
        .collect()
}

/// The ledger as the report for people shows it: the chapters in the order of the book, those with something to look at
/// open.
pub(crate) fn chapters(run: impl Into<Verdicts>) -> Vec<Value> {
    let verdicts = run.into();
    let mut rows = rows_of(&verdicts);
    rows.sort_by_key(|(row, _)| row.requirement.place());
    rows.chunk_by(|(one, _), (other, _)| one.requirement.chapter == other.requirement.chapter)
        .map(|rows| {
            let worst = rows
                .iter()
                .filter_map(|(_, verdict)| severity((*verdict)?))
                .max()
                .map(|worst| Verdict::NAMES[worst]);
            let open = rows.iter().filter(|(row, _)| row.is_open()).count();
            json!({
                "name": rows.first().map(|(row, _)| &row.requirement.chapter),
                "verdict": worst,
                "count": rows.len(),
                "open": open,
                "rows": rows.iter().map(|(row, verdict)| shown(&verdicts, row, *verdict)).collect::<Vec<_>>(),
            })
        })
        .collect()
}

/// How the requirements of each level stand, in one sentence each.
pub(crate) fn summary() -> Vec<String> {
    let rows = ledger();
    let told = |level| {
        let counts = counts(&rows, level);
        format!("of {} requirements with {level}, {counts}", counts.all)
    };
    Level::ALL.map(told).into()
}

fn shown(verdicts: &Verdicts, row: &Row<'_>, worst: Option<&str>) -> Value {
    let case = |case: &&str| json!({ "id": case, "verdict": verdicts.of(case).map(|severity| Verdict::NAMES[severity]) });
    // What this run has not shown is said by the proof: a gap is one whatever the device does.
    let others = row
        .cases()
        .map(|(subject, _)| subject)
        .find(|subject| *subject != Subject::Reader);
    let told = match (row.proof, worst, others) {
        (Proof::Gap, _, _) => "gap",
        (Proof::NotTestable, _, _) => "not testable",
        (Proof::Cloud, _, _) => "binds the cloud",
        (Proof::Killed | Proof::Unproven, Some(worst), _) => worst,
        (Proof::Killed | Proof::Unproven, None, Some(Subject::Client)) if row.reader.cases.is_empty() => {
            "of clients"
        }
        (Proof::Killed | Proof::Unproven, None, Some(Subject::Codec)) if row.reader.cases.is_empty() => {
            "of codecs"
        }
        (Proof::Killed | Proof::Unproven, None, _) => "not run",
    };
    json!({
        "id": row.requirement.id,
        "level": row.requirement.level.to_string(),
        "sentence": row.requirement.sentence,
        "not_testable": row.requirement.not_testable,
        "cases": row.reader.cases.iter().map(case).collect::<Vec<_>>(),
        "kills": row.reader.kills,
        "proof": row.proof.name(),
        "verdict": told,
        "class": worst.unwrap_or(if row.proof == Proof::Gap { "inconclusive" } else { "" }),
    })
}

fn severity(verdict: &str) -> Option<usize> {
    Verdict::NAMES.iter().position(|name| *name == verdict)
}
