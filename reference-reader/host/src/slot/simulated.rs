//! A slot with a simulated card, which can be pulled out and put in again by whoever holds the reader.

use super::{Answer, Request, Slot};
use crate::{board::Happened, simulated::SimulatedCard};

/// The slot. The card stays the same one when it is pulled out and put in again.
pub(crate) struct SimulatedSlot {
    card: SimulatedCard,
    inserted: bool,
}

impl SimulatedSlot {
    /// An empty slot, and the card that will be put into it.
    pub(crate) fn new(card: SimulatedCard) -> Self {
        Self {
            card,
            inserted: false,
        }
    }
}

impl Slot for SimulatedSlot {
    fn ask(&mut self, _ticket: u64, request: Request<'_>) -> Option<Answer> {
        let mute = Answer {
            happened: Happened::CardMute,
            delay: core::time::Duration::ZERO,
        };
        if !self.inserted {
            return Some(mute);
        }
        let said = match request {
            Request::Reset => self.card.cold_reset(),
            Request::Transmit(tpdu) => self.card.transmit(tpdu),
        };
        let happened = match (request, said.bytes.is_empty()) {
            (_, true) => Happened::CardMute,
            (Request::Reset, false) => Happened::Atr(said.bytes),
            (Request::Transmit(_), false) => Happened::CardResponse(said.bytes),
        };
        Some(Answer {
            happened,
            delay: said.after,
        })
    }

    fn answers_at_once(&self) -> bool {
        true
    }

    fn power_off(&mut self) {
        self.card.power_off();
    }

    fn move_card(&mut self, inserted: bool) -> bool {
        let changed = self.inserted != inserted;
        self.inserted = inserted;
        if !inserted {
            self.card.power_off();
        }
        changed
    }
}
