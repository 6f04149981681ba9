//! How card bytes become values of service data; the way back is in [`super::pack`].

use super::pack;
use cardwire_codec::message::{Conversion, limits::REGISTER_SIZE};

/// What a conversion makes, at most as much as a register holds.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Value {
    bytes: [u8; REGISTER_SIZE],
    length: usize,
}

impl Value {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Option<()> {
        self.bytes
            .get_mut(self.length..self.length + bytes.len())?
            .copy_from_slice(bytes);
        self.length += bytes.len();
        Some(())
    }

    fn push_char(&mut self, character: char) -> Option<()> {
        self.push(character.encode_utf8(&mut [0; 4]).as_bytes())
    }
}

/// Converts card bytes; `None` where they are not what the conversion is for (CW-LOGIC-004). An empty value says that
/// the card holds nothing there.
//= spec/book/src/logic.md#cw-logic-010
//# A conversion MUST give exactly the value that this section describes, and a logic fault where it can't.
pub(crate) fn convert(conversion: Conversion, bytes: &[u8]) -> Option<Value> {
    let mut value = Value {
        bytes: [0; REGISTER_SIZE],
        length: 0,
    };
    match conversion {
        Conversion::None => value.push(bytes)?,
        Conversion::SwappedDigits => digits(&mut value, bytes)?,
        Conversion::Imsi => imsi(&mut value, bytes)?,
        Conversion::Spn => spn(&mut value, bytes)?,
        Conversion::DiallingNumber => dialling_number(&mut value, bytes)?,
        Conversion::Alpha => alpha(&mut value, bytes)?,
        Conversion::ScAddress => sc_address(&mut value, bytes)?,
        Conversion::Number => number(&mut value, bytes)?,
        Conversion::ToAlpha => pack::alpha(&mut value, bytes)?,
        Conversion::ToDiallingNumber => pack::dialling_number(&mut value, bytes)?,
        Conversion::ToScAddress => pack::sc_address(&mut value, bytes)?,
    }
    Some(value)
}

/// Digits in swapped nibbles up to the first F (ETSI TS 102 221, 13.2; 3GPP TS 31.102, 4.2.26 for A, B and C).
fn digits(value: &mut Value, bytes: &[u8]) -> Option<()> {
    for nibble in bytes.iter().flat_map(|byte| [byte & 0x0F, byte >> 4]) {
        match nibble {
            0..=9 => value.push(&[b'0' + nibble])?,
            0x0F => return Some(()),
            _ => return None,
        }
    }
    Some(())
}

/// EF.IMSI: length, then a nibble that holds the parity, then digits (3GPP TS 31.102, 4.2.2).
fn imsi(value: &mut Value, bytes: &[u8]) -> Option<()> {
    let (&length, rest) = bytes.split_first()?;
    let field = rest.get(..usize::from(length))?;
    let (&first, rest) = field.split_first()?;
    match first >> 4 {
        digit @ 0..=9 => value.push(&[b'0' + digit])?,
        _ => return None,
    }
    digits(value, rest)
}

/// EF.SPN: display condition, then text up to the first FF (3GPP TS 31.102, 4.2.12 and annex A).
fn spn(value: &mut Value, bytes: &[u8]) -> Option<()> {
    let (_, name) = bytes.split_first()?;
    text(value, name)
}

/// A name up to the first FF, in UCS2 behind 80 or in the GSM default alphabet.
fn text(value: &mut Value, bytes: &[u8]) -> Option<()> {
    match bytes.split_first() {
        Some((0x80, ucs2)) => {
            for unit in ucs2.chunks_exact(2) {
                match u16::from_be_bytes([unit[0], unit[1]]) {
                    0xFFFF => break,
                    unit => value.push_char(ucs2_character(u32::from(unit)))?,
                }
            }
        }
        _ => {
            for &byte in bytes.iter().take_while(|byte| **byte != 0xFF) {
                value.push_char(gsm_character(byte))?;
            }
        }
    }
    Some(())
}

