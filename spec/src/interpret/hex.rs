//! Bytes as hexadecimal text: strictly, as messages in JSON hold them, and leniently, as people write them.

use core::fmt;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Lower-case hexadecimal.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    // Traces hold every frame in it: formatting each byte takes ten times as long.
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0F)])
        .collect()
}

/// The bytes of hexadecimal text of either case, two digits each, and nothing else.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => u8::try_from(16 * digit(high)? + digit(low)?).ok(),
            _ => None,
        })
        .collect()
}

/// The bytes of hexadecimal text as people write it: blanks, line ends, colons and `0x` in between are passed over.
///
/// # Errors
/// What makes it no hexadecimal text, and where.
pub fn read(text: &str) -> Result<Vec<u8>, NoHex> {
    let mut bytes = Vec::new();
    let mut high = None;
    let mut last = 0;
    let mut characters = text.chars().enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        if character.is_whitespace() || character == ':' {
            continue;
        }
        let is_mark = |next: &(usize, char)| matches!(next.1, 'x' | 'X');
        if character == '0' && high.is_none() && characters.next_if(is_mark).is_some() {
            continue;
        }
        let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digit = digit.ok_or(NoHex::Character { index, character })?;
        last = index;
        match high.take() {
            Some(high) => bytes.push(high << 4 | digit),
            None => high = Some(digit),
        }
    }
    match high {
        Some(_) => Err(NoHex::Half { index: last }),
        None => Ok(bytes),
    }
}

/// Why text is not hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoHex {
    /// A character is no digit and nothing that is passed over.
    Character {
        /// Which one, from 0.
        index: usize,
        /// The character.
        character: char,
    },
    /// The last byte has one digit.
    Half {
        /// The digit's index in characters, from 0.
        index: usize,
    },
}

impl fmt::Display for NoHex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character { index, character } => {
                write!(
                    f,
                    "character {}, {character:?}, is no hexadecimal digit",
                    index + 1
                )
            }
            Self::Half { index } => {
                write!(f, "the last byte, at character {}, has one digit only", index + 1)
            }
        }
    }
}

impl core::error::Error for NoHex {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_and_lenient() {
        assert_eq!(encode(&[0x00, 0xAB, 0xFF]), "00abff");
        assert_eq!(decode("00ABff"), Some(vec![0x00, 0xAB, 0xFF]));
        assert_eq!((decode("0"), decode("0g"), decode("0a ff")), (None, None, None));
        for text in ["0a0bff", "0A 0B\nFF", "0a:0b:ff", "0x0A 0X0b 0xFF", "0x0a0bff"] {
            assert_eq!(read(text), Ok(vec![0x0A, 0x0B, 0xFF]), "{text}");
        }
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_hexadecimal_is_named_with_its_place() {
        let wrong = |index, character| Err(NoHex::Character { index, character });
        assert_eq!(read("0"), Err(NoHex::Half { index: 0 }));
        assert_eq!(read("0a 0"), Err(NoHex::Half { index: 3 }));
        assert_eq!(read("0ag0"), wrong(2, 'g'));
        assert_eq!(read("0x0a,"), wrong(4, ','));
        // `0x` begins a byte and stands nowhere inside one.
        assert_eq!(read("a0x1"), wrong(2, 'x'));
        assert_eq!(read("ä"), wrong(0, 'ä'));
    }
}
