//! A run as a person sees it, whatever it tests: which case runs, what did not pass as soon as it has ended, all of it in the
//! end.

use super::Common;
use crate::{
    progress,
    terminal::{Format, print, print_json, say},
};
use cardwire_conformance::{Trace, Verdict};
use core::sync::atomic::{AtomicBool, Ordering};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Instant};

/// Shows a run as it goes on.
pub(super) struct Watch<'a> {
    progress: Option<progress::Progress>,
    cases: usize,
    begun: usize,
    since: Instant,
    pub(super) common: &'a Common,
    /// Ends the run where a case fails, if that is wanted.
    fail_fast: Option<Arc<AtomicBool>>,
    /// What a program is told in the end.
    document: Option<Value>,
}

/// How a case ended, of whatever subject.
pub(super) struct Told<'r> {
    pub(super) verdict: &'r Verdict,
    pub(super) trace: &'r Trace,
    /// It failed as a list says.
    pub(super) is_expected: bool,
}

impl<'a> Watch<'a> {
    /// From now on; `step` is what is done first.
    pub(super) fn new(step: &str, common: &'a Common, stop: &Arc<AtomicBool>) -> Self {
        Self {
            progress: Some(progress::Progress::begin(step)),
            cases: 0,
            begun: 0,
            since: Instant::now(),
            common,
            fail_fast: common.fail_fast.then(|| Arc::clone(stop)),
            document: None,
        }
    }

    pub(super) fn begin(&mut self, cases: usize, seed: u64) {
        self.cases = cases;
        say(format_args!("{cases} cases, seed {seed}"));
    }

    pub(super) fn case_begins(&mut self, id: &str) {
        self.begun += 1;
        if let Some(progress) = &self.progress {
            progress.step(&format!("case {} of {}: {id}", self.begun, self.cases));
        }
    }

    pub(super) fn case_ends(&mut self, id: &str, verdict: &Verdict, trace: &Trace) {
        let reason = verdict.reason().filter(|_| why_not_run(verdict, trace).is_none());
        if let (Some(reason), Some(progress)) = (reason, &self.progress) {
            progress.say(format_args!("{}: {id}: {reason}", verdict.name()));
        }
        if let (Some(stop), Verdict::Fail { .. } | Verdict::Error { .. }) = (&self.fail_fast, verdict) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// The run has ended: a person is told by `tell`, a program gets the document later.
    pub(super) fn end(&mut self, tell: impl FnOnce(&Path), document: impl FnOnce() -> Value) {
        self.progress = None;
        match self.common.format {
            Format::Text => tell(&self.common.report),
            Format::Json => self.document = Some(document()),
        }
    }

    /// How long the run has taken so far, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.since.elapsed().as_secs_f64()
    }

    /// What a program is told, where one asked for it and the run has ended.
    pub(super) fn take_document(&mut self) -> Option<Value> {
        self.document.take()
    }

    /// Tells a program what came out.
    pub(super) fn print_document(&mut self) {
        if let Some(document) = self.take_document() {
            print_json(&document);
        }
    }
}

/// Tells of all cases: the evidence of so many that did not pass, and the others by their number.
pub(super) fn tell<'r>(
    results: impl Iterator<Item = Told<'r>>,
    evidence: impl Fn(usize) -> Option<String>,
    most: usize,
    problems: &[String],
) {
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let (mut shown, mut more, mut expected) = (0, 0, 0);
    for (place, result) in results.enumerate() {
        expected += usize::from(result.is_expected);
        if let Some(reason) = why_not_run(result.verdict, result.trace) {
            *left_out.entry(reason).or_default() += 1;
        } else if let Some(evidence) = evidence(place).filter(|_| !result.is_expected) {
            if shown < most {
                print(evidence);
                shown += 1;
            } else {
                more += 1;
            }
        }
    }
    if more > 0 {
        print(format_args!(
            "and {more} more that did not pass; the report has them all\n"
        ));
    }
    for (reason, cases) in left_out {
        print(format_args!(
            "inconclusive  {cases} cases were not run: {reason}\n"
        ));
    }
    if expected > 0 {
        print(format_args!("{expected} cases failed as expected\n"));
    }
    for problem in problems {
        print(format_args!("problem  {problem}\n"));
    }
}

/// Why a case was not put to what is tested.
fn why_not_run(verdict: &Verdict, trace: &Trace) -> Option<String> {
    match verdict {
        // Reasons that differ by the case that they name are one.
        Verdict::Inconclusive { reason } if trace.entries.is_empty() => Some(group_of(reason).to_owned()),
        _ => None,
    }
}

/// A reason without the case that it names.
fn group_of(reason: &str) -> &str {
    match reason.find(TWIN) {
        Some(place) => &reason[..place + TWIN.len()],
        None => reason,
    }
}

/// What stands before the name of a twin.
const TWIN: &str = "its positive twin has not passed";
