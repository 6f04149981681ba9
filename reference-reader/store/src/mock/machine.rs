//! A device that stores and stages, and what the world outside knows of it.

use super::flash::{MockError, MockFlash};
use crate::{Layout, Sizes, Slot, Stage, Store, StoreError, fault::Fault};
use alloc::{format, string::String, vec, vec::Vec};

/// One thing that a device does with its flash. What it writes follows from `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Stores a record.
    Store {
        /// Its number.
        record: u16,
        /// Bytes.
        length: usize,
        /// Which ones.
        value: u8,
    },
    /// Stores a record and erases what it was.
    Replace {
        /// Its number.
        record: u16,
        /// Bytes.
        length: usize,
        /// Which ones.
        value: u8,
    },
    /// Begins to stage an update, unless it is the one that is staged.
    Begin {
        /// Which one.
        update: u8,
    },
    /// Stages bytes of the update that was begun.
    Append {
        /// How many.
        length: usize,
    },
    /// All bytes of the update are there.
    Finish,
    /// Stages an update to its end, from where it stands: what a client does that comes again.
    Stage {
        /// Which one.
        update: u8,
        /// Its size.
        length: usize,
        /// Bytes that come at once.
        chunk: usize,
    },
    /// Power off and on, between two operations.
    Reset,
}

/// A device: what of it is in RAM is gone with this. Make one at each reset.
#[derive(Debug)]
pub struct Machine {
    layout: Layout,
    stage: Stage,
    fault: Option<Fault>,
}

/// What is known of a device from outside.
#[derive(Clone, Debug)]
pub struct Model {
    records: Vec<Record>,
    staged: Staged,
}

#[derive(Clone, Debug, Default)]
struct Record {
    /// What was acknowledged, or seen.
    known: Option<Vec<u8>>,
    /// What was asked for since, without an answer.
    asked: Option<Vec<u8>>,
    /// Values that were acknowledged as erased.
    gone: Option<Vec<u8>>,
}

#[derive(Clone, Debug, Default)]
struct Staged {
    /// The update that was begun.
    update: Option<u8>,
    /// Its bytes that were acknowledged.
    bytes: u32,
    /// Bytes that a reset may not cost.
    safe: u32,
    /// Bytes that were asked for since.
    asked: u32,
    /// A beginning that was not acknowledged; what was staged before may or may not be there.
    begun: Option<u8>,
    finished: bool,
}

impl Model {
    /// A new device with so many records.
    #[must_use]
    pub fn new(records: u16) -> Self {
        Self {
            records: vec![Record::default(); records.into()],
            staged: Staged::default(),
        }
    }

    /// A reset takes away what was in RAM only.
    pub fn reset(&mut self) {
        let staged = &mut self.staged;
        staged.asked = staged.asked.max(staged.bytes);
        staged.bytes = staged.safe;
    }
}

impl Machine {
    /// Boots.
    ///
    /// # Errors
    /// The flash can't be laid out so.
    pub fn boot<const WORD: usize, const PAGE: usize>(
        flash: &MockFlash<WORD, PAGE>,
        sizes: Sizes,
        fault: Option<Fault>,
    ) -> Result<Self, String> {
        let layout = Layout::new(flash, sizes).map_err(|error| format!("{error}"))?;
        Ok(Self {
            stage: layout.stage(Slot::A).with_fault(fault),
            layout,
            fault,
        })
    }

