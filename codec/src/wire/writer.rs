//! Leaf writers.

use crate::{EncodeError, message::CodecRule, shape::Title};

/// Writes primitives to the front of a buffer, one after another. A write that does not succeed leaves no room.
#[derive(Debug)]
pub struct Writer<'b> {
    room: &'b mut [u8],
    size: usize,
}

impl<'b> Writer<'b> {
    /// A writer at the start of `out`.
    #[inline]
    #[must_use]
    pub fn new(out: &'b mut [u8]) -> Self {
        Self {
            size: out.len(),
            room: out,
        }
    }

    /// How many bytes have been written.
    #[inline]
    #[must_use]
    pub fn written(&self) -> usize {
        // `room` is the end of what began with `size` bytes.
        self.size.wrapping_sub(self.room.len())
    }

    /// The next so many bytes of the buffer.
    #[inline(always)]
    fn take(&mut self, length: usize) -> Result<&'b mut [u8], EncodeError> {
        let (taken, room) = core::mem::take(&mut self.room)
            .split_at_mut_checked(length)
            .ok_or(EncodeError::BufferTooSmall)?;
        self.room = room;
        Ok(taken)
    }

    /// A writer for exactly the next so many bytes, which this one passes over. Fields of fixed size that follow each
    /// other are written through one: the room is looked at once for all of them.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline(always)]
    pub fn within(&mut self, length: usize) -> Result<Self, EncodeError> {
        self.take(length).map(Self::new)
    }

    /// Bytes as they are.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline(always)]
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.take(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// One byte.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline(always)]
    pub fn u8(&mut self, value: u8) -> Result<(), EncodeError> {
        self.raw(&[value])
    }

    /// A number of two bytes, big-endian.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline(always)]
    pub fn u16(&mut self, value: u16) -> Result<(), EncodeError> {
        self.raw(&value.to_be_bytes())
    }

    /// A number of four bytes, big-endian.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline(always)]
    pub fn u32(&mut self, value: u32) -> Result<(), EncodeError> {
        self.raw(&value.to_be_bytes())
    }

    /// A number of eight bytes, big-endian.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline(always)]
    pub fn u64(&mut self, value: u64) -> Result<(), EncodeError> {
        self.raw(&value.to_be_bytes())
    }

    /// A boolean: 00 or 01.
    ///
    /// # Errors
    /// A buffer that is too small.
    #[inline(always)]
    pub fn bool(&mut self, value: bool) -> Result<(), EncodeError> {
        self.u8(u8::from(value))
    }

    /// A length or count: one byte where `max` is below 256, else two.
    ///
    /// # Errors
    /// A value outside `min..=max`, or a buffer that is too small.
    #[inline(always)]
    pub fn prefix(
        &mut self,
        rule: CodecRule,
        field: &'static str,
        value: usize,
        min: usize,
        max: usize,
    ) -> Result<(), EncodeError> {
        check((min..=max).contains(&value), rule, field)?;
        // No bound is above what its prefix can say, so that nothing is cut off here.
        if max < 256 {
            self.u8(value as u8)
        } else {
            self.u16(value as u16)
        }
    }
}

/// Refuses a value that has no encoding.
///
/// # Errors
/// `rule` at `field` where `holds` is false.
#[inline(always)]
pub fn check(holds: bool, rule: CodecRule, field: &'static str) -> Result<(), EncodeError> {
    if holds {
        Ok(())
    } else {
        Err(EncodeError::Invalid {
            rule,
            field: Title::new(field),
        })
    }
}
