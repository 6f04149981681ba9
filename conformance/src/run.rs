//! What came out of a run.

use crate::{
    case::{Case, Group},
    cases::sanity,
    certify::{Options, is_mandatory},
    ledger::Row,
    report,
    requirement::requirement,
    tester::Device,
    trace::Trace,
    verdict::Verdict,
};
use cardwire_peers::Endpoint;
use chrono::{DateTime, SecondsFormat, Utc};
use comfy_table::{Cell, CellAlignment, Table, presets};
use core::time::Duration;
use serde_json::{Value, json};
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
    /// What it saw.
    pub trace: Trace,
}

/// What a run says of its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// At least one case ran in every group, none failed, none that is mandatory was inconclusive, the tester made no
    /// error.
    Certified,
    /// All cases ran, and something is missing.
    NotCertified,
    /// A part of the cases was chosen: whatever came out certifies nothing.
    Partial,
    /// The run was interrupted, or still goes on.
    Incomplete,
}

impl Outcome {
    /// The name, as reports write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certified => "certified",
            Self::NotCertified => "not-certified",
            Self::Partial => "partial",
            Self::Incomplete => "incomplete",
        }
    }

    /// The outcome in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Certified => "certified",
            Self::NotCertified => "not certified",
            Self::Partial => "partial run: certifies nothing",
            Self::Incomplete => "incomplete run: certifies nothing",
        }
    }
}

/// A run, whole or as far as it has come.
#[derive(Clone, Debug)]
pub struct Run {
    /// Where the device was reached.
    pub endpoint: Endpoint,
    /// What the device told of itself.
    pub device: Device,
    /// What random values followed from.
    pub seed: u64,
    /// What the timers were multiplied with.
    pub timeout_scale: f64,
    /// The patterns that chose the cases.
    pub filter: Vec<String>,
    /// When it began.
    pub started: DateTime<Utc>,
    /// How long it took.
    pub duration: Duration,
    /// The cases in the order in which they ran.
    pub results: Vec<CaseResult>,
    /// Options of the bench, as a command line states them.
    bench: String,
    finished: bool,
    begun: Instant,
}

impl CaseResult {
    pub(crate) fn new(case: &Case, verdict: Verdict, duration: Duration, trace: Trace) -> Self {
        Self {
            case: case.clone(),
            verdict,
            duration,
            trace,
        }
    }

    /// A case that was not put to the device.
    pub(crate) fn without_run(case: &Case, reason: &str) -> Self {
        let verdict = Verdict::Inconclusive {
            reason: reason.to_owned(),
        };
        Self::new(case, verdict, Duration::ZERO, Trace::new())
    }
}

