//! The ordinary writes of a reader as scenarios: what it does to its flash when no update is put into force.

use super::{
    flash::MockFlash,
    machine::{Machine, Model, Step},
    sweep::Scenario,
};
use crate::{Sizes, fault::Fault};
use alloc::{
    format,
    string::{String, ToString as _},
    vec,
    vec::Vec,
};

/// Some steps on a flash that has seen others.
#[derive(Clone, Debug)]
pub struct Ordinary {
    /// What it is.
    pub name: String,
    /// How the flash is divided.
    pub sizes: Sizes,
    /// What was done before, with all acknowledged.
    pub history: Vec<Step>,
    /// What is cut.
    pub steps: Vec<Step>,
    /// What is wrong with the store.
    pub fault: Option<Fault>,
}

impl<const WORD: usize, const PAGE: usize> Scenario<WORD, PAGE> for Ordinary {
    type Known = Model;

    fn name(&self) -> String {
        let after = self.history.len();
        format!(
            "{} after {after} steps, words of {WORD} bytes, pages of {PAGE}",
            self.name
        )
    }

    fn start(&self) -> (MockFlash<WORD, PAGE>, Model) {
        let Sizes { block, records, slot } = self.sizes;
        let bytes = 2 * (u32::from(records) * block + slot);
        let mut flash = MockFlash::new(bytes as usize / PAGE);
        let mut model = Model::new(records);
        if let Ok(mut machine) = Machine::boot(&flash, self.sizes, self.fault) {
            for step in &self.history {
                // What fails here fails in `run` too, where it is told.
                let _ = machine.step(&mut flash, &mut model, *step);
            }
        }
        model.reset();
        (flash, model)
    }

    fn run(&self, flash: &mut MockFlash<WORD, PAGE>, known: &mut Model) -> Result<(), String> {
        known.reset();
        let mut machine = Machine::boot(flash, self.sizes, self.fault)?;
        for step in &self.steps {
            if !machine.step(flash, known, *step)? {
                return Err(format!("{step:?} was not carried out"));
            }
        }
        Ok(())
    }

    fn check(&self, flash: &mut MockFlash<WORD, PAGE>, known: &mut Model) -> Result<(), String> {
        known.reset();
        Machine::boot(flash, self.sizes, self.fault)?.check(flash, known)
    }
}

/// Records that the scenarios work on; each has neighbours that must stay what they are.
const RECORDS: u16 = 4;

/// The writes of a reader, on blocks of this size: each after so many writes of its kind that it falls on every kind of
/// place in a block. With `everywhere` on every place there is.
///
/// The sizes are those of the reader's records, or what a block has room for.
#[must_use]
pub fn scenarios<const WORD: usize, const PAGE: usize>(
    everywhere: bool,
    fault: Option<Fault>,
) -> Vec<(&'static str, Vec<Ordinary>)> {
    let block = PAGE as u32;
    let sizes = Sizes {
        block,
        records: RECORDS,
        slot: 6 * block,
    };
    let kinds = [
        ("boot counter", 4, false),
        ("failed connects", 2, false),
        ("journal", 89, false),
        ("service logic", 1028, false),
        ("authentication", 700, true),
    ];
    let mut all = Vec::new();
    for (name, length, replaces) in kinds {
        let word = WORD.max(4);
        let overhead = 16_usize.next_multiple_of(WORD) + word;
        let length = length.min(PAGE - overhead);
        let per_block = PAGE / (overhead + length.next_multiple_of(WORD));
        let write = |count: usize| {
            let (record, value) = (1, (count % 250) as u8 + 1);
            if replaces {
                Step::Replace {
                    record,
                    length,
                    value,
                }
            } else {
                Step::Store {
                    record,
                    length,
                    value,
                }
            }
        };
        let places: Vec<usize> = (0..=2 * per_block + 2)
            .filter(|at| {
                let edge = at % per_block;
                everywhere || *at < 2 || edge < 2 || edge + 1 == per_block || edge == per_block / 2
            })
            .collect();
        let scenario = |before: usize| {
            let neighbours = [0, 2].map(|record| Step::Store {
                record,
                length: 20.min(length),
                value: 9,
            });
            Ordinary {
                name: name.to_string(),
                sizes,
                history: neighbours.into_iter().chain((0..before).map(write)).collect(),
                steps: vec![write(before)],
                fault,
            }
        };
        all.push((name, places.into_iter().map(scenario).collect()));
    }
    let (length, chunk) = (PAGE + PAGE / 3, 300);
    let another = Step::Stage {
        update: 2,
        length,
        chunk,
    };
    let a_part = [Step::Begin { update: 1 }, Step::Append { length }];
    let before = [&[][..], &[another], &a_part];
    all.push((
        "staging",
        before.map(|before| staging(sizes, fault, before)).to_vec(),
    ));
    all
}

/// An update is staged chunk by chunk, two blocks and a part, after what was staged before; after a cut from where it stands.
fn staging(sizes: Sizes, fault: Option<Fault>, before: &[Step]) -> Ordinary {
    let block = sizes.block as usize;
    let chunk = (block / 3 + 1).min(467);
    let length = 2 * block + block / 4 + 1;
    let neighbour = Step::Store {
        record: 0,
        length: 4,
        value: 9,
    };
    Ordinary {
        name: "staging".to_string(),
        sizes,
        history: [neighbour].into_iter().chain(before.iter().copied()).collect(),
        steps: vec![Step::Stage {
            update: 1,
            length,
            chunk,
        }],
        fault,
    }
}
