//! What is in the contact slot: a simulated card, which answers at once, or a card in a reader of the operating system
//! (PC/SC), which answers when it likes.

#[cfg(feature = "pcsc")]
pub(crate) mod pcsc;
pub(crate) mod simulated;

use crate::board::Happened;
use core::time::Duration;

/// A contact slot, as the board uses it.
///
/// The board asks for one thing at a time. It numbers what it asks for, and forgets the number when the supply is cut:
/// what a slot tells later under an old number is nobody's answer.
pub(crate) trait Slot: Send {
    /// Does what is asked. The answer is given back where there is one at once; otherwise it comes as [`Told`].
    fn ask(&mut self, ticket: u64, request: Request<'_>) -> Option<Answer>;

    /// Whether it answers at once, whatever it is asked.
    fn answers_at_once(&self) -> bool;

    /// Cuts the supply. The card is mute, and its session is over.
    fn power_off(&mut self);

    /// Puts the card into the slot, or pulls it out; whether that changed anything. Only a simulated card can be moved
    /// from here.
    fn move_card(&mut self, inserted: bool) -> bool;
}

/// What the board wants from a card.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request<'a> {
    /// Supply on, clock on, reset: the card's answer to reset.
    Reset,
    /// One command TPDU of T=0.
    Transmit(&'a [u8]),
}

/// What the card did, and how much longer than usual it took.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) happened: Happened,
    pub(crate) delay: Duration,
}

/// What a slot tells by itself, from another thread.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "pcsc"),
    expect(dead_code, reason = "a simulated card answers at once")
)]
pub(crate) enum Told {
    /// The answer to what was asked under this number.
    Answer(u64, Happened),
    /// A card came or went.
    Moved { inserted: bool },
    /// Something that a person has to see to.
    Trouble(String),
}
