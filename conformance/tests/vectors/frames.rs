//! Both deframers on every line and every stream.

use crate::{bytes, made, protocol};
use cardwire_codec::frame::{Deframer, line_size};
use cardwire_conformance::vectors::{Found, FrameVectors, StreamVectors};
use cardwire_spec::interpret::{frame, hex};

const SMALL: usize = 512;
const LARGE: usize = 4096;

/// What the codec's deframer finds that takes frames of so many bytes; the stream comes in pieces.
fn found(stream: &[u8], max_frame: usize, piece: usize) -> Vec<Found> {
    fn feed<const N: usize>(stream: &[u8], piece: usize) -> Vec<Found> {
        let mut deframer = Deframer::<N>::new();
        let mut all = Vec::new();
        for mut part in stream.chunks(piece) {
            while let Some(found) = deframer.feed(&mut part) {
                all.push(match found {
                    Ok(frame) => Found::Frame {
                        kind: frame.kind.name().to_owned(),
                        number: frame.number.to_string(),
                        payload: hex::encode(frame.payload),
                    },
                    Err(error) => Found::Fault {
                        fault: error.name().to_owned(),
                    },
                });
            }
        }
        all
    }
    match max_frame {
        SMALL => feed::<{ line_size(SMALL) }>(stream, piece),
        LARGE => feed::<{ line_size(LARGE) }>(stream, piece),
        _ => panic!("no deframer for frames of {max_frame} bytes"),
    }
}

#[test]
fn both_deframers_take_what_is_a_frame() {
    let protocol = protocol();
    let vectors: FrameVectors = made("frames/frames.json");
    for vector in vectors.valid() {
        let line = bytes(&vector.line);
        let frame = frame::decode(&protocol, &line[..line.len() - 1]).unwrap();
        let expected = (
            vector.kind.clone(),
            vector.number.parse().unwrap(),
            bytes(&vector.payload),
        );
        assert_eq!(
            (frame.kind.clone(), frame.number, frame.payload.clone()),
            expected,
            "{}",
            vector.name
        );
        assert_eq!(frame::encode(&protocol, &frame).unwrap(), line, "{}", vector.name);
        let mut deframer = Deframer::<{ line_size(LARGE) }>::new();
        let decoded = deframer.feed(&mut &line[..]).unwrap().unwrap();
        assert_eq!(
            (decoded.kind.name(), decoded.number, decoded.payload),
            (vector.kind.as_str(), expected.1, &expected.2[..])
        );
        let mut out = vec![0; 5000];
        let length = decoded.encode(&mut out).unwrap();
        assert_eq!(out[..length], line, "{}", vector.name);
    }
}

#[test]
fn both_deframers_refuse_what_is_none() {
    let protocol = protocol();
    let vectors: FrameVectors = made("frames/frames.json");
    for vector in vectors.invalid() {
        let line = bytes(&vector.line);
        let max_frame = vector.max_frame.unwrap_or(LARGE);
        let fault = frame::decode_within(&protocol, &line[..line.len() - 1], max_frame).unwrap_err();
        assert_eq!(fault.name(), vector.fault, "{}", vector.name);
        let fault = Found::Fault {
            fault: vector.fault.clone(),
        };
        assert_eq!(found(&line, max_frame, usize::MAX), [fault], "{}", vector.name);
        // A frame that is too long for one receiver is one for another that takes more.
        let mut deframer = Deframer::<{ line_size(2 * LARGE) }>::new();
        let is_frame = deframer.feed(&mut &line[..]).is_some_and(|found| found.is_ok());
        assert_eq!(is_frame, vector.max_frame.is_some(), "{}", vector.name);
    }
}

#[test]
fn both_deframers_find_the_same_in_streams() {
    let protocol = protocol();
    let vectors: StreamVectors = made("frames/streams.json");
    for vector in &vectors.vectors {
        let stream = bytes(&vector.stream);
        let interpreted: Vec<_> = frame::deframe(&protocol, &stream, vector.max_frame)
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
        assert_eq!(interpreted, vector.found, "{}", vector.name);
        for piece in [1, 7, usize::MAX] {
            let found = found(&stream, vector.max_frame, piece);
            assert_eq!(found, vector.found, "{}", vector.name);
        }
    }
}

/// Every reason not to be a frame has a line and a stream, and every stream but those that end early a good frame.
#[test]
fn every_fault_has_a_line_and_a_stream() {
    let frames: FrameVectors = made("frames/frames.json");
    let streams: StreamVectors = made("frames/streams.json");
    let found: Vec<_> = streams.vectors.iter().flat_map(|vector| &vector.found).collect();
    for name in ["cobs", "too-short", "too-long", "checksum", "kind"] {
        assert!(frames.invalid().any(|vector| vector.fault == name), "{name}");
        let fault = Found::Fault {
            fault: name.to_owned(),
        };
        assert!(found.contains(&&fault), "{name}");
    }
    // Behind every damage within the stream the next frame is found.
    for vector in streams
        .vectors
        .iter()
        .filter(|vector| vector.name.starts_with("byte-"))
    {
        assert!(
            matches!(vector.found.last(), Some(Found::Frame { kind, .. }) if kind == "sealed"),
            "{}",
            vector.name
        );
    }
}
