//! Leaf parsers and writers.
//!
//! [`Cursor`] reads and [`Writer`] writes the primitives of the schema. A cursor never reads past its input and knows
//! its offset, so that every error can name its place; the parsers beneath it are `nom`'s, called one after another.

use crate::{DecodeError, EncodeError, Extensions, message::CodecRule};
use nom::{
    IResult,
    bytes::complete::take,
    error::Error,
    number::complete::{be_u8, be_u16, be_u32, be_u64},
};

/// A message or document: a code, fields in fixed order, extensions (CW-CODEC-001).
pub trait Message<'a>: Sized {
    /// The first byte of the encoding.
    const CODE: u8;
    /// The schema's name.
    const NAME: &'static str;
    /// The largest encoding without extensions, in bytes.
    const MAX_SIZE: usize;
    /// The largest encoding that its place allows, in bytes (CW-CODEC-008).
    const PLACE_SIZE: usize;

    /// Reads the fields, without code and extensions.
    ///
    /// # Errors
    /// The first rule that a field breaks.
    fn read_fields(cursor: &mut Cursor<'a>) -> Result<Self, DecodeError>;

    /// Writes the fields, without code and extensions.
    ///
    /// # Errors
    /// A field that has no encoding, or a buffer that is too small.
    fn write_fields(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError>;

    /// The extensions of this value.
    fn extensions(&self) -> Extensions<'a>;

    /// Takes the extensions that stood behind the fields.
    fn set_extensions(&mut self, extensions: Extensions<'a>);

    /// Decodes exactly one message from all of `bytes`.
    ///
    /// # Errors
    /// The first rule that the bytes break, with field and offset.
    //= spec/book/src/codec.md#cw-codec-001
    //# A message MUST be its code, its fields in the order of the schema without gaps, and its extensions, and nothing after them.
    #[inline]
    fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(bytes);
        if bytes.len() > Self::PLACE_SIZE {
            return Err(cursor.error(CodecRule::MessageSize, "message"));
        }
        if cursor.peek_u8() != Some(Self::CODE) {
            return Err(cursor.error(CodecRule::MessageType, "code"));
        }
        cursor.u8("code")?;
        let mut message = Self::read_fields(&mut cursor)?;
        message.set_extensions(Extensions::read(&mut cursor)?);
        Ok(message)
    }

    /// Encodes this value at the start of `out` and returns the length in bytes.
    ///
    /// # Errors
    /// A value that no decoder would take, or a buffer that is too small; `out` then holds nothing of use.
    #[inline]
    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut writer = Writer::new(out);
        writer.u8(Self::CODE)?;
        self.write_fields(&mut writer)?;
        writer.raw(self.extensions().as_bytes())?;
        if writer.written() > Self::PLACE_SIZE {
            return Err(EncodeError::Invalid {
                rule: CodecRule::MessageSize,
                field: "message",
            });
        }
        Ok(writer.written())
    }
}

/// A part of a message that can stand in a list: a number, a registry value, a structure.
pub trait Part<'a>: Copy + PartialEq {
    /// Reads one part; `field` names it in errors.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    fn read(cursor: &mut Cursor<'a>, field: &'static str) -> Result<Self, DecodeError>;

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
    Name,
    /// Any UTF-8.
    Utf8,
}

impl Charset {
    fn takes(self, text: &str) -> bool {
        match self {
            Self::Name => text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
            Self::Utf8 => true,
        }
    }
}

