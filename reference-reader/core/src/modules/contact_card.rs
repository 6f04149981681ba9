//! The contact card's transport rules for T=0 (ETSI TS 102 221, 7.3.1), in one place (CW-MOD-010).
//!
//! Service logic works with command APDUs and whole responses; what lies between them, 61xx and 6Cxx, is done here.

/// Largest response data of one command.
pub(crate) const DATA_MAX: usize = 256;
/// Header, length and 255 bytes of data; a case-4 command loses its Le.
const TPDU_MAX: usize = 260;
/// A command may lead to this many exchanges; a card that asks for more is damaged.
const EXCHANGES_MAX: u8 = 8;

const GET_RESPONSE: u8 = 0xC0;

/// Whether `command` is a command APDU of case 1, 2, 3 or 4 with short lengths.
pub(crate) fn is_well_formed(command: &[u8]) -> bool {
    match command {
        [_, _, _, _] | [_, _, _, _, _] => true,
        [_, _, _, _, length, data @ ..] => {
            let length = usize::from(*length);
            length > 0 && (data.len() == length || data.len() == length + 1)
        }
        _ => false,
    }
}

/// Whether bytes are as long as an answer to reset is, and begin like one: with direct or inverse convention
/// (ISO/IEC 7816-3).
pub(crate) fn is_answer_to_reset(bytes: &[u8]) -> bool {
    matches!(bytes, [0x3B | 0x3F, rest @ ..] if (1..=32).contains(&rest.len()))
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

/// One command APDU on its way to the card and back.
pub(crate) struct Exchange {
    tpdu: [u8; TPDU_MAX],
    tpdu_length: usize,
    data: [u8; DATA_MAX],
    data_length: usize,
    exchanges: u8,
}

impl Exchange {
    pub(crate) fn new() -> Self {
        Self {
            tpdu: [0; TPDU_MAX],
            tpdu_length: 0,
            data: [0; DATA_MAX],
            data_length: 0,
            exchanges: 0,
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

    /// Begins a command APDU; `false` where it is not well formed.
    pub(crate) fn begin(&mut self, command: &[u8]) -> bool {
        if !is_well_formed(command) {
            return false;
        }
        self.data_length = 0;
        self.exchanges = 0;
        match command {
            // Case 1 has no length on the APDU, and P3 = 00 on the line.
            [a, b, c, d] => self.load(&[*a, *b, *c, *d, 0x00]),
            [_, _, _, _, length, data @ ..] if data.len() > usize::from(*length) => {
                // Case 4 loses its Le: the card announces its response with 61xx.
                self.load(&command[..command.len() - 1]);
            }
            _ => self.load(command),
        }
        true
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
        self.exchanges += 1;
        let again = self.exchanges < EXCHANGES_MAX;
        match *status {
            //= spec/book/src/modules.md#cw-mod-010
            //# A reader MUST fetch response data that a card announces with 61xx, and repeat a command with the length that a card asks for with 6Cxx, itself.
            [0x61, length] if again => {
                // The class is that of the command: some cards refuse another one.
                self.load(&[self.tpdu[0], GET_RESPONSE, 0x00, 0x00, length]);
                Step::Transmit
            }
            [0x6C, length] if again && self.tpdu_length == 5 && !leave_lengths => {
                self.tpdu[4] = length;
                Step::Transmit
            }
            [0x61, _] => Step::Damaged,
            status => Step::Done(u16::from_be_bytes(status)),
        }
    }

    fn load(&mut self, tpdu: &[u8]) {
        self.tpdu[..tpdu.len()].copy_from_slice(tpdu);
        self.tpdu_length = tpdu.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_on_the_line() {
        let mut exchange = Exchange::new();
        let table: [(&[u8], Option<&[u8]>); 7] = [
            (&[0x00, 0x44, 0x00, 0x00], Some(&[0x00, 0x44, 0x00, 0x00, 0x00])),
            (
                &[0x00, 0xB0, 0x00, 0x00, 0x0A],
                Some(&[0x00, 0xB0, 0x00, 0x00, 0x0A]),
            ),
            (
                &[0x00, 0xA4, 0x00, 0x0C, 0x01, 0x3F],
                Some(&[0x00, 0xA4, 0x00, 0x0C, 0x01, 0x3F]),
            ),
            (
                &[0x00, 0xA4, 0x00, 0x04, 0x01, 0x3F, 0x00],
                Some(&[0x00, 0xA4, 0x00, 0x04, 0x01, 0x3F]),
            ),
            (&[0x00, 0xA4, 0x00], None),
            (&[0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F], None),
            (&[0x00, 0xA4, 0x00, 0x04, 0x00, 0x3F, 0x00], None),
        ];
        for (command, tpdu) in table {
            assert_eq!(
                exchange.begin(command).then(|| exchange.tpdu()),
                tpdu,
                "{command:02X?}"
            );
        }
    }

    #[test]
    fn answers_to_reset_have_a_length_and_a_beginning() {
        let of_length = |length: usize| {
            let mut atr = [0x3B; 34];
            atr[1..].fill(0);
            is_answer_to_reset(&atr[..length])
        };
        assert_eq!(
            [0, 1, 2, 33, 34].map(of_length),
            [false, false, true, true, false]
        );
        assert!(is_answer_to_reset(&[0x3F, 0x00]) && !is_answer_to_reset(&[0x3C, 0x00]));
    }

    #[test]
    fn announced_data_is_fetched_under_the_same_class() {
        let mut exchange = Exchange::new();
        assert!(exchange.begin(&[0x80, 0xF2, 0x00, 0x00, 0x00]));
        assert_eq!(exchange.response(&[0x6C, 0x02], false), Step::Transmit);
        assert_eq!(exchange.tpdu(), [0x80, 0xF2, 0x00, 0x00, 0x02]);
        assert_eq!(
            exchange.response(&[0xAA, 0xBB, 0x61, 0x01], false),
            Step::Transmit
        );
        assert_eq!(exchange.tpdu(), [0x80, 0xC0, 0x00, 0x00, 0x01]);
        assert_eq!(exchange.response(&[0xCC, 0x90, 0x00], false), Step::Done(0x9000));
        assert_eq!(exchange.data(), [0xAA, 0xBB, 0xCC]);
    }

    #[test]
    fn a_card_that_never_ends_is_damaged() {
        let mut exchange = Exchange::new();
        assert!(exchange.begin(&[0x00, 0xB0, 0x00, 0x00, 0x00]));
        let mut tpdus = 1;
        while exchange.response(&[0x61, 0x10], false) == Step::Transmit {
            tpdus += 1;
        }
        assert_eq!(tpdus, 8);
        assert!(exchange.begin(&[0x00, 0xB0, 0x00, 0x00, 0x00]));
        for _ in 1..8 {
            assert_eq!(exchange.response(&[0x6C, 0x10], false), Step::Transmit);
        }
        assert_eq!(exchange.response(&[0x6C, 0x10], false), Step::Done(0x6C10));
        assert_eq!(exchange.response(&[0x90], false), Step::Damaged);
        assert_eq!(exchange.response(&[0; 300], false), Step::Damaged);
    }
}
