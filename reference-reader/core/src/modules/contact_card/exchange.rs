//! The transport rules for T=0 (ETSI TS 102 221, 7.3.1; ISO/IEC 7816-3, clause 12.2), in one place (CW-MOD-010).
//!
//! Service logic works with command APDUs and whole responses; what lies between them is done here: GET RESPONSE after
//! 61xx, 9Fxx and warnings, other lengths after 6Cxx, and commands that are too long for one TPDU.

use super::atr::Capabilities;
use cardwire_codec::message::limits::{REGISTER_SIZE, TPDUS_MAX};

/// Largest response data of one command.
const DATA_MAX: usize = REGISTER_SIZE;
/// Header, length and 255 bytes of data; a case-4 command loses its Le.
const TPDU_MAX: usize = HEADER + 1 + PIECE_MAX;
/// The longest command APDU: header, three bytes of length, a register of data, two bytes of Le.
const COMMAND_MAX: usize = HEADER + 3 + REGISTER_SIZE + 2;
const HEADER: usize = 4;
/// Data of one TPDU.
const PIECE_MAX: usize = 255;
/// What of the longest command is left when its first piece is on the line.
const REST_MAX: usize = COMMAND_MAX - PIECE_MAX;

const GET_RESPONSE: u8 = 0xC0;
const ENVELOPE: u8 = 0xC2;
/// Bit 5 of the class byte: another piece of this command follows.
const MORE: u8 = 0x10;

/// Whether `command` is a command APDU of case 1, 2, 3 or 4 with short lengths.
pub(crate) fn is_well_formed(command: &[u8]) -> bool {
    Command::parse(command).is_some_and(|command| !command.extended)
}

/// What to do after a response of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Send the TPDU that now stands in [`Exchange::tpdu`].
    Transmit,
    /// The command is done: status word, and the data in [`Exchange::data`].
    Done(u16),
    /// The card's response is none that the standard allows.
    Damaged,
}

/// A command APDU, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Command<'a> {
    header: [u8; HEADER],
    data: &'a [u8],
    /// Le as its short byte: 00 stands for 256 and more. `None` where no response data are expected.
    le: Option<u8>,
    /// Lengths have three bytes.
    extended: bool,
}

impl<'a> Command<'a> {
    fn parse(command: &'a [u8]) -> Option<Self> {
        let (header, body) = command.split_first_chunk::<HEADER>()?;
        let of = |data, le, extended| {
            Some(Self {
                header: *header,
                data,
                le,
                extended,
            })
        };
        match *body {
            [] => of(&[], None, false),
            [le] => of(&[], Some(le), false),
            [0, high, low] => of(&[], Some(short(high, low)), true),
            [0, high, low, ref behind @ ..] => {
                let (data, le) = behind.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
                match *le {
                    _ if data.is_empty() => None,
                    [] => of(data, None, true),
                    [high, low] => of(data, Some(short(high, low)), true),
                    _ => None,
                }
            }
            [length, ref behind @ ..] => {
                let (data, le) = behind.split_at_checked(usize::from(length))?;
                match *le {
                    _ if data.is_empty() => None,
                    [] => of(data, None, false),
                    [le] => of(data, Some(le), false),
                    _ => None,
                }
            }
        }
    }
}

/// An extended Le as far as T=0 can say it: 00 asks for as much as there is.
fn short(high: u8, low: u8) -> u8 {
    if high == 0 { low } else { 0 }
}

/// How the rest of a command follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Under the same header, which says with its class byte that it is the last piece.
    Chained,
    /// In another ENVELOPE.
    Enveloped,
}

/// One command APDU on its way to the card and back.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Exchange {
    tpdu: [u8; TPDU_MAX],
    tpdu_length: usize,
    /// What is still to be sent of a command that is too long for one TPDU.
    rest: [u8; REST_MAX],
    rest_length: usize,
    follows: Rest,
    data: [u8; DATA_MAX],
    data_length: usize,
    tpdus: u8,
    /// The command has data and expects some: the card may have them fetched.
    is_case_4: bool,
    /// The warning with which the card answered such a command; it stands, whatever GET RESPONSE is answered.
    warning: Option<u16>,
}

impl Exchange {
    pub(crate) fn new() -> Self {
        Self {
            tpdu: [0; TPDU_MAX],
            tpdu_length: 0,
            rest: [0; REST_MAX],
            rest_length: 0,
            follows: Rest::Chained,
            data: [0; DATA_MAX],
            data_length: 0,
            tpdus: 0,
            is_case_4: false,
            warning: None,
        }
    }

    /// The TPDU to send.
    pub(crate) fn tpdu(&self) -> &[u8] {
        &self.tpdu[..self.tpdu_length]
    }

    /// The response data of the command that is done.
    pub(crate) fn data(&self) -> &[u8] {
        &self.data[..self.data_length]
    }

