//! A program and what it has under way with a module: which command a call becomes, and what its answer means.
//!
//! It knows nothing of power, policies and journals; those are the main control's.

use super::{
    call::{Call, Effect},
    filter,
    machine::Machine,
};
use crate::modules::{
    ModuleEvent, Queued,
    contact_card::{ContactCard, activation::Next, exchange::Step},
};
use cardwire_codec::{
    List,
    message::{Item, Logic, Outcome, PinFunction, Register, limits::PIN_GUARD},
};

/// Digits of a PIN or PUK.
const DIGITS: core::ops::RangeInclusive<usize> = 4..=8;

/// The status word of a card whose secret is disabled.
const DISABLED: u16 = 0x6984;
const FINE: u16 = 0x9000;

/// A program on its way, and the card that it speaks to.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Program {
    machine: Machine,
    card: ContactCard,
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// It belongs to nothing that was asked.
    Unasked,
    /// The module goes on with this, as a part of the same call.
    More(Queued),
    /// The same instruction calls the module again.
    Call(Call),
    /// The program goes on.
    Run,
    /// The service ends.
    End(Outcome),
}

impl Program {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self {
            machine: Machine::new(),
            card: ContactCard::new(),
        }
    }

    /// Takes up execution logic at its first instruction.
    pub(crate) fn load(
        &mut self,
        logic: &Logic<'_>,
        parameters: List<'_, Item<'_>>,
        secrets: &[u8],
    ) -> Option<()> {
        self.machine.load(logic, parameters, secrets)
    }

    /// The machine, to be looked at.
    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Forgets all but the service data.
    pub(crate) fn erase(&mut self) {
        self.machine.erase();
        self.card.forget();
    }

    /// Executes instructions up to the next that needs a module or ends the service.
    pub(crate) fn run(&mut self) -> Effect {
        self.machine.run()
    }

    /// Executes one instruction.
    pub(crate) fn step(&mut self) -> Option<Effect> {
        self.machine.step()
    }

    /// What a call asks of its module.
    ///
    /// # Errors
    /// The outcome of a call that can't be made.
    pub(crate) fn begin(&mut self, call: Call) -> Result<Queued, Outcome> {
        let begun = match call {
            Call::Reset(_) => return Ok(Queued::CardReset(self.card.reset())),
            Call::Ask { prompt, .. } => return Ok(Queued::Ask(prompt)),
            Call::Poll(_) => return Ok(Queued::Poll),
            Call::Show(pattern) => return Ok(Queued::Show(pattern)),
            Call::Tries { header, .. } => self.card.command(&header),
            Call::Command { .. } | Call::Present(_) => self.card.command(self.machine.command()),
        };
        if !begun {
            return Err(Outcome::LOGIC_FAULT);
        }
        if call.writes() {
            self.machine.note_write();
        }
        Ok(Queued::CardTransmit)
    }

    /// The TPDU that the board is to send to the card.
    pub(crate) fn tpdu(&self) -> &[u8] {
        self.card.tpdu()
    }

    /// Takes what a module answered to a call.
    pub(crate) fn answered(&mut self, call: Call, event: ModuleEvent<'_>) -> Answered {
        match (call, event) {
            //= spec/book/src/modules.md#cw-mod-012
            //# A job MUST end with `card-mute` where the card does not answer, and with `card-damaged` where its answer breaks the transport rules or does not come to an end.
            (Call::Reset(into), ModuleEvent::Atr(atr)) => match self.card.answer_to_reset(atr) {
                next @ (Next::Line(_) | Next::Ready) => {
                    // The logic gets the answer of the reset that counts: the last one.
                    match self.keep(into, atr, Outcome::CARD_DAMAGED) {
                        Answered::Run => after_reset(next),
                        ended => ended,
                    }
                }
                next => after_reset(next),
            },
            (Call::Reset(_), ModuleEvent::CardLineSet) => after_reset(self.card.line_is_set()),
            (Call::Reset(_), ModuleEvent::CardMute) => after_reset(self.card.mute()),
            (
                Call::Command { .. } | Call::Tries { .. } | Call::Present(_),
                ModuleEvent::CardResponse(response),
            ) => {
                // A question for tries is not sent again as a command that has data.
                let asks = matches!(call, Call::Tries { .. });
                match self.card.response(response, asks) {
                    Step::Transmit => Answered::More(Queued::CardTransmit),
                    Step::Damaged => Answered::End(Outcome::CARD_DAMAGED),
                    Step::Done(status_word) => self.done(call, status_word),
                }
            }
            (Call::Command { .. } | Call::Tries { .. } | Call::Present(_), ModuleEvent::CardMute) => {
                Answered::End(Outcome::CARD_MUTE)
            }
            (Call::Ask { into, .. }, ModuleEvent::Entered(digits)) => {
                let right = DIGITS.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
                let kept = right || digits.is_empty();
                match kept.then(|| self.machine.answer_secretly(into, digits)).flatten() {
                    Some(()) => Answered::Run,
                    None => Answered::End(Outcome::MODULE_FAILED),
                }
            }
            (Call::Poll(into), ModuleEvent::Polled(card)) => self.keep(into, card, Outcome::MODULE_FAILED),
            (Call::Show(_), ModuleEvent::Shown) => Answered::Run,
            _ => Answered::Unasked,
        }
    }

    /// A command has come to its end with this status word.
    fn done(&mut self, call: Call, status_word: u16) -> Answered {
        self.machine.set_status_word(status_word);
        match call {
            Call::Command { into, .. } => {
                let kept = self.machine.answer(into, self.card.data());
                kept.map_or(Answered::End(Outcome::CARD_DAMAGED), |()| Answered::Run)
            }
            Call::Tries { function, into, .. } => self.guard(function, into, status_word),
            Call::Present(into) => {
                let tries = filter::tries(status_word);
                self.keep(into, tries.as_slice(), Outcome::LOGIC_FAULT)
            }
            Call::Reset(_) | Call::Ask { .. } | Call::Poll(_) | Call::Show(_) => Answered::Unasked,
        }
    }

    /// Whether a secret is presented, by what the card says of the tries that are left for it.
    fn guard(&mut self, function: PinFunction, into: Register, status_word: u16) -> Answered {
        match filter::tries(status_word) {
            Some(tries) if usize::from(tries) <= PIN_GUARD => Answered::End(Outcome::PIN_TRIES_LOW),
            Some(_) => Answered::Call(Call::Present(into)),
            None if status_word == FINE => Answered::Call(Call::Present(into)),
            None if status_word == DISABLED && function == PinFunction::Enable => {
                Answered::Call(Call::Present(into))
            }
            None => self.keep(into, &[], Outcome::LOGIC_FAULT),
        }
    }

    fn keep(&mut self, into: Register, bytes: &[u8], otherwise: Outcome) -> Answered {
        match self.machine.answer(into, bytes) {
            Some(()) => Answered::Run,
            None => Answered::End(otherwise),
        }
    }
}

/// What comes after the activation of a card has come this far.
fn after_reset(next: Next) -> Answered {
    match next {
        Next::Reset(reset) => Answered::More(Queued::CardReset(reset)),
        Next::Line(line) => Answered::More(Queued::CardLine(line)),
        Next::Ready => Answered::Run,
        Next::Mute => Answered::End(Outcome::CARD_MUTE),
        Next::Damaged => Answered::End(Outcome::CARD_DAMAGED),
        Next::Drop => Answered::Unasked,
    }
}
