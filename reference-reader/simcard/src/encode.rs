//! Text to file contents: digits in swapped BCD, names in the default alphabet, PINs.
//!
//! Every function is `const`, so that a profile that is written in a program is checked when the program is built.
//! The tests compare with the values that pySim (osmocom.org) publishes.

use core::fmt;

/// Why a text can't be written into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The text has fewer characters than the field needs, or more than it holds.
    Length {
        /// How many it has, a leading `+` not counted.
        is: usize,
        /// The fewest that the field takes.
        min: usize,
        /// The most that the field takes.
        max: usize,
    },
    /// A character of the text has no place in this field.
    Character {
        /// Its place in the text, the first is 0, a leading `+` not counted.
        at: usize,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { is, min, max } => {
                write!(f, "the text has {is} characters, the field takes {min} to {max}")
            }
            Self::Character { at } => write!(f, "character {at} of the text has no place in this field"),
        }
    }
}

impl core::error::Error for EncodeError {}

/// How many digits of the IMSI are the mobile network code (3GPP TS 31.102, 4.2.18, byte 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MncLength {
    /// Two digits, as in most of the world.
    Two = 2,
    /// Three digits, as in North America.
    Three = 3,
}

/// EF.ICCID: 18 to 20 digits in swapped BCD, filled with `F` (ETSI TS 102 221, 13.2).
///
/// The check digit is the caller's; see [`luhn_check_digit`].
pub const fn iccid(digits: &str) -> Result<[u8; 10], EncodeError> {
    if let Err(error) = check_length(digits.len(), 18, 20) {
        return Err(error);
    }
    put_digits([0xFF; 10], 0, digits.as_bytes())
}

/// EF.IMSI: length, then parity and 6 to 15 digits in swapped BCD, filled with `F` (3GPP TS 31.102, 4.2.2).
pub const fn imsi(digits: &str) -> Result<[u8; 9], EncodeError> {
    if let Err(error) = check_length(digits.len(), 6, 15) {
        return Err(error);
    }
    let mut field = [0xFF; 9];
    field[0] = (digits.len() / 2 + 1) as u8;
    // Type of identity 1 is the IMSI; bit 4 says that the number of digits is odd (3GPP TS 24.008, 10.5.1.4).
    let odd = (digits.len() % 2) as u8;
    field[1] = 0xF0 | odd << 3 | 0x01;
    put_digits(field, 3, digits.as_bytes())
}

/// EF.SPN: "show in the home network", then up to 16 characters, filled with `FF` (3GPP TS 31.102, 4.2.12).
pub const fn service_provider_name(name: &str) -> Result<[u8; 17], EncodeError> {
    let mut field = [0xFF; 17];
    field[0] = 0x01;
    put_text(field, 1, name.as_bytes())
}

/// Length, type of number and 1 to 20 digits of EF.ADN, EF.FDN, EF.MSISDN (3GPP TS 31.102, 4.4.2.3).
///
/// A leading `+` makes the number international (`91`), without it its type is unknown (`81`).
pub const fn dialling_number(number: &str) -> Result<[u8; 12], EncodeError> {
    let (type_of_number, digits) = match number.as_bytes() {
        [b'+', digits @ ..] => (0x91, digits),
        digits => (0x81, digits),
    };
    if let Err(error) = check_length(digits.len(), 1, 20) {
        return Err(error);
    }
    let mut field = [0xFF; 12];
    field[0] = 1 + digits.len().div_ceil(2) as u8;
    field[1] = type_of_number;
    put_digits(field, 4, digits)
}

/// An alpha identifier: up to `N` characters, filled with `FF` (3GPP TS 31.102, 4.4.2.3).
pub const fn alpha_identifier<const N: usize>(text: &str) -> Result<[u8; N], EncodeError> {
    put_text([0xFF; N], 0, text.as_bytes())
}

/// A PIN of 4 to 8 digits, one per byte, filled with `FF` (ETSI TS 102 221, 9.5).
pub const fn pin(digits: &str) -> Result<[u8; 8], EncodeError> {
    if let Err(error) = check_length(digits.len(), 4, 8) {
        return Err(error);
    }
    let mut field = [0xFF; 8];
    let mut at = 0;
    let mut rest = digits.as_bytes();
    while let [digit, tail @ ..] = rest {
        if !digit.is_ascii_digit() {
            return Err(EncodeError::Character { at });
        }
        field[at] = *digit;
        at += 1;
        rest = tail;
    }
    Ok(field)
}

