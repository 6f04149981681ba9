//! `certify`: the reference reader passes, devices that are no readers don't, and each end has its exit code.

mod common;

use common::{CARDWIRE, run};
use std::fs;

/// Cases of several groups that take no time.
const QUICK: [&str; 6] = [
    "--filter",
    "link.d*",
    "--filter",
    "connection.hello*",
    "--filter",
    "session.disconnect*",
];

/// What is claimed of the reference reader.
const HOST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../reference-reader/ics/host.toml");

fn certify(arguments: &[&str]) -> common::Ended {
    // Reports that a test does not look at go where they disturb no other test.
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report").display().to_string();
    let elsewhere: &[&str] = if arguments.contains(&"--report") {
        &[]
    } else {
        &["--report", &report]
    };
    run(&[&["certify"], arguments, elsewhere].concat())
}

#[test]
fn the_reference_reader_passes_and_the_reports_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report").display().to_string();
    let text = certify(&[&QUICK[..], &["--report", &report]].concat());
    assert!(
        text.succeeded().stdout.contains("partial run: certifies nothing"),
        "{text:#?}"
    );
    for file in ["report.html", "report.json", "junit.xml", "trace.jsonl"] {
        assert!(
            fs::metadata(format!("{report}/{file}")).unwrap().len() > 0,
            "{file}"
        );
    }

    let card = [
        "--filter",
        "modules.card-moves*",
        "--format",
        "json",
        "--seed",
        "7",
    ];
    let json = certify(&[&QUICK[..], &card].concat());
    let document = json.succeeded().json();
    assert_eq!(
        (&document["outcome"], &document["seed"]),
        (&"partial".into(), &7.into())
    );
    assert_eq!(document["device"]["reader_id"], "CERT-READER-1");
    let cases = document["cases"].as_array().unwrap();
    for group in ["link", "connection", "session", "sanity", "modules"] {
        assert!(cases.iter().any(|case| case["group"] == group), "{group}");
    }
    assert!(cases.iter().all(|case| case["verdict"] == "pass"), "{document:#}");
}

/// `certify` alone is `certify reader`, and both start the same program that an endpoint can name.
#[test]
fn the_device_may_be_named() {
    let exec = format!("exec:'{CARDWIRE}' reader --listen stdio --quiet");
    for device in [&["reader"][..], &["reader", &exec, "--ics", HOST]] {
        certify(&[device, &QUICK].concat()).succeeded();
    }
}

#[test]
fn a_device_that_is_no_reader_fails_with_evidence() {
    // One that never answers.
    let ended = certify(
        &[
            &[
                "reader",
                "exec:sleep 600",
                "--ics",
                HOST,
                "--timeout-scale",
                "0.1",
            ],
            &QUICK[..],
        ]
        .concat(),
    );
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    for part in [
        "CW-CONN-001: A reader MUST answer hello",
        "expected  ",
        "seen      ",
        "were not run",
        " hello {",
    ] {
        assert!(ended.stdout.contains(part), "`{part}` is missing: {ended:#?}");
    }
    let replay = format!(
        "replay    cardwire certify reader 'exec:sleep 600' --ics {HOST} --replay sanity.way-in@0,scale=0.1"
    );
    assert!(ended.stdout.contains(&replay), "{ended:#?}");
}

#[test]
fn what_can_not_be_run_is_told() {
    certify(&["reader", "exec:/cardwire-nowhere", "--ics", HOST])
        .failed(3, &["can't be reached", "Check the endpoint"]);
    let json = certify(&["reader", "tcp:127.0.0.1:1", "--ics", HOST, "--format", "json"]);
    json.failed(3, &["tcp:127.0.0.1:1"]);
    assert!(
        json.json()["error"]
            .as_str()
            .unwrap()
            .contains("can't be reached")
    );
    certify(&["--filter", "nothing.fits"]).failed(2, &["nothing.fits"]);
    certify(&["--report", "/dev/null/report", "--filter", "link.d*"]).failed(4, &["/dev/null/report"]);
    assert_eq!(certify(&["reader", "udp:1"]).code, Some(2));
}
