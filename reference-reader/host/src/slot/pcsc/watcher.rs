//! Watches whether there is a card in the reader, on a thread of its own, which waits in the service.

use crate::{
    link::{Input, Teller},
    slot::Told,
};
use core::time::Duration;
use pcsc::{Context, Error, ReaderState, Scope, State};
use std::{
    ffi::CString,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError},
    },
};

/// A service or a reader that is gone is looked for this often.
const AGAIN: Duration = Duration::from_secs(1);

/// The context in which the watcher waits, so that the wait can be ended.
#[derive(Clone, Default)]
pub(super) struct Waits(Arc<Mutex<Option<Context>>>);

impl Waits {
    /// Ends the wait. A watcher that is just about to begin it ends with the next event instead.
    pub(super) fn cancel(&self) {
        let context = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(context) = &*context {
            // Where the service is gone there is no wait.
            let _ = context.cancel();
        }
    }

    fn set(&self, context: &Context) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.clone());
    }
}

pub(super) struct Watcher {
    reader: CString,
    inputs: Teller,
    stopped: Receiver<()>,
    waits: Waits,
    /// What the loop was told last.
    present: bool,
    /// Whether it was told that service or reader are gone.
    complained: bool,
}

/// The loop has ended, or wants to.
struct Over;

impl Watcher {
    pub(super) fn new(reader: CString, present: bool, inputs: Teller, stopped: Receiver<()>) -> Self {
        Self {
            reader,
            inputs,
            stopped,
            waits: Waits::default(),
            present,
            complained: false,
        }
    }

    pub(super) fn waits(&self) -> Waits {
        self.waits.clone()
    }

    /// Watches until the slot is dropped.
    pub(super) fn run(mut self) {
        loop {
            let gone = match Context::establish(Scope::User) {
                Ok(context) => {
                    self.waits.set(&context);
                    match self.watch(&context) {
                        Err(error) => error,
                        Ok(Over) => return,
                    }
                }
                Err(error) => error,
            };
            if self.without_reader(gone).is_err() {
                return;
            }
            match self.stopped.recv_timeout(AGAIN) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Tells what the service tells, as long as it knows the reader.
    fn watch(&mut self, context: &Context) -> Result<Over, Error> {
        let mut states = [ReaderState::new(self.reader.clone(), State::UNAWARE)];
        let mut count = None;
        loop {
            context.get_status_change(None, &mut states)?;
            let [state] = &mut states;
            let event = state.event_state();
            if event.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
                return Err(Error::UnknownReader);
            }
            self.complained = false;
            let present = event.contains(State::PRESENT);
            // Each coming and going is counted: a card that was changed between two looks is another one.
            let changed = count.is_some_and(|count| count != state.event_count());
            if present && self.present && changed && self.tell(false).is_err() {
                return Ok(Over);
            }
            if present != self.present && self.tell(present).is_err() {
                return Ok(Over);
            }
            count = Some(state.event_count());
            state.sync_current_state();
        }
    }

    /// The card went with service or reader.
    fn without_reader(&mut self, error: Error) -> Result<(), Over> {
        if self.present {
            self.tell(false)?;
        }
        if !self.complained && error != Error::Cancelled {
            self.complained = true;
            let what = format!("card reader: {error}; it is looked for again every second");
            self.send(Told::Trouble(what))?;
        }
        Ok(())
    }

    fn tell(&mut self, inserted: bool) -> Result<(), Over> {
        self.present = inserted;
        self.send(Told::Moved { inserted })
    }

    fn send(&self, told: Told) -> Result<(), Over> {
        self.inputs.send(Input::Slot(told)).map_err(|_| Over)
    }
}