    /// Carries a step out and notes in the model what was asked and what was acknowledged; whether it was.
    ///
    /// # Errors
    /// The flash failed in a way that no cut and no wear explains.
    pub fn step<const WORD: usize, const PAGE: usize>(
        &mut self,
        flash: &mut MockFlash<WORD, PAGE>,
        model: &mut Model,
        step: Step,
    ) -> Result<bool, String> {
        let done = match step {
            Step::Store {
                record,
                length,
                value,
            }
            | Step::Replace {
                record,
                length,
                value,
            } => {
                let data = data(value, length);
                let known = &mut model.records[usize::from(record)];
                known.asked = Some(data.clone());
                known.gone = None;
                let mut store = Store::new(flash, &self.layout).with_fault(self.fault);
                let erases = matches!(step, Step::Replace { .. });
                let done = if erases {
                    store.store_and_erase(record, &data)
                } else {
                    store.store(record, &data)
                };
                if done.is_ok() {
                    // Values that others hold too are no trace.
                    let before = known.known.replace(data.clone());
                    known.gone = before.filter(|before| erases && leaves_a_trace(before, &data));
                    known.asked = None;
                }
                done
            }
            Step::Begin { update } => {
                model.staged.begun = Some(update);
                let done = self.stage.begin(flash, &digest(update));
                if done.is_ok() {
                    model.staged = Staged {
                        update: Some(update),
                        ..Staged::default()
                    };
                }
                done
            }
            Step::Append { length } => self.append(flash, model, length),
            Step::Finish => {
                let done = self.stage.finish(flash);
                if done.is_ok() && model.staged.begun.is_none() {
                    model.staged.safe = model.staged.bytes;
                    model.staged.finished = true;
                }
                done
            }
            Step::Stage { .. } => return self.stage(flash, model, step),
            Step::Reset => {
                model.reset();
                self.stage = self.layout.stage(Slot::A).with_fault(self.fault);
                Ok(())
            }
        };
        match done {
            Ok(()) => Ok(true),
            Err(StoreError::Flash(MockError::PowerOff) | StoreError::Worn) => Ok(false),
            Err(StoreError::NothingStaged | StoreError::TooLong { .. })
                if matches!(step, Step::Append { .. }) =>
            {
                Ok(false)
            }
            Err(error) => Err(format!("{step:?}: {error}")),
        }
    }

    fn stage<const WORD: usize, const PAGE: usize>(
        &mut self,
        flash: &mut MockFlash<WORD, PAGE>,
        model: &mut Model,
        step: Step,
    ) -> Result<bool, String> {
        let Step::Stage {
            update,
            length,
            chunk,
        } = step
        else {
            return Ok(false);
        };
        let end = length as u32;
        let Ok(there) = self.stage.length(flash, &digest(update)) else {
            return Ok(false);
        };
        let whole = model.staged.finished || there % self.layout.sizes().block != 0;
        if there == 0 || there > end || there < end && whole {
            model.staged.finished = false;
            if !self.step(flash, model, Step::Begin { update })? {
                return Ok(false);
            }
        }
        loop {
            let Ok(there) = self.stage.length(flash, &digest(update)) else {
                return Ok(false);
            };
            let length = chunk.min((end - there) as usize);
            if length == 0 {
                return self.step(flash, model, Step::Finish);
            }
            if !self.step(flash, model, Step::Append { length })? {
                return Ok(false);
            }
        }
    }

    fn append<const WORD: usize, const PAGE: usize>(
        &mut self,
        flash: &mut MockFlash<WORD, PAGE>,
        model: &mut Model,
        length: usize,
    ) -> Result<(), StoreError<MockError>> {
        let staged = &mut model.staged;
        let Some(update) = staged.update.filter(|_| staged.begun.is_none()) else {
            return Ok(());
        };
        let from = self.stage.length(flash, &digest(update))?;
        let part: Vec<u8> = (from..).take(length).map(|at| byte(update, at)).collect();
        staged.asked = staged.asked.max(from + length as u32);
        let done = self.stage.append(flash, &part);
        if done.is_ok() {
            staged.bytes = from + length as u32;
            let block = self.layout.sizes().block;
            staged.safe = staged.safe.max(staged.bytes / block * block);
        }
        done
    }

