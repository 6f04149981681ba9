//! Explanations of lines that are no frame: the exact place, what is wanted there, and what may have been done wrong.

use cardwire_spec::{
    Protocol,
    interpret::{
        self,
        frame::{self, Frame, Where},
    },
};
use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn protocol() -> Protocol {
    cardwire_spec::load(&root().join("protocol.toml")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    interpret::hex::read(hex).unwrap()
}

fn frame() -> Frame {
    Frame {
        kind: String::from("clear"),
        number: 0x0102_0304_0506_0708,
        payload: bytes("01 01 01 02 00"),
    }
}

/// CRC of 32 bits, reflected, as a slip of its parameters makes it.
fn crc(polynomial: u32, initial: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(initial, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (polynomial * (crc & 1))
        })
    })
}

#[test]
fn slips_of_the_checksum_are_recognised() {
    const CASTAGNOLI: u32 = 0x82F6_3B78;
    const ETHERNET: u32 = 0xEDB8_8320;
    let protocol = protocol();
    let line = frame::encode(&protocol, &frame()).unwrap();
    let content = frame::explain(&protocol, &line[..line.len() - 1])
        .content
        .unwrap();
    let body = &content[..content.len() - 4];
    let right = !crc(CASTAGNOLI, u32::MAX, body);
    assert_eq!(right.to_be_bytes(), content[body.len()..]);
    let slips = [
        (right.swap_bytes(), Some("in reverse")),
        (!right, Some("exclusive-or")),
        (!crc(CASTAGNOLI, 0, body), Some("begins with 00000000")),
        (!crc(ETHERNET, u32::MAX, body), Some("Ethernet")),
        (!crc(CASTAGNOLI, u32::MAX, &body[9..]), Some("payload alone")),
        (right ^ 1, None),
    ];
    for (checksum, slip) in slips {
        let content = [body, &checksum.to_be_bytes()].concat();
        // The body has one zero, at its end, and these checksums have none.
        let (before, behind) = (&content[..body.len() - 1], &content[body.len()..]);
        assert!(!before.contains(&0) && !behind.contains(&0), "{checksum:08x}");
        let line = [&[before.len() as u8 + 1], before, &[5], behind].concat();
        let refusal = frame::explain(&protocol, &line).refusal.unwrap();
        assert_eq!(refusal.fault, frame::FrameFault::Checksum);
        assert_eq!(
            (refusal.within, refusal.mark),
            (Where::Content, body.len()..content.len())
        );
        assert_eq!(refusal.slip.is_some(), slip.is_some(), "{checksum:08x}");
        assert!(
            refusal
                .slip
                .unwrap_or_default()
                .contains(slip.unwrap_or_default()),
            "{slip:?}"
        );
    }
}

#[test]
fn every_kind_of_no_frame_has_its_place_and_requirement() {
    let protocol = protocol();
    let book = fs::read_to_string(root().join("book/src/link.md")).unwrap();
    let full: Vec<u8> = (0x01..=0xFE).collect();
    let cases = [
        (
            bytes("05 01"),
            "cobs",
            "CW-LINK-001",
            0..2,
            "4 bytes behind 05",
            "1 byte",
        ),
        (
            bytes("03 01 00"),
            "cobs",
            "CW-LINK-001",
            2..3,
            "no byte 00 inside a frame",
            "00",
        ),
        (
            [&[0xFF], full.as_slice(), &[0x01]].concat(),
            "cobs",
            "CW-LINK-002",
            255..256,
            "the shortest encoding, without an empty block behind a full last one",
            "01",
        ),
        (
            bytes("02 01"),
            "too-short",
            "CW-LINK-005",
            0..1,
            "13 bytes at least: kind, number and checksum",
            "1 byte",
        ),
    ];
    for (line, fault, requirement, mark, expected, found) in cases {
        let refusal = frame::explain(&protocol, &line).refusal.unwrap();
        let told = (
            refusal.fault.name(),
            refusal.requirement,
            refusal.mark,
            refusal.expected.as_str(),
            refusal.found.as_str(),
        );
        assert_eq!(told, (fault, requirement, mark, expected, found));
        assert!(book.contains(&format!("\n### {}\n", refusal.requirement)));
    }
}
