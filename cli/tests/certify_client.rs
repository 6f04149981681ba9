//! `certify client`: each end has its exit code, and says what to do next.

mod common;

use common::run;

/// A statement of a client that tells this little of itself.
fn statement(folder: &std::path::Path, ops: &str) -> String {
    let file = folder.join("sh.toml").display().to_string();
    let ops = format!("ops={ops}");
    let set = ["vendor=We", "product=sh", "version=1", "formats=native", &ops];
    let set: Vec<_> = set.iter().flat_map(|answer| ["--set", answer]).collect();
    run(&[
        &["ics", "new", &file, "--of", "client", "--defaults", "--force"],
        &set[..],
    ]
    .concat())
    .succeeded();
    run(&["ics", "check", "--of", "client", &file]).succeeded();
    file
}

fn certify(arguments: &[&str]) -> common::Ended {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report").display().to_string();
    run(&[&["certify", "client", "--report", &report], arguments].concat())
}

#[test]
fn the_projects_own_client_passes_and_a_part_certifies_nothing() {
    let ended = certify(&["--filter", "client.login.*", "--timeout-scale", "0.2"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(
        ended.stdout.contains("partial run: certifies nothing"),
        "{ended:#?}"
    );
}

#[test]
fn a_program_that_is_no_upper_tester_is_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let ics = statement(folder.path(), "open,run,close");
    let ended = certify(&["--ics", &ics, "--", "cat"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    for part in ["the program does not answer `describe`", "not certified"] {
        assert!(ended.stdout.contains(part), "`{part}` is missing: {ended:#?}");
    }
}

#[test]
fn what_can_not_be_done_says_what_can() {
    let ended = certify(&["--filter", "client.nothing"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    // Nobody claims anything of it.
    certify(&["--", "cat"]).failed(
        2,
        &[
            "without its statement",
            "cardwire ics new my-client.toml --of client",
        ],
    );
    let folder = tempfile::tempdir().unwrap();
    let ics = statement(folder.path(), "open,run,close");
    assert_eq!(run(&["ics", "check", &ics]).code, Some(1));
    run(&["certify", "--ics", &ics, "client"]).failed(2, &["behind the word `client`"]);
    let ended = certify(&["--ics", &ics, "--", "./there-is-no-such-program"]);
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    let ended = run(&["certify", "cloud"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stderr.contains("out of scope for now"), "{ended:#?}");
}

/// What a reader has a client has too: a list, parts, a replay, expected failures, a signed report.
#[test]
fn parts_are_merged_signed_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let key = path("lab.pem");
    let made = std::process::Command::new("openssl")
        .args(["genpkey", "-algorithm", "ed25519", "-out", &key])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let parts = ["1/2", "2/2"].map(|part| {
        let report = path(&part.replace('/', "-"));
        let quick = ["--timeout-scale", "0.2", "--shard", part, "--report", &report];
        let ended = run(&[&["certify", "client"], &quick[..]].concat());
        assert!(
            ended
                .succeeded()
                .stdout
                .contains("partial run: certifies nothing"),
            "{ended:#?}"
        );
        report
    });
    let whole = path("whole");
    run(&[
        "report",
        "merge",
        &parts[0],
        &parts[1],
        "--out",
        &whole,
        "--sign-key",
        &key,
    ])
    .succeeded();
    let verified = run(&["verify", &whole]);
    assert!(
        verified.succeeded().stdout.starts_with("certified"),
        "{verified:#?}"
    );
    assert!(verified.stdout.contains("client cardwire"), "{verified:#?}");
    let same = run(&["report", "diff", &whole, &whole]);
    assert!(
        same.succeeded().stdout.contains("certified -> certified"),
        "{same:#?}"
    );
}

#[test]
fn failures_are_replayed_expected_and_end_the_run() {
    // A client that never gets in: it tells of a failure whatever it is asked.
    let script = r#"read line; echo '{"id":0,"name":"sh","version":"1","ops":["open","run","close"],"formats":["native"]}'
        n=1; while read line; do echo "{\"id\":$n,\"failure\":{\"by\":\"client\",\"text\":\"no\"}}"; n=$((n+1)); done"#;
    let folder = tempfile::tempdir().unwrap();
    let ics = statement(folder.path(), "open,run,close");
    let with = |more: &[&str]| certify(&[more, &["--ics", &ics, "--", "sh", "-c", script]].concat());
    let ended = with(&["--filter", "client.sanity.*", "--seed", "5"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let token = "client.sanity.the-way-in-and-out@5";
    assert!(
        ended.stdout.contains(&format!(
            "replay    cardwire certify client --ics {ics} --replay {token} -- sh"
        )),
        "{ended:#?}"
    );
    let document = with(&["--replay", token, "--format", "json"]).json();
    assert_eq!(
        (&document["subject"], &document["only"]),
        (&"client".into(), &"client.sanity.the-way-in-and-out".into())
    );
    let case = &document["cases"][0];
    assert_eq!(
        (&case["verdict"], &case["token"]),
        (&"fail".into(), &token.into())
    );

    let list = folder.path().join("known.toml").display().to_string();
    let entry = |message: &str| {
        format!("[[expected]]\ncase = \"client.sanity.the-way-in-and-out\"\nmessage = {message:?}\n")
    };
    std::fs::write(&list, entry(case["reason"].as_str().unwrap())).unwrap();
    let known = with(&[
        "--filter",
        "client.sanity.the-way-in-and-out",
        "--expected",
        &list,
    ]);
    assert!(known.stdout.contains("1 cases failed as expected"), "{known:#?}");
    std::fs::write(&list, entry("another one")).unwrap();
    let stale = with(&[
        "--filter",
        "client.sanity.the-way-in-and-out",
        "--expected",
        &list,
    ]);
    assert_eq!(stale.code, Some(1), "{stale:#?}");
    assert!(
        stale.stdout.contains("fails in another way than expected"),
        "{stale:#?}"
    );

    let fast = with(&["--fail-fast"]);
    assert_eq!(fast.code, Some(130), "{fast:#?}");
    assert!(
        fast.stdout.contains("incomplete run: certifies nothing"),
        "{fast:#?}"
    );
    // What is claimed is looked at first, and is a failure where it is not there.
    statement(folder.path(), "open,run,close,abort");
    let claimed = with(&["--filter", "client.sanity.*"]);
    assert!(
        claimed
            .stdout
            .contains("problem  the ICS claims `abort` in `ops`"),
        "{claimed:#?}"
    );
    // A case of another subject is none of this one.
    with(&["--replay", "codec.frame.hello@0"]).failed(2, &["there is no case codec.frame.hello"]);
    assert_eq!(with(&["--replay", token, "--seed", "6"]).code, Some(2));
}
