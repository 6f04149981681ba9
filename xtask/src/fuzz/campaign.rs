//! A campaign: each target gets its time, some at once, and what comes of it is kept while it runs.

use super::{
    Places, afl, corpora,
    inputs::{Inputs, Target},
    libfuzzer::{self, Job},
    programs::{Engine, Programs, Sanitizer},
    results::{Outcome, Progress, Results},
    span,
};
use crate::workspace::Workspace;
use anyhow::{Result, bail, ensure};
use core::time::Duration;
use std::{
    collections::VecDeque,
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
    time::Instant,
};

/// What stands for every target.
pub(super) const ALL: &str = "all";

/// How much of each target the step of continuous integration tries.
const SHORT: Duration = Duration::from_secs(3);

/// How often a target that runs prints where it is.
const SAY: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How long each target is fuzzed, with what it was before: 60s, 10m, 2h
    #[arg(long = "for", value_name = "SPAN", default_value = "60s", value_parser = span::read)]
    span: Duration,
    /// Targets at a time
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// What drives them
    #[arg(long, value_enum, default_value_t = Engine::Libfuzzer)]
    engine: Engine,
    /// What watches their memory
    #[arg(long, value_enum, default_value_t = Sanitizer::None)]
    sanitizer: Sanitizer,
    /// Forget the time that targets have had, and begin again; corpora stay
    #[arg(long)]
    again: bool,
    /// Go on with a target whose property an input breaks
    #[arg(long)]
    keep_going: bool,
}

/// Fuzzes a target or all.
pub(super) fn run(workspace: &Workspace, target: &str, options: &Options) -> Result<()> {
    let inputs = Inputs::build(workspace)?;
    let name = (target != ALL).then_some(target);
    let targets = inputs.chosen(workspace, name)?;
    corpora::write_seeds(workspace, &inputs)?;
    let campaign = Campaign {
        programs: Programs::build(workspace, options.engine, options.sanitizer, name)?,
        places: Places::of(workspace),
        results: Results::open(workspace, options.engine, options.sanitizer),
        options: options.clone(),
    };
    let waiting = Mutex::new(targets.iter().collect::<VecDeque<_>>());
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs)
            .map(|_| scope.spawn(|| campaign.work(&waiting)))
            .collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => bail!("a target could not be watched"),
        })
    })?;
    let outcomes: Vec<_> = targets
        .iter()
        .map(|target| campaign.results.of(&target.name))
        .collect();
    table(&outcomes);
    conclude(workspace, &outcomes)
}

/// Builds the programs of [`short`].
pub(crate) fn build_short(workspace: &Workspace) -> Result<()> {
    Programs::build(workspace, Engine::Libfuzzer, Sanitizer::None, None).map(drop)
}

/// What continuous integration runs: every target builds, and runs for a moment.
pub(crate) fn short(workspace: &Workspace) -> Result<()> {
    let options = Options {
        span: SHORT,
        jobs: 2,
        engine: Engine::Libfuzzer,
        sanitizer: Sanitizer::None,
        again: true,
        keep_going: false,
    };
    run(workspace, ALL, &options)
}

/// Every target, and what is known of it.
pub(super) fn list(workspace: &Workspace) -> Result<()> {
    let inputs = Inputs::build(workspace)?;
    for Target { name, property } in inputs.targets(workspace)? {
        println!("{name:<14} {property}");
        for engine in [Engine::Libfuzzer, Engine::Afl] {
            for sanitizer in [Sanitizer::None, Sanitizer::Address] {
                let results = Results::open(workspace, engine, sanitizer);
                let Some(last) = results.last(&name) else { continue };
                let of_program = if results.of(&name) == last {
                    ""
                } else {
                    "  (of another program: it counts no more)"
                };
                println!(
                    "{:<14} {engine}, sanitizer {sanitizer}: {}{of_program}",
                    "",
                    line(&last)
                );
            }
        }
    }
    Ok(())
}

struct Campaign {
    programs: Programs,
    places: Places,
    results: Results,
    options: Options,
}

