//! Link frames: how messages travel on a byte stream.
//!
//! A frame is `kind (u8) · number (u64) · payload · CRC-32C (u32)`, encoded with COBS and ended by one 00
//! (CW-LINK-001 to 003). Sizes of frames are counted decoded, from kind to checksum. Garbage on the line costs the
//! frame that it hits and never the next one.

use crate::message::FrameKind;
use core::fmt;
use crc::{CRC_32_ISCSI, Crc};

/// The CRC of CW-LINK-003; a table of 1 KiB.
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
const HEAD: usize = 9;
const CHECKSUM: usize = 4;

/// Bytes of a frame that are not its payload: kind, number, checksum.
pub const OVERHEAD: usize = HEAD + CHECKSUM;

/// Ends every frame on the line; stands nowhere inside one.
pub const DELIMITER: u8 = 0x00;

/// The most bytes that a frame of `size` decoded bytes takes on the line, with its delimiter.
#[must_use]
pub const fn line_size(size: usize) -> usize {
    size + size.div_ceil(254) + 1
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
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let (body, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(FrameError::TooShort)?;
        let (head, payload) = body.split_first_chunk::<HEAD>().ok_or(FrameError::TooShort)?;
        if CRC.checksum(body) != u32::from_be_bytes(*checksum) {
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
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, FrameError> {
        let mut digest = CRC.digest();
        let mut encoder = CobsEncoder::new(out)?;
        let number = self.number.to_be_bytes();
        for part in [&[self.kind.value()][..], &number, self.payload] {
            digest.update(part);
            encoder.push(part)?;
        }
        encoder.push(&digest.finalize().to_be_bytes())?;
        encoder.finish()
    }
}

/// Encodes COBS part by part, so that a frame needs no second buffer.
struct CobsEncoder<'b> {
    out: &'b mut [u8],
    /// Where the length byte of the open block stands.
    block: usize,
    /// Where the next byte goes.
    next: usize,
}

impl<'b> CobsEncoder<'b> {
    fn new(out: &'b mut [u8]) -> Result<Self, FrameError> {
        if out.is_empty() {
            Err(FrameError::TooLong)
        } else {
            Ok(Self {
                out,
                block: 0,
                next: 1,
            })
        }
    }

    fn put(&mut self, at: usize, byte: u8) -> Result<(), FrameError> {
        *self.out.get_mut(at).ok_or(FrameError::TooLong)? = byte;
        Ok(())
    }

    fn close(&mut self) -> Result<(), FrameError> {
        // A block holds 254 bytes at most, so that its length with the length byte fits into one byte.
        self.put(self.block, (self.next - self.block) as u8)?;
        self.block = self.next;
        self.next += 1;
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), FrameError> {
        for &byte in bytes {
            // A full block is closed only when more follows: the canonical form has no empty block at its end.
            if self.next - self.block == 255 {
                self.close()?;
            }
            if byte == DELIMITER {
                self.close()?;
            } else {
                self.put(self.next, byte)?;
                self.next += 1;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<usize, FrameError> {
        self.close()?;
        // `close` opened a block that is not needed: the delimiter takes its place.
        let end = self.block;
        self.put(end, DELIMITER)?;
        Ok(end + 1)
    }
}

/// Decodes COBS in place and returns the decoded length, or `None` where a block reaches past the end.
fn decode_cobs(bytes: &mut [u8]) -> Option<usize> {
    let (mut from, mut to) = (0, 0);
    while let Some(&length) = bytes.get(from) {
        let length = usize::from(length);
        let block = from + 1..from + length;
        if length == 0 || block.end > bytes.len() {
            return None;
        }
        from = block.end;
        bytes.copy_within(block, to);
        to += length - 1;
        if length < 255 && from < bytes.len() {
            // A block of less than 254 bytes stands for its bytes and a zero; the last block's zero is the delimiter's.
            *bytes.get_mut(to)? = DELIMITER;
            to += 1;
        }
    }
    Some(to)
}

/// Finds the frames in a byte stream. `N` is the largest frame that this end takes, in bytes on the line
/// ([`line_size`]).
#[derive(Clone, Debug)]
pub struct Deframer<const N: usize> {
    buffer: [u8; N],
    length: usize,
    /// More bytes came than fit: all up to the next delimiter are dropped.
    overflow: bool,
}

impl<const N: usize> Default for Deframer<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Deframer<N> {
    /// A deframer at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffer: [0; N],
            length: 0,
            overflow: false,
        }
    }

    /// Forgets a frame that has begun, as when the link was reset.
    pub fn reset(&mut self) {
        self.length = 0;
        self.overflow = false;
    }

    /// Takes bytes from the front of `input` up to the end of a frame, and returns that frame or what was wrong with
    /// it; `None` when `input` is used up. Call again until then.
    //= spec/book/src/link.md#cw-link-005
    //# A receiver MUST drop bytes between two delimiters that are not a frame, without an answer, and take the next frame.
    pub fn feed<'s>(&'s mut self, input: &mut &[u8]) -> Option<Result<Frame<'s>, FrameError>> {
        loop {
            let end = input.iter().position(|&byte| byte == DELIMITER);
            let (part, rest) = match end {
                Some(end) => (&input[..end], &input[end + 1..]),
                None => (*input, &[][..]),
            };
            *input = rest;
            self.keep(part);
            end?;
            let (length, overflow) = (self.length, self.overflow);
            self.reset();
            if overflow {
                return Some(Err(FrameError::TooLong));
            }
            // Two delimiters in a row carry nothing and cost nothing: a sender may begin with one to clear the line.
            if length > 0 {
                return Some(parse_line(&mut self.buffer[..length]).and_then(|frame| {
                    // COBS may take less room than it can: what fits into the buffer may be too long all the same.
                    let fits = line_size(frame.payload.len() + OVERHEAD) <= N;
                    if fits { Ok(frame) } else { Err(FrameError::TooLong) }
                }));
            }
        }
    }

    fn keep(&mut self, part: &[u8]) {
        match self.buffer.get_mut(self.length..self.length + part.len()) {
            Some(room) if !self.overflow => {
                room.copy_from_slice(part);
                self.length += part.len();
            }
            _ => self.overflow = true,
        }
    }
}

