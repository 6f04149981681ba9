//! Streams: several frames, garbage before, between and behind them, a line damaged in each of its bytes, frames of
//! every size around the largest that a receiver takes.

use super::{
    frames::{TWIN, deframe},
    with_twin,
};
use crate::{codec::case::Case, embedded::protocol, hex, vectors};
use cardwire_spec::interpret::frame::{self, DELIMITER, Frame};

/// The requirement that garbage costs the frame that it hits, and no other.
const GARBAGE: &str = "CW-LINK-005";
/// The requirement on sizes.
const SIZES: &str = "CW-LINK-006";
/// What the cases with damaged lines hang on.
const THREE: &str = "codec.deframe.stream.three-frames";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = garbage();
    cases.extend(sizes());
    cases.extend(damaged());
    cases
}

fn garbage() -> Vec<Case> {
    let [one, two, three] = lines();
    let delimiter: &[u8] = &[DELIMITER];
    let bare = &one[..one.len() - 1];
    let beyond = [0x55; 64];
    let streams: [(&str, &str, &[&[u8]]); 14] = [
        ("empty", "no bytes at all", &[]),
        ("delimiters-alone", "delimiters carry nothing", &[&[DELIMITER; 5]]),
        ("three-frames", "three frames in a row", &[&one, &two, &three]),
        (
            "delimiters-between",
            "more delimiters than needed",
            &[delimiter, &one, delimiter, delimiter, &two, delimiter],
        ),
        (
            "unterminated-rest",
            "a frame whose delimiter has not come yet",
            &[&one, &two[..two.len() - 1]],
        ),
        ("unterminated-alone", "no delimiter yet", &[bare]),
        (
            "garbage-before",
            "garbage with a delimiter before a frame",
            &[&beyond, delimiter, &one],
        ),
        (
            "garbage-between",
            "garbage with delimiters between two frames",
            &[&one, &beyond, delimiter, &two],
        ),
        (
            "garbage-behind",
            "garbage with a delimiter behind a frame",
            &[&one, &beyond, delimiter],
        ),
        (
            "garbage-without-delimiter",
            "garbage costs the frame that it hits, not the next",
            &[&beyond, &one, &two],
        ),
        (
            "delimiter-lost",
            "two frames without a delimiter between them are none",
            &[bare, &two, &three],
        ),
        ("frame-twice", "the same frame twice", &[&one, &one]),
        (
            "frame-cut-and-repeated",
            "a frame that broke off, and the same again",
            &[&two[..two.len() / 2], delimiter, &two],
        ),
        (
            "text-between",
            "what a boot loader says between two frames",
            &[&one, b"U-Boot 2024.01\r\n", delimiter, &two],
        ),
    ];
    let made = streams.map(|(name, title, parts)| {
        let id = format!("codec.deframe.stream.{name}");
        let case = deframe(id, title.into(), &[GARBAGE], parts.concat(), frame_min());
        // The case that stands for all right streams hangs on none.
        if name == "three-frames" {
            case
        } else {
            with_twin(case, THREE.into())
        }
    });
    made.into()
}

fn sizes() -> Vec<Case> {
    let [one, ..] = lines();
    let overhead = protocol().limit("frame_overhead");
    let mut cases = Vec::new();
    for (name, max) in [
        ("smallest", frame_min()),
        ("largest", protocol().limit("frame_max")),
    ] {
        for (content, byte) in [("zeros", 0x00), ("no-zeros", 0x5A)] {
            let of_size = |size: u64| line("sealed", 9, &vec![byte; (size - overhead) as usize]);
            let exact = format!("codec.deframe.size.{name}-{content}-exactly");
            cases.push(deframe(
                exact.clone(),
                format!("takes a frame of exactly {max} bytes"),
                &[SIZES],
                [of_size(max), one.clone()].concat(),
                max,
            ));
            let over = deframe(
                format!("codec.deframe.size.{name}-{content}-one-over"),
                format!(
                    "does not take a frame of {} bytes where {max} are the most",
                    max + 1
                ),
                &[GARBAGE],
                [of_size(max + 1), one.clone()].concat(),
                max,
            );
            cases.push(with_twin(over, exact));
        }
    }
    let endless = deframe(
        "codec.deframe.size.nine-thousand-bytes".into(),
        "nine thousand bytes without a delimiter cost no frame behind them".into(),
        &[GARBAGE],
        [&[0x55; 9_000][..], &[DELIMITER], &one].concat(),
        frame_min(),
    );
    cases.push(with_twin(endless, THREE.into()));
    cases
}

/// One line, damaged at each of its bytes in four ways; the frames behind it show whom the damage costs what.
fn damaged() -> Vec<Case> {
    let [one, two, three] = lines();
    let mut cases = Vec::new();
    for at in 0..one.len() {
        let (before, byte, behind) = (&one[..at], one[at], &one[at + 1..]);
        let ways: [(&str, &[u8]); 4] = [
            ("flipped", &[byte ^ 0x20]),
            ("zeroed", &[0x00]),
            ("lost", &[]),
            ("doubled", &[byte, byte]),
        ];
        for (way, instead) in ways {
            if instead == [byte] {
                continue;
            }
            let stream = [before, instead, behind, &two, &three].concat();
            let case = deframe(
                format!("codec.deframe.damaged.byte-{at:02}-{way}"),
                format!("a line whose byte {at} is {way} is no frame, and costs no other"),
                &[GARBAGE, "CW-LINK-003"],
                stream,
                frame_min(),
            );
            cases.push(with_twin(case, THREE.into()));
        }
    }
    cases
}

fn frame_min() -> u64 {
    protocol().limit("frame_min")
}

/// Three lines: the hello of the vectors, a sealed frame, a refusal.
fn lines() -> [Vec<u8>; 3] {
    let name = TWIN.rsplit('.').next();
    let hello = vectors::frames()
        .valid()
        .find(|vector| Some(vector.name.as_str()) == name);
    let hello = hello
        .and_then(|vector| hex::decode(&vector.line))
        .unwrap_or_default();
    let sealed: Vec<u8> = (0..36).map(|at| at * 7).collect();
    [hello, line("sealed", 1 << 63, &sealed), line("clear", 2, &[0xFF])]
}

/// A frame on the line.
pub(super) fn line(kind: &str, number: u64, payload: &[u8]) -> Vec<u8> {
    let frame = Frame {
        kind: kind.to_owned(),
        number,
        payload: payload.to_vec(),
    };
    // The kinds of this module are registered.
    frame::encode(protocol(), &frame).unwrap_or_default()
}
