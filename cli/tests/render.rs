//! `cardwire spec render`: the same files as those that are committed, and from any other schema its own.

mod common;

use common::{run, run_with_input};
use std::{collections::BTreeSet, fs, path::Path};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/protocol.toml");

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn everything_is_written_from_the_schema_of_this_build() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("deep/inside");
    let written = run(&["spec", "render", "--out", &out.display().to_string()]);
    let lines = written.succeeded().stdout.lines().count();
    let names = names(&out);
    assert_eq!(names.len(), lines);
    for name in [
        "messages.md",
        "ics.md",
        "machine-session.svg",
        "report.schema.json",
        "cardwire.cddl",
    ] {
        assert!(names.contains(name), "{names:?}");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (name, committed) in [
        ("messages.md", "spec/book/src/generated/messages.md"),
        ("machine-job.svg", "spec/book/src/generated/machine-job.svg"),
        ("ics.schema.json", "spec/schemas/ics.schema.json"),
        ("cardwire.cddl", "spec/cardwire.cddl"),
    ] {
        let same = fs::read(out.join(name)).unwrap() == fs::read(root.join(committed)).unwrap();
        assert!(same, "{name} is not {committed}");
    }
}

#[test]
fn one_kind_from_another_schema() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let schema = fs::read_to_string(SCHEMA).unwrap();
    let edited = schema.replace(
        "doc = \"The way in, always in this order.\"",
        "doc = \"Another way.\"",
    );
    let arguments = ["spec", "render", "-", "--out", &out, "--only", "diagrams"];
    run_with_input(&arguments, &edited).succeeded();
    assert!(names(folder.path()).iter().all(|name| name.ends_with(".svg")));
    let drawing = fs::read_to_string(folder.path().join("machine-session.svg")).unwrap();
    assert!(drawing.contains("Another way."), "{drawing}");
}

#[test]
fn what_can_not_be_rendered_is_told_with_a_way_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let broken = run_with_input(
        &["spec", "render", "-", "--out", &out.display().to_string()],
        "[protocol]\n",
    );
    assert_eq!(broken.code, Some(2), "{broken:#?}");
    for word in ["standard input:1:", "help: add it", "Correct the lines"] {
        assert!(broken.stderr.contains(word), "{broken:#?}");
    }
    run(&["spec", "render", "/nowhere.toml", "--out", "out"]).failed(2, &["/nowhere.toml can't be read"]);
    fs::write(&out, "").unwrap();
    let is_file = run(&["spec", "render", "--out", &out.display().to_string()]);
    is_file.failed(1, &["can't be made", "--out"]);
    assert_eq!(run(&["spec", "render"]).code, Some(2));
}
