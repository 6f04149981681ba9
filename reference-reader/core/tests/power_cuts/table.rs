//! All kinds of updates cut, and the counts.

use crate::{board::Weakness, kinds, update::Update};
use cardwire_store::{
    Fault,
    mock::{Counts, Failure, Inside, sweep_some},
};
use core::fmt;
use std::{env, sync::Mutex, thread};

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    /// Ways of being cut inside an operation.
    pub inside: Inside,
    /// Of the second cuts each so-manieth is tried, after every first one another of them.
    pub every: usize,
}

impl Depth {
    /// What a test run has time for. Of the second cuts it tries some: all first ones come with others.
    const SHORT: Self = Self {
        inside: Inside { first: 1, second: 1 },
        every: 211,
    };

    /// What the environment asks for: `CARDWIRE_POWER_CUTS` is how many ways of being cut inside are tried.
    pub fn asked_for() -> Self {
        match env::var("CARDWIRE_POWER_CUTS").map(|ways| ways.parse()) {
            Ok(Ok(ways)) => Self {
                inside: Inside {
                    first: ways,
                    second: ways.div_ceil(4),
                },
                every: 1,
            },
            Ok(Err(_)) => panic!("CARDWIRE_POWER_CUTS is to be a number"),
            Err(_) => Self::SHORT,
        }
    }
}

/// A kind, how often it was cut, and what that left: the old, the new, software on trial.
#[derive(Clone, Debug)]
struct Row {
    name: &'static str,
    counts: Counts,
    left: [u64; 3],
}

#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Row>,
    depth: Depth,
}

/// Cuts all kinds.
pub fn make(depth: &Depth) -> Result<Table, Failure> {
    let kinds = kinds::all(None);
    // Taken from the end: the longest comes first.
    let left = Mutex::new(kinds.into_iter().enumerate().collect::<Vec<_>>());
    let work = || {
        let mut rows = Vec::new();
        loop {
            let taken = left.lock().map(|mut left| left.pop());
            let Ok(Some((place, update))) = taken else {
                return Ok(rows);
            };
            rows.push((place, row(&update, depth)?));
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let rows = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let rows = threads
            .into_iter()
            .map(|thread| thread.join().expect("a panic is told above"));
        rows.collect::<Result<Vec<_>, Failure>>()
    })?;
    let mut rows: Vec<_> = rows.into_iter().flatten().collect();
    rows.sort_by_key(|(place, _)| *place);
    Ok(Table {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        depth: *depth,
    })
}

fn row(update: &Update, depth: &Depth) -> Result<Row, Failure> {
    let counts = sweep_some(update, depth.inside, depth.every)?;
    Ok(Row {
        name: update.name,
        counts,
        left: update.left.get(),
    })
}

/// The boards that are to be caught, what is wrong with each, and the kind of update that shows it.
pub const WEAKNESSES: [(Weakness, &str, &str); 13] = [
    (
        Weakness::IgnoresNote,
        "a commit that was noted is not carried out after a reset",
        "several logics",
    ),
    (
        Weakness::NotesBeforeStage,
        "a commit is noted before its last bytes are safe",
        "several logics",
    ),
    (
        Weakness::ConfirmsAtStart,
        "software is in force before it has logged in",
        "software, given up",
    ),
    (
        Weakness::ForgetsTrials,
        "that software was tried is not marked",
        "software, given up",
    ),
    (
        Weakness::ErasesKeysFirst,
        "the old keys are erased before the new ones are there",
        "authentication",
    ),
    (
        Weakness::KeepsStageKey,
        "the key under which secrets were staged stays on the flash",
        "authentication",
    ),
    (
        Weakness::MistakesStage,
        "after the reset into it the stage is looked for elsewhere",
        "software, confirmed",
    ),
    (
        Weakness::StagesOverRunning,
        "an update is staged where the software in force lies",
        "software, confirmed",
    ),
    (
        Weakness::Store(Fault::ErasesCurrent),
        "a record is erased before its new value is there",
        "logic",
    ),
    (
        Weakness::Store(Fault::KeepsSequence),
        "the later of two values is not known",
        "logic",
    ),
    (
        Weakness::Store(Fault::KeepsOldValue),
        "keys that were replaced stay on the flash",
        "authentication",
    ),
    (
        Weakness::Stage(Fault::MarksBlockEarly),
        "bytes are called safe before they are",
        "logic",
    ),
    (
        Weakness::Stage(Fault::KeepsHalfBlock),
        "what a cut has left is written over",
        "logic",
    ),
];

/// What is noticed of a weakness: by some second cut after each first one.
pub fn catch(weakness: Weakness, kind: &str) -> Option<Failure> {
    let depth = Depth {
        inside: Inside { first: 1, second: 1 },
        every: usize::MAX,
    };
    let kinds = kinds::all(Some(weakness));
    let update = kinds.iter().find(|update| update.name == kind);
    row(update.expect("a kind of this name"), &depth).err()
}

impl Table {
    /// That there is something in it.
    pub fn check(&self) {
        for Row { name, counts, left } in &self.rows {
            let [before, inside, after] = counts.first;
            assert_eq!((before, after), (counts.operations, counts.operations), "{name}");
            assert_eq!(inside, self.depth.inside.first * counts.operations, "{name}");
            assert!(counts.second.iter().all(|tried| *tried > 3), "{name}: {counts:?}");
            let [old, new, trial] = left;
            assert!(*old > 3, "{name}: {left:?}");
            assert_eq!(*new > 3, *name != "software, given up", "{name}: {left:?}");
            assert_eq!(
                *trial > 0,
                name.contains("software") || name.contains("all"),
                "{name}: {left:?}"
            );
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Depth { inside, every } = self.depth;
        writeln!(
            f,
            "whole updates: each cut leaves the old or the new, loses nothing of which anybody was told, and the update comes to its end"
        )?;
        writeln!(
            f,
            "{} ways of being cut inside at first and {} the second time; of the second cuts 1 of {every}\n",
            inside.first, inside.second
        )?;
        writeln!(
            f,
            "{:<20} {:>4} | {:>7} {:>7} {:>7} | {:>8} {:>8} {:>8} | {:>8} {:>8} {:>8}",
            "update",
            "ops",
            "before",
            "inside",
            "after",
            "2nd bef.",
            "2nd ins.",
            "2nd aft.",
            "old",
            "on trial",
            "new"
        )?;
        let mut all = Row {
            name: "all",
            counts: Counts::default(),
            left: [0; 3],
        };
        for row in &self.rows {
            all.counts.add(row.counts);
            for (all, one) in all.left.iter_mut().zip(row.left) {
                *all += one;
            }
            writeln!(f, "{row}")?;
        }
        writeln!(f, "{all}")?;
        write!(f, "\nbricked 0, mixed 0, lost 0")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            counts,
            left: [old, new, trial],
        } = self;
        let Counts {
            operations,
            first: [before, inside, after],
            second: [before_2, inside_2, after_2],
        } = counts;
        write!(
            f,
            "{name:<20} {operations:>4} | {before:>7} {inside:>7} {after:>7} | {before_2:>8} {inside_2:>8} {after_2:>8} | {old:>8} {trial:>8} {new:>8}"
        )
    }
}
