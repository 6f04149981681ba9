//! What came out of a run.

mod sheet;

use super::{
    case::{Case, Group},
    certify::Options,
    request::Op,
};
use crate::{
    INTERRUPTED,
    program::{Answer, shown},
    report::{
        Outcome, Sheet,
        sheet::{count, shell_word, table},
    },
    requirement::Level,
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
    /// What went over the lines, and through the upper tester.
    pub trace: Trace,
}

/// What a program tells of its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The client's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What the upper tester can have it do.
    pub ops: Vec<Op>,
    /// The formats in which it offers services.
    pub formats: Vec<String>,
    /// It multiplies the specification's timers as it is told.
    pub scales: bool,
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
        let list = |name: &str| {
            let list = answer.get(name).and_then(Value::as_array);
            let texts =
                list.and_then(|list| list.iter().map(|text| text.as_str().map(str::to_owned)).collect());
            texts.ok_or_else(|| wrong(&format!("no list of names `{name}`")))
        };
        let given: Vec<String> = list("ops")?;
        let mut ops = Vec::new();
        for op in given {
            // A slip in a name must not leave out all the cases of what was meant.
            let known = Op::ALL.into_iter().find(|known| op == known.name());
            ops.push(known.ok_or_else(|| wrong(&format!("an op that there is not, {op}")))?);
        }
        if let Some(missing) = Op::MANDATORY.iter().find(|op| !ops.contains(op)) {
            return Err(wrong(&format!(
                "no `{missing}` in `ops`, without which there is nothing to test"
            )));
        }
        let formats: Vec<String> = list("formats")?;
        if formats.is_empty()
            || formats
                .iter()
                .any(|format| !["native", "cbor"].contains(&format.as_str()))
        {
            return Err(wrong("no formats, or others than native and cbor"));
        }
        Ok(Self {
            name: text("name")?,
            version: text("version")?,
            ops,
            formats,
            scales: answer.get("scales").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// What the upper tester does not declare.
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
    /// What it told of the client.
    pub description: Option<Description>,
    /// What random values followed from.
    pub seed: u64,
    /// What the timers were multiplied with.
    pub timeout_scale: f64,
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
    finished: bool,
    begun: Instant,
}

impl Run {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            command: options.command.clone(),
            description: None,
            seed: options.seed,
            timeout_scale: options.timeout_scale,
            filter: options.filter.clone(),
            stopped: None,
            started: Utc::now(),
            duration: Duration::ZERO,
            results: Vec::new(),
            finished: false,
            begun: Instant::now(),
        }
    }

    pub(super) fn finish(&mut self, planned: usize) {
        self.finished = self.results.len() == planned;
        self.duration = self.begun.elapsed();
    }

    /// What this run says of its client.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if !self.finished {
            return Outcome::Incomplete;
        }
        if !self.filter.is_empty() {
            return Outcome::Partial;
        }
        if self.every_group_passed() && self.results.iter().all(is_certifiable) {
            Outcome::Certified
        } else {
            Outcome::NotCertified
        }
    }

    fn every_group_passed(&self) -> bool {
        let passed =
            |result: &&CaseResult| matches!(result.verdict, Verdict::Pass | Verdict::NonStrict { .. });
        Group::ALL.iter().all(|group| {
            let mut passed = self.results.iter().filter(passed);
            passed.any(|result| result.case.group == *group)
        })
    }

    /// The exit code of a program that ends with this run: 0 where the client is certified, or where all of the cases
    /// that were chosen are passed; 4 where the tester made an error; else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.count("error") > 0 {
            return 4;
        }
        // A run that put nothing to the client is no success.
        let something_ran = self.count("pass") + self.count("non-strict") > 0;
        match self.outcome() {
            Outcome::Certified => 0,
            Outcome::Partial if something_ran && self.results.iter().all(is_certifiable) => 0,
            Outcome::Partial | Outcome::NotCertified | Outcome::AsExpected => 1,
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
        let scale = if self.timeout_scale == 1.0 {
            String::new()
        } else {
            format!(" --timeout-scale {}", self.timeout_scale)
        };
        format!(
            "cardwire certify client --case {} --seed {}{scale} -- {}",
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

/// A case that stands in nobody's way.
fn is_certifiable(result: &CaseResult) -> bool {
    match result.verdict {
        Verdict::Pass | Verdict::NonStrict { .. } | Verdict::NotApplicable { .. } => true,
        Verdict::Inconclusive { .. } => result.case.level != Level::Must,
        Verdict::Fail { .. } | Verdict::Flaky { .. } | Verdict::Error { .. } => false,
    }
}
