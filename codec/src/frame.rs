//! Link frames: how messages travel on a byte stream.
//!
//! A frame is `kind (u8) · number (u64) · payload · CRC-32C (u32)`, encoded with COBS and ended by one 00
//! (CW-LINK-001 to 003). Sizes of frames are counted decoded, from kind to checksum. Garbage on the line costs the
//! frame that it hits and never the next one.

mod checksum;
mod cobs;
mod deframer;
#[cfg(test)]
mod tests;

pub use deframer::Deframer;

use crate::message::FrameKind;
use checksum::checksum;
use core::fmt;

const HEAD: usize = 9;
const CHECKSUM: usize = 4;

/// Bytes of a frame that are not its payload: kind, number, checksum.
pub const OVERHEAD: usize = HEAD + CHECKSUM;

/// Ends every frame on the line; stands nowhere inside one.
pub const DELIMITER: u8 = 0x00;

/// The most bytes that a frame of `size` decoded bytes takes on the line, with its delimiter.
#[must_use]
pub const fn line_size(size: usize) -> usize {
    size.saturating_add(size.div_ceil(254)).saturating_add(1)
}

/// One frame: what kind it is, its number, what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Whether the payload is a message in clear or sealed.
    pub kind: FrameKind,
    /// Of a clear frame: chosen by who asks, repeated in the answer. Of a sealed one: the nonce.
    pub number: u64,
    /// The message, or its sealed bytes.
    pub payload: &'a [u8],
}

/// Why bytes between two delimiters are not a frame. Such bytes are dropped without an answer (CW-LINK-005).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The bytes are not COBS: a length byte points behind the delimiter.
    Cobs,
    /// Fewer bytes than kind, number and checksum take.
    TooShort,
    /// More bytes than this end takes.
    TooLong,
    /// The checksum is not that of the bytes.
    Checksum,
    /// The kind is none of this version.
    Kind,
}

impl FrameError {
    /// What vectors and requests to a codec call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cobs => "cobs",
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::Checksum => "checksum",
            Self::Kind => "kind",
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cobs => "the bytes between two delimiters are not COBS",
            Self::TooShort => "the frame is shorter than kind, number and checksum",
            Self::TooLong => "the frame is longer than this end takes",
            Self::Checksum => "the frame's checksum is wrong",
            Self::Kind => "the frame's kind is unknown",
        })
    }
}

impl core::error::Error for FrameError {}

impl<'a> Frame<'a> {
    /// Reads a frame from its decoded bytes, kind to checksum.
    ///
    /// # Errors
    /// All of [`FrameError`] but `Cobs` and `TooLong`.
    //= spec/book/src/link.md#cw-link-003
    //# A frame MUST end with the CRC-32C of its kind, number and payload, big-endian.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let (body, last) = bytes.split_last_chunk::<CHECKSUM>().ok_or(FrameError::TooShort)?;
        let (head, payload) = body.split_first_chunk::<HEAD>().ok_or(FrameError::TooShort)?;
        if checksum(body) != u32::from_be_bytes(*last) {
            return Err(FrameError::Checksum);
        }
        let [kind, number @ ..] = *head;
        Ok(Self {
            kind: FrameKind::from_value(kind).ok_or(FrameError::Kind)?,
            number: u64::from_be_bytes(number),
            payload,
        })
    }

    /// Encodes this frame for the line, delimiter included, and returns the length in bytes.
    ///
    /// # Errors
    /// `TooLong` where `out` is shorter than [`line_size`] of this frame.
    #[inline]
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, FrameError> {
        self.write(out).ok_or(FrameError::TooLong)
    }

    #[inline]
    fn write(&self, out: &mut [u8]) -> Option<usize> {
        let size = self.payload.len().checked_add(OVERHEAD)?;
        let line = out.get_mut(..line_size(size))?;
        // The first byte is for COBS, which works in place.
        let (_, frame) = line.split_first_mut()?;
        let (head, behind) = frame.split_first_chunk_mut::<HEAD>()?;
        let [kind, number @ ..] = head;
        *kind = self.kind.value();
        *number = self.number.to_be_bytes();
        let (payload, _) = behind.split_at_mut_checked(self.payload.len())?;
        payload.copy_from_slice(self.payload);
        let (body, behind) = frame.split_at_mut_checked(size.checked_sub(CHECKSUM)?)?;
        *behind.first_chunk_mut()? = checksum(body).to_be_bytes();
        cobs::encode(line, size)
    }
}
