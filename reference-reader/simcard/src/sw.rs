//! Status words: what a UICC says at the end of every answer (ETSI TS 102 221, clause 10.2.1).

use core::fmt;

/// SW1 and SW2, the last two bytes of an answer.
///
/// The constants are all that this card ever answers; a few of them carry a number in their low bits and are made
/// by a function instead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusWord(u16);

impl StatusWord {
    /// `9000`: normal ending of the command (10.2.1.1).
    pub const OK: Self = Self(0x9000);
    /// `6282`: end of the file reached, or a search that found nothing (10.2.1.3, 11.1.7).
    pub const NOTHING_FOUND: Self = Self(0x6282);
    /// `6700`: wrong length (10.2.1.5).
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// `6881`: logical channel not supported (10.2.1.5.1).
    pub const CHANNEL_NOT_SUPPORTED: Self = Self(0x6881);
    /// `6882`: secure messaging not supported (10.2.1.5.1).
    pub const SECURE_MESSAGING_NOT_SUPPORTED: Self = Self(0x6882);
    /// `6981`: command incompatible with the structure of the file (10.2.1.5.2).
    pub const WRONG_FILE_STRUCTURE: Self = Self(0x6981);
    /// `6982`: security status not satisfied (10.2.1.5.2).
    pub const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    /// `6983`: PIN or unblock PIN blocked (10.2.1.5.2).
    pub const BLOCKED: Self = Self(0x6983);
    /// `6984`: referenced data invalidated; here: the PIN is disabled (10.2.1.5.2).
    pub const PIN_DISABLED: Self = Self(0x6984);
    /// `6985`: conditions of use not satisfied (10.2.1.5.2).
    pub const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    /// `6986`: command not allowed, no EF selected (10.2.1.5.2).
    pub const NO_EF_SELECTED: Self = Self(0x6986);
    /// `6A80`: incorrect parameters in the data field (10.2.1.5.3).
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// `6A81`: function not supported (10.2.1.5.3).
    pub const FUNCTION_NOT_SUPPORTED: Self = Self(0x6A81);
    /// `6A82`: file not found (10.2.1.5.3).
    pub const FILE_NOT_FOUND: Self = Self(0x6A82);
    /// `6A83`: record not found (10.2.1.5.3).
    pub const RECORD_NOT_FOUND: Self = Self(0x6A83);
    /// `6A86`: incorrect parameters P1 to P2 (10.2.1.5.3).
    pub const WRONG_P1_P2: Self = Self(0x6A86);
    /// `6A87`: Lc inconsistent with P1 to P2 (10.2.1.5.3).
    pub const LC_INCONSISTENT: Self = Self(0x6A87);
    /// `6A88`: referenced data not found; here: no such PIN, or no application (10.2.1.5.3).
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);
    /// `6B00`: wrong parameters P1 to P2; here: the offset lies outside the EF (10.2.1.5).
    pub const OFFSET_OUTSIDE: Self = Self(0x6B00);
    /// `6D00`: instruction code not supported or invalid (10.2.1.5).
    pub const INSTRUCTION_NOT_SUPPORTED: Self = Self(0x6D00);
    /// `6E00`: class not supported (10.2.1.5).
    pub const CLASS_NOT_SUPPORTED: Self = Self(0x6E00);
    /// `9862`: authentication error, incorrect MAC (3GPP TS 31.102, 7.3.1.5).
    #[cfg(feature = "full")]
    pub const AUTHENTICATION_FAILED: Self = Self(0x9862);
    /// `9864`: authentication error, security context not supported (3GPP TS 31.102, 7.3.1.5).
    #[cfg(feature = "full")]
    pub const CONTEXT_NOT_SUPPORTED: Self = Self(0x9864);
    /// `6F00`: technical problem, no precise diagnosis; here: GET RESPONSE out of sequence (12.1.1.1).
    pub const NO_DIAGNOSIS: Self = Self(0x6F00);

    /// `61xx`: `available` bytes wait for GET RESPONSE, 1 to 256, of which 256 is written `00` (7.3.1.1).
    pub const fn response_available(available: usize) -> Self {
        Self(0x6100 | (available & 0xFF) as u16)
    }

    /// `6Cxx`: wrong Le, the right one is `right`, 1 to 256, of which 256 is written `00` (7.3.1.1).
    pub const fn wrong_le(right: usize) -> Self {
        Self(0x6C00 | (right & 0xFF) as u16)
    }

    /// `63Cx`: verification failed or not tried, `left` attempts are left, 0 to 15 (11.1.9, 11.1.13).
    pub const fn attempts_left(left: u8) -> Self {
        Self(0x63C0 | (left & 0x0F) as u16)
    }

    /// Reads the status word at the end of an answer; `None` if the answer is shorter than two bytes (a mute card).
    pub fn of(answer: &[u8]) -> Option<Self> {
        answer.last_chunk().map(|bytes| Self(u16::from_be_bytes(*bytes)))
    }

    /// A word of the class `A0`, which codes what the constants say in its own way (3GPP TS 51.011, 9.4).
    #[cfg(feature = "full")]
    pub(crate) const fn from_value(value: u16) -> Self {
        Self(value)
    }

    /// SW1 in the high byte, SW2 in the low one.
    pub const fn value(self) -> u16 {
        self.0
    }

    /// SW1, then SW2, as they travel.
    pub const fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusWord({:04X})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_to_the_low_bits_and_256_is_written_00() {
        assert_eq!(StatusWord::response_available(0x1C).value(), 0x611C);
        assert_eq!(StatusWord::response_available(256).value(), 0x6100);
        assert_eq!(StatusWord::wrong_le(9).value(), 0x6C09);
        assert_eq!(StatusWord::wrong_le(256).value(), 0x6C00);
        assert_eq!(StatusWord::attempts_left(10).value(), 0x63CA);
    }

    #[test]
    fn a_mute_card_has_no_status_word() {
        assert_eq!(StatusWord::of(&[]), None);
        assert_eq!(StatusWord::of(&[0x90]), None);
        assert_eq!(StatusWord::of(&[0x90, 0x00]), Some(StatusWord::OK));
        assert_eq!(
            StatusWord::of(&[0x01, 0x6A, 0x82]),
            Some(StatusWord::FILE_NOT_FOUND)
        );
    }
}