impl Run {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            endpoint: options.endpoint.clone(),
            device: Device::default(),
            seed: options.seed,
            timeout_scale: options.timeout_scale,
            filter: options.filter.clone(),
            started: Utc::now(),
            duration: Duration::ZERO,
            results: Vec::new(),
            bench: bench_options(options),
            finished: false,
            begun: Instant::now(),
        }
    }

    pub(crate) fn finish(&mut self, planned: usize) {
        self.finished = self.results.len() == planned;
        self.duration = self.begun.elapsed();
    }

    /// What this run says of its device.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if !self.finished {
            return Outcome::Incomplete;
        }
        if !self.filter.is_empty() {
            return Outcome::Partial;
        }
        let ran = |verdict: &Verdict| {
            matches!(
                verdict,
                Verdict::Pass | Verdict::NonStrict { .. } | Verdict::Fail { .. }
            )
        };
        let every_group_ran = Group::ALL.iter().all(|group| {
            self.results
                .iter()
                .any(|result| result.case.group == *group && ran(&result.verdict))
        });
        let nothing_missing = self.results.iter().all(|result| match result.verdict {
            Verdict::Pass | Verdict::NonStrict { .. } | Verdict::NotApplicable { .. } => true,
            Verdict::Inconclusive { .. } => !is_mandatory(result.case.level),
            Verdict::Fail { .. } | Verdict::Error { .. } => false,
        });
        if every_group_ran && nothing_missing {
            Outcome::Certified
        } else {
            Outcome::NotCertified
        }
    }

    /// The exit code of a program that ends with this run: 0 where the device is certified, or where all of the cases
    /// that were chosen are passed; 4 where the tester made an error; else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.count("error") > 0 {
            return 4;
        }
        let is_passed = |verdict: &Verdict| {
            matches!(
                verdict,
                Verdict::Pass | Verdict::NonStrict { .. } | Verdict::NotApplicable { .. }
            )
        };
        let all_passed = self.results.iter().all(|result| is_passed(&result.verdict));
        match self.outcome() {
            Outcome::Certified => 0,
            Outcome::Partial if all_passed => 0,
            Outcome::Partial | Outcome::NotCertified | Outcome::Incomplete => 1,
        }
    }

    /// How many cases ended with the verdict of this name.
    #[must_use]
    pub fn count(&self, verdict: &str) -> usize {
        self.results
            .iter()
            .filter(|result| result.verdict.name() == verdict)
            .count()
    }

    /// The command that replays one case exactly.
    #[must_use]
    pub fn replay(&self, case: &Case) -> String {
        // The sanity case runs in every run, under several ids; it is chosen by its first one.
        let filter = if case.group == Group::Sanity {
            sanity::ID
        } else {
            case.id.as_str()
        };
        let scale = match self.timeout_scale {
            1.0 => String::new(),
            scale => format!(" --timeout-scale {scale}"),
        };
        let endpoint = shell_word(&self.endpoint.to_string());
        format!(
            "cardwire certify reader {endpoint} --filter {} --seed {}{scale}{}",
            shell_word(filter),
            self.seed,
            self.bench,
        )
    }

    /// Verdicts by group, as a table for a terminal of any kind.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        let head = ["group", "cases"].into_iter().chain(Verdict::NAMES);
        table.set_header(head.map(Cell::new));
        for group in Group::ALL {
            let of_group: Vec<_> = self
                .results
                .iter()
                .filter(|result| result.case.group == group)
                .collect();
            if of_group.is_empty() {
                continue;
            }
            let count = |name: &str| {
                of_group
                    .iter()
                    .filter(|result| result.verdict.name() == name)
                    .count()
            };
            table.add_row(row(group.name(), of_group.len(), count));
        }
        table.add_row(row("all", self.results.len(), |name| self.count(name)));
        let apart = match self.count("not-applicable") {
            0 => String::new(),
            1 => ", 1 case did not apply".into(),
            count => format!(", {count} cases did not apply"),
        };
        format!("{table}\n{}{apart}", self.outcome().words())
    }

    /// Each requirement of the book, with the worst verdict of the cases of this run that check it.
    #[must_use]
    pub fn ledger(&self) -> Vec<(Row<'static>, Option<&'static str>)> {
        report::ledger::rows(self)
    }

    /// The run as a JSON document, the content of `report.json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let counts: serde_json::Map<_, _> = Verdict::NAMES
            .iter()
            .map(|name| ((*name).to_owned(), json!(self.count(name))))
            .collect();
        json!({
            "suite": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "revision": crate::embedded::protocol().about.revision,
            },
            "outcome": self.outcome().name(),
            "endpoint": self.endpoint.to_string(),
            "device": self.device,
            "seed": self.seed,
            "timeout_scale": self.timeout_scale,
            "filter": self.filter,
            "started": self.started_text(),
            "seconds": self.duration.as_secs_f64(),
            "counts": counts,
            "cases": self.results.iter().map(|result| self.case_json(result)).collect::<Vec<_>>(),
            "requirements": report::ledger::to_json(self),
        })
    }

    /// When the run began, in RFC 3339.
    pub(crate) fn started_text(&self) -> String {
        self.started.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    fn case_json(&self, result: &CaseResult) -> Value {
        let CaseResult {
            case,
            verdict,
            duration,
            trace,
        } = result;
        let mut json = json!({
            "id": case.id, "group": case.group, "level": case.level, "title": case.title,
            "requirements": case.requirements, "verdict": verdict.name(),
            "milliseconds": duration.as_millis() as u64,
        });
        if let Some(reason) = verdict.reason() {
            json["reason"] = json!(reason);
            let sentence = |id: &str| requirement(id).map(|requirement| requirement.sentence.as_str());
            let findings = verdict.findings().iter().map(|finding| {
                json!({
                    "requirement": finding.requirement, "sentence": sentence(&finding.requirement),
                    "expected": finding.expected, "seen": finding.seen,
                })
            });
            json["findings"] = findings.collect();
            json["replay"] = json!(self.replay(case));
            json["trace"] = json!(trace);
        }
        json
    }
}

fn row(name: &str, cases: usize, count: impl Fn(&str) -> usize) -> Vec<Cell> {
    let number = |count: usize| Cell::new(count).set_alignment(CellAlignment::Right);
    let counts = Verdict::NAMES.iter().map(|verdict| number(count(verdict)));
    [Cell::new(name), number(cases)]
        .into_iter()
        .chain(counts)
        .collect()
}

/// The commands of the bench, as a command line states them.
fn bench_options(options: &Options) -> String {
    let Options {
        reset,
        remove_card,
        insert_card,
        ..
    } = options;
    let commands = [
        ("reset", reset),
        ("remove-card", remove_card),
        ("insert-card", insert_card),
    ];
    let words = |command: &[String]| {
        command
            .iter()
            .map(|word| shell_word(word))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let stated = commands
        .iter()
        .filter_map(|(name, command)| Some((name, command.as_ref()?)));
    stated
        .map(|(name, command)| format!(" --{name} {}", shell_word(&words(command))))
        .collect()
}

/// A word as a shell takes it.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+=,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
