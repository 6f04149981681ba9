//! Two runs beside each other: what is better, worse, new and gone.

use super::stored::{self, StoredCase};
use core::fmt::{self, Write as _};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// How a case of the second run stands beside the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its verdict is worse.
    Worse,
    /// It failed in both, for another reason.
    Other,
    /// Its verdict is better.
    Better,
    /// Only the second run has it.
    New,
    /// Only the first run has it.
    Gone,
}

/// One case that is not the same in both runs.
#[derive(Clone, Debug)]
pub struct Difference {
    /// How it stands.
    pub change: Change,
    /// The case.
    pub case: String,
    /// Its verdict in the first run, and what it says.
    pub before: Option<(&'static str, Option<String>)>,
    /// The same in the second one.
    pub after: Option<(&'static str, Option<String>)>,
}

/// What became of a run's cases in another one.
#[derive(Debug)]
pub struct Differences {
    /// What differs beside the cases: suite, seed, and so on.
    pub notes: Vec<String>,
    /// What differs, the worst first.
    pub cases: Vec<Difference>,
    /// How many cases are the same.
    pub same: usize,
    outcomes: [String; 2],
}

/// A report that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: report.json: {what}", folder.display())]
pub struct DiffError {
    folder: PathBuf,
    what: String,
}

/// What the runs may differ in while their cases can still be compared.
const NOTED: [&str; 7] = [
    "suite",
    "seed",
    "generated",
    "timeout_scale",
    "device",
    "client",
    "codec",
];

/// Compares the report in a folder with one that came after it.
///
/// # Errors
/// A report that can't be read.
pub fn diff(before: &Path, after: &Path) -> Result<Differences, DiffError> {
    let (one, mut old) = read(before)?;
    let (two, new) = read(after)?;
    // All cases would be gone, and all be new.
    if one["subject"] != two["subject"] {
        let what = format!(
            "it is of a {}, and the other one of a {}",
            named(&two),
            named(&one)
        );
        return Err(DiffError {
            folder: after.into(),
            what,
        });
    }
    let note = |member: &&&str| one[**member] != two[**member];
    let notes = NOTED
        .iter()
        .filter(note)
        .map(|member| format!("{member}: {} and {}", one[*member], two[*member]));
    let (mut cases, mut same) = (Vec::new(), 0);
    for (id, after) in new {
        let before = old.remove(&id);
        match change(before.as_ref(), &after) {
            Some(change) => cases.push(Difference {
                change,
                case: id,
                before: before.as_ref().map(told),
                after: Some(told(&after)),
            }),
            None => same += 1,
        }
    }
    cases.extend(old.into_iter().map(|(case, before)| Difference {
        change: Change::Gone,
        case,
        before: Some(told(&before)),
        after: None,
    }));
    cases.sort_by_key(|difference| difference.change as u8);
    let outcome = |document: &Value| document["outcome"].as_str().unwrap_or("unknown").to_owned();
    Ok(Differences {
        notes: notes.collect(),
        cases,
        same,
        outcomes: [outcome(&one), outcome(&two)],
    })
}

fn named(document: &Value) -> &str {
    document["subject"].as_str().unwrap_or("thing unknown")
}

type Cases = BTreeMap<String, StoredCase>;

fn read(folder: &Path) -> Result<(Value, Cases), DiffError> {
    let wrong = |what| DiffError {
        folder: folder.into(),
        what,
    };
    let document = stored::document(folder).map_err(wrong)?;
    let cases = stored::cases(&document).map_err(wrong)?;
    let cases = cases.into_iter().map(|case| (case.id.clone(), case)).collect();
    Ok((document, cases))
}

fn told(case: &StoredCase) -> (&'static str, Option<String>) {
    (case.verdict.name(), case.verdict.reason())
}

fn change(before: Option<&StoredCase>, after: &StoredCase) -> Option<Change> {
    let Some(before) = before else {
        return Some(Change::New);
    };
    match after.verdict.severity().cmp(&before.verdict.severity()) {
        core::cmp::Ordering::Greater => Some(Change::Worse),
        core::cmp::Ordering::Less => Some(Change::Better),
        // What was seen may hold a random number; the requirement does not.
        core::cmp::Ordering::Equal => (broken(before) != broken(after)).then_some(Change::Other),
    }
}

fn broken(case: &StoredCase) -> Vec<&str> {
    let findings = case.verdict.findings().iter();
    findings.map(|finding| finding.requirement.as_str()).collect()
}

impl Change {
    /// The name, as documents write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Other => "other",
            Self::Better => "better",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

impl Differences {
    /// Whether something is worse than it was: a case that is gone says nothing any more, and a new one that fails is a
    /// failure.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.cases.iter().any(|difference| match difference.change {
            Change::Worse | Change::Other | Change::Gone => true,
            Change::Better => false,
            Change::New => difference
                .after
                .as_ref()
                .is_some_and(|(verdict, _)| !["pass", "non-strict", "not-applicable"].contains(verdict)),
        })
    }

    /// The differences as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let side = |side: &Option<(&str, Option<String>)>| {
            side.as_ref()
                .map(|(verdict, reason)| json!({ "verdict": verdict, "reason": reason }))
        };
        let cases = self.cases.iter().map(|difference| {
            json!({
                "case": difference.case, "change": difference.change.name(),
                "before": side(&difference.before), "after": side(&difference.after),
            })
        });
        json!({
            "worse": self.is_worse(), "outcomes": self.outcomes, "notes": self.notes, "same": self.same,
            "cases": cases.collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "the runs differ in {note}")?;
        }
        for Difference {
            change,
            case,
            before,
            after,
        } in &self.cases
        {
            let verdict = |side: &Option<(&str, Option<String>)>| {
                side.as_ref().map_or("none", |(verdict, _)| *verdict).to_owned()
            };
            let mut line = format!(
                "{:<7} {case}: {} -> {}",
                change.name(),
                verdict(before),
                verdict(after)
            );
            if let Some((_, Some(reason))) = after {
                let _ = write!(line, ": {reason}");
            }
            writeln!(f, "{line}")?;
        }
        let [before, after] = &self.outcomes;
        write!(
            f,
            "{before} -> {after}; {} cases are the same, {} differ",
            self.same,
            self.cases.len()
        )
    }
}
