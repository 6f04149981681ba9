//! The book's program in Python that holds a decoder to the vectors: it takes one that is right, and finds what is wrong.

use crate::root;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

/// A decoder that knows the vectors by heart, so that the program around it is what is tried. `SLIP` is what a faulty
/// one does.
const DECODER: &str = r#"
import json, pathlib
class Refused(Exception):
    def __init__(self, vector):
        self.rule, self.field, self.offset = vector["rule"], vector["field"], vector["offset"]
known = {}
written = {}
for path in pathlib.Path("VECTORS").glob("messages/*.json"):
    file = json.loads(path.read_text())
    for vector in file["vectors"]:
        known[file["place"], vector["hex"]] = vector
        if vector["result"] == "valid":
            written[file["message"], json.dumps(vector["value"])] = bytes.fromhex(vector["hex"])
def decode(place, message):
    vector = dict(known[place, message.hex()])
    SLIP
    if vector["result"] == "invalid":
        raise Refused(vector)
    return vector["value"]
def encode(message, value):
    return written[message, json.dumps(value)]
"#;

fn run(vectors: &Path, slip: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let committed = root().join("vectors").canonicalize().unwrap();
    let decoder = DECODER
        .replace("VECTORS", committed.to_str().unwrap())
        .replace("SLIP", slip);
    fs::write(folder.path().join("decoder.py"), decoder).unwrap();
    Command::new("python3")
        .arg(root().join("spec/book/src/python/check_decoder.py"))
        .arg(vectors)
        .env("PYTHONPATH", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python3, which `cargo xtask setup` installs")
}

/// Holds that the program ends with an error and says this.
fn finds(vectors: &Path, slip: &str, said: &str) {
    let output = run(vectors, slip);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains(said), "{text}");
}

#[test]
fn the_program_takes_a_right_decoder() {
    let output = run(&root().join("vectors"), "pass");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(text.trim(), "0 vectors are not kept");
}

#[test]
fn the_program_finds_a_wrong_decoder() {
    let vectors = root().join("vectors");
    let slips = [
        (
            "if (place, vector['name']) == ('clear-request', 'versions-too-few'): vector['offset'] = 2",
            "hello, versions-too-few",
        ),
        (
            "if vector['name'] == 'critical-extension': vector['rule'] = 'truncated'",
            "relay, critical-extension",
        ),
        (
            "if (place, vector['name']) == ('clear-request', 'max_frame-below-its-range'): vector = dict(known[place, '0101010200'])",
            "hello, max_frame-below-its-range",
        ),
        (
            "if (place, vector['name']) == ('clear-request', 'typical'): vector = dict(known[place, '01'])",
            "hello, typical",
        ),
    ];
    for (slip, said) in slips {
        finds(&vectors, slip, said);
    }
}

#[test]
fn the_program_finds_files_that_are_not_whole() {
    let copy = copied();
    let hello = copy.path().join("messages/hello.json");
    let text = fs::read_to_string(&hello).unwrap();
    fs::write(&hello, text.replace("0101010200", "0101010201")).unwrap();
    finds(copy.path(), "pass", "messages/hello.json was changed");
    fs::remove_file(&hello).unwrap();
    finds(copy.path(), "pass", "hello.json");
    let copy = copied();
    let manifest = copy.path().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
    finds(copy.path(), "pass", "a form that this program does not know");
}

fn copied() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let vectors = root().join("vectors");
    for (path, bytes) in cardwire_conformance::vectors::files(&vectors).unwrap() {
        let path = copy.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::copy(vectors.join("manifest.json"), copy.path().join("manifest.json")).unwrap();
    copy
}
