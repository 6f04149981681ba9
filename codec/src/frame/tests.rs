//! Frames and COBS against published examples, at every length, and under damage.

extern crate std;

use super::*;

fn line(bytes: &[u8]) -> ([u8; 1100], usize) {
    let mut out = [0; 1100];
    out[1..=bytes.len()].copy_from_slice(bytes);
    let length = cobs::encode(&mut out, bytes.len()).unwrap();
    let mut line = out;
    assert_eq!(cobs::decode(&mut line[..length - 1]), Some(bytes));
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
    // Nothing in it is zero, its checksum neither: one full block, which an empty one must not follow.
    assert_eq!(end, 256);
    out[255] = 0x01;
    out[256] = DELIMITER;
    let mut deframer = Deframer::<300>::new();
    assert_eq!(deframer.feed(&mut &out[..257]), Some(Err(FrameError::Cobs)));
    // An empty block that is not the last one stands for a zero.
    let bytes = [&[0x11; 254][..], &[0x00]].concat();
    let (out, length) = line(&bytes);
    assert_eq!(out[254..length], [0x11, 0x01, 0x01, 0x00]);
}
