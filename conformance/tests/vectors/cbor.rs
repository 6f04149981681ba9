//! The vectors of messages in CBOR: what they say holds for the interpreter, they are all there, and a CBOR library that
//! is not ours writes the same bytes.

use crate::{
    bytes, cbor, messages, protocol,
    schema::{extensions_of, fields_of},
};
use cardwire_conformance::vectors::InvalidCbor;
use cardwire_spec::{
    Protocol, interpret,
    kind::Kind,
    model::{Field, Length, Order},
};
use std::collections::BTreeSet;

/// The document whose CBOR is that of the interfaces.
const SERVICE_DATA: &str = "service_data";

#[test]
fn what_is_valid_has_both_forms() {
    let protocol = protocol();
    for file in cbor() {
        for vector in file.valid() {
            let what = format!("{}, {}", file.message, vector.name);
            let (native, cbor) = (bytes(&vector.native), bytes(&vector.cbor));
            let to = interpret::to_cbor(&protocol, &file.message, &native);
            assert_eq!(to.as_ref(), Ok(&cbor), "{what}");
            let from = interpret::from_cbor(&protocol, &file.message, &cbor);
            assert_eq!(from.as_ref(), Ok(&native), "{what}");
            let value: ciborium::Value = ciborium::from_reader(cbor.as_slice()).unwrap();
            assert_eq!(value.is_map(), file.message != SERVICE_DATA, "{what}");
            let mut again = Vec::new();
            ciborium::into_writer(&value, &mut again).unwrap();
            assert_eq!(again, cbor, "{what}");
        }
    }
}

#[test]
fn what_is_invalid_is_refused_for_its_reason() {
    let protocol = protocol();
    for file in cbor() {
        for vector in file.invalid() {
            let what = format!("{}, {}", file.message, vector.name);
            let fault = match (&vector.native, &vector.cbor) {
                (Some(native), None) => {
                    interpret::to_cbor(&protocol, &file.message, &bytes(native)).unwrap_err()
                }
                (None, Some(cbor)) => {
                    interpret::from_cbor(&protocol, &file.message, &bytes(cbor)).unwrap_err()
                }
                _ => panic!("{what}: one of both forms is wanted"),
            };
            assert_eq!(
                (fault.rule.name(), fault.field.as_str(), fault.offset),
                (vector.rule.as_str(), vector.field.as_str(), vector.offset),
                "{what}"
            );
            if let Some(twin) = &vector.twin {
                let twin = file.valid().find(|valid| valid.name == *twin);
                assert_ne!(Some(&twin.expect(&what).cbor), vector.cbor.as_ref(), "{what}");
            }
        }
    }
}

/// Each valid vector of a message stands here under its name, unless it has no form in CBOR.
#[test]
fn every_native_vector_is_there() {
    let all = cbor();
    for file in messages() {
        let here = all.iter().find(|here| here.message == file.message).unwrap();
        for vector in file.valid() {
            let both = here.valid().any(|known| known.native == vector.hex);
            let has_none = here
                .invalid()
                .any(|known| known.native.as_ref() == Some(&vector.hex) && known.rule == "cbor-kind");
            assert!(both || has_none, "{}, {}", file.message, vector.name);
            assert!(!has_none || file.message == SERVICE_DATA, "{}", file.message);
        }
    }
}

#[test]
fn every_cut_is_refused() {
    for file in cbor() {
        let name = if file.message == SERVICE_DATA {
            "one-of-each-kind"
        } else {
            "typical"
        };
        let whole = bytes(&file.valid().find(|vector| vector.name == name).unwrap().cbor);
        let all = file.invalid().filter_map(|vector| vector.cbor.as_deref());
        let all: BTreeSet<_> = all.map(bytes).collect();
        for at in 0..whole.len() {
            assert!(all.contains(&whole[..at]), "{} cut at {at}", file.message);
        }
    }
}

/// Of every rule that a message in CBOR can break in a field, a vector breaks this one and no other.
#[test]
fn every_rule_is_broken_in_every_field() {
    let protocol = protocol();
    let mut missing = Vec::new();
    for file in cbor().iter().filter(|file| file.message != SERVICE_DATA) {
        let single: Vec<&InvalidCbor> = file.invalid().filter(|vector| vector.also.is_none()).collect();
        for (rule, field) in duties(&protocol, &file.message) {
            let is_there = |vector: &&InvalidCbor| (vector.rule.as_str(), &vector.field) == (rule, &field);
            if !single.iter().any(is_there) {
                missing.push(format!("{}: {rule} in {field}", file.message));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "no vector breaks these rules:\n{}",
        missing.join("\n")
    );
}

fn duties(protocol: &Protocol, name: &str) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&str, String)> = [
        ("cbor-head", "message"),
        ("cbor-indefinite", "message"),
        ("cbor-type", "message"),
        ("cbor-tail", "message"),
        ("message-size", "message"),
        ("truncated", "message"),
        ("message-type", "code"),
        ("cbor-head", "code"),
        ("cbor-type", "code"),
        ("cbor-key-missing", "code"),
        ("truncated", "code"),
        ("cbor-key-unknown", "extensions"),
        ("cbor-key-duplicate", "extensions"),
        ("cbor-key-order", "extensions"),
        ("cbor-type", "extensions"),
        ("cbor-head", "extensions"),
        ("truncated", "extensions"),
    ]
    .map(|(rule, field)| (rule, field.to_owned()))
    .to_vec();
    for field in fields_of(protocol, name) {
        all.push(("cbor-key-missing", field.name.clone()));
        of_field(protocol, field, &field.name, &mut all);
    }
    for known in extensions_of(protocol, name) {
        of_field(protocol, &known.field, &known.field.name, &mut all);
    }
    all
}

fn of_field(protocol: &Protocol, field: &Field, path: &str, all: &mut Vec<(&'static str, String)>) {
    let mut add = |rule| all.push((rule, path.to_owned()));
    add("cbor-type");
    add("truncated");
    if let Some([min, max]) = field.count {
        add("cbor-head");
        add("cbor-indefinite");
        add("count");
        assert!(min <= max);
        if field.order == Some(Order::Ascending) && max > 1 {
            add("order");
        }
    }
    match protocol.kind(&field.type_name).unwrap() {
        Kind::Number(width) => {
            add("cbor-head");
            if width < 8 || field.range.is_some() {
                add("range");
            }
        }
        Kind::Registry(_, registry) => {
            add("cbor-head");
            add("range");
            if !registry.open && (registry.values.len() as u64) <= registry.width.max() {
                add("value");
            }
        }
        Kind::Bytes | Kind::Text => {
            add("cbor-head");
            add("cbor-indefinite");
            assert!(matches!(
                field.length,
                Some(Length::Exact(_) | Length::Bounds(..))
            ));
            add("length");
            if field.type_name == "text" {
                add("text");
            }
        }
        Kind::Structure(structure) => {
            add("cbor-head");
            add("cbor-indefinite");
            add("count");
            for inner in &structure.fields {
                let path = format!("{}.{}", structure.name, inner.name);
                of_field(protocol, inner, &path, all);
            }
        }
        Kind::Bool | Kind::Register | Kind::Label => {}
    }
}
