//! What came out of a run.

mod sheet;

use super::{
    case::{Case, Group},
    cases::GENERATED,
    certify::{Options, TIMEOUT},
    request::Op,
};
use crate::{
    INTERRUPTED,
    expected::Compared,
    program::{Answer, shown},
    report::{
        Outcome, Sheet,
        sheet::{count, shell_word, table},
    },
    trace::Trace,
    verdict::Verdict,
};
use chrono::{DateTime, Utc};
use core::time::Duration;
use serde_json::Value;
use std::time::Instant;

/// One case and how it ended.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The case.
    pub case: Case,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub duration: Duration,
    /// Request and answer.
    pub trace: Trace,
}

/// What a program tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The codec's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What the program can do.
    pub ops: Vec<Op>,
}

impl Description {
    /// From the answer to `describe`; else what is wrong with that.
    pub(super) fn of(answer: &Answer) -> Result<Self, String> {
        let wrong = |what: &str| format!("{what}: {}", shown(&Value::Object(answer.clone()).to_string()));
        if answer.contains_key("error") {
            return Err(wrong("an error"));
        }
        let text = |name: &str| {
            let text = answer
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty());
            text.map(shown).ok_or_else(|| wrong(&format!("no `{name}`")))
        };
        let (name, version) = (text("name")?, text("version")?);
        let given = answer.get("ops").and_then(Value::as_array);
        let given = given.ok_or_else(|| wrong("no list `ops`"))?;
        let mut ops = Vec::new();
        for op in given {
            // A slip in a name must not leave out all the cases of what was meant.
            let known = Op::ALL
                .into_iter()
                .find(|known| op.as_str() == Some(known.name()));
            ops.push(known.ok_or_else(|| wrong(&format!("an op that there is not, {op}")))?);
        }
        Ok(Self { name, version, ops })
    }

    /// What the program does not declare.
    #[must_use]
    pub fn undeclared(&self) -> Vec<Op> {
        Op::ALL.into_iter().filter(|op| !self.ops.contains(op)).collect()
    }
}

/// A run, whole or as far as it has come.
#[derive(Debug)]
pub struct Run {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What the program told of itself.
    pub description: Option<Description>,
    /// What the generated cases followed from.
    pub seed: u64,
    /// How many of them there were.
    pub generated: u32,
    /// How long the program had for each answer.
    pub timeout: Duration,
    /// The patterns that chose the cases.
    pub filter: Vec<String>,
    /// Why the program was asked no more.
    pub stopped: Option<String>,
    /// When it began.
    pub started: DateTime<Utc>,
    /// How long it took.
    pub duration: Duration,
    /// The cases in the order in which they ran.
    pub results: Vec<CaseResult>,
    pub(super) compared: Compared,
    finished: bool,
    begun: Instant,
}

impl Run {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            command: options.command.clone(),
            description: None,
            seed: options.seed,
            generated: options.generated,
            timeout: options.timeout,
            filter: options.filter.clone(),
            stopped: None,
            started: Utc::now(),
            duration: Duration::ZERO,
            results: Vec::new(),
            compared: Compared::default(),
            finished: false,
            begun: Instant::now(),
        }
    }

    pub(super) fn finish(&mut self, planned: usize) {
        self.finished = self.results.len() == planned;
        self.duration = self.begun.elapsed();
    }

    /// What fails the run beside its cases: entries of the list of expected failures that are no longer right.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.compared.problems
    }

    /// Whether a case failed, and exactly as the list of expected failures says.
    #[must_use]
    pub fn is_expected(&self, result: &CaseResult) -> bool {
        self.compared.as_expected.contains(&result.case.id)
    }

    /// What this run says of its program.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if !self.finished {
            return Outcome::Incomplete;
        }
        if !self.filter.is_empty() || self.generated < GENERATED {
            return Outcome::Partial;
        }
        if !self.every_group_ran() || !self.problems().is_empty() {
            return Outcome::NotCertified;
        }
        let passed = |result: &CaseResult| {
            matches!(
                result.verdict,
                Verdict::Pass | Verdict::NonStrict { .. } | Verdict::NotApplicable { .. }
            )
        };
        if self.results.iter().all(passed) {
            Outcome::Certified
        } else if self.results.iter().all(|result| self.is_nothing_new(result)) {
            Outcome::AsExpected
        } else {
            Outcome::NotCertified
        }
    }

    /// In each mandatory group at least one case was put to the program.
    fn every_group_ran(&self) -> bool {
        let ran = |result: &&CaseResult| {
            matches!(
                result.verdict,
                Verdict::Pass | Verdict::NonStrict { .. } | Verdict::Fail { .. } | Verdict::Flaky { .. }
            )
        };
        Group::MANDATORY.iter().all(|group| {
            let mut ran = self.results.iter().filter(ran);
            ran.any(|result| result.case.group == *group)
        })
    }

    /// A case that passed, failed as expected, or said nothing because its twin failed as expected.
    fn is_nothing_new(&self, result: &CaseResult) -> bool {
        match result.verdict {
            Verdict::Pass | Verdict::NonStrict { .. } | Verdict::NotApplicable { .. } => true,
            Verdict::Fail { .. } => self.is_expected(result),
            Verdict::Inconclusive { .. } => {
                let twin = result.case.twin.as_ref();
                self.stopped.is_none() && twin.is_some_and(|twin| self.compared.as_expected.contains(twin))
            }
            Verdict::Flaky { .. } | Verdict::Error { .. } => false,
        }
    }

    /// The exit code of a program that ends with this run: 0 where the codec is certified, or where all failures are
    /// expected, or where all of the cases that were chosen are passed; 4 where the tester made an error; [`INTERRUPTED`]
    /// where the run was stopped; else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.count("error") > 0 {
            return 4;
        }
        let nothing_new =
            self.problems().is_empty() && self.results.iter().all(|result| self.is_nothing_new(result));
        // A run that put nothing to the program is no success.
        let something_ran = self.count("pass") > 0;
        match self.outcome() {
            Outcome::Certified | Outcome::AsExpected => 0,
            Outcome::Partial if nothing_new && something_ran => 0,
            Outcome::Partial | Outcome::NotCertified => 1,
            Outcome::Incomplete => INTERRUPTED,
        }
    }

    /// How many cases ended with the verdict of this name.
    #[must_use]
    pub fn count(&self, verdict: &str) -> usize {
        count(self.results.iter().map(|result| &result.verdict), verdict)
    }

    /// The command that replays one case exactly.
    #[must_use]
    pub fn replay(&self, case: &Case) -> String {
        let words: Vec<_> = self.command.iter().map(|word| shell_word(word)).collect();
        let scale = self.timeout.as_secs_f64() / TIMEOUT.as_secs_f64();
        let scale = if self.timeout == TIMEOUT {
            String::new()
        } else {
            format!(" --timeout-scale {scale}")
        };
        format!(
            "cardwire certify codec --case {} --seed {}{scale} -- {}",
            shell_word(&case.id),
            self.seed,
            words.join(" ")
        )
    }

    /// Verdicts by group, as a table for a terminal of any kind.
    #[must_use]
    pub fn table(&self) -> String {
        let cases = self.results.iter();
        let cases = cases.map(|result| (result.case.group.name(), &result.verdict));
        table(&Group::ALL.map(Group::name), cases, self.outcome())
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
