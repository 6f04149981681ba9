//! Vectors of link frames: the lengths at which COBS turns, and every way not to be a frame.

use super::types::{FLIPPED, FrameVector, FrameVectors, InvalidFrame, SIZE, ValidFrame};
use crate::hex;
use cardwire_spec::{
    Protocol,
    interpret::frame::{self, DELIMITER, Frame},
};

/// Payload lengths around the full blocks of COBS (254 bytes, of which head and checksum take 13) and the frame sizes
/// of 512 and 4,096 bytes.
const LENGTHS: [usize; 18] = [
    0, 1, 2, 227, 228, 240, 241, 242, 253, 254, 255, 494, 495, 496, 498, 499, 508, 4083,
];

/// A number without zero bytes, so that a block of COBS reaches from the first byte to the last.
pub(super) const NO_ZEROS: u64 = 0x0102_0304_0506_0708;

/// A hello that takes frames of 512 bytes.
pub(super) const HELLO: [u8; 5] = [0x01, 0x01, 0x01, 0x02, 0x00];

/// Bytes of a frame that are not its payload.
const OVERHEAD: usize = 13;

pub(super) fn vectors(protocol: &Protocol) -> FrameVectors {
    let valid = valid(protocol).into_iter().map(FrameVector::Valid);
    let invalid = invalid(protocol).into_iter().map(FrameVector::Invalid);
    FrameVectors {
        vectors: valid.chain(invalid).collect(),
    }
}

fn valid(protocol: &Protocol) -> Vec<ValidFrame> {
    let of = |name: &str, kind, number, payload: &[u8]| of(protocol, name, kind, number, payload);
    let mut all = vec![
        of("empty-payload-number-0", "clear", 0, &[]),
        of("largest-number", "sealed", u64::MAX, &[0xFF; 16]),
        of("first-event", "sealed", 1 << 63, &[0x00; 32]),
        of("hello", "clear", 1, &HELLO),
        of("refusal", "clear", 0x0123_4567_89AB_CDEF, &[0xFF]),
        of("all-bytes", "clear", 7, &(0..=255).collect::<Vec<u8>>()),
    ];
    for length in LENGTHS {
        let ascending = ascending(length);
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
    all.push(ends_full(protocol, "ends-with-a-full-block"));
    all
}

/// So many bytes without a zero.
pub(super) fn ascending(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 255 + 1) as u8).collect()
}

fn of(protocol: &Protocol, name: &str, kind: &str, number: u64, payload: &[u8]) -> ValidFrame {
    ValidFrame {
        name: name.to_owned(),
        line: hex::encode(&line(protocol, kind, number, payload)),
        kind: kind.to_owned(),
        number: number.to_string(),
        payload: hex::encode(payload),
    }
}

/// A frame on the line, delimiter included. The kind is one of the registry.
pub(super) fn line(protocol: &Protocol, kind: &str, number: u64, payload: &[u8]) -> Vec<u8> {
    let frame = Frame {
        kind: kind.to_owned(),
        number,
        payload: payload.to_vec(),
    };
    frame::encode(protocol, &frame).unwrap_or_default()
}

/// A frame whose last COBS block is full: 254 bytes without a zero, its checksum included.
fn ends_full(protocol: &Protocol, name: &str) -> ValidFrame {
    // The checksum of some payload has no zero byte; which one is found by trying.
    let frames = (1..=255).map(|fill| of(protocol, name, "clear", NO_ZEROS, &[fill; 241]));
    let is_full = |frame: &ValidFrame| hex::decode(&frame.line).is_some_and(|line| line.len() == 256);
    frames
        .into_iter()
        .find(is_full)
        .unwrap_or_else(|| of(protocol, name, "clear", NO_ZEROS, &[]))
}

fn invalid(protocol: &Protocol) -> Vec<InvalidFrame> {
    let line = line(protocol, "clear", NO_ZEROS, &HELLO);
    let mut all = Vec::new();
    let mut add = |name: &str, line: Vec<u8>, fault: &str, comment: Option<&str>| {
        all.push(InvalidFrame {
            name: name.to_owned(),
            line: hex::encode(&line),
            fault: fault.to_owned(),
            max_frame: None,
            comment: comment.map(str::to_owned),
        });
    };
    for (bit, name) in [(0x01, "lowest"), (0x80, "highest")] {
        let mut damaged = line.clone();
        damaged[4] ^= bit;
        add(
            &format!("{name}-bit-of-the-number-flipped"),
            damaged,
            "checksum",
            None,
        );
    }
    for kind in [0x00, 0x03, 0x81, 0xFF] {
        add(&format!("kind-{kind}"), unframed(kind, &[0x01]), "kind", None);
    }
    add(
        "empty-block",
        vec![0x01, DELIMITER],
        "too-short",
        Some("COBS of no bytes at all"),
    );
    for size in 1..OVERHEAD {
        let name = match size {
            1 => "one-byte".to_owned(),
            12 => "twelve-bytes".to_owned(),
            _ => format!("{SIZE}{size}"),
        };
        add(&name, cobs(&vec![0x01; size]), "too-short", None);
    }
    for size in 4..OVERHEAD {
        let body = &ascending(size - 4);
        let bytes = [&body[..], &crc32c(body).to_be_bytes()].concat();
        let name = format!("{SIZE}{size}-with-a-right-checksum");
        add(&name, cobs(&bytes), "too-short", None);
    }
    add("block-beyond-the-end", vec![0x05, 0x01, DELIMITER], "cobs", None);
    let mut beyond = line.clone();
    beyond[0] += 1;
    add(
        "block-beyond-the-end-by-one",
        beyond,
        "cobs",
        Some("the first block says one byte more than there is"),
    );
    add(
        "full-block-of-253-bytes",
        [&[0xFF][..], &ascending(253), &[DELIMITER]].concat(),
        "cobs",
        None,
    );
    add(
        "cut-short",
        [&line[..line.len() - 2], &[DELIMITER]].concat(),
        "cobs",
        None,
    );
    let full = hex::decode(&ends_full(protocol, "").line).unwrap_or_default();
    add(
        "empty-block-behind-a-full-one",
        [&full[..full.len() - 1], &[0x01, DELIMITER]].concat(),
        "cobs",
        Some("a second encoding of the vector ends-with-a-full-block"),
    );
    for (name, checksum) in checksums(&body(0x01, &HELLO)) {
        let bytes = [&body(0x01, &HELLO)[..], &checksum].concat();
        add(name, cobs(&bytes), "checksum", None);
    }
    let both = [&body(0x03, &HELLO)[..], &[0x11; 4]].concat();
    add(
        "kind-3-and-a-wrong-checksum",
        cobs(&both),
        "checksum",
        Some("of two faults the one that is met first is named"),
    );
    flipped(protocol, &line, &mut all);
    too_long(protocol, &mut all);
    all
}

