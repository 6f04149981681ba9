//! The committed vectors: fresh, and the same for both codecs, which share no code.

use cardwire_codec::{
    DecodeError, Message as _,
    frame::{Deframer, FrameError, line_size},
    message::{
        Answer, ChannelAnswer, ChannelRequest, ClearAnswer, ClearRequest, CloudAnswer, CloudRequest, Event,
        Logic, LoginHeader, Manifest, Request, ServiceData, limits::FRAME_MAX,
    },
};
use cardwire_conformance::vectors::{self, FrameVectors, MessageVectors};
use cardwire_spec::{Place, Protocol, interpret};
use std::{collections::BTreeSet, path::Path};

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn protocol() -> Protocol {
    cardwire_spec::load(&root().join("spec/protocol.toml")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

fn messages() -> Vec<MessageVectors> {
    let files = vectors::generate();
    let messages = files.iter().filter(|(path, _)| path.starts_with("messages"));
    messages
        .map(|(_, bytes)| serde_json::from_slice(bytes).unwrap())
        .collect()
}

fn frames() -> FrameVectors {
    let files = vectors::generate();
    let frames = files.iter().find(|(path, _)| path.starts_with("frames")).unwrap();
    serde_json::from_slice(&frames.1).unwrap()
}

#[test]
fn no_file_is_stale() {
    let vectors = root().join("vectors");
    let made = vectors::generate();
    for (path, bytes) in &made {
        let committed = std::fs::read(vectors.join(path)).ok();
        let command = "cargo run --package cardwire-conformance --example vectors";
        assert!(
            committed.as_ref() == Some(bytes),
            "{} is stale: {command}",
            path.display()
        );
    }
    for folder in ["messages", "frames"] {
        let there = std::fs::read_dir(vectors.join(folder)).unwrap().count();
        assert_eq!(
            made.iter().filter(|(path, _)| path.starts_with(folder)).count(),
            there,
            "{folder}"
        );
    }
}

/// Decodes by the generated codec and encodes again.
fn codec(place: &str, message: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut out = vec![0; 4096];
    macro_rules! round_trip {
        ($decoded:expr) => {{
            let decoded = $decoded?;
            decoded
                .encode(&mut out)
                .expect("what was decoded has an encoding")
        }};
    }
    let length = match place {
        "clear-request" => round_trip!(ClearRequest::decode(message)),
        "clear-answer" => round_trip!(ClearAnswer::decode(message)),
        "request" => round_trip!(Request::decode(message)),
        "answer" => round_trip!(Answer::decode(message)),
        "event" => round_trip!(Event::decode(message)),
        "cloud-request" => round_trip!(CloudRequest::decode(message)),
        "cloud-answer" => round_trip!(CloudAnswer::decode(message)),
        "channel-request" => round_trip!(ChannelRequest::decode(message)),
        "channel-answer" => round_trip!(ChannelAnswer::decode(message)),
        "document:login_header" => round_trip!(LoginHeader::decode(message)),
        "document:service_data" => round_trip!(ServiceData::decode(message)),
        "document:manifest" => round_trip!(Manifest::decode(message)),
        "document:logic" => round_trip!(Logic::decode(message)),
        _ => panic!("no codec for {place}"),
    };
    Ok(out[..length].to_vec())
}

#[test]
fn both_codecs_take_what_is_valid() {
    let protocol = protocol();
    for vectors in messages() {
        for vector in &vectors.valid {
            let what = format!("{}, {}", vectors.message, vector.name);
            let message = bytes(&vector.hex);
            let place = Place::parse(&vectors.place).unwrap();
            let tree = interpret::decode(&protocol, place, &message).unwrap();
            assert_eq!(interpret::to_json(&tree), vector.value, "{what}");
            assert_eq!(
                interpret::encode(&protocol, &vectors.message, &vector.value).unwrap(),
                message,
                "{what}"
            );
            assert_eq!(codec(&vectors.place, &message).as_ref(), Ok(&message), "{what}");
        }
    }
}

#[test]
fn both_codecs_refuse_what_is_invalid_for_the_same_reason() {
    let protocol = protocol();
    for vectors in messages() {
        for vector in &vectors.invalid {
            let what = format!("{}, {}", vectors.message, vector.name);
            let message = bytes(&vector.hex);
            let place = Place::parse(&vectors.place).unwrap();
            let fault = interpret::decode(&protocol, place, &message).unwrap_err();
            let expected = (vector.rule.as_str(), vector.field.as_str(), vector.offset);
            assert_eq!(
                (fault.rule.name(), fault.field.as_str(), fault.offset),
                expected,
                "{what}"
            );
            let error = codec(&vectors.place, &message).unwrap_err();
            assert_eq!((error.rule.name(), error.field, error.offset), expected, "{what}");
            assert!(
                vectors.valid.iter().any(|valid| valid.name == vector.twin),
                "{what}"
            );
        }
    }
}

#[test]
fn every_message_has_vectors_and_every_rule_breaks() {
    let protocol = protocol();
    let all = messages();
    let mut rules: BTreeSet<&str> = BTreeSet::new();
    for vectors in &all {
        let names: BTreeSet<_> = vectors
            .valid
            .iter()
            .map(|vector| &vector.name)
            .chain(vectors.invalid.iter().map(|vector| &vector.name))
            .collect();
        assert_eq!(
            names.len(),
            vectors.valid.len() + vectors.invalid.len(),
            "{}",
            vectors.message
        );
        rules.extend(vectors.invalid.iter().map(|vector| vector.rule.as_str()));
    }
    assert_eq!(all.len(), protocol.messages.len() + protocol.documents.len());
    // No extension is known in this revision, so that two rules can't be broken.
    let known = protocol.registries["codec_rule"]
        .values
        .iter()
        .map(|rule| rule.name.as_str());
    let breakable: BTreeSet<_> = known
        .filter(|rule| !["extension-bit", "extension-tail"].contains(rule))
        .collect();
    assert_eq!(rules, breakable);
}

#[test]
fn both_deframers_agree() {
    let protocol = protocol();
    let vectors = frames();
    for vector in &vectors.valid {
        let line = bytes(&vector.line);
        let frame = interpret::frame::decode(&protocol, &line[..line.len() - 1]).unwrap();
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
        assert_eq!(
            interpret::frame::encode(&protocol, &frame).unwrap(),
            line,
            "{}",
            vector.name
        );
        let mut deframer = Deframer::<{ line_size(FRAME_MAX) }>::new();
        let decoded = deframer.feed(&mut &line[..]).unwrap().unwrap();
        assert_eq!(
            (decoded.kind.name(), decoded.number, decoded.payload),
            (vector.kind.as_str(), expected.1, &expected.2[..])
        );
        let mut out = vec![0; 5000];
        let length = decoded.encode(&mut out).unwrap();
        assert_eq!(out[..length], line, "{}", vector.name);
    }
    for vector in &vectors.invalid {
        let line = bytes(&vector.line);
        let fault = interpret::frame::decode(&protocol, &line[..line.len() - 1]).unwrap_err();
        assert_eq!(fault.name(), vector.fault, "{}", vector.name);
        let mut deframer = Deframer::<{ line_size(FRAME_MAX) }>::new();
        let error = deframer.feed(&mut &line[..]).unwrap().unwrap_err();
        let name = match error {
            FrameError::Cobs => "cobs",
            FrameError::TooShort => "too-short",
            FrameError::TooLong => "too-long",
            FrameError::Checksum => "checksum",
            FrameError::Kind => "kind",
        };
        assert_eq!(name, vector.fault, "{}", vector.name);
    }
}
