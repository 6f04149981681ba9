//! Shapes: messages, documents and instructions as tables, generated from the schema.
//!
//! Decoders and encoders are code; a shape is what is left to be looked up when something is out of the ordinary: why
//! bytes were refused (`check`), what an extension holds, and how a message reads in another encoding. All
//! shapes stand in [`crate::message::shapes`].

use crate::{
    message::CodecRule,
    wire::{Charset, Cursor},
};
use core::fmt;

/// A message or document, or an instruction of execution logic.
#[derive(Debug)]
pub struct Shape {
    /// The schema's name.
    pub name: Title,
    /// The first byte of the encoding.
    pub code: u8,
    /// The largest encoding that its place allows, in bytes (CW-CODEC-008).
    pub place_size: u16,
    /// The fields in order. By reference: many messages have a field like that of another one, which then stands there once.
    pub fields: &'static [&'static Field],
    /// The extensions that the schema defines, in ascending order of their number.
    pub extensions: &'static [Extension],
}

/// What the schema calls something. Only people read it: without the feature `names` there are none, and they take no
/// room.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Title {
    #[cfg(feature = "names")]
    text: &'static str,
}

impl Title {
    /// The schema's name.
    #[inline]
    #[must_use]
    #[cfg_attr(not(feature = "names"), expect(unused_variables, reason = "nobody keeps it"))]
    pub const fn new(text: &'static str) -> Self {
        Self {
            #[cfg(feature = "names")]
            text,
        }
    }

    /// The schema's name; nothing without the feature `names`.
    #[inline]
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        #[cfg(feature = "names")]
        return self.text;
        #[cfg(not(feature = "names"))]
        ""
    }
}

impl fmt::Debug for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An extension that the schema defines.
#[derive(Debug)]
pub struct Extension {
    /// Its tag, critical bit included.
    pub tag: u16,
    /// Its value.
    pub field: Field,
}

/// A field: one item, or a list of them.
#[derive(Debug)]
pub struct Field {
    /// The schema's name.
    pub name: Title,
    /// What one item of it is.
    pub form: Form,
    /// Of a list.
    pub count: Option<&'static Bounds>,
}

/// Bounds of a list.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Fewest items.
    pub min: u16,
    /// Most items.
    pub max: u16,
    /// Whether the encoded items ascend strictly.
    pub ascending: bool,
}

/// What a field holds, once or in a list.
///
/// Whatever takes more than a word stands elsewhere, here and in [`Leaf`]: a shape is mostly fields, and they take twelve
/// bytes so on a chip of 32 bits.
#[derive(Debug)]
pub enum Form {
    /// A value.
    Leaf(Leaf),
    /// A structure: its fields, named with the structure before them, as in `offer.service`.
    Structure(&'static &'static [(Title, Leaf)]),
}

/// A value that has no parts.
#[derive(Clone, Copy, Debug)]
pub enum Leaf {
    /// Any number of so many bytes, 1, 2, 4 or 8; also a value of an open registry.
    Number(u8),
    /// A number within bounds.
    Ranged {
        /// 1, 2 or 4 bytes.
        size: u8,
        /// Smallest and largest value.
        bounds: &'static [u32; 2],
    },
    /// 00 or 01.
    Bool,
    /// A value of a closed registry.
    Closed {
        /// 1 or 2 bytes.
        size: u8,
        /// The registered values.
        values: &'static &'static [u16],
    },
    /// Exactly so many bytes.
    Exact(u16),
    /// Bytes behind their length.
    Bytes {
        /// Fewest bytes.
        min: u16,
        /// Most bytes.
        max: u16,
    },
    /// Text behind its length.
    Text {
        /// Fewest bytes.
        min: u16,
        /// Most bytes.
        max: u16,
        /// Its characters.
        charset: Charset,
    },
}

/// Bytes of a length or count whose upper bound is this: the bound decides, not the value.
#[must_use]
pub const fn prefix_size(max: u16) -> u8 {
    if max < 256 { 1 } else { 2 }
}

impl Leaf {
    /// Reads over one value and names the rule that it breaks.
    ///
    /// # Errors
    /// `truncated`, `range`, `boolean`, `value`, `length`, `text`; all of them stand where the value begins.
    pub(crate) fn check(&self, cursor: &mut Cursor<'_>) -> Result<(), CodecRule> {
        match *self {
            Self::Number(size) => take(cursor, u16::from(size)).map(drop),
            Self::Ranged {
                size,
                bounds: &[min, max],
            } => {
                let value = number(cursor, size)?;
                demand((min..=max).contains(&value), CodecRule::Range)
            }
            Self::Bool => demand(number(cursor, 1)? <= 1, CodecRule::Boolean),
            Self::Closed { size, values } => {
                let value = number(cursor, size)?;
                let is_known = values.iter().any(|known| u32::from(*known) == value);
                demand(is_known, CodecRule::Value)
            }
            Self::Exact(size) => take(cursor, size).map(drop),
            Self::Bytes { min, max } => bytes(cursor, min, max).map(drop),
            Self::Text { min, max, charset } => {
                let text = bytes(cursor, min, max)?;
                demand(charset.takes(text), CodecRule::Text)
            }
        }
    }
}

impl Bounds {
    /// Reads the count of a list.
    ///
    /// # Errors
    /// `truncated`, `count`.
    pub(crate) fn read(&self, cursor: &mut Cursor<'_>) -> Result<u16, CodecRule> {
        bounded(cursor, self.min, self.max, CodecRule::Count)
    }
}

fn bytes<'a>(cursor: &mut Cursor<'a>, min: u16, max: u16) -> Result<&'a [u8], CodecRule> {
    let length = bounded(cursor, min, max, CodecRule::Length)?;
    take(cursor, length)
}

fn bounded(cursor: &mut Cursor<'_>, min: u16, max: u16, rule: CodecRule) -> Result<u16, CodecRule> {
    let value = match prefix_size(max) {
        1 => cursor.u8().map(u16::from),
        _ => cursor.u16(),
    };
    let value = value.ok_or(CodecRule::Truncated)?;
    demand((min..=max).contains(&value), rule)?;
    Ok(value)
}

fn take<'a>(cursor: &mut Cursor<'a>, size: u16) -> Result<&'a [u8], CodecRule> {
    cursor.take(usize::from(size)).ok_or(CodecRule::Truncated)
}

/// A number of four bytes at most.
fn number(cursor: &mut Cursor<'_>, size: u8) -> Result<u32, CodecRule> {
    let bytes = take(cursor, u16::from(size))?;
    Ok(bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

fn demand(holds: bool, rule: CodecRule) -> Result<(), CodecRule> {
    if holds { Ok(()) } else { Err(rule) }
}