/// The digit that ITU-T E.118 wants behind the other digits of an ICCID; characters that are no digits count as 0.
pub const fn luhn_check_digit(digits: &str) -> u8 {
    let mut sum = 0;
    let mut double = true;
    let mut rest = digits.as_bytes();
    while let [head @ .., digit] = rest {
        let value = if digit.is_ascii_digit() {
            (*digit - b'0') as u32
        } else {
            0
        };
        let weighted = if double { 2 * value } else { value };
        sum += weighted / 10 + weighted % 10;
        double = !double;
        rest = head;
    }
    ((10 - sum % 10) % 10) as u8
}

/// The three bytes of the home network, from an EF.IMSI (3GPP TS 24.008, 10.5.1.13).
pub fn home_network(imsi: &[u8; 9], mnc_length: MncLength) -> [u8; 3] {
    let mcc = [digit_of(imsi, 0), digit_of(imsi, 1), digit_of(imsi, 2)];
    let third = match mnc_length {
        MncLength::Two => 0xF,
        MncLength::Three => digit_of(imsi, 5),
    };
    [
        mcc[1] << 4 | mcc[0],
        third << 4 | mcc[2],
        digit_of(imsi, 4) << 4 | digit_of(imsi, 3),
    ]
}

/// EF.ACC: the access class that the last digit of the IMSI gives, 0 to 9 (3GPP TS 31.102, 4.2.15).
pub fn access_class(imsi: &[u8; 9]) -> [u8; 2] {
    let odd = usize::from(imsi[1] >> 3 & 1);
    let digits = (usize::from(imsi[0]) * 2 + odd).saturating_sub(2);
    let class = digit_of(imsi, digits.saturating_sub(1));
    (1_u16 << class).to_be_bytes()
}

/// Digit `index` of an EF.IMSI that [`imsi`] made.
fn digit_of(imsi: &[u8; 9], index: usize) -> u8 {
    let nibble = index + 3;
    imsi.get(nibble / 2)
        .map_or(0, |byte| byte >> (nibble % 2 * 4) & 0x0F)
}

const fn check_length(is: usize, min: usize, max: usize) -> Result<(), EncodeError> {
    if min <= is && is <= max {
        Ok(())
    } else {
        Err(EncodeError::Length { is, min, max })
    }
}

/// Writes digits into `field`, which is filled with `F`; nibble 0 is the low half of byte 0, nibble 1 its high half.
const fn put_digits<const N: usize>(
    mut field: [u8; N],
    first_nibble: usize,
    digits: &[u8],
) -> Result<[u8; N], EncodeError> {
    let mut at = 0;
    let mut rest = digits;
    while let [digit, tail @ ..] = rest {
        if !digit.is_ascii_digit() {
            return Err(EncodeError::Character { at });
        }
        let nibble = first_nibble + at;
        let shift = nibble % 2 * 4;
        field[nibble / 2] &= !(0x0F << shift) | (*digit - b'0') << shift;
        at += 1;
        rest = tail;
    }
    Ok(field)
}

/// Writes text behind `first` bytes of `field`.
const fn put_text<const N: usize>(
    mut field: [u8; N],
    first: usize,
    text: &[u8],
) -> Result<[u8; N], EncodeError> {
    if let Err(error) = check_length(text.len(), 0, N - first) {
        return Err(error);
    }
    let mut at = 0;
    let mut rest = text;
    while let [character, tail @ ..] = rest {
        if !is_in_both_alphabets(*character) {
            return Err(EncodeError::Character { at });
        }
        field[first + at] = *character;
        at += 1;
        rest = tail;
    }
    Ok(field)
}