/// Checksums that other ways to compute one give, and that are none.
fn checksums(body: &[u8]) -> Vec<(&'static str, [u8; 4])> {
    let right = crc32c(body);
    let castagnoli = |initial| crc(CASTAGNOLI, initial, body);
    vec![
        ("checksum-little-endian", right.to_le_bytes()),
        ("checksum-not-inverted", (!right).to_be_bytes()),
        ("checksum-from-zero", (!castagnoli(0)).to_be_bytes()),
        ("checksum-from-zero-and-not-inverted", castagnoli(0).to_be_bytes()),
        ("checksum-bits-reversed", right.reverse_bits().to_be_bytes()),
        ("checksum-of-crc-32", (!crc(IEEE, u32::MAX, body)).to_be_bytes()),
        ("checksum-of-the-payload-alone", crc32c(&body[9..]).to_be_bytes()),
        ("checksum-without-the-kind", crc32c(&body[1..]).to_be_bytes()),
        ("checksum-zero", [0x00; 4]),
        ("checksum-all-ones", [0xFF; 4]),
        ("checksum-one-too-many", right.wrapping_add(1).to_be_bytes()),
    ]
}

/// Every bit of a line, one after the other. A byte that becomes 00 is a delimiter: that is for streams.
fn flipped(protocol: &Protocol, line: &[u8], all: &mut Vec<InvalidFrame>) {
    let places = (0..line.len() - 1).flat_map(|at| (0..8).map(move |bit| (at, bit)));
    for (at, bit) in places.filter(|(at, bit)| line[*at] ^ 1 << bit != DELIMITER) {
        let mut damaged = line.to_vec();
        damaged[at] ^= 1 << bit;
        // What it is then is for the interpreter to say: a length byte of COBS says much, another byte little.
        let Err(fault) = frame::decode(protocol, &damaged[..damaged.len() - 1]) else {
            unreachable!("a CRC finds every single bit")
        };
        all.push(InvalidFrame {
            name: format!("{FLIPPED}{bit}-of-byte-{at}-flipped"),
            line: hex::encode(&damaged),
            fault: fault.name().to_owned(),
            max_frame: None,
            comment: None,
        });
    }
}

/// Frames that are right, and too long for who takes no larger ones.
fn too_long(protocol: &Protocol, all: &mut Vec<InvalidFrame>) {
    for max_frame in [512, 4096] {
        let payload = max_frame - OVERHEAD + 1;
        let contents = [("no-zeros", ascending(payload)), ("zeros", vec![0; payload])];
        for (name, payload) in contents {
            all.push(InvalidFrame {
                name: format!("{name}-one-byte-over-{max_frame}"),
                line: hex::encode(&line(protocol, "clear", NO_ZEROS, &payload)),
                fault: "too-long".to_owned(),
                max_frame: Some(max_frame),
                comment: Some("a frame for who takes larger ones".to_owned()),
            });
        }
    }
}

fn body(kind: u8, payload: &[u8]) -> Vec<u8> {
    [&[kind][..], &NO_ZEROS.to_be_bytes(), payload].concat()
}

/// A frame of a kind that is not registered, with a right checksum.
pub(super) fn unframed(kind: u8, payload: &[u8]) -> Vec<u8> {
    let bytes = body(kind, payload);
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

/// Polynomials, reflected.
const CASTAGNOLI: u32 = 0x82F6_3B78;
const IEEE: u32 = 0xEDB8_8320;

/// CRC-32C of CW-LINK-003.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    !crc(CASTAGNOLI, u32::MAX, bytes)
}

/// A reflected CRC of 32 bits, bit by bit, before it is inverted.
fn crc(polynomial: u32, initial: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(initial, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (polynomial * (crc & 1))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::protocol;

    #[test]
    fn published_checksums() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(!crc(IEEE, u32::MAX, b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn the_lines_are_what_their_names_say() {
        for InvalidFrame {
            name,
            line,
            fault,
            max_frame,
            ..
        } in invalid(protocol())
        {
            let line = hex::decode(&line).unwrap();
            let max = max_frame.unwrap_or(usize::MAX);
            let result = frame::decode_within(protocol(), &line[..line.len() - 1], max);
            assert_eq!(result.map_err(|fault| fault.name()).unwrap_err(), fault, "{name}");
        }
        let full = hex::decode(&ends_full(protocol(), "").line).unwrap();
        assert_eq!((full[0], full.len()), (0xFF, 256));
    }
}