/// Reads a frame from the bytes between two delimiters, decoding them in place.
///
/// # Errors
/// All of [`FrameError`] but `TooLong`.
pub fn parse_line(line: &mut [u8]) -> Result<Frame<'_>, FrameError> {
    // An empty block at the end, after a full one, would be a second encoding of the same bytes (CW-LINK-002).
    if line.contains(&DELIMITER) || ends_with_needless_block(line) {
        return Err(FrameError::Cobs);
    }
    let length = decode_cobs(line).ok_or(FrameError::Cobs)?;
    Frame::parse(&line[..length])
}

/// Whether the last block is an empty one behind a full one.
fn ends_with_needless_block(line: &[u8]) -> bool {
    let mut from = 0;
    let mut full = false;
    while let Some(&length) = line.get(from) {
        if full && length == 1 && from + 1 == line.len() {
            return true;
        }
        if length == 0 {
            return false;
        }
        full = length == 255;
        from += usize::from(length);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> ([u8; 1100], usize) {
        let mut out = [0; 1100];
        let mut encoder = CobsEncoder::new(&mut out).unwrap();
        encoder.push(bytes).unwrap();
        let length = encoder.finish().unwrap();
        (out, length)
    }

    /// The examples of Cheshire and Baker's paper as published with the algorithm.
    #[test]
    fn published_cobs_examples() {
        let ascending: [u8; 255] = core::array::from_fn(|index| index as u8);
        let cases: [(&[u8], &[u8]); 7] = [
            (&[0x00], &[0x01, 0x01, 0x00]),
            (&[0x00, 0x00], &[0x01, 0x01, 0x01, 0x00]),
            (&[0x00, 0x11, 0x00], &[0x01, 0x02, 0x11, 0x01, 0x00]),
            (&[0x11, 0x22, 0x00, 0x33], &[0x03, 0x11, 0x22, 0x02, 0x33, 0x00]),
            (&[0x11, 0x22, 0x33, 0x44], &[0x05, 0x11, 0x22, 0x33, 0x44, 0x00]),
            (&[0x11, 0x00, 0x00, 0x00], &[0x02, 0x11, 0x01, 0x01, 0x01, 0x00]),
            (&[], &[0x01, 0x00]),
        ];
        for (bytes, encoded) in cases {
            let (out, length) = line(bytes);
            assert_eq!(&out[..length], encoded);
        }
        // 01 to FE: one full block and no empty one behind it.
        let (out, length) = line(&ascending[1..]);
        assert_eq!((out[0], length), (0xFF, 256));
        // 00 to FE: an empty block, then a full one.
        let (out, length) = line(&ascending);
        assert_eq!((&out[..2], length), (&[0x01, 0xFF][..], 257));
    }

    /// The check value of CRC-32C over "123456789" in RFC 3720's family of catalogues.
    #[test]
    fn published_crc_example() {
        assert_eq!(CRC.checksum(b"123456789"), 0xE306_9283);
        assert_eq!(CRC.checksum(&[0; 32]), 0x8A91_36AA);
    }

    #[test]
    fn round_trip_at_every_length() {
        let mut bytes = [0_u8; 600];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = (index * 7 % 251) as u8;
        }
        for length in 0..bytes.len() {
            let frame = Frame {
                kind: FrameKind::Clear,
                number: length as u64,
                payload: &bytes[..length],
            };
            let mut out = [0; line_size(600 + OVERHEAD)];
            let end = frame.encode(&mut out).unwrap();
            assert!(end <= line_size(length + OVERHEAD));
            let mut deframer = Deframer::<{ line_size(600 + OVERHEAD) }>::new();
            assert_eq!(deframer.feed(&mut &out[..end]), Some(Ok(frame)));
        }
    }

    #[test]
    fn garbage_costs_its_own_frame_only() {
        let frame = Frame {
            kind: FrameKind::Sealed,
            number: 7,
            payload: b"payload",
        };
        let mut good = [0; 64];
        let end = frame.encode(&mut good).unwrap();
        let mut deframer = Deframer::<64>::new();
        for garbage in [&[0xFF; 200][..], &[0x05, 0x01], &[0x01; 40], &[]] {
            let mut input = garbage;
            assert_eq!(deframer.feed(&mut input), None);
            let mut input = &[DELIMITER][..];
            assert!(matches!(deframer.feed(&mut input), None | Some(Err(_))));
            assert_eq!(deframer.feed(&mut &good[..end]), Some(Ok(frame)));
        }
        for hit in 0..end - 1 {
            let mut bad = good;
            bad[hit] ^= 0x20;
            let mut input = &bad[..end];
            while let Some(result) = deframer.feed(&mut input) {
                assert!(result.is_err());
            }
            assert_eq!(deframer.feed(&mut &good[..end]), Some(Ok(frame)));
        }
    }

    #[test]
    fn a_frame_of_one_byte_more_than_is_taken_is_too_long() {
        let payload = [0_u8; 500];
        let mut line = [0; line_size(513)];
        for (size, taken) in [(499, true), (500, false)] {
            let frame = Frame {
                kind: FrameKind::Clear,
                number: 0,
                payload: &payload[..size],
            };
            let end = frame.encode(&mut line).unwrap();
            let mut deframer = Deframer::<{ line_size(512) }>::new();
            assert_eq!(
                deframer.feed(&mut &line[..end]),
                Some(if taken {
                    Ok(frame)
                } else {
                    Err(FrameError::TooLong)
                })
            );
        }
    }

    #[test]
    fn a_second_encoding_of_the_same_bytes_is_refused() {
        let payload = [0x11; 254 - OVERHEAD];
        let frame = Frame {
            kind: FrameKind::Clear,
            number: 0x1111_1111_1111_1111,
            payload: &payload,
        };
        let mut out = [0; 300];
        let end = frame.encode(&mut out).unwrap();
        if end == 256 {
            out[255] = 0x01;
            assert_eq!(parse_line(&mut out[..256]), Err(FrameError::Cobs));
        }
    }
}
