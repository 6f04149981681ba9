//! A reader at the bench, and the model beside it.

use super::{
    acts::{Act, Given},
    bench::Bench,
    documents::Paper,
    door::Door,
    judge::is_not_shown,
    keys::{OLD_CLOUD, PUBLISHED},
    model::{Flash, Model},
    record,
    ring::{Client, Ring},
};
use crate::world::log::Log;
use cardwire_codec::message::HardwareClass;
use cardwire_core::{
    env::Record,
    identity::{Name, SecretKey},
    provision::{Kept, New, Refused, UNPROVISIONED},
};

/// The class of hardware of the reader.
pub(super) const CLASS: HardwareClass = HardwareClass::REFERENCE_HOST;

/// An execution.
#[derive(Clone)]
pub(super) struct Play {
    pub(super) bench: Bench,
    pub(super) kept: Kept,
    pub(super) model: Model,
    /// The static keys, as far as they were seen, by their place in the model.
    pub(super) static_keys: Vec<Option<[u8; 32]>>,
    /// Clients' keys that stood in some document.
    ever: Vec<Client>,
    /// What the flash was once, since it was emptied; the latch is never gone.
    pub(super) was_production: bool,
    pub(super) was_latched: bool,
}

impl Play {
    pub(super) fn new() -> Self {
        Self {
            bench: Bench::new(),
            kept: Kept::blank(CLASS),
            model: Model::default(),
            static_keys: vec![Some(PUBLISHED)],
            ever: Vec::new(),
            was_production: false,
            was_latched: false,
        }
    }

    /// Does it, and holds what comes of it against the model.
    pub(super) fn does(&mut self, act: &Act) -> Result<(), Refused> {
        let result = self.carries_out(act);
        let expected = self.model.does(act, result);
        assert_eq!(
            result, expected,
            "what comes of a step is what the book says (left: the reader's core)"
        );
        self.agrees();
        self.never_goes_back(act);
        result
    }

    fn carries_out(&mut self, act: &Act) -> Result<(), Refused> {
        match act {
            Act::Boot => self.kept.boot(&mut self.bench)?,
            Act::Provision(given, paper) => {
                self.hands_out(paper);
                self.kept
                    .provision(&mut self.bench, &new(*given), &paper.bytes())?;
            }
            Act::Change(paper) => {
                self.hands_out(paper);
                self.kept.change(&mut self.bench, &paper.bytes())?;
            }
            Act::Latch => self.kept.latch(&mut self.bench)?,
            Act::Forget => self.kept.forget(&mut self.bench)?,
            Act::Pending(waits) => {
                let commit = if *waits { vec![1; 32] } else { Vec::new() };
                self.bench.put(Record::Commit, commit);
            }
            Act::Update(counter) => self.updates(*counter),
            Act::Cut(cut) => self.bench.cut_at(*cut),
            Act::RandomFails => self.bench.random_fails(),
            Act::PowerCycle => {
                self.bench.power_cycle();
                self.kept = Kept::load(&mut self.bench).unwrap_or(Kept::blank(CLASS));
            }
        }
        Ok(())
    }

    /// Whoever is named in a document may try to get in.
    fn hands_out(&mut self, paper: &Paper) {
        let changes = paper.changes();
        let clients = changes.iter().flat_map(|changes| &changes.clients);
        self.ever.extend(clients.map(|change| Client {
            name: change.name.clone(),
            generation: change.generation,
            key: change.key,
            ends_after: None,
            services: None,
        }));
    }

    fn updates(&mut self, counter: u8) {
        let record = self.bench.record(Record::Authentication);
        if let Some(record) = record.filter(|_| self.model.is_provisioned()) {
            let mut record = record.to_vec();
            record::update(&mut record, u32::from(counter), OLD_CLOUD);
            self.bench.put(Record::Authentication, record);
        }
    }

    /// With the power back, what it has cut off is done again, or was done.
    pub(super) fn can_be_done_again(&self, act: &Act, before: &Flash, log: &Log<'_>) {
        let mut again = self.clone();
        again.does(&Act::PowerCycle).expect("the power comes back");
        let result = again.does(act);
        log.line(|| format!("  again with power: {result:?}"));
        let was_done = self.model.flash != *before
            && matches!(
                (act, result),
                (
                    Act::Provision(..),
                    Err(Refused::Provisioned(_) | Refused::Latched)
                ) | (Act::Change(_), Err(Refused::Rule(_)))
                    | (Act::Latch, Err(Refused::Latched))
            );
        assert!(
            result.is_ok() || was_done,
            "what was cut off can't be done again: {result:?}"
        );
    }

    // --- who is let in at last ---

    pub(super) fn ends(mut self, pick: usize, log: &Log<'_>) {
        self.does(&Act::PowerCycle).expect("the power is there");
        self.does(&Act::Boot).expect("and so is a random source");
        let own = self.model.memory.clone();
        let ring = self.model.flash.ring.take().unwrap_or(Ring::empty());
        let clients = if own.identity.is_some() {
            ring.clients
        } else {
            Vec::new()
        };
        let software = Name::new("cardwire-fuzz").expect("a name");
        let mut door = Door::new(self.kept.identity(software), self.bench.into_storage());
        let name = own.identity.map_or(UNPROVISIONED, |(name, _)| name);
        assert!(door.goes_by(name), "the reader goes by the name {name}");
        let inside = (!clients.is_empty()).then(|| &clients[pick % clients.len()]);
        if let Some(stranger) = stranger(&self.ever, &clients, inside, pick) {
            log.line(|| format!("{} has no such key", of_whom(&stranger)));
            assert!(!door.lets_in(&stranger), "a key that is in no ring opens nothing");
        }
        if let Some(inside) = inside {
            log.line(|| format!("{} has this key", of_whom(inside)));
            assert!(door.lets_in(inside), "a key in the ring opens the reader");
        }
    }
}

/// A client with a key that stood in a document and is not in force; where there is none, one with a wrong key.
fn stranger(ever: &[Client], clients: &[Client], inside: Option<&Client>, pick: usize) -> Option<Client> {
    let is_same = |one: &Client, other: &Client| {
        (&one.name, one.generation, one.key) == (&other.name, other.generation, other.key)
    };
    let gone: Vec<_> = ever
        .iter()
        .filter(|client| !clients.iter().any(|other| is_same(client, other)))
        .collect();
    if !gone.is_empty() {
        return Some(gone[pick % gone.len()].clone());
    }
    let mut wrong = inside?.clone();
    wrong.key[0] ^= 1;
    Some(wrong)
}

fn of_whom(client: &Client) -> String {
    format!("{}:{}", client.name, client.generation)
}

fn new(given: Given) -> New {
    let new = New {
        reader_id: Name::new(given.name()).expect("a name of the right characters"),
        provisioning: given.kind,
        published_key: given.published.then_some(SecretKey(PUBLISHED)),
    };
    is_not_shown(&format!("{new:?}"), &PUBLISHED);
    new
}