    /// Looks whether all is as the model allows, and notes what was seen.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check<const WORD: usize, const PAGE: usize>(
        &mut self,
        flash: &mut MockFlash<WORD, PAGE>,
        model: &mut Model,
    ) -> Result<(), String> {
        let Sizes { block, .. } = self.layout.sizes();
        let mut out = vec![0; block as usize];
        for (number, record) in (0..).zip(&mut model.records) {
            let mut store = Store::new(&mut *flash, &self.layout).with_fault(self.fault);
            let length = store
                .load(number, &mut out)
                .map_err(|error| format!("record {number}: {error}"))?;
            let seen = length.map(|length| out[..length].to_vec());
            let is_new = record.asked.is_some() && seen == record.asked;
            if !is_new && seen != record.known {
                let (known, asked) = (short(&record.known), short(&record.asked));
                return Err(format!(
                    "record {number} is {}, and not {known} or {asked}",
                    short(&seen)
                ));
            }
            record.known = seen;
            record.asked = None;
            if let Some(gone) = &record.gone
                && let Some(range) = self.layout.record(number)
            {
                let blocks = &flash.bytes()[range[0] as usize..][..2 * block as usize];
                if blocks.windows(gone.len()).any(|window| window == gone) {
                    return Err(format!("record {number}: what was erased is still on the flash"));
                }
            }
        }
        self.check_stage(flash, model)
    }

    fn check_stage<const WORD: usize, const PAGE: usize>(
        &mut self,
        flash: &mut MockFlash<WORD, PAGE>,
        model: &mut Model,
    ) -> Result<(), String> {
        let staged = &mut model.staged;
        let mut found = None;
        for update in 0..=UPDATES {
            let length = self
                .stage
                .length(flash, &digest(update))
                .map_err(|error| format!("stage: {error}"))?;
            if length > 0 {
                if found.is_some() {
                    return Err("two updates are staged".into());
                }
                found = Some((update, length));
            }
        }
        let (update, length) = found.unwrap_or((staged.update.unwrap_or(0), 0));
        let fits = match (staged.begun, staged.update) {
            // Dropped, dropped in part, or not.
            (Some(_), Some(old)) => length == 0 || update == old && length <= staged.asked.max(staged.bytes),
            (None, Some(begun)) => {
                update == begun && length >= staged.safe && length <= staged.asked.max(staged.bytes)
            }
            (_, None) => length == 0,
        };
        if !fits {
            return Err(format!(
                "{length} bytes of update {update} are staged, and not {staged:?}"
            ));
        }
        let mut out = vec![0; length as usize];
        self.stage.read(flash, 0, &mut out).or_else(|error| {
            if length == 0 {
                Ok(())
            } else {
                Err(format!("stage: {error}"))
            }
        })?;
        if let Some(at) = (0..).zip(&out).find(|(at, seen)| **seen != byte(update, *at)) {
            return Err(format!(
                "of {length} staged bytes of update {update} byte {} is wrong",
                at.0
            ));
        }
        if staged.begun.take().is_some() && length == 0 {
            *staged = Staged::default();
        }
        staged.bytes = length;
        staged.safe = length;
        staged.asked = length;
        Ok(())
    }
}

/// Updates that are staged in tests, from 0.
pub(super) const UPDATES: u8 = 3;

/// The bytes of a value.
fn data(value: u8, length: usize) -> Vec<u8> {
    // Some values look erased, or like nothing at all.
    match value {
        0xff => vec![0xff; length],
        0 => vec![0; length],
        _ => (0..length).map(|at| value ^ (at as u8).wrapping_mul(7)).collect(),
    }
}

/// Whether a value is long and particular enough to be looked for where another one is now.
fn leaves_a_trace(value: &[u8], now: &[u8]) -> bool {
    value.len() >= 8
        && value.iter().any(|byte| *byte != value[0])
        && !now.windows(value.len()).any(|window| window == value)
}

fn digest(update: u8) -> [u8; 32] {
    [update.wrapping_mul(0x55); 32]
}

/// One byte of an update.
fn byte(update: u8, at: u32) -> u8 {
    (at.wrapping_mul(31) >> 3) as u8 ^ update
}

fn short(value: &Option<Vec<u8>>) -> String {
    match value {
        None => "nothing".into(),
        Some(value) => {
            let first = &value[..value.len().min(4)];
            format!("{} bytes {first:02x?}", value.len())
        }
    }
}
