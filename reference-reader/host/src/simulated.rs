//! A simulated card as this reader uses it: the card of a profile, with the faults that the profile gives it.

use crate::profile::{self, Faults, ProfileMemory};
use cardwire_simcard::{Card, RESPONSE_MAX};
use core::{fmt, time::Duration};

/// A simulated card.
#[derive(Clone)]
pub struct SimulatedCard {
    card: Card<ProfileMemory>,
    faults: Faults,
    /// Commands since the last reset.
    commands: u32,
    /// A fault has made it mute; the next reset ends that.
    is_mute: bool,
}

/// What a card said, and how much longer than usual it took; no bytes where it is mute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Answer to reset, or data and status word.
    pub bytes: Vec<u8>,
    /// On top of what every card takes.
    pub after: Duration,
}

const TECHNICAL_PROBLEM: [u8; 2] = [0x6F, 0x00];

impl SimulatedCard {
    pub(crate) fn new(card: Card<ProfileMemory>, faults: Faults) -> Self {
        Self {
            card,
            faults,
            commands: 0,
            is_mute: false,
        }
    }

    /// Supply on, reset; the answer to reset.
    pub fn cold_reset(&mut self) -> Said {
        self.commands = 0;
        self.is_mute = self.faults.mute_at_reset;
        let atr = self.card.cold_reset().to_vec();
        let atr = self.faults.atr.as_ref().map_or(atr, |hex| hex.0.clone());
        self.said(if self.is_mute { Vec::new() } else { atr })
    }

    /// One command TPDU of T=0, and its answer.
    pub fn transmit(&mut self, tpdu: &[u8]) -> Said {
        let instruction = tpdu.get(1).copied();
        let is_one_of = |list: &[profile::Instruction]| list.iter().any(|one| Some(one.0) == instruction);
        self.is_mute |= self.faults.mute_after.is_some_and(|after| self.commands >= after);
        self.commands = self.commands.saturating_add(1);
        if self.is_mute {
            return Said::default();
        }
        if is_one_of(&self.faults.technical_problem) {
            return self.said(TECHNICAL_PROBLEM.into());
        }
        let mut response = [0; RESPONSE_MAX];
        let length = self.card.transmit(tpdu, &mut response);
        let mut bytes = response[..length].to_vec();
        if let [.., 0x61, announced] = &mut bytes[..] {
            *announced = announced.wrapping_add(self.faults.announce_more);
        }
        if is_one_of(&self.faults.mute_on) {
            self.is_mute = true;
            return Said::default();
        }
        self.said(bytes)
    }

    /// Supply off.
    pub fn power_off(&mut self) {
        self.card.power_off();
    }

    fn said(&self, bytes: Vec<u8>) -> Said {
        Said {
            bytes,
            after: Duration::from_millis(self.faults.delay_ms),
        }
    }
}

impl Default for SimulatedCard {
    /// The published certification card, with the profile `usim`.
    ///
    /// # Panics
    /// Never: the profile comes with the program, and the tests read it.
    fn default() -> Self {
        profile::card("usim").expect("the profile comes with the program, and is right")
    }
}

impl fmt::Debug for SimulatedCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedCard")
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
