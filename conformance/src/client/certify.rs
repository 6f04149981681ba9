//! A run: the program is started, every case is put to it, and what came out is kept.

use super::{
    bench::{Bench, Client, Ended},
    case::Case,
    cases::cases,
    judge::Once,
    request::{Op, Request},
    run::{CaseResult, Description, Run},
};
use crate::{
    glob,
    program::{Loss, Program},
    report,
    trace::Trace,
    verdict::{Finding, Stop, Verdict},
};
use cardwire_peers::Timers;
use core::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    panic::catch_unwind,
    path::PathBuf,
    sync::Arc,
    time::Instant,
};

/// How long a client may take for one answer of its upper tester.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// How often a program may be lost before the run stops.
const LOSSES_MAX: u32 = 10;

/// What to test, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program and its arguments. No shell looks at them.
    pub command: Vec<String>,
    /// Patterns of case ids (`*` and `?`); a case that fits one of them runs, and its twin before it. Empty: all run.
    pub filter: Vec<String>,
    /// What random values follow from.
    pub seed: u64,
    /// What the specification's timers are multiplied with, in the tester and in clients that can do it too.
    pub timeout_scale: f64,
    /// The folder for the reports.
    pub report: Option<PathBuf>,
    /// Ends the run after the present case when it becomes true.
    pub stop: Arc<AtomicBool>,
}

impl Options {
    /// All cases, put to the client behind this program.
    #[must_use]
    pub fn new(command: Vec<String>) -> Self {
        Self {
            command,
            filter: Vec::new(),
            seed: 0,
            timeout_scale: 1.0,
            report: None,
            stop: Arc::default(),
        }
    }
}

/// Sees a run as it goes on. Everything may be left out.
pub trait Progress {
    /// The run begins: so many cases.
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
    /// The program can't be started.
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
            Self::Program { .. } => 3,
            Self::Report { .. } => 4,
        }
    }
}

/// Certifies the client behind a program: plays reader and cloud, writes the reports, and gives what came out.
///
/// # Errors
/// Patterns that fit no case, a program that can't be started, reports that can't be written. Everything that the client
/// does wrong is in the [`Run`].
pub fn certify(options: &Options, progress: &mut dyn Progress) -> Result<Run, RunError> {
    if options.command.is_empty() {
        return Err(RunError::Usage("no program is named".into()));
    }
    let percent = percent(options.timeout_scale)?;
    let plan = plan(options)?;
    let mut run = Run::new(options);
    write_report(options, &run)?;
    let timeout = TIMEOUT.mul_f64(options.timeout_scale);
    let stop = Arc::clone(&options.stop);
    let mut program =
        Program::start(&options.command, timeout, stop).map_err(|source| RunError::Program {
            program: options.command.first().cloned().unwrap_or_default(),
            source,
        })?;
    let planned = plan.len();
    progress.begin(planned, options.seed);
    let mut stopped = describe(&mut program).map_or_else(
        |seen| Some(format!("the program does not answer `describe`: {seen}")),
        |description| {
            run.description = Some(description);
            None
        },
    );
    // A client that keeps the timers as they are is waited for as long as they say.
    let scales = run.description.as_ref().is_some_and(|client| client.scales);
    let timers = if scales {
        Timers::SPEC.scaled(percent)
    } else {
        Timers::SPEC
    };
    let (mut once, mut passed, mut losses) = (Once::default(), BTreeMap::new(), 0);
    for case in plan {
        if options.stop.load(Ordering::Relaxed) {
            break;
        }
        progress.case_begins(&case);
        let begun = Instant::now();
        let why_not = why_not(&case, run.description.as_ref(), stopped.as_deref(), &passed);
        let (verdict, trace) = match why_not {
            Some(verdict) => (verdict, Trace::new()),
            None => {
                let about = case.requirements.first().map_or("", String::as_str);
                let of = (options.seed, case.id.as_str(), about);
                let client = Client {
                    timers,
                    scale: options.timeout_scale,
                    formats: run
                        .description
                        .as_ref()
                        .map_or(&[], |description| &description.formats),
                };
                let bench = Bench::new(&mut program, client, of);
                let (verdict, lost, trace) = put(&case, bench, &mut once);
                losses += u32::from(lost);
                if losses == LOSSES_MAX && stopped.is_none() {
                    stopped = Some(format!("the program was lost {losses} times"));
                }
                (verdict, trace)
            }
        };
        let is_passed = matches!(verdict, Verdict::Pass | Verdict::NonStrict { .. });
        passed.insert(case.id.clone(), is_passed);
        let result = CaseResult {
            case,
            verdict,
            duration: begun.elapsed(),
            trace,
        };
        progress.case_ends(&result);
        run.results.push(result);
    }
    run.stopped = stopped;
    run.finish(planned);
    write_report(options, &run)?;
    progress.end(&run);
    Ok(run)
}

