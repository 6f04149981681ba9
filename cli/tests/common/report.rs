//! Runs of the suite whose reports are looked at.

use super::{CARDWIRE, Ended, PATIENCE, run};
use core::time::Duration;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf, thread, time::Instant};
use tempfile::TempDir;

/// A folder for the report of a run.
pub struct Report {
    _folder: TempDir,
    pub path: PathBuf,
}

impl Report {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        Self {
            _folder: folder,
            path,
        }
    }

    pub fn text(&self) -> &str {
        self.path.to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path.join("report.json")).unwrap()).unwrap()
    }

    /// The same while the run goes on: the folder is replaced as a whole, and may be gone for a moment.
    pub fn so_far(&self) -> Option<Value> {
        serde_json::from_slice(&fs::read(self.path.join("report.json")).ok()?).ok()
    }

    pub fn certify(&self, arguments: &[&str]) -> Ended {
        run(&[
            &["certify", "--report", self.text()],
            arguments,
            claims(arguments),
        ]
        .concat())
    }

    /// The same with a reader that is started for the run.
    pub fn certify_fast(&self, arguments: &[&str]) -> Ended {
        let state = self.path.with_extension("state-{device}");
        let exec = format!("{} --state {}", exec(), state.display());
        self.certify(&[&["reader", &exec], &FAST[..], arguments].concat())
    }
}

/// A reader that is started for the run; its clock is as fast as [`FAST`] says.
pub fn exec() -> String {
    format!("exec:'{CARDWIRE}' reader --listen stdio --quiet --settle 0 --work 0 --clock-rate 10")
}

/// What is claimed of the reference reader, for runs that name one.
pub fn claims(arguments: &[&str]) -> &'static [&'static str] {
    if arguments.contains(&"reader") {
        &["--ics", HOST]
    } else {
        &[]
    }
}

/// What is claimed of the reference reader.
pub const HOST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../reference-reader/ics/host.toml");

pub const FAST: [&str; 2] = ["--clock-rate", "10"];

/// The cases of a document, and how they ended.
pub fn verdicts(document: &Value) -> Vec<(&str, &str)> {
    let cases = document["cases"].as_array().unwrap();
    let pair = |case| {
        let case: &Value = case;
        (case["id"].as_str().unwrap(), case["verdict"].as_str().unwrap())
    };
    cases.iter().map(pair).collect()
}

/// The ids of the cases of a document, sanity cases aside.
pub fn ids(document: &Value) -> BTreeSet<String> {
    let ids = verdicts(document).into_iter().map(|(id, _)| id.to_owned());
    ids.filter(|id| !id.starts_with("sanity.")).collect()
}

pub fn listed(filter: &str) -> BTreeSet<String> {
    let list = run(&["certify", "--list", "--filter", filter, "--format", "json"]);
    ids_of(&list.succeeded().json()).into_iter().collect()
}

/// The ids of a list, in its order.
pub fn ids_of(list: &Value) -> Vec<String> {
    let cases = list["cases"].as_array().unwrap().iter();
    cases
        .map(|case| case["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits for something that comes soon.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}
