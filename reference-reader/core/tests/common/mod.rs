//! A reader and its peers in one process: a test environment with seeded randomness and a clock that the test
//! advances. The peers' cryptography is `snow`, so that every test crosses two implementations of Noise.
// Each test binary uses its own part of it, and no other crate any.
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod pair;
pub mod updates;
pub mod variants;

use cardwire_codec::message::ModuleId;
use cardwire_codec::message::{HardwareClass, Provisioning};
use cardwire_core::{
    Env, Identity,
    boot::{Slot, Slots},
    env::{RandomFailed, Record, StoreFailed},
    identity::{ClientKey, Name, SecretKey},
};
use core::{
    cell::RefCell,
    ops::{Deref, DerefMut},
};
use std::{collections::BTreeMap, rc::Rc};

/// What outlives a reader, as flash does.
pub type Records = Rc<RefCell<Flash>>;

/// Records, two places for software, and the power that they need.
#[derive(Clone)]
pub struct Flash {
    records: BTreeMap<Record, Vec<u8>>,
    /// The slot whose software runs.
    pub running: Slot,
    /// What stands in the slots.
    pub slots: [Vec<u8>; 2],
    /// The update that is staged, and in which slot.
    staged: Option<([u8; 32], Slot)>,
    /// The largest software; 0: software is not taken.
    pub software_max: u32,
    /// Bytes that a slot holds.
    pub slot_size: u32,
    /// Writes from now on until the power is cut, and whether the last of them is still done; each change of a record or of
    /// the stage is one.
    pub cut: Option<(usize, bool)>,
    /// Writes that were done.
    pub writes: usize,
}

impl Default for Flash {
    fn default() -> Self {
        Self {
            records: BTreeMap::new(),
            running: Slot::A,
            slots: [Vec::new(), Vec::new()],
            staged: None,
            software_max: 0,
            slot_size: 8192,
            cut: None,
            writes: 0,
        }
    }
}

impl Deref for Flash {
    type Target = BTreeMap<Record, Vec<u8>>;

    fn deref(&self) -> &Self::Target {
        &self.records
    }
}

impl DerefMut for Flash {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.records
    }
}

impl Flash {
    fn slot(&mut self, slot: Slot) -> &mut Vec<u8> {
        let [a, b] = &mut self.slots;
        match slot {
            Slot::A => a,
            Slot::B => b,
        }
    }

    fn read_slot(&self, slot: Slot, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        let [a, b] = &self.slots;
        let bytes = match slot {
            Slot::A => a,
            Slot::B => b,
        };
        let from = offset as usize;
        out.copy_from_slice(bytes.get(from..from + out.len()).ok_or(StoreFailed)?);
        Ok(())
    }

    /// Does a write, as long as there is power.
    fn write(&mut self, act: impl FnOnce(&mut Self)) -> Result<(), StoreFailed> {
        match &mut self.cut {
            Some((0, _)) => return Err(StoreFailed),
            Some((left, done)) => {
                *left -= 1;
                if *left == 0 {
                    if *done {
                        act(self);
                    }
                    return Err(StoreFailed);
                }
            }
            None => {}
        }
        self.writes += 1;
        act(self);
        Ok(())
    }

    fn stage(&mut self, digest: &[u8; 32]) -> Option<&mut Vec<u8>> {
        let (staged, slot) = self.staged?;
        (staged == *digest).then(|| self.slot(slot))
    }
}

/// The boot loader's view.
impl Slots for Flash {
    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        let data = self.records.get(&record)?;
        out.get_mut(..data.len())?.copy_from_slice(data);
        Some(data.len())
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        self.write(|flash| {
            flash.records.insert(record, data.to_vec());
        })
    }

    fn read(&mut self, slot: Slot, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        self.read_slot(slot, offset, out)
    }
}

/// A board without a board: seeded randomness, records in memory.
pub struct TestEnv {
    seed: u64,
    pub records: Records,
    pub slots: u8,
}

