//! The committed worked examples are those that the schema and the libraries make, and the guides name what exists.

use cardwire_conformance::{Case, Group, book, cases};
use cardwire_spec::{Place, interpret};
use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn no_example_is_stale() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/book/src");
    let made = book::generate().unwrap();
    for (path, text) in &made {
        let committed = fs::read_to_string(root.join(path)).ok();
        assert!(
            committed.as_ref() == Some(text),
            "{} is stale: cargo run --package cardwire-conformance --example book",
            path.display()
        );
    }
    let made: BTreeSet<_> = made.iter().map(|(path, _)| root.join(path)).collect();
    let there = fs::read_dir(root.join("generated"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let examples = there.filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("example-"))
    });
    for path in examples {
        assert!(
            made.contains(&path),
            "{} is made by nothing any more",
            path.display()
        );
    }
}

#[test]
fn every_example_stands_in_the_chapter() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/book/src");
    let chapter = fs::read_to_string(root.join("examples.md")).unwrap();
    for (path, _) in book::generate().unwrap() {
        let include = format!("{{{{#include {}}}}}", path.display());
        let is_example = path.starts_with("generated");
        assert!(
            !is_example || chapter.contains(&include),
            "examples.md lacks {include}"
        );
    }
}

/// The chapters that tell people what to type.
const GUIDES: [&str; 3] = ["examples.md", "implementing-in-c.md", "porting.md"];

fn guide(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/book/src");
    fs::read_to_string(root.join(name)).unwrap()
}

/// A filter that no case fits would make a run of nothing; a case that is named is there.
#[test]
fn filters_and_cases_of_the_guides_exist() {
    let groups: Vec<_> = Group::ALL.iter().map(|group| group.name()).collect();
    let exists = |id: &str| cases().iter().any(|case| case.id == id);
    let mut filters = 0;
    for name in GUIDES {
        let text = guide(name);
        for part in text.split("--filter '").skip(1) {
            let pattern = part.split('\'').next().unwrap_or_default();
            let prefix = pattern.strip_suffix('*').unwrap_or(pattern);
            let fits =
                |case: &Case| case.id == pattern || (pattern.ends_with('*') && case.id.starts_with(prefix));
            assert!(cases().iter().any(fits), "{name}: no case fits {pattern}");
            filters += 1;
        }
        // A case stands in backticks, with its group.
        for word in text.split('`').skip(1).step_by(2) {
            let case = word
                .split_once('.')
                .filter(|(group, rest)| groups.contains(group) && rest.contains('-'));
            let is_sanity = word.starts_with("sanity.");
            assert!(
                case.is_none() || is_sanity || exists(word),
                "{name}: there is no case {word}"
            );
        }
    }
    assert!(filters > 20, "{filters} filters were looked at");
}

/// Bytes that a guide gives to `cardwire decode` are what it says that they are.
#[test]
fn bytes_of_the_guides_decode() {
    let protocol =
        cardwire_spec::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/protocol.toml")).unwrap();
    let mut commands = 0;
    for name in GUIDES {
        for line in guide(name).lines() {
            let Some(words) = line.strip_prefix("$ cardwire decode --at ") else {
                continue;
            };
            let (place, digits) = words.split_once(' ').unwrap();
            let bytes: Vec<u8> = (0..digits.len() / 2)
                .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
                .collect();
            let decoded = match place {
                "frames" => interpret::frame::decode(&protocol, &bytes[..bytes.len() - 1]).is_ok(),
                place => interpret::decode(&protocol, Place::parse(place).unwrap(), &bytes).is_ok(),
            };
            assert!(decoded, "{name}: {line}");
            commands += 1;
        }
    }
    assert!(commands >= 4, "{commands} commands were looked at");
}

/// What a guide includes is there; of a file's part, its two marks.
#[test]
fn includes_of_the_guides_resolve() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/book/src");
    let mut shown = BTreeSet::new();
    for name in GUIDES {
        for include in guide(name).split("{{#include ").skip(1) {
            let target = include.split("}}").next().unwrap();
            let (path, anchor) = target
                .split_once(':')
                .map_or((target, None), |(path, part)| (path, Some(part)));
            let text =
                fs::read_to_string(root.join(path)).unwrap_or_else(|_| panic!("{name} includes {path}"));
            for mark in anchor
                .into_iter()
                .flat_map(|part| [format!("ANCHOR: {part} "), format!("ANCHOR_END: {part} ")])
            {
                assert!(text.contains(&mark), "{name}: {path} lacks {mark}");
            }
            shown.insert(target.to_owned());
        }
    }
    // A part that is marked and not shown is one that the guide has forgotten.
    for entry in fs::read_dir(root.join("c")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let file = path.file_name().unwrap().to_str().unwrap();
        for mark in text.split("/* ANCHOR: ").skip(1) {
            let target = format!("c/{file}:{}", mark.split(' ').next().unwrap());
            assert!(shown.contains(&target), "no guide shows {target}");
        }
    }
}
