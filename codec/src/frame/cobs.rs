//! Consistent Overhead Byte Stuffing, canonical: one encoding for each byte string (CW-LINK-002).
//!
//! A block is a length byte, one more than the bytes behind it, and those bytes. It stands for them and a zero, unless it
//! is a full one, of 254 bytes, or the last one.

use super::DELIMITER;
use memchr::memchr;

/// The length byte of a full block.
const FULL: u8 = 0xFF;

/// The most bytes in a block, its length byte not among them.
const BLOCK: usize = 254;

/// Encodes part by part, so that a frame needs no second buffer.
pub(super) struct Encoder<'b> {
    out: &'b mut [u8],
    /// Where the length byte of the open block stands.
    block: usize,
    /// Bytes in the open block.
    length: usize,
}

impl<'b> Encoder<'b> {
    /// An encoder at the start of `out`; `None` where that has no room for anything.
    #[inline]
    pub(super) const fn new(out: &'b mut [u8]) -> Option<Self> {
        if out.is_empty() {
            return None;
        }
        Some(Self {
            out,
            block: 0,
            length: 0,
        })
    }

    /// Adds bytes; `None` where there is no room for them.
    #[inline]
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Option<()> {
        while !bytes.is_empty() {
            // A full block is closed only when more follows: the canonical form has no empty block at its end.
            if self.length == BLOCK {
                self.close()?;
            }
            let room = BLOCK.saturating_sub(self.length).min(bytes.len());
            let (window, behind) = bytes.split_at_checked(room)?;
            match memchr(DELIMITER, window) {
                Some(zero) => {
                    self.copy(window.get(..zero)?)?;
                    self.close()?;
                    bytes = bytes.get(zero.saturating_add(1)..)?;
                }
                None => {
                    self.copy(window)?;
                    bytes = behind;
                }
            }
        }
        Some(())
    }

    /// Ends the line, and returns its length.
    #[inline]
    pub(super) fn finish(mut self) -> Option<usize> {
        self.close()?;
        // `close` opened a block that is not needed: the delimiter takes its place.
        *self.out.get_mut(self.block)? = DELIMITER;
        Some(self.block.saturating_add(1))
    }

    #[inline(always)]
    fn copy(&mut self, bytes: &[u8]) -> Option<()> {
        let start = self.block.saturating_add(self.length).saturating_add(1);
        let room = self.out.get_mut(start..)?.get_mut(..bytes.len())?;
        room.copy_from_slice(bytes);
        self.length = self.length.saturating_add(bytes.len());
        Some(())
    }

    #[inline(always)]
    fn close(&mut self) -> Option<()> {
        // A block holds 254 bytes at most, so that its length byte is one.
        *self.out.get_mut(self.block)? = (self.length as u8).wrapping_add(1);
        self.block = self.block.saturating_add(self.length).saturating_add(1);
        self.length = 0;
        Some(())
    }
}

/// Decodes as the bytes come, each of them copied once.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    /// Bytes that have been decoded.
    length: usize,
    /// Bytes of the open block that have not come yet.
    missing: u8,
    /// What the last length byte said; 0 before the first.
    block: u8,
    /// Whether the last block is an empty one behind a full one: as the last one it would be needless.
    needless: bool,
}

impl Decoder {
    /// A decoder before the first byte.
    pub(super) const fn new() -> Self {
        Self {
            length: 0,
            missing: 0,
            block: 0,
            needless: false,
        }
    }

    /// Takes bytes without a delimiter and decodes them to the end of what is in `out`; `None` where that has no room.
    #[inline]
    pub(super) fn push(&mut self, mut bytes: &[u8], out: &mut [u8]) -> Option<()> {
        while let Some((&first, rest)) = bytes.split_first() {
            if self.missing > 0 {
                let here = usize::from(self.missing).min(bytes.len());
                let (part, behind) = bytes.split_at_checked(here)?;
                let end = self.length.checked_add(here)?;
                out.get_mut(self.length..end)?.copy_from_slice(part);
                self.length = end;
                // It is no more than what was missing.
                self.missing = self.missing.wrapping_sub(here as u8);
                bytes = behind;
                continue;
            }
            if self.block != 0 && self.block != FULL {
                *out.get_mut(self.length)? = DELIMITER;
                self.length = self.length.checked_add(1)?;
            }
            self.needless = self.block == FULL && first == 1;
            self.block = first;
            self.missing = first.checked_sub(1)?;
            bytes = rest;
        }
        Some(())
    }

    /// The length of what was decoded, if it is whole; the decoder then begins anew.
    #[inline]
    pub(super) fn finish(&mut self) -> Option<usize> {
        let Self {
            length,
            missing,
            needless,
            ..
        } = core::mem::replace(self, Self::new());
        (missing == 0 && !needless).then_some(length)
    }
}