/// Whether a character has the same code in ASCII and in the default alphabet of 3GPP TS 23.038, 6.2.1.
const fn is_in_both_alphabets(character: u8) -> bool {
    matches!(character, b' '..=b'#' | b'%'..=b'?' | b'A'..=b'Z' | b'a'..=b'z')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iccid_as_pysim_publishes_it() {
        let published = [0x98, 0x88, 0x12, 0x01, 0x00, 0x00, 0x40, 0x03, 0x10, 0xF0];
        assert_eq!(iccid("8988211000000430010"), Ok(published));
        assert_eq!(
            iccid("89882110000004300"),
            Err(EncodeError::Length {
                is: 17,
                min: 18,
                max: 20
            })
        );
        assert_eq!(
            iccid("898821100000043001022"),
            Err(EncodeError::Length {
                is: 21,
                min: 18,
                max: 20
            })
        );
        assert_eq!(
            iccid("898821100000043001O"),
            Err(EncodeError::Character { at: 18 })
        );
    }

    #[test]
    fn imsi_as_pysim_publishes_it() {
        let swiss = [0x08, 0x29, 0x82, 0x60, 0x82, 0x00, 0x00, 0x20, 0x80];
        let german = [0x08, 0x29, 0x26, 0x10, 0x11, 0x60, 0x84, 0x57, 0x40];
        assert_eq!(imsi("228062800000208"), Ok(swiss));
        assert_eq!(imsi("262011106487504"), Ok(german));
        // An even number of digits: parity bit clear, filler in the last nibble.
        assert_eq!(
            imsi("001011"),
            Ok([0x04, 0x01, 0x10, 0x10, 0xF1, 0xFF, 0xFF, 0xFF, 0xFF])
        );
        assert_eq!(
            imsi("00101"),
            Err(EncodeError::Length {
                is: 5,
                min: 6,
                max: 15
            })
        );
        assert_eq!(
            imsi("0010112345678901"),
            Err(EncodeError::Length {
                is: 16,
                min: 6,
                max: 15
            })
        );
        assert_eq!(imsi("+01011"), Err(EncodeError::Character { at: 0 }));
    }

    #[test]
    fn network_and_access_class_come_from_the_imsi() {
        let swiss = imsi("228062800000208").unwrap();
        // pySim, EF.PLMNsel: 22F860 is 228/06, 330420 is 334/020.
        assert_eq!(home_network(&swiss, MncLength::Two), [0x22, 0xF8, 0x60]);
        assert_eq!(
            home_network(&imsi("334020123456789").unwrap(), MncLength::Three),
            [0x33, 0x04, 0x20]
        );
        assert_eq!(access_class(&swiss), [0x01, 0x00]);
        assert_eq!(access_class(&imsi("001010").unwrap()), [0x00, 0x01]);
        assert_eq!(access_class(&imsi("0010119").unwrap()), [0x02, 0x00]);
    }

    #[test]
    fn service_provider_name_as_pysim_publishes_it() {
        assert_eq!(
            service_provider_name("GSM-R CH").as_ref().map(|f| &f[..]),
            Ok(&b"\x01GSM-R CH\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"[..])
        );
        assert_eq!(service_provider_name("Sixteen letters!").unwrap()[16], b'!');
        let seventeen = service_provider_name("Seventeen letters");
        assert_eq!(
            seventeen,
            Err(EncodeError::Length {
                is: 17,
                min: 0,
                max: 16
            })
        );
        assert_eq!(
            service_provider_name("a@b"),
            Err(EncodeError::Character { at: 1 })
        );
        assert_eq!(service_provider_name("a$"), Err(EncodeError::Character { at: 1 }));
    }

    #[test]
    fn dialling_number_as_pysim_publishes_it() {
        let own_number = [
            0x08, 0x91, 0x94, 0x71, 0x72, 0x19, 0x91, 0x81, 0xF3, 0xFF, 0xFF, 0xFF,
        ];
        assert_eq!(dialling_number("+4917279119183"), Ok(own_number));
        let mut short = [0xFF; 12];
        short[..4].copy_from_slice(&[0x03, 0x81, 0x11, 0xF0]);
        assert_eq!(dialling_number("110"), Ok(short));
        assert_eq!(
            dialling_number("+"),
            Err(EncodeError::Length {
                is: 0,
                min: 1,
                max: 20
            })
        );
        assert_eq!(
            dialling_number("123456789012345678901"),
            Err(EncodeError::Length {
                is: 21,
                min: 1,
                max: 20
            })
        );
        assert_eq!(dialling_number("+49x"), Err(EncodeError::Character { at: 2 }));
    }

    #[test]
    fn alpha_identifier_is_filled() {
        assert_eq!(alpha_identifier("ab"), Ok([b'a', b'b', 0xFF, 0xFF]));
        assert_eq!(
            alpha_identifier::<2>("abc"),
            Err(EncodeError::Length {
                is: 3,
                min: 0,
                max: 2
            })
        );
    }

    #[test]
    fn pin_is_filled() {
        assert_eq!(pin("1234"), Ok(*b"1234\xFF\xFF\xFF\xFF"));
        assert_eq!(pin("12345678"), Ok(*b"12345678"));
        assert_eq!(
            pin("123"),
            Err(EncodeError::Length {
                is: 3,
                min: 4,
                max: 8
            })
        );
        assert_eq!(
            pin("123456789"),
            Err(EncodeError::Length {
                is: 9,
                min: 4,
                max: 8
            })
        );
        assert_eq!(pin("12a4"), Err(EncodeError::Character { at: 2 }));
    }

    #[test]
    fn luhn_check_digit_of_the_textbook_number() {
        assert_eq!(luhn_check_digit("7992739871"), 3);
        assert_eq!(luhn_check_digit(""), 0);
    }
}
