//! Reports of runs that are made up.

mod filed;
mod page;

use super::*;
use crate::{
    case::cases,
    certify::Options,
    plan::{Place, Shard},
    run::{CaseResult, Run},
    trace::{Trace, Way},
    verdict::{Finding, Verdict},
};
use core::time::Duration;

fn run(verdict: &Verdict) -> Run {
    let options = Options::new("exec:'my reader' --stdio".parse().unwrap());
    let mut run = Run::new(&options);
    for case in cases() {
        let mut trace = Trace::new();
        trace.line(Way::Sent, &[0x01, 0x02, 0x00], None);
        trace.note("<script>alert(1)</script>");
        let verdict = if case.id == "link.answer-repeats-number" {
            verdict.clone()
        } else {
            Verdict::Pass
        };
        let result = CaseResult::new(case, verdict, Duration::from_millis(3), trace);
        run.insert(Place::of(&case.id), result);
    }
    run.finish(true);
    run
}

fn failed() -> Verdict {
    Verdict::Fail {
        finding: Finding {
            requirement: "CW-LINK-004".into(),
            expected: "a clear answer that repeats <its> number".into(),
            seen: "another one".into(),
        },
    }
}

#[test]
fn outcomes_and_exit_codes() {
    let inconclusive = Verdict::Inconclusive {
        reason: "no card".into(),
    };
    let error = Verdict::Error {
        reason: "panic".into(),
    };
    let not_applicable = Verdict::NotApplicable {
        declaration: "none".into(),
    };
    for (verdict, outcome, code) in [
        (Verdict::Pass, Outcome::Certified, 0),
        (not_applicable, Outcome::Certified, 0),
        (failed(), Outcome::NotCertified, 1),
        (inconclusive, Outcome::NotCertified, 1),
        (error, Outcome::NotCertified, 4),
    ] {
        let run = run(&verdict);
        assert_eq!((run.outcome(), run.exit_code()), (outcome, code), "{verdict:?}");
    }
    let mut incomplete = run(&Verdict::Pass);
    incomplete.results.pop();
    incomplete.finish(false);
    assert_eq!(
        (incomplete.outcome(), incomplete.exit_code()),
        (Outcome::Incomplete, 130)
    );
    let mut empty = run(&Verdict::Pass);
    empty.results.clear();
    empty.finish(true);
    assert_eq!(empty.outcome(), Outcome::NotCertified);
    let mut partial = run(&Verdict::Pass);
    partial.filter = vec!["link.*".into()];
    assert_eq!((partial.outcome(), partial.exit_code()), (Outcome::Partial, 0));
    let mut part = run(&Verdict::Pass);
    part.shard = Some(Shard { number: 1, of: 2 });
    assert_eq!((part.outcome(), part.exit_code()), (Outcome::Partial, 0));
    let flaky = run(&failed().confirmed_by(&Verdict::Pass));
    assert_eq!((flaky.outcome(), flaky.exit_code()), (Outcome::NotCertified, 1));
    assert_eq!(flaky.count("flaky"), 1);
}

#[test]
fn everything_that_a_reader_of_the_report_needs_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/report");
    let run = run(&failed());
    write(&path, &run.sheet()).unwrap();
    // Once more, over the report that is there.
    write(&path, &run.sheet()).unwrap();
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(path.join("report.json")).unwrap()).unwrap();
    assert_eq!(json["outcome"], "not-certified");
    assert_eq!(json["counts"]["fail"], 1);
    let case = json["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["verdict"] == "fail")
        .unwrap();
    let replay =
        r"cardwire certify reader 'exec:'\''my reader'\'' --stdio' --replay link.answer-repeats-number@0";
    assert_eq!(case["replay"], replay);
    assert!(case["trace"]["entries"].as_array().unwrap().len() == 2);

    let html = fs::read_to_string(path.join("report.html")).unwrap();
    assert!(html.contains("The answer to a clear frame MUST be a clear frame that repeats its number."));
    assert!(html.contains("repeats &lt;its&gt; number") && !html.contains("<script>"));
    assert!(!html.contains("http://") && !html.contains("https://"));

    // The ledger: what this run says of a requirement, and what is known of the cases that say it.
    let number = json["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .find(|requirement| requirement["id"] == "CW-LINK-004")
        .unwrap();
    assert_eq!(number["verdict"], "fail");
    assert_eq!(
        (&number["proof"], &number["level"]),
        (&"killed".into(), &"must".into())
    );
    assert_eq!(number["kills"], json!(["AnswersUnderNumberZero"]));
    assert!(html.contains("AnswersUnderNumberZero") && html.contains("requirements with MUST"));

    let junit = fs::read_to_string(path.join("junit.xml")).unwrap();
    assert!(junit.contains(r#"failures="1""#) && junit.contains("link.answer-repeats-number"));
    let traces = fs::read_to_string(path.join("trace.jsonl")).unwrap();
    assert_eq!(traces.lines().count(), 2 * cases().len());
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "").unwrap();
    assert!(write(folder.path(), &run(&Verdict::Pass).sheet()).is_err());
    assert!(folder.path().join("thesis.tex").exists());
}

#[test]
fn the_table_names_every_group() {
    let table = run(&failed()).table();
    for group in crate::case::Group::ALL {
        assert!(table.contains(group.name()), "{table}");
    }
    assert!(table.ends_with("not certified"), "{table}");
}
