//! What an earlier part of a run has left in its report, so that the run can go on: cases that have ended are not run
//! again.
//!
//! A run that goes on is the same run: the same suite, the same choice of cases, seed and scales, and devices that tell
//! the same of themselves. Whatever a sanity case has found before stays found.

use crate::{
    case::{Case, Group, cases},
    cases::sanity,
    certify::{Options, RunError},
    plan::{Place, is_part_of},
    run::{CaseResult, Run},
    tester::Device,
    trace::{Entry, Trace},
    verdict::{Finding, Verdict},
};
use chrono::{DateTime, Utc};
use core::time::Duration;
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The members of `report.json` that two parts of one run have in common, and what they are called in words.
const COMMON: [(&str, &str); 7] = [
    ("suite", "suite"),
    ("filter", "filter"),
    ("shard", "part"),
    ("only", "case"),
    ("seed", "seed"),
    ("timeout_scale", "scale of the timers"),
    ("clock_rate", "rate of the device's clock"),
];

/// What is left of an earlier part of a run.
#[derive(Debug)]
pub(crate) struct Kept {
    started: DateTime<Utc>,
    before: Duration,
    devices: Vec<Device>,
    results: Vec<CaseResult>,
}

#[derive(Deserialize)]
struct Report {
    started: String,
    seconds: f64,
    devices: Vec<Tested>,
    cases: Vec<Ended>,
}

#[derive(Deserialize)]
struct Tested {
    device: Device,
}

#[derive(Deserialize)]
struct Ended {
    id: String,
    verdict: String,
    milliseconds: u64,
    device: usize,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Line {
    case: String,
    entry: Entry,
}

/// Reads the report of the run that goes on, where one does.
pub(crate) fn read(options: &Options) -> Result<Option<Kept>, RunError> {
    if !options.resume {
        return Ok(None);
    }
    let Some(folder) = &options.report else {
        return Err(RunError::Usage("a run without a report can't go on".into()));
    };
    let kept = of_folder(options, folder);
    kept.map(Some)
        .map_err(|why| RunError::Usage(format!("the run in {} can't go on: {why}", folder.display())))
}

fn of_folder(options: &Options, folder: &Path) -> Result<Kept, String> {
    let text = |name: &str| fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"));
    let strange = |error: serde_json::Error| format!("it is no report of this version: {error}");
    let document: Value = serde_json::from_str(&text("report.json")?).map_err(strange)?;
    let own = Run::new(options).to_json();
    for (member, words) in COMMON {
        if document[member] != own[member] {
            let (its, ours) = (&document[member], &own[member]);
            return Err(format!("its {words} is {its}, and not {ours}"));
        }
    }
    let report: Report = serde_json::from_value(document).map_err(strange)?;
    let mut traces: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for line in text("trace.jsonl")?.lines() {
        let Line { case, entry } = serde_json::from_str(line).map_err(strange)?;
        traces.entry(case).or_default().push(entry);
    }
    let result = |ended: Ended| {
        let trace = Trace::of(traces.remove(&ended.id).unwrap_or_default());
        ended.result(trace)
    };
    let kept = Kept {
        started: DateTime::parse_from_rfc3339(&report.started)
            .map_err(|error| format!("it began at {}: {error}", report.started))?
            .to_utc(),
        before: Duration::try_from_secs_f64(report.seconds).unwrap_or_default(),
        devices: report.devices.into_iter().map(|tested| tested.device).collect(),
        results: report.cases.into_iter().filter_map(result).collect(),
    };
    let is_whole = cases()
        .iter()
        .filter(|case| case.group != Group::Sanity && is_part_of(options, &case.id))
        .all(|case| kept.results.iter().any(|result| result.case.id == case.id));
    if is_whole {
        return Err("it has come to its end".into());
    }
    Ok(kept)
}

impl Ended {
    /// The result, unless the case is to be run again: it never was, or it is a sanity case that found nothing.
    fn result(self, trace: Trace) -> Option<CaseResult> {
        let case = self.case()?;
        let Self {
            verdict,
            milliseconds,
            device,
            reason,
            findings,
            ..
        } = self;
        let never_ran = verdict == "inconclusive" && trace.entries.is_empty();
        let found_nothing = sanity::is(&case.id) && findings.is_empty();
        if never_ran || found_nothing {
            return None;
        }
        Some(CaseResult {
            device,
            ..CaseResult::new(
                &case,
                Verdict::of_report(&verdict, reason, findings)?,
                Duration::from_millis(milliseconds),
                trace,
            )
        })
    }

    fn case(&self) -> Option<Case> {
        if sanity::is(&self.id) {
            let when = self.id.strip_prefix(sanity::ID)?;
            // It is no sanity case of the part that follows.
            let when = format!("{when}{BEFORE}");
            return Some(sanity::case(&when));
        }
        cases().iter().find(|case| case.id == self.id).cloned()
    }
}

/// What the ids of sanity cases of the earlier part end with.
const BEFORE: &str = "-before";

impl Kept {
    /// The ids of the cases that are not run again.
    pub(crate) fn ended(&self) -> BTreeSet<String> {
        self.results.iter().map(|result| result.case.id.clone()).collect()
    }

    /// Has a run begin with what is kept.
    pub(crate) fn go_on(self, run: &mut Run) {
        run.started = self.started;
        run.before = self.before;
        run.kind = self.devices;
        for result in self.results {
            let place = Place::of(&result.case.id);
            run.insert(place, result);
        }
    }
}

impl Verdict {
    /// The verdict that a report tells so.
    fn of_report(name: &str, reason: String, mut findings: Vec<Finding>) -> Option<Self> {
        let finding = |findings: &mut Vec<Finding>| findings.pop();
        Some(match name {
            "pass" => Self::Pass,
            "non-strict" => Self::NonStrict { findings },
            "not-applicable" => Self::NotApplicable { declaration: reason },
            "inconclusive" => Self::Inconclusive { reason },
            "error" => Self::Error { reason },
            "fail" => Self::Fail {
                finding: finding(&mut findings)?,
            },
            "flaky" => {
                let finding = finding(&mut findings)?;
                let again = reason.rsplit_once("; once more: ")?.1.to_owned();
                Self::Flaky { finding, again }
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_read_back_from_what_reports_say_of_them() {
        let finding = Finding {
            requirement: "CW-LINK-004".into(),
            expected: "a".into(),
            seen: "b; once more: c".into(),
        };
        let fail = Verdict::Fail {
            finding: finding.clone(),
        };
        let text = || String::from("why");
        for verdict in [
            Verdict::Pass,
            Verdict::NonStrict {
                findings: vec![finding.clone(), finding],
            },
            fail.clone(),
            fail.confirmed_by(&Verdict::Pass),
            Verdict::Inconclusive { reason: text() },
            Verdict::NotApplicable { declaration: text() },
            Verdict::Error { reason: text() },
        ] {
            let reason = verdict.reason().unwrap_or_default();
            let findings = verdict.findings().to_vec();
            let read = Verdict::of_report(verdict.name(), reason, findings);
            assert_eq!(read, Some(verdict));
        }
        assert_eq!(Verdict::of_report("good", text(), Vec::new()), None);
        assert_eq!(Verdict::of_report("fail", text(), Vec::new()), None);
    }
}
