//! The contact card: how it is activated, and how it is spoken to.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`ContactCard`] | one card, from its reset to the end of its supply |
//! | [`atr`] | reads an answer to reset |
//! | [`activation`] | supply classes, resets, speed |
//! | [`exchange`] | command APDUs in TPDUs, and responses out of them |

pub(crate) mod activation;
pub mod atr;
pub(crate) mod exchange;

use activation::{Activation, CardReset, Next};
use exchange::{Exchange, Step};

/// The card in the slot, as far as the running service knows it.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct ContactCard {
    activation: Activation,
    exchange: Exchange,
}

impl ContactCard {
    pub(crate) fn new() -> Self {
        Self {
            activation: Activation::new(),
            exchange: Exchange::new(),
        }
    }

    /// Begins to activate the card; what was known of it is forgotten.
    pub(crate) fn reset(&mut self) -> CardReset {
        self.activation.begin()
    }

    /// Takes an answer to reset.
    pub(crate) fn answer_to_reset(&mut self, bytes: &[u8]) -> Next {
        self.activation.answer(bytes)
    }

    /// The line is set as it was asked for, or as it stood.
    pub(crate) fn line_is_set(&mut self) -> Next {
        self.activation.line_is_set()
    }

    /// The card gave no answer to a reset, or none that agrees to a line.
    pub(crate) fn mute(&mut self) -> Next {
        self.activation.mute()
    }

    /// Begins a command APDU; `false` where it is not well formed, or longer than this card takes.
    pub(crate) fn command(&mut self, apdu: &[u8]) -> bool {
        self.exchange.begin(apdu, self.activation.capabilities())
    }

    /// The TPDU to send.
    pub(crate) fn tpdu(&self) -> &[u8] {
        self.exchange.tpdu()
    }

    /// Takes the card's response to a TPDU.
    pub(crate) fn response(&mut self, response: &[u8], leave_lengths: bool) -> Step {
        self.exchange.response(response, leave_lengths)
    }

    /// The response data of the command that is done.
    pub(crate) fn data(&self) -> &[u8] {
        self.exchange.data()
    }

    /// Forgets the card, and what was said: PINs and keys were among it.
    pub(crate) fn forget(&mut self) {
        self.activation = Activation::new();
        self.exchange.erase();
    }
}
