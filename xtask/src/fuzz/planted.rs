//! Bugs planted in what the targets test, one at a time: do the targets find each?
//!
//! A seed draws them from the changes that cargo-mutants lists, some of each [`Class`] in turn, so that nobody picks those that are
//! found. Each is built in a copy of the workspace, as one program that is every target. The committed corpora are replayed first, which
//! takes seconds; then the targets fuzz in turn, one at a time in each copy, until one finds it or the time is over.

mod class;
mod record;
mod sandbox;

use super::{inputs::Inputs, page::PAGE, span};
use crate::{
    changes::{self, Mutant},
    copies,
    kept::Kept,
    workspace::Workspace,
};
use anyhow::{Result, bail, ensure};
use class::Class;
use core::time::Duration;
use record::{Bug, Record};
use sandbox::{Sandbox, Tried};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    thread,
};

/// What bugs are planted in.
const PACKAGES: [&str; 4] = [
    "cardwire-codec",
    "cardwire-core",
    "cardwire-store",
    "cardwire-peers",
];

/// Where they are.
const PLANTED_IN: [&str; 4] = [
    "codec/src",
    "reference-reader/core/src",
    "reference-reader/store/src",
    "peers/src",
];

/// What looks for them.
const LOOKS: [&str; 5] = [
    "fuzz/src",
    "fuzz/corpus",
    "fuzz/regressions",
    "fuzz/dictionaries",
    "conformance/src",
];

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How many bugs are to be found: as many are planted, and one more for each that is not found or does not compile
    #[arg(long, value_name = "N", default_value_t = 20)]
    count: usize,
    /// What draws them
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How long the targets look for each
    #[arg(long = "for", value_name = "SPAN", default_value = "10m", value_parser = span::read)]
    span: Duration,
    /// Bugs at a time, each in a copy of its own
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    jobs: u8,
    /// Print what is drawn, and try nothing
    #[arg(long)]
    list: bool,
    /// Write the record to fuzz/planted.toml and its table into fuzz/README.md; what it says of those not found stays
    #[arg(long)]
    accept: bool,
}

/// Plants bugs and has the targets look for each that was not tried before.
pub(super) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let before = Record::read(&workspace.root)?;
    let mut mutants = draw(&changes::list(workspace, &PACKAGES)?, options.seed);
    mutants.retain(|(_, mutant)| !before.is_sound(&mutant.name));
    if options.list {
        for (class, mutant) in mutants.iter().take(options.count) {
            println!("{class:<10} {}", mutant.name);
        }
        return Ok(());
    }
    let inputs = Inputs::build(workspace)?;
    let targets: Vec<String> = inputs
        .targets(workspace)?
        .into_iter()
        .map(|target| target.name)
        .collect();
    let state = Mutex::new(State {
        waiting: mutants.iter().collect(),
        found: 0,
        results: Results::open(workspace)?,
    });
    thread::scope(|scope| {
        let (targets, inputs, state) = (&targets, &inputs, &state);
        let workers: Vec<_> = (0..options.jobs)
            .map(|number| scope.spawn(move || work(workspace, options, inputs, targets, state, number)))
            .collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => bail!("a copy could not be watched"),
        })
    })?;
    let State { results, .. } = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    conclude(workspace, options, &mutants, &results, &before)
}

struct State<'m> {
    waiting: VecDeque<&'m (Class, Mutant)>,
    /// Those that were found, and those that are being looked for: no more are begun than are wanted.
    found: usize,
    results: Results,
}

