//! The service modules of this reader: a slot with a simulated card in it, and an indicator that nobody sees.
//!
//! They keep to the timing of real ones: a command is started, and its event comes later. A driver of a real slot
//! takes the place of this file.

#[cfg(any(test, feature = "bench"))]
pub(crate) mod control;
#[cfg(any(test, feature = "bench"))]
mod lab;

use cardwire_core::codec::message::ModuleId;
use cardwire_core::{Instant, ModuleCommand, ModuleEvent};
use cardwire_simcard::{Card, RESPONSE_MAX};

/// How long a module takes from its supply until it has settled, and from a command to its answer, in milliseconds:
/// shorter than a real one, and long enough that a client can look at a service while it runs.
const SETTLE_MS: u64 = 5;
const WORK_MS: u64 = 2;

/// The certification card; in the laboratory with everything that the suite's vectors know of it.
#[cfg(not(feature = "bench"))]
type SlotCard = Card;
#[cfg(feature = "bench")]
type SlotCard = Card<cardwire_simcard::Published>;

/// The modules, and the event that the reader has not been told yet.
pub(crate) struct Modules {
    card: SlotCard,
    response: [u8; RESPONSE_MAX],
    /// One is enough: the reader gives its next command when it knows what became of the last one.
    pending: Option<(Instant, Pending)>,
    /// How many milliseconds the reader's clock shows in one.
    rate: u64,
    #[cfg(any(test, feature = "bench"))]
    lab: lab::Lab,
}

/// An event to come, and what it takes to tell it.
#[derive(Debug, Clone, Copy)]
enum Pending {
    Enabled(ModuleId),
    Failed(ModuleId),
    Atr { length: usize },
    LineSet,
    Response { length: usize },
    Mute,
    Shown,
}

impl Modules {
    /// All of them off, and the certification card in the slot. Modules take the time that they take, on a clock that
    /// is `rate` times as fast as well.
    pub(crate) fn new(rate: u16) -> Self {
        Self {
            card: card_in_the_slot(),
            response: [0; RESPONSE_MAX],
            pending: None,
            rate: rate.into(),
            #[cfg(any(test, feature = "bench"))]
            lab: lab::Lab::new(),
        }
    }

    /// Carries out a command.
    pub(crate) fn start(&mut self, now: Instant, command: ModuleCommand<'_>) {
        #[cfg(any(test, feature = "bench"))]
        match self.lab.instead(&command) {
            Some(lab::Instead::Silence) => return,
            Some(lab::Instead::Fails(module)) => {
                self.pending = Some((now, Pending::Failed(module)));
                return;
            }
            None => self.lab.note(&command),
        }
        let takes = match command {
            ModuleCommand::Enable(_) => SETTLE_MS,
            ModuleCommand::Disable(module) => return self.disable(module),
            ModuleCommand::CardReset(_)
            | ModuleCommand::CardLine(_)
            | ModuleCommand::CardTransmit(_)
            | ModuleCommand::Show(_)
            | ModuleCommand::Ask(_)
            | ModuleCommand::Poll => WORK_MS,
        };
        let event = self.event_of(command);
        self.pending = Some((now.plus_millis(takes * self.rate), event));
    }

    /// What comes of a command.
    fn event_of(&mut self, command: ModuleCommand<'_>) -> Pending {
        match command {
            // The card is supplied by its reset, the indicator by what it shows.
            ModuleCommand::Enable(module @ (ModuleId::CONTACT_CARD | ModuleId::INDICATOR)) => {
                Pending::Enabled(module)
            }
            ModuleCommand::Enable(module) | ModuleCommand::Disable(module) => Pending::Failed(module),
            ModuleCommand::CardReset(_) | ModuleCommand::CardTransmit(_) if !self.has_card() => Pending::Mute,
            // The simulated card takes every supply, and its line is as fast as it is asked to be.
            ModuleCommand::CardReset(_) => {
                let atr = self.card.cold_reset();
                // None is longer than an answer to a command.
                let length = self
                    .response
                    .iter_mut()
                    .zip(atr)
                    .map(|(place, byte)| *place = *byte)
                    .count();
                Pending::Atr { length }
            }
            ModuleCommand::CardLine(_) => Pending::LineSet,
            ModuleCommand::CardTransmit(tpdu) => match self.card.transmit(tpdu, &mut self.response) {
                0 => Pending::Mute,
                length => Pending::Response { length },
            },
            ModuleCommand::Show(_) => Pending::Shown,
            // This board has neither, and says so when they are to be enabled.
            ModuleCommand::Ask(_) => Pending::Failed(ModuleId::PIN_PAD),
            ModuleCommand::Poll => Pending::Failed(ModuleId::CONTACTLESS_CARD),
        }
    }

    fn disable(&mut self, module: ModuleId) {
        if module == ModuleId::CONTACT_CARD {
            self.card.power_off();
        }
        // What has no supply has nothing to tell any more.
        self.pending = self.pending.filter(|(_, pending)| pending.module() != module);
    }

    fn has_card(&self) -> bool {
        #[cfg(any(test, feature = "bench"))]
        return self.lab.has_card();
        #[cfg(not(any(test, feature = "bench")))]
        true
    }

