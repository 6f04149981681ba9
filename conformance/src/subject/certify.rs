//! A run: the program is started, every case is put to it, and what came out is kept.

use super::{CaseResult, Description, Head, Kind, Options, Progress, Run, kept, with_twins};
use crate::{
    certify::{RunError, percent},
    expected, glob, lock,
    program::{Loss, Program},
    report::keeper::Keeper,
    trace::Trace,
    verdict::Verdict,
};
use core::{sync::atomic::Ordering, time::Duration};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

/// What is tested behind a program: which cases there are of it, and how one is put to it.
pub(crate) trait Subject {
    /// What it is.
    const KIND: Kind;
    /// How long the program may take for one answer.
    const TIMEOUT: Duration;
    /// How often the program may be lost before the run stops.
    const LOSSES_MAX: u32;
    /// A case of it.
    type Case;

    /// All cases that there are, in the order in which they run: what is right before what is wrong. Nothing is left out yet.
    fn cases(options: &Options) -> Vec<Self::Case>;
    /// What is common to all cases of this one.
    fn head(case: &Self::Case) -> Head;
    /// The request by which the program tells what it is.
    fn describe(id: u64) -> String;
    /// Why a case is not for a client or codec of which this is declared.
    fn unmet(case: &Self::Case, options: &Options, told: Option<&Description>) -> Option<String>;
    /// Puts a case to the program.
    fn put(&mut self, case: &Self::Case, program: &mut Program, options: &Options, told: &Description)
    -> Put;
}

/// How a case ended.
pub(crate) struct Put {
    pub(crate) verdict: Verdict,
    /// The program was ended, and has to be started anew.
    pub(crate) lost: bool,
    pub(crate) trace: Trace,
}

