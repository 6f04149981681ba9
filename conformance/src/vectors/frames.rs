//! Vectors of link frames: the lengths at which COBS turns, and every way not to be a frame.

use super::{FrameVectors, InvalidFrame, ValidFrame};
use crate::{embedded::protocol, hex};
use cardwire_spec::interpret::frame::{self, DELIMITER, Frame};

/// Payload lengths around the full blocks of COBS (254 bytes, of which head and checksum take 13) and the frame sizes
/// of 512 and 4,096 bytes.
const LENGTHS: [usize; 18] = [
    0, 1, 2, 227, 228, 240, 241, 242, 253, 254, 255, 494, 495, 496, 498, 499, 508, 4083,
];

/// A number without zero bytes, so that a block of COBS reaches from the first byte to the last.
const NO_ZEROS: u64 = 0x0102_0304_0506_0708;

pub(super) fn vectors() -> FrameVectors {
    FrameVectors {
        valid: valid(),
        invalid: invalid(),
    }
}

fn valid() -> Vec<ValidFrame> {
    let mut all = vec![
        of("empty-payload-number-0", "clear", 0, &[]),
        of("largest-number", "sealed", u64::MAX, &[0xFF; 16]),
        of("first-event", "sealed", 1 << 63, &[0x00; 32]),
        of("hello", "clear", 1, &[0x01, 0x01, 0x01, 0x02, 0x00]),
        of("refusal", "clear", 0x0123_4567_89AB_CDEF, &[0xFF]),
        of("all-bytes", "clear", 7, &(0..=255).collect::<Vec<u8>>()),
    ];
    for length in LENGTHS {
        let ascending: Vec<u8> = (0..length).map(|at| (at % 255 + 1) as u8).collect();
        all.push(of(&format!("no-zeros-{length}"), "clear", NO_ZEROS, &ascending));
        all.push(of(
            &format!("zeros-{length}"),
            "sealed",
            NO_ZEROS,
            &vec![0; length],
        ));
        if let Some(last) = length.checked_sub(1) {
            let mut one = ascending;
            one[last] = 0;
            all.push(of(&format!("zero-at-the-end-{length}"), "clear", NO_ZEROS, &one));
        }
    }
    all.push(ends_full("ends-with-a-full-block"));
    all
}

fn of(name: &str, kind: &str, number: u64, payload: &[u8]) -> ValidFrame {
    let frame = Frame {
        kind: kind.to_owned(),
        number,
        payload: payload.to_vec(),
    };
    ValidFrame {
        name: name.to_owned(),
        kind: kind.to_owned(),
        number: number.to_string(),
        payload: hex::encode(payload),
        // The kinds above are in the registry.
        line: hex::encode(&frame::encode(protocol(), &frame).unwrap_or_default()),
    }
}

/// A frame whose last COBS block is full: 254 bytes without a zero, its checksum included.
fn ends_full(name: &str) -> ValidFrame {
    // The checksum of some payload has no zero byte; which one is found by trying.
    let frames = (1..=255).map(|fill| of(name, "clear", NO_ZEROS, &[fill; 241]));
    let is_full = |frame: &ValidFrame| hex::decode(&frame.line).is_some_and(|line| line.len() == 256);
    frames
        .into_iter()
        .find(is_full)
        .unwrap_or_else(|| of(name, "clear", NO_ZEROS, &[]))
}

fn invalid() -> Vec<InvalidFrame> {
    let good = of("", "clear", NO_ZEROS, &[0x01, 0x01, 0x01, 0x02, 0x00]);
    let line = hex::decode(&good.line).unwrap_or_default();
    let mut all = Vec::new();
    let mut add = |name: &str, line: Vec<u8>, fault: &str| {
        all.push(InvalidFrame {
            name: name.to_owned(),
            line: hex::encode(&line),
            fault: fault.to_owned(),
        });
    };
    for (bit, name) in [(0x01, "lowest"), (0x80, "highest")] {
        let mut damaged = line.clone();
        damaged[4] ^= bit;
        add(&format!("{name}-bit-of-the-number-flipped"), damaged, "checksum");
    }
    add("kind-0", unframed(0x00, &[0x01]), "kind");
    add("kind-3", unframed(0x03, &[0x01]), "kind");
    add("kind-255", unframed(0xFF, &[]), "kind");
    add("twelve-bytes", cobs(&[0x01; 12]), "too-short");
    add("one-byte", cobs(&[0x01]), "too-short");
    add("empty-block", vec![0x01, DELIMITER], "too-short");
    add("block-beyond-the-end", vec![0x05, 0x01, DELIMITER], "cobs");
    add(
        "cut-short",
        [&line[..line.len() - 2], &[DELIMITER]].concat(),
        "cobs",
    );
    let full = hex::decode(&ends_full("").line).unwrap_or_default();
    add(
        "empty-block-behind-a-full-one",
        [&full[..full.len() - 1], &[0x01, DELIMITER]].concat(),
        "cobs",
    );
    let mut reversed = line.clone();
    let checksum = reversed.len() - 5..reversed.len() - 1;
    reversed[checksum].reverse();
    add("checksum-little-endian", reversed, "checksum");
    all
}

/// A frame of a kind that is not registered, with a right checksum.
fn unframed(kind: u8, payload: &[u8]) -> Vec<u8> {
    let bytes = [&[kind][..], &NO_ZEROS.to_be_bytes(), payload].concat();
    let checksum = crc32c(&bytes).to_be_bytes();
    cobs(&[&bytes[..], &checksum].concat())
}

/// COBS of less than 254 bytes, and the delimiter.
fn cobs(bytes: &[u8]) -> Vec<u8> {
    let mut line: Vec<u8> = bytes
        .split(|&byte| byte == DELIMITER)
        .flat_map(|block| [&[block.len() as u8 + 1][..], block].concat())
        .collect();
    line.push(DELIMITER);
    line
}

/// CRC-32C of CW-LINK-003, bit by bit.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0x82F6_3B78 * (crc & 1))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_checksum() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
    }

    #[test]
    fn the_lines_are_what_their_names_say() {
        for InvalidFrame { name, line, fault } in invalid() {
            let line = hex::decode(&line).unwrap();
            let result = frame::decode(protocol(), &line[..line.len() - 1]);
            assert_eq!(result.map_err(|fault| fault.name()).unwrap_err(), fault, "{name}");
        }
        let full = hex::decode(&ends_full("").line).unwrap();
        assert_eq!((full[0], full.len()), (0xFF, 256));
    }
}
