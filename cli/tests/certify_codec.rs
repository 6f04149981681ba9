//! `certify codec`: each end has its exit code, and says what to do next.

mod common;

use common::{CARDWIRE, run};
use std::fs;

fn certify(arguments: &[&str]) -> common::Ended {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report").display().to_string();
    let elsewhere: &[&str] = if arguments.contains(&"--report") {
        &[]
    } else {
        &["--report", &report]
    };
    run(&[&["certify", "codec"], elsewhere, arguments].concat())
}

#[test]
fn a_program_that_is_no_adapter_is_told_why() {
    let ended = certify(&["--", "cat"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    for part in [
        "the program does not answer `describe`: no `name`",
        "cases were not run",
        "not certified",
    ] {
        assert!(ended.stdout.contains(part), "`{part}` is missing: {ended:#?}");
    }
    // One that speaks, but not of this.
    let ended = certify(&["--format", "json", "--", CARDWIRE, "--version"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let document = ended.json();
    assert_eq!(document["outcome"], "not-certified");
    assert!(document["codec"].is_null());
    assert!(
        document["stopped"].as_str().unwrap().contains("no JSON object"),
        "{document:#}"
    );
}

#[test]
fn a_failure_shows_all_that_its_reader_needs() {
    let script = r#"read line; echo '{"id":0,"name":"sh","version":"1","ops":["frame"]}'
        n=1; while read line; do echo "{\"id\":$n,\"line\":\"00\"}"; n=$((n+1)); done"#;
    let ended = certify(&[
        "--filter",
        "codec.frame.hello",
        "--seed",
        "5",
        "--",
        "sh",
        "-c",
        script,
    ]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    for part in [
        "codec.frame.hello",
        "CW-LINK-001: A frame MUST be encoded with COBS",
        "expected  the line 020101010101010106010101010205aa0c6e2a00",
        "seen      1 bytes, other ones from offset 0 on: 00",
        r#"request   {"id":1,"op":"frame","kind":"clear","number":"1","payload":"0101010200"}"#,
        r#"answer    {"id":1,"line":"00"}"#,
        "replay    cardwire certify codec --replay codec.frame.hello@5 -- sh -c 'read line;",
        "not declared, and so not tested: decode, encode, transcode, deframe",
        "partial run: certifies nothing",
    ] {
        assert!(ended.stdout.contains(part), "`{part}` is missing: {ended:#?}");
    }
}

#[test]
fn what_can_not_be_run_is_told() {
    certify(&["--", "/cardwire-nowhere"]).failed(3, &["/cardwire-nowhere", "Check its path"]);
    certify(&["--filter", "nothing.fits", "--", "cat"]).failed(2, &["nothing.fits"]);
    certify(&["--cases", "1000000", "--", "cat"]).failed(2, &["100000"]);
    // What is for readers is no option here, and is told apart where it stands before the word.
    let ended = certify(&["--skip-slow", "--", "cat"]);
    assert!(
        ended.code == Some(2) && ended.stderr.contains("--skip-slow"),
        "{ended:#?}"
    );
    run(&["certify", "--skip-slow", "codec", "--", "cat"]).failed(2, &["--skip-slow", "Leave it out"]);
    certify(&["--report", "/dev/null/report", "--", "cat"]).failed(4, &["/dev/null/report"]);
    assert_eq!(certify(&[]).code, Some(2));

    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("known.toml").display().to_string();
    certify(&["--expected", &list, "--", "cat"]).failed(2, &["known.toml"]);
    fs::write(&list, "[[expected]]\ncase = \"codec.*\"\n").unwrap();
    certify(&["--expected", &list, "--", "cat"]).failed(2, &["known.toml", "message"]);
    fs::write(&list, "[[expected]]\ncase = \"codec.*\"\nmessage = \"x\"\n").unwrap();
    certify(&["--expected", &list, "--", "cat"]).failed(2, &["20 is the most"]);
}

/// A program that answers the first requests, and then says nothing for longer than anybody waits.
#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_what_had_come_out_and_ends_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let mark = folder.path().join("mark");
    // Two processes: one that was started, and one that it starts; neither looks at its input.
    let script = format!(
        r#"read line; echo '{{"id":0,"name":"sh","version":"1","ops":["frame"]}}'
        n=1; while [ $n -le 3 ]; do read line; echo "{{\"id\":$n,\"line\":\"00\"}}"; n=$((n+1)); done
        sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; wait"#,
        mark.display()
    );
    let mut command = common::cardwire(&[
        "certify",
        "codec",
        "--filter",
        "codec.frame.*",
        "--no-rerun",
        "--timeout-scale",
        "10",
    ]);
    command.args(["--report", report.to_str().unwrap(), "--", "sh", "-c", &script]);
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = std::time::Instant::now() + common::PATIENCE;
    while !mark.exists() {
        assert!(
            std::time::Instant::now() < deadline,
            "the program does not get that far"
        );
        std::thread::sleep(core::time::Duration::from_millis(20));
    }
    let begun = std::time::Instant::now();
    let send = |signal: &str, id: &str| {
        std::process::Command::new("kill")
            .args([signal, id])
            .output()
            .unwrap()
    };
    assert!(send("-INT", &child.id().to_string()).status.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(
        begun.elapsed() < core::time::Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    let document: serde_json::Value =
        serde_json::from_slice(&fs::read(report.join("report.json")).unwrap()).unwrap();
    assert_eq!(document["outcome"], "incomplete");
    assert!(document["cases"].as_array().unwrap().len() >= 3, "{document:#}");
    assert_eq!(document["counts"]["pass"], 0);
    // What the program had started is gone with it; whoever takes it over may need a moment to notice.
    let sleeper = fs::read_to_string(&mark).unwrap();
    let is_there = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", sleeper.trim()));
        let dead = |stat: String| {
            stat.rsplit_once(") ")
                .is_some_and(|(_, rest)| rest.starts_with('Z'))
        };
        if cfg!(target_os = "linux") {
            stat.is_ok_and(|stat| !dead(stat))
        } else {
            send("-0", sleeper.trim()).status.success()
        }
    };
    while is_there() {
        assert!(std::time::Instant::now() < deadline, "it goes on");
        std::thread::sleep(core::time::Duration::from_millis(20));
    }
}
