//! Gives the card its commands, one after another, on a thread of its own: a card may take its time.

use crate::{
    board::Happened,
    link::{Input, Teller},
    slot::Told,
};
use core::{ffi::CStr, fmt, time::Duration};
use pcsc::{
    Card, Context, Disposition, Error, MAX_BUFFER_SIZE_EXTENDED, Protocols, ReaderState, Scope, ShareMode,
    State,
};
use std::{ffi::CString, sync::mpsc::Receiver, thread, time::Instant};
use zeroize::Zeroizing;

/// How long a reader may take to see that a card is gone: it looks that often.
const NOTICED_WITHIN: Duration = Duration::from_secs(1);

/// For how long another program may hold a card that was just put in: many look at it, and let it go.
const OTHERS_LOOK: Duration = Duration::from_millis(250);
/// How long is waited between two tries meanwhile.
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// Something to be done, in the order in which it was asked for.
pub(super) enum Job {
    Ask { ticket: u64, what: What },
    PowerOff,
}

/// A request that owns its bytes, which may be a PIN: they are shown nowhere, and erased when they are sent.
pub(super) enum What {
    Reset,
    Transmit(Zeroizing<Vec<u8>>),
}

/// What the reader was doing when it went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Service,
    Connect,
    AnswerToReset,
    Command,
}

pub(super) struct Worker {
    reader: CString,
    inputs: Teller,
    context: Option<Context>,
    card: Option<Card>,
}

impl Worker {
    pub(super) fn new(reader: CString, inputs: Teller) -> Self {
        Self {
            reader,
            inputs,
            context: None,
            card: None,
        }
    }

    /// Works until nobody can ask for anything any more.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        for job in jobs {
            let (ticket, what) = match job {
                Job::PowerOff => {
                    self.power_off();
                    continue;
                }
                Job::Ask { ticket, what } => (ticket, what),
            };
            let done = match what {
                What::Reset => self.reset().map(Happened::Atr),
                // Without a reset it has no supply, and nothing went wrong with it.
                What::Transmit(_) if self.card.is_none() => Ok(Happened::CardMute),
                What::Transmit(tpdu) => self.transmit(&tpdu).map(Happened::CardResponse),
            };
            let happened = done.unwrap_or_else(|(phase, error)| {
                self.explain(phase, error);
                self.power_off();
                Happened::CardMute
            });
            self.tell(Told::Answer(ticket, happened));
        }
        self.power_off();
    }

    /// A cold reset: the supply is off before, whoever had switched it on.
    fn reset(&mut self) -> Result<Vec<u8>, (Phase, Error)> {
        self.power_off();
        let context = match self.context.take() {
            Some(context) if context.is_valid().is_ok() => context,
            _ => Context::establish(Scope::User).map_err(|error| (Phase::Service, error))?,
        };
        let context = self.context.insert(context);
        let card = connect(context, &self.reader).map_err(|error| (Phase::Connect, error))?;
        let status = card
            .status2_owned()
            .map_err(|error| (Phase::AnswerToReset, error));
        self.card = Some(card);
        Ok(status?.atr().to_vec())
    }

    fn transmit(&self, tpdu: &[u8]) -> Result<Vec<u8>, (Phase, Error)> {
        let failed = |error| (Phase::Command, error);
        let card = self.card.as_ref().ok_or(failed(Error::UnpoweredCard))?;
        let mut buffer = vec![0; MAX_BUFFER_SIZE_EXTENDED];
        match card.transmit(tpdu, &mut buffer).map_err(failed)? {
            // Some drivers say so that there was no answer.
            [] => Err(failed(Error::CommError)),
            response => Ok(response.to_vec()),
        }
    }

    /// Tells what went wrong: the card is gone, which the loop is to know before it takes it for mute, or something is
    /// in trouble.
    fn explain(&self, phase: Phase, error: Error) {
        if self.is_gone(error) {
            self.tell(Told::Moved { inserted: false });
        } else if let Some(trouble) = trouble(phase, error) {
            self.tell(Told::Trouble(trouble));
        }
    }

    /// A reader may see that the card does not answer any more before it sees that it is gone.
    fn is_gone(&self, error: Error) -> bool {
        match (error, &self.context) {
            (Error::RemovedCard | Error::NoSmartcard, _) => true,
            (Error::SharingViolation | Error::ProtoMismatch | Error::UnresponsiveCard, _) | (_, None) => {
                false
            }
            (_, Some(context)) => {
                let mut states = [ReaderState::new(self.reader.clone(), State::PRESENT)];
                let changed = context.get_status_change(NOTICED_WITHIN, &mut states);
                changed.is_ok() && !states[0].event_state().contains(State::PRESENT)
            }
        }
    }

    fn power_off(&mut self) {
        if let Some(card) = self.card.take() {
            // A card that is gone, or a reader, is without supply.
            let _ = card.disconnect(Disposition::UnpowerCard);
        }
    }

    fn tell(&self, told: Told) {
        // The loop may have ended; then nobody asks any more either.
        let _ = self.inputs.send(Input::Slot(told));
    }
}

/// Connects to the card, once nobody else does.
fn connect(context: &Context, reader: &CStr) -> Result<Card, Error> {
    let patience = Instant::now() + OTHERS_LOOK;
    loop {
        match context.connect(reader, ShareMode::Exclusive, Protocols::T0) {
            Err(Error::SharingViolation) if Instant::now() < patience => thread::sleep(BETWEEN_TRIES),
            done => return done,
        }
    }
}

/// What a person has to know: what went wrong in which phase, and what to do about it. Nothing where the card is just
/// not there, which the watcher tells.
fn trouble(phase: Phase, error: Error) -> Option<String> {
    let next = match error {
        Error::NoSmartcard | Error::RemovedCard | Error::UnpoweredCard => return None,
        Error::SharingViolation => "another program uses it: end that program",
        Error::ProtoMismatch => "the card does not speak T=0, as a SIM does: put a SIM in",
        Error::UnresponsiveCard | Error::UnsupportedCard | Error::InvalidAtr => {
            "the card is mute or damaged, or lies the wrong way round: take it out and put it in again"
        }
        Error::ResetCard => "another program has reset the card: end that program",
        Error::NoService | Error::ServiceStopped => "the PC/SC service has ended: start it again",
        Error::UnknownReader | Error::ReaderUnavailable => "the card reader is gone: plug it in again",
        Error::NotTransacted | Error::CommError | Error::Timeout => {
            "the card does not answer any more: take it out and put it in again"
        }
        _ => "take the card out and put it in again, and then the reader",
    };
    Some(format!("card reader, {phase}: {error}; {next}"))
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "reaching the PC/SC service",
            Self::Connect => "powering the card",
            Self::AnswerToReset => "answer to reset",
            Self::Command => "command",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_names_the_phase_and_what_to_do() {
        assert_eq!(trouble(Phase::Command, Error::RemovedCard), None);
        assert_eq!(trouble(Phase::Connect, Error::NoSmartcard), None);
        for (error, word) in [
            (Error::SharingViolation, "another program uses it"),
            (Error::ProtoMismatch, "T=0"),
            (Error::UnresponsiveCard, "mute"),
            (Error::NoService, "start it again"),
            (Error::InternalError, "take the card out"),
        ] {
            let told = trouble(Phase::Connect, error).unwrap();
            assert!(
                told.starts_with("card reader, powering the card: ") && told.contains(word),
                "{told}"
            );
        }
    }
}
