//! A run: the program is started, every case is put to it, and what came out is kept.

use super::{
    case::Case,
    cases::{GENERATED, GENERATED_MAX},
    judge,
    plan::{is_left_out, plan},
    request::Request,
    run::{CaseResult, Description, Run},
};
use crate::{
    expected::{self, Expected},
    program::{Answer, Loss, Program},
    report,
    trace::Trace,
    verdict::Verdict,
};
use core::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{collections::BTreeMap, io, panic::catch_unwind, path::PathBuf, sync::Arc, time::Instant};

/// How long a program may take for one answer.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// How often a program may be lost before the run stops.
const LOSSES_MAX: u32 = 5;

/// What to test, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program and its arguments. No shell looks at them.
    pub command: Vec<String>,
    /// Patterns of case ids (`*` and `?`); a case that fits one of them runs, and its twin before it. Empty: all run.
    pub filter: Vec<String>,
    /// What the generated cases follow from.
    pub seed: u64,
    /// How many generated cases there are. Fewer than [`GENERATED`] certify nothing.
    pub generated: u32,
    /// How long the program may take for one answer.
    pub timeout: Duration,
    /// Failures that are known.
    pub expected: Vec<Expected>,
    /// The folder for the reports.
    pub report: Option<PathBuf>,
    /// Ends the run after the present case when it becomes true.
    pub stop: Arc<AtomicBool>,
}

impl Options {
    /// All cases, put to this program.
    #[must_use]
    pub fn new(command: Vec<String>) -> Self {
        Self {
            command,
            filter: Vec::new(),
            seed: 0,
            generated: GENERATED,
            timeout: TIMEOUT,
            expected: Vec::new(),
            report: None,
            stop: Arc::default(),
        }
    }
}

/// Sees a run as it goes on. Everything may be left out.
pub trait Progress {
    /// The run begins: so many cases.
    fn begin(&mut self, _cases: usize, _seed: u64) {}
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

/// Certifies the codec behind a program: puts the cases to it, writes the reports, and gives what came out.
///
/// # Errors
/// Patterns that fit no case or too many, a program that can't be started, reports that can't be written. Everything
/// that the program does wrong is in the [`Run`].
pub fn certify(options: &Options, progress: &mut dyn Progress) -> Result<Run, RunError> {
    check(options)?;
    let plan = plan(options)?;
    let ids = plan.iter().map(|case| case.id.as_str());
    expected::too_wide(&options.expected, ids).map_or(Ok(()), |why| Err(RunError::Usage(why)))?;
    let mut run = Run::new(options);
    write_report(options, &run)?;
    let mut program =
        Program::start(&options.command, options.timeout, options.stop.clone()).map_err(|source| {
            RunError::Program {
                program: options.command.first().cloned().unwrap_or_default(),
                source,
            }
        })?;
    let planned = plan.len();
    progress.begin(planned, options.seed);
    let mut stopped = match describe(&mut program) {
        Ok(description) => {
            run.description = Some(description);
            None
        }
        Err(seen) => Some(format!("the program does not answer `describe`: {seen}")),
    };
    let (mut passed, mut losses) = (BTreeMap::new(), 0);
    for case in plan {
        if options.stop.load(Ordering::Relaxed) {
            break;
        }
        let begun = Instant::now();
        let mut trace = Trace::new();
        let verdict = match why_not(&case, run.description.as_ref(), stopped.as_deref(), &passed) {
            Some(verdict) => verdict,
            None => match program.ask(|id| case.request.line(id), &mut |way, text| trace.text(way, text)) {
                Ok(answer) => judged(&case, &answer),
                Err(Loss { seen }) => {
                    losses += 1;
                    if losses == LOSSES_MAX {
                        stopped = Some(format!("the program was lost {losses} times"));
                    }
                    let finding = judge::finding(&case, seen);
                    Verdict::Fail { finding }
                }
            },
        };
        if options.stop.load(Ordering::Relaxed) {
            // What was seen meanwhile may be the stop itself.
            break;
        }
        passed.insert(case.id.clone(), verdict == Verdict::Pass);
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
    let results = run.results.iter();
    run.compared = expected::compare(
        &options.expected,
        results.map(|result| (result.case.id.as_str(), &result.verdict)),
        |pattern| is_left_out(options, pattern),
    );
    run.finish(planned);
    write_report(options, &run)?;
    progress.end(&run);
    Ok(run)
}

fn check(options: &Options) -> Result<(), RunError> {
    if options.command.is_empty() {
        return Err(RunError::Usage("no program is named".into()));
    }
    if options.generated > GENERATED_MAX {
        return Err(RunError::Usage(format!(
            "there can be {GENERATED_MAX} generated cases at most, not {}",
            options.generated
        )));
    }
    if options.timeout.is_zero() {
        return Err(RunError::Usage(
            "the program needs some time for an answer".into(),
        ));
    }
    Ok(())
}

/// What the program says of itself; else what was seen instead.
fn describe(program: &mut Program) -> Result<Description, String> {
    let answer = program
        .ask(|id| Request::Describe.line(id), &mut |_, _| {})
        .map_err(|Loss { seen }| seen)?;
    Description::of(&answer)
}

/// Why a case is not put to the program.
fn why_not(
    case: &Case,
    description: Option<&Description>,
    stopped: Option<&str>,
    passed: &BTreeMap<String, bool>,
) -> Option<Verdict> {
    if let Some(op) = case.request.op()
        && let Some(description) = description
        && !description.ops.contains(&op)
    {
        let declaration = format!("the program does not declare `{op}`");
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

fn judged(case: &Case, answer: &Answer) -> Verdict {
    // A tester that is at fault says so, and goes on with the next case.
    match catch_unwind(AssertUnwindSafe(|| judge::judge(case, answer))) {
        Ok(Ok(())) => Verdict::Pass,
        Ok(Err(finding)) => Verdict::Fail { finding },
        Err(_) => Verdict::Error {
            reason: "the case panicked".into(),
        },
    }
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
