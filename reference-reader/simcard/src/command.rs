//! One command of T=0 as the card receives it: five bytes of header, then the data that P3 announces
//! (ETSI TS 102 221, clauses 7.3.1.1 and 10.1).

use crate::{files::Generation, sw::StatusWord};

/// The instruction codes that this card knows (ETSI TS 102 221, table 10.5).
pub(crate) mod ins {
    pub(crate) const VERIFY: u8 = 0x20;
    pub(crate) const CHANGE: u8 = 0x24;
    pub(crate) const DISABLE: u8 = 0x26;
    pub(crate) const ENABLE: u8 = 0x28;
    pub(crate) const UNBLOCK: u8 = 0x2C;
    #[cfg(feature = "full")]
    pub(crate) const AUTHENTICATE: u8 = 0x88;
    pub(crate) const MANAGE_CHANNEL: u8 = 0x70;
    pub(crate) const SEARCH_RECORD: u8 = 0xA2;
    pub(crate) const SELECT: u8 = 0xA4;
    pub(crate) const TERMINAL_CAPABILITY: u8 = 0xAA;
    pub(crate) const READ_BINARY: u8 = 0xB0;
    pub(crate) const READ_RECORD: u8 = 0xB2;
    pub(crate) const GET_RESPONSE: u8 = 0xC0;
    pub(crate) const UPDATE_BINARY: u8 = 0xD6;
    pub(crate) const UPDATE_RECORD: u8 = 0xDC;
    pub(crate) const STATUS: u8 = 0xF2;
}

/// Who defines the command, from the class byte; without secure messaging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// `00`: ISO/IEC 7816-4.
    Iso,
    /// `80`: ETSI TS 102 221.
    Etsi,
    /// `A0`: 3GPP TS 51.011.
    #[cfg(feature = "full")]
    Gsm,
}

/// A command whose header is there and whose class is supported.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Command<'a> {
    pub(crate) class: Class,
    /// The logical channel, which may not be open.
    pub(crate) channel: u8,
    pub(crate) instruction: u8,
    pub(crate) p1: u8,
    pub(crate) p2: u8,
    p3: u8,
    body: &'a [u8],
}

impl<'a> Command<'a> {
    /// The same command with another P2.
    #[cfg(feature = "full")]
    pub(crate) fn with_p2(&self, p2: u8) -> Self {
        Self { p2, ..*self }
    }

    pub(crate) fn parse(tpdu: &'a [u8], generation: Generation) -> Result<Self, StatusWord> {
        match tpdu {
            [cla, instruction, p1, p2, p3, body @ ..] => Ok(Self {
                class: class(*cla, generation)?,
                channel: cla & 0x03,
                instruction: *instruction,
                p1: *p1,
                p2: *p2,
                p3: *p3,
                body,
            }),
            _ => Err(StatusWord::WRONG_LENGTH),
        }
    }

    /// The data field of a command of case 3 or 4, in which P3 is Lc; of case 1, in which P3 is 0 and it is empty.
    pub(crate) fn data(&self) -> Result<&'a [u8], StatusWord> {
        if self.body.len() == usize::from(self.p3) {
            Ok(self.body)
        } else {
            Err(StatusWord::WRONG_LENGTH)
        }
    }

    /// The length that a command of case 2 expects, in which P3 is Le: 1 to 256.
    pub(crate) fn expected_length(&self) -> Result<usize, StatusWord> {
        match (self.body, self.p3) {
            ([], 0) => Ok(256),
            ([], le) => Ok(le.into()),
            _ => Err(StatusWord::WRONG_LENGTH),
        }
    }

    /// Refuses the command unless P1 and P2 are both 0.
    pub(crate) fn without_parameters(&self) -> Result<(), StatusWord> {
        if (self.p1, self.p2) == (0, 0) {
            Ok(())
        } else {
            Err(StatusWord::WRONG_P1_P2)
        }
    }
}

/// ETSI TS 102 221, 10.1.1: tables 10.3 and 10.4a; 3GPP TS 51.011, 9.2.
fn class(cla: u8, generation: Generation) -> Result<Class, StatusWord> {
    match generation {
        Generation::Uicc => uicc_class(cla),
        #[cfg(feature = "full")]
        Generation::Sim if cla == 0xA0 => Ok(Class::Gsm),
        #[cfg(feature = "full")]
        Generation::Sim => Err(StatusWord::CLASS_NOT_SUPPORTED),
    }
}

fn uicc_class(cla: u8) -> Result<Class, StatusWord> {
    match cla {
        0x00..=0x03 => Ok(Class::Iso),
        0x80..=0x83 => Ok(Class::Etsi),
        // Channels from 4 on.
        0x40..=0x4F | 0xC0..=0xCF => Err(StatusWord::CHANNEL_NOT_SUPPORTED),
        0x04..=0x0F | 0x60..=0x6F | 0x84..=0x8F | 0xE0..=0xEF => {
            Err(StatusWord::SECURE_MESSAGING_NOT_SUPPORTED)
        }
        _ => Err(StatusWord::CLASS_NOT_SUPPORTED),
    }
}
