//! What is held against the model after every step: the reader in memory, the one on the flash, its keys.

use super::{
    acts::Act,
    model::Own,
    play::{CLASS, Play},
    record,
    ring::Ring,
};
use crate::world::log::hex;
use cardwire_codec::message::Provisioning;
use cardwire_core::{
    env::Record,
    provision::{Kept, Keys, Refused},
};

impl Play {
    /// The reader in memory, the one on the flash, and the keys are those of the model.
    pub(super) fn agrees(&mut self) {
        let kept = self.kept.clone();
        let memory = self.model.memory.clone();
        self.is(&kept, &memory, "in memory");
        match (Kept::load(&mut self.bench), self.model.flash.own.clone()) {
            (None, None) => {}
            (Some(kept), Some(own)) => self.is(&kept, &own, "on the flash"),
            (kept, own) => panic!("the flash holds {kept:?}, and should hold {own:?}"),
        }
        let record = self.bench.record(Record::Authentication);
        let stored = record.map(|record| record::read(record).expect("the keys are a record of keys"));
        let ring = self.model.flash.ring.clone();
        assert_eq!(
            stored.map(Ring::sorted),
            ring.clone().map(Ring::sorted),
            "the flash holds the keys before a step, or those after it (left: the reader's core)"
        );
        let ring = ring.filter(|_| self.model.memory.identity.is_some());
        let public = self.kept.keys(&mut self.bench);
        assert_eq!(
            public.map(|keys| seen_of(&keys)),
            ring.map(|ring| public_of(&ring)).ok_or(Refused::Unprovisioned),
            "the keys in force are those that were given (left: the reader's core)"
        );
    }

    fn is(&mut self, kept: &Kept, own: &Own, place: &str) {
        let identity = kept
            .identity
            .as_ref()
            .map(|(name, kind)| (name.as_str().to_owned(), *kind));
        let (name, kind) = own.identity.unzip();
        assert_eq!(
            identity,
            name.map(str::to_owned).zip(kind),
            "{place}: name and kind (left: the reader's core)"
        );
        assert_eq!(kept.latched, own.latched, "{place}: the latch");
        assert_eq!(kept.hardware_class, CLASS, "{place}: the class of hardware");
        assert_eq!(
            kept.static_key.is_some(),
            own.key.is_some(),
            "{place}: whether there is a static key"
        );
        if let (Some(key), Some(number)) = (&kept.static_key, own.key) {
            self.is_static_key(key.0, number);
            is_not_shown(&format!("{kept:?}"), &key.0);
        }
    }

    /// A static key is the one that it was since it was made, and no other's.
    fn is_static_key(&mut self, key: [u8; 32], number: usize) {
        if self.static_keys.len() <= number {
            self.static_keys.resize(number + 1, None);
        }
        match self.static_keys[number] {
            Some(known) => assert_eq!(key, known, "the static key stays, or is the published one"),
            None => {
                let is_new = key != [0; 32] && !self.static_keys.contains(&Some(key));
                assert!(is_new, "a static key is a new one");
                self.static_keys[number] = Some(key);
            }
        }
    }

    /// A latched reader stays latched, and a production reader is one until it is emptied.
    pub(super) fn never_goes_back(&mut self, act: &Act) {
        let Some(kept) = Kept::load(&mut self.bench) else {
            assert!(!self.was_latched && !self.was_production, "an identity is gone");
            return;
        };
        let kind = kept.identity.map(|(_, kind)| kind);
        self.was_production &= *act != Act::Forget;
        let may_test = !self.was_production && !self.was_latched;
        assert!(
            may_test || kind != Some(Provisioning::Certification),
            "a production reader never becomes a certification reader"
        );
        assert!(kept.latched || !self.was_latched, "the latch is one-way");
        self.was_latched = kept.latched;
        self.was_production |= kind == Some(Provisioning::Production);
    }
}

/// A secret does not stand in this text, neither in hex nor as numbers.
pub(super) fn is_not_shown(text: &str, secret: &[u8; 32]) {
    let numbers = format!("{:?}", &secret[..8]);
    let hex = hex(&secret[..8]);
    assert!(
        !text.contains(numbers.trim_matches(['[', ']'])) && !text.to_lowercase().contains(&hex),
        "a secret key is shown"
    );
}

/// What is public of keys: counter, the cloud's keys, the authority's, clients with their generations.
type Public = (u32, [u8; 32], Option<[u8; 32]>, [u8; 32], Vec<(String, u32)>);

fn public_of(ring: &Ring) -> Public {
    let clients = ring
        .clients
        .iter()
        .map(|client| (client.name.clone(), client.generation));
    let mut clients: Vec<_> = clients.collect();
    clients.sort();
    let old_cloud = ring.old_cloud.map(|(key, _)| key);
    (ring.counter, ring.cloud, old_cloud, ring.authority, clients)
}

fn seen_of(keys: &Keys) -> Public {
    let clients = keys.clients.iter().flatten();
    let mut clients: Vec<_> = clients
        .map(|(name, generation)| (name.as_str().to_owned(), *generation))
        .collect();
    clients.sort();
    (keys.counter, keys.cloud, keys.old_cloud, keys.authority, clients)
}
