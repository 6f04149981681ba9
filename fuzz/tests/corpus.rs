//! Every input that is kept once more: corpora, and what campaigns have found.
//!
//! The folders name their targets. One that names none would be replayed by nobody, and fails here.

use cardwire_fuzz::{TARGETS, Target, dictionary};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// How much of each target's corpus is committed at most, in bytes.
const CORPUS_MAX: usize = 300 * 1024;

#[test]
fn properties_hold_for_corpora_and_regressions() {
    for folder in ["corpus", "regressions"] {
        for target in TARGETS {
            for file in files(&root().join(folder).join(target.name)) {
                let bytes = fs::read(&file).expect("it can be read");
                // Named before it is tried, so that a failure tells the file.
                println!("{}", file.display());
                (target.check)(&bytes);
            }
        }
    }
}

#[test]
fn every_folder_of_inputs_names_a_target_and_is_small() {
    for folder in ["corpus", "regressions"] {
        for name in names(&root().join(folder)) {
            assert!(
                Target::named(&name).is_some(),
                "fuzz/{folder}/{name} names no target, so that nothing replays it"
            );
            let files = files(&root().join(folder).join(&name));
            let size: usize = files
                .iter()
                .map(|file| fs::read(file).expect("it can be read").len())
                .sum();
            assert!(
                folder != "corpus" || size <= CORPUS_MAX,
                "fuzz/{folder}/{name} has {size} bytes: minimise it with `cargo xtask fuzz keep {name}`"
            );
        }
    }
}

#[test]
fn dictionaries_are_what_the_targets_say() {
    let folder = root().join("dictionaries");
    let mut wanted = BTreeSet::new();
    for target in TARGETS {
        if let Some(text) = dictionary::of(target) {
            let file = format!("{}.dict", target.name);
            assert_eq!(
                fs::read_to_string(folder.join(&file)).unwrap_or_default(),
                text,
                "fuzz/dictionaries/{file} is stale: write it with `cargo xtask fuzz seeds`"
            );
            wanted.insert(file);
        }
    }
    assert_eq!(names(&folder), wanted, "a dictionary that no target has");
}

/// libFuzzer and who runs campaigns on many machines find a target as a program of its name.
#[test]
fn every_target_has_a_program_and_every_program_a_target() {
    let manifest = fs::read_to_string(root().join("libfuzzer/Cargo.toml")).expect("it can be read");
    let programs: BTreeSet<&str> = manifest
        .split("[[bin]]")
        .skip(1)
        .filter_map(|part| part.lines().find_map(|line| line.strip_prefix("name = ")))
        .map(|name| name.trim_matches('"'))
        // The one that is all of them: the environment says which.
        .filter(|name| *name != "any")
        .collect();
    let targets: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(programs, targets);
}

#[test]
fn the_page_lists_every_target() {
    let page = fs::read_to_string(root().join("README.md")).expect("it can be read");
    for Target { name, property, .. } in TARGETS {
        assert!(
            page.contains(&format!("| `{name}` | {property} |\n")),
            "fuzz/README.md is stale about {name}: write it with `cargo xtask fuzz seeds`"
        );
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Names in a folder; none where it is not there.
fn names(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| {
            entry
                .expect("it can be listed")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    names(folder).into_iter().map(|name| folder.join(name)).collect()
}
