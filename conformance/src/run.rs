//! What came out of a run.

use crate::{
    case::{Case, Group},
    certify::{Options, Station, is_mandatory},
    expected::Compared,
    ledger,
    model::Coverage,
    plan::{Place, Shard},
    report::{
        self, Outcome, outcome,
        sheet::{self, Fact, Row, Sheet, shell_word},
    },
    subject::{Choice, Kind},
    tester::Device,
    token::Token,
    trace::Trace,
    verdict::Verdict,
};
use cardwire_peers::Endpoint;
use chrono::{DateTime, Utc};
use core::time::Duration;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Instant};

/// The exit code of a program whose run was stopped, as shells have it of a program that Ctrl-C ends.
pub const INTERRUPTED: u8 = 130;

/// One case and how it ended.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The case.
    pub case: Case,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub duration: Duration,
    /// What it saw; the first time, where it was put to the device twice.
    pub trace: Trace,
    /// Which device it was put to, from 1.
    pub device: usize,
    /// The shortest sequence that still fails, as a session vector; of a case in which the model walks.
    pub vector: Option<String>,
}

/// A device of a run.
#[derive(Clone, Debug)]
pub struct Tested {
    /// Where it is, and what moves it.
    pub station: Station,
    /// What it told of itself.
    pub device: Device,
}

/// A run, whole or as far as it has come.
#[derive(Clone, Debug)]
pub struct Run {
    /// Where the first device was reached.
    pub endpoint: Endpoint,
    /// What it told of itself.
    pub device: Device,
    /// All devices, the first one included.
    pub devices: Vec<Tested>,
    /// What random values followed from.
    pub seed: u64,
    /// What the timers were multiplied with.
    pub timeout_scale: f64,
    /// How many times as fast as others the clocks of the devices ran.
    pub clock_rate: u16,
    /// The patterns that chose the cases.
    pub filter: Vec<String>,
    /// What the vendor claims of the devices, as its ICS says.
    pub ics: Option<Value>,
    /// What the laboratory knows of them, as its IXIT says, without secrets.
    pub ixit: Option<Value>,
    /// The part of the suite that ran.
    pub shard: Option<Shard>,
    /// The one case that ran.
    pub only: Option<String>,
    /// When it began.
    pub started: DateTime<Utc>,
    /// How long it took.
    pub duration: Duration,
    /// The cases in the order of the suite.
    pub results: Vec<CaseResult>,
    /// What the walks of the model have exercised.
    pub model: Coverage,
    /// What each result is sorted by.
    places: Vec<Place>,
    /// What devices told of themselves in an earlier part of this run.
    pub(crate) kind: Vec<Device>,
    /// How long earlier parts of this run took.
    pub(crate) before: Duration,
    pub(crate) compared: Compared,
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
            device: 1,
            vector: None,
        }
    }

    /// A case that is not for a device of which this is claimed.
    pub(crate) fn not_applicable(case: &Case, declaration: String) -> Self {
        let verdict = Verdict::NotApplicable { declaration };
        Self::new(case, verdict, Duration::ZERO, Trace::new())
    }

    /// A case that was not put to the device.
    pub(crate) fn without_run(case: &Case, reason: &str) -> Self {
        let verdict = Verdict::Inconclusive {
            reason: reason.to_owned(),
        };
        Self::new(case, verdict, Duration::ZERO, Trace::new())
    }
}

impl Tested {
    fn to_json(&self) -> Value {
        json!({ "endpoint": self.station.endpoint.to_string(), "device": self.device })
    }
}

impl Run {
    pub(crate) fn new(options: &Options) -> Self {
        let tested = |station: &Station| Tested {
            station: station.clone(),
            device: Device::default(),
        };
        Self {
            endpoint: options.stations[0].endpoint.clone(),
            device: Device::default(),
            devices: options.stations.iter().map(tested).collect(),
            seed: options.seed,
            timeout_scale: options.timeout_scale,
            clock_rate: options.clock_rate,
            filter: chosen(options),
            ics: options.ics.as_ref().map(|ics| ics.to_json()),
            ixit: options.ixit.as_ref().map(|ixit| ixit.to_json()),
            shard: options.shard,
            only: options.only.clone(),
            started: Utc::now(),
            duration: Duration::ZERO,
            results: Vec::new(),
            model: Coverage::default(),
            places: Vec::new(),
            kind: Vec::new(),
            before: Duration::ZERO,
            compared: Compared::default(),
            forms: form_options(options),
            finished: false,
            begun: Instant::now(),
        }
    }