    /// Forgets what the card and the logic told each other.
    pub(crate) fn erase(&mut self) {
        *self = Self::new();
    }

    /// Begins a command APDU; `false` where it is not well formed, or longer than this card takes.
    pub(crate) fn begin(&mut self, apdu: &[u8], card: Capabilities) -> bool {
        let Some(command) = Command::parse(apdu).filter(|_| apdu.len() <= COMMAND_MAX) else {
            return false;
        };
        (self.data_length, self.rest_length, self.tpdus, self.warning) = (0, 0, 0, None);
        self.is_case_4 = command.le.is_some() && !command.data.is_empty();
        let header = command.header;
        if command.data.len() <= PIECE_MAX {
            // Case 1 has no length in the APDU, and P3 = 00 on the line. Case 4 loses its Le: the card announces its
            // response with 61xx.
            let p3 = match command.data {
                [] => command.le.unwrap_or(0),
                data => data.len() as u8,
            };
            return self.load(header, p3, command.data);
        }
        let chains = card.chaining && header[0] & MORE == 0;
        let (header, whole) = if chains {
            self.follows = Rest::Chained;
            ([header[0] | MORE, header[1], header[2], header[3]], command.data)
        } else if card.extended {
            self.follows = Rest::Enveloped;
            ([header[0], ENVELOPE, 0, 0], apdu)
        } else {
            return false;
        };
        let (first, rest) = whole.split_at(PIECE_MAX);
        let Some(room) = self.rest.get_mut(..rest.len()) else {
            return false;
        };
        room.copy_from_slice(rest);
        self.rest_length = rest.len();
        self.load(header, PIECE_MAX as u8, first)
    }

    /// Takes the card's response, data and status word.
    pub(crate) fn response(&mut self, response: &[u8], leave_lengths: bool) -> Step {
        let Some((data, status)) = response.split_last_chunk::<2>() else {
            return Step::Damaged;
        };
        let Some(room) = self.data.get_mut(self.data_length..self.data_length + data.len()) else {
            return Step::Damaged;
        };
        room.copy_from_slice(data);
        self.data_length += data.len();
        self.tpdus += 1;
        let again = self.tpdus < TPDUS_MAX as u8;
        if self.rest_length > 0 {
            return self.send_rest(*status, again);
        }
        // The class is that of the command, its channel included: some cards refuse another one.
        let get_response = [self.tpdu[0], GET_RESPONSE, 0x00, 0x00];
        match *status {
            //= spec/book/src/modules.md#cw-mod-010
            //# A reader MUST fetch response data that a card announces with 61xx, and repeat a command with the length that a card asks for with 6Cxx, itself.
            [0x61 | 0x9F, length] if again => self.transmit(get_response, length),
            [0x6C, length] if again && self.tpdu_length == HEADER + 1 && !leave_lengths => {
                self.tpdu[HEADER] = length;
                Step::Transmit
            }
            [0x62 | 0x63, _] if again && self.is_case_4 && self.is_unanswered() => {
                self.warning = Some(u16::from_be_bytes(*status));
                self.transmit(get_response, 0x00)
            }
            [0x61 | 0x9F, _] => Step::Damaged,
            status => Step::Done(self.warning.unwrap_or(u16::from_be_bytes(status))),
        }
    }

    /// No response data were fetched so far, nor tried to.
    fn is_unanswered(&self) -> bool {
        self.data_length == 0 && self.warning.is_none() && self.tpdu_length > HEADER + 1
    }

    /// Sends what is left of a command when the card has taken the piece before.
    fn send_rest(&mut self, status: [u8; 2], again: bool) -> Step {
        if status != [0x90, 0x00] || !again {
            return Step::Done(u16::from_be_bytes(status));
        }
        let [class, instruction, p1, p2, ..] = self.tpdu;
        let class = match self.follows {
            Rest::Chained => class & !MORE,
            Rest::Enveloped => class,
        };
        let rest = self.rest;
        let length = core::mem::take(&mut self.rest_length);
        self.load([class, instruction, p1, p2], length as u8, &rest[..length]);
        Step::Transmit
    }

    fn transmit(&mut self, header: [u8; HEADER], p3: u8) -> Step {
        self.load(header, p3, &[]);
        Step::Transmit
    }

    fn load(&mut self, header: [u8; HEADER], p3: u8, data: &[u8]) -> bool {
        let length = HEADER + 1 + data.len();
        let Some(room) = self.tpdu.get_mut(HEADER + 1..length) else {
            return false;
        };
        room.copy_from_slice(data);
        self.tpdu[..HEADER].copy_from_slice(&header);
        self.tpdu[HEADER] = p3;
        self.tpdu_length = length;
        true
    }
}

#[cfg(test)]
mod tests;
