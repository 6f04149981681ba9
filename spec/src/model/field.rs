//! Fields: what they hold, and what bounds it.

use super::Stability;
use core::fmt;
use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};

/// One field of a message, document or structure, or one operand of an instruction.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// A primitive, a registry or a structure.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What a number counts.
    #[serde(default)]
    pub unit: Option<String>,
    /// Least and greatest number.
    #[serde(default)]
    pub range: Option<[u64; 2]>,
    /// How many bytes.
    #[serde(default)]
    pub length: Option<Length>,
    /// Fewest and most items; the field is a list.
    #[serde(default)]
    pub count: Option<[u64; 2]>,
    /// The order of a list's items.
    #[serde(default)]
    pub order: Option<Order>,
    /// The character set of text.
    #[serde(default)]
    pub charset: Option<Charset>,
    /// The message or document that the bytes hold, or `instructions`: tools show it. Where the format of a service
    /// interface decides what they are, this is what they may be.
    #[serde(default)]
    pub holds: Option<String>,
    /// What a sender writes who has nothing to say; of an extension, what holds where it is absent. Tools that encode
    /// take it for a field that is left out.
    #[serde(default)]
    pub default: Option<Literal>,
    /// The requirement that governs it; none: that of what holds it.
    #[serde(default)]
    pub requirement: Option<String>,
    /// The protocol version that it came with; none: that of what holds it.
    #[serde(default)]
    pub since: Option<u8>,
    /// What may still become of it; none: as of what holds it.
    #[serde(default)]
    pub stability: Option<Stability>,
    /// What it says; operands may go without.
    #[serde(default)]
    pub doc: String,
}

/// A value in the schema.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    /// Of a boolean.
    Bool(bool),
    /// Of a number, or of a registry by its number.
    Number(u64),
    /// Of text, of a registry by its name, or of bytes in hexadecimal digits.
    Text(String),
    /// The empty list.
    Empty([(); 0]),
}

/// How many bytes a field of bytes or text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Exactly so many, without a length prefix.
    Exact(u64),
    /// Fewest and most, behind a length prefix.
    Bounds(u64, u64),
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LengthVisitor;

        impl<'de> Visitor<'de> for LengthVisitor {
            type Value = Length;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes, or [fewest, most]")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Length, E> {
                u64::try_from(value)
                    .map(Length::Exact)
                    .map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Length, E> {
                Ok(Length::Exact(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Length, A::Error> {
                let mut next = |index| {
                    seq.next_element()?
                        .ok_or_else(|| de::Error::invalid_length(index, &LengthVisitor))
                };
                let length = Length::Bounds(next(0)?, next(1)?);
                match seq.next_element::<u64>()? {
                    Some(_) => Err(de::Error::invalid_length(3, &self)),
                    None => Ok(length),
                }
            }
        }

        deserializer.deserialize_any(LengthVisitor)
    }
}

/// The order of a list's items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The encoded items ascend strictly.
    Ascending,
}

/// The character set of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Charset {
    /// Letters, digits, full stop, hyphen and underscore of ASCII.
    Name,
    /// Any UTF-8.
    Utf8,
}