fn work<'m>(
    workspace: &Workspace,
    options: &Options,
    inputs: &Inputs,
    targets: &[String],
    state: &Mutex<State<'m>>,
    number: u8,
) -> Result<()> {
    let mut sandbox: Option<Sandbox> = None;
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let mutant = {
            let mut state = lock();
            if state.found >= options.count {
                return Ok(());
            }
            let Some((_, mutant)) = state.waiting.pop_front() else {
                return Ok(());
            };
            if let Some(tried) = state.results.of(&mutant.name, options.span) {
                state.found += usize::from(tried.is_found());
                continue;
            }
            state.found += 1;
            mutant
        };
        let sandbox = match &mut sandbox {
            Some(sandbox) => sandbox,
            none => none.insert(Sandbox::make(workspace, inputs, targets, number)?),
        };
        println!("looking for {}", mutant.name);
        let tried = sandbox.try_mutant(workspace, mutant, options.span)?;
        let mut state = lock();
        if !tried.is_found() {
            state.found -= 1;
        }
        println!("{tried}  {}", mutant.name);
        state.results.add(&mutant.name, tried)?;
    }
}

/// Some of each class in turn, in the order in which the seed draws them.
fn draw(mutants: &[Mutant], seed: u64) -> Vec<(Class, Mutant)> {
    let mut drawn: Vec<VecDeque<_>> = Class::ALL.iter().map(|_| VecDeque::new()).collect();
    for mutant in changes::drawn(mutants, seed) {
        if let Some(class) = Class::of(&mutant)
            && let Some(place) = Class::ALL.iter().position(|other| *other == class)
        {
            drawn[place].push_back((class, mutant));
        }
    }
    let mut all = Vec::new();
    while drawn.iter().any(|left| !left.is_empty()) {
        all.extend(drawn.iter_mut().filter_map(VecDeque::pop_front));
    }
    all
}

/// What came of those that were drawn, up to the last that was wanted.
fn conclude(
    workspace: &Workspace,
    options: &Options,
    mutants: &[(Class, Mutant)],
    results: &Results,
    before: &Record,
) -> Result<()> {
    let mut found = 0;
    let mut bugs = Vec::new();
    for (class, mutant) in mutants {
        if found == options.count {
            break;
        }
        if let Some(tried) = results.of(&mutant.name, options.span) {
            found += usize::from(tried.is_found());
            bugs.extend(Bug::new(*class, &mutant.name, tried));
        }
    }
    ensure!(found == options.count, "only {found} bugs are found");
    let record = Record::new(options.seed, options.span, bugs).explained(before);
    println!("\n{}", record.table());
    if options.accept {
        record.write(&workspace.root)?;
        println!("wrote {} and the table in {PAGE}", Record::FILE);
    }
    record.judge()
}

/// What came of the bugs in these very sources. What was found once is found; who has found nothing looks again when there
/// is something new to look with, or more time.
struct Results {
    found: Kept<Tried>,
    not_found: Kept<Tried>,
}

impl Results {
    fn open(workspace: &Workspace) -> Result<Self> {
        let planted_in = copies::digest(&workspace.root, &PLANTED_IN)?;
        let there: Vec<_> = LOOKS
            .into_iter()
            .filter(|part| workspace.root.join(part).exists())
            .collect();
        let looks = copies::digest(&workspace.root, &there)?;
        let folder = workspace.target.join("fuzz/planted");
        Ok(Self {
            found: Kept::open(&folder.join(format!("{planted_in:016x}.jsonl")))?,
            not_found: Kept::open(&folder.join(format!("{planted_in:016x}-{looks:016x}.jsonl")))?,
        })
    }

    fn of(&self, name: &str, span: Duration) -> Option<&Tried> {
        let enough = |tried: &&Tried| match tried {
            Tried::NotViable => true,
            Tried::Found { seconds, .. } => *seconds <= span.as_secs_f64(),
            Tried::NotFound { seconds } => *seconds >= span.as_secs_f64(),
        };
        let all = [&self.found, &self.not_found];
        all.iter().find_map(|kept| kept.known.get(name)).filter(enough)
    }

    fn add(&mut self, name: &str, tried: Tried) -> Result<()> {
        match tried {
            Tried::NotFound { .. } => self.not_found.add(name, tried),
            Tried::Found { .. } | Tried::NotViable => self.found.add(name, tried),
        }
    }
}
