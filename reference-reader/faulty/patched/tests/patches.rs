//! The patches as they stand: they apply, each in one place only, and are what is made of the core that they lead to.

use cardwire_patched::{Error, apply, make, read, write};
use diffy::{Line, Patch};
use std::{fs, path::Path};

const CORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../core/src");
const PATCHES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../patches");

/// A patch without the places of its hunks, which move with the core.
fn without_places(patch: &[u8]) -> String {
    let text = String::from_utf8_lossy(patch);
    let kept = text.lines().filter(|line| !line.starts_with("@@ "));
    kept.collect::<Vec<_>>().join("\n")
}

#[test]
fn they_are_what_is_made_of_the_core_that_they_lead_to() {
    let (core, patches) = (Path::new(CORE), Path::new(PATCHES));
    let patched = apply(core, patches).unwrap();
    assert!(patched.stale.is_empty(), "{}", patched.stale[0]);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &patched.files).unwrap();
    let (made, kept) = (make(core, folder.path()).unwrap(), read(patches).unwrap());
    assert!(made.keys().eq(kept.keys()), "other files");
    for (path, patch) in &made {
        assert_eq!(
            without_places(patch),
            without_places(&kept[path]),
            "{}",
            path.display()
        );
    }
}

/// A hunk that fits in two places would be applied in the wrong one as soon as the core has moved far enough.
#[test]
fn no_hunk_fits_in_two_places() {
    let mut hunks = 0;
    for (path, patch) in read(Path::new(PATCHES)).unwrap() {
        if path.extension().is_none_or(|extension| extension != "patch") {
            continue;
        }
        let text = fs::read_to_string(Path::new(CORE).join(path.with_extension(""))).unwrap();
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        let patch = String::from_utf8(patch).unwrap();
        for hunk in Patch::from_str(&patch).unwrap().hunks() {
            let shown: Vec<_> = hunk
                .lines()
                .iter()
                .filter_map(|line| match line {
                    Line::Context(line) | Line::Delete(line) => Some(*line),
                    Line::Insert(_) => None,
                })
                .collect();
            let fits = lines
                .windows(shown.len())
                .filter(|window| *window == shown)
                .count();
            assert_eq!(fits, 1, "{}: {}", path.display(), shown.concat());
            hunks += 1;
        }
    }
    assert!(hunks > 100, "{hunks} hunks were looked at");
}

#[test]
fn what_is_for_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (core, patches) = (folder.path().join("core"), folder.path().join("patches"));
    let with = |files: &[(&str, &str)], folder: &Path| {
        let files = files
            .iter()
            .map(|(path, text)| (path.into(), text.as_bytes().to_vec()));
        write(folder, &files.collect()).unwrap();
    };
    with(&[("a.rs", "one\n")], &core);
    with(
        &[("b.rs.patch", "--- core\n+++ faulty\n@@ -1 +1 @@\n-one\n+two\n")],
        &patches,
    );
    assert!(matches!(apply(&core, &patches), Err(Error::NoFile(_))));
    with(&[("a.rs", "two\n")], &patches);
    assert!(matches!(apply(&core, &patches), Err(Error::Twice(_))));
    with(&[("b.rs", "two\n")], &patches);
    assert!(matches!(make(&core, &patches), Err(Error::TakenAway(_))));
    with(
        &[("a.rs.patch", "--- core\n+++ faulty\n@@ -1 +1 @@\n-three\n+two\n")],
        &patches,
    );
    let patched = apply(&core, &patches).unwrap();
    assert_eq!(patched.stale.len(), 1);
    assert_eq!(patched.files[Path::new("a.rs")], b"one\n");
}
