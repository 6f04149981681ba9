//! A machine that stands still in the midst of a run: what is late is not the reader's fault.
#![cfg(unix)]

mod common;

use common::{
    CARDWIRE, cardwire,
    report::{HOST, Report, listed, verdicts},
};
use core::time::Duration;
use std::{
    fs,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    thread,
};

/// How long all go on before the machine stands still again, and the tester while the reader does not.
const BETWEEN: Duration = Duration::from_millis(150);
/// How often it does so in all; a run that ends before is followed by another one.
const TIMES: usize = 5;

#[test]
fn what_is_late_because_the_machine_stood_still_is_not_held_against_the_reader() {
    let exec = format!("exec:'{CARDWIRE}' reader --listen stdio --quiet --settle 0 --work 0");
    // Longer than a reader may take for an answer, and in cases in which one is due nearly always.
    let traces = Interrupted {
        arguments: &["reader", &exec, "--ics", HOST],
        cases: "interfaces.*",
        standstill: Duration::from_millis(1200),
    }
    .pass();
    let told = traces
        .iter()
        .flat_map(|trace| trace.split("this machine stood still for ").skip(1));
    let told: Vec<u64> = told
        .filter_map(|rest| rest.split_once(' ')?.0.parse().ok())
        .collect();
    assert!(
        told.iter().any(|&millis| millis >= 1200),
        "the trace says why something was late: {told:?}"
    );
}

#[test]
fn a_module_that_answers_while_the_machine_stands_still_has_answered_in_time() {
    // Longer than a module may take by the clock of such a reader.
    Interrupted {
        arguments: &["--jobs", "1", "--clock-rate", "2"],
        cases: "services.phonebook.*",
        standstill: Duration::from_millis(2600),
    }
    .pass();
}

/// Runs whose machine stands still again and again.
struct Interrupted<'a> {
    arguments: &'a [&'a str],
    cases: &'a str,
    standstill: Duration,
}

impl Interrupted<'_> {
    /// Makes the runs, of which every case has to pass; the trace of each.
    fn pass(self) -> Vec<String> {
        let mut times = 0;
        let mut traces = Vec::new();
        while times < TIMES {
            let before = times;
            traces.push(self.run(&mut times));
            assert!(times > before, "the run is over before it can be interrupted");
        }
        traces
    }

    /// Makes one run, of which every case has to pass; its trace.
    fn run(&self, times: &mut usize) -> String {
        let report = Report::new();
        let arguments = [
            &["certify"],
            self.arguments,
            &["--report", report.text(), "--filter", self.cases],
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
        while *times < TIMES {
            thread::sleep(BETWEEN);
            if run.try_wait().unwrap().is_some() {
                break;
            }
            *times += 1;
            // The tester is the last that stands still and the first that goes on: it has asked, and finds no answer.
            signal("STOP", &all);
            signal("CONT", &tester);
            thread::sleep(BETWEEN);
            signal("STOP", &tester);
            thread::sleep(self.standstill);
            signal("CONT", &tester);
            thread::sleep(BETWEEN);
            signal("CONT", &all);
        }
        run.wait().unwrap();
        let document = report.json();
        let wrong: Vec<_> = verdicts(&document)
            .into_iter()
            .filter(|(_, verdict)| !matches!(*verdict, "pass" | "not-applicable"))
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!(
            verdicts(&document).len() > listed(self.cases).len(),
            "the cases, and two of sanity"
        );
        fs::read_to_string(report.path.join("trace.jsonl")).unwrap()
    }
}

fn signal(name: &str, whom: &str) {
    let mut kill = Command::new("kill");
    let killed = kill.args(["-s", name, "--", whom]).status();
    assert!(killed.unwrap().success());
}
