//! The committed vectors: fresh, complete, what they say they are, and the same for both codecs, which share no code.

mod cbor;
mod codecs;
mod complete;
mod frames;
mod lint;
mod python;
mod schema;

use cardwire_conformance::vectors::{self, CborVectors, MessageVectors};
use cardwire_spec::Protocol;
use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

fn root() -> PathBuf {
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

/// What is made now, paths and bytes; a test holds it to being what is committed.
static MADE: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(vectors::generate);

fn made<T: serde::de::DeserializeOwned>(path: &str) -> T {
    let file = MADE.iter().find(|(made, _)| made.as_path() == Path::new(path));
    serde_json::from_slice(&file.unwrap().1).unwrap()
}

fn messages() -> Vec<MessageVectors> {
    folder("messages")
}

fn cbor() -> Vec<CborVectors> {
    folder("cbor")
}

fn folder<T: serde::de::DeserializeOwned>(folder: &str) -> Vec<T> {
    let files = MADE.iter().filter(|(path, _)| path.starts_with(folder));
    files
        .map(|(_, bytes)| serde_json::from_slice(bytes).unwrap())
        .collect()
}
