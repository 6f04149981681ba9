//! Random steps with two cuts, against a model. A run follows from its seed; one that fails is made small.

use super::{
    flash::{Cut, MockFlash, Moment, Wear},
    machine::{Machine, Model, Step, UPDATES},
    random::Random,
};
use crate::{Sizes, fault::Fault};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::fmt;

const RECORDS: u16 = 3;

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What is done.
    pub steps: Vec<Step>,
    /// The cuts, each counted from the one before.
    pub cuts: [Option<Cut>; 2],
    /// How the flash wears out, if it does.
    pub wear: Option<Wear>,
    /// Which words, pages and blocks the flash has: see [`carry_out`](Self::carry_out).
    pub geometry: u8,
}

/// A run that went wrong, as small as it could be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// From which it follows.
    pub seed: u64,
    /// What is left of it.
    pub run: Run,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (run of seed {})", self.what, self.seed)?;
        for step in &self.run.steps {
            writeln!(f, "  {step:?}")?;
        }
        let Run {
            cuts, wear, geometry, ..
        } = &self.run;
        write!(f, "  cuts {cuts:?}\n  wear {wear:?}\n  geometry {geometry}")
    }
}

impl core::error::Error for Failed {}

/// Makes and carries out the run of a seed, and makes it small if it fails. Returns how many of its cuts came.
///
/// # Errors
/// The run, with what is wrong.
pub fn run(seed: u64, fault: Option<Fault>) -> Result<u64, Box<Failed>> {
    let mut run = Run::of(seed);
    let mut what = match run.carry_out(fault) {
        Ok(cuts) => return Ok(cuts),
        Err(what) => what,
    };
    while let Some((smaller, why)) = run
        .smaller()
        .into_iter()
        .find_map(|smaller| smaller.carry_out(fault).err().map(|why| (smaller, why)))
    {
        (run, what) = (smaller, why);
    }
    Err(Box::new(Failed { seed, run, what }))
}

impl Run {
    /// The run of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let geometry = random.below(5) as u8;
        let steps: Vec<Step> = (0..3 + random.below(12))
            .map(|_| Self::step(&mut random))
            .collect();
        // Some fall behind the end, and do not come.
        let operations = 4 * steps.len() as u64;
        let mut cut = |within| {
            let moment = match random.below(5) {
                0 => Moment::Before,
                1 => Moment::After,
                _ => Moment::Inside,
            };
            let (operation, seed) = (random.below(within), random.next());
            Some(Cut {
                operation,
                moment,
                seed,
            })
        };
        let cuts = [cut(operations), cut(8)];
        let wear = (random.below(8) == 0).then(|| Wear {
            erases: random.below(3) as u32,
            seed: random.next(),
        });
        Self {
            steps,
            cuts,
            wear,
            geometry,
        }
    }

    fn step(random: &mut Random) -> Step {
        let record = random.below(RECORDS.into()) as u16;
        let value = match random.below(8) {
            0 => 0xff,
            1 => 0,
            _ => random.next() as u8,
        };
        let length = match random.below(4) {
            0 => 4,
            1 => 0,
            2 => 89,
            _ => random.below(150) as usize,
        };
        match random.below(16) {
            0 | 1 => Step::Replace {
                record,
                length,
                value,
            },
            2 => Step::Begin {
                update: random.below(UPDATES.into()) as u8,
            },
            3..6 => Step::Append {
                length: random.below(200) as usize,
            },
            6 => Step::Finish,
            7 => Step::Reset,
            8 => Step::Stage {
                update: random.below(UPDATES.into()) as u8,
                length: random.below(500) as usize,
                chunk: 1 + random.below(200) as usize,
            },
            _ => Step::Store {
                record,
                length,
                value,
            },
        }
    }

    /// Carries the run out; how many cuts came.
    ///
    /// # Errors
    /// What is wrong.
    pub fn carry_out(&self, fault: Option<Fault>) -> Result<u64, String> {
        match self.geometry {
            0 => self.on::<1, 256>(256, fault),
            1 => self.on::<4, 256>(256, fault),
            2 => self.on::<8, 256>(256, fault),
            // Blocks of several pages.
            3 => self.on::<4, 64>(256, fault),
            _ => self.on::<16, 512>(512, fault),
        }
    }

    fn on<const WORD: usize, const PAGE: usize>(
        &self,
        block: u32,
        fault: Option<Fault>,
    ) -> Result<u64, String> {
        let slot = 4 * block;
        let sizes = Sizes {
            block,
            records: RECORDS,
            slot,
        };
        let pages = 2 * (u32::from(RECORDS) * block + slot) / PAGE as u32;
        let mut flash = MockFlash::<WORD, PAGE>::new(pages as usize).with_wear(self.wear);
        let mut model = Model::new(RECORDS);
        let mut cuts = self.cuts.into_iter();
        let mut came = 0;
        flash.power_on(cuts.next().flatten());
        let mut machine = Machine::boot(&flash, sizes, fault)?;
        for step in &self.steps {
            let done = machine.step(&mut flash, &mut model, *step)?;
            if flash.is_off() {
                came += 1;
                flash.power_on(cuts.next().flatten());
                model.reset();
                machine = Machine::boot(&flash, sizes, fault)?;
                machine.check(&mut flash, &mut model)?;
            } else if !done {
                // Worn, or nothing to append to: as good as a reset.
                model.reset();
                machine = Machine::boot(&flash, sizes, fault)?;
                machine.check(&mut flash, &mut model)?;
                if self.wear.is_none() && !matches!(step, Step::Append { .. }) {
                    return Err(format!("{step:?} was not carried out"));
                }
            }
        }
        // And one that is not cut, of each record: it succeeds, and all of them are there.
        flash.power_on(None);
        model.reset();
        let mut machine = Machine::boot(&flash, sizes, fault)?;
        machine.check(&mut flash, &mut model)?;
        for record in 0..RECORDS {
            let last = Step::Store {
                record,
                length: 11,
                value: 0xa5,
            };
            if !machine.step(&mut flash, &mut model, last)? && self.wear.is_none() {
                return Err(format!("{last:?} was not carried out"));
            }
            model.reset();
            machine = Machine::boot(&flash, sizes, fault)?;
            machine.check(&mut flash, &mut model)?;
        }
        if flash.refused() > 0 {
            return Err("a word was to be written twice between erases".into());
        }
        Ok(came)
    }

    /// Runs with a little less in them.
    fn smaller(&self) -> Vec<Self> {
        let mut runs = Vec::new();
        for index in 0..self.steps.len() {
            let mut run = self.clone();
            run.steps.remove(index);
            runs.push(run);
        }
        for cuts in [[None; 2], [self.cuts[0], None]] {
            if cuts != self.cuts {
                runs.push(Self { cuts, ..self.clone() });
            }
        }
        if self.wear.is_some() {
            runs.push(Self {
                wear: None,
                ..self.clone()
            });
        }
        for (index, step) in self.steps.iter().enumerate() {
            let mut run = self.clone();
            let (Step::Store { length, .. }
            | Step::Replace { length, .. }
            | Step::Append { length }
            | Step::Stage { length, .. }) = &mut run.steps[index]
            else {
                continue;
            };
            *length /= 2;
            if run.steps[index] != *step {
                runs.push(run);
            }
        }
        for (index, cut) in self.cuts.into_iter().enumerate() {
            if let Some(cut) = cut
                && cut.operation > 0
            {
                let mut run = self.clone();
                run.cuts[index] = Some(Cut {
                    operation: cut.operation - 1,
                    ..cut
                });
                runs.push(run);
            }
        }
        runs
    }
}
