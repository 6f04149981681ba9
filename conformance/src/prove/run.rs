//! The suite, put to all devices of a catalogue, side by side: each run mostly waits.

use super::{
    catalogue::{Catalogue, Fault, suite},
    device::{Bench, Forms, Outcome, Role},
    matrix::Matrix,
};
use crate::{cases::production, embedded, glob, ledger::Subject};
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
};

/// Known cases that are put to a fault, of a part of the matrix.
const NAMED_MAX: usize = 6;

/// How long a device may take for the cases that are drawn.
const BOUND: Duration = Duration::from_secs(45);

/// Which cases are put to which faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All of them to all of them.
    #[default]
    Whole,
    /// To each fault the cases that are known to catch it, and of all others one in so many, drawn by the seed.
    Part {
        /// One case in so many; none where it is left out.
        sample: Option<u32>,
    },
}

/// What is proven, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where what was found of each device is kept: a proof that was cut short goes on there.
    pub folder: PathBuf,
    /// The program that moves the card of a reader, where there is one: `PROGRAM card insert|remove --control SOCKET`.
    pub mover: Option<PathBuf>,
    /// What is claimed of readers, and known of their bench.
    pub forms: Forms,
    /// What random values, and the draw, follow from.
    pub seed: u64,
    /// Which cases are put to which faults.
    pub scope: Scope,
    /// Names of faults; empty: all of them.
    pub faults: Vec<String>,
    /// Patterns of case ids (`*` and `?`); empty: all of them.
    pub cases: Vec<String>,
    /// Of these cases only those that the evidence shows to catch nothing yet; there is evidence of readers alone.
    pub unproven: bool,
    /// Cases in which time must pass run with every fault, not only with those that no other case can see.
    pub slow: bool,
    /// Runs at a time.
    pub workers: usize,
    /// Begins no further device once it becomes true.
    pub stop: Arc<AtomicBool>,
}

impl Options {
    /// The whole proof, which keeps what it finds in this folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            mover: None,
            forms: Forms::default(),
            seed: 0,
            scope: Scope::Whole,
            faults: Vec::new(),
            cases: Vec::new(),
            unproven: false,
            slow: false,
            workers: thread::available_parallelism().map_or(2, Into::into) * 4,
            stop: Arc::default(),
        }
    }
}

/// Sees a proof as it goes on. Everything may be left out.
pub trait Progress: Sync {
    /// It begins: so many devices, of which so many were done before.
    fn begin(&self, _devices: usize, _done: usize) {}
    /// A device has been judged.
    fn device_ends(&self, _name: &str, _outcome: &Outcome) {}
}

/// Nobody watches.
impl Progress for () {}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// What was asked for can't be done by anybody.
    #[error("{0}")]
    Usage(String),
    /// What is found can't be kept.
    #[error("{} can't be written: {source}", path.display())]
    Keep {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It was stopped before it was done.
    #[error("the proof was stopped with {done} of {devices} devices done")]
    Stopped {
        /// Devices that were judged.
        done: usize,
        /// All of them.
        devices: usize,
    },
}

/// What is kept of a device.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// What it was found with.
    key: String,
    outcome: Outcome,
}

/// One device, and the cases that are put to it; all of them where there are none.
struct Plan<'c> {
    role: Role<'c>,
    filter: Vec<String>,
    /// Cases that are drawn beside them; a device that takes very long for them is not waited for.
    drawn: Vec<String>,
    slow: bool,
    over_tcp: bool,
    production: bool,
}

