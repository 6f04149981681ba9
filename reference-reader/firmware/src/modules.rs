//! The service modules of this reader: a slot with a simulated card in it, and an indicator that nobody sees.
//!
//! They keep to the timing of real ones: a command is started, and its event comes later. A driver of a real slot
//! takes the place of this file.

use cardwire_core::codec::message::ModuleId;
use cardwire_core::{ModuleCommand, ModuleEvent};
use cardwire_simcard::{ATR, Card, RESPONSE_MAX};

/// The modules, and the event that the reader has not been told yet.
pub(crate) struct Modules {
    card: Card,
    response: [u8; RESPONSE_MAX],
    /// One is enough: the reader gives its next command when it knows what became of the last one.
    pending: Option<Pending>,
}

/// An event to come, and what it takes to tell it.
#[derive(Debug, Clone, Copy)]
enum Pending {
    Enabled(ModuleId),
    Failed(ModuleId),
    Atr,
    LineSet,
    Response { length: usize },
    Mute,
    Shown,
}

impl Modules {
    /// All of them off, and the certification card in the slot.
    pub(crate) fn new() -> Self {
        Self {
            card: Card::default(),
            response: [0; RESPONSE_MAX],
            pending: None,
        }
    }

    /// Carries out a command.
    pub(crate) fn start(&mut self, command: ModuleCommand<'_>) {
        self.pending = match command {
            // The card is supplied by its reset, the indicator by what it shows: both have settled.
            ModuleCommand::Enable(module @ (ModuleId::CONTACT_CARD | ModuleId::INDICATOR)) => {
                Some(Pending::Enabled(module))
            }
            ModuleCommand::Enable(module) => Some(Pending::Failed(module)),
            ModuleCommand::Disable(module) => {
                if module == ModuleId::CONTACT_CARD {
                    self.card.power_off();
                }
                // What has no supply has nothing to tell any more.
                self.pending.filter(|pending| pending.module() != module)
            }
            // The simulated card takes every supply, and its line is as fast as it is asked to be.
            ModuleCommand::CardReset(_) => {
                self.card.cold_reset();
                Some(Pending::Atr)
            }
            ModuleCommand::CardLine(_) => Some(Pending::LineSet),
            ModuleCommand::CardTransmit(tpdu) => Some(match self.card.transmit(tpdu, &mut self.response) {
                0 => Pending::Mute,
                length => Pending::Response { length },
            }),
            ModuleCommand::Show(_) => Some(Pending::Shown),
            // This board has neither, and says so when they are to be enabled.
            ModuleCommand::Ask(_) => Some(Pending::Failed(ModuleId::PIN_PAD)),
            ModuleCommand::Poll => Some(Pending::Failed(ModuleId::CONTACTLESS_CARD)),
        };
    }

    /// What a module has to tell.
    pub(crate) fn poll_event(&mut self) -> Option<ModuleEvent<'_>> {
        Some(match self.pending.take()? {
            Pending::Enabled(module) => ModuleEvent::Enabled(module),
            Pending::Failed(module) => ModuleEvent::Failed(module),
            Pending::Atr => ModuleEvent::Atr(&ATR),
            Pending::LineSet => ModuleEvent::CardLineSet,
            Pending::Response { length } => ModuleEvent::CardResponse(&self.response[..length]),
            Pending::Mute => ModuleEvent::CardMute,
            Pending::Shown => ModuleEvent::Shown,
        })
    }
}

impl Pending {
    fn module(self) -> ModuleId {
        match self {
            Self::Enabled(module) | Self::Failed(module) => module,
            Self::Atr | Self::LineSet | Self::Response { .. } | Self::Mute => ModuleId::CONTACT_CARD,
            Self::Shown => ModuleId::INDICATOR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Modules;
    use cardwire_core::codec::message::ModuleId;
    use cardwire_core::{CardReset, ModuleCommand, ModuleEvent};

    const SELECT_ICCID: &[u8] = b"\x00\xA4\x00\x0C\x02\x2F\xE2";

    #[test]
    fn the_card_answers_between_its_reset_and_the_end_of_its_supply() {
        let mut modules = Modules::new();
        modules.start(ModuleCommand::CardTransmit(SELECT_ICCID));
        assert_eq!(modules.poll_event(), Some(ModuleEvent::CardMute));
        modules.start(ModuleCommand::Enable(ModuleId::CONTACT_CARD));
        assert_eq!(
            modules.poll_event(),
            Some(ModuleEvent::Enabled(ModuleId::CONTACT_CARD))
        );
        modules.start(ModuleCommand::CardReset(CardReset::Warm));
        assert_eq!(
            modules.poll_event(),
            Some(ModuleEvent::Atr(&cardwire_simcard::ATR))
        );
        modules.start(ModuleCommand::CardTransmit(SELECT_ICCID));
        assert_eq!(
            modules.poll_event(),
            Some(ModuleEvent::CardResponse(&[0x90, 0x00]))
        );
        modules.start(ModuleCommand::Disable(ModuleId::CONTACT_CARD));
        assert_eq!(
            modules.poll_event(),
            None,
            "the end of the supply is not answered"
        );
        modules.start(ModuleCommand::CardTransmit(SELECT_ICCID));
        assert_eq!(modules.poll_event(), Some(ModuleEvent::CardMute));
    }

    #[test]
    fn the_end_of_the_supply_takes_the_event_with_it() {
        let mut modules = Modules::new();
        modules.start(ModuleCommand::CardReset(CardReset::Warm));
        modules.start(ModuleCommand::Disable(ModuleId::INDICATOR));
        assert!(
            modules.poll_event().is_some(),
            "the indicator's supply is another"
        );
        modules.start(ModuleCommand::CardReset(CardReset::Warm));
        modules.start(ModuleCommand::Disable(ModuleId::CONTACT_CARD));
        assert_eq!(modules.poll_event(), None);
    }

    #[test]
    fn a_module_that_is_not_there_fails() {
        let mut modules = Modules::new();
        modules.start(ModuleCommand::Enable(ModuleId::SECURITY));
        assert_eq!(
            modules.poll_event(),
            Some(ModuleEvent::Failed(ModuleId::SECURITY))
        );
        modules.start(ModuleCommand::Show(1));
        assert_eq!(modules.poll_event(), Some(ModuleEvent::Shown));
        assert_eq!(modules.poll_event(), None, "every event is told once");
    }
}
