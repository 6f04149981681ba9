//! `ics` and `ixit`: forms are made, checked, shown, and decide what `certify` does.

mod common;

use common::{CARDWIRE, Ended, run};
use std::fs;
use tempfile::TempDir;

const HOST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../reference-reader/ics/host.toml");
const BENCH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../reference-reader/ics/host-ixit.toml"
);

/// Claims that no reader makes for another one.
const OWN: [&str; 9] = [
    "vendor=Example Readers",
    "product=Counter",
    "hardware=rev C",
    "hardware-class=reference-host",
    "software=cardwire-host-0.1.0",
    "links=stdio",
    "services=card.identify,0xF001",
    "modules=security,contact-card",
    "contact-classes=class-b,class-c",
];

fn new(kind: &str, set: &[&str], more: &[&str]) -> Ended {
    let set: Vec<_> = set.iter().flat_map(|set| ["--set", set]).collect();
    run(&[&[kind, "new", "--defaults"], &set[..], more].concat())
}

/// Holds a command to having refused a form, and to have named all of this.
fn refused(ended: &Ended, words: &[&str]) {
    ended.failed(2, &["problem"]);
    for word in words {
        assert!(ended.stderr.contains(word), "`{word}` is missing: {ended:#?}");
    }
}

fn exec() -> String {
    format!("exec:'{CARDWIRE}' reader --listen stdio --quiet")
}

/// Runs some cases, with the reports where they disturb no other test.
fn certify(arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report").display().to_string();
    run(&[&["certify"], arguments, &["--report", &report]].concat())
}

/// A statement in a folder of its own: that of the reference reader, with one line changed.
fn lying(from: &str, to: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ics.toml").display().to_string();
    let honest = fs::read_to_string(HOST).unwrap();
    assert!(honest.contains(from), "{from}");
    fs::write(&file, honest.replace(from, to)).unwrap();
    (folder, file)
}

#[test]
fn what_is_written_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ics.toml").display().to_string();
    new("ics", &OWN, &[&file]).succeeded();
    let check = run(&["ics", "check", &file]);
    assert!(check.succeeded().stdout.contains("whole"));
    new("ics", &OWN, &[&file]).failed(2, &["is there already", "--force"]);
    new("ics", &OWN, &[&file, "--force"]).succeeded();
    // Without a file it comes on standard output, with the questions as comments.
    let printed = new("ics", &OWN, &[]);
    assert!(printed.succeeded().stdout.contains("# Who makes the reader?"));
    assert!(printed.stdout.contains("services = [\"card.identify\", 61441]"));

    let shown = run(&["ics", "show", &file]);
    assert!(shown.succeeded().stdout.contains("contact-slots"));
    assert!(
        shown
            .stdout
            .contains("the ICS does not claim `indicator` in `modules`")
    );
    let json = run(&["ics", "show", &file, "--format", "json"]);
    let document = json.succeeded().json();
    assert_eq!(
        document["answers"]["services"],
        serde_json::json!(["card.identify", 0xF001])
    );
    assert!(document["not_applicable"].as_array().unwrap().len() > 20);
    assert!(run(&["ics", "show"]).succeeded().stdout.contains("max-frame"));
    assert!(
        run(&["ixit", "show", "--format", "json"])
            .succeeded()
            .json()
            .as_array()
            .unwrap()
            .len()
            > 10
    );
    let bench = run(&["ixit", "show", BENCH]);
    assert!(bench.succeeded().stdout.contains("card-puk         (secret)"));
    assert!(!bench.stdout.contains(" 1234\n") && !bench.stdout.contains(" 12345678\n"));
}

#[test]
fn what_is_not_answered_or_wrong_is_named() {
    // Nobody can be asked, and no reader's vendor is every reader's.
    run(&["ics", "new"]).failed(2, &["no terminal", "--set ITEM=ANSWER"]);
    refused(
        &new("ics", &[], &[]),
        &["`vendor` is not answered", "`services` is not answered"],
    );
    refused(
        &new("ics", &["max-frame=12", "colour=blue", "links=tcp,radio"], &[]),
        &["12 is out of bounds", "no such question", "there is no `radio`"],
    );
    refused(&new("ixit", &[], &[]), &["`endpoint` is not answered"]);
    refused(
        &new("ixit", &["endpoint=tcp:192.0.2.7:1", "power-on=bench on"], &[]),
        &["`power-off`"],
    );
    let (_folder, file) = lying("max-frame = 512", "max-frame = 12\nmood = 1");
    let check = run(&["ics", "check", &file]);
    assert_eq!(check.code, Some(1), "{check:#?}");
    assert!(
        check.stdout.contains("12 is out of bounds") && check.stdout.contains("`mood`"),
        "{check:#?}"
    );
    let json = run(&["ics", "check", HOST, &file, "--format", "json"]);
    let document = json.json();
    assert_eq!(document[0]["problems"], serde_json::json!([]));
    assert_eq!(document[1]["problems"].as_array().unwrap().len(), 2);
    run(&["ics", "check", "/nowhere/ics.toml"]).failed(2, &["can't be read"]);
}

/// What the device tells is proposed, and is what it is then held to.
#[test]
fn a_statement_can_begin_with_what_the_reader_tells() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ics.toml").display().to_string();
    let set = [
        "vendor=a",
        "product=b",
        "hardware=c",
        "links=stdio",
        "contact-classes=class-b",
        "contactless-types=type-a",
    ];
    new("ics", &set, &["--from", &exec(), &file]).succeeded();
    let certified = certify(&[
        "reader",
        &exec(),
        "--ics",
        &file,
        "--filter",
        "claims.modules",
        "--filter",
        "claims.services",
        "--filter",
        "claims.software",
    ]);
    certified.succeeded();
    new("ics", &[], &["--from", "exec:/nowhere/reader"]).failed(3, &["can't be reached"]);
}

