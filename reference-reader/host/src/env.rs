//! What the core needs of its board: random bytes of the operating system, and a flash that outlasts a reset.

use crate::{
    board::MODULES,
    flash::{HostFlash, HostFlashError, PowerCut, SIZES},
    notice::{Notice, Notify},
    software::{Boot, Loader, place_of},
    state::{self, Lock, StateError},
};
use cardwire_core::{
    Env,
    boot::{self, Slot, Standing},
    codec::message::{HardwareClass, ModuleId},
    env::{RandomFailed, Record, StoreFailed},
    identity::Name,
    provision::Kept,
};
use cardwire_store::{Layout, Stage, Store, StoreError};
use core::fmt;
use embedded_storage::nor_flash::NorFlash as _;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

/// The largest manifest: the schema's bound.
const MANIFEST_MAX: usize = 512;

/// The environment of a reader that is a process.
pub struct HostEnv {
    flash: HostFlash,
    layout: Layout,
    stage: Stage,
    /// `None` where the flash goes with the process.
    file: Option<(PathBuf, Lock)>,
    notify: Option<Notify>,
    /// The software that is on trial and runs.
    trial: Option<Name>,
    trial_fails: bool,
}

impl HostEnv {
    /// Flash in memory: each start is the first one.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(HostFlash::in_memory(), None)
    }

    /// Flash in a state file, which is made, with its folder, where it does not exist. See [`state`] for its format.
    ///
    /// # Errors
    /// The file is damaged, used by another reader, or can't be read or written.
    pub fn with_state_file(path: &Path) -> Result<Self, StateError> {
        let (flash, lock) = state::open(path)?;
        Ok(Self::new(flash, Some((path.into(), lock))))
    }

    fn new(flash: HostFlash, file: Option<(PathBuf, Lock)>) -> Self {
        let layout = flash.layout().expect("a test lays this flash out");
        Self {
            stage: layout.stage(place_of(Slot::A)),
            flash,
            layout,
            file,
            notify: None,
            trial: None,
            trial_fails: false,
        }
    }

    /// The same environment that tells when a record can't be stored.
    #[must_use]
    pub fn with_notify(self, notify: Notify) -> Self {
        Self {
            notify: Some(notify),
            ..self
        }
    }

    /// The same environment whose power goes at an operation of its flash; the process ends there.
    #[must_use]
    pub fn with_power_cut(mut self, cut: PowerCut) -> Self {
        self.flash.cut_at(cut);
        self
    }

    /// The same environment, on which software on trial never gets as far as a login: a watchdog resets it.
    #[must_use]
    pub fn with_trial_that_fails(self) -> Self {
        Self {
            trial_fails: true,
            ..self
        }
    }

    fn loader(&mut self) -> Loader<'_> {
        Loader {
            flash: &mut self.flash,
            layout: &self.layout,
        }
    }

    fn standing(&mut self) -> Standing {
        boot::standing(&mut self.loader())
    }

    fn tell(&self, notice: &Notice) {
        if let Some(notify) = &self.notify {
            notify(notice);
        }
    }

    /// The software that starts: its slot, and its name where it came with an update.
    fn choose(&mut self) -> (Standing, Option<Name>) {
        let mut loader = self.loader();
        let Some(started) = boot::choose(&mut loader) else {
            self.tell(&Notice::SoftwareLost);
            return (self.standing(), None);
        };
        let standing = boot::standing(&mut loader);
        let is_factory = standing.from_factory && started == standing.in_force;
        (standing, (!is_factory).then(|| loader.name(started)).flatten())
    }

    /// The stage that holds the update whose manifest is kept. Software that was confirmed has left it in the slot that it
    /// runs from, where what came with it may still be to be carried out.
    fn find_stage(&mut self, in_force: Slot) -> Stage {
        let beside = self.layout.stage(place_of(in_force));
        let mut manifest = [0; MANIFEST_MAX];
        let Some(length) = self.load(Record::Manifest, &mut manifest) else {
            return beside;
        };
        let digest: [u8; 32] = Sha256::digest(&manifest[..length]).into();
        [in_force, in_force.other()]
            .map(|slot| self.layout.stage(place_of(slot)))
            .into_iter()
            .find_map(|mut stage| {
                let length = stage.length(&mut self.flash, &digest).unwrap_or(0);
                (length > 0).then_some(stage)
            })
            .unwrap_or(beside)
    }

    /// What the flash keeps of the reader's identity; `None` where nothing ever was.
    ///
    /// # Errors
    /// Something is there and can't be read: such a reader is not taken for one that was never provisioned.
    pub fn kept(&mut self) -> Result<Option<Kept>, StateError> {
        let number = Record::Identity.number();
        if let Some(kept) = Kept::load(self) {
            return Ok(Some(kept));
        }
        let mut store = Store::new(&mut self.flash, &self.layout);
        if store.is_blank(number).unwrap_or(false) {
            return Ok(None);
        }
        match store.was_stored(number) {
            // The power went while the first one was written.
            Ok(false) => Ok(Some(Kept::blank(HardwareClass::REFERENCE_HOST))),
            Ok(true) | Err(_) => Err(StateError::Damaged {
                path: self
                    .file
                    .as_ref()
                    .map(|(path, _)| path.clone())
                    .unwrap_or_default(),
                reason: "what it keeps of the reader's identity can't be read".into(),
            }),
        }
    }

    /// Erases the flash: every record and both slots for software, with all that old values have left there. The reader's
    /// own identity stays, which is made harmless before, and the name of the format. Then all of it is read.
    ///
    /// # Errors
    /// [`StoreFailed`] where the flash did not erase, or a byte of it is not erased.
    pub fn wipe(&mut self) -> Result<(), StoreFailed> {
        let kept = [Record::Identity.number(), state::FORMAT_RECORD];
        let mut from = 0;
        let size = u32::try_from(self.flash.bytes().len()).map_err(|_| StoreFailed)?;
        let block = SIZES.block;
        for (start, end) in kept
            .map(|number| (2 * block * u32::from(number), 2 * block * (u32::from(number) + 1)))
            .into_iter()
            .chain([(size, size)])
        {
            if from < start {
                let erased = self.flash.erase(from, start).map_err(StoreError::Flash);
                self.done(erased)?;
                let bytes = self.flash.bytes().get(from as usize..start as usize);
                if !bytes.is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0xff)) {
                    return Err(StoreFailed);
                }
            }
            from = end;
        }
        Ok(())
    }

    /// Whether these bytes stand anywhere on the flash.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        !bytes.is_empty()
            && self
                .flash
                .bytes()
                .windows(bytes.len())
                .any(|found| found == bytes)
    }

    /// Tells what went wrong, and makes of it what the core knows.
    fn done<T>(&self, result: Result<T, StoreError<HostFlashError>>) -> Result<T, StoreFailed> {
        result.map_err(|error| {
            if let (Some((path, _)), Some(notify)) = (&self.file, &self.notify) {
                let why = match error {
                    StoreError::Flash(error) => error.to_string(),
                    error => error.to_string(),
                };
                notify(&Notice::StoreFailed(path.clone(), why));
            }
            StoreFailed
        })
    }
}

