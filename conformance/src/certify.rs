//! A run: the device is opened, every case is put to it, and what came out is kept.

use crate::{
    case::{Case, Group, cases},
    cases::sanity,
    glob,
    ics::{Card, Information, Statement},
    report,
    requirement::Level,
    run::{CaseResult, Run},
    tester::{Bench, Tester},
    verdict::{Finding, Verdict},
};
use cardwire_peers::{Endpoint, Identities, Timers};
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{io, path::PathBuf, sync::Arc, time::Instant};

/// How often the reports are written while the run goes on, at most.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// How long a device takes to boot at most, where nobody says.
const BOOT_TIME: Duration = Duration::from_secs(10);

/// What to test, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the device is reached.
    pub endpoint: Endpoint,
    /// Patterns of case ids (`*` and `?`); a case that fits one of them runs. Empty: all of them run.
    pub filter: Vec<String>,
    /// What random values follow from; the same seed sends the same plaintexts.
    pub seed: u64,
    /// What the specification's timers are multiplied with, for lines and devices that are slow to reach.
    pub timeout_scale: f64,
    /// The folder for the reports.
    pub report: Option<PathBuf>,
    /// Leaves out cases in which time must pass; such a run certifies nothing.
    pub skip_slow: bool,
    /// Goes on where the device does not even answer hello, so that every case says what it says.
    pub keep_going: bool,
    /// Program and arguments that reset the device. Without, a device behind `exec:` is started anew, and other
    /// devices are not reset.
    pub reset: Option<Vec<String>>,
    /// Programs and arguments that pull the card out of the first slot and put it in again. Without, cases that need
    /// that do not apply.
    pub remove_card: Option<Vec<String>>,
    /// The other half of [`Options::remove_card`].
    pub insert_card: Option<Vec<String>>,
    /// Programs and arguments that take the supply away and give it back. Without, cases about power cuts do not apply.
    pub power_off: Option<Vec<String>>,
    /// The other half of [`Options::power_off`].
    pub power_on: Option<Vec<String>>,
    /// How long the device takes at most from a reset until it answers hello.
    pub boot_time: Duration,
    /// What the device is provisioned for; the published certification identity where it is left out.
    pub identities: Option<Identities>,
    /// What is known of the card in the first slot.
    pub card: Card,
    /// What the vendor claims. Without, nothing is left out, but nothing is certified either.
    pub ics: Option<Arc<Statement>>,
    /// What the laboratory knows, for the report; [`Options::with`] puts it to use.
    pub ixit: Option<Arc<Information>>,
    /// Ends the run after the present case when it becomes true.
    pub stop: Arc<AtomicBool>,
}

impl Options {
    /// All cases against the device at this endpoint.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            filter: Vec::new(),
            seed: 0,
            timeout_scale: 1.0,
            report: None,
            skip_slow: false,
            keep_going: false,
            reset: None,
            remove_card: None,
            insert_card: None,
            power_off: None,
            power_on: None,
            boot_time: BOOT_TIME,
            identities: None,
            card: Card::default(),
            ics: None,
            ixit: None,
            stop: Arc::default(),
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
            Self::Device { .. } => 3,
            Self::Report { .. } => 4,
        }
    }
}

/// Certifies the reader at an endpoint: runs the cases, writes the reports, and gives what came out.
///
/// # Errors
/// A filter that fits no case, a device that can't be reached, reports that can't be written. Everything that a device
/// does wrong is in the [`Run`].
pub fn certify(options: &Options, progress: &mut dyn Progress) -> Result<Run, RunError> {
    let plan = plan(options)?;
    let timers = Timers::SPEC.scaled(percent(options.timeout_scale)?);
    let bench = Bench::new(options, timers);
    let mut run = Run::new(options);
    write_report(options, &run)?;
    let identities = options.identities.clone();
    let identities = identities.unwrap_or_else(Identities::certification);
    let mut tester = Tester::open(bench, identities).map_err(|source| RunError::Device {
        endpoint: options.endpoint.clone(),
        source,
    })?;
    progress.begin(plan.len(), options.seed);

    let mut lost: Option<String> = None;
    let mut written = Instant::now();
    for case in &plan {
        if options.stop.load(Ordering::Relaxed) {
            break;
        }
        // Whoever ends a long run finds in the reports what had come out by then.
        if case.slow || written.elapsed() >= REPORT_EVERY {
            write_report(options, &run)?;
            written = Instant::now();
        }
        progress.case_begins(case);
        let left_out = options.skip_slow && case.slow;
        let result = match &lost {
            Some(why) if !options.keep_going => CaseResult::without_run(case, why),
            _ if left_out => CaseResult::without_run(case, "left out: time must pass in it"),
            _ => match does_not_apply(options, case) {
                Some(declaration) => CaseResult::not_applicable(case, declaration),
                None => run_case(case, &mut tester, options.seed),
            },
        };
        if case.group == Group::Sanity && matches!(result.verdict, Verdict::Fail { .. }) {
            let first = run.results.first();
            let was_sane = first.is_some_and(|first| first.verdict == Verdict::Pass);
            lost = lost
                .or_else(|| is_stranger(&result))
                .or_else(|| is_lost(&mut tester, case, was_sane));
        }
        progress.case_ends(&result);
        run.results.push(result);
        run.device.clone_from(&tester.device);
    }
    run.finish(plan.len());
    write_report(options, &run)?;
    progress.end(&run);
    Ok(run)
}