#[test]
fn a_reader_of_which_nobody_claims_anything_is_not_tested() {
    let ended = certify(&["reader", "tcp:127.0.0.1:1"]);
    ended.failed(
        2,
        &[
            "without its statement (ICS)",
            "cardwire ics new my-reader.toml --from tcp:127.0.0.1:1",
        ],
    );
    certify(&["reader", "--ixit", BENCH]).failed(2, &["without its statement"]);
    // Half a form tests nothing.
    let (_folder, file) = lying("max-frame = 512", "max-frame = 12");
    refused(
        &certify(&["reader", &exec(), "--ics", &file]),
        &["12 is out of bounds"],
    );
    let json = certify(&["--ics", &file, "--format", "json"]);
    refused(&json, &["12 is out of bounds"]);
    assert_eq!(json.json()["problems"][0]["item"], "max-frame");
    certify(&["reader", &exec(), "--ics", "/nowhere/ics.toml"]).failed(2, &["can't be read"]);
    certify(&["reader", &exec(), "--ics", HOST, "--ixit", HOST]).failed(2, &["IXIT"]);
    // A byte stream that is not claimed is not tested either.
    let (_folder, file) = lying("links = [\"tcp\", \"serial\", \"stdio\"]", "links = [\"usb\"]");
    certify(&["reader", &exec(), "--ics", &file]).failed(2, &["does not claim `stdio` in `links`"]);
}

/// Each claim that the device does not keep is found, and so is what it has and nobody claims.
#[test]
fn claims_are_held_against_the_device() {
    for (from, to, case) in [
        ("max-frame = 512", "max-frame = 1024", "claims.max-frame"),
        ("version = 1", "version = 2", "claims.version"),
        (
            "[\"reference-host\"]",
            "[\"reference-cortex-m3\"]",
            "claims.hardware-class",
        ),
        (
            "software = \"cardwire-host-0.1.0\"",
            "software = \"counter-2\"",
            "claims.software",
        ),
        ("\"indicator\", ", "", "claims.modules"),
        (
            "\"pin-pad\"]",
            "\"pin-pad\", \"secure-storage\"]",
            "claims.modules",
        ),
        ("contact-slots = 1", "contact-slots = 2", "claims.contact-slots"),
        (
            "\"apdu.exchange\"]",
            "\"apdu.exchange\", 0xF001]",
            "claims.services",
        ),
        (", \"apdu.exchange\"]", "]", "claims.services"),
        (
            "formats = [\"native\", \"cbor\"]",
            "formats = [\"native\", \"cbor\", 0xF0]",
            "claims.formats",
        ),
        (
            "\"software\", \"authentication\", \"logic\"]",
            "\"software\", \"authentication\", \"logic\", 0xF0]",
            "claims.update-kinds",
        ),
        (
            "\"software\", \"authentication\", \"logic\"]",
            "\"software\", \"logic\"]",
            "claims.update-kinds",
        ),
        ("logic-size = 1024", "logic-size = 1025", "claims.logic-size"),
        (
            "software-size = 352256",
            "software-size = 352255",
            "claims.software-size",
        ),
        ("job-memory = 4", "job-memory = 40", "claims.job-memory"),
        (
            "diagnostic-records = 64",
            "diagnostic-records = 4000",
            "claims.diagnostic-records",
        ),
    ] {
        let (_folder, file) = lying(from, to);
        let honest = certify(&["reader", &exec(), "--ics", HOST, "--filter", case]);
        honest.succeeded();
        let ended = certify(&["reader", &exec(), "--ics", &file, "--filter", case]);
        assert_eq!(ended.code, Some(1), "{to}: {ended:#?}");
        assert!(
            ended.stdout.contains(&format!("fail  {case}")),
            "{to}: {ended:#?}"
        );
        assert!(ended.stdout.contains("ICS"), "{to}: {ended:#?}");
    }
}

/// A case that does not apply names the claim, and the forms stand in the report, secrets aside.
#[test]
fn the_report_holds_the_forms() {
    let (_folder, file) = lying("\"indicator\", ", "");
    let filter = [
        "--filter",
        "modules.off-after-failure",
        "--filter",
        "logic.pin-*",
        "--format",
        "json",
    ];
    let arguments = ["reader", &exec(), "--ics", &file, "--ixit", BENCH];
    let ended = certify(&[&arguments[..], &filter].concat());
    let document = ended.json();
    assert_eq!(document["ics"]["vendor"], "The Cardwire project");
    assert_eq!(document["ixit"]["card-iccid"], "8900001010123456783");
    assert!(document["ixit"].get("card-pin").is_none());
    let cases = document["cases"].as_array().unwrap();
    let of = |id: &str| cases.iter().find(|case| case["id"] == id).unwrap();
    assert_eq!(of("modules.off-after-failure")["verdict"], "not-applicable");
    assert_eq!(
        of("modules.off-after-failure")["reason"],
        "the ICS does not claim `indicator` in `modules`"
    );
    assert_eq!(of("logic.pin-guard-leaves-the-last-try")["verdict"], "pass");
    // The PIN and the PUK, as text and in the bytes of a parameter.
    for secret in ["12345678\"", "3132333435363738"] {
        assert!(!ended.stdout.contains(secret), "{secret}");
    }
    // An option goes before what the IXIT says.
    let bad = [
        "reader",
        "--ics",
        HOST,
        "--ixit",
        BENCH,
        "--timeout-scale",
        "3",
        "--filter",
        "claims.version",
    ];
    let replayed = certify(&[&bad[..1], &[&exec()], &bad[1..], &["--format", "json"]].concat());
    assert_eq!(replayed.json()["timeout_scale"], 3.0);
}
