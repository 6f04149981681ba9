//! Every cut of something that is done on a flash, and every second cut of what comes after.

use super::flash::{Cut, MockFlash, Moment};
use alloc::string::{String, ToString as _};
use core::fmt;

/// Something that is done on a flash and has to survive a cut at any moment: one write of a record, or a whole reader that
/// takes an update.
pub trait Scenario<const WORD: usize, const PAGE: usize> {
    /// What the world outside knows: what was acknowledged before the power went, what has been seen since. It is not
    /// on the flash and no cut takes it away.
    type Known: Clone;

    /// What it is, for tables and failures.
    fn name(&self) -> String;

    /// The flash before, and what is known of it.
    fn start(&self) -> (MockFlash<WORD, PAGE>, Self::Known);

    /// Does it, beginning with a reset. After a cut it is done again: then it is the recovery. What is acknowledged
    /// on the way is noted in `known`. Ends when the power goes.
    ///
    /// # Errors
    /// What went wrong while the power was on.
    fn run(&self, flash: &mut MockFlash<WORD, PAGE>, known: &mut Self::Known) -> Result<(), String>;

    /// Looks at a flash after a reset, without a change: whether it is as what is known allows. What was seen is known from
    /// now on: it may not become something else again.
    ///
    /// # Errors
    /// What is wrong with it.
    fn check(&self, flash: &mut MockFlash<WORD, PAGE>, known: &mut Self::Known) -> Result<(), String>;
}

/// How many ways of being cut inside are tried for each operation: of the first cut, and of the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inside {
    /// Of the first cut.
    pub first: u64,
    /// Of the second.
    pub second: u64,
}

/// How many cuts were tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Flash operations that were cut.
    pub operations: u64,
    /// First cuts: before, inside, after.
    pub first: [u64; 3],
    /// Second cuts, in the recovery: before, inside, after.
    pub second: [u64; 3],
}

impl Counts {
    /// These and others.
    pub fn add(&mut self, other: Self) {
        self.operations += other.operations;
        for (mine, others) in self.first.iter_mut().zip(other.first) {
            *mine += others;
        }
        for (mine, others) in self.second.iter_mut().zip(other.second) {
            *mine += others;
        }
    }
}

/// A cut that was not survived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The scenario.
    pub scenario: String,
    /// The first cut; `None` where it fails without.
    pub first: Option<Cut>,
    /// The second.
    pub second: Option<Cut>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.scenario, self.what)?;
        for (name, cut) in [("cut", self.first), ("then", self.second)] {
            if let Some(Cut {
                operation,
                moment,
                seed,
            }) = cut
            {
                write!(f, "; {name} at operation {operation}, {moment:?}, seed {seed}")?;
            }
        }
        Ok(())
    }
}

impl core::error::Error for Failure {}

/// Does a scenario with every first cut, and after each of them with every second one.
///
/// # Errors
/// The first failure, with the cuts that show it again.
pub fn sweep<const WORD: usize, const PAGE: usize, S: Scenario<WORD, PAGE>>(
    scenario: &S,
    inside: Inside,
) -> Result<Counts, Failure> {
    sweep_some(scenario, inside, 1)
}

/// The same with every first cut, and of the second ones each `every`th: after one first cut it begins with the first of
/// them, after the next with the second, and so on, so that all of them come up somewhere.
///
/// # Errors
/// The first failure, with the cuts that show it again.
pub fn sweep_some<const WORD: usize, const PAGE: usize, S: Scenario<WORD, PAGE>>(
    scenario: &S,
    inside: Inside,
    every: usize,
) -> Result<Counts, Failure> {
    let (flash, known) = scenario.start();
    let trial = Trial {
        scenario,
        first: None,
        second: None,
    };
    let whole = trial.to_end(flash.clone(), known.clone())?;
    let mut counts = Counts {
        operations: whole,
        ..Counts::default()
    };
    let every = every.max(1);
    for (number, first) in cuts(whole, inside.first).enumerate() {
        let trial = Trial {
            first: Some(first),
            ..trial
        };
        let (mut flash, mut known) = (flash.clone(), known.clone());
        trial.cut(&mut flash, &mut known, first)?;
        counts.first[first.moment as usize] += 1;
        let recovery = trial.to_end(flash.clone(), known.clone())?;
        let seconds = cuts(recovery, inside.second).skip(number % every).step_by(every);
        for second in seconds {
            let trial = Trial {
                second: Some(second),
                ..trial
            };
            let (mut flash, mut known) = (flash.clone(), known.clone());
            trial.cut(&mut flash, &mut known, second)?;
            trial.to_end(flash, known)?;
            counts.second[second.moment as usize] += 1;
        }
    }
    Ok(counts)
}

/// All cuts of so many operations.
fn cuts(operations: u64, inside: u64) -> impl Iterator<Item = Cut> {
    (0..operations).flat_map(move |operation| {
        let moments = [(Moment::Before, 1), (Moment::Inside, inside), (Moment::After, 1)];
        moments.into_iter().flat_map(move |(moment, ways)| {
            (0..ways).map(move |way| Cut {
                operation,
                moment,
                seed: operation << 16 | way,
            })
        })
    })
}

struct Trial<'s, S> {
    scenario: &'s S,
    first: Option<Cut>,
    second: Option<Cut>,
}

impl<S> Clone for Trial<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Trial<'_, S> {}

impl<S> Trial<'_, S> {
    /// One run that is cut, and what is seen after it.
    fn cut<const WORD: usize, const PAGE: usize>(
        self,
        flash: &mut MockFlash<WORD, PAGE>,
        known: &mut S::Known,
        cut: Cut,
    ) -> Result<(), Failure>
    where
        S: Scenario<WORD, PAGE>,
    {
        flash.power_on(Some(cut));
        let result = self.scenario.run(flash, known);
        if !flash.is_off() {
            let what = result.err().unwrap_or_else(|| "the cut never came".to_string());
            return Err(self.failure(what));
        }
        self.look(flash, known)
    }

    /// A run that is not cut: it has to succeed. Returns its operations.
    fn to_end<const WORD: usize, const PAGE: usize>(
        self,
        mut flash: MockFlash<WORD, PAGE>,
        mut known: S::Known,
    ) -> Result<u64, Failure>
    where
        S: Scenario<WORD, PAGE>,
    {
        flash.power_on(None);
        self.scenario
            .run(&mut flash, &mut known)
            .map_err(|what| self.failure(what))?;
        let operations = flash.operations();
        self.look(&mut flash, &mut known)?;
        Ok(operations)
    }

    fn look<const WORD: usize, const PAGE: usize>(
        self,
        flash: &mut MockFlash<WORD, PAGE>,
        known: &mut S::Known,
    ) -> Result<(), Failure>
    where
        S: Scenario<WORD, PAGE>,
    {
        flash.power_on(None);
        self.scenario
            .check(flash, known)
            .map_err(|what| self.failure(what))?;
        if flash.refused() > 0 {
            return Err(self.failure("a word was to be written twice between erases".to_string()));
        }
        Ok(())
    }

    fn failure<const WORD: usize, const PAGE: usize>(self, what: String) -> Failure
    where
        S: Scenario<WORD, PAGE>,
    {
        Failure {
            scenario: self.scenario.name(),
            first: self.first,
            second: self.second,
            what,
        }
    }
}