/// Puts the suite to the devices of a catalogue.
///
/// # Errors
/// Names that there are not, a folder that can't be written to, and being stopped. What is wrong with suite or
/// devices is in the [`Matrix`].
pub fn prove(
    catalogue: &Catalogue,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Matrix, ProveError> {
    let plans = plans(catalogue, options)?;
    let folder = options.folder.join(catalogue.kind.name());
    let keep = |path: &Path, source| ProveError::Keep {
        path: path.to_owned(),
        source,
    };
    fs::create_dir_all(&folder).map_err(|source| keep(&folder, source))?;
    let programs = programs(catalogue);
    let (mut outcomes, mut queue) = (BTreeMap::new(), Vec::new());
    for plan in &plans {
        let key = key(&programs, options, plan);
        match kept(&folder, plan.role.name(), &key) {
            Some(outcome) => drop(outcomes.insert(plan.role.name().to_owned(), outcome)),
            None => queue.push((plan, key)),
        }
    }
    progress.begin(plans.len(), outcomes.len());
    // The longest runs come first, so that none of them is waited for at the end.
    queue.sort_by_key(|(plan, _)| !(plan.slow || plan.role == Role::SoundOverTcp));
    let (queue, found) = (Mutex::new(queue.into_iter()), Mutex::new(&mut outcomes));
    let work = || -> Result<(), ProveError> {
        while !options.stop.load(Ordering::Relaxed) {
            let Some((plan, key)) = queue.lock().ok().and_then(|mut queue| queue.next()) else {
                break;
            };
            let bench = Bench {
                catalogue,
                mover: options.mover.as_deref(),
                seed: options.seed,
                forms: &options.forms,
                slow: plan.slow,
                over_tcp: plan.over_tcp,
                production: plan.production,
            };
            let name = plan.role.name();
            let certify = || {
                let outcome = bench.certify(plan.role, plan.filter.clone(), None);
                outcome.map_err(|source| keep(&folder, source))
            };
            let mut outcome = certify()?;
            if matches!(plan.role, Role::Fault(_)) && outcome.caught_by().is_empty() {
                // Some faults hang on random bytes of the device.
                outcome = certify()?;
            }
            if !plan.drawn.is_empty() {
                let drawn = bench.certify(plan.role, plan.drawn.clone(), Some(BOUND));
                outcome
                    .cases
                    .extend(drawn.map_err(|source| keep(&folder, source))?.cases);
            }
            progress.device_ends(name, &outcome);
            let file = folder.join(format!("{name}.json"));
            let kept = Kept { key, outcome };
            write(&file, &kept).map_err(|source| keep(&file, source))?;
            if let Ok(mut found) = found.lock() {
                found.insert(name.to_owned(), kept.outcome);
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.workers.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    if outcomes.len() < plans.len() {
        let (done, devices) = (outcomes.len(), plans.len());
        return Err(ProveError::Stopped { done, devices });
    }
    let is_whole = options.scope == Scope::Whole
        && options.faults.is_empty()
        && options.cases.is_empty()
        && !options.unproven;
    Ok(Matrix::new(catalogue, outcomes, is_whole))
}

fn plans<'c>(catalogue: &'c Catalogue, options: &Options) -> Result<Vec<Plan<'c>>, ProveError> {
    let exists = |name: &&String| catalogue.faults.iter().any(|fault| fault.id == **name);
    if let Some(name) = options.faults.iter().find(|name| !exists(name)) {
        return Err(ProveError::Usage(format!(
            "there is no faulty {} {name}",
            catalogue.kind.name()
        )));
    }
    if options.unproven && unproven(catalogue.kind, options).is_empty() {
        let what = "each of these cases is known to catch a faulty reader: leave `unproven` out";
        return Err(ProveError::Usage(what.into()));
    }
    let wanted = |fault: &&Fault| options.faults.is_empty() || options.faults.contains(&fault.id);
    let faults = catalogue.faults.iter().filter(wanted);
    let mut plans: Vec<_> = faults
        .map(|fault| Plan {
            role: Role::Fault(&fault.id),
            filter: match fault.production {
                true => in_production(&chosen(catalogue.kind, fault, options)),
                false => chosen(catalogue.kind, fault, options),
            },
            drawn: match fault.production {
                true => Vec::new(),
                false => drawn(catalogue.kind, fault, options),
            },
            slow: options.slow || fault.slow,
            over_tcp: fault.over_tcp,
            production: fault.production,
        })
        .collect();
    // The control has to pass all that any of them may fail.
    let filters: BTreeSet<_> = plans
        .iter()
        .flat_map(|plan| [plan.filter.clone(), plan.drawn.clone()].concat())
        .collect();
    let is_whole = plans.iter().any(|plan| plan.filter.is_empty());
    let everything = || {
        if is_whole {
            Vec::new()
        } else {
            filters.iter().cloned().collect()
        }
    };
    if options.faults.is_empty() {
        plans.extend(catalogue.nulls.iter().map(|name| Plan {
            role: Role::Null(name),
            filter: everything(),
            drawn: Vec::new(),
            slow: false,
            over_tcp: false,
            production: false,
        }));
    }
    plans.push(Plan {
        role: Role::Sound,
        filter: everything(),
        drawn: Vec::new(),
        slow: true,
        over_tcp: false,
        production: false,
    });
    if catalogue.faults.iter().any(|fault| fault.over_tcp) {
        plans.push(Plan {
            role: Role::SoundOverTcp,
            filter: everything(),
            drawn: Vec::new(),
            slow: false,
            over_tcp: true,
            production: false,
        });
    }
    // One of them for which no case was chosen has nothing to show.
    plans.retain(|plan| !plan.production || !plan.filter.is_empty());
    if plans.iter().any(|plan| plan.production) {
        plans.push(Plan {
            role: Role::SoundInProduction,
            filter: in_production(&everything()),
            drawn: Vec::new(),
            slow: false,
            over_tcp: false,
            production: true,
        });
    }
    Ok(plans)
}

/// Of these cases, or of all where there are none, those for a specimen that is provisioned for production.
fn in_production(chosen: &[String]) -> Vec<String> {
    let is_chosen = |case: &&&str| {
        let mut patterns = chosen.iter();
        chosen.is_empty() || patterns.any(|pattern| glob::matches(pattern, case))
    };
    let cases = production::IDS.iter().filter(is_chosen);
    cases.map(|&case| case.to_owned()).collect()
}

/// The cases that are put to a fault; all of them where there are none.
fn chosen(kind: Subject, fault: &Fault, options: &Options) -> Vec<String> {
    if options.unproven {
        return unproven(kind, options);
    }
    if options.scope == Scope::Whole {
        return options.cases.clone();
    }
    let named = named(kind, fault);
    let known = named.iter().filter(|case| fits(options, case));
    let about = |case: &&String| {
        let checked = suite(kind).get(*case);
        let main = fault.requirements.first();
        checked.is_some_and(|checked| main.is_some_and(|main| checked.contains(main)))
    };
    // Those that are about the fault come first; a few say as much as all.
    let (about, others): (Vec<_>, Vec<_>) = known.partition(about);
    about.into_iter().chain(others).take(NAMED_MAX).cloned().collect()
}

/// The cases of which no evidence says that they catch anything.
fn unproven(kind: Subject, options: &Options) -> Vec<String> {
    let evidence = embedded::evidence().of(kind);
    let is_proven = |case: &str| {
        let known = evidence.cases.get(kind.entry(case).as_ref());
        known.is_some_and(|case| !case.kills.is_empty())
    };
    let all = suite(kind).keys();
    let open = all.filter(|case| fits(options, case) && !is_proven(case));
    open.cloned().collect()
}

/// The cases that the seed draws for a fault.
fn drawn(kind: Subject, fault: &Fault, options: &Options) -> Vec<String> {
    let Scope::Part { sample: Some(parts) } = options.scope else {
        return Vec::new();
    };
    let all = suite(kind).keys();
    let drawn = all.filter(|case| is_drawn(options.seed, &fault.id, case, parts));
    drawn.filter(|case| fits(options, case)).cloned().collect()
}

fn fits(options: &Options, case: &str) -> bool {
    let mut patterns = options.cases.iter();
    options.cases.is_empty() || patterns.any(|pattern| glob::matches(pattern, case))
}

/// The cases that are known to catch a fault; where none is, all that check a requirement that it breaks.
fn named(kind: Subject, fault: &Fault) -> BTreeSet<String> {
    let mut named = fault.cases.clone();
    let of_evidence = match kind {
        Subject::Reader | Subject::Client => embedded::evidence().of(kind).cases.iter(),
        // Its entries are patterns for many cases; each of these faults names the cases that catch it.
        Subject::Codec => Default::default(),
    };
    let caught = of_evidence.filter(|(_, case)| case.kills.contains_key(&fault.id));
    named.extend(caught.map(|(id, _)| id.clone()));
    if named.is_empty() {
        let checks = |requirements: &BTreeSet<String>| {
            let mut breaks = fault.requirements.iter();
            breaks.any(|id| requirements.contains(id))
        };
        let cases = suite(kind).iter();
        named.extend(
            cases
                .filter(|(_, requirements)| checks(requirements))
                .map(|(id, _)| id.clone()),
        );
    }
    named
}

/// Whether this pair is one of the `1/parts` of the matrix that the seed draws.
fn is_drawn(seed: u64, fault: &str, case: &str, parts: u32) -> bool {
    let hash = Sha256::new()
        .chain_update(seed.to_be_bytes())
        .chain_update(fault)
        .chain_update([0])
        .chain_update(case)
        .finalize();
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash);
    u32::from_be_bytes([a, b, c, d]) % parts.max(1) == 0
}

/// A digest of the programs that the proof is about: this one, and that of the catalogue.
fn programs(catalogue: &Catalogue) -> String {
    let own = std::env::current_exe().ok();
    let mut hash = Sha256::new();
    let files = own.into_iter().chain(catalogue.command.iter().map(PathBuf::from));
    for file in files.filter(|file| file.is_file()) {
        // A program that can't be read tells of itself when it is started.
        hash.update(fs::read(&file).unwrap_or_default());
    }
    crate::hex::encode(&<[u8; 32]>::from(hash.finalize()))
}

fn key(programs: &str, options: &Options, plan: &Plan<'_>) -> String {
    let mut hash = Sha256::new()
        .chain_update(programs)
        .chain_update(options.seed.to_be_bytes())
        .chain_update([u8::from(plan.slow), u8::from(options.mover.is_some())]);
    for pattern in plan.filter.iter().chain(&plan.drawn) {
        hash.update(pattern);
        hash.update([0]);
    }
    crate::hex::encode(&<[u8; 32]>::from(hash.finalize()))
}

/// What was found of this device before, with the same programs, cases and seed.
fn kept(folder: &Path, name: &str, key: &str) -> Option<Outcome> {
    let text = fs::read(folder.join(format!("{name}.json"))).ok()?;
    let kept: Kept = serde_json::from_slice(&text).ok()?;
    (kept.key == key).then_some(kept.outcome)
}

/// Whole, or not at all.
fn write(file: &Path, kept: &Kept) -> io::Result<()> {
    let draft = file.with_extension("draft");
    fs::write(&draft, serde_json::to_vec(kept)?)?;
    fs::rename(draft, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draw_follows_from_the_seed_and_takes_its_part() {
        let drawn = |seed: u64| -> Vec<u32> {
            let cases = 0..4_000_u32;
            cases
                .filter(|case| is_drawn(seed, "F", &case.to_string(), 10))
                .collect()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert!((300..500).contains(&drawn(1).len()), "{}", drawn(1).len());
    }

    #[test]
    fn a_fault_that_nothing_is_known_of_meets_the_cases_of_what_it_breaks() {
        let fault = Fault {
            id: "new".into(),
            requirements: vec!["CW-LINK-001".into()],
            cases: BTreeSet::new(),
            slow: false,
            over_tcp: false,
            production: false,
        };
        let named = named(Subject::Reader, &fault);
        assert!(!named.is_empty());
        for case in named {
            assert!(suite(Subject::Reader)[&case].contains("CW-LINK-001"), "{case}");
        }
    }
}