/// Reads primitives from the front of a message.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    total: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            total: bytes.len(),
        }
    }

    /// How many bytes have been read.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.total - self.rest.len()
    }

    /// The bytes that have not been read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// An error at the present place.
    #[must_use]
    pub fn error(&self, rule: CodecRule, field: &'static str) -> DecodeError {
        DecodeError {
            rule,
            field,
            offset: self.offset(),
        }
    }

    /// The next byte, left where it is.
    #[must_use]
    pub fn peek_u8(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    #[inline(always)]
    fn leaf<T>(
        &mut self,
        field: &'static str,
        mut parser: impl FnMut(&'a [u8]) -> IResult<&'a [u8], T, Error<&'a [u8]>>,
    ) -> Result<T, DecodeError> {
        match parser(self.rest) {
            Ok((rest, value)) => {
                self.rest = rest;
                Ok(value)
            }
            //= spec/book/src/codec.md#cw-codec-002
            //# A decoder MUST refuse a message that ends inside a field with rule `truncated`, at the offset where that field begins.
            Err(_) => Err(self.error(CodecRule::Truncated, field)),
        }
    }

    /// One byte.
    ///
    /// # Errors
    /// `truncated`.
    #[inline]
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.leaf(field, be_u8)
    }

    /// A number of two bytes, big-endian.
    ///
    /// # Errors
    /// `truncated`.
    #[inline]
    pub fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.leaf(field, be_u16)
    }

    /// A number of four bytes, big-endian.
    ///
    /// # Errors
    /// `truncated`.
    #[inline]
    pub fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.leaf(field, be_u32)
    }

    /// A number of eight bytes, big-endian.
    ///
    /// # Errors
    /// `truncated`.
    #[inline]
    pub fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.leaf(field, be_u64)
    }

    /// Reads with `read`, then holds the value to `takes`; the error stands where the value began.
    ///
    /// # Errors
    /// What `read` refuses, or `rule`.
    #[inline]
    pub fn checked<T>(
        &mut self,
        rule: CodecRule,
        field: &'static str,
        read: impl Fn(&mut Self, &'static str) -> Result<T, DecodeError>,
        takes: impl Fn(&T) -> bool,
    ) -> Result<T, DecodeError> {
        let start = self.clone();
        let value = read(self, field)?;
        if takes(&value) {
            Ok(value)
        } else {
            Err(start.error(rule, field))
        }
    }

    /// A boolean: 00 or 01.
    ///
    /// # Errors
    /// `truncated`, `boolean`.
    #[inline]
    pub fn bool(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        self.checked(CodecRule::Boolean, field, Self::u8, |value| *value <= 1)
            .map(|value| value == 1)
    }

    /// Exactly `N` bytes.
    ///
    /// # Errors
    /// `truncated`.
    #[inline]
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<&'a [u8; N], DecodeError> {
        let start = self.clone();
        let bytes = self.leaf(field, take(N))?;
        bytes
            .try_into()
            .map_err(|_| start.error(CodecRule::Truncated, field))
    }

    /// A length or count: one byte where `max` is below 256, else two; held to its bounds.
    ///
    /// # Errors
    /// `truncated`, or `rule` where it lies outside `min..=max`.
    #[inline]
    pub fn prefix(
        &mut self,
        rule: CodecRule,
        field: &'static str,
        min: usize,
        max: usize,
    ) -> Result<usize, DecodeError> {
        let read = |cursor: &mut Self, field| {
            if max < 256 {
                cursor.u8(field).map(usize::from)
            } else {
                cursor.u16(field).map(usize::from)
            }
        };
        self.checked(rule, field, read, |value| (min..=max).contains(value))
    }

    /// `min` to `max` bytes behind a length.
    ///
    /// # Errors
    /// `truncated`, `length`.
    #[inline]
    pub fn bytes(&mut self, field: &'static str, min: usize, max: usize) -> Result<&'a [u8], DecodeError> {
        let start = self.clone();
        let length = self.prefix(CodecRule::Length, field, min, max)?;
        self.leaf(field, take(length))
            .map_err(|_| start.error(CodecRule::Truncated, field))
    }

    /// Text of `min` to `max` bytes behind a length.
    ///
    /// # Errors
    /// `truncated`, `length`, `text`.
    #[inline]
    pub fn text(
        &mut self,
        field: &'static str,
        min: usize,
        max: usize,
        charset: Charset,
    ) -> Result<&'a str, DecodeError> {
        let start = self.clone();
        let bytes = self.bytes(field, min, max)?;
        core::str::from_utf8(bytes)
            .ok()
            .filter(|text| charset.takes(text))
            .ok_or_else(|| start.error(CodecRule::Text, field))
    }

    /// Advances over `length` bytes.
    ///
    /// # Errors
    /// `truncated`.
    pub(crate) fn skip(&mut self, field: &'static str, length: usize) -> Result<&'a [u8], DecodeError> {
        self.leaf(field, take(length))
    }
}