    pub(crate) fn finish(&mut self, is_whole: bool) {
        self.finished = is_whole;
        self.duration = self.before + self.begun.elapsed();
    }

    /// Adds a result at its place.
    pub(crate) fn insert(&mut self, place: Place, result: CaseResult) {
        let at = self.places.partition_point(|other| *other <= place);
        self.places.insert(at, place);
        self.results.insert(at, result);
        self.duration = self.before + self.begun.elapsed();
    }

    /// Takes what a device has told of itself so far; whether it is now known what kind of device it is.
    pub(crate) fn tells(&mut self, device: usize, told: Device) -> bool {
        let Some(tested) = self.devices.get_mut(device - 1) else {
            return false;
        };
        let was_known = tested.device.software.is_some();
        tested.device = told;
        if let Some(first) = self.devices.first() {
            self.device.clone_from(&first.device);
        }
        !was_known && self.devices[device - 1].device.software.is_some()
    }

    /// Why a device that has told what it is may not be part of this run: the others, or those of an earlier part of it,
    /// are of another kind.
    pub(crate) fn is_another_kind(&self, device: usize) -> Option<String> {
        let Tested { station, device: own } = &self.devices[device - 1];
        if let Some(earlier) = self.kind.first()
            && !self.kind.iter().any(|earlier| earlier.is_like(own))
        {
            return Some(format!(
                "the device at {} is {own}, and this run began with {earlier}: it can't go on with another one",
                station.endpoint
            ));
        }
        let other = self
            .devices
            .iter()
            .find(|other| other.device.software.is_some() && !other.device.is_like(own))?;
        Some(format!(
            "the devices are not of one kind: at {} is {own}, and at {} {}",
            station.endpoint, other.station.endpoint, other.device
        ))
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

    /// What this run says of its device.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if !self.finished {
            return Outcome::Incomplete;
        }
        if !self.filter.is_empty() || self.shard.is_some() || self.only.is_some() {
            return Outcome::Partial;
        }
        let results = self.results.iter();
        let of_groups = results
            .clone()
            .map(|result| (result.case.group.name(), &result.verdict));
        let judged = results.map(|result| (result.case.level, &result.verdict));
        outcome::of_whole(
            outcome::every_group_ran(&Group::ALL.map(Group::name), of_groups),
            !self.problems().is_empty(),
            outcome::nothing_missing(judged),
            self.results.iter().all(|result| self.is_nothing_new(result)),
        )
    }

    /// A case that passed, or failed as expected.
    fn is_nothing_new(&self, result: &CaseResult) -> bool {
        match result.verdict {
            Verdict::Pass | Verdict::NonStrict { .. } | Verdict::NotApplicable { .. } => true,
            Verdict::Inconclusive { .. } => !is_mandatory(result.case.level),
            Verdict::Fail { .. } => self.is_expected(result),
            Verdict::Flaky { .. } | Verdict::Error { .. } => false,
        }
    }

    /// The exit code of a program that ends with this run: 0 where the device is certified, or where all failures are
    /// expected, or where all of the cases that were chosen are passed; 4 where the tester made an error;
    /// [`INTERRUPTED`] where the run was stopped; else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let is_passed = |result: &CaseResult| match result.verdict {
            // Chosen cases must say something.
            Verdict::Inconclusive { .. } => false,
            _ => self.is_nothing_new(result),
        };
        let all_passed = self.problems().is_empty() && self.results.iter().all(is_passed);
        outcome::exit_code(self.outcome(), self.count("error") > 0, all_passed)
    }

    /// How many cases ended with the verdict of this name.
    #[must_use]
    pub fn count(&self, verdict: &str) -> usize {
        sheet::count(self.results.iter().map(|result| &result.verdict), verdict)
    }

    /// The word that names one case and all that its run followed from.
    #[must_use]
    pub fn token(&self, case: &Case) -> Token {
        Token::new(&case.id, self.seed, self.timeout_scale, self.clock_rate)
    }

    /// The command that replays one case exactly, on the device that it was put to.
    #[must_use]
    pub fn replay(&self, result: &CaseResult) -> String {
        let tested = self.devices.get(result.device.saturating_sub(1));
        let station = tested.or(self.devices.first()).map(|tested| &tested.station);
        let endpoint = station.map_or(&self.endpoint, |station| &station.endpoint);
        format!(
            "cardwire certify reader {}{} --replay {}{}",
            shell_word(&endpoint.to_string()),
            self.forms,
            self.token(&result.case),
            station
                .map(|station| station.commands.options())
                .unwrap_or_default(),
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
            "subject": Kind::Reader.name(),
            "outcome": self.outcome().name(),
            "endpoint": self.endpoint.to_string(),
            "device": self.device,
            "devices": self.devices.iter().map(Tested::to_json).collect::<Vec<_>>(),
            "seed": self.seed,
            "timeout_scale": self.timeout_scale,
            "clock_rate": self.clock_rate,
            "filter": self.filter,
            "ics": self.ics,
            "ixit": self.ixit,
            "shard": self.shard.map(|shard| shard.to_string()),
            "only": self.only,
            "problems": self.problems(),
            "expected": self.compared.as_expected,
            "started": sheet::started_text(self.started),
            "seconds": self.duration.as_secs_f64(),
            "counts": sheet::counts(verdicts),
            "cases": self.cases_to_json(),
            "requirements": report::ledger::to_json(self),
            "model": self.model.to_json(),
            "vectors": self.vectors(),
        })
    }

    /// The shortest sequences that still fail, of cases in which the model walks.
    fn vectors(&self) -> Value {
        let found = self.results.iter().filter_map(|result| {
            let vector = result.vector.as_ref()?;
            Some(json!({ "case": result.case.id, "toml": vector }))
        });
        found.collect()
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
        if self.devices.len() > 1 {
            let ids = self
                .devices
                .iter()
                .map(|tested| tested.device.reader_id.as_deref());
            let ids: BTreeSet<_> = ids.flatten().collect();
            let ids: Vec<_> = ids.into_iter().collect();
            facts.push(Fact::text(
                "devices",
                format!("{} of one kind: {}", self.devices.len(), ids.join(", ")),
            ));
        }
        if self.clock_rate != 1 {
            facts.push(Fact::text(
                "clock of the device",
                format!(
                    "scaled: {} times as fast as that of a reader in the field",
                    self.clock_rate
                ),
            ));
        }
        let choice = Choice {
            filter: &self.filter,
            shard: self.shard,
            only: self.only.as_deref(),
        };
        facts.extend(choice.facts());
        Sheet {
            outcome: self.outcome(),
            facts,
            properties: vec![
                ("seed", self.seed.to_string()),
                ("endpoint", self.endpoint.to_string()),
            ],
            problems: self.problems(),
            started: self.started,
            duration: self.duration,
            groups: Group::ALL.map(Group::name).into(),
            rows: self.rows(),
            chapters: report::ledger::chapters(self),
            proof: report::ledger::summary(),
            document: self.to_json(),
        }
    }

    fn cases_to_json(&self) -> Vec<Value> {
        let rows = self.rows();
        let cases = rows.iter().zip(&self.results).map(|(row, result)| {
            let mut case = row.to_json();
            case["device"] = json!(result.device);
            if row.replay.is_some() {
                case["token"] = json!(self.token(&result.case).to_string());
            }
            case
        });
        cases.collect()
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
            replay: result.verdict.reason().map(|_| self.replay(result)),
        });
        rows.collect()
    }
}

/// What chose the cases; a run of given sequences is none of the suite.
fn chosen(options: &Options) -> Vec<String> {
    if options.sequences.is_empty() {
        options.filter.clone()
    } else {
        vec!["--sequence".into()]
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

#[cfg(test)]
mod tests;
