//! Heads: what every data item of CBOR begins with (RFC 8949, section 3).

/// A type of CBOR, as the upper three bits of a head state it: those that messages are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Major {
    /// Type 0.
    Unsigned,
    /// Type 1: of keys only.
    Negative,
    /// Type 2.
    Bytes,
    /// Type 3.
    Text,
    /// Type 4.
    Array,
    /// Type 5: of whole messages only.
    Map,
    /// Type 7, of which messages hold `false` and `true`.
    Simple,
}

impl Major {
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Unsigned => 0,
            Self::Negative => 1,
            Self::Bytes => 2,
            Self::Text => 3,
            Self::Array => 4,
            Self::Map => 5,
            Self::Simple => 7,
        }
    }

    /// What it is, in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Unsigned => "an unsigned integer",
            Self::Negative => "a negative integer",
            Self::Bytes => "a byte string",
            Self::Text => "a text string",
            Self::Array => "an array",
            Self::Map => "a map",
            Self::Simple => "false or true",
        }
    }
}

/// What a data item that begins with this byte is, in words.
pub(super) fn words(first: u8) -> String {
    let what = match (first >> 5, first & 0x1F) {
        (0, _) => Major::Unsigned.words(),
        (1, _) => Major::Negative.words(),
        (2, _) => Major::Bytes.words(),
        (3, _) => Major::Text.words(),
        (4, _) => Major::Array.words(),
        (5, _) => Major::Map.words(),
        (6, _) => "a tag",
        (_, 20) => "false",
        (_, 21) => "true",
        (_, 22) => "null",
        (_, 23) => "undefined",
        (_, 25..=27) => "a float",
        (_, 31) => "the end of something of indefinite length",
        (_, _) => "a simple value",
    };
    format!("{first:02x}, {what}")
}

/// The shortest head of a type and number.
pub(super) fn encode(major: Major, number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let (low, following) = match number {
        0..=23 => (bytes[7], &bytes[8..]),
        24..=0xFF => (24, &bytes[7..]),
        0x100..=0xFFFF => (25, &bytes[6..]),
        0x1_0000..=0xFFFF_FFFF => (26, &bytes[4..]),
        0x1_0000_0000.. => (27, &bytes[..]),
    };
    [&[major.number() << 5 | low], following].concat()
}
