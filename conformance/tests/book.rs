//! The committed worked examples are those that the schema and the libraries make.

use cardwire_conformance::book;
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
