//! A card in a reader of the operating system, through its PC/SC service (on Linux `pcscd`).
//!
//! Two threads stand between the service and the loop, since both wait as long as they like: one gives the card its
//! commands ([`worker`]), one watches whether there is a card ([`watcher`]). The reader is used exclusively while the
//! slot has its supply: between two commands of a service nobody else changes the card's state.
//!
//! The core gives command TPDUs of T=0. A reader of the TPDU level takes them as they are; one that works with whole
//! APDUs and fetches `61xx` data itself answers with more, which the core takes as well. A card that speaks T=1 alone
//! is refused: a UICC always speaks T=0 (ETSI TS 102 221, 7.2).

mod watcher;
mod worker;

use super::{Answer, Request, Slot};
use crate::link::{Input, Teller};
use core::{ffi::CStr, fmt, time::Duration};
use pcsc::{Context, ReaderState, Scope, State};
use std::{
    ffi::CString,
    sync::mpsc::{Sender, channel},
    thread,
};

/// A reader that the operating system has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcscReader {
    name: CString,
}

/// Why there is no reader to use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PcscError {
    /// The service does not run, or does not talk to us.
    #[error("the PC/SC service is not reached: {0}")]
    NoService(String),
    /// It knows no reader at all.
    #[error("the PC/SC service has no card reader")]
    NoReader,
    /// It knows readers, and none with this name.
    #[error("no card reader has `{wanted}` in its name; there are: {}", .have.join(", "))]
    NoSuchReader {
        /// The part of a name that was given.
        wanted: String,
        /// The names of those that are there.
        have: Vec<String>,
    },
    /// More than one could be meant.
    #[error("several card readers could be meant: {}", .have.join(", "))]
    SeveralReaders {
        /// Their names.
        have: Vec<String>,
    },
}

impl PcscError {
    /// What to do next.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoService(_) => {
                "Start the service (on Debian install `pcscd`, and run `systemctl start pcscd`), and check that you \
                 may use it."
            }
            Self::NoReader => {
                "Plug a card reader in, and check with `pcsc_scan -r` that the service sees it."
            }
            Self::NoSuchReader { .. } => "Give `pcsc:` and a part of one of these names.",
            Self::SeveralReaders { .. } => "Give `pcsc:` and a part of a name that only one of them has.",
        }
    }
}

impl PcscReader {
    /// The only reader there is, or the only one with this in its name.
    ///
    /// # Errors
    /// The service is not reached, or it isn't one reader that is meant. That there is no card in it is no error.
    pub fn find(part_of_name: Option<&str>) -> Result<Self, PcscError> {
        let context = Context::establish(Scope::User).map_err(no_service)?;
        let all = context.list_readers_owned().map_err(no_service)?;
        if all.is_empty() {
            return Err(PcscError::NoReader);
        }
        choose(&all, part_of_name)
    }

    /// Its name, as the service tells it.
    #[must_use]
    pub fn name(&self) -> String {
        readable(&self.name)
    }

    /// Begins to use it. Whether there is a card is the first thing that the loop is told.
    pub(crate) fn open(self, inputs: Teller) -> PcscSlot {
        let inserted = self.has_card();
        if inserted {
            // The loop is about to begin.
            let _ = inputs.send(Input::Slot(super::Told::Moved { inserted }));
        }
        let (jobs, todo) = channel();
        let worker = worker::Worker::new(self.name.clone(), inputs.clone());
        let (stop, stopped) = channel();
        let watcher = watcher::Watcher::new(self.name, inserted, inputs.clone(), stopped);
        let waits = watcher.waits();
        let started = [
            thread::Builder::new()
                .name("card".into())
                .spawn(move || worker.run(&todo))
                .is_ok(),
            thread::Builder::new()
                .name("card-watch".into())
                .spawn(move || watcher.run())
                .is_ok(),
        ];
        if started.contains(&false) {
            let what = "the card reader can't be used: the operating system has no more threads".to_owned();
            let _ = inputs.send(Input::Slot(super::Told::Trouble(what)));
        }
        PcscSlot {
            jobs,
            waits,
            _stop: stop,
        }
    }