impl Boot for HostEnv {
    fn boot(&mut self) -> Option<Name> {
        let (mut standing, mut name) = self.choose();
        let trial = |standing: Standing| matches!(standing.trial, Some((_, true)));
        if trial(standing) {
            self.tell(&Notice::TrialStarted(told(name)));
            if self.trial_fails {
                // It hangs, and a watchdog resets it.
                (standing, name) = self.choose();
            }
        }
        if standing.given_up {
            self.tell(&Notice::Reverted(told(name)));
        }
        self.trial = name.filter(|_| trial(standing));
        self.stage = self.find_stage(standing.in_force);
        name
    }
}

/// A name of software for a person.
fn told(name: Option<Name>) -> String {
    name.map_or_else(|| "that of the factory".into(), |name| name.as_str().into())
}

impl Env for HostEnv {
    fn modules(&self) -> &'static [ModuleId] {
        &MODULES
    }

    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        getrandom::fill(out).map_err(|_| RandomFailed)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        Store::new(&mut self.flash, &self.layout)
            .load(record.number(), out)
            .ok()
            .flatten()
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        let finished = match record {
            // What these say of staged bytes has to be true after a reset. An empty one says nothing.
            Record::Commit | Record::Boot if !data.is_empty() => self.stage.finish(&mut self.flash),
            Record::Commit
            | Record::Boot
            | Record::BootCounter
            | Record::FailedConnects
            | Record::Journal
            | Record::Manifest
            | Record::Authentication
            | Record::Identity
            | Record::StageKey
            | Record::Logic(_) => Ok(()),
        };
        self.done(finished)?;
        let mut store = Store::new(&mut self.flash, &self.layout);
        let stored = match record {
            // A key that is not in force any more is not to be found either.
            Record::Authentication | Record::Identity | Record::StageKey => {
                store.store_and_erase(record.number(), data)
            }
            Record::BootCounter
            | Record::FailedConnects
            | Record::Journal
            | Record::Manifest
            | Record::Boot
            | Record::Commit
            | Record::Logic(_) => store.store(record.number(), data),
        };
        self.done(stored)?;
        if record == Record::Boot && self.trial.is_some() && self.standing().trial.is_none() {
            let confirmed = told(self.trial.take());
            self.tell(&Notice::TrialConfirmed(confirmed));
        }
        Ok(())
    }

    fn software_max(&self) -> u32 {
        self.stage_size()
    }

    fn stage_size(&self) -> u32 {
        self.stage.size::<HostFlash>()
    }

    fn stage_begin(&mut self, digest: &[u8; 32]) -> Result<(), StoreFailed> {
        // Software that was confirmed since the start is in force, and what is in force is not written over.
        let in_force = self.standing().in_force;
        self.stage = self.layout.stage(place_of(in_force));
        let begun = self.stage.begin(&mut self.flash, digest);
        self.done(begun)
    }

    fn stage_length(&mut self, digest: &[u8; 32]) -> u32 {
        self.stage.length(&mut self.flash, digest).unwrap_or(0)
    }

    fn stage_append(&mut self, data: &[u8]) -> Result<(), StoreFailed> {
        let appended = self.stage.append(&mut self.flash, data);
        self.done(appended)
    }

    fn stage_read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        self.stage
            .read(&mut self.flash, offset, out)
            .map_err(|_| StoreFailed)
    }
}

impl fmt::Debug for HostEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostEnv")
            .field("flash", &self.flash)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
