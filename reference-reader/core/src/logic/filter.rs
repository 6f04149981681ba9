//! Which commands execution logic may send to the card, and how it presents a secret.

use crate::modules::contact_card::exchange::is_well_formed;
use cardwire_codec::message::PinFunction;

/// Instructions that execution logic may send to the card (CW-LOGIC-007).
const ALLOWED_INSTRUCTIONS: [u8; 9] = [0xA4, 0xB0, 0xB2, 0xA2, 0xF2, 0xD6, 0xDC, 0x70, 0x88];
const ALLOWED_CLASSES: [u8; 5] = [0x00, 0x01, 0x02, 0x03, 0x80];

/// UPDATE BINARY and UPDATE RECORD.
const WRITING_INSTRUCTIONS: [u8; 2] = [0xD6, 0xDC];

/// Bytes of a secret as a card takes it (ETSI TS 102 221, 9.5.1).
pub(crate) const SECRET: usize = 8;

/// Whether a command APDU is well formed and of the list.
//= spec/book/src/logic.md#cw-logic-007
//# The verifier MUST refuse a command APDU that is not well formed, or whose instruction byte is not in the list of what execution logic may send.
pub(crate) fn allows(command: &[u8]) -> bool {
    let listed = matches!(command, [class, instruction, ..]
        if ALLOWED_CLASSES.contains(class) && ALLOWED_INSTRUCTIONS.contains(instruction));
    listed && is_well_formed(command)
}

/// Whether a command may change what the card holds; what `pin` sends does so always.
pub(crate) fn writes(command: &[u8]) -> bool {
    matches!(command, [_, instruction, ..] if WRITING_INSTRUCTIONS.contains(instruction))
}

/// The instruction byte of a function on a secret.
pub(crate) fn pin_instruction(function: PinFunction) -> u8 {
    match function {
        PinFunction::Verify => 0x20,
        PinFunction::Change => 0x24,
        PinFunction::Disable => 0x26,
        PinFunction::Enable => 0x28,
        PinFunction::Unblock => 0x2C,
    }
}

/// Whether a function takes a second secret.
pub(crate) fn takes_two(function: PinFunction) -> bool {
    match function {
        PinFunction::Change | PinFunction::Unblock => true,
        PinFunction::Verify | PinFunction::Disable | PinFunction::Enable => false,
    }
}

/// The header of the command that asks for the tries that are left, and changes nothing.
pub(crate) fn tries_query(function: PinFunction, reference: u8) -> [u8; 4] {
    let asked = match function {
        PinFunction::Unblock => PinFunction::Unblock,
        PinFunction::Verify | PinFunction::Change | PinFunction::Disable | PinFunction::Enable => {
            PinFunction::Verify
        }
    };
    [0x00, pin_instruction(asked), 0x00, reference]
}

/// A secret as a card takes it; `None` where it has another length.
pub(crate) fn padded(secret: &[u8]) -> Option<[u8; SECRET]> {
    let mut padded = [0xFF; SECRET];
    if secret.len() < 4 {
        return None;
    }
    padded.get_mut(..secret.len())?.copy_from_slice(secret);
    Some(padded)
}

/// The tries that a status word says are left.
pub(crate) fn tries(status_word: u16) -> Option<u8> {
    // The mask leaves four bits.
    (status_word & 0xFFF0 == 0x63C0).then_some((status_word & 0x000F) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_no_other_way() {
        for instruction in [0x20, 0x24, 0x26, 0x28, 0x2C] {
            for class in 0..=0xFF {
                assert!(!allows(&[class, instruction, 0x00, 0x01]));
            }
        }
        assert!(allows(&[0x00, 0x88, 0x00, 0x81, 0x01, 0x00]));
        assert!(!allows(&[0x00, 0x88, 0x00, 0x81, 0x02, 0x00]), "cut short");
        assert!(!allows(&[0x00, 0xC0, 0x00, 0x00, 0x10]), "the reader's own");
        assert!(!allows(&[0x0C, 0xA4, 0x00, 0x00]), "another class");
    }

    #[test]
    fn secrets_are_filled_up() {
        assert_eq!(padded(b"1234"), Some(*b"1234\xFF\xFF\xFF\xFF"));
        assert_eq!(padded(b"12345678"), Some(*b"12345678"));
        assert_eq!(padded(b"123"), None);
        assert_eq!(padded(b"123456789"), None);
    }

    #[test]
    fn status_words_tell_tries() {
        assert_eq!(
            [0x63C3, 0x63C0, 0x6300, 0x9000].map(tries),
            [Some(3), Some(0), None, None]
        );
    }
}
