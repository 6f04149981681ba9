//! Vectors of streams: frames between garbage, and what is left of frames when bytes are lost, come twice or become 00.

use super::{
    frames::{HELLO, NO_ZEROS, ascending, line, unframed},
    types::{Found, StreamVector, StreamVectors, Verdict},
};
use crate::hex;
use cardwire_spec::{
    Protocol,
    interpret::frame::{self, DELIMITER},
};

/// The largest frame of a receiver with the smallest buffer.
const MAX_FRAME: usize = 512;
/// Bytes of a frame that are not its payload.
const OVERHEAD: usize = 13;
/// Noise without a delimiter, no COBS.
const GARBAGE: [u8; 7] = [0xF0, 0x55, 0xAA, 0x01, 0x7E, 0xC3, 0x18];

pub(super) fn vectors(protocol: &Protocol) -> StreamVectors {
    let mut vectors = Vec::new();
    let one = line(protocol, "clear", NO_ZEROS, &HELLO);
    let other = line(protocol, "sealed", 1 << 63, &[0x5A; 17]);
    let (bare, zero) = (&one[..one.len() - 1], &[DELIMITER][..]);
    let half = &one[..one.len() / 2];
    let mut add = |name: &str, parts: &[&[u8]]| vectors.push(of(protocol, name, MAX_FRAME, &parts.concat()));

    add("nothing", &[]);
    add("one-frame", &[&one]);
    add("two-frames", &[&one, &other]);
    add("three-frames", &[&one, &other, &one]);
    add("the-same-frame-twice", &[&one, &one]);
    add("delimiters-alone", &[zero, zero, zero]);
    add("delimiter-in-front", &[zero, &one]);
    add(
        "delimiters-in-front-between-and-behind",
        &[zero, zero, &one, zero, zero, &other, zero],
    );
    add("no-delimiter-yet", &[bare]);
    add("one-frame-and-the-beginning-of-another", &[&one, half]);
    add("garbage-without-an-end", &[&GARBAGE]);
    add("garbage-in-front", &[&GARBAGE, zero, &one]);
    add("garbage-between", &[&one, &GARBAGE, zero, &other]);
    add("garbage-behind", &[&one, &GARBAGE, zero]);
    add("garbage-behind-without-an-end", &[&one, &GARBAGE]);
    add(
        "garbage-spoils-the-frame-that-it-touches",
        &[&GARBAGE, &one, &other],
    );
    add("garbage-twice", &[&GARBAGE, zero, &GARBAGE, zero, &one]);
    add("a-single-byte-in-front", &[&[0x01], zero, &one]);
    add("frame-cut-short-and-a-good-one", &[half, zero, &one]);
    add("frame-cut-short-spoils-the-next", &[half, &one, &other]);
    add("frame-without-its-beginning", &[&one[one.len() / 2..], &other]);
    add("no-delimiter-between-two-frames", &[bare, &other, &one]);
    add("frame-cut-in-two", &[half, zero, &one[half.len()..], &other]);
    add("wrong-kind-between", &[&one, &unframed(0x03, &HELLO), &other]);
    for at in 0..bare.len() {
        let (before, behind) = (&one[..at], &one[at + 1..]);
        add(&format!("byte-{at}-lost"), &[before, behind, &other]);
        add(
            &format!("byte-{at}-twice"),
            &[before, &one[at..=at], &one[at..], &other],
        );
        add(&format!("byte-{at}-zero"), &[before, zero, behind, &other]);
    }
    vectors.extend(sizes(protocol, &other));
    StreamVectors { vectors }
}

/// The largest frame, and larger ones.
fn sizes(protocol: &Protocol, good: &[u8]) -> Vec<StreamVector> {
    let mut vectors = Vec::new();
    for max_frame in [MAX_FRAME, 4096] {
        let room = max_frame - OVERHEAD;
        for (what, size) in [
            ("the-largest-frame", room),
            ("one-byte-too-many", room + 1),
            ("twice-the-largest-frame", 2 * max_frame),
        ] {
            for (content, payload) in [("no-zeros", ascending(size)), ("zeros", vec![0; size])] {
                let large = line(protocol, "clear", NO_ZEROS, &payload);
                let stream = [good, &large, good].concat();
                vectors.push(of(
                    protocol,
                    &format!("{what}-of-{max_frame}-with-{content}"),
                    max_frame,
                    &stream,
                ));
            }
        }
    }
    let large = line(protocol, "clear", NO_ZEROS, &ascending(MAX_FRAME));
    let stream = [&large, &large, good].concat();
    vectors.push(of(protocol, "two-that-are-too-long", MAX_FRAME, &stream));
    let stream = [&large[..], &[DELIMITER], good].concat();
    vectors.push(of(protocol, "too-long-and-a-delimiter-more", MAX_FRAME, &stream));
    let stream = [good, &large[..large.len() - 1]].concat();
    vectors.push(of(protocol, "too-long-without-an-end", MAX_FRAME, &stream));
    vectors
}

fn of(protocol: &Protocol, name: &str, max_frame: usize, stream: &[u8]) -> StreamVector {
    let found: Vec<Found> = frame::deframe(protocol, stream, max_frame)
        .map(|found| match found {
            Ok(frame) => Found::Frame {
                kind: frame.kind,
                number: frame.number.to_string(),
                payload: hex::encode(&frame.payload),
            },
            Err(fault) => Found::Fault {
                fault: fault.name().to_owned(),
            },
        })
        .collect();
    let is_faulty = found.iter().any(|found| matches!(found, Found::Fault { .. }));
    StreamVector {
        result: if is_faulty {
            Verdict::Invalid
        } else {
            Verdict::Valid
        },
        name: name.to_owned(),
        stream: hex::encode(stream),
        max_frame,
        found,
    }
}
