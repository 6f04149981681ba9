//! A machine that stands still in the midst of a run: what is late is not the reader's fault.
#![cfg(unix)]

mod common;

use common::{
    cardwire,
    report::{FAST, HOST, Report, exec, listed, verdicts, wait_until},
};
use core::time::Duration;
use std::{
    fs,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    thread,
};

/// Longer than a reader may take for an answer.
const STANDSTILL: Duration = Duration::from_millis(1200);
/// Cases in which an answer is due nearly always.
const CASES: &str = "link.*";
const STANDSTILLS: usize = 12;
const BETWEEN: Duration = Duration::from_millis(150);

#[test]
fn what_is_late_because_the_machine_stood_still_is_not_held_against_the_reader() {
    let report = Report::new();
    let exec = exec();
    let arguments = [
        &[
            "certify",
            "reader",
            &exec,
            "--ics",
            HOST,
            "--report",
            report.text(),
        ],
        &FAST[..],
        &["--filter", CASES],
    ];
    // The reader is a child of the run, and of its process group.
    let mut run = cardwire(&arguments.concat())
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let tester = run.id().to_string();
    let all = format!("-{tester}");
    let signal = |name: &str, whom: &str| {
        let mut kill = Command::new("kill");
        let killed = kill.args(["-s", name, "--", whom]).status();
        assert!(killed.unwrap().success());
    };
    for _ in 0..STANDSTILLS {
        thread::sleep(BETWEEN);
        assert!(run.try_wait().unwrap().is_none(), "it is not over yet");
        signal("STOP", &all);
        thread::sleep(STANDSTILL);
        // The tester is the first that goes on, and finds that the answer is not there.
        signal("CONT", &tester);
        thread::sleep(BETWEEN);
        signal("CONT", &all);
    }
    wait_until("the run ends", || run.try_wait().unwrap().is_some());
    let document = report.json();
    let wrong: Vec<_> = verdicts(&document)
        .into_iter()
        .filter(|(_, verdict)| !matches!(*verdict, "pass" | "not-applicable"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(
        verdicts(&document).len() > listed(CASES).len(),
        "the cases, and two of sanity"
    );
    let trace = fs::read_to_string(report.path.join("trace.jsonl")).unwrap();
    assert!(
        trace.contains("this machine stood still for 12"),
        "the trace says why something was late"
    );
}
