//! What came out of a run behind a program.

use super::{Description, Head, Kind, Options, Parts as _, sheet};
use crate::{
    certify::is_mandatory,
    codec::GENERATED,
    expected::Compared,
    plan::Shard,
    report::{
        Outcome, Sheet, outcome,
        sheet::{count, shell_word, table},
    },
    token::Token,
    trace::Trace,
    verdict::Verdict,
};
use chrono::{DateTime, Utc};
use core::time::Duration;
use serde_json::Value;
use std::{collections::BTreeSet, time::Instant};

/// One case and how it ended.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The case.
    pub case: Head,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub duration: Duration,
    /// What went over the lines and through the program; the first time, where it was put to it twice.
    pub trace: Trace,
}

/// A run, whole or as far as it has come.
#[derive(Debug)]
pub struct Run {
    /// What was tested.
    pub kind: Kind,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What it told of the client or codec.
    pub description: Option<Description>,
    /// What is claimed of the client, as its ICS says.
    pub ics: Option<Value>,
    /// What random values and generated cases followed from.
    pub seed: u64,
    /// How many generated cases a codec got.
    pub generated: u32,
    /// What timers and patience were multiplied with.
    pub timeout_scale: f64,
    /// The patterns that chose the cases.
    pub filter: Vec<String>,
    /// The part of the suite that ran.
    pub shard: Option<Shard>,
    /// The one case that ran.
    pub only: Option<String>,
    /// Why the program was asked no more.
    pub stopped: Option<String>,
    /// When it began.
    pub started: DateTime<Utc>,
    /// How long it took.
    pub duration: Duration,
    /// The cases in the order in which they ran.
    pub results: Vec<CaseResult>,
    pub(super) compared: Compared,
    /// Claims that do not hold.
    pub(super) claims: Vec<String>,
    /// Cases were chosen: whatever came out certifies nothing.
    is_part: bool,
    /// The forms, as a command line names them.
    forms: String,
    /// How long earlier parts of this run took.
    pub(super) before: Duration,
    finished: bool,
    begun: Instant,
}

impl CaseResult {
    /// The id of the case, where it is passed, so that what hangs on it says something.
    pub(super) fn passed(&self) -> Option<String> {
        let is_passed = matches!(self.verdict, Verdict::Pass | Verdict::NonStrict { .. });
        is_passed.then(|| self.case.id.clone())
    }
}

impl Run {
    pub(super) fn new(kind: Kind, options: &Options) -> Self {
        let file = options.ics.as_ref().and_then(|ics| ics.file());
        let forms = file.map(|file| format!(" --ics {}", shell_word(&file.display().to_string())));
        Self {
            kind,
            command: options.command.clone(),
            description: None,
            ics: options.ics.as_ref().map(|ics| ics.to_json()),
            seed: options.seed,
            generated: options.generated,
            timeout_scale: options.timeout_scale,
            filter: options.filter.clone(),
            shard: options.shard,
            only: options.only.clone(),
            stopped: None,
            started: Utc::now(),
            duration: Duration::ZERO,
            results: Vec::new(),
            compared: Compared::default(),
            claims: Vec::new(),
            is_part: options.choice().is_part() || (kind == Kind::Codec && options.generated < GENERATED),
            forms: forms.unwrap_or_default(),
            before: Duration::ZERO,
            finished: false,
            begun: Instant::now(),
        }
    }

    /// Takes a result.
    pub(super) fn push(&mut self, result: CaseResult) {
        self.results.push(result);
        self.duration = self.before + self.begun.elapsed();
    }

    pub(super) fn finish(&mut self, is_whole: bool) {
        self.finished = is_whole;
        self.duration = self.before + self.begun.elapsed();
    }

    /// What fails the run beside its cases: claims of the ICS that do not hold, entries of the list of expected failures that
    /// are no longer right.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.compared.problems
    }

    /// Whether a case failed, and exactly as the list of expected failures says.
    #[must_use]
    pub fn is_expected(&self, result: &CaseResult) -> bool {
        self.compared.as_expected.contains(&result.case.id)
    }

    /// What this run says of its client or codec.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if !self.finished {
            return Outcome::Incomplete;
        }
        if self.is_part {
            return Outcome::Partial;
        }
        let results = self.results.iter();
        let of_groups = results.clone().map(|result| (result.case.group, &result.verdict));
        let judged = results.map(|result| (result.case.level, &result.verdict));
        outcome::of_whole(
            outcome::every_group_ran(&self.kind.mandatory(), of_groups),
            !self.problems().is_empty(),
            outcome::nothing_missing(judged),
            self.is_nothing_new(),
        )
    }

    /// The exit code of a program that ends with this run: 0 where client or codec are certified, or all failures are
    /// expected, or all of the cases that were chosen are passed; 4 where the tester made an error; [`INTERRUPTED`] where the
    /// run was stopped; else 1.
    ///
    /// [`INTERRUPTED`]: crate::INTERRUPTED
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        // A run that put nothing to the program is no success.
        let something_ran = self.results.iter().any(|result| outcome::ran(&result.verdict));
        let passed = something_ran && self.problems().is_empty() && self.is_nothing_new();
        outcome::exit_code(self.outcome(), self.count("error") > 0, passed)
    }

    /// Every case passed, failed as expected, or said nothing because its twin failed as expected.
    fn is_nothing_new(&self) -> bool {
        // What hangs on a case that said nothing for such a reason says nothing for the same one.
        let mut known: BTreeSet<&str> = self.compared.as_expected.iter().map(String::as_str).collect();
        self.results.iter().all(|result| match result.verdict {
            Verdict::Pass | Verdict::NonStrict { .. } | Verdict::NotApplicable { .. } => true,
            Verdict::Fail { .. } => self.is_expected(result),
            Verdict::Inconclusive { .. } => {
                let twin = result.case.twin.as_deref();
                let follows = self.stopped.is_none() && twin.is_some_and(|twin| known.contains(twin));
                if follows {
                    known.insert(&result.case.id);
                }
                follows || !is_mandatory(result.case.level)
            }
            Verdict::Flaky { .. } | Verdict::Error { .. } => false,
        })
    }

    /// How many cases ended with the verdict of this name.
    #[must_use]
    pub fn count(&self, verdict: &str) -> usize {
        count(self.results.iter().map(|result| &result.verdict), verdict)
    }

    /// The word that names one case and all that its run followed from.
    #[must_use]
    pub fn token(&self, case: &Head) -> Token {
        Token::new(&case.id, self.seed, self.timeout_scale, 1)
    }

    /// The command that replays one case exactly.
    #[must_use]
    pub fn replay(&self, case: &Head) -> String {
        let (kind, forms, token) = (self.kind, &self.forms, self.token(case));
        format!(
            "cardwire certify {kind}{forms} --replay {token} -- {}",
            self.program()
        )
    }

    /// The program and its arguments, as a shell takes them.
    pub(super) fn program(&self) -> String {
        let words: Vec<_> = self.command.iter().map(|word| shell_word(word)).collect();
        words.join(" ")
    }

    /// Verdicts by group, as a table for a terminal of any kind.
    #[must_use]
    pub fn table(&self) -> String {
        let cases = self.results.iter();
        let cases = cases.map(|result| (result.case.group, &result.verdict));
        table(&self.kind.groups(), cases, self.outcome())
    }

    /// The run as a JSON document, the content of `report.json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        sheet::document(self)
    }

    /// The run as reports show it.
    pub(crate) fn sheet(&self) -> Sheet<'_> {
        sheet::sheet(self)
    }
}
