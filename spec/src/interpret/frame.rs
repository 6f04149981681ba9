//! Link frames, decoded and encoded without a table and without tricks.
//!
//! A frame is kind (u8), number (u64), payload and CRC-32C (u32), encoded with COBS and ended by one 00 (CW-LINK-001
//! to 003).

mod explain;

use super::hex;
use crate::model::Protocol;
use core::fmt;
pub use explain::{Block, FrameExplanation, FrameRefusal, Where, explain};
use serde_json::{Value, json};

const HEAD: usize = 9;
const CHECKSUM: usize = 4;
/// The polynomial of CRC-32C, reflected.
const CASTAGNOLI: u32 = 0x82F6_3B78;
/// Ends every frame on the line; stands nowhere inside one.
pub const DELIMITER: u8 = 0x00;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// A name of the registry `frame_kind`.
    pub kind: String,
    /// Of a clear frame: chosen by who asks. Of a sealed one: the nonce.
    pub number: u64,
    /// The message, or its sealed bytes.
    pub payload: Vec<u8>,
}

/// Why bytes between two delimiters are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameFault {
    /// The bytes are not COBS, or not the only COBS encoding of what they encode.
    Cobs,
    /// Fewer bytes than kind, number and checksum take.
    TooShort,
    /// More bytes than the receiver takes.
    TooLong,
    /// The checksum is not that of the bytes.
    Checksum,
    /// The kind is not registered.
    Kind,
}

impl FrameFault {
    /// A short name.
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

impl fmt::Display for FrameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for FrameFault {}

/// What stands between delimiters in a stream, in order; two delimiters in a row carry nothing. Bytes behind the last
/// delimiter are no line yet.
pub fn lines(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = stream.iter().rposition(|&byte| byte == DELIMITER).unwrap_or(0);
    stream[..end]
        .split(|&byte| byte == DELIMITER)
        .filter(|line| !line.is_empty())
}

/// What a receiver finds in a stream that takes frames of `max_frame` bytes, counted decoded: frames, and what is none.
pub fn deframe<'s>(
    protocol: &'s Protocol,
    stream: &'s [u8],
    max_frame: usize,
) -> impl Iterator<Item = Result<Frame, FrameFault>> + 's {
    lines(stream).map(move |line| decode_within(protocol, line, max_frame))
}

/// Decodes a frame from what stands between two delimiters.
///
/// # Errors
/// What makes the bytes no frame.
pub fn decode(protocol: &Protocol, line: &[u8]) -> Result<Frame, FrameFault> {
    decode_within(protocol, line, usize::MAX)
}

/// Decodes a frame of `max_frame` bytes at most, counted decoded.
///
/// # Errors
/// What makes the bytes no frame, or none for a receiver that takes no larger ones.
pub fn decode_within(protocol: &Protocol, line: &[u8], max_frame: usize) -> Result<Frame, FrameFault> {
    let bytes = cobs_decode(line).ok_or(FrameFault::Cobs)?;
    if !line.is_empty() && cobs_encode(&bytes) != line {
        return Err(FrameFault::Cobs);
    }
    if bytes.len() < HEAD + CHECKSUM {
        return Err(FrameFault::TooShort);
    }
    if bytes.len() > max_frame {
        return Err(FrameFault::TooLong);
    }
    let (body, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    if crc32c(body).to_be_bytes() != checksum {
        return Err(FrameFault::Checksum);
    }
    let (head, payload) = body.split_at(HEAD);
    let kind = kinds(protocol)
        .find(|(value, _)| *value == u64::from(head[0]))
        .ok_or(FrameFault::Kind)?;
    let number = head[1..]
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    Ok(Frame {
        kind: kind.1.to_owned(),
        number,
        payload: payload.to_vec(),
    })
}

/// Encodes a frame for the line, delimiter included; `None` where its kind is not registered.
#[must_use]
pub fn encode(protocol: &Protocol, frame: &Frame) -> Option<Vec<u8>> {
    let (kind, _) = kinds(protocol).find(|(_, name)| *name == frame.kind)?;
    let mut bytes = vec![u8::try_from(kind).ok()?];
    bytes.extend_from_slice(&frame.number.to_be_bytes());
    bytes.extend_from_slice(&frame.payload);
    bytes.extend_from_slice(&crc32c(&bytes).to_be_bytes());
    let mut line = cobs_encode(&bytes);
    line.push(DELIMITER);
    Some(line)
}

/// The JSON form: kind, number, and the payload in hexadecimal.
#[must_use]
pub fn to_json(frame: &Frame) -> Value {
    json!({ "kind": frame.kind, "number": frame.number, "payload": hex::encode(&frame.payload) })
}

/// The frame of a JSON form; `None` where it is none.
#[must_use]
pub fn from_json(value: &Value) -> Option<Frame> {
    Some(Frame {
        kind: value.get("kind")?.as_str()?.to_owned(),
        number: value.get("number")?.as_u64()?,
        payload: hex::decode(value.get("payload")?.as_str()?)?,
    })
}

fn kinds(protocol: &Protocol) -> impl Iterator<Item = (u64, &str)> {
    let values = protocol
        .registries
        .get("frame_kind")
        .map(|registry| registry.values.as_slice());
    values
        .unwrap_or_default()
        .iter()
        .map(|value| (value.value, value.name.as_str()))
}

/// CRC-32C (Castagnoli).
fn crc32c(bytes: &[u8]) -> u32 {
    !crc(CASTAGNOLI, u32::MAX, bytes)
}

/// The register of a reflected CRC of 32 bits behind the bytes, bit by bit.
fn crc(polynomial: u32, initial: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(initial, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ polynomial
            } else {
                crc >> 1
            };
        }
        crc
    })
}

