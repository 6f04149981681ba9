//! `cardwire spec diff`, as a maintainer and a script of continuous integration use it.

mod common;

use common::{run, run_with_input};
use std::fs;
use tempfile::TempDir;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/protocol.toml");

/// What becomes of the schema behind `name = "progress"`.
const CODE: (&str, &str) = ("code = 0x41", "code = 0x43");
const DOC: (&str, &str) = ("doc = \"", "doc = \"In short: ");
const EXPERIMENTAL: (&str, &str) = ("event = true", "event = true\nstability = \"experimental\"");

/// The schema with some edits of one message, in a file.
struct Edited {
    _folder: TempDir,
    path: String,
}

fn edited(edits: &[(&str, &str)]) -> Edited {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("protocol.toml");
    let schema = fs::read_to_string(SCHEMA).unwrap();
    let (head, tail) = schema.split_at(schema.find("name = \"progress\"").unwrap());
    let tail = edits.iter().fold(tail.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from} is not there");
        text.replacen(from, to, 1)
    });
    fs::write(&path, head.to_owned() + &tail).unwrap();
    Edited {
        path: path.display().to_string(),
        _folder: folder,
    }
}

/// The arguments that compare the real schema with this one.
fn with<'a>(new: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    [&["spec", "diff", SCHEMA, new], options].concat()
}

#[test]
fn the_exit_code_says_whether_something_breaks() {
    let same = run(&with(SCHEMA, &[]));
    assert_eq!(same.succeeded().stdout, "nothing changes\n");
    let safe = edited(&[DOC]);
    let told = run(&with(&safe.path, &[]));
    assert!(
        told.succeeded().stdout.contains("message.progress.doc: safe"),
        "{told:#?}"
    );
    let breaking = edited(&[CODE]);
    let told = run(&with(&breaking.path, &[]));
    assert_eq!(told.code, Some(1), "{told:#?}");
    for words in [
        "message.progress.code: breaks the wire",
        "goes from 0x41 to 0x43",
        "instead: Keep the code",
        "1 change: 1 breaks the wire",
    ] {
        assert!(told.stdout.contains(words), "{words}: {told:#?}");
    }
    assert_eq!(told.stderr, "");
}

#[test]
fn what_is_allowed_does_not_fail() {
    let breaking = edited(&[CODE]);
    let allowed = run(&with(&breaking.path, &["--allow", "wire"]));
    assert!(
        allowed
            .succeeded()
            .stdout
            .contains("1 of 1 that break are allowed"),
        "{allowed:#?}"
    );
    assert_eq!(
        run(&with(&breaking.path, &["--allow", "readers,clients"])).code,
        Some(1)
    );
    let wider = edited(&[("type = \"u16\"", "type = \"u32\""), EXPERIMENTAL]);
    let old = edited(&[EXPERIMENTAL]);
    let between = ["spec", "diff", &old.path, &wider.path];
    assert_eq!(run(&between).code, Some(1));
    run(&[&between[..], &["--allow", "readers", "--allow", "experimental"]].concat()).succeeded();
    let unknown = run(&with(&breaking.path, &["--allow", "everything"]));
    assert_eq!(unknown.code, Some(2), "{unknown:#?}");
}

/// What is frozen is never allowed, and no raised version makes it so.
#[test]
fn a_promise_for_all_versions_always_fails() {
    let frozen = edited(&[("event = true", "event = true\nstability = \"frozen\"")]);
    let changed = edited(&[CODE, ("event = true", "event = true\nstability = \"frozen\"")]);
    let everything = "wire,readers,clients,experimental,version";
    let told = run(&["spec", "diff", &frozen.path, &changed.path, "--allow", everything]);
    assert_eq!(told.code, Some(1), "{told:#?}");
    assert!(told.stdout.contains("breaks what is frozen"), "{told:#?}");
}

/// As in `git show REV:spec/protocol.toml | cardwire spec diff - spec/protocol.toml`.
#[test]
fn one_of_the_two_is_standard_input() {
    let old = edited(&[CODE]);
    let told = run_with_input(
        &["spec", "diff", "-", SCHEMA],
        &fs::read_to_string(&old.path).unwrap(),
    );
    assert_eq!(told.code, Some(1), "{told:#?}");
    assert!(told.stdout.contains("goes from 0x43 to 0x41"), "{told:#?}");
    let told = run_with_input(
        &["spec", "diff", &old.path, "-"],
        &fs::read_to_string(SCHEMA).unwrap(),
    );
    assert!(told.stdout.contains("goes from 0x43 to 0x41"), "{told:#?}");
    run(&["spec", "diff", "-", "-"]).failed(2, &["one schema, not two"]);
}

#[test]
fn schemas_that_are_not_valid_are_wrong_usage() {
    run(&with("/nowhere.toml", &[])).failed(2, &["/nowhere.toml can't be read"]);
    let broken = edited(&[("code = 0x41", "code = 0x01")]);
    run(&with(&broken.path, &[])).failed(2, &["the new schema is not valid", "message.progress.code"]);
    let told = run_with_input(&["spec", "diff", "-", SCHEMA, "--format", "json"], "[protocol]\n");
    told.failed(2, &["the old schema is not valid", "standard input:1:"]);
    assert!(told.json()["error"].as_str().unwrap().contains("not valid"));
}

#[test]
fn a_review_is_markdown_or_json() {
    let breaking = edited(&[CODE, DOC]);
    let told = run(&with(&breaking.path, &["--format", "markdown"]));
    assert_eq!(told.code, Some(1), "{told:#?}");
    assert!(told.stdout.starts_with("# From cardwire "), "{told:#?}");
    for words in [
        "| breaks the wire | 1 |",
        "## Breaks the wire (1)",
        "**`message.progress.code`**",
        "## Safe (1)",
    ] {
        assert!(told.stdout.contains(words), "{words}: {told:#?}");
    }
    let json = run(&with(&breaking.path, &["--format", "json", "--allow", "wire"]));
    let document = json.succeeded().json();
    assert_eq!(document["counts"]["wire"], 1);
    assert_eq!(document["not_allowed"], 0);
    assert_eq!(document["changes"][0]["kind"], "message-code");
    assert_eq!(document["changes"][0]["path"], "message.progress.code");
    assert_eq!(document["changes"][0]["old"], "0x41");
}
