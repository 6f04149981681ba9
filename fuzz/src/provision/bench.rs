//! The flash of a reader at the bench, of which any write may fail.

use super::acts::{Cut, How};
use crate::world::storage::{Faults, Storage};
use cardwire_core::{
    Env,
    env::{RandomFailed, Record, StoreFailed},
};

/// A flash, the power it has, and a random source.
#[derive(Clone, Debug)]
pub struct Bench {
    storage: Storage,
    cut: Option<Cut>,
    is_off: bool,
    random_fails: bool,
}

impl Bench {
    /// A flash that holds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            storage: Storage::new(Faults::none()),
            cut: None,
            is_off: false,
            random_fails: false,
        }
    }

    /// A write fails then, unless the power is off already.
    pub fn cut_at(&mut self, cut: Cut) {
        if !self.is_off {
            self.cut = Some(cut);
        }
    }

    /// The random source fails.
    pub fn random_fails(&mut self) {
        self.random_fails = true;
    }

    /// Power and random source are good again. The source goes on where it was: with nothing to mix in yet, two keys differ
    /// by it alone.
    pub fn power_cycle(&mut self) {
        (self.cut, self.is_off, self.random_fails) = (None, false, false);
    }

    /// A record as it stands.
    #[must_use]
    pub fn record(&self, record: Record) -> Option<&[u8]> {
        self.storage.record(record)
    }

    /// Puts a record there, as a reader that ran has left it.
    pub fn put(&mut self, record: Record, data: Vec<u8>) {
        self.storage.put(record, data);
    }

    /// What a reader that starts finds.
    #[must_use]
    pub fn into_storage(self) -> Storage {
        self.storage
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Env for Bench {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        if self.random_fails {
            return Err(RandomFailed);
        }
        self.storage.random(out)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        self.storage.load(record, out)
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        if self.is_off {
            return Err(StoreFailed);
        }
        match &mut self.cut {
            None => return self.storage.store(record, data),
            Some(cut) if cut.writes > 0 => {
                cut.writes -= 1;
                return self.storage.store(record, data);
            }
            Some(cut) => {
                if cut.how == How::Behind {
                    self.storage.store(record, data)?;
                }
                self.is_off = cut.how != How::Refused;
            }
        }
        self.cut = None;
        Err(StoreFailed)
    }
}
