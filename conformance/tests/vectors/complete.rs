//! Whether the vectors are all there: what a file must hold follows from the schema, not from how it was made.

use crate::{
    MADE, bytes, messages, protocol,
    schema::{Bound, Duty, duties, extensions_of, fields_of, seen},
};
use cardwire_conformance::vectors::{InvalidMessage, MessageVectors};
use cardwire_spec::{Place, Protocol, interpret};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn every_message_has_a_file() {
    let protocol = protocol();
    let files: BTreeSet<String> = messages().into_iter().map(|file| file.message).collect();
    let messages = protocol.messages.iter().map(|message| message.name.clone());
    let documents = protocol.documents.iter().map(|document| document.name.clone());
    assert_eq!(files, messages.chain(documents).collect());
}

/// Of every rule that a message can break in a field, a vector breaks this one and no other.
#[test]
fn every_rule_is_broken_in_every_field() {
    let protocol = protocol();
    let mut missing = Vec::new();
    for file in messages() {
        let single: Vec<_> = file.invalid().filter(|vector| vector.also.is_none()).collect();
        for duty in duties(&protocol, &file.message) {
            if !single.iter().any(|vector| fulfils(vector, &duty)) {
                missing.push(format!("{}: {duty:?}", file.message));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "no vector breaks these rules:\n{}",
        missing.join("\n")
    );
}

fn fulfils(vector: &InvalidMessage, duty: &Duty) -> bool {
    if (vector.rule.as_str(), &vector.field) != (duty.rule, &duty.field) {
        return false;
    }
    let Some((width, number)) = duty.number else {
        return true;
    };
    let message = bytes(&vector.hex);
    let stated = message.get(vector.offset..vector.offset + width);
    let stated = stated.map(|bytes| {
        bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte))
    });
    stated == Some(number)
}

/// Every rule of the registry has a vector that breaks it and no other.
#[test]
fn every_rule_of_the_registry_is_broken() {
    let protocol = protocol();
    let mut broken = BTreeSet::new();
    for (_, bytes) in MADE.iter() {
        let content: Value = serde_json::from_slice(bytes).unwrap();
        let vectors = content["vectors"].as_array().unwrap().iter();
        let single = vectors.filter(|vector| vector.get("also").is_none());
        broken.extend(single.filter_map(|vector| Some(vector["rule"].as_str()?.to_owned())));
    }
    let known = protocol.registries["codec_rule"].values.iter();
    let missing: Vec<_> = known
        .map(|rule| rule.name.as_str())
        .filter(|rule| !broken.contains(*rule))
        .collect();
    assert!(
        missing.is_empty(),
        "no vector breaks these rules of codec_rule and no other: {missing:?}; make one in conformance/src/vectors"
    );
}