impl TestEnv {
    pub fn new(seed: u64, records: Records) -> Self {
        Self {
            seed: seed | 1,
            records,
            slots: 1,
        }
    }
}

impl Env for TestEnv {
    fn modules(&self) -> &'static [ModuleId] {
        &[
            ModuleId::CONTACT_CARD,
            ModuleId::CONTACTLESS_CARD,
            ModuleId::INDICATOR,
            ModuleId::PIN_PAD,
        ]
    }

    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        for byte in out {
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 7;
            self.seed ^= self.seed << 17;
            *byte = self.seed as u8;
        }
        Ok(())
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        let records = self.records.borrow();
        let data = records.get(&record)?;
        out.get_mut(..data.len())?.copy_from_slice(data);
        Some(data.len())
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        // Storage fails for as long as a test holds the records.
        let mut records = self.records.try_borrow_mut().map_err(|_| StoreFailed)?;
        Slots::store(&mut *records, record, data)
    }

    fn software_max(&self) -> u32 {
        self.records.borrow().software_max
    }

    fn stage_size(&self) -> u32 {
        self.records.borrow().slot_size
    }

    fn stage_begin(&mut self, digest: &[u8; 32]) -> Result<(), StoreFailed> {
        let mut flash = self.records.try_borrow_mut().map_err(|_| StoreFailed)?;
        let slot = flash.running.other();
        flash.write(|flash| {
            flash.staged = Some((*digest, slot));
            flash.slot(slot).clear();
        })
    }

    fn stage_length(&mut self, digest: &[u8; 32]) -> u32 {
        let mut flash = self.records.borrow_mut();
        flash.stage(digest).map_or(0, |bytes| bytes.len() as u32)
    }

    fn stage_append(&mut self, data: &[u8]) -> Result<(), StoreFailed> {
        let mut flash = self.records.try_borrow_mut().map_err(|_| StoreFailed)?;
        let (_, slot) = flash.staged.ok_or(StoreFailed)?;
        if flash.slot(slot).len() + data.len() > flash.slot_size as usize {
            return Err(StoreFailed);
        }
        flash.write(|flash| flash.slot(slot).extend_from_slice(data))
    }

    fn stage_read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        let flash = self.records.borrow();
        let (_, slot) = flash.staged.ok_or(StoreFailed)?;
        flash.read_slot(slot, offset, out)
    }

    fn slots(&self) -> u8 {
        self.slots
    }
}

pub const READER_ID: &str = "TEST-READER";
pub const CLIENT_ID: &str = "TEST-CLIENT";
pub const PRE_SHARED_KEY: [u8; 32] = [7; 32];
pub const READER_KEY: [u8; 32] = [3; 32];
pub const CLOUD_KEY: [u8; 32] = [5; 32];
pub const AUTHORITY_KEY: [u8; 32] = [9; 32];

/// What the reader under test was provisioned with.
pub fn identity() -> Identity {
    let client = ClientKey {
        id: Name::new(CLIENT_ID).unwrap(),
        generation: 1,
        pre_shared_key: SecretKey(PRE_SHARED_KEY),
    };
    Identity {
        reader_id: Name::new(READER_ID).unwrap(),
        hardware_class: HardwareClass::REFERENCE_HOST,
        provisioning: Provisioning::Certification,
        software: Name::new("cardwire-test-0").unwrap(),
        static_key: SecretKey(READER_KEY),
        cloud_public_key: public_key(CLOUD_KEY),
        authority_public_key: ed25519_dalek::SigningKey::from_bytes(&AUTHORITY_KEY)
            .verifying_key()
            .to_bytes(),
        clients: [Some(client), None, None, None],
    }
}

/// The X25519 public key of a secret one.
pub fn public_key(secret: [u8; 32]) -> [u8; 32] {
    x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(secret)).to_bytes()
}
