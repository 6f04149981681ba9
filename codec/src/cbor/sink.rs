//! A buffer that is written to, and that counts on where it is full.

use super::{CborError, head::Major};

/// Writes to the front of a buffer. What does not fit is counted and left out, so that a fault behind it is found all the
/// same, and whoever gave too small a buffer is told how large it has to be.
pub(super) struct Sink<'o> {
    out: &'o mut [u8],
    written: usize,
}

impl<'o> Sink<'o> {
    pub(super) const fn new(out: &'o mut [u8]) -> Self {
        Self { out, written: 0 }
    }

    /// How many bytes were written, or would have been.
    pub(super) const fn written(&self) -> usize {
        self.written
    }

    /// The length of all that was written.
    pub(super) const fn finish(self) -> Result<usize, CborError> {
        let needed = self.written;
        if needed <= self.out.len() {
            Ok(needed)
        } else {
            Err(CborError::BufferTooSmall { needed })
        }
    }

    /// Bytes as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.put(self.written, bytes);
        self.written = self.written.saturating_add(bytes.len());
    }

    /// A number of so many bytes, big-endian.
    pub(super) fn number(&mut self, value: u64, size: u8) {
        let bytes = value.to_be_bytes();
        match bytes.split_at_checked(bytes.len().saturating_sub(usize::from(size))) {
            Some((_, bytes)) => self.raw(bytes),
            None => self.raw(&bytes),
        }
    }

    /// The shortest head of a type and number.
    pub(super) fn head(&mut self, major: Major, number: u64) {
        let (low, following) = match number {
            0..=23 => (number as u8, 0),
            24..=0xFF => (24, 1),
            0x100..=0xFFFF => (25, 2),
            0x1_0000..=0xFFFF_FFFF => (26, 4),
            0x1_0000_0000.. => (27, 8),
        };
        self.raw(&[major.number() << 5 | low]);
        self.number(number, following);
    }

    /// A string of bytes or text, behind its head.
    pub(super) fn string(&mut self, major: Major, bytes: &[u8]) {
        self.head(major, bytes.len() as u64);
        self.raw(bytes);
    }

    /// Writes a number of two bytes once more, where it stood `at`.
    pub(super) fn correct(&mut self, at: usize, value: u16) {
        self.put(at, &value.to_be_bytes());
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        let room = self
            .out
            .get_mut(at..)
            .and_then(|rest| rest.get_mut(..bytes.len()));
        if let Some(room) = room {
            room.copy_from_slice(bytes);
        }
    }
}
