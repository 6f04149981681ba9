//! Names: text of letters, digits and three marks.

use core::fmt;

/// Text of the character set `name` (CW-CODEC-005): ASCII letters, digits, full stop, hyphen and underscore. Which length
/// it may have is a matter of the field.
///
/// Whoever has a name has checked it: a decoder when the name came in, [`Name::new`] when it was made. So nothing is left
/// to be checked when it goes out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<'a>(&'a [u8]);

impl<'a> Name<'a> {
    /// A name, if the text is of the character set.
    #[inline]
    #[must_use]
    pub const fn new(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut rest = bytes;
        while let [first, behind @ ..] = rest {
            if !is_of_a_name(*first) {
                return None;
            }
            rest = behind;
        }
        Some(Self(bytes))
    }

    /// The name that a text is; where it is none, the empty name, which no field takes, so that it is refused when it is
    /// encoded.
    #[must_use]
    pub const fn from_text(text: &'a str) -> Self {
        match Self::new(text) {
            Some(name) => name,
            None => Self(&[]),
        }
    }

    /// A name that has come in; `None` where it is none.
    //= spec/book/src/codec.md#cw-codec-005
    //# A decoder MUST refuse text that is not of its character set with rule `text`.
    #[inline(always)]
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        Self::takes(bytes).then_some(Self(bytes))
    }

    /// A name that has been read before.
    #[inline(always)]
    pub(crate) const fn read_again(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether the bytes are of the character set.
    #[inline]
    pub(crate) fn takes(bytes: &[u8]) -> bool {
        // No way out in the middle: nearly all that come in are names, and a loop that always runs to its end is short.
        let (named, high) = bytes.iter().fold((true, 0), |(named, high), byte| {
            (named & TABLE[usize::from(byte & 0x7F)], high | byte)
        });
        named && high < 0x80
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        // It is ASCII, so that this does not fail.
        core::str::from_utf8(self.0).unwrap_or_default()
    }

    /// The characters, one byte each.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// How many characters it has.
    #[inline]
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether it has none, so that no field takes it.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// Whether each character of ASCII is of the character set.
static TABLE: [bool; 128] = {
    let mut table = [false; 128];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = is_of_a_name(byte as u8);
        byte += 1;
    }
    table
};

const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

impl PartialEq<str> for Name<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Name<'_> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::Name;
    use std::{format, string::ToString};

    #[test]
    fn is_of_its_characters() {
        for byte in 0..=255_u8 {
            let is_one = byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            assert_eq!(Name::takes(&[b'a', byte, b'z']), is_one, "{byte:02X}");
            let text = char::from(byte).to_string();
            assert_eq!(Name::new(&text).is_some(), is_one, "{text:?}");
        }
        assert!(Name::takes(b""));
    }

    #[test]
    fn shows_and_compares_as_text() {
        let name = Name::new("card.identify").unwrap();
        assert_eq!(name, "card.identify");
        assert_eq!(name, *"card.identify");
        assert_eq!(
            format!("{name:>15}|{name:?}"),
            "  card.identify|\"card.identify\""
        );
        assert_eq!((name.len(), name.as_bytes()), (13, &b"card.identify"[..]));
    }
}
