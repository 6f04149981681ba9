//! What a reviewer must see when the protocol changes: of every message and document its bytes, what they mean part by
//! part, its CBOR and JSON, and what is said of bytes that are refused.
//!
//! Bytes, JSON and errors are the codec's, the tree is the interpreter's, and CBOR is what both write.

use cardwire_codec::plain::Any;
use cardwire_conformance::vectors::{self, MessageVectors};
use cardwire_spec::{
    Place, Protocol,
    interpret::{self, Part, hex},
};
use core::fmt::Write as _;
use std::{collections::BTreeMap, path::Path};

#[test]
fn every_message_and_document() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/protocol.toml");
    let protocol = cardwire_spec::load(&schema).expect("the protocol's own schema is right");
    let made = vectors::generate();
    let files = made.iter().filter(|(path, _)| path.starts_with("messages"));
    let mut count = 0;
    for (_, file) in files {
        let file: MessageVectors = serde_json::from_slice(file).expect("the generator writes what it reads");
        insta::assert_snapshot!(file.message.clone(), told(&protocol, &file));
        count += 1;
    }
    assert_eq!(count, protocol.messages.len() + protocol.documents.len());
}

fn told(protocol: &Protocol, file: &MessageVectors) -> String {
    let mut out = String::new();
    for vector in file.valid() {
        let shown =
            ["smallest", "typical"].contains(&vector.name.as_str()) || vector.name.starts_with("with-");
        if shown {
            let _ = writeln!(out, "== {}", vector.name);
            out += &valid(protocol, file, &vector.hex);
        }
    }
    out + "== refused\n" + &refused(file)
}

fn valid(protocol: &Protocol, file: &MessageVectors, hexadecimal: &str) -> String {
    let bytes = hex::decode(hexadecimal).expect("vectors are hexadecimal");
    let any = decode(file, &bytes).expect("the vector is valid");
    let json = serde_json::to_string(&any).expect("plain values have a JSON form");
    let cbor = match interpret::to_cbor(protocol, &file.message, &bytes) {
        Ok(cbor) => hex::encode(&cbor),
        Err(fault) => fault.to_string(),
    };
    let place = match file.message.as_str() {
        name if protocol.message(name).is_none() => Place::Document(name),
        _ => Place::Any,
    };
    let explanation = interpret::explain(protocol, place, &bytes);
    let mut out = format!("hex   {hexadecimal}\njson  {json}\ncbor  {cbor}\n");
    explanation.parts.iter().for_each(|part| tree(&mut out, part, 0));
    out
}

fn tree(out: &mut String, part: &Part<'_>, depth: usize) {
    if part.is_absent {
        return;
    }
    let indent = 2 * depth;
    let _ = writeln!(
        out,
        "{:>5} {:>4} {:indent$}{}: {}",
        part.offset, part.size, "", part.path, part.text
    );
    part.parts.iter().for_each(|part| tree(out, part, depth + 1));
}

/// The first vector that is refused for each rule in each field, with what the codec says of it.
fn refused(file: &MessageVectors) -> String {
    let mut seen = BTreeMap::new();
    for vector in file.invalid() {
        seen.entry((vector.rule.clone(), vector.field.clone()))
            .or_insert(vector);
    }
    let mut out = String::new();
    for vector in seen.values() {
        let bytes = hex::decode(&vector.hex).expect("vectors are hexadecimal");
        let error = decode(file, &bytes).expect_err("the vector is invalid");
        let _ = writeln!(out, "{:<40} {error}", vector.name);
    }
    out
}

fn decode(file: &MessageVectors, bytes: &[u8]) -> Result<Any, cardwire_codec::DecodeError> {
    Any::decode(&file.place, bytes).expect("the place is one of the protocol's")
}
