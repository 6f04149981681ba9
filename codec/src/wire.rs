//! What messages are made of: the traits that the generated types keep, and the leaf parsers and writers beneath them.
//!
//! A decoder answers yes or no, as fast as it can; what was wrong is found out afterwards (`check`). An encoder
//! names what it refuses by itself: a value that is wrong is a fault of this end, and there is nothing to look up.

mod cursor;
mod writer;

pub use cursor::Cursor;
pub use writer::{Writer, check};

use crate::{DecodeError, EncodeError, Extensions, Name, check as walk, message::CodecRule, shape::Shape};

/// A message or document: a code, fields in fixed order, extensions (CW-CODEC-001).
pub trait Message<'a>: Sized {
    /// What it looks like, as a table.
    const SHAPE: &'static Shape;
    /// The first byte of the encoding.
    const CODE: u8 = Self::SHAPE.code;
    /// The schema's name.
    const NAME: &'static str;
    /// The largest encoding that its place allows, in bytes (CW-CODEC-008).
    const PLACE_SIZE: usize = Self::SHAPE.place_size as usize;
    /// The largest encoding without extensions, in bytes.
    const MAX_SIZE: usize;

    /// Reads one message, from its code to the end of its extensions; `None` where a rule is broken.
    fn read(cursor: &mut Cursor<'a>) -> Option<Self>;

    /// Writes code and fields, without extensions.
    ///
    /// # Errors
    /// A field that has no encoding, or a buffer that is too small.
    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError>;

    /// The extensions of this value.
    fn extensions(&self) -> Extensions<'a>;

    /// Decodes exactly one message from all of `bytes`.
    ///
    /// # Errors
    /// The first rule that the bytes break, with field and offset.
    //= spec/book/src/codec.md#cw-codec-001
    //# A message MUST be its code, its fields in the order of the schema without gaps, and its extensions, and nothing after them.
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        //= spec/book/src/codec.md#cw-codec-008
        //# A message MUST be no larger than its place allows: `frame_min` less `frame_overhead` in clear, `message_max` sealed, `relayed_max` relayed.
        let message = if bytes.len() > Self::PLACE_SIZE {
            None
        } else {
            Self::read(&mut Cursor::new(bytes))
        };
        message.ok_or_else(|| walk::fault(Self::SHAPE, bytes))
    }

    /// Encodes this value at the start of `out` and returns the length in bytes.
    ///
    /// # Errors
    /// A value that no decoder would take, or a buffer that is too small; `out` then holds nothing of use.
    #[inline]
    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut writer = Writer::new(out);
        self.write(&mut writer)?;
        finish(writer, self.extensions(), Self::SHAPE)
    }
}

/// What stands behind the fields of a message, whatever it is: its extensions, and the question whether it fits.
#[inline]
pub(crate) fn finish(
    mut writer: Writer<'_>,
    extensions: Extensions<'_>,
    shape: &Shape,
) -> Result<usize, EncodeError> {
    if !extensions.is_empty() {
        extensions.write(shape, &mut writer)?;
    }
    check(
        writer.written() <= usize::from(shape.place_size),
        CodecRule::MessageSize,
        "message",
    )?;
    Ok(writer.written())
}

/// A part of a message that can stand in a list: a number, a registry value, a structure.
///
/// Parts compare as their encodings do where all of their fields are numbers; only those stand in lists that ascend.
pub trait Part<'a>: Copy + PartialEq + PartialOrd {
    /// Reads one part; `None` where a rule is broken.
    fn read(cursor: &mut Cursor<'a>) -> Option<Self>;

    /// Writes one part; `field` names it in errors.
    ///
    /// # Errors
    /// A value that has no encoding, or a buffer that is too small.
    fn write(&self, writer: &mut Writer<'_>, field: &'static str) -> Result<(), EncodeError>;
}

/// Character sets of text (CW-CODEC-005).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Letters, digits, full stop, hyphen and underscore of ASCII.
    Names,
    /// Any UTF-8.
    Utf8,
}

impl Charset {
    /// Whether the bytes are text of this set.
    #[must_use]
    pub fn takes(self, text: &[u8]) -> bool {
        match self {
            Self::Names => Name::takes(text),
            Self::Utf8 => core::str::from_utf8(text).is_ok(),
        }
    }
}

macro_rules! number_part {
    ($number:ident) => {
        impl Part<'_> for $number {
            #[inline]
            fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
                cursor.$number()
            }
            #[inline]
            fn write(&self, writer: &mut Writer<'_>, _field: &'static str) -> Result<(), EncodeError> {
                writer.$number(*self)
            }
        }
    };
}

number_part!(u8);
number_part!(u16);
number_part!(u32);
number_part!(u64);
