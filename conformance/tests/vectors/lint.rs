//! What holds for every file: fresh, of its schema, with names of its own, and as the manifest says.

use crate::{MADE, root};
use cardwire_conformance::vectors::{self, MANIFEST, Manifest};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeSet, fs};

const COMMAND: &str = "cargo run --package cardwire-conformance --example vectors";

#[test]
fn no_file_is_stale() {
    let folder = root().join("vectors");
    let made = &*MADE;
    for (path, bytes) in made {
        let committed = fs::read(folder.join(path)).ok();
        assert!(
            committed.as_ref() == Some(bytes),
            "{} is stale: {COMMAND}",
            path.display()
        );
    }
    for folder_of_made in ["messages", "cbor", "frames"] {
        let there = fs::read_dir(folder.join(folder_of_made)).unwrap().count();
        let made = made.iter().filter(|(path, _)| path.starts_with(folder_of_made));
        assert_eq!(
            made.count(),
            there,
            "{folder_of_made} has files that nothing makes any more: remove them"
        );
    }
    let manifest = vectors::manifest(&vectors::files(&folder).unwrap());
    assert!(
        fs::read(folder.join(MANIFEST)).ok() == Some(manifest),
        "{MANIFEST} is stale: {COMMAND}"
    );
}

/// Read as a user of the vectors reads it, without the code that wrote it.
#[test]
fn the_manifest_is_right() {
    let folder = root().join("vectors");
    let text = fs::read(folder.join(MANIFEST)).unwrap();
    let manifest: Manifest = serde_json::from_slice(&text).unwrap();
    let mut total = (0, 0);
    for file in &manifest.files {
        let bytes = fs::read(folder.join(&file.path)).unwrap();
        let digest: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(digest, file.sha256, "{}", file.path);
        let Some(tally) = file.tally else { continue };
        let content: Value = serde_json::from_slice(&bytes).unwrap();
        let results = content["vectors"].as_array().unwrap().iter();
        let results: Vec<&str> = results.map(|vector| vector["result"].as_str().unwrap()).collect();
        let valid = results.iter().filter(|result| **result == "valid").count();
        assert_eq!(
            (tally.valid, tally.invalid),
            (valid, results.len() - valid),
            "{}",
            file.path
        );
        total.0 += tally.valid;
        total.1 += tally.invalid;
    }
    assert_eq!((manifest.total.valid, manifest.total.invalid), total);
    let there = vectors::files(&folder).unwrap();
    assert_eq!(manifest.files.len(), there.len());
    let protocol = crate::protocol();
    assert_eq!(manifest.revision, protocol.about.revision);
    assert_eq!(manifest.version, protocol.about.version);
}

#[test]
fn names_are_unique_in_a_file() {
    for (path, bytes) in MADE.iter() {
        let content: Value = serde_json::from_slice(bytes).unwrap();
        let mut names = BTreeSet::new();
        for vector in content["vectors"].as_array().unwrap() {
            let name = vector["name"].as_str().unwrap().to_owned();
            assert!(
                names.insert(name.clone()),
                "{}: {name} stands twice",
                path.display()
            );
        }
    }
}

/// The folder stays small enough to be copied into another project.
#[test]
fn the_folder_is_small() {
    let size: usize = vectors::files(&root().join("vectors"))
        .unwrap()
        .iter()
        .map(|(_, bytes)| bytes.len())
        .sum();
    assert!(size < 6_000_000, "{size} bytes");
}

/// A line for each vector: a review sees which ones changed.
#[test]
fn each_vector_stands_on_a_line() {
    for (path, bytes) in MADE.iter() {
        let text = core::str::from_utf8(bytes).unwrap();
        let content: Value = serde_json::from_str(text).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("{\"")).count();
        assert_eq!(
            lines,
            content["vectors"].as_array().unwrap().len(),
            "{}",
            path.display()
        );
    }
}