/// Writes primitives to the front of a buffer.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut [u8],
    written: usize,
}

impl<'b> Writer<'b> {
    /// A writer at the start of `out`.
    #[must_use]
    pub fn new(out: &'b mut [u8]) -> Self {
        Self { out, written: 0 }
    }

    /// How many bytes have been written.
    #[must_use]
    pub fn written(&self) -> usize {
        self.written
    }

    /// The bytes written from `start` on.
    #[must_use]
    pub fn since(&self, start: usize) -> &[u8] {
        self.out.get(start..self.written).unwrap_or_default()
    }

    /// Bytes as they are.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let end = self.written + bytes.len();
        self.out
            .get_mut(self.written..end)
            .ok_or(EncodeError::BufferTooSmall)?
            .copy_from_slice(bytes);
        self.written = end;
        Ok(())
    }

    /// One byte.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline]
    pub fn u8(&mut self, value: u8) -> Result<(), EncodeError> {
        self.raw(&[value])
    }

    /// A number of two bytes, big-endian.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline]
    pub fn u16(&mut self, value: u16) -> Result<(), EncodeError> {
        self.raw(&value.to_be_bytes())
    }

    /// A number of four bytes, big-endian.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline]
    pub fn u32(&mut self, value: u32) -> Result<(), EncodeError> {
        self.raw(&value.to_be_bytes())
    }

    /// A number of eight bytes, big-endian.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline]
    pub fn u64(&mut self, value: u64) -> Result<(), EncodeError> {
        self.raw(&value.to_be_bytes())
    }

    /// A boolean: 00 or 01.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline]
    pub fn bool(&mut self, value: bool) -> Result<(), EncodeError> {
        self.u8(u8::from(value))
    }

    /// A length or count: one byte where `max` is below 256, else two.
    ///
    /// # Errors
    /// A value outside `min..=max`, or a buffer that is too small.
    #[inline]
    pub fn prefix(
        &mut self,
        rule: CodecRule,
        field: &'static str,
        value: usize,
        min: usize,
        max: usize,
    ) -> Result<(), EncodeError> {
        let value = u16::try_from(value)
            .ok()
            .filter(|value| (min..=max).contains(&usize::from(*value)))
            .ok_or(EncodeError::Invalid { rule, field })?;
        match u8::try_from(value) {
            Ok(short) if max < 256 => self.u8(short),
            _ => self.u16(value),
        }
    }

    /// `min` to `max` bytes behind a length.
    ///
    /// # Errors
    /// A length outside its bounds, or a buffer that is too small.
    #[inline]
    pub fn bytes(
        &mut self,
        field: &'static str,
        value: &[u8],
        min: usize,
        max: usize,
    ) -> Result<(), EncodeError> {
        self.prefix(CodecRule::Length, field, value.len(), min, max)?;
        self.raw(value)
    }

    /// Text of `min` to `max` bytes behind a length.
    ///
    /// # Errors
    /// A length or character outside its bounds, or a buffer that is too small.
    #[inline]
    pub fn text(
        &mut self,
        field: &'static str,
        value: &str,
        min: usize,
        max: usize,
        charset: Charset,
    ) -> Result<(), EncodeError> {
        check(charset.takes(value), CodecRule::Text, field)?;
        self.bytes(field, value.as_bytes(), min, max)
    }
}

/// Refuses a value that has no encoding.
///
/// # Errors
/// `rule` at `field` where `holds` is false.
#[inline]
pub fn check(holds: bool, rule: CodecRule, field: &'static str) -> Result<(), EncodeError> {
    if holds {
        Ok(())
    } else {
        Err(EncodeError::Invalid { rule, field })
    }
}

macro_rules! number_part {
    ($number:ident) => {
        impl Part<'_> for $number {
            #[inline]
            fn read(cursor: &mut Cursor<'_>, field: &'static str) -> Result<Self, DecodeError> {
                cursor.$number(field)
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
