//! How values become card bytes: the way back of [`super::convert`].

use super::convert::{Value, gsm_code};

/// Digits that the ten bytes of a number hold.
const DIGITS_MAX: usize = 20;

/// An alpha identifier without filling (ETSI TS 102 221, annex A): the GSM default alphabet where it has every
/// character, else UCS2 behind 80.
pub(super) fn alpha(value: &mut Value, text: &[u8]) -> Option<()> {
    let text = core::str::from_utf8(text).ok()?;
    if text.chars().all(|character| gsm_byte(character).is_some()) {
        for byte in text.chars().filter_map(gsm_byte) {
            value.push(&[byte])?;
        }
        return Some(());
    }
    value.push(&[0x80])?;
    for character in text.chars() {
        // FFFF would end the name, and is no character.
        let unit = u16::try_from(u32::from(character)).ok();
        let unit = unit.filter(|unit| !matches!(unit, 0xFFFD | 0xFFFF))?;
        value.push(&unit.to_be_bytes())?;
    }
    Some(())
}

/// The last 14 bytes of a record with alpha identifier (3GPP TS 31.102, 4.2.26): the number, then neither capabilities
/// nor an extension.
pub(super) fn dialling_number(value: &mut Value, text: &[u8]) -> Option<()> {
    address(value, text)?;
    value.push(&[0xFF, 0xFF])
}

/// TS-Service Centre Address of EF.SMSP (3GPP TS 31.102, 4.2.27), twelve bytes.
pub(super) fn sc_address(value: &mut Value, text: &[u8]) -> Option<()> {
    address(value, text)
}

/// Length, type of number and plan, ten bytes of swapped nibbles.
fn address(value: &mut Value, text: &[u8]) -> Option<()> {
    if text.is_empty() {
        return value.push(&[0xFF; 12]);
    }
    let (kind, digits) = match text {
        [b'+', digits @ ..] => (0x91, digits),
        digits => (0x81, digits),
    };
    if digits.is_empty() || digits.len() > DIGITS_MAX {
        return None;
    }
    let mut nibbles = [0x0F; DIGITS_MAX];
    for (nibble, digit) in nibbles.iter_mut().zip(digits) {
        *nibble = match digit {
            b'0'..=b'9' => digit - b'0',
            b'*' => 0x0A,
            b'#' => 0x0B,
            _ => return None,
        };
    }
    // At most ten, and the type of number.
    let length = 1 + digits.len().div_ceil(2) as u8;
    value.push(&[length, kind])?;
    for pair in nibbles.chunks_exact(2) {
        value.push(&[pair[0] | pair[1] << 4])?;
    }
    Some(())
}

/// The byte of a character. Three places of the table are a space, of which this is the one; FFFD stands for what is
/// none.
fn gsm_byte(character: char) -> Option<u8> {
    match character {
        ' ' => Some(0x20),
        char::REPLACEMENT_CHARACTER => None,
        _ => {
            (0..0x80).find(|byte| gsm_code(*byte).is_some_and(|code| u32::from(code) == u32::from(character)))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::logic::convert::convert;
    use cardwire_codec::message::Conversion;
    extern crate std;
    use std::vec::Vec;

    fn packed(conversion: Conversion, text: &str) -> Option<Vec<u8>> {
        convert(conversion, text.as_bytes()).map(|value| value.as_bytes().to_vec())
    }

    #[track_caller]
    fn assert_comes_back(there: Conversion, back: Conversion, text: &str) {
        let bytes = packed(there, text).unwrap();
        let again = convert(back, &bytes).unwrap();
        assert_eq!(core::str::from_utf8(again.as_bytes()), Ok(text), "{bytes:02X?}");
    }

    #[test]
    fn names_in_the_alphabet_that_has_them() {
        assert_eq!(packed(Conversion::ToAlpha, "").as_deref(), Some(&[][..]));
        assert_eq!(
            packed(Conversion::ToAlpha, "Cö a@").as_deref(),
            Some(&b"\x43\x7C\x20\x61\x00"[..])
        );
        let cyrillic = [0x80, 0x04, 0x10, 0x00, 0x41];
        assert_eq!(packed(Conversion::ToAlpha, "АA").as_deref(), Some(&cyrillic[..]));
        for text in ["Ann", "Cö Δ@ß", "Анна A", "\u{20AC}"] {
            assert_comes_back(Conversion::ToAlpha, Conversion::Alpha, text);
        }
        for text in ["\u{1F600}", "a\u{FFFD}", "A\u{FFFF}А"] {
            assert_eq!(packed(Conversion::ToAlpha, text), None, "{text}");
        }
        assert!(convert(Conversion::ToAlpha, &[0xC3]).is_none(), "no UTF-8");
        assert!(
            packed(Conversion::ToAlpha, &"А".repeat(128)).is_none(),
            "more than a register holds"
        );
    }

    #[test]
    fn numbers_of_people_and_of_service_centres() {
        let record = packed(Conversion::ToDiallingNumber, "+41175523456").unwrap();
        let expected = [
            0x07, 0x91, 0x14, 0x71, 0x55, 0x32, 0x54, 0xF6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        ];
        assert_eq!(record, expected);
        assert_eq!(
            packed(Conversion::ToScAddress, "123").unwrap(),
            [
                0x03, 0x81, 0x21, 0xF3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF
            ]
        );
        for text in ["", "+4", "*100#", "+49152288173861234567", "12345678901234567890"] {
            assert_comes_back(Conversion::ToDiallingNumber, Conversion::DiallingNumber, text);
            assert_comes_back(Conversion::ToScAddress, Conversion::ScAddress, text);
        }
        for text in ["+", "123456789012345678901", "12a", "1+2", " 12"] {
            assert_eq!(packed(Conversion::ToDiallingNumber, text), None, "{text}");
        }
    }
}
