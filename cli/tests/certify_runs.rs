//! Runs of the suite in a lab: several devices, parts of a run, runs that are interrupted and go on, disks that are full,
//! devices that vanish or are in use.
#![cfg(unix)]

mod common;

use common::{
    CARDWIRE, Ended, Listening, cardwire,
    report::{FAST, Report, claims, exec, ids, ids_of, listed, verdicts, wait_until},
    run,
};
use core::time::Duration;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStderr, Command, Stdio},
    time::Instant,
};

#[test]
fn several_devices_share_the_cases() {
    let report = Report::new();
    let ended = report.certify_fast(&["--jobs", "3", "--filter", "link.*", "--filter", "login.c*"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stdout.contains("on 3 devices"), "{ended:#?}");
    let document = report.json();
    let expected: BTreeSet<_> = listed("link.*").into_iter().chain(listed("login.c*")).collect();
    assert_eq!(ids(&document), expected);
    assert_eq!(document["devices"].as_array().unwrap().len(), 3);
    let cases = document["cases"].as_array().unwrap();
    let devices: BTreeSet<_> = cases
        .iter()
        .map(|case| case["device"].as_u64().unwrap())
        .collect();
    assert_eq!(devices, BTreeSet::from([1, 2, 3]));
    // Each of them was sane before and after.
    for on in ["", "-on-2", "-on-3"] {
        for when in ["", "-at-the-end"] {
            let sanity = format!("sanity.way-in{on}{when}");
            assert!(verdicts(&document).contains(&(&sanity, "pass")), "{sanity}");
        }
    }
    // The order is the suite's, whoever was first.
    let order: Vec<_> = verdicts(&document).into_iter().map(|(id, _)| id).collect();
    let of_run: Vec<_> = order.iter().filter(|id| !id.starts_with("sanity.")).collect();
    let list = ids_of(&run(&["certify", "--list", "--format", "json"]).json());
    let of_suite: Vec<_> = list.iter().filter(|id| expected.contains(*id)).collect();
    assert_eq!(of_run, of_suite);
}

#[test]
fn devices_behind_endpoints_of_their_own_share_them_too() {
    let readers = [Listening::reader(&FAST), Listening::reader(&FAST)];
    let [one, other] = readers.each_ref().map(|reader| reader.place.as_str());
    let report = Report::new();
    let ended = report.certify(&[&["reader", one, other, "--filter", "link.*"], &FAST[..]].concat());
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let document = report.json();
    let endpoints: Vec<_> = document["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tested| &tested["endpoint"])
        .collect();
    assert_eq!(endpoints, [one, other]);

    report
        .certify(&["reader", one, "--jobs", "2"])
        .failed(2, &["one job at a time"]);
    report
        .certify(&["reader", one, other, "--jobs", "3"])
        .failed(2, &["2 devices can't do 3 jobs"]);
    report
        .certify(&["reader", one, one])
        .failed(3, &["another run works with it"]);
}

#[test]
fn the_parts_of_a_run_are_the_whole_and_none_is_taken_for_it() {
    let mut all = BTreeSet::new();
    for part in ["1/3", "2/3", "3/3"] {
        let report = Report::new();
        let ended = report.certify_fast(&["--filter", "connection.*", "--shard", part]);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        assert!(
            ended.stdout.contains("partial run: certifies nothing"),
            "{ended:#?}"
        );
        let document = report.json();
        assert_eq!(
            (&document["outcome"], &document["shard"]),
            (&"partial".into(), &part.into())
        );
        let own = ids(&document);
        assert!(!own.is_empty() && all.is_disjoint(&own));
        all.extend(own);
    }
    assert_eq!(all, listed("connection.*"));
    for wrong in ["0/3", "4/3", "1"] {
        let ended = run(&["certify", "--shard", wrong]);
        assert!(
            ended.code == Some(2) && ended.stderr.contains("K/N"),
            "{ended:#?}"
        );
    }
    let report = Report::new();
    report
        .certify(&["--shard", "1/4000", "--filter", "link.answer-repeats-number"])
        .failed(2, &["take fewer parts"]);
}

/// A run that is on its way.
struct Going {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// What it has said on its standard error, as far as it was looked at.
    said: String,
}

impl Going {
    fn start(report: &Report, arguments: &[&str]) -> Self {
        let mut command = cardwire(
            &[
                &["certify", "--report", report.text()],
                arguments,
                claims(arguments),
            ]
            .concat(),
        );
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            stderr: BufReader::new(child.stderr.take().unwrap()),
            child,
            said: String::new(),
        }
    }

    /// Waits until it says a line with these words, or has ended.
    fn wait_for(&mut self, words: &str) {
        let mut line = String::new();
        while self.stderr.read_line(&mut line).unwrap() > 0 && !line.contains(words) {
            self.said.push_str(&line);
            line.clear();
        }
        self.said.push_str(&line);
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    fn ends(mut self) -> Ended {
        let begun = Instant::now();
        wait_until("the run ends", || self.child.try_wait().unwrap().is_some());
        let took = begun.elapsed();
        self.stderr.read_to_string(&mut self.said).unwrap();
        let output = self.child.wait_with_output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: self.said,
            took,
        }
    }
}

/// Cases that end at once, the last of them as it does not apply to this reader, which a run says; and one in which five
/// seconds must pass.
const LONG: [&str; 6] = [
    "--filter",
    "link.d*",
    "--filter",
    BRIEF,
    "--filter",
    "session.silence-ends-it",
];

const BRIEF: &str = "connection.challenge-changes-at-boot";

#[test]
fn an_interrupted_run_says_so_and_goes_on_later() {
    for signal in ["-INT", "-TERM"] {
        let reader = Listening::reader(&FAST);
        let report = Report::new();
        let arguments = [&["reader", &reader.place], &LONG[..], &FAST].concat();
        let mut going = Going::start(&report, &arguments);
        going.wait_for(BRIEF);
        going.signal(signal);
        let ended = going.ends();
        assert_eq!(ended.code, Some(130), "{ended:#?}");
        assert!(ended.took < Duration::from_secs(3), "{:?}", ended.took);
        assert!(
            ended.stdout.contains("incomplete run: certifies nothing"),
            "{ended:#?}"
        );
        let document = report.json();
        assert_eq!(document["outcome"], "incomplete");
        let ended_cases = ids(&document);
        assert!(!ended_cases.is_empty());
        let html = fs::read_to_string(report.path.join("report.html")).unwrap();
        assert!(html.contains("incomplete run: certifies nothing"));

        // Not as another run: the report is left as it is.
        let another = [&arguments[..], &["--resume", "--seed", "1"]].concat();
        report
            .certify(&another)
            .failed(2, &["can't go on", "its seed is 0, and not 1"]);
        assert_eq!(report.json(), document);
        let ended = report.certify(&[&arguments[..], &["--resume"]].concat());
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        let whole = report.json();
        let all = listed("link.d*").len() + 2;
        assert!(ended_cases.len() < all);
        assert_eq!((&whole["outcome"], ids(&whole).len()), (&"partial".into(), all));
        assert_eq!(whole["started"], document["started"]);
        // What had ended is there as it was, its trace included.
        let trace = fs::read_to_string(report.path.join("trace.jsonl")).unwrap();
        for id in &ended_cases {
            let case = |document: &Value| {
                let cases = document["cases"].as_array().unwrap().iter();
                cases.clone().find(|case| case["id"] == **id).cloned().unwrap()
            };
            assert_eq!(case(&whole), case(&document), "{id}");
            assert!(trace.contains(&format!("\"case\":\"{id}\"")), "{id}");
        }
        report
            .certify(&[&arguments[..], &["--resume"]].concat())
            .failed(2, &["it has come to its end"]);
    }
    let none = Report::new();
    none.certify(&["--resume"])
        .failed(2, &["can't go on", "report.json"]);
}

/// At the pace of the clock the last case takes a minute, in which the reports are written however busy the machine is.
#[test]
fn a_run_that_is_killed_leaves_what_had_come_out() {
    let reader = Listening::reader(&[]);
    let report = Report::new();
    let going = Going::start(&report, &[&["reader", &reader.place], &LONG[..]].concat());
    wait_until("some cases are in the report", || {
        report.so_far().is_some_and(|document| !ids(&document).is_empty())
    });
    going.signal("-KILL");
    assert_eq!(going.ends().code, None);
    let document = report.json();
    assert_eq!(document["outcome"], "incomplete");
    assert!(!ids(&document).is_empty());
}

/// What a run says of a case that does not apply to this reader, one of the first of the updates.
const EARLY: &str = "not-applicable: updates.";

#[test]
fn a_device_that_vanishes_midway_is_not_waited_for_case_by_case() {
    let mut reader = Listening::reader(&FAST);
    let report = Report::new();
    let mut going = Going::start(
        &report,
        &[
            &["reader", &reader.place, "--filter", "updates.*"],
            &LONG[..],
            &FAST,
        ]
        .concat(),
    );
    going.wait_for(EARLY);
    reader.kill();
    let ended = going.ends();
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.took < Duration::from_secs(30), "{:?}", ended.took);
    assert!(
        ended.stdout.contains("cases were not run: the device is gone"),
        "{ended:#?}"
    );
    let document = report.json();
    // One case saw it, if it was not between two of them, and those behind say that they saw nothing.
    assert!(document["counts"]["fail"].as_u64().unwrap() <= 1, "{ended:#?}");
    assert!(document["counts"]["inconclusive"].as_u64().unwrap() > 0);
    assert_ne!(document["outcome"], "certified");
}

