//! `certify codec`: each end has its exit code, and says what to do next.

mod common;

use common::{CARDWIRE, run};
use std::fs;

fn certify(arguments: &[&str]) -> common::Ended {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report").display().to_string();
    let elsewhere: &[&str] = if arguments.contains(&"--report") {
        &[]
    } else {
        &["--report", &report]
    };
    run(&[&["certify", "codec"], elsewhere, arguments].concat())
}

#[test]
fn a_program_that_is_no_adapter_is_told_why() {
    let ended = certify(&["--", "cat"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    for part in [
        "the program does not answer `describe`: no `name`",
        "cases were not run",
        "not certified",
    ] {
        assert!(ended.stdout.contains(part), "`{part}` is missing: {ended:#?}");
    }
    // One that speaks, but not of this.
    let ended = certify(&["--format", "json", "--", CARDWIRE, "--version"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let document = ended.json();
    assert_eq!(document["outcome"], "not-certified");
    assert!(document["codec"].is_null());
    assert!(
        document["stopped"].as_str().unwrap().contains("no JSON object"),
        "{document:#}"
    );
}

#[test]
fn a_failure_shows_all_that_its_reader_needs() {
    let script = r#"read line; echo '{"id":0,"name":"sh","version":"1","ops":["frame"]}'
        n=1; while read line; do echo "{\"id\":$n,\"line\":\"00\"}"; n=$((n+1)); done"#;
    let ended = certify(&[
        "--case",
        "codec.frame.hello",
        "--seed",
        "5",
        "--",
        "sh",
        "-c",
        script,
    ]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    for part in [
        "codec.frame.hello",
        "CW-LINK-001: A frame MUST be encoded with COBS",
        "expected  the line 020101010101010106010101010205aa0c6e2a00",
        "seen      1 bytes, other ones from offset 0 on: 00",
        r#"request   {"id":1,"op":"frame","kind":"clear","number":"1","payload":"0101010200"}"#,
        r#"answer    {"id":1,"line":"00"}"#,
        "replay    cardwire certify codec --case codec.frame.hello --seed 5 -- sh -c 'read line;",
        "not declared, and so not tested: decode, encode, transcode, deframe",
        "partial run: certifies nothing",
    ] {
        assert!(ended.stdout.contains(part), "`{part}` is missing: {ended:#?}");
    }
}

#[test]
fn what_can_not_be_run_is_told() {
    certify(&["--", "/cardwire-nowhere"]).failed(3, &["/cardwire-nowhere", "Check its path"]);
    certify(&["--case", "nothing.fits", "--", "cat"]).failed(2, &["nothing.fits"]);
    certify(&["--cases", "1000000", "--", "cat"]).failed(2, &["100000"]);
    certify(&["--skip-slow", "--", "cat"]).failed(2, &["--skip-slow", "Leave it out"]);
    certify(&["--report", "/dev/null/report", "--", "cat"]).failed(4, &["/dev/null/report"]);
    assert_eq!(certify(&[]).code, Some(2));

    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("known.toml").display().to_string();
    certify(&["--expected", &list, "--", "cat"]).failed(2, &["known.toml"]);
    fs::write(&list, "[[expected]]\ncase = \"codec.*\"\n").unwrap();
    certify(&["--expected", &list, "--", "cat"]).failed(2, &["known.toml", "message"]);
    fs::write(&list, "[[expected]]\ncase = \"codec.*\"\nmessage = \"x\"\n").unwrap();
    certify(&["--expected", &list, "--", "cat"]).failed(2, &["20 is the most"]);
}
