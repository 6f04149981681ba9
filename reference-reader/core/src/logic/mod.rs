//! Service logic: stores and updates the execution logic of preset services.
//!
//! | part | what it does |
//! | --- | --- |
//! | `LogicStore` | which services there are, and where their logic stands |
//! | `presets` | logic that comes with the software |
//! | `verify` | decides before storing whether a program may run |
//! | `parameters` | what an instruction may carry |
//! | `program` | a program, and what it has under way with a module |
//! | `machine`, `execute` | runs a program up to the next call of a module |
//! | `call` | those calls |
//! | `registers` | what instructions do with bytes |
//! | `filter` | which commands may go to the card |
//! | `convert`, `pack` | card bytes to values, and back |
//! | `output` | the service data |
//! | `cbor` | how large those are in the other format |
//! | [`Simulator`] | runs a program outside of a reader |

pub(crate) mod call;
pub(crate) mod cbor;
mod convert;
mod execute;
mod filter;
mod machine;
mod output;
mod pack;
pub(crate) mod parameters;
mod presets;
pub(crate) mod program;
mod registers;
mod simulator;
mod verify;

pub use simulator::{Happening, Refused, Simulator, check};
pub use verify::Broken;

use crate::{
    digest::sha256,
    env::{Env, Record, StoreFailed},
    identity::Name,
};
use cardwire_codec::{
    Message,
    message::{Logic, LogicRule, Policy, ServiceId, limits::LOGIC_MAX},
};

/// Services that a reader can have: those of the presets, and others that updates have brought.
pub(crate) const SERVICES_MAX: usize = PRESET_SERVICES + STORED_SERVICES_MAX as usize;
/// Services that the presets are for; some have two.
const PRESET_SERVICES: usize = 18;
/// Services whose logic updates have brought: each takes a record of its own.
pub(crate) const STORED_SERVICES_MAX: u8 = 8;

/// A stored record: the update counter that the logic came with, then the document.
const STORED_HEAD: usize = 4;
const STORED_MAX: usize = STORED_HEAD + LOGIC_MAX;

/// A service, and where its logic stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) service: ServiceId,
    source: Source,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Preset(u8),
    Stored(u8),
}

/// What a service's logic says of itself. It is read where it is asked for: for all services at once it would take more
/// memory than a small chip has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    pub(crate) name: Name,
    pub(crate) version: u16,
    pub(crate) policy: Policy,
    /// SHA-256 of the document.
    pub(crate) digest: [u8; 32],
}

/// Why logic was not put into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstallError {
    /// It breaks this rule.
    Rule(LogicRule),
    /// There is no room for another service, or storage failed.
    Storage,
}

impl From<StoreFailed> for InstallError {
    fn from(_: StoreFailed) -> Self {
        Self::Storage
    }
}

/// The services of a reader, in ascending order, and the update counter of their logic.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct LogicStore {
    entries: [Option<Entry>; SERVICES_MAX],
    counter: u32,
}

impl LogicStore {
    /// No services: [`load`](Self::load) is to follow.
    #[inline(always)]
    pub(crate) fn empty() -> Self {
        Self {
            entries: const { [None; SERVICES_MAX] },
            counter: 0,
        }
    }

    /// Presets, and over them what updates have stored. Stored logic that does not verify is passed over: the
    /// service's preset, if it has one, runs instead (CW-LOGIC-003).
    #[inline(never)]
    pub(crate) fn load(&mut self, env: &mut impl Env) {
        let mut record = [0; STORED_MAX];
        for index in 0..presets::COUNT {
            if let Some(document) = presets::unpack(index, &mut record)
                && let Ok(service) = inspect(env, document, None)
            {
                self.put(service, Source::Preset(index));
            }
        }
        for slot in 0..STORED_SERVICES_MAX {
            let Some(length) = env.load(Record::Logic(slot), &mut record) else {
                continue;
            };
            let Some((counter, document)) = record[..length].split_first_chunk::<STORED_HEAD>() else {
                continue;
            };
            self.counter = self.counter.max(u32::from_be_bytes(*counter));
            if let Ok(service) = inspect(env, document, None) {
                self.put(service, Source::Stored(slot));
            }
        }
    }

