//! The whole suite certifies the reference reader with its card behind PC/SC: the simulated card in the operating system's
//! virtual reader, where it is pulled out and put in again.
//!
//! `cargo xtask setup` installs what this needs, and what is missing fails. Continuous integration leaves it out, because
//! it does not pass every time: now and then the PC/SC service takes a card that was just put in for mute, or does not see
//! that it is there. By hand:
//!
//! ```console
//! $ cargo test --package cardwire-cli --features pcsc --test certify_pcsc -- --ignored
//! ```

mod common;
#[path = "real_tools/service.rs"]
mod service;

use common::CARDWIRE;
use serde_json::Value;
use service::{PluggedIn, SOCKET, Service};
use std::{collections::BTreeSet, fs, os::unix::fs::symlink, path::Path, process::Command};

/// Readers that share the cases, each with a PC/SC service of its own: most of their time they wait for it to see a card come
/// or go.
const READERS: usize = 8;

/// A run takes a minute where nobody else works; one that hangs ends.
const PATIENCE_S: &str = "540";

const MOVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_tools/move.sh");
const FORMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../reference-reader/ics");
/// Stays, to be looked at.
const REPORT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/certify-pcsc");

/// Why a case is not for a reader that is started on standard input and output with the certification identity, whatever
/// its card is.
const NOT_FOR_THIS_BENCH: [&str; 4] = [
    "a child ends with its line",
    "only TCP takes a second connection",
    "the bench has no command that plays a card",
    "the sample holds the certification identity; an `identity` of production in the IXIT says that it does not",
];

#[test]
#[ignore = "now and then the PC/SC service takes a card that was just put in for mute"]
fn the_whole_suite_certifies_the_reader_with_its_card_behind_pcsc() {
    let folder = tempfile::tempdir().unwrap();
    let benches: Vec<_> = (1..=READERS)
        .map(|number| bench(&folder.path().join(number.to_string())))
        .collect();
    let told = certify(folder.path());
    drop(benches);
    println!("{told}");

    let report = fs::read(Path::new(REPORT).join("report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["outcome"], "certified", "{told}");
    let cases = report["cases"].as_array().unwrap().iter();
    let left_out = cases.filter(|case| case["verdict"] == "not-applicable");
    let reasons: BTreeSet<_> = left_out.map(|case| case["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, BTreeSet::from(NOT_FOR_THIS_BENCH));
}

/// A service with a card, and where the reader and whoever moves the card find them.
fn bench(folder: &Path) -> (Service, PluggedIn) {
    fs::create_dir(folder).unwrap();
    let service = Service::start();
    symlink(service.socket(), folder.join("pcscd")).unwrap();
    let card = PluggedIn::movable(&service, "usim", &folder.join("card"));
    (service, card)
}

/// What a certification of the readers of these benches tells.
fn certify(benches: &Path) -> String {
    let bench = format!("{}/{{device}}", benches.display());
    let socket = format!("env {SOCKET}='{bench}/pcscd'");
    let reader = format!(
        "exec:{socket} '{CARDWIRE}' reader --listen stdio --quiet --clock-rate 10 --card 'pcsc:Virtual PCD 00 00' \
         --state '{bench}/state' --control 'unix:{bench}/reader'"
    );
    let moves = |what: &str| format!("{socket} sh '{MOVE}' '{CARDWIRE}' {what} '{bench}/card'");
    let mut command = Command::new("timeout");
    command
        .args([PATIENCE_S, CARDWIRE, "certify", "reader", &reader])
        .args(["--jobs", &READERS.to_string(), "--clock-rate", "10"])
        .args([
            "--remove-card",
            &moves("remove"),
            "--insert-card",
            &moves("insert"),
        ])
        .args([
            "--power-trace",
            &format!("'{CARDWIRE}' card power --control 'unix:{bench}/reader'"),
            "--module-fault",
            &format!("'{CARDWIRE}' card fault --quiet --control 'unix:{bench}/reader'"),
        ])
        .args(["--ics", &format!("{FORMS}/host.toml")])
        .args(["--ixit", &format!("{FORMS}/host-ixit.toml")])
        .args(["--report", REPORT]);
    let ended = command.output().unwrap();
    let told = [ended.stdout, ended.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(ended.status.success(), "{}: {told}", ended.status);
    told
}
