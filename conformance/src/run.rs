//! What came out of a run.

use crate::{
    case::{Case, Group},
    cases::sanity,
    certify::{Options, is_mandatory},
    ledger,
    report::{
        self, Outcome,
        sheet::{self, Fact, Row, Sheet, shell_word},
    },
    tester::Device,
    trace::Trace,
    verdict::Verdict,
};
use cardwire_peers::Endpoint;
use chrono::{DateTime, Utc};
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
    /// What the vendor claims of the device, as its ICS says.
    pub ics: Option<Value>,
    /// What the laboratory knows of it, as its IXIT says, without secrets.
    pub ixit: Option<Value>,
    /// When it began.
    pub started: DateTime<Utc>,
    /// How long it took.
    pub duration: Duration,
    /// The cases in the order in which they ran.
    pub results: Vec<CaseResult>,
    /// Options of the bench, as a command line states them.
    bench: String,
    /// The forms, as a command line states them.
    forms: String,
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

impl CaseResult {
    /// A case that is not for a device of which this is claimed.
    pub(crate) fn not_applicable(case: &Case, declaration: String) -> Self {
        let verdict = Verdict::NotApplicable { declaration };
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
            ics: options.ics.as_ref().map(|ics| ics.to_json()),
            ixit: options.ixit.as_ref().map(|ixit| ixit.to_json()),
            started: Utc::now(),
            duration: Duration::ZERO,
            results: Vec::new(),
            bench: bench_options(options),
            forms: form_options(options),
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
            // No run of a reader has a list of expected failures.
            Outcome::Partial | Outcome::NotCertified | Outcome::AsExpected | Outcome::Incomplete => 1,
        }
    }

    /// How many cases ended with the verdict of this name.
    #[must_use]
    pub fn count(&self, verdict: &str) -> usize {
        sheet::count(self.results.iter().map(|result| &result.verdict), verdict)
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
            "cardwire certify reader {endpoint}{} --filter {} --seed {}{scale}{}",
            self.forms,
            shell_word(filter),
            self.seed,
            self.bench,
        )
    }

    /// Verdicts by group, as a table for a terminal of any kind.
    #[must_use]
    pub fn table(&self) -> String {
        let cases = self.results.iter();
        let cases = cases.map(|result| (result.case.group.name(), &result.verdict));
        sheet::table(&Group::ALL.map(Group::name), cases, self.outcome())
    }

    /// Each requirement of the book, with the worst verdict of the cases of this run that check it.
    #[must_use]
    pub fn ledger(&self) -> Vec<(ledger::Row<'static>, Option<&'static str>)> {
        report::ledger::rows(self)
    }

    /// The run as a JSON document, the content of `report.json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let verdicts = self.results.iter().map(|result| &result.verdict);
        json!({
            "suite": sheet::suite(),
            "outcome": self.outcome().name(),
            "endpoint": self.endpoint.to_string(),
            "device": self.device,
            "seed": self.seed,
            "timeout_scale": self.timeout_scale,
            "filter": self.filter,
            "ics": self.ics,
            "ixit": self.ixit,
            "started": sheet::started_text(self.started),
            "seconds": self.duration.as_secs_f64(),
            "counts": sheet::counts(verdicts),
            "cases": self.rows().iter().map(Row::to_json).collect::<Vec<_>>(),
            "requirements": report::ledger::to_json(self),
        })
    }

    /// The run as reports show it.
    pub(crate) fn sheet(&self) -> Sheet<'_> {
        let unknown = || String::from("unknown");
        let reader = self.device.reader_id.clone().unwrap_or_else(unknown);
        let device = match &self.device.software {
            Some(software) => format!("{reader}, {software}"),
            None => reader,
        };
        let mut facts = vec![
            Fact::text("device", device),
            Fact::text(
                "hardware",
                self.device.hardware_class.clone().unwrap_or_else(unknown),
            ),
            Fact::code("endpoint", self.endpoint.to_string()),
            Fact::text(
                "seed",
                match self.timeout_scale {
                    1.0 => self.seed.to_string(),
                    scale => format!("{}, timers × {scale}", self.seed),
                },
            ),
        ];
        if !self.filter.is_empty() {
            facts.push(Fact::code("filter", self.filter.join(" ")));
        }
        Sheet {
            outcome: self.outcome(),
            facts,
            properties: vec![
                ("seed", self.seed.to_string()),
                ("endpoint", self.endpoint.to_string()),
            ],
            problems: &[],
            started: self.started,
            duration: self.duration,
            groups: Group::ALL.map(Group::name).into(),
            rows: self.rows(),
            chapters: report::ledger::chapters(self),
            proof: report::ledger::summary(),
            document: self.to_json(),
        }
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let results = self.results.iter();
        let rows = results.map(|result| Row {
            id: &result.case.id,
            group: result.case.group.name(),
            level: result.case.level,
            title: &result.case.title,
            requirements: &result.case.requirements,
            verdict: &result.verdict,
            duration: result.duration,
            trace: &result.trace,
            replay: result.verdict.reason().map(|_| self.replay(&result.case)),
        });
        rows.collect()
    }
}

/// The forms, as a command line names them.
fn form_options(options: &Options) -> String {
    let ics = options.ics.as_ref().and_then(|ics| ics.file());
    let ixit = options.ixit.as_ref().and_then(|ixit| ixit.file());
    let stated = [("ics", ics), ("ixit", ixit)];
    let stated = stated.iter().filter_map(|(name, file)| Some((name, (*file)?)));
    stated
        .map(|(name, file)| format!(" --{name} {}", shell_word(&file.display().to_string())))
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
