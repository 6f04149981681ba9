//! What `cardwire decode` says, as a reviewer reads it: every vector that is wrong, and some bytes that are right.

use super::{Told, frames, help, message};
use crate::protocol::protocol;
use cardwire_spec::{
    Place,
    interpret::{encode, explain, frame, hex},
};
use core::fmt::Write as _;
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// Snapshots of what is refused and is no vector of a message.
const OTHERS: [&str; 3] = ["frames", "in-a-list", "in-a-list-for-programs"];

fn vectors(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../vectors")
        .join(path)
}

fn read(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn bytes(vector: &Value, key: &str) -> Vec<u8> {
    hex::decode(vector[key].as_str().unwrap()).unwrap()
}

/// Compares with the committed text of this name; `cargo insta` and `INSTA_UPDATE=always` write it anew.
fn assert_snapshot(name: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// The vectors of a file that are valid, or those that are not.
fn of_result<'f>(file: &'f Value, result: &'static str) -> impl Iterator<Item = &'f Value> {
    let all = file["vectors"].as_array().unwrap().iter();
    all.filter(move |vector| vector["result"] == result)
}

/// Whether a vector is one of a series: that cuts the same message, or flips a bit of the same frame, at one more place.
/// Nobody reviews all of them.
fn is_of_a_series(name: &str) -> bool {
    ["cut-at-", "bit-", "size-"]
        .iter()
        .any(|series| name.starts_with(series))
}

/// Sentences are ones: what is wrong has no full stop, and what to do next has one.
fn assert_sentences(wrong: &str, next: &str) {
    assert!(!wrong.is_empty() && !wrong.ends_with('.'), "{wrong}");
    assert!(
        next.starts_with(|first: char| first.is_uppercase()) && next.ends_with('.'),
        "{next}"
    );
}

#[test]
fn every_wrong_message_is_explained() {
    let mut count = 0;
    for entry in fs::read_dir(vectors("messages")).unwrap() {
        let file = read(entry.unwrap().path());
        let place = Place::parse(file["place"].as_str().unwrap()).unwrap();
        let name = file["message"].as_str().unwrap();
        let mut text = String::new();
        for vector in of_result(&file, "invalid") {
            count += 1;
            let bytes = bytes(vector, "hex");
            let what = format!("{name}, {}", vector["name"]);
            let explanation = explain(protocol(), place, &bytes);
            let refusal = explanation.refusal.as_ref().expect(&what);
            let fault = &refusal.fault;
            assert_eq!(
                (fault.rule.name(), fault.field.as_str(), fault.offset),
                (
                    vector["rule"].as_str().unwrap(),
                    vector["field"].as_str().unwrap(),
                    vector["offset"].as_u64().unwrap() as usize
                ),
                "{what}"
            );
            let mark = &fault.detail.mark;
            assert!(
                mark.start >= fault.offset && mark.end <= bytes.len(),
                "{what}: {mark:?}"
            );
            assert!(
                !refusal.rule.is_empty() && !fault.detail.found.is_empty(),
                "{what}"
            );
            let wrong = message::sentence(place, &explanation, refusal);
            let next = help::next(place, &bytes, refusal);
            assert_sentences(&wrong, &next);
            let title = vector["name"].as_str().unwrap();
            if is_of_a_series(title) {
                continue;
            }
            let _ = write!(
                text,
                "## {}\n{}\nerror: {wrong}\nwhat to do next: {next}\n\n",
                title,
                message::fault(&bytes, refusal)
            );
        }
        assert_snapshot(&format!("refused-{name}"), &text);
    }
    assert!(count > 2500, "{count}");
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/decode/snapshots")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file
            .strip_prefix("refused-")
            .and_then(|name| name.strip_suffix(".snap"));
        let is_told = |name: &str| vectors(&format!("messages/{name}.json")).exists();
        let is_left = name.is_some_and(|name| !is_told(name) && !OTHERS.contains(&name));
        assert!(!is_left, "{file} is of a message that is no more: remove it");
    }
}

#[test]
fn every_wrong_frame_is_explained() {
    let file = read(vectors("frames/frames.json"));
    let mut text = String::new();
    // Who takes larger frames takes those that are too long.
    let wrong = of_result(&file, "invalid").filter(|vector| vector["fault"] != "too-long");
    for vector in wrong {
        let name = vector["name"].as_str().unwrap();
        let line = bytes(vector, "line");
        let Told {
            text: told, wrong, ..
        } = frames::told(&line);
        let (wrong, next) = wrong.expect(name);
        assert_sentences(&wrong, &next);
        let explanation = frame::explain(protocol(), &line[..line.len() - 1]);
        let refusal = explanation.refusal.expect(name);
        assert_eq!(refusal.fault.name(), vector["fault"], "{name}");
        if is_of_a_series(name) {
            continue;
        }
        let _ = write!(
            text,
            "## {name}\n{told}\nerror: {wrong}\nwhat to do next: {next}\n\n"
        );
    }
    assert_snapshot("refused-frames", &text);
}

#[test]
fn right_frames_are_told_whole() {
    let file = read(vectors("frames/frames.json"));
    let mut text = String::new();
    for vector in of_result(&file, "valid") {
        let name = vector["name"].as_str().unwrap();
        let told = frames::told(&bytes(vector, "line"));
        assert_eq!(told.document[0]["kind"], vector["kind"], "{name}");
        if ["hello", "first-event", "empty-payload-number-0"].contains(&name) {
            let _ = write!(text, "## {name}\n{}\n\n", told.text);
        }
    }
    assert_snapshot("frames", &text);
}

/// Messages with everything that a table has to show: what stands inside bytes, lists, structures, values that are not
/// registered, units, extensions.
#[test]
fn right_messages_are_told_part_by_part() {
    let hello = json!({ "versions": [1, 2], "max_frame": 512 });
    let header = json!({
        "version": 1, "suite": "noise-ik", "reader_id": "R-1", "hardware_class": 0xFF07, "boot_counter": 300,
        "client_id": "C-1", "session": "5a".repeat(32)
    });
    let manifest = json!({
        "hardware_class": "reference-host",
        "components": [{
            "kind": "logic", "service": "card.identify", "counter": 7, "size": 120, "content_digest": "a5".repeat(32),
            "min_software": 2
        }]
    });
    let items = json!({ "items": [{ "name": "iccid", "kind": "text", "value": "3839" }] });
    let inner = |name: &str, value: &Value| hex::encode(&encode(protocol(), name, value).unwrap());
    let job = "000102030405060708090a0b0c0d0e0f";
    let messages = [
        ("hello", hello.clone()),
        (
            "connect",
            json!({
                "hello": inner("hello", &hello), "method": 0xF1, "client_id": "C-1", "generation": 1,
                "handshake": "00".repeat(48)
            }),
        ),
        (
            "platform_auth",
            json!({ "offers": [{ "service": 1, "format": "cbor" }, { "service": 0xF001, "format": 1 }] }),
        ),
        (
            "platform_auth_answer",
            json!({ "header": inner("login_header", &header), "handshake": "11".repeat(96) }),
        ),
        (
            "job_data_answer",
            json!({ "job": job, "part": 0, "last": true, "data": inner("service_data", &items) }),
        ),
        (
            "instruct",
            json!({ "job": job, "service": 2, "parameters": "a0" }),
        ),
        (
            "job_status_answer",
            json!({ "job": job, "state": "running", "status_word": 0x9000 }),
        ),
        (
            "card_event",
            json!({
                "slot": { "number": 0, "card": "present", "generation": 3 },
                "extensions": [{ "tag": 0x101, "value": "0a0b" }]
            }),
        ),
        (
            "update_offer",
            json!({ "manifest": inner("manifest", &manifest), "signature": "22".repeat(64) }),
        ),
        (
            "update_status",
            json!({ "digest": "33".repeat(32), "state": "none", "next_offset": 0 }),
        ),
    ];
    for (name, value) in messages {
        let bytes = encode(protocol(), name, &value).unwrap();
        let told = message::told(Place::Any, &bytes);
        assert!(told.wrong.is_none(), "{name}");
        assert_snapshot(&format!("told-{name}"), &told.text);
    }
    let logic = fs::read(vectors("logic/card.identify.bin")).unwrap();
    assert_snapshot(
        "told-logic",
        &message::told(Place::Document("logic"), &logic).text,
    );
}

/// What stands before a fault is told, too; programs get the same, and the schema's bounds.
#[test]
fn a_refused_message_is_told_as_far_as_it_was_read() {
    let mut answer = encode(
        protocol(),
        "service_list_answer",
        &json!({ "total": 2, "services": [
            { "service": 1, "name": "card.identify", "logic_version": 1, "policy": "whole-service",
              "interface": "enabled", "logic_digest": "00".repeat(32) },
            { "service": 2, "name": "subscriber.read", "logic_version": 1, "policy": "per-step",
              "interface": "disabled", "logic_digest": "00".repeat(32) },
        ] }),
    )
    .unwrap();
    let place = answer.windows(4).position(|part| part == b"read").unwrap();
    answer[place] = b' ';
    let told = message::told(Place::Answer, &answer);
    let (wrong, next) = told.wrong.unwrap();
    assert_snapshot(
        "refused-in-a-list",
        &format!("{}\n\nerror: {wrong}\nwhat to do next: {next}", told.text),
    );
    assert_snapshot("refused-in-a-list-for-programs", &format!("{:#}", told.document));
}
