//! Runs against devices that are no readers, and runs that don't come about.
#![cfg(unix)]

use cardwire_conformance::{CaseResult, Options, Outcome, Progress, RunError, certify};
use core::sync::atomic::Ordering;

fn options(endpoint: &str, filter: &[&str]) -> Options {
    Options {
        filter: filter.iter().map(|&pattern| pattern.to_owned()).collect(),
        timeout_scale: 0.05,
        skip_slow: true,
        ..Options::new(endpoint.parse().unwrap())
    }
}

/// What echoes, goes away at once, or says nothing passes no case, whatever it is asked.
#[test]
fn devices_that_are_no_readers_pass_nothing() {
    for endpoint in ["exec:cat", "exec:true", "exec:sleep 100"] {
        let options = Options {
            keep_going: true,
            ..options(endpoint, &["link.*", "session.status-*"])
        };
        let run = certify(&options, &mut ()).unwrap();
        assert!(run.results.len() > 15, "{endpoint}");
        assert_eq!((run.count("pass"), run.count("error")), (0, 0), "{endpoint}");
        assert_eq!(
            (run.outcome(), run.exit_code()),
            (Outcome::Partial, 1),
            "{endpoint}"
        );
    }
}

/// A device that does not even answer hello is asked once, unless somebody wants to know it all.
#[test]
fn a_device_that_is_not_there_is_not_asked_for_ever() {
    let run = certify(&options("exec:sleep 100", &[]), &mut ()).unwrap();
    assert_eq!((run.count("pass"), run.count("fail")), (0, 1));
    assert_eq!(run.outcome(), Outcome::NotCertified);
    let reason = run.results[1].verdict.reason().unwrap();
    assert_eq!(reason, "the device does not answer hello any more");
}

#[test]
fn what_can_not_be_done_is_told_apart() {
    let none = certify(&options("exec:cat", &["no.such-case"]), &mut ()).unwrap_err();
    assert_eq!(
        (none.to_string().as_str(), none.exit_code()),
        ("no case fits the filter no.such-case", 2)
    );
    let scale = Options {
        timeout_scale: 0.0,
        ..options("exec:cat", &[])
    };
    assert_eq!(certify(&scale, &mut ()).unwrap_err().exit_code(), 2);
    let unreached = certify(&options("exec:/no/such/program", &["link.*"]), &mut ()).unwrap_err();
    assert!(matches!(unreached, RunError::Device { .. }) && unreached.exit_code() == 3);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.tex"), "").unwrap();
    let report = Options {
        report: Some(folder.path().into()),
        ..options("exec:cat", &["link.*"])
    };
    let unwritten = certify(&report, &mut ()).unwrap_err();
    assert!(matches!(unwritten, RunError::Report { .. }) && unwritten.exit_code() == 4);
}

/// Ends the run after its first case.
struct Impatient(Options);

impl Progress for Impatient {
    fn case_ends(&mut self, _result: &CaseResult) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

#[test]
fn an_interrupted_run_leaves_a_report_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    let options = Options {
        report: Some(path.clone()),
        ..options("exec:cat", &["link.*"])
    };
    let run = certify(&options, &mut Impatient(options.clone())).unwrap();
    assert_eq!((run.outcome(), run.exit_code()), (Outcome::Incomplete, 130));
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["outcome"], "incomplete");
    assert!(!report["cases"].as_array().unwrap().is_empty());
}
