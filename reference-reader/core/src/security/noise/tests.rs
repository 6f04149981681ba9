//! Published vectors of both handshakes, run by exactly the code that ships: the types and functions above, in both roles.
//!
//! The vectors (cacophony's and those of snow) come with the package `snow`, against which the tests of this workspace
//! play; they are read where cargo keeps it, so that nothing is copied.

use super::*;
use noise_protocol::patterns::{HandshakePattern, noise_ik, noise_nn_psk0};
use serde_json::Value;
use std::{format, fs, string::String, vec, vec::Vec};

extern crate std;

/// A published vector: what each side begins with, and every message with its plain text.
struct Vector {
    pattern: HandshakePattern,
    initiator: Side,
    responder: Side,
    psk: Option<Vec<u8>>,
    hash: Option<Vec<u8>>,
    messages: Vec<(Vec<u8>, Vec<u8>)>,
}

struct Side {
    prologue: Vec<u8>,
    fixed: Option<[u8; 32]>,
    ephemeral: [u8; 32],
    remote: Option<[u8; 32]>,
}

#[test]
fn published_vectors_of_both_handshakes() {
    let mut run = Vec::new();
    for file in ["cacophony.txt", "snow.txt"] {
        for (name, vector) in vectors(file) {
            check(&vector);
            refuses_every_changed_byte(&vector);
            run.push(format!("{file} {name}"));
        }
    }
    assert_eq!(
        run,
        [
            "cacophony.txt Noise_NNpsk0_25519_ChaChaPoly_SHA256",
            "cacophony.txt Noise_IK_25519_ChaChaPoly_SHA256",
            "snow.txt Noise_IK_25519_ChaChaPoly_SHA256",
        ]
    );
}

/// Plays the vector in both roles: bytes, plain texts and hash are those that were published.
fn check(vector: &Vector) {
    let (mut initiator, mut responder) = handshakes(vector);
    let (handshake, transport) = vector.messages.split_at(2);
    for (turn, (payload, ciphertext)) in handshake.iter().enumerate() {
        let (writer, reader) = match turn {
            0 => (&mut initiator, &mut responder),
            _ => (&mut responder, &mut initiator),
        };
        let mut written = vec![0; ciphertext.len()];
        writer.write_message(payload, &mut written).unwrap();
        assert_eq!(written, *ciphertext);
        let mut read = vec![0; payload.len()];
        reader.read_message(ciphertext, &mut read).unwrap();
        assert_eq!(read, *payload);
    }
    for side in [&initiator, &responder] {
        let keys = Keys::of(side);
        if let Some(hash) = &vector.hash {
            assert_eq!(keys.hash, hash[..]);
        }
        for (turn, (payload, ciphertext)) in transport.iter().enumerate() {
            let number = (turn / 2) as u64;
            let key = if turn % 2 == 0 {
                &keys.initiator
            } else {
                &keys.responder
            };
            let mut out = vec![0; ciphertext.len()];
            assert_eq!(seal(key, number, payload, &mut out), Some(ciphertext.len()));
            assert_eq!(out, *ciphertext);
            assert_eq!(open(key, number, ciphertext, &mut out), Some(&payload[..]));
            assert_eq!(open(key, number + 1, ciphertext, &mut out), None);
        }
    }
}

/// One changed bit in any byte of either handshake message ends it there, or in the next message at the latest.
fn refuses_every_changed_byte(vector: &Vector) {
    let [(first_payload, first), (second_payload, second), ..] = &vector.messages[..] else {
        panic!("a handshake has two messages");
    };
    for at in 0..first.len() {
        let (_, mut responder) = handshakes(vector);
        let mut changed = first.clone();
        changed[at] ^= 1 << (at % 8);
        let mut read = vec![0; first_payload.len()];
        assert!(
            responder.read_message(&changed, &mut read).is_err(),
            "first message, byte {at}"
        );
    }
    for at in 0..second.len() {
        let (mut initiator, _) = handshakes(vector);
        let mut written = vec![0; first.len()];
        initiator.write_message(first_payload, &mut written).unwrap();
        let mut changed = second.clone();
        changed[at] ^= 1 << (at % 8);
        let mut read = vec![0; second_payload.len()];
        assert!(
            initiator.read_message(&changed, &mut read).is_err(),
            "second message, byte {at}"
        );
    }
}

fn handshakes(vector: &Vector) -> (Handshake, Handshake) {
    let make = |side: &Side, initiates| {
        let key = |bytes: [u8; 32]| Key::from_slice(&bytes);
        let mut handshake = Handshake::new(
            vector.pattern.clone(),
            initiates,
            &side.prologue,
            side.fixed.map(key),
            Some(key(side.ephemeral)),
            side.remote,
            None,
        );
        if let Some(psk) = &vector.psk {
            handshake.push_psk(psk);
        }
        handshake
    };
    (make(&vector.initiator, true), make(&vector.responder, false))
}

/// The vectors of both handshakes in a file of the package `snow`.
fn vectors(file: &str) -> Vec<(String, Vector)> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .other_options(["--locked".into()])
        .exec()
        .unwrap();
    let snow = metadata.packages.iter().find(|package| package.name == "snow");
    let folder = snow.unwrap().manifest_path.parent().unwrap();
    let text = fs::read_to_string(folder.join("tests/vectors").join(file)).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut found = Vec::new();
    for (name, pattern) in [
        ("Noise_NNpsk0_25519_ChaChaPoly_SHA256", noise_nn_psk0()),
        ("Noise_IK_25519_ChaChaPoly_SHA256", noise_ik()),
    ] {
        for vector in all["vectors"].as_array().unwrap() {
            if vector["protocol_name"] == name {
                found.push((name.into(), read(vector, pattern.clone())));
            }
        }
    }
    found
}

fn read(vector: &Value, pattern: HandshakePattern) -> Vector {
    let bytes = |value: &Value| value.as_str().map(unhex);
    let key = |name: String| bytes(&vector[name]).map(|bytes| bytes.try_into().unwrap());
    let side = |role: &str| Side {
        prologue: bytes(&vector[format!("{role}_prologue")]).unwrap(),
        fixed: key(format!("{role}_static")),
        ephemeral: key(format!("{role}_ephemeral")).unwrap(),
        remote: key(format!("{role}_remote_static")),
    };
    let messages = vector["messages"].as_array().unwrap().iter();
    Vector {
        pattern,
        initiator: side("init"),
        responder: side("resp"),
        psk: bytes(&vector["init_psks"][0]),
        hash: bytes(&vector["handshake_hash"]),
        messages: messages
            .map(|message| {
                (
                    bytes(&message["payload"]).unwrap(),
                    bytes(&message["ciphertext"]).unwrap(),
                )
            })
            .collect(),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}