    /// The services in ascending order.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().flatten()
    }

    /// A service.
    pub(crate) fn entry(&self, service: ServiceId) -> Option<&Entry> {
        self.entries().find(|entry| entry.service == service)
    }

    /// Update counter of the service logic.
    pub(crate) fn counter(&self) -> u32 {
        self.counter
    }

    /// What a service's logic says of itself; `None` where there is no such service, or it can't be read.
    pub(crate) fn about(&self, env: &mut impl Env, service: ServiceId) -> Option<About> {
        let mut room = [0; STORED_MAX];
        let document = self.document(env, service, &mut room)?;
        let logic = Logic::decode(document).ok()?;
        Some(About {
            name: Name::new(logic.name.as_str())?,
            version: logic.version,
            policy: logic.policy,
            digest: sha256(document),
        })
    }

    /// Reads a service's logic and hands it to `take`.
    pub(crate) fn with_logic<T>(
        &self,
        env: &mut impl Env,
        service: ServiceId,
        take: impl FnOnce(&Logic<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut room = [0; STORED_MAX];
        take(&Logic::decode(self.document(env, service, &mut room)?).ok()?)
    }

    /// The document that holds a service's logic, read or unpacked into `room`.
    fn document<'r>(
        &self,
        env: &mut impl Env,
        service: ServiceId,
        room: &'r mut [u8; STORED_MAX],
    ) -> Option<&'r [u8]> {
        match self.entry(service)?.source {
            Source::Preset(index) => presets::unpack(index, room),
            Source::Stored(slot) => {
                let length = env.load(Record::Logic(slot), room)?;
                room.get(STORED_HEAD..length)
            }
        }
    }

    /// Whether `document` is logic for `service` that may be stored.
    ///
    /// # Errors
    /// The rule that it breaks.
    //= spec/book/src/logic.md#cw-logic-003
    //# A reader MUST NOT store or run logic that does not verify.
    pub(crate) fn check(env: &impl Env, document: &[u8], service: ServiceId) -> Result<(), LogicRule> {
        inspect(env, document, Some(service)).map(drop)
    }

    /// Whether there is room for logic of these services, each of them named once: for those that are new a place in the
    /// list, and for each whose logic is not stored yet, also where it replaces what comes with the software, a slot.
    pub(crate) fn has_room(&self, services: impl Iterator<Item = ServiceId>) -> bool {
        let mut listed = self.entries().count();
        let mut stored = self.entries().filter_map(slot_of).count();
        for service in services {
            let entry = self.entry(service);
            listed += usize::from(entry.is_none());
            stored += usize::from(entry.and_then(slot_of).is_none());
        }
        listed <= SERVICES_MAX && stored <= usize::from(STORED_SERVICES_MAX)
    }

    /// Stores logic with the update counter that it came with: one record holds both, so that neither is ever in
    /// force without the other. `document` has been checked.
    ///
    /// # Errors
    /// Logic that is none, no room, or storage that failed; the reader is then as it was.
    pub(crate) fn install(
        &mut self,
        env: &mut impl Env,
        document: &[u8],
        counter: u32,
    ) -> Result<(), InstallError> {
        let Ok(Logic { service, .. }) = Logic::decode(document) else {
            return Err(InstallError::Rule(LogicRule::Document));
        };
        let slot = self.slot_for(service).ok_or(InstallError::Storage)?;
        let mut record = [0; STORED_MAX];
        record[..STORED_HEAD].copy_from_slice(&counter.to_be_bytes());
        record
            .get_mut(STORED_HEAD..STORED_HEAD + document.len())
            .ok_or(InstallError::Storage)?
            .copy_from_slice(document);
        env.store(Record::Logic(slot), &record[..STORED_HEAD + document.len()])?;
        self.put(service, Source::Stored(slot));
        self.counter = self.counter.max(counter);
        Ok(())
    }

    /// The slot that holds this service's logic, or a free one.
    fn slot_for(&self, service: ServiceId) -> Option<u8> {
        if let Some(slot) = self.entry(service).and_then(slot_of) {
            return Some(slot);
        }
        if self.entry(service).is_none() && self.entries().count() == SERVICES_MAX {
            return None;
        }
        (0..STORED_SERVICES_MAX).find(|slot| !self.entries().filter_map(slot_of).any(|taken| taken == *slot))
    }

    /// Puts a service in its place, instead of the same one with other logic.
    fn put(&mut self, service: ServiceId, source: Source) {
        let found = self.entries().position(|there| there.service >= service);
        let at = found.unwrap_or(self.entries().count());
        let Some(behind) = self.entries.get_mut(at..) else {
            return;
        };
        let [place, others @ ..] = behind else { return };
        if place.is_some_and(|there| there.service != service) {
            // The others move on, where there is room.
            let [.., None] = others else { return };
            behind.copy_within(..behind.len() - 1, 1);
        }
        if let [place, ..] = behind {
            *place = Some(Entry { service, source });
        }
    }
}

/// Where an entry's logic is stored; none where it comes with the software.
fn slot_of(entry: &Entry) -> Option<u8> {
    match entry.source {
        Source::Stored(slot) => Some(slot),
        Source::Preset(_) => None,
    }
}

/// Verifies a document, as logic for `service` where one is given, and tells which service it is for.
fn inspect(env: &impl Env, document: &[u8], service: Option<ServiceId>) -> Result<ServiceId, LogicRule> {
    let logic = Logic::decode(document).map_err(|_| LogicRule::Document)?;
    if service.is_some_and(|service| service != logic.service) {
        return Err(LogicRule::Document);
    }
    verify::verify(&logic, env)?;
    Ok(logic.service)
}
