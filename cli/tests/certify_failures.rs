//! Failures of a run: one case once more, cases that do not always fail, lists of failures that are known, and of cases.
#![cfg(unix)]

mod common;

use common::{
    CARDWIRE, Listening,
    report::{HOST, Report, exec, ids_of, listed, verdicts},
    run,
};
use serde_json::Value;
use std::{fs, path::Path};

#[test]
fn a_token_runs_one_case_exactly() {
    let report = Report::new();
    // A device that is none fails the same case in the same way, and nothing else is asked of it.
    let ended = report.certify(&[
        "reader",
        "exec:cat",
        "--filter",
        "link.d*",
        "--keep-going",
        "--timeout-scale",
        "0.1",
        "--seed",
        "9",
    ]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let document = report.json();
    let failed = document["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["group"] == "link")
        .unwrap();
    let token = failed["token"].as_str().unwrap();
    assert!(token.ends_with("@9,scale=0.1"), "{token}");
    assert!(
        ended.stdout.contains(&format!(
            "replay    cardwire certify reader exec:cat --ics {HOST} --replay {token}"
        )),
        "{ended:#?}"
    );
    let again = Report::new();
    let ended = again.certify(&["reader", "exec:cat", "--replay", token]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let document = again.json();
    assert_eq!(verdicts(&document), [(failed["id"].as_str().unwrap(), "fail")]);
    assert_eq!(document["cases"][0]["reason"], failed["reason"]);
    assert_eq!(
        (&document["seed"], &document["timeout_scale"]),
        (&9.into(), &0.1.into())
    );

    // Against a reader it passes, and that alone certifies nothing.
    let ended = again.certify(&["--replay", "link.answer-repeats-number@9,clock=10"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(again.json()["outcome"], "partial");
    for (token, why) in [
        ("link.answer-repeats-number", "CASE@SEED"),
        ("link.nothing@1", "there is no case"),
    ] {
        let ended = run(&["certify", "--replay", token]);
        assert!(ended.code == Some(2) && ended.stderr.contains(why), "{ended:#?}");
    }
    let both = run(&[
        "certify",
        "--replay",
        "link.answer-repeats-number@9",
        "--seed",
        "1",
    ]);
    assert_eq!(both.code, Some(2), "{both:#?}");
}

#[test]
fn cases_are_listed() {
    let list = run(&["certify", "--list", "--filter", "link.*"]);
    let text = &list.succeeded().stdout;
    assert!(
        text.contains("link.answer-repeats-number") && text.contains("CW-LINK-004"),
        "{text}"
    );
    assert!(!text.contains("login."), "{text}");
    assert!(listed("*").len() > 250);
    let list = run(&[
        "certify",
        "codec",
        "--list",
        "--filter",
        "codec.frame.*",
        "--format",
        "json",
    ]);
    assert!(ids_of(&list.succeeded().json()).contains(&"codec.frame.hello".into()));
}

/// A bench whose first command to pull the card out does nothing.
fn lazy_bench(folder: &Path, reader: &mut Vec<String>) -> [String; 2] {
    let socket = folder.join("control");
    reader.extend(["--control".into(), format!("unix:{}", socket.display())]);
    let moves = |what: &str| {
        format!(
            "{CARDWIRE} card {what} --quiet --control unix:{}",
            socket.display()
        )
    };
    let mark = folder.join("mark");
    let mark = mark.display();
    let script = format!(
        "if [ -e {mark} ]; then exec {}; else touch {mark}; fi",
        moves("remove")
    );
    [format!("sh -c '{script}'"), moves("insert")]
}

#[test]
fn a_case_that_fails_once_and_not_twice_is_flaky_and_never_passed() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = Vec::new();
    let [remove, insert] = lazy_bench(folder.path(), &mut arguments);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let reader = Listening::reader(&arguments);
    let report = Report::new();
    let case = [
        "--filter",
        "modules.card-moves*",
        "--remove-card",
        &remove,
        "--insert-card",
        &insert,
    ];
    let ended = report.certify(&[&["reader", &reader.place], &case[..]].concat());
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let document = report.json();
    assert_eq!(document["counts"]["flaky"], 1, "{ended:#?}");
    let flaky = document["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["verdict"] == "flaky")
        .unwrap();
    let reason = flaky["reason"].as_str().unwrap();
    assert!(
        reason.contains("expected a card that is absent") && reason.ends_with("once more: pass"),
        "{reason}"
    );
    for file in ["junit.xml", "report.html"] {
        let text = fs::read_to_string(report.path.join(file)).unwrap();
        assert!(text.contains("flaky"), "{file}");
    }
    // Not run once more it is a failure like any other.
    fs::remove_file(folder.path().join("mark")).unwrap();
    let ended = report.certify(&[&["reader", &reader.place, "--no-rerun"], &case[..]].concat());
    assert_eq!(
        (ended.code, &report.json()["counts"]["fail"]),
        (Some(1), &1.into()),
        "{ended:#?}"
    );
}

#[test]
fn failures_that_are_known_are_pinned_to_their_message() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("known.toml");
    let report = Report::new();
    // A bench that never moves the card: a failure that always looks the same.
    let case = |expected: bool| {
        let mut arguments = vec![
            "reader".to_owned(),
            exec(),
            "--filter".into(),
            "modules.card-moves*".into(),
            "--no-rerun".into(),
        ];
        arguments.extend(["--remove-card", "true", "--insert-card", "true"].map(String::from));
        if expected {
            arguments.extend(["--expected".into(), list.display().to_string()]);
        }
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        report.certify(&arguments)
    };
    assert_eq!(case(false).code, Some(1));
    let document = report.json();
    let failed: Vec<_> = document["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["verdict"] == "fail")
        .collect();
    assert!(!failed.is_empty());
    let entry = |case: &str, message: &str| {
        let quoted = |text: &str| Value::from(text).to_string();
        format!(
            "[[expected]]\ncase = {}\nmessage = {}\n",
            quoted(case),
            quoted(message)
        )
    };
    // What was seen tells a time, which is another one in the next run.
    let pinned = |case: &Value| {
        let reason = case["reason"].as_str().unwrap();
        let (before, behind) = reason.split_once("\"uptime\":").unwrap();
        let (_, behind) = behind.split_once(',').unwrap();
        format!("{before}\"uptime\":…,{behind}")
    };
    let known: String = failed
        .iter()
        .map(|case| entry(case["id"].as_str().unwrap(), &pinned(case)))
        .collect();
    fs::write(&list, &known).unwrap();
    let ended = case(true);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stdout.contains("failed as expected"), "{ended:#?}");
    assert_eq!(report.json()["expected"].as_array().unwrap().len(), failed.len());

    let id = failed[0]["id"].as_str().unwrap();
    for (more, problem) in [
        (entry(id, "another message"), "fails in another way than expected"),
        (
            entry("sanity.way-in", "x"),
            "is expected to fail, and passes: take it from the list",
        ),
        (entry("modules.no-such-case", "x"), "there is no such case"),
    ] {
        fs::write(&list, format!("{known}{more}")).unwrap();
        let ended = case(true);
        assert_eq!(ended.code, Some(1), "{problem}: {ended:#?}");
        assert!(ended.stdout.contains(problem), "{ended:#?}");
        assert!(report.json()["problems"][0].as_str().unwrap().contains(problem));
    }
    fs::write(&list, entry("*", "x")).unwrap();
    report
        .certify(&["--expected", list.to_str().unwrap()])
        .failed(2, &["20 is the most that one entry may fit"]);
    fs::write(&list, "expected = 1").unwrap();
    case(true).failed(2, &["known.toml"]);
}
