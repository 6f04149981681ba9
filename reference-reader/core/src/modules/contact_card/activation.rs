//! From a supplied slot to a card that takes commands: supply classes, resets, speed (ETSI TS 102 221, clause 6.2; ISO/IEC
//! 7816-3, clauses 6.2 and 9).
//!
//! | what happens | what comes next |
//! | --- | --- |
//! | no answer to a cold reset | the next higher class; after the last the card is mute |
//! | a wrong answer | a warm reset in the same class; the third wrong one in a row ends it: the card is damaged |
//! | a right answer that names other classes only | a cold reset in the lowest that it names and the slot has |
//! | a right answer | the line is set, by PPS where the card offers a speed of its own |
//! | PPS is not answered, or wrongly | a warm reset, and the speed that every card has |

use super::atr::{Atr, Capabilities, Line};

/// Wrong answers to reset in a row after which a card is given up.
const WRONG_MAX: u8 = 3;

/// A reset of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardReset {
    /// Take all contacts away, and activate them with this supply.
    Cold(SupplyClass),
    /// Reset without taking the supply away.
    Warm,
}

/// A supply voltage, from the lowest to the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SupplyClass {
    /// 1.8 V.
    C,
    /// 3 V.
    B,
    /// 5 V.
    A,
}

impl SupplyClass {
    /// From the lowest to the highest.
    pub const ALL: [Self; 3] = [Self::C, Self::B, Self::A];

    /// Its bit in the byte of an answer to reset that names classes.
    const fn bit(self) -> u8 {
        match self {
            Self::A => 1,
            Self::B => 2,
            Self::C => 4,
        }
    }

    fn next(self) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| *class > self)
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Reset the card.
    Reset(CardReset),
    /// Set the line.
    Line(Line),
    /// The card takes commands.
    Ready,
    /// It does not answer.
    Mute,
    /// Its answer is none that the standard allows.
    Damaged,
    /// This was not asked.
    Drop,
}

/// One activation of the card.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Activation {
    class: SupplyClass,
    /// Wrong answers in a row.
    wrong: u8,
    /// Whether a speed may be proposed: not again after one was refused.
    negotiate: bool,
    /// Whether the classes that the card names have been gone by.
    named: bool,
    waits: Waits,
    capabilities: Capabilities,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Nothing,
    Answer,
    Line,
}

impl Activation {
    pub(crate) fn new() -> Self {
        Self {
            class: SupplyClass::C,
            wrong: 0,
            negotiate: true,
            named: false,
            waits: Waits::Nothing,
            capabilities: Capabilities::default(),
        }
    }

    /// Begins with a cold reset in the lowest class.
    pub(crate) fn begin(&mut self) -> CardReset {
        *self = Self {
            waits: Waits::Answer,
            ..Self::new()
        };
        CardReset::Cold(self.class)
    }

    /// What the card that was reset last says of commands.
    pub(crate) fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// Takes an answer to reset.
    pub(crate) fn answer(&mut self, bytes: &[u8]) -> Next {
        if self.waits != Waits::Answer {
            return Next::Drop;
        }
        let Ok(atr) = Atr::parse(bytes) else {
            return self.wrong();
        };
        self.wrong = 0;
        if let Some(classes) = atr.classes().filter(|classes| classes & self.class.bit() == 0) {
            let named = SupplyClass::ALL
                .iter()
                .copied()
                .find(|class| classes & class.bit() != 0);
            return match named.filter(|_| !self.named) {
                Some(class) => {
                    self.named = true;
                    self.reset(CardReset::Cold(class))
                }
                // No command may be given under a supply that the card does not take.
                None => Next::Damaged,
            };
        }
        self.capabilities = atr.capabilities();
        let line = Line::after(&atr, self.negotiate);
        if line.is_default() {
            self.waits = Waits::Nothing;
            return Next::Ready;
        }
        self.waits = Waits::Line;
        Next::Line(line)
    }

    /// The line is set.
    pub(crate) fn line_is_set(&mut self) -> Next {
        if self.waits != Waits::Line {
            return Next::Drop;
        }
        self.waits = Waits::Nothing;
        Next::Ready
    }

    /// The card gives no answer.
    pub(crate) fn mute(&mut self) -> Next {
        match self.waits {
            Waits::Nothing => Next::Drop,
            Waits::Line if self.negotiate => {
                self.negotiate = false;
                self.reset(CardReset::Warm)
            }
            Waits::Answer if self.wrong > 0 => self.wrong(),
            Waits::Answer if self.negotiate && !self.named => match self.class.next() {
                Some(class) => self.reset(CardReset::Cold(class)),
                None => Next::Mute,
            },
            Waits::Line | Waits::Answer => Next::Mute,
        }
    }

    fn wrong(&mut self) -> Next {
        self.wrong += 1;
        if self.wrong < WRONG_MAX {
            self.reset(CardReset::Warm)
        } else {
            Next::Damaged
        }
    }

    fn reset(&mut self, reset: CardReset) -> Next {
        if let CardReset::Cold(class) = reset {
            self.class = class;
        }
        self.waits = Waits::Answer;
        Next::Reset(reset)
    }
}

#[cfg(test)]
mod tests;