#[test]
fn one_of_several_devices_may_vanish() {
    let mut readers = [Listening::reader(&FAST), Listening::reader(&FAST)];
    let [one, other] = readers.each_ref().map(|reader| reader.place.clone());
    let report = Report::new();
    let mut going = Going::start(
        &report,
        &[
            &["reader", &one, &other, "--filter", "updates.*"],
            &LONG[..],
            &FAST,
        ]
        .concat(),
    );
    going.wait_for(EARLY);
    readers[1].kill();
    let ended = going.ends();
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let document = report.json();
    let all: BTreeSet<_> = ["updates.*", "link.d*", BRIEF, "session.silence-ends-it"]
        .into_iter()
        .flat_map(listed)
        .collect();
    assert_eq!(ids(&document), all, "the other one goes on");
    assert!(document["counts"]["pass"].as_u64().unwrap() > 20, "{ended:#?}");
}

#[test]
fn a_device_that_is_in_use_is_told_apart() {
    let reader = Listening::reader(&FAST);
    let (first, second) = (Report::new(), Report::new());
    let arguments = [&["reader", &reader.place], &LONG[..], &FAST].concat();
    let going = Going::start(&first, &arguments);
    wait_until("the first run is on its way", || first.path.exists());
    let ended = second.certify(&arguments);
    ended.failed(3, &["another run works with it", "nobody else uses the device"]);
    assert!(
        !second.path.exists(),
        "a run that does not come about has no report"
    );
    // Nor do two runs write one report.
    first
        .certify(&["--filter", "link.d*"])
        .failed(4, &["another run writes it"]);
    going.signal("-TERM");
    assert_eq!(going.ends().code, Some(130));

    // A program that knows of no locks holds the reader's one line.
    let place = reader.place.strip_prefix("tcp:").unwrap();
    let mut holder = std::net::TcpStream::connect(place).unwrap();
    std::io::Write::write_all(&mut holder, &[0]).unwrap();
    let ended = second.certify(&arguments);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.stdout.contains("somebody else may hold it"), "{ended:#?}");
}