/// An alpha identifier: a name, or characters of a base between those of the GSM default alphabet (ETSI TS 102 221,
/// annex A).
fn alpha(value: &mut Value, bytes: &[u8]) -> Option<()> {
    let (count, base, rest) = match bytes {
        [0x81, count, base, rest @ ..] => (count, u32::from(*base) << 7, rest),
        [0x82, count, high, low, rest @ ..] => (count, u32::from(u16::from_be_bytes([*high, *low])), rest),
        [0x81 | 0x82, ..] => return None,
        name => return text(value, name),
    };
    for &byte in rest.get(..usize::from(*count))? {
        value.push_char(match byte {
            0x80.. => ucs2_character(base + u32::from(byte & 0x7F)),
            _ => gsm_character(byte),
        })?;
    }
    Some(())
}

fn ucs2_character(code: u32) -> char {
    // Two bytes can't say more.
    let code = u16::try_from(code).ok().map(u32::from);
    code.and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// A character of the GSM default alphabet, one to a byte; there is none for the escape to other tables, nor above 7F.
fn gsm_character(byte: u8) -> char {
    gsm_code(byte)
        .and_then(|code| char::from_u32(u32::from(code)))
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The code of a character of the GSM default alphabet.
pub(super) fn gsm_code(byte: u8) -> Option<u16> {
    let low = GSM_LOW.get(usize::from(byte)).copied()?;
    match byte {
        GSM_ESCAPE => None,
        _ if is_greek(byte) => Some(GREEK + u16::from(low)),
        _ => Some(u16::from(low)),
    }
}

/// The escape to other tables.
const GSM_ESCAPE: u8 = 0x1B;

/// Where the codes of Greek characters begin; all others of the alphabet are of one byte.
const GREEK: u16 = 0x300;

const fn is_greek(byte: u8) -> bool {
    matches!(byte, 0x10 | 0x12..=0x1A)
}

/// The GSM default alphabet, of each character the lower byte of its code.
static GSM_LOW: [u8; 128] = {
    let mut low = [0; 128];
    let mut at = 0;
    while at < low.len() {
        let code = GSM_CHARACTERS[at] as u16;
        low[at] = code as u8;
        let byte = at as u8;
        let high = if is_greek(byte) { GREEK } else { 0 };
        assert!(
            byte == GSM_ESCAPE || code == high + low[at] as u16,
            "the code has another higher byte"
        );
        at += 1;
    }
    low
};

/// The GSM default alphabet (3GPP TS 23.038, 6.2.1), with spaces for line feed and carriage return.
#[rustfmt::skip]
const GSM_CHARACTERS: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', ' ', 'Ø', 'ø', ' ', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{FFFD}', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// EF.MSISDN: alpha identifier, then length, type of number and digits (3GPP TS 31.102, 4.2.26).
fn dialling_number(value: &mut Value, record: &[u8]) -> Option<()> {
    let number = record.get(record.len().checked_sub(14)?..)?;
    let (&length, rest) = number.split_first()?;
    if length == 0xFF || length == 0 {
        return Some(());
    }
    address(value, rest.get(..usize::from(length).min(11))?)
}

/// TS-Service Centre Address of EF.SMSP: twelve bytes (3GPP TS 31.102, 4.2.27).
fn sc_address(value: &mut Value, bytes: &[u8]) -> Option<()> {
    let bytes: &[u8; 12] = bytes.try_into().ok()?;
    match bytes {
        [0x00 | 0xFF, ..] => Some(()),
        [length, rest @ ..] => address(value, rest.get(..usize::from(*length))?),
    }
}

/// One to four bytes, big-endian, as four.
fn number(value: &mut Value, bytes: &[u8]) -> Option<()> {
    let leading = 4_usize.checked_sub(bytes.len()).filter(|leading| *leading < 4)?;
    value.push(&[0; 4][..leading])?;
    value.push(bytes)
}

/// Type of number, then digits, `*` and `#` in swapped nibbles.
fn address(value: &mut Value, bytes: &[u8]) -> Option<()> {
    let (&kind, rest) = bytes.split_first()?;
    // Type of number 001: international.
    if kind & 0x70 == 0x10 {
        value.push(b"+")?;
    }
    for nibble in rest.iter().flat_map(|byte| [byte & 0x0F, byte >> 4]) {
        match nibble {
            0..=9 => value.push(&[b'0' + nibble])?,
            0x0A => value.push(b"*")?,
            0x0B => value.push(b"#")?,
            0x0F => break,
            _ => return None,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;

    fn text(conversion: Conversion, hex: &str) -> Option<std::string::String> {
        let bytes: std::vec::Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        convert(conversion, &bytes)
            .map(|value| std::string::String::from_utf8(value.as_bytes().to_vec()).unwrap())
    }

    /// Contents of real files with their meaning, as pySim's tests publish them.
    #[test]
    fn published_file_contents() {
        let table = [
            (
                Conversion::SwappedDigits,
                "988812010000400310f0",
                "8988211000000430010",
            ),
            (Conversion::Imsi, "082982608200002080", "228062800000208"),
            (
                Conversion::Spn,
                "0147534d2d52204348ffffffffffffffffff",
                "GSM-R CH",
            ),
        ];
        for (conversion, hex, expected) in table {
            assert_eq!(text(conversion, hex).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_not_there_is_empty_and_what_is_wrong_is_refused() {
        assert_eq!(
            text(Conversion::DiallingNumber, &"ff".repeat(24)).as_deref(),
            Some("")
        );
        assert_eq!(text(Conversion::Spn, "00ffff").as_deref(), Some(""));
        assert_eq!(text(Conversion::Spn, "0080004300f6ffff").as_deref(), Some("Cö"));
        for (conversion, hex) in [
            (Conversion::SwappedDigits, "1A"),
            (Conversion::Imsi, ""),
            (Conversion::Imsi, "0929"),
            (Conversion::Imsi, "00"),
            (Conversion::Spn, ""),
            (Conversion::DiallingNumber, "0102"),
        ] {
            assert_eq!(text(conversion, hex), None, "{hex}");
        }
    }

    #[test]
    fn the_whole_gsm_alphabet_is_known() {
        let whole: std::vec::Vec<u8> = core::iter::once(0).chain(0..=0x80).collect();
        let value = convert(Conversion::Spn, &whole).unwrap();
        let expected = "@£$¥èéùìòÇ Øø ÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{FFFD}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\u{FFFD}";
        assert_eq!(core::str::from_utf8(value.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn alpha_identifiers_of_every_form() {
        for (hex, expected) in [
            ("", Some("")),
            ("416e6eff", Some("Ann")),
            ("80004300f6ffff", Some("Cö")),
            ("8103089495 41ff", Some("ДЕA")),
            ("82020530b141", Some("աA")),
            // A base in the surrogates, and one whose characters two bytes can't say.
            ("8201d800 80", Some("\u{FFFD}")),
            ("8201ffff 81", Some("\u{FFFD}")),
            ("81030894", None),
            ("8103", None),
            ("820205", None),
        ] {
            let hex = hex.replace(' ', "");
            assert_eq!(text(Conversion::Alpha, &hex).as_deref(), expected, "{hex}");
        }
    }

    #[test]
    fn numbers_have_four_bytes() {
        for (bytes, expected) in [
            (&[][..], None),
            (&[3], Some([0, 0, 0, 3])),
            (&[1, 2], Some([0, 0, 1, 2])),
            (&[1, 2, 3, 4], Some([1, 2, 3, 4])),
            (&[1, 2, 3, 4, 5], None),
        ] {
            let value = convert(Conversion::Number, bytes);
            assert_eq!(
                value.as_ref().map(Value::as_bytes),
                expected.as_ref().map(|v| &v[..])
            );
        }
    }

    #[test]
    fn service_centres() {
        let of = |hex: &str| text(Conversion::ScAddress, hex);
        assert_eq!(of("0791947122723303ffffffff").as_deref(), Some("+491722273330"));
        assert_eq!(of(&"ff".repeat(12)).as_deref(), Some(""));
        assert_eq!(of("0c91947122723303ffffffff"), None, "longer than it can be");
        assert_eq!(of("0791947122723303ffffff"), None, "eleven bytes");
        assert_eq!(of("0791947122723c03ffffffff"), None, "no digit");
    }

    #[test]
    fn dialling_numbers() {
        let record = "4d6fffffffffffffffff07911471553254f6ffffffffffff";
        assert_eq!(
            text(Conversion::DiallingNumber, record).as_deref(),
            Some("+41175523456")
        );
    }
}
