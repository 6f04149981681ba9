//! What a run behind a program left in its report when it was broken off, so that it can go on: cases that have ended are
//! not run again.

use super::{CaseResult, Description, Head, Options, Run};
use crate::{
    certify::RunError,
    report::stored::{self, StoredCase},
    verdict::Verdict,
};
use chrono::DateTime;
use core::time::Duration;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The members of `report.json` that two parts of one run have in common, and what they are called in words.
const COMMON: [(&str, &str); 9] = [
    ("subject", "subject"),
    ("suite", "suite"),
    ("filter", "filter"),
    ("shard", "part"),
    ("only", "case"),
    ("seed", "seed"),
    ("generated", "number of generated cases"),
    ("timeout_scale", "scale of the timers"),
    ("ics", "ICS"),
];

/// The earlier part of a run.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    ended: BTreeSet<String>,
    /// What the program told of itself.
    told: Option<Value>,
}

/// Has a run begin with what is left of it in its report, where it goes on.
pub(super) fn go_on(run: &mut Run, options: &Options, plan: &[Head]) -> Result<Earlier, RunError> {
    if !options.resume {
        return Ok(Earlier::default());
    }
    let Some(folder) = &options.report else {
        return Err(RunError::Usage("a run without a report can't go on".into()));
    };
    from(run, folder, plan)
        .map_err(|why| RunError::Usage(format!("the run in {} can't go on: {why}", folder.display())))
}

fn from(run: &mut Run, folder: &Path, plan: &[Head]) -> Result<Earlier, String> {
    let document = stored::document(folder)?;
    let own = run.to_json();
    for (member, words) in COMMON {
        if document[member] != own[member] {
            let (its, ours) = (&document[member], &own[member]);
            return Err(format!("its {words} is {its}, and not {ours}"));
        }
    }
    let mut cases = stored::cases(&document)?;
    stored::with_traces(folder, &mut cases)?;
    // A case that never ran is run.
    cases.retain(|case| {
        !(matches!(case.verdict, Verdict::Inconclusive { .. }) && case.trace.entries.is_empty())
    });
    let mut cases: BTreeMap<_, _> = cases.into_iter().map(|case| (case.id.clone(), case)).collect();
    let results: Vec<_> = plan
        .iter()
        .filter_map(|head| Some(result(head, cases.remove(&head.id)?)))
        .collect();
    if results.len() == plan.len() {
        return Err("it has come to its end".into());
    }
    let started = document["started"].as_str().unwrap_or_default();
    run.started = DateTime::parse_from_rfc3339(started)
        .map_err(|error| format!("it began at {started}: {error}"))?
        .to_utc();
    let seconds = document["seconds"].as_f64().unwrap_or_default();
    run.before = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let ended = results.iter().map(|result| result.case.id.clone()).collect();
    run.results = results;
    Ok(Earlier {
        ended,
        told: Some(document[run.kind.name()].clone()),
    })
}

fn result(head: &Head, case: StoredCase) -> CaseResult {
    CaseResult {
        case: head.clone(),
        verdict: case.verdict,
        duration: case.duration,
        trace: case.trace,
    }
}

impl Earlier {
    /// Whether this case is not run again.
    pub(super) fn has_ended(&self, id: &str) -> bool {
        self.ended.contains(id)
    }

    /// Why a program that tells this of itself can't go on with the run of the other one.
    pub(super) fn is_another(&self, told: &Description) -> Option<String> {
        let before = self.told.as_ref().filter(|before| !before.is_null())?;
        let now = told.to_json();
        (*before != now).then(|| {
            format!("the program is {now}, and this run began with {before}: it can't go on with another one")
        })
    }
}
