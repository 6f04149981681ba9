//! A run: the devices are opened, every case is put to one of them, and what came out is kept.

use crate::{
    bench::BenchCommands,
    case::Case,
    expected::{self, Expected},
    ics::{Card, Information, Software, Statement},
    kept::{self, Kept},
    lock,
    plan::{Plan, Shard, is_left_out},
    requirement::Level,
    run::{CaseResult, Run},
    stage::Stage,
    tester::Bench,
    token::Token,
};
use cardwire_peers::{Endpoint, Identities, Timers};
use core::{sync::atomic::AtomicBool, time::Duration};
use std::{collections::BTreeSet, io, path::PathBuf, sync::Arc};

/// How long a device takes to boot at most, where nobody says.
const BOOT_TIME: Duration = Duration::from_secs(10);

/// What to test, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The devices, all of one kind; each case is put to one of them. At least one.
    pub stations: Vec<Station>,
    /// Patterns of case ids (`*` and `?`); a case that fits one of them runs. Empty: all of them run.
    pub filter: Vec<String>,
    /// Session vectors in TOML that run instead of the suite's own cases.
    pub sequences: Vec<String>,
    /// The part of the suite that runs; such a run certifies nothing before it is merged with the others.
    pub shard: Option<Shard>,
    /// Runs the case of this id exactly, and none beside it.
    pub only: Option<String>,
    /// What random values follow from; the same seed sends the same plaintexts, ids of jobs aside.
    pub seed: u64,
    /// What the tester's patience and the specification's timers are multiplied with, for lines and devices that are slow
    /// to reach.
    pub timeout_scale: f64,
    /// How many times as fast as others the clock of the devices runs: what the tester waits for on them comes as much
    /// sooner, and its patience for their answers stays what it is. 1, but for readers in a lab.
    pub clock_rate: u16,
    /// The folder for the reports.
    pub report: Option<PathBuf>,
    /// Goes on with the run whose report is there: cases that have ended are not run again.
    pub resume: bool,
    /// Failures that are known.
    pub expected: Vec<Expected>,
    /// Leaves out cases in which time must pass; such a run certifies nothing.
    pub skip_slow: bool,
    /// Goes on where the device does not even answer hello, so that every case says what it says.
    pub keep_going: bool,
    /// Puts a case that failed to the device once more, so that what does not always fail is told apart.
    pub rerun_failed: bool,
    /// Looks into what fails: walks are shrunk, and of combinations the parameters are found that cause it.
    pub explain: bool,
    /// How long a device takes at most from a reset until it answers hello.
    pub boot_time: Duration,
    /// What the devices are provisioned for; the published certification identity where it is left out.
    pub identities: Option<Identities>,
    /// What is known of the card in the first slot.
    pub card: Card,
    /// Two kinds of software that cases may install.
    pub software: Option<[Software; 2]>,
    /// What the vendor claims. Without, nothing is left out, but nothing is certified either.
    pub ics: Option<Arc<Statement>>,
    /// What the laboratory knows, for the report; [`Options::with`] puts it to use.
    pub ixit: Option<Arc<Information>>,
    /// Ends the run when it becomes true; the case that runs then says nothing. A run that can't go on sets it itself.
    pub stop: Arc<AtomicBool>,
}

/// Where a device is, and what moves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// Where it is reached.
    pub endpoint: Endpoint,
    /// The commands of its bench.
    pub commands: BenchCommands,
}

impl Options {
    /// All cases against the device at this endpoint.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self::of([Station::new(endpoint)])
    }

    /// All cases, shared by these devices.
    #[must_use]
    pub fn of(stations: impl IntoIterator<Item = Station>) -> Self {
        Self {
            stations: stations.into_iter().collect(),
            filter: Vec::new(),
            sequences: Vec::new(),
            shard: None,
            only: None,
            seed: 0,
            timeout_scale: 1.0,
            clock_rate: 1,
            report: None,
            resume: false,
            expected: Vec::new(),
            skip_slow: false,
            keep_going: false,
            rerun_failed: true,
            explain: true,
            boot_time: BOOT_TIME,
            identities: None,
            card: Card::default(),
            software: None,
            ics: None,
            ixit: None,
            stop: Arc::default(),
        }
    }

    /// The same, for the one case that a token names, as it ran then.
    #[must_use]
    pub fn replaying(self, token: &Token) -> Self {
        let Token {
            case,
            seed,
            timeout_scale,
            clock_rate,
        } = token.clone();
        Self {
            only: Some(case),
            seed,
            timeout_scale,
            clock_rate,
            ..self
        }
    }
}