    /// As the service knows it now. What goes wrong here goes wrong for the watcher too, and is told there.
    fn has_card(&self) -> bool {
        let mut states = [ReaderState::new(self.name.clone(), State::UNAWARE)];
        Context::establish(Scope::User)
            .and_then(|context| context.get_status_change(Duration::ZERO, &mut states))
            .is_ok()
            && states[0].event_state().contains(State::PRESENT)
    }
}

fn choose(all: &[CString], part_of_name: Option<&str>) -> Result<PcscReader, PcscError> {
    let wanted = part_of_name.unwrap_or_default();
    let mut fitting = all.iter().filter(|name| readable(name).contains(wanted));
    // A name that is given whole means this reader, whatever else contains it.
    let exact = all.iter().find(|name| readable(name) == wanted);
    match (
        exact.or_else(|| fitting.next()),
        exact.is_none() && fitting.next().is_some(),
    ) {
        (Some(name), false) => Ok(PcscReader { name: name.clone() }),
        (Some(_), true) => Err(PcscError::SeveralReaders {
            have: all
                .iter()
                .map(|name| readable(name))
                .filter(|name| name.contains(wanted))
                .collect(),
        }),
        (None, _) => Err(PcscError::NoSuchReader {
            wanted: wanted.into(),
            have: all.iter().map(|name| readable(name)).collect(),
        }),
    }
}

/// A slot with a reader of the operating system.
pub(crate) struct PcscSlot {
    jobs: Sender<worker::Job>,
    waits: watcher::Waits,
    /// Ends the watcher when it is dropped.
    _stop: Sender<()>,
}

impl Slot for PcscSlot {
    fn ask(&mut self, ticket: u64, request: Request<'_>) -> Option<Answer> {
        let what = match request {
            Request::Reset => worker::What::Reset,
            Request::Transmit(tpdu) => worker::What::Transmit(tpdu.to_vec().into()),
        };
        let asked = self.jobs.send(worker::Job::Ask { ticket, what });
        // Without the thread nobody will answer.
        asked.is_err().then_some(Answer {
            happened: crate::board::Happened::CardMute,
            delay: Duration::ZERO,
        })
    }

    fn answers_at_once(&self) -> bool {
        false
    }

    fn power_off(&mut self) {
        // Without the thread the card is not supplied.
        let _ = self.jobs.send(worker::Job::PowerOff);
    }

    fn move_card(&mut self, _inserted: bool) -> bool {
        false
    }
}

impl Drop for PcscSlot {
    fn drop(&mut self) {
        self.waits.cancel();
    }
}

impl fmt::Debug for PcscSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PcscSlot").finish_non_exhaustive()
    }
}

fn no_service(error: pcsc::Error) -> PcscError {
    PcscError::NoService(error.to_string())
}

fn readable(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<CString> {
        names.iter().map(|name| CString::new(*name).unwrap()).collect()
    }

    #[test]
    fn a_part_of_a_name_chooses() {
        let all = names(&["Virtual PCD 00 00", "Virtual PCD 00 01", "ACS ACR39U 01 00"]);
        let chosen = |part| choose(&all, part).map(|reader| reader.name());
        assert_eq!(chosen(Some("ACR39")).as_deref(), Ok("ACS ACR39U 01 00"));
        assert_eq!(chosen(Some("PCD 00 01")).as_deref(), Ok("Virtual PCD 00 01"));
        assert_eq!(
            chosen(Some("PCD")),
            Err(PcscError::SeveralReaders {
                have: vec!["Virtual PCD 00 00".into(), "Virtual PCD 00 01".into()]
            })
        );
        assert!(matches!(chosen(None), Err(PcscError::SeveralReaders { have }) if have.len() == 3));
        let error = chosen(Some("Omnikey")).unwrap_err();
        assert!(
            error.to_string().contains("`Omnikey`") && error.to_string().contains("ACR39U"),
            "{error}"
        );
        let one = names(&["Reader"]);
        assert_eq!(
            choose(&one, None).map(|reader| reader.name()).as_deref(),
            Ok("Reader")
        );
        let nested = names(&["Reader 1", "Reader 10"]);
        assert_eq!(
            choose(&nested, Some("Reader 1"))
                .map(|reader| reader.name())
                .as_deref(),
            Ok("Reader 1")
        );
    }
}
