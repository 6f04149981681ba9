//! What a reader keeps, in memory: a copy of it is whole, so that every execution begins with the same.

use cardwire_codec::message::ModuleId;
use cardwire_core::{
    Env,
    env::{RandomFailed, Record, StoreFailed},
};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::Arc;

/// Room for the bytes of an update.
const STAGE: usize = 8192;
/// Numbers of records; the highest is 23.
const RECORDS: usize = 24;

/// The modules of the board: all that the core knows but the secure storage.
pub const MODULES: [ModuleId; 4] = [
    ModuleId::CONTACT_CARD,
    ModuleId::CONTACTLESS_CARD,
    ModuleId::INDICATOR,
    ModuleId::PIN_PAD,
];

/// How the storage of a board fails, set from outside. The copies of a storage have it in common.
#[derive(Debug)]
pub struct Faults {
    stores_left: AtomicU32,
    random_fails: AtomicBool,
}

impl Faults {
    /// Nothing fails.
    #[must_use]
    pub fn none() -> Arc<Self> {
        Arc::new(Self {
            stores_left: AtomicU32::new(u32::MAX),
            random_fails: AtomicBool::new(false),
        })
    }

    /// So many writes still succeed; none fails where that is `u32::MAX`.
    pub fn set_stores_left(&self, stores: u32) {
        self.stores_left.store(stores, Ordering::Relaxed);
    }

    /// Whether the random source fails.
    pub fn set_random_fails(&self, fails: bool) {
        self.random_fails.store(fails, Ordering::Relaxed);
    }

    fn write(&self) -> Result<(), StoreFailed> {
        match self.stores_left.load(Ordering::Relaxed) {
            u32::MAX => Ok(()),
            0 => Err(StoreFailed),
            left => {
                self.stores_left.store(left - 1, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

/// Records, a stage, and randomness that is the same after every reset: the worst that a source can do and still be one.
#[derive(Clone, Debug)]
pub struct Storage {
    records: [Option<Vec<u8>>; RECORDS],
    staged: Option<([u8; 32], Vec<u8>)>,
    seed: u64,
    faults: Arc<Faults>,
}

impl Storage {
    /// An empty storage that fails as these say.
    #[must_use]
    pub fn new(faults: Arc<Faults>) -> Self {
        Self {
            records: [const { None }; RECORDS],
            staged: None,
            seed: SEED,
            faults,
        }
    }

    /// What of it outlasts a reset: everything but the state of the random source.
    #[must_use]
    pub fn after_reset(self) -> Self {
        Self { seed: SEED, ..self }
    }

    /// Puts a record there, as a factory or an earlier update did.
    pub fn put(&mut self, record: Record, data: Vec<u8>) {
        if let Some(place) = self.records.get_mut(usize::from(record.number())) {
            *place = Some(data);
        }
    }

    /// A record as it stands.
    #[must_use]
    pub fn record(&self, record: Record) -> Option<&[u8]> {
        self.records.get(usize::from(record.number()))?.as_deref()
    }
}

const SEED: u64 = 0x5EED_0FAB_0A2D;

impl Env for Storage {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        if self.faults.random_fails.load(Ordering::Relaxed) {
            return Err(RandomFailed);
        }
        for byte in out {
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 7;
            self.seed ^= self.seed << 17;
            *byte = self.seed as u8;
        }
        Ok(())
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        let data = self.record(record)?;
        out.get_mut(..data.len())?.copy_from_slice(data);
        Some(data.len())
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        self.faults.write()?;
        self.put(record, data.to_vec());
        Ok(())
    }

    fn stage_size(&self) -> u32 {
        STAGE as u32
    }

    fn stage_begin(&mut self, digest: &[u8; 32]) -> Result<(), StoreFailed> {
        self.faults.write()?;
        self.staged = Some((*digest, Vec::new()));
        Ok(())
    }

    fn stage_length(&mut self, digest: &[u8; 32]) -> u32 {
        match &self.staged {
            Some((found, bytes)) if found == digest => bytes.len() as u32,
            _ => 0,
        }
    }

    fn stage_append(&mut self, data: &[u8]) -> Result<(), StoreFailed> {
        self.faults.write()?;
        let (_, bytes) = self.staged.as_mut().ok_or(StoreFailed)?;
        if bytes.len() + data.len() > STAGE {
            return Err(StoreFailed);
        }
        bytes.extend_from_slice(data);
        Ok(())
    }

    fn stage_read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        let (_, bytes) = self.staged.as_ref().ok_or(StoreFailed)?;
        let from = offset as usize;
        out.copy_from_slice(bytes.get(from..from + out.len()).ok_or(StoreFailed)?);
        Ok(())
    }

    fn slots(&self) -> u8 {
        2
    }

    fn modules(&self) -> &'static [ModuleId] {
        &MODULES
    }
}
