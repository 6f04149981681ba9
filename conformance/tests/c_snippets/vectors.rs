//! Link, codec and channels, held against the golden vectors and the worked examples.

use crate::program::{Asked, book_source, bytes, digits};
use cardwire_conformance::{
    book,
    vectors::{self, Found, FrameVectors, MessageVectors, StreamVectors},
};
use cardwire_peers::Identities;
use std::{collections::HashMap, fs, path::Path};

#[test]
fn frames_are_those_of_the_vectors() {
    let mut program = Asked::start();
    let vectors: FrameVectors = file("frames/frames.json");
    for vector in vectors.valid() {
        let line = bytes(&vector.line);
        let kind = if vector.kind == "clear" { 1 } else { 2 };
        let payload = bytes(&vector.payload);
        let expected = format!("{kind} {} {}", vector.number, digits(&payload));
        let seen = program.ask("frame", &[&line[..line.len() - 1]]);
        let seen = seen
            .replace('-', "- ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(seen, format!("{expected} {}", vector.line), "{}", vector.name);
    }
    for vector in vectors.invalid() {
        let line = bytes(&vector.line);
        // What is only too long is for a deframer, which knows how much it takes.
        if vector.max_frame.is_some() {
            assert_eq!(program.ask("feed", &[&line]), "", "{}", vector.name);
            continue;
        }
        assert_eq!(
            program.ask("frame", &[&line[..line.len() - 1]]),
            vector.fault,
            "{}",
            vector.name
        );
    }
}

/// The deframer of the book takes frames of 512 bytes.
#[test]
fn streams_are_those_of_the_vectors() {
    let mut program = Asked::start();
    let vectors: StreamVectors = file("frames/streams.json");
    let streams = vectors.vectors.iter();
    for vector in streams.filter(|vector| vector.max_frame == 512 && !vector.stream.is_empty()) {
        let numbers = vector.found.iter().filter_map(|found| match found {
            Found::Frame { number, .. } => Some(number.as_str()),
            Found::Fault { .. } => None,
        });
        let numbers: Vec<&str> = numbers.collect();
        assert_eq!(
            program.ask("feed", &[&bytes(&vector.stream)]),
            numbers.join(" "),
            "{}",
            vector.name
        );
        // What is left of it does not hit the next stream.
        program.ask("feed", &[&[0x00]]);
    }
}

#[test]
fn garbage_costs_the_frame_that_it_hits() {
    let mut program = Asked::start();
    let vectors: FrameVectors = file("frames/frames.json");
    let hello = vectors.valid().find(|vector| vector.name == "hello").unwrap();
    let line = bytes(&hello.line);
    let good = |program: &mut Asked| assert_eq!(program.ask("feed", &[&line]), hello.number);
    good(&mut program);
    for at in 0..line.len() - 1 {
        let mut damaged = line.clone();
        damaged[at] ^= 0x41;
        assert_eq!(program.ask("feed", &[&damaged]), "", "byte {at}");
        good(&mut program);
    }
    assert_eq!(program.ask("feed", &[&[0x55; 3000]]), "");
    assert_eq!(
        program.ask("feed", &[&line]),
        "",
        "it ends what stood on the line"
    );
    good(&mut program);
    // The largest frame that a reader with the smallest buffer takes, and one byte more.
    for vector in vectors.valid() {
        let size = vector.payload.len() / 2 + 13;
        let expected = if size <= 512 { vector.number.as_str() } else { "" };
        assert_eq!(
            program.ask("feed", &[&bytes(&vector.line)]),
            expected,
            "{}",
            vector.name
        );
    }
}

#[test]
fn messages_are_those_of_the_vectors() {
    let mut program = Asked::start();
    let rules = rule_numbers();
    let mut asked = 0;
    for vectors in messages() {
        let command = format!("at:{}", vectors.place);
        for vector in vectors.valid() {
            let seen = program.ask(&command, &[&bytes(&vector.hex)]);
            if seen.starts_with("no decoder") {
                continue;
            }
            assert_eq!(seen, "good", "{}, {}", vectors.message, vector.name);
            asked += 1;
        }
        for vector in vectors.invalid() {
            let seen = program.ask(&command, &[&bytes(&vector.hex)]);
            if seen.starts_with("no decoder") {
                continue;
            }
            let expected = format!("{} {}", rules[&vector.rule], vector.offset);
            assert_eq!(seen, expected, "{}, {}", vectors.message, vector.name);
            asked += 1;
        }
    }
    assert!(asked > 400, "a reader's decoders were asked {asked} times only");
}

#[test]
fn handshakes_are_those_of_the_examples() {
    let mut program = Asked::start();
    let values: HashMap<_, _> = book::values().unwrap().into_iter().collect();
    let value = |name: &str| values[name].as_slice();
    let joined = |names: &[&str]| {
        names
            .iter()
            .map(|name| digits(value(name)))
            .collect::<Vec<_>>()
            .join(" ")
    };

    let (connect, answer) = (value("connect"), value("connect_answer"));
    let first = &connect[connect.len() - 48..];
    let arguments = [
        value("psk"),
        value("client_prologue"),
        first,
        value("session_reader_ephemeral"),
    ];
    let keys = joined(&["session_from_client", "session_to_client", "session_hash"]);
    assert_eq!(
        program.ask("client", &arguments),
        format!("{} {keys}", digits(&answer[2..]))
    );
    for damaged in 0..3 {
        let mut copies = arguments.map(<[u8]>::to_vec);
        copies[damaged][0] ^= 1;
        let arguments = copies.each_ref().map(Vec::as_slice);
        assert_eq!(program.ask("client", &arguments), "refused", "argument {damaged}");
    }
    // A public key that makes the result all zero, with a tag that is right.
    let zero = [&[0; 32][..], &first[32..]].concat();
    assert_eq!(
        program.ask("client", &[arguments[0], arguments[1], &zero, arguments[3]]),
        "refused"
    );

    let begin = [
        value("reader_static"),
        value("cloud_public"),
        value("login_header"),
        value("login_reader_ephemeral"),
    ];
    assert_eq!(program.ask("begin", &begin), digits(value("login_first")));
    let keys = joined(&["login_to_cloud", "login_from_cloud", "login_hash"]);
    let finish = [value("reader_static"), value("login_second")];
    assert_eq!(program.ask("finish", &finish), keys);
    program.ask("begin", &begin);
    let mut second = value("login_second").to_vec();
    second[47] ^= 1;
    assert_eq!(program.ask("finish", &[finish[0], &second]), "refused");
}

#[test]
fn sealed_frames_are_those_of_the_examples() {
    let mut program = Asked::start();
    let values: HashMap<_, _> = book::values().unwrap().into_iter().collect();
    let value = |name: &str| values[name].as_slice();
    let number = |number: u64| number.to_be_bytes();
    let sealed = value("status_request_sealed");
    program.ask(
        "channel",
        &[value("session_from_client"), value("session_to_client")],
    );
    let expected = format!("request {}", digits(value("status_request")));
    assert_eq!(program.ask("open", &[&number(0), sealed]), expected);
    assert_eq!(
        program.ask("answer", &[value("status_answer")]),
        digits(value("status_answer_sealed"))
    );
    assert_eq!(program.ask("open", &[&number(0), sealed]), "repeat");
    let mut forged = sealed.to_vec();
    forged[0] ^= 1;
    // 64 frames that are dropped end the session; a repeat in between is none.
    let wrong = [
        (number(0), forged.as_slice()),
        (number(1), sealed),
        (number(2), sealed),
        (number(0), &[]),
    ];
    for (number, payload) in wrong.iter().cycle().take(63) {
        assert_eq!(program.ask("open", &[number, payload]), "dropped");
    }
    assert_eq!(program.ask("open", &[&number(0), sealed]), "repeat");
    assert_eq!(program.ask("open", &[&number(1), sealed]), "exhausted");
}

/// The signature check that the tests bring: without it the reader below would prove nothing about updates.
#[test]
fn signatures_are_those_of_the_update_authority() {
    let mut program = Asked::start();
    let authority = Identities::certification().authority.unwrap();
    let (label, manifest) = (b"cardwire/1 manifest", b"any manifest");
    let (public, signature) = (authority.public_key(), authority.sign(manifest));
    assert_eq!(
        program.ask("verify", &[&public, label, manifest, &signature]),
        "good"
    );
    for at in [0, 31, 32, 63] {
        let mut damaged = signature;
        damaged[at] ^= 1;
        assert_eq!(
            program.ask("verify", &[&public, label, manifest, &damaged]),
            "refused",
            "byte {at}"
        );
    }
    assert_eq!(
        program.ask("verify", &[&public, label, b"another", &signature]),
        "refused"
    );
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let anybody = [neutral, [0; 32]].concat();
    assert_eq!(
        program.ask("verify", &[&neutral, label, manifest, &anybody]),
        "refused"
    );
}

fn messages() -> Vec<MessageVectors> {
    let made = vectors::generate();
    let files = made.iter().filter(|(path, _)| path.starts_with("messages"));
    files
        .map(|(_, bytes)| serde_json::from_slice(bytes).unwrap())
        .collect()
}

fn file<T: serde::de::DeserializeOwned>(path: &str) -> T {
    let made = vectors::generate();
    let (_, bytes) = made
        .iter()
        .find(|(made, _)| made.as_path() == Path::new(path))
        .unwrap();
    serde_json::from_slice(bytes).unwrap()
}

/// The number of a rule, as the header that the C code includes has it.
fn rule_numbers() -> HashMap<String, u8> {
    let header = fs::read_to_string(book_source().join("cardwire.h")).unwrap();
    let rules = header.lines().filter_map(|line| {
        let (name, value) = line.trim().strip_prefix("CW_CODEC_RULE_")?.split_once(" = 0x")?;
        let value = u8::from_str_radix(value.get(..2)?, 16).ok()?;
        Some((name.to_lowercase().replace('_', "-"), value))
    });
    rules.collect()
}