/// Certifies what is behind a program: puts the cases to it, writes the reports, and gives what came out.
///
/// Where the reports can't be written in the end, the run has been shown to [`Progress::end`] all the same.
pub(crate) fn certify<S: Subject>(
    subject: &mut S,
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Run, RunError> {
    let plan = plan::<S>(options)?;
    let _lock = lock::take_report(options.report.as_deref())?;
    let heads: Vec<_> = plan.iter().map(S::head).collect();
    let mut run = Run::new(S::KIND, options);
    let earlier = kept::go_on(&mut run, options, &heads)?;
    let mut keeper = Keeper::new(options.report.as_deref());
    if !options.resume {
        // Whoever looks for a report of this run finds no older one. A run that goes on has one already.
        keeper.write(|| run.sheet());
        keeper.result()?;
    }
    let timeout = S::TIMEOUT.mul_f64(options.timeout_scale);
    let started = Program::start(&options.command, timeout, Arc::clone(&options.stop));
    let mut program = started.map_err(|source| RunError::Program {
        program: options.command.first().cloned().unwrap_or_default(),
        source,
    })?;
    progress.begin(plan.len() - run.results.len(), options.seed);
    match describe::<S>(&mut program) {
        Ok(told) => {
            // What is claimed is looked at first.
            run.claims = options
                .ics
                .as_ref()
                .map(|ics| ics.contradicted_by(&told))
                .unwrap_or_default();
            run.description = Some(told);
        }
        Err(seen) => run.stopped = Some(format!("the program does not answer `describe`: {seen}")),
    }
    if let Some(why) = run.description.as_ref().and_then(|told| earlier.is_another(told)) {
        return Err(RunError::Usage(why));
    }
    let mut losses = 0;
    let mut passed: BTreeSet<String> = run.results.iter().filter_map(CaseResult::passed).collect();
    let planned = plan.len();
    for (case, head) in plan.into_iter().zip(heads) {
        if earlier.has_ended(&head.id) {
            continue;
        }
        if options.stop.load(Ordering::Relaxed) {
            break;
        }
        progress.case_begins(&head);
        let begun = Instant::now();
        let put = match (
            why_not::<S>(&case, &head, options, &run, &passed),
            &run.description,
        ) {
            (Some(verdict), _) => Put::not(verdict),
            (None, Some(told)) => put(subject, &case, &mut program, options, told),
            // Whatever does not describe itself has stopped the run.
            (None, None) => Put::not(inconclusive("the program has not told what it is")),
        };
        if options.stop.load(Ordering::Relaxed) {
            // What was seen meanwhile may be the stop itself.
            break;
        }
        losses += u32::from(put.lost);
        if losses >= S::LOSSES_MAX && run.stopped.is_none() {
            run.stopped = Some(format!("the program was lost {losses} times"));
        }
        let result = CaseResult {
            case: head,
            verdict: put.verdict,
            duration: begun.elapsed(),
            trace: put.trace,
        };
        progress.case_ends(&result);
        passed.extend(result.passed());
        run.push(result);
        keeper.write_if_due(|| run.sheet());
    }
    run.finish(run.results.len() == planned);
    run.compared = expected::compare(
        &options.expected,
        run.results
            .iter()
            .map(|result| (result.case.id.as_str(), &result.verdict)),
        |pattern| is_left_out::<S>(options, pattern),
    );
    run.compared
        .problems
        .splice(0..0, core::mem::take(&mut run.claims));
    keeper.write(|| run.sheet());
    progress.end(&run);
    keeper.result()?;
    Ok(run)
}

/// Puts a case to the program, and once more where it failed.
fn put<S: Subject>(
    subject: &mut S,
    case: &S::Case,
    program: &mut Program,
    options: &Options,
    told: &Description,
) -> Put {
    let first = subject.put(case, program, options, told);
    if !options.rerun_failed || first.lost || !matches!(first.verdict, Verdict::Fail { .. }) {
        return first;
    }
    let second = subject.put(case, program, options, told);
    if second.lost {
        // It failed both times, and that the program is gone says more.
        return second;
    }
    Put {
        verdict: first.verdict.confirmed_by(&second.verdict),
        lost: second.lost,
        trace: first.trace,
    }
}

impl Put {
    /// A case that was not put to the program.
    pub(crate) fn not(verdict: Verdict) -> Self {
        Self {
            verdict,
            lost: false,
            trace: Trace::new(),
        }
    }
}

fn inconclusive(reason: impl Into<String>) -> Verdict {
    let reason = reason.into();
    Verdict::Inconclusive { reason }
}

/// The cases of a run in order: those that are wanted, and their twins, without which they say nothing.
fn plan<S: Subject>(options: &Options) -> Result<Vec<S::Case>, RunError> {
    let usage = |why: String| Err(RunError::Usage(why));
    if options.command.is_empty() {
        return usage("no program is named".into());
    }
    percent(options.timeout_scale)?;
    let mut cases = S::cases(options);
    let heads: BTreeMap<_, _> = cases
        .iter()
        .map(S::head)
        .map(|head| (head.id.clone(), head))
        .collect();
    let wide = expected::too_wide(&options.expected, heads.keys().map(String::as_str));
    if let Some(why) = wide {
        return usage(why);
    }
    let order: Vec<_> = cases.iter().map(|case| S::head(case).id).collect();
    let twins = order.iter().map(|id| (id.as_str(), heads[id].twin.as_deref()));
    let chosen = with_twins(twins, &options.choice());
    if chosen.is_empty() {
        return usage(options.choice().why_empty());
    }
    cases.retain(|case| chosen.contains(&S::head(case).id));
    Ok(cases)
}

/// Whether a pattern stands for a case that this run leaves out because others were chosen.
fn is_left_out<S: Subject>(options: &Options, pattern: &str) -> bool {
    let choice = options.choice();
    let everything = Options {
        filter: vec![pattern.to_owned()],
        ..options.clone()
    };
    let mut fits = S::cases(&everything).into_iter().map(|case| S::head(&case).id);
    choice.is_part() && fits.any(|id| glob::matches(pattern, &id) && !choice.holds(&id))
}

/// What the program says of itself; else what was seen instead.
fn describe<S: Subject>(program: &mut Program) -> Result<Description, String> {
    let answer = program
        .ask(S::describe, &mut |_, _| {})
        .map_err(|Loss { seen }| seen)?;
    Description::of(S::KIND, &answer)
}

/// Why a case is not put to the program.
fn why_not<S: Subject>(
    case: &S::Case,
    head: &Head,
    options: &Options,
    run: &Run,
    passed: &BTreeSet<String>,
) -> Option<Verdict> {
    if let Some(declaration) = S::unmet(case, options, run.description.as_ref()) {
        return Some(Verdict::NotApplicable { declaration });
    }
    if let Some(reason) = &run.stopped {
        return Some(inconclusive(reason));
    }
    let twin = head.twin.as_ref()?;
    (!passed.contains(twin)).then(|| inconclusive(format!("its positive twin has not passed: {twin}")))
}
