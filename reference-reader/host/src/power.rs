//! What the supplies of the modules have done, as a laboratory's own meter would show it: the board writes it down, whatever
//! the core says of its modules.

use cardwire_core::codec::message::ModuleId;
use core::fmt;
use std::collections::VecDeque;

/// Changes that are kept for whoever asks; older ones are forgotten.
const KEPT: usize = 1 << 12;

/// One change of one supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supply {
    /// Whose supply.
    pub module: ModuleId,
    /// Whether it came, or went.
    pub on: bool,
}

impl fmt::Display for Supply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.module, if self.on { "on" } else { "off" })
    }
}

/// The changes that nobody has asked for yet.
#[derive(Debug, Default)]
pub(crate) struct PowerTrace(VecDeque<Supply>);

impl PowerTrace {
    pub(crate) fn note(&mut self, module: ModuleId, on: bool) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Supply { module, on });
    }

    /// What there was since this was last asked.
    pub(crate) fn take(&mut self) -> Vec<Supply> {
        self.0.drain(..).collect()
    }
}