/// Puts a case to the client; its verdict, whether the program was lost, and what was seen.
fn put(case: &Case, mut bench: Bench<'_>, once: &mut Once) -> (Verdict, bool, Trace) {
    // A tester that is at fault says so, and goes on with the next case.
    let acted = catch_unwind(AssertUnwindSafe(|| (case.body)(&mut bench)));
    let acted = acted.unwrap_or_else(|_| Err(Stop::Error("the case panicked".into())));
    let Ended {
        closed,
        mut broken,
        missed,
        lost,
        panicked,
        tape,
    } = bench.end(once);
    let verdict = match (acted, broken.is_empty()) {
        // Whatever was seen says nothing of the client then.
        _ if panicked => closed.map_or_else(Verdict::from, |()| Verdict::Pass),
        (acted @ (Ok(()) | Err(Stop::Fail(_))), false) => {
            // What the case is about comes first: what it says by itself, or what the client sent against it.
            let about = |finding: &Finding| case.requirements.contains(&finding.requirement);
            let finding = match (broken.iter().position(about), acted) {
                (None, Err(Stop::Fail(finding))) => finding,
                (Some(at), _) => broken.swap_remove(at),
                (None, _) => broken.swap_remove(0),
            };
            Verdict::Fail { finding }
        }
        (acted, _) => match acted.and(closed) {
            Err(stop) => stop.into(),
            Ok(()) if missed.is_empty() => Verdict::Pass,
            Ok(()) => Verdict::NonStrict { findings: missed },
        },
    };
    let trace = core::mem::replace(&mut tape.lock().trace, Trace::new());
    (verdict, lost, trace)
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

/// The cases of a run in order: those that are wanted, and their twins, without which they say nothing.
fn plan(options: &Options) -> Result<Vec<Case>, RunError> {
    let mut all = cases().to_vec();
    if options.filter.is_empty() {
        return Ok(all);
    }
    let fits = |case: &&Case| {
        options
            .filter
            .iter()
            .any(|pattern| glob::matches(pattern, &case.id))
    };
    let mut ids: BTreeSet<String> = all.iter().filter(fits).map(|case| case.id.clone()).collect();
    if ids.is_empty() {
        let filter = options.filter.join(" ");
        return Err(RunError::Usage(format!("no case fits {filter}")));
    }
    // Twins stand before what hangs on them, and may have one themselves.
    for case in all.iter().rev() {
        if let Some(twin) = case.twin.as_ref().filter(|_| ids.contains(&case.id)) {
            ids.insert(twin.clone());
        }
    }
    all.retain(|case| ids.contains(&case.id));
    Ok(all)
}

/// What the program says of itself; else what was seen instead.
fn describe(program: &mut Program) -> Result<Description, String> {
    let answer = program
        .ask(|id| Request::describe().line(id), &mut |_, _| {})
        .map_err(|Loss { seen }| seen)?;
    Description::of(&answer)
}

/// Why a case is not put to the client.
fn why_not(
    case: &Case,
    description: Option<&Description>,
    stopped: Option<&str>,
    passed: &BTreeMap<String, bool>,
) -> Option<Verdict> {
    let undeclared = |op: &&Op| description.is_some_and(|description| !description.ops.contains(op));
    if let Some(op) = case.needs.iter().find(undeclared) {
        let declaration = format!("the upper tester does not declare `{op}`");
        return Some(Verdict::NotApplicable { declaration });
    }
    if let Some(reason) = stopped {
        let reason = reason.to_owned();
        return Some(Verdict::Inconclusive { reason });
    }
    let twin = case.twin.as_ref()?;
    (passed.get(twin) != Some(&true)).then(|| Verdict::Inconclusive {
        reason: format!("its positive twin has not passed: {twin}"),
    })
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
