//! A reader and its peers in one process: a test environment with seeded randomness and a clock that the test
//! advances. The peers' cryptography is `snow`, so that every test crosses two implementations of Noise.
// Each test binary uses its own part of it, and no other crate any.
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod pair;
pub mod variants;

use cardwire_codec::message::ModuleId;
use cardwire_codec::message::{HardwareClass, Provisioning};
use cardwire_core::{
    Env, Identity,
    env::{RandomFailed, Record, StoreFailed},
    identity::{ClientKey, Name, SecretKey},
};
use core::cell::RefCell;
use std::{collections::BTreeMap, rc::Rc};

/// Records that outlive a reader, as flash does.
pub type Records = Rc<RefCell<BTreeMap<Record, Vec<u8>>>>;

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
        records.insert(record, data.to_vec());
        Ok(())
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