fn write_report(options: &Options, run: &Run) -> Result<(), RunError> {
    let Some(path) = &options.report else {
        return Ok(());
    };
    report::write(path, &run.sheet()).map_err(|source| RunError::Report {
        path: path.clone(),
        source,
    })
}

fn percent(scale: f64) -> Result<u32, RunError> {
    let percent = (scale * 100.0).round();
    if (1.0..=100_000.0).contains(&percent) {
        Ok(percent as u32)
    } else {
        Err(RunError::Usage(format!(
            "the timeouts can be scaled by 0.01 to 1000, not by {scale}"
        )))
    }
}

/// The cases that run, the sanity case before, between groups and after.
fn plan(options: &Options) -> Result<Vec<Case>, RunError> {
    let all = options.filter.is_empty();
    let wanted = |case: &&Case| {
        all || options
            .filter
            .iter()
            .any(|pattern| glob::matches(pattern, &case.id))
    };
    let chosen: Vec<&Case> = cases().iter().filter(wanted).collect();
    if chosen.is_empty() {
        let filter = options.filter.join(" ");
        return Err(RunError::Usage(format!("no case fits the filter {filter}")));
    }
    let mut plan = vec![sanity::case("")];
    for (index, case) in chosen.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| chosen[before].group);
        if let Some(before) = before.filter(|before| all && *before != case.group && *before != Group::Sanity)
        {
            plan.push(sanity::case(&format!("-after-{before}")));
        }
        if case.group != Group::Sanity {
            plan.push((*case).clone());
        }
    }
    plan.push(sanity::case("-at-the-end"));
    Ok(plan)
}

/// What the vendor states for which a case is not for this device.
fn does_not_apply(options: &Options, case: &Case) -> Option<String> {
    options.ics.as_ref()?.unmet(&case.needs)
}

fn run_case(case: &Case, tester: &mut Tester, seed: u64) -> CaseResult {
    let requirement = case.requirements.first().map_or("", String::as_str);
    tester.begin(seed, &case.id, requirement);
    let begun = Instant::now();
    let verdict = match tester.reset() {
        Ok(()) => {
            tester.check(requirement);
            case.run(tester)
        }
        Err(stop) => return CaseResult::new(case, stop.into(), begun.elapsed(), tester.trace.clone()),
    };
    let (duration, trace) = (begun.elapsed(), tester.trace.clone());
    if !matches!(verdict, Verdict::Pass | Verdict::NonStrict { .. }) {
        // It ended before its last step, maybe with a service that runs. What comes of it is the next case's matter.
        let _ = tester.reset().and_then(|()| tester.calm());
    }
    CaseResult::new(case, verdict, duration, trace)
}

/// Why a reader that refuses the first right connect is not asked a hundred times more.
fn is_stranger(result: &CaseResult) -> Option<String> {
    let refused =
        |finding: &Finding| finding.expected.contains("connect") && finding.seen.contains("refusal");
    result.verdict.findings().iter().any(refused).then(|| {
        "the reader refuses the published certification identity: provision it with \
         vectors/identities/certification.toml first"
            .into()
    })
}

/// Why a device that has failed the sanity case is not asked a hundred times more.
fn is_lost(tester: &mut Tester, case: &Case, was_sane: bool) -> Option<String> {
    let answers = tester.settle().is_ok() || (tester.reopen_link().is_ok() && tester.wake().is_ok());
    if !answers {
        return Some("the device does not answer hello any more".into());
    }
    // A reader in the making, which is not sane from the start, is told all that can be told of it.
    was_sane.then(|| {
        format!(
            "{} failed: the device is not what it was, and what comes would say nothing",
            case.id
        )
    })
}

/// Whether an inconclusive case of this level keeps a device from being certified.
pub(crate) fn is_mandatory(level: Level) -> bool {
    level == Level::Must
}
