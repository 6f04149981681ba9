//! The reader core with one small change after the other, made by cargo-mutants: does certification alone notice?
//!
//! No test of the workspace runs. Each mutant is built into the smallest program of a reader, an example of
//! `cardwire-host`, and certified as anybody's reader is, until the first case fails. Mutants are drawn by a seed; those that don't
//! compile are no readers, and those that are recorded as sound have no fault: neither count, and others are drawn for them.

mod record;
mod sandbox;

use crate::{
    changes::{self, Mutant, drawn},
    copies,
    kept::Kept,
    workspace,
    workspace::Workspace,
};
use anyhow::{Result, bail, ensure};
pub(crate) use record::SCORE_MIN;
use record::{Record, Survivor};
use sandbox::{Sandbox, Tried};
use std::{sync::Mutex, thread};

/// What stands in the core's sources and is not on any line of a reader, so that no suite can see it: the simulator, on
/// which programs that write logic run it, and the energy account, which a reader tells its board alone.
const ON_NO_LINE: [&str; 2] = [
    "reference-reader/core/src/logic/simulator.rs",
    "reference-reader/core/src/modules/energy.rs",
];

/// How many faulty mutants make a sample.
pub(crate) const SAMPLE: usize = 150;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many mutants that compile, and are not recorded as sound, are tried
    #[arg(long, value_name = "N", default_value_t = SAMPLE)]
    sample: usize,
    /// What draws them
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Mutants at a time, each with a sandbox of its own
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    jobs: u8,
    /// Write the score and the survivors to conformance/mutants.toml; what it says of a survivor stays
    #[arg(long)]
    accept: bool,
}

/// Draws mutants and tries each that was not tried before.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mutants = drawn(&list(workspace)?, options.seed);
    ensure!(
        mutants.len() >= options.sample,
        "there are only {} mutants",
        mutants.len()
    );
    workspace::run(
        workspace
            .cargo()
            .args(["build", "--release", "--package", "cardwire-cli"]),
    )?;
    let before = Record::read(&workspace.root.join(Record::FILE))?;
    let results = Results::open(workspace)?;
    println!(
        "{} mutants of the core, {} tried before",
        mutants.len(),
        results.known().count()
    );
    let state = Mutex::new(State {
        next: 0,
        faulty: 0,
        results,
    });
    thread::scope(|scope| {
        let (mutants, before, state) = (&mutants, &before, &state);
        let workers: Vec<_> = (0..options.jobs)
            .map(|number| scope.spawn(move || work(workspace, options, mutants, before, state, number)))
            .collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => bail!("a sandbox could not be watched"),
        })
    })?;
    let State { results, .. } = state.into_inner().unwrap_or_else(|error| error.into_inner());
    conclude(workspace, options, &mutants, &before, &results)
}

/// The score as it is recorded: how many were noticed, and of how many; nothing where none is.
pub(crate) fn recorded(workspace: &Workspace) -> Result<Option<(usize, usize)>> {
    let record = Record::read(&workspace.root.join(Record::FILE))?;
    Ok(record.counts())
}

/// How far the draw has come.
struct State {
    next: usize,
    /// Of those that were drawn, how many compile and are not known to be sound.
    faulty: usize,
    results: Results,
}

fn work(
    workspace: &Workspace,
    options: &Options,
    mutants: &[Mutant],
    before: &Record,
    state: &Mutex<State>,
    number: u8,
) -> Result<()> {
    let mut sandbox: Option<Sandbox> = None;
    let lock = || state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    loop {
        let mutant = {
            let mut state = lock();
            if state.faulty >= options.sample {
                return Ok(());
            }
            let Some(mutant) = mutants.get(state.next) else {
                return Ok(());
            };
            state.next += 1;
            if let Some(tried) = state.results.of(&mutant.name) {
                state.faulty += usize::from(is_faulty(mutant, tried, before));
                continue;
            }
            // Counted as faulty until it shows that it is not: no more are begun than are wanted.
            state.faulty += 1;
            mutant
        };
        let sandbox = match &mut sandbox {
            Some(sandbox) => sandbox,
            none => none.insert(Sandbox::make(workspace, number)?),
        };
        let tried = sandbox.try_mutant(mutant)?;
        let mut state = lock();
        if !is_faulty(mutant, &tried, before) {
            state.faulty -= 1;
        }
        println!("{tried}  {}", mutant.name);
        state.results.add(&mutant.name, tried)?;
    }
}

/// Whether it counts: a reader that has a fault, as far as is known.
fn is_faulty(mutant: &Mutant, tried: &Tried, before: &Record) -> bool {
    match tried {
        Tried::NotViable => false,
        Tried::Killed(_) => true,
        Tried::Survived => !before.has_as_sound(&mutant.name),
    }
}

/// What came of the mutants that were drawn, as many as were wanted.
fn conclude(
    workspace: &Workspace,
    options: &Options,
    mutants: &[Mutant],
    before: &Record,
    results: &Results,
) -> Result<()> {
    let (mut viable, mut faulty, mut survivors) = (0, 0, Vec::new());
    for mutant in mutants {
        let Some(tried) = results.of(&mutant.name) else {
            continue;
        };
        if faulty == options.sample {
            break;
        }
        viable += usize::from(!matches!(tried, Tried::NotViable));
        faulty += usize::from(is_faulty(mutant, tried, before));
        if matches!(tried, Tried::Survived) {
            survivors.push(Survivor::new(&mutant.name));
        }
    }
    let record = Record::new(options.seed, viable, survivors).explained(before);
    println!("{record}");
    if options.accept {
        record.write(&workspace.root.join(Record::FILE))?;
        println!("wrote {}", Record::FILE);
    }
    record.judge()
}

/// All mutants of what a reader has of the core.
fn list(workspace: &Workspace) -> Result<Vec<Mutant>> {
    let mut mutants = changes::list(workspace, &["cardwire-core"])?;
    mutants.retain(|mutant| !ON_NO_LINE.contains(&mutant.file.as_str()));
    Ok(mutants)
}

/// What came of the mutants of this very core. Whatever a suite has noticed, one with more cases notices; what survived
/// is tried again when the suite has changed.
struct Results {
    lasting: Kept<Tried>,
    survived: Kept<Tried>,
}

impl Results {
    fn open(workspace: &Workspace) -> Result<Self> {
        let core = copies::digest(&workspace.root, &["reference-reader/core/src"])?;
        let suite = copies::digest(&workspace.root, &["conformance/src", "vectors/session"])?;
        let folder = workspace.target.join("core-mutants");
        Ok(Self {
            lasting: Kept::open(&folder.join(format!("core-{core:016x}.jsonl")))?,
            survived: Kept::open(&folder.join(format!("core-{core:016x}-suite-{suite:016x}.jsonl")))?,
        })
    }

    fn known(&self) -> impl Iterator<Item = (&String, &Tried)> {
        self.lasting.known.iter().chain(&self.survived.known)
    }

    fn of(&self, name: &str) -> Option<&Tried> {
        self.lasting
            .known
            .get(name)
            .or_else(|| self.survived.known.get(name))
    }

    fn add(&mut self, name: &str, tried: Tried) -> Result<()> {
        match tried {
            Tried::Survived => self.survived.add(name, tried),
            Tried::Killed(_) | Tried::NotViable => self.lasting.add(name, tried),
        }
    }
}