/// Runs the suite where a file may have so many blocks of 512 bytes, as on a disk that is full.
fn with_room_for(blocks: u32, report: &Report, arguments: &[&str]) -> Ended {
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    command
        .args(["-c", &script, CARDWIRE, "certify", "--report", report.text()])
        .args(arguments)
        .args(claims(arguments));
    common::run_command(&mut command)
}

#[test]
fn a_full_disk_leaves_no_report_that_looks_whole() {
    let report = Report::new();
    let exec = exec();
    let arguments = ["reader", &exec, "--filter", "link.*", "--clock-rate", "10"];
    // Not even the first report fits: nothing is run.
    let ended = with_room_for(1, &report, &arguments);
    ended.failed(4, &["can't be written", "a disk that has room"]);
    assert!(!report.path.exists());
    // The first one fits, and the last one does not: what came out is told, and what stands there is incomplete.
    let ended = with_room_for(700, &report, &arguments);
    ended.failed(4, &["can't be written", "no report of a whole run"]);
    assert!(ended.stdout.contains("| link"), "{ended:#?}");
    assert_eq!(report.json()["outcome"], "incomplete");
    let json = with_room_for(700, &report, &[&arguments[..], &["--format", "json"]].concat());
    assert_eq!(json.json()["outcome"], "partial");
    assert!(
        json.json()["error"]
            .as_str()
            .unwrap()
            .contains("can't be written")
    );
    // Nothing else is left beside it.
    let beside = fs::read_dir(report.path.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1);
}