impl Station {
    /// A device without anything that moves it.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            commands: BenchCommands::default(),
        }
    }
}

/// Sees a run as it goes on. Everything may be left out.
pub trait Progress {
    /// The run begins: so many cases, sanity cases included.
    fn begin(&mut self, _cases: usize, _seed: u64) {}
    /// A case begins.
    fn case_begins(&mut self, _case: &Case) {}
    /// A case has ended.
    fn case_ends(&mut self, _result: &CaseResult) {}
    /// The run has ended.
    fn end(&mut self, _run: &Run) {}
}

/// Nobody watches.
impl Progress for () {}

/// Why there is no run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// What was asked for can't be done by anybody.
    #[error("{0}")]
    Usage(String),
    /// The connection to the device can't be opened.
    #[error("the device at {endpoint} can't be reached: {source}")]
    Device {
        /// Where it should be.
        endpoint: Endpoint,
        /// What the system says.
        source: io::Error,
    },
    /// The program that a client or a codec is behind can't be started.
    #[error("the program `{program}` can't be started: {source}")]
    Program {
        /// Its name.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// The tester can't do its own work.
    #[error("the report in {} can't be written: {source}", path.display())]
    Report {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl RunError {
    /// The exit code of a program that ends with this error.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Device { .. } | Self::Program { .. } => 3,
            Self::Report { .. } => 4,
        }
    }
}

/// Certifies readers of one kind: runs the cases, writes the reports, and gives what came out.
///
/// Where the reports can't be written in the end, the run has been shown to [`Progress::end`] all the same.
///
/// # Errors
/// A filter that fits no case, a device that can't be reached or is in use, reports that can't be written, a run that
/// can't be resumed. Everything that a device does wrong is in the [`Run`].
pub fn certify(options: &Options, progress: &mut dyn Progress) -> Result<Run, RunError> {
    let benches = benches(options)?;
    let _locks = lock::take_all(options)?;
    let kept = kept::read(options)?;
    let ended = kept.as_ref().map(Kept::ended).unwrap_or_default();
    // Whether the options choose anything is seen without what has ended.
    let whole = Plan::of(options, &BTreeSet::new())?;
    let ids = whole.cases.iter().map(|planned| planned.case.id.as_str());
    if let Some(why) = expected::too_wide(&options.expected, ids) {
        return Err(RunError::Usage(why));
    }
    let plan = Plan::of(options, &ended)?;
    let mut run = Run::new(options);
    if let Some(kept) = kept {
        kept.go_on(&mut run);
    }
    Stage::new(options, &plan, progress).perform(&mut run, benches)?;
    Ok(run)
}

/// What comes of a list of expected failures.
pub(crate) fn compare(options: &Options, run: &mut Run) {
    let results = run.results.iter();
    let results = results.map(|result| (result.case.id.as_str(), &result.verdict));
    let is_left_out = |pattern: &str| is_left_out(options, pattern);
    run.compared = expected::compare(&options.expected, results, is_left_out);
}

fn benches(options: &Options) -> Result<Vec<Bench>, RunError> {
    if options.stations.is_empty() {
        return Err(RunError::Usage("no device is named".into()));
    }
    if options.clock_rate == 0 {
        return Err(RunError::Usage("a device's clock does not stand still".into()));
    }
    let timers = Timers::SPEC.scaled(percent(options.timeout_scale)?);
    let bench = |station| Bench::new(options, station, timers);
    Ok(options.stations.iter().map(bench).collect())
}

/// A factor of the timers in hundredths.
pub(crate) fn percent(scale: f64) -> Result<u32, RunError> {
    let percent = (scale * 100.0).round();
    if (1.0..=100_000.0).contains(&percent) {
        Ok(percent as u32)
    } else {
        Err(RunError::Usage(format!(
            "the timeouts can be scaled by 0.01 to 1000, not by {scale}"
        )))
    }
}

/// Whether an inconclusive case of this level keeps a device from being certified.
pub(crate) fn is_mandatory(level: Level) -> bool {
    level == Level::Must
}
