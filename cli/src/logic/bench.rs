//! The modules of a run: a simulated card, and a person at keypad and field.

use crate::{card_source, failure::Failure};
use cardwire_core::ModuleCommand;
use cardwire_host::{Person, SimulatedCard};
use core::str::FromStr;

/// What is in the contact slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// A simulated card with this profile: a name or a file.
    Simulated(String),
    /// No card.
    Empty,
}

impl FromStr for Slot {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let profile = given.strip_prefix("sim:").filter(|profile| !profile.is_empty());
        match (given, profile) {
            ("sim", _) => Ok(Self::Simulated(card_source::DEFAULT_PROFILE.to_owned())),
            ("none", _) => Ok(Self::Empty),
            (_, Some(profile)) => Ok(Self::Simulated(profile.to_owned())),
            (_, None) => Err("expected sim, sim:PROFILE, sim:FILE or none"),
        }
    }
}

/// What a module answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The answer to reset.
    Atr(Vec<u8>),
    /// The card's response.
    Response(Vec<u8>),
    /// The card said nothing.
    Mute,
    /// The line is set.
    LineSet,
    /// The pattern is shown.
    Shown,
    /// The digits that were entered.
    Entered(Vec<u8>),
    /// What the card in the field tells.
    Polled(Vec<u8>),
}

/// All modules.
pub(super) struct Bench {
    card: Option<SimulatedCard>,
    person: Person,
}

impl Bench {
    pub(super) fn new(slot: &Slot, person: Person) -> Result<Self, Failure> {
        let card = match slot {
            Slot::Simulated(profile) => Some(card_source::simulated(profile)?),
            Slot::Empty => None,
        };
        Ok(Self { card, person })
    }

    /// Whether a card is in the contact slot.
    pub(super) fn has_card(&self) -> bool {
        self.card.is_some()
    }

    /// Carries out what the logic asks of a module; `None` for what no logic asks.
    pub(super) fn carry_out(&mut self, command: &ModuleCommand<'_>) -> Option<Answer> {
        match command {
            ModuleCommand::CardReset(_) => {
                let said = self.card.as_mut().map(|card| card.cold_reset().bytes);
                Some(
                    said.filter(|said| !said.is_empty())
                        .map_or(Answer::Mute, Answer::Atr),
                )
            }
            ModuleCommand::CardTransmit(tpdu) => {
                let said = self.card.as_mut().map(|card| card.transmit(tpdu).bytes);
                Some(
                    said.filter(|said| !said.is_empty())
                        .map_or(Answer::Mute, Answer::Response),
                )
            }
            ModuleCommand::CardLine(_) => Some(Answer::LineSet),
            ModuleCommand::Show(_) => Some(Answer::Shown),
            ModuleCommand::Ask(_) => Some(Answer::Entered(self.person.enter())),
            ModuleCommand::Poll => Some(Answer::Polled(self.person.lays())),
            ModuleCommand::Enable(_) | ModuleCommand::Disable(_) => None,
        }
    }
}
