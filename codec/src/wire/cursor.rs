//! Leaf parsers.

use crate::{DecodeError, Name, message::CodecRule, shape::Title};
use nom::Input;

/// Reads primitives from the front of a message, one after another. It never reads past its input, and knows its
/// offset; a read that does not succeed leaves it anywhere.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    /// Bytes up to the end of `rest`, from where offsets count.
    end: usize,
    /// Whether all of it has been read before, and found right.
    again: bool,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `bytes`.
    #[inline]
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            end: bytes.len(),
            again: false,
        }
    }

    /// A cursor over parts that have been read before, and found right: what costs time is not looked at again.
    #[inline]
    pub(crate) const fn again(bytes: &'a [u8]) -> Self {
        Self {
            again: true,
            ..Self::new(bytes)
        }
    }

    /// How many bytes have been read.
    #[inline]
    #[must_use]
    pub const fn offset(&self) -> usize {
        // `rest` is the end of what began with `end` bytes.
        self.end.wrapping_sub(self.rest.len())
    }

    /// The bytes that have not been read.
    #[inline]
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The bytes from here up to where another cursor over the same message is.
    pub(crate) fn up_to(&self, there: &Self) -> &'a [u8] {
        let length = there.offset().wrapping_sub(self.offset());
        self.rest.get(..length).unwrap_or_default()
    }

    /// An error at the present place.
    #[must_use]
    pub const fn error(&self, rule: CodecRule, field: Title) -> DecodeError {
        DecodeError {
            rule,
            field,
            offset: self.offset(),
        }
    }

    /// So many bytes.
    //= spec/book/src/codec.md#cw-codec-002
    //# A decoder MUST refuse a message that ends inside a field with rule `truncated`, at the offset where that field begins.
    #[inline(always)]
    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        if self.rest.input_len() < length {
            return None;
        }
        // What `nom`'s parser `take` is made of: it would also compute how much is missing, which nobody asks.
        let (rest, bytes) = self.rest.take_split(length);
        self.rest = rest;
        Some(bytes)
    }

    /// A cursor over exactly the next so many bytes, which this one passes over; offsets count on. Fields of fixed size
    /// that follow each other are read from one: what is left is compared once for all of them.
    #[inline(always)]
    pub fn within(&mut self, length: usize) -> Option<Self> {
        let end = self.offset().wrapping_add(length);
        let rest = self.take(length)?;
        Some(Self {
            rest,
            end,
            again: self.again,
        })
    }

    /// Exactly `N` bytes.
    #[inline(always)]
    pub fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// One byte.
    #[inline(always)]
    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| *byte)
    }

    /// A number of two bytes, big-endian.
    #[inline(always)]
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(|bytes| u16::from_be_bytes(*bytes))
    }

    /// A number of four bytes, big-endian.
    #[inline(always)]
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// A number of eight bytes, big-endian.
    #[inline(always)]
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(|bytes| u64::from_be_bytes(*bytes))
    }

    /// A boolean: 00 or 01.
    //= spec/book/src/codec.md#cw-codec-004
    //# A decoder MUST refuse a value that a closed registry does not hold with rule `value`, and a boolean other than 00 and 01 with rule `boolean`.
    #[inline(always)]
    pub fn bool(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// A length or count within bounds: one byte where `max` is below 256, else two.
    //= spec/book/src/codec.md#cw-codec-003
    //# A decoder MUST refuse a number, length or count outside the bounds that the schema states with rule `range`, `length` or `count`.
    #[inline(always)]
    pub fn prefix(&mut self, min: usize, max: usize) -> Option<usize> {
        let value = if max < 256 {
            usize::from(self.u8()?)
        } else {
            usize::from(self.u16()?)
        };
        (min..=max).contains(&value).then_some(value)
    }

    /// The text of so many bytes.
    #[inline(always)]
    pub fn text(&mut self, length: usize) -> Option<&'a str> {
        core::str::from_utf8(self.take(length)?).ok()
    }

    /// The name of so many bytes.
    #[inline(always)]
    pub fn name(&mut self, length: usize) -> Option<Name<'a>> {
        let bytes = self.take(length)?;
        if self.again {
            Some(Name::read_again(bytes))
        } else {
            Name::read(bytes)
        }
    }
}