    /// What a module has to tell by `now`.
    pub(crate) fn poll_event(&mut self, now: Instant) -> Option<ModuleEvent<'_>> {
        #[cfg(any(test, feature = "bench"))]
        if let Some(inserted) = self.lab.take_move() {
            return Some(if inserted {
                ModuleEvent::CardInserted(0)
            } else {
                self.card.power_off();
                ModuleEvent::CardRemoved(0)
            });
        }
        let (_, pending) = self.pending.take_if(|(due, _)| *due <= now)?;
        Some(match pending {
            Pending::Enabled(module) => ModuleEvent::Enabled(module),
            Pending::Failed(module) => ModuleEvent::Failed(module),
            Pending::Atr { length } => ModuleEvent::Atr(&self.response[..length]),
            Pending::LineSet => ModuleEvent::CardLineSet,
            Pending::Response { length } => ModuleEvent::CardResponse(&self.response[..length]),
            Pending::Mute => ModuleEvent::CardMute,
            Pending::Shown => ModuleEvent::Shown,
        })
    }

    /// When [`poll_event`](Self::poll_event) has something to tell.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.pending.map(|(due, _)| due)
    }

    /// Takes what somebody does to the modules, and gives what is to be said to him.
    #[cfg(any(test, feature = "bench"))]
    pub(crate) fn lab(&mut self) -> &mut lab::Lab {
        &mut self.lab
    }
}

#[cfg(not(feature = "bench"))]
fn card_in_the_slot() -> SlotCard {
    Card::default()
}

#[cfg(feature = "bench")]
fn card_in_the_slot() -> SlotCard {
    cardwire_simcard::Published::card()
}

impl Pending {
    fn module(self) -> ModuleId {
        match self {
            Self::Enabled(module) | Self::Failed(module) => module,
            Self::Atr { .. } | Self::LineSet | Self::Response { .. } | Self::Mute => ModuleId::CONTACT_CARD,
            Self::Shown => ModuleId::INDICATOR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Modules, SETTLE_MS, WORK_MS};
    use cardwire_core::codec::message::ModuleId;
    use cardwire_core::{CardReset, Instant, ModuleCommand, ModuleEvent};

    const SELECT_ICCID: &[u8] = b"\x00\xA4\x00\x0C\x02\x2F\xE2";

    /// Starts a command and waits for what comes of it.
    fn told<'m>(modules: &'m mut Modules, command: ModuleCommand<'_>) -> Option<ModuleEvent<'m>> {
        let start = Instant::from_millis(0);
        modules.start(start, command);
        modules.poll_event(start.plus_millis(SETTLE_MS))
    }

    #[test]
    fn the_card_answers_between_its_reset_and_the_end_of_its_supply() {
        let mut modules = Modules::new(1);
        let transmit = ModuleCommand::CardTransmit(SELECT_ICCID);
        assert_eq!(told(&mut modules, transmit), Some(ModuleEvent::CardMute));
        assert_eq!(
            told(&mut modules, ModuleCommand::Enable(ModuleId::CONTACT_CARD)),
            Some(ModuleEvent::Enabled(ModuleId::CONTACT_CARD))
        );
        assert_eq!(
            told(&mut modules, ModuleCommand::CardReset(CardReset::Warm)),
            Some(ModuleEvent::Atr(&cardwire_simcard::ATR))
        );
        assert_eq!(
            told(&mut modules, transmit),
            Some(ModuleEvent::CardResponse(&[0x90, 0x00]))
        );
        assert_eq!(
            told(&mut modules, ModuleCommand::Disable(ModuleId::CONTACT_CARD)),
            None,
            "the end of the supply is not answered"
        );
        assert_eq!(told(&mut modules, transmit), Some(ModuleEvent::CardMute));
    }

    #[test]
    fn the_end_of_the_supply_takes_the_event_with_it() {
        let now = Instant::from_millis(0);
        let later = now.plus_millis(SETTLE_MS);
        let mut modules = Modules::new(1);
        modules.start(now, ModuleCommand::CardReset(CardReset::Warm));
        modules.start(now, ModuleCommand::Disable(ModuleId::INDICATOR));
        assert!(
            modules.poll_event(later).is_some(),
            "the indicator's supply is another"
        );
        modules.start(now, ModuleCommand::CardReset(CardReset::Warm));
        modules.start(now, ModuleCommand::Disable(ModuleId::CONTACT_CARD));
        assert_eq!(modules.poll_event(later), None);
    }

    #[test]
    fn a_module_that_is_not_there_fails() {
        let mut modules = Modules::new(1);
        assert_eq!(
            told(&mut modules, ModuleCommand::Enable(ModuleId::SECURITY)),
            Some(ModuleEvent::Failed(ModuleId::SECURITY))
        );
        assert_eq!(
            told(&mut modules, ModuleCommand::Show(1)),
            Some(ModuleEvent::Shown)
        );
        let later = Instant::from_millis(1_000);
        assert_eq!(modules.poll_event(later), None, "every event is told once");
    }

    #[test]
    fn modules_take_their_time_by_any_clock() {
        for rate in [1, 10] {
            let now = Instant::from_millis(7);
            let mut modules = Modules::new(rate);
            modules.start(now, ModuleCommand::Show(1));
            let due = now.plus_millis(WORK_MS * u64::from(rate));
            assert_eq!(modules.next_due(), Some(due));
            let before = Instant::from_millis(due.as_millis() - 1);
            assert_eq!(modules.poll_event(before), None);
            assert_eq!(modules.poll_event(due), Some(ModuleEvent::Shown));
            assert_eq!(modules.next_due(), None);
        }
    }
}