/// Every bound is reached from the side that is right.
#[test]
fn every_bound_is_reached() {
    let protocol = protocol();
    let mut missing = Vec::new();
    for file in messages() {
        let mut reached = BTreeSet::new();
        for vector in file.valid() {
            seen(&protocol, &file.message, &vector.value, &mut reached);
        }
        for bound in Bound::all(&protocol, &file.message) {
            if !reached.contains(&bound) {
                missing.push(format!("{}: {bound:?}", file.message));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "no valid vector has these:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_size_and_every_extension_is_there() {
    let protocol = protocol();
    for file in messages() {
        let name = &file.message;
        let values: Vec<_> = file.valid().map(|vector| &vector.value).collect();
        for size in ["smallest", "typical", "largest"] {
            assert!(file.valid().any(|vector| vector.name == size), "{name}, {size}");
        }
        let has_defaults = |value: &&&Value| {
            let mut fields = fields_of(&protocol, name).iter();
            fields.all(|field| {
                let default = field.default.as_ref().map(|default| default.to_json());
                // A registry's default stands as a number in the schema and by its name in a value.
                let same = |default: Value| {
                    let mut whole = (***value).clone();
                    whole[&field.name] = default;
                    interpret::encode(&protocol, name, &whole) == interpret::encode(&protocol, name, value)
                };
                default.is_none_or(same)
            })
        };
        assert!(
            values.iter().any(|value| has_defaults(&value)),
            "{name} with its defaults"
        );
        assert!(
            values.iter().any(|value| value.get("extensions").is_some()),
            "{name}"
        );
        let known: Vec<_> = extensions_of(&protocol, name)
            .iter()
            .map(|known| known.field.name.as_str())
            .collect();
        let has = |value: &Value, wanted: &[&str]| {
            known
                .iter()
                .all(|name| value.get(name).is_some() == wanted.contains(name))
        };
        for one in &known {
            assert!(values.iter().any(|value| has(value, &[one])), "{name}, {one}");
        }
        assert!(values.iter().any(|value| has(value, &known)), "{name}");
    }
}

/// A typical message, cut at every byte.
#[test]
fn every_cut_is_refused() {
    for file in messages() {
        let whole = bytes(&typical(&file));
        let cut: BTreeSet<_> = file.invalid().map(|vector| bytes(&vector.hex)).collect();
        for at in 0..whole.len() {
            assert!(cut.contains(&whole[..at]), "{} cut at {at}", file.message);
        }
    }
}

fn typical(file: &MessageVectors) -> String {
    let typical = file.valid().find(|vector| vector.name == "typical");
    typical.unwrap().hex.clone()
}

/// Two faults in one message, of which the first is named.
#[test]
fn every_message_has_vectors_of_two_faults() {
    for file in messages() {
        let two = file.invalid().filter(|vector| vector.also.is_some());
        assert!(two.count() > 2, "{}", file.message);
    }
}

/// A vector that breaks one rule is its twin with one thing changed: the field that it names, the code, or what stands
/// behind the fields.
#[test]
fn every_wrong_vector_is_a_right_one_but_for_one_thing() {
    let protocol = protocol();
    for file in messages() {
        for vector in file.invalid() {
            let what = format!("{}, {}", file.message, vector.name);
            let twin = file.valid().find(|valid| valid.name == vector.twin);
            let twin = bytes(&twin.unwrap_or_else(|| panic!("{what}: no twin")).hex);
            let wrong = bytes(&vector.hex);
            assert_ne!(wrong, twin, "{what}");
            if vector.also.is_some() {
                assert!(vector.comment.is_some(), "{what}");
                continue;
            }
            let is_cut = twin.starts_with(&wrong);
            let (begin, end) = room(&protocol, &file, vector, &twin);
            let same_behind = &twin[end..];
            let is_one_edit = wrong.len() >= begin + same_behind.len()
                && wrong.starts_with(&twin[..begin])
                && wrong.ends_with(same_behind);
            assert!(is_cut || is_one_edit, "{what}");
        }
    }
}

/// Where in its twin the one thing stands that a vector has changed.
fn room(protocol: &Protocol, file: &MessageVectors, vector: &InvalidMessage, twin: &[u8]) -> (usize, usize) {
    let tree = interpret::decode(protocol, Place::parse(&file.place).unwrap(), twin).unwrap();
    let behind = tree.fields.last().map_or(1, |last| last.offset + last.size);
    match vector.field.as_str() {
        "code" if vector.offset == 0 => (0, 1),
        "message" | "extensions" => (behind, twin.len()),
        _ => {
            let top = tree.fields.iter();
            let mut top = top.filter(|node| {
                // A list may have become longer than its twin's.
                node.name == vector.field || (node.offset..node.offset + node.size).contains(&vector.offset)
            });
            // A value of an extension that the schema knows is changed with the extension's length.
            top.next().map_or((behind, twin.len()), |node| {
                crate::schema::innermost(protocol, fields_of(protocol, &file.message), node, vector)
            })
        }
    }
}
