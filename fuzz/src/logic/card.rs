//! A card and a card holder who answer as the fuzzer chooses, the rules kept or not.

use cardwire_codec::message::ModuleId;
use cardwire_core::{ModuleCommand, ModuleEvent};

/// What a module is to do, apart from the run that asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Reset,
    Line,
    Transmit(Vec<u8>),
    Show,
    Digits,
    Poll,
    /// Supply: the simulator of logic has none.
    Supply,
}

impl Asked {
    pub(super) fn of(command: ModuleCommand<'_>) -> Self {
        match command {
            ModuleCommand::CardReset(_) => Self::Reset,
            ModuleCommand::CardLine(_) => Self::Line,
            ModuleCommand::CardTransmit(tpdu) => Self::Transmit(tpdu.to_vec()),
            ModuleCommand::Show(_) => Self::Show,
            ModuleCommand::Ask(_) => Self::Digits,
            ModuleCommand::Poll => Self::Poll,
            ModuleCommand::Enable(_) | ModuleCommand::Disable(_) => Self::Supply,
        }
    }

    /// The module that is asked; none for supply.
    pub(super) const fn module(&self) -> Option<ModuleId> {
        match self {
            Self::Reset | Self::Line | Self::Transmit(_) => Some(ModuleId::CONTACT_CARD),
            Self::Show => Some(ModuleId::INDICATOR),
            Self::Digits => Some(ModuleId::PIN_PAD),
            Self::Poll => Some(ModuleId::CONTACTLESS_CARD),
            Self::Supply => None,
        }
    }
}

/// What a module tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Atr(Vec<u8>),
    Response(Vec<u8>),
    LineSet,
    Mute,
    Shown,
    Entered(Vec<u8>),
    Polled(Vec<u8>),
    /// What nobody asked for.
    Unasked(Unasked),
}

/// What a board may tell at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unasked {
    Enabled,
    Failed,
    Inserted,
    Removed,
    /// An answer to another module's command.
    Foreign,
}

impl Told {
    /// The same as the board says it; `asked` tells what would be foreign.
    pub(super) fn event(&self, asked: &Asked) -> ModuleEvent<'_> {
        match self {
            Self::Atr(bytes) => ModuleEvent::Atr(bytes),
            Self::Response(bytes) => ModuleEvent::CardResponse(bytes),
            Self::LineSet => ModuleEvent::CardLineSet,
            Self::Mute => ModuleEvent::CardMute,
            Self::Shown => ModuleEvent::Shown,
            Self::Entered(digits) => ModuleEvent::Entered(digits),
            Self::Polled(bytes) => ModuleEvent::Polled(bytes),
            Self::Unasked(Unasked::Enabled) => ModuleEvent::Enabled(ModuleId::CONTACT_CARD),
            Self::Unasked(Unasked::Failed) => ModuleEvent::Failed(ModuleId::INDICATOR),
            Self::Unasked(Unasked::Inserted) => ModuleEvent::CardInserted(0),
            Self::Unasked(Unasked::Removed) => ModuleEvent::CardRemoved(0),
            Self::Unasked(Unasked::Foreign) if *asked == Asked::Show => ModuleEvent::CardMute,
            Self::Unasked(Unasked::Foreign) => ModuleEvent::Shown,
        }
    }
}

/// Status words and answers to reset, for dictionaries.
pub(super) const WORDS: &[&[u8]] = &[
    &[0x90, 0x00],
    &[0x61, 0x10],
    &[0x6C, 0x10],
    &[0x63, 0xC3],
    &[0x69, 0x84],
    ATR,
    ATR_FAST,
];

/// What a card says that has no more to say: one whose commands have logical channels and chaining.
const ATR: &[u8] = &[
    0x3B, 0x9F, 0x96, 0x80, 0x1F, 0xC7, 0x80, 0x31, 0xE0, 0x73, 0xFE, 0x21, 0x13, 0x67, 0x43, 0x57, 0x2D,
    0x53, 0x49, 0x4D, 0x31, 0x87,
];
/// The shortest one, of a card that offers another speed.
const ATR_FAST: &[u8] = &[0x3B, 0x10, 0x96];

/// Status words by the fuzzer's choice; the second byte of some is chosen too.
const STATUS: [u16; 8] = [0x9000, 0x6100, 0x6C00, 0x63C3, 0x6984, 0x6A82, 0x9F00, 0x6200];

/// Chooses its answers from bytes; where there are none left, it answers as a card does that holds nothing.
pub(super) struct Card {
    bytes: Vec<u8>,
    at: usize,
}

impl Card {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    fn is_used_up(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Bytes of this length: those that are there, and then the same one over and over.
    pub(super) fn take(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }

    pub(super) fn answer(&mut self, asked: &Asked) -> Told {
        let choice = self.byte();
        // One answer in sixteen is to nothing that was asked; no more when the bytes are used up.
        if choice >= 0xF0 && !self.is_used_up() {
            return Told::Unasked(match choice % 8 {
                0 => Unasked::Enabled,
                1 => Unasked::Failed,
                2 => Unasked::Inserted,
                3 => Unasked::Removed,
                _ => Unasked::Foreign,
            });
        }
        match asked {
            Asked::Reset => match choice % 8 {
                0..=3 => Told::Atr(ATR.to_vec()),
                4 => Told::Atr(ATR_FAST.to_vec()),
                5 | 6 => {
                    let length = usize::from(self.byte() % 40);
                    Told::Atr(self.take(length))
                }
                _ => Told::Mute,
            },
            Asked::Line => match choice % 4 {
                0..=2 => Told::LineSet,
                _ => Told::Mute,
            },
            Asked::Transmit(_) => self.response(choice),
            Asked::Show | Asked::Supply => Told::Shown,
            Asked::Digits => match choice % 8 {
                0..=4 => {
                    let length = 4 + usize::from(self.byte() % 5);
                    Told::Entered(self.take(length).iter().map(|byte| b'0' + byte % 10).collect())
                }
                5 => Told::Entered(Vec::new()),
                _ => {
                    let length = usize::from(self.byte() % 12);
                    Told::Entered(self.take(length))
                }
            },
            Asked::Poll => {
                let length = if choice % 8 == 7 {
                    300
                } else {
                    usize::from(choice % 64)
                };
                Told::Polled(self.take(length))
            }
        }
    }

    fn response(&mut self, choice: u8) -> Told {
        let length = match choice % 16 {
            0..=9 => usize::from(self.byte() % 32),
            10 | 11 => 0,
            12 => 256,
            13 => usize::from(self.byte()) + 3,
            14 => {
                // Too short for a status word, or a whole response as the fuzzer wrote it.
                let length = usize::from(self.byte() % 4);
                return Told::Response(self.take(length));
            }
            _ => return Told::Mute,
        };
        let mut response = self.take(length);
        let choice = self.byte();
        let status = STATUS[usize::from(choice) % STATUS.len()];
        let low = if status & 0xFF == 0 && status != 0x9000 {
            self.byte()
        } else {
            (status & 0xFF) as u8
        };
        response.extend([(status >> 8) as u8, low]);
        Told::Response(response)
    }
}