impl Campaign {
    fn work(&self, waiting: &Mutex<VecDeque<&Target>>) -> Result<()> {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(target) = next else {
                return Ok(());
            };
            self.fuzz(&target.name)?;
        }
    }

    /// Gives one target the rest of its time.
    fn fuzz(&self, target: &str) -> Result<()> {
        let mut outcome = self.results.of(target);
        if self.options.again {
            outcome = Outcome {
                target: outcome.target,
                engine: outcome.engine,
                sanitizer: outcome.sanitizer,
                program: outcome.program,
                ..Outcome::default()
            };
        }
        outcome.crashes = self.still(target)?;
        self.results.keep(&outcome)?;
        while outcome.spent() < self.options.span {
            if !outcome.crashes.is_empty() && !self.options.keep_going {
                break;
            }
            let found = self.go_on(&mut outcome)?;
            self.results.keep(&outcome)?;
            println!("{target:<14} {}", line(&outcome));
            if found == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Fuzzes until the time is over or something is found; how many inputs were.
    fn go_on(&self, outcome: &mut Outcome) -> Result<usize> {
        let target = outcome.target.clone();
        let program = self.programs.of(&target);
        let left = self.options.span.saturating_sub(outcome.spent());
        let (before, begin) = (outcome.clone(), Instant::now());
        let mut said = begin;
        let mut tell = |progress: Progress| {
            outcome.seconds = before.seconds + begin.elapsed().as_secs_f64();
            outcome.executions = before.executions + progress.executions;
            outcome.coverage = progress.coverage.max(outcome.coverage);
            outcome.corpus = progress.corpus.max(outcome.corpus);
            if said.elapsed() >= SAY {
                said = Instant::now();
                println!("{target:<14} {}", line(outcome));
            }
            // What can't be kept now is kept at the end, or told there.
            drop(self.results.keep(outcome));
        };
        let found = match self.options.engine {
            Engine::Libfuzzer => {
                let job = Job {
                    program: &program,
                    target: &target,
                    places: &self.places,
                    span: Some(left),
                };
                libfuzzer::run(&job, &mut tell)?.into_iter().collect()
            }
            Engine::Afl => afl::run(&program, &target, &self.places, left, &mut tell)?,
        };
        let known = outcome.crashes.len();
        outcome.crashes.extend(found);
        outcome.crashes.sort();
        outcome.crashes.dedup();
        Ok(outcome.crashes.len() - known)
    }

    /// Of the inputs that broke the property before, those that still do. The others go to the corpus.
    fn still(&self, target: &str) -> Result<Vec<PathBuf>> {
        let mut still = Vec::new();
        for file in corpora::files(&self.places.crashes(target))? {
            let program = self.programs.of(target);
            let mut command = match self.options.engine {
                Engine::Libfuzzer => libfuzzer::command(&program, target),
                Engine::Afl => afl::command(&program, target),
            };
            let output = command.arg(&file).output()?;
            if output.status.success() {
                let grown = self.places.grown(target);
                fs::create_dir_all(&grown)?;
                fs::rename(&file, grown.join(file.file_name().unwrap_or_default()))?;
            } else {
                still.push(file);
            }
        }
        Ok(still)
    }
}

fn line(outcome: &Outcome) -> String {
    let crashes = match outcome.crashes.len() {
        0 => String::new(),
        some => format!("  {some} CRASHES"),
    };
    format!(
        "{:>7.0} s {:>12} executions {:>9.0}/s {:>7} edges {:>6} inputs{crashes}",
        outcome.seconds,
        outcome.executions,
        outcome.per_second(),
        outcome.coverage,
        outcome.corpus
    )
}

fn table(outcomes: &[Outcome]) {
    println!();
    for outcome in outcomes {
        println!("{:<14} {}", outcome.target, line(outcome));
    }
}

/// Fails where a property does not hold, and says how to see it; and where a target has tried nothing.
fn conclude(workspace: &Workspace, outcomes: &[Outcome]) -> Result<()> {
    let mut findings = Vec::new();
    for outcome in outcomes {
        for crash in &outcome.crashes {
            let crash = crash.strip_prefix(&workspace.root).unwrap_or(crash);
            findings.push(format!(
                "{}: cargo xtask fuzz repro {}",
                outcome.target,
                crash.display()
            ));
        }
    }
    ensure!(
        findings.is_empty(),
        "{} inputs break a property; `cargo xtask fuzz triage` groups them, and these explain them:\n  {}",
        findings.len(),
        findings.join("\n  ")
    );
    let idle = outcomes.iter().find(|outcome| outcome.executions == 0);
    if let Some(idle) = idle {
        bail!("{} has tried no input at all", idle.target);
    }
    println!("no input breaks a property");
    Ok(())
}
