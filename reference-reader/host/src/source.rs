//! Where the card of a reader comes from.

use crate::{
    link::Teller,
    simulated::SimulatedCard,
    slot::{Slot, simulated::SimulatedSlot},
};

/// What is in the contact slot.
#[derive(Clone)]
pub enum CardSource {
    /// A simulated card.
    Simulated(Box<SimulatedCard>),
    /// Whatever card is in a reader of the operating system.
    #[cfg(feature = "pcsc")]
    Pcsc(crate::PcscReader),
}

impl CardSource {
    pub(crate) fn open(self, inputs: &Teller) -> Box<dyn Slot> {
        // Only a card behind PC/SC tells something by itself.
        let _ = inputs;
        match self {
            Self::Simulated(card) => Box::new(SimulatedSlot::new(*card)),
            #[cfg(feature = "pcsc")]
            Self::Pcsc(reader) => Box::new(reader.open(inputs.clone())),
        }
    }
}

impl Default for CardSource {
    /// The certification card.
    fn default() -> Self {
        Self::Simulated(Box::default())
    }
}