/// COBS: every zero is replaced by the distance to the next, so that none is left.
fn cobs_encode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut groups = bytes.split(|&byte| byte == 0).peekable();
    while let Some(group) = groups.next() {
        let mut blocks: Vec<&[u8]> = group.chunks(254).collect();
        let ends_full = blocks.last().is_some_and(|last| last.len() == 254);
        // A full block says nothing of a zero behind it. An empty block does; at the end none is needed.
        if blocks.is_empty() || ends_full && groups.peek().is_some() {
            blocks.push(&[]);
        }
        for block in blocks {
            // A chunk has 254 bytes at most.
            out.push(block.len() as u8 + 1);
            out.extend_from_slice(block);
        }
    }
    out
}

fn cobs_decode(line: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some((&length, behind)) = rest.split_first() {
        let block = behind.get(..usize::from(length).checked_sub(1)?)?;
        rest = &behind[block.len()..];
        out.extend_from_slice(block);
        if length < 0xFF && !rest.is_empty() {
            out.push(0);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(cobs_encode(&[]), [0x01]);
        assert_eq!(cobs_encode(&[0x00]), [0x01, 0x01]);
        assert_eq!(
            cobs_encode(&[0x11, 0x22, 0x00, 0x33]),
            [0x03, 0x11, 0x22, 0x02, 0x33]
        );
        assert_eq!(
            cobs_encode(&[0x11, 0x00, 0x00, 0x00]),
            [0x02, 0x11, 0x01, 0x01, 0x01]
        );
        // 01 to FE: one full block and no empty one behind it; with FF behind, two blocks; with 00, an empty one.
        let full: Vec<u8> = (0x01..=0xFE).collect();
        assert_eq!(cobs_encode(&full), [&[0xFF], full.as_slice()].concat());
        assert_eq!(
            cobs_encode(&[&full[..], &[0xFF]].concat()),
            [&[0xFF], full.as_slice(), &[0x02, 0xFF]].concat()
        );
        assert_eq!(
            cobs_encode(&[&full[..], &[0x00]].concat()),
            [&[0xFF], full.as_slice(), &[0x01, 0x01]].concat()
        );
    }

    #[test]
    fn cobs_round_trip_at_every_length_and_place_of_zero() {
        for length in 0..520 {
            let mut bytes: Vec<u8> = (0..length).map(|index| (index % 255 + 1) as u8).collect();
            assert_eq!(cobs_decode(&cobs_encode(&bytes)), Some(bytes.clone()));
            for zero in [0, 253, 254, 255, 508, 509] {
                if let Some(byte) = bytes.get_mut(zero) {
                    *byte = 0;
                    let line = cobs_encode(&bytes);
                    assert!(!line.contains(&0));
                    assert_eq!(cobs_decode(&line), Some(bytes.clone()));
                }
            }
        }
    }
}
