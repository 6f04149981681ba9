//! The tools of a service author: the verifier and the simulator.

mod common;

use common::{run, run_with_input};
use insta::assert_snapshot;
use serde_json::json;

fn service(name: &str) -> String {
    format!("{}/../spec/services/{name}.logic", env!("CARGO_MANIFEST_DIR"))
}

/// A text with this code under `per-step`, with both modules.
fn text(code: &str) -> String {
    format!(
        "service example.one 0xF001\nversion 1\npolicy per-step\non-client-loss abort\n\
         modules contact-card indicator\ntakes \"pin\" text client optional 4 8\nbudget 8\n{code}\n"
    )
}

//= spec/book/src/logic.md#cw-logic-003
//= type=test
//# A reader MUST NOT store or run logic that does not verify.
#[test]
fn every_service_of_the_specification_verifies() {
    let folder = format!("{}/../spec/services", env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for folder in [folder.clone(), format!("{folder}/keypad")] {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "logic") {
                let told = run(&["logic", "verify", path.to_str().unwrap(), "--format", "json"]);
                assert_eq!(told.succeeded().json()["verifies"], true, "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count >= 23, "{count} services");
}

#[test]
fn what_verifies_says_what_it_is() {
    let told = run(&["logic", "verify", &service("phonebook.update")]);
    assert_snapshot!(told.succeeded().stdout);
}

/// Each rule, the line that breaks it, and what to do.
#[test]
fn a_broken_rule_is_named_with_its_line() {
    let done = "reset r0\ndone contact-card\n";
    for (rule, line, code) in [
        ("done", Some(9), "reset r0\nend success".to_owned()),
        ("done", Some(10), format!("{done}reset r0\nend success")),
        ("module", Some(8), "poll r0\nend success".into()),
        ("filter", Some(8), "apdu 0020000108 r0\nend success".into()),
        ("budget", Some(10), "loop 9\nset r0 00\nagain\nend success".into()),
        ("end", None, "set r0 00".into()),
        ("loop", None, "loop 2\nend success".into()),
        ("target", Some(9), "end success\nend success".into()),
        ("parameter", Some(8), "parameter \"other\" r0\nend success".into()),
        ("critical", Some(9), "critical\nend success".into()),
    ] {
        let told = run_with_input(&["logic", "verify", "-", "--format", "json"], &text(&code));
        let document = told.json();
        assert_eq!(
            (&document["rule"], &document["line"]),
            (&json!(rule), &json!(line)),
            "{code}"
        );
        let place = line.map_or("-, offset".to_owned(), |line| format!("-:{line}"));
        told.failed(1, &[&place, &format!("the rule `{rule}`")]);
    }
    let told = run_with_input(&["logic", "verify", "-"], "service");
    assert_eq!(told.code, Some(1), "{told:#?}");
    assert!(told.stderr.contains("-:1:1: a name is wanted"), "{told:#?}");
    run_with_input(&["logic", "verify", "-"], "c\0").failed(1, &["no execution logic"]);
    run(&["logic", "verify", "/nowhere"]).failed(2, &["/nowhere", "Check the path"]);
}

#[test]
fn a_document_is_verified_like_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.identify.bin").display().to_string();
    run(&["logic", "asm", &service("card.identify"), "--out", &path]).succeeded();
    let told = |file: &str| run(&["logic", "verify", file]).succeeded().stdout.clone();
    assert_eq!(told(&path), told(&service("card.identify")));
    let told = run(&["logic", "run", &path, "--format", "json"]);
    assert_eq!(told.succeeded().json()["data"]["iccid"], common::iccid());
}

#[test]
fn a_run_is_told_step_by_step() {
    let told = run(&["logic", "run", &service("card.identify"), "--trace"]);
    assert_snapshot!(told.succeeded().stdout);
    let told = run_with_input(
        &[
            "logic",
            "run",
            &service("keypad/pin.change"),
            "--param",
            "pin=-",
            "--keypad",
            "4321",
            "--trace",
        ],
        "1234\n",
    );
    assert_eq!(told.code, Some(1), "{told:#?}");
    assert_snapshot!(told.stdout);
}

#[test]
fn a_run_is_told_to_programs() {
    let told = run(&[
        "logic",
        "run",
        &service("phonebook.list"),
        "--param",
        "first=2",
        "--param",
        "count=1",
        "--format",
        "json",
    ]);
    let document = told.succeeded().json();
    assert_eq!(document["outcome"], "success");
    assert_eq!(
        document["items"],
        json!([
            { "name": "index", "value": 2 },
            { "name": "name", "value": "Cardwire Desk" },
            { "name": "number", "value": "+493023125043" },
        ])
    );
    assert!(document.get("trace").is_none());
    let told = run(&[
        "logic",
        "run",
        &service("card.identify"),
        "--trace",
        "--format",
        "json",
    ]);
    let document = told.succeeded().json();
    let trace = document["trace"].as_array().unwrap();
    assert_eq!(document["steps"], trace.len());
    assert_eq!(
        trace[3],
        json!({
            "step": 4, "line": 12, "offset": trace[3]["offset"], "instruction": "apdu 00A4000C023F00 r1",
            "called": [{ "asked": "card", "sent": "00a4000c023f00", "answered": "9000" }],
            "registers": {}, "status_word": "9000",
        })
    );
}

#[test]
fn a_run_that_does_not_succeed_says_why() {
    let list = service("phonebook.list");
    run(&["logic", "run", &list, "--card", "none"]).failed(1, &["card-absent", "Insert the card"]);
    run(&["logic", "run", &list, "--param", "count=11"])
        .failed(2, &["parameters-refused", "count (number of 1 to 10"]);
    run(&["logic", "run", &list, "--param", "count=x"]).failed(2, &["`count` is no decimal number"]);
    run(&["logic", "run", &list, "--param", "other=1"]).failed(2, &["parameters-refused"]);
    run(&["logic", "run", &service("card.identify"), "--param", "x=1"]).failed(2, &["takes no parameters"]);
    let told = run_with_input(&["logic", "run", "-"], &text("reset r0\nend success"));
    told.failed(1, &["-:9", "the rule `done`"]);
    let told = run_with_input(&["logic", "run", "-"], &text("slice r0 0 1\nend success"));
    told.failed(1, &["logic-fault"]);
}
