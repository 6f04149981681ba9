//! The tools of the specification on the command line.

mod common;

use common::{cardwire, run, run_command, run_with_input};
use std::{fs, process::Stdio};

#[test]
fn bytes_are_told_field_by_field() {
    let text = run(&["decode", "0101010200"]);
    let lines: Vec<Vec<_>> = text
        .succeeded()
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[1], ["0", "01", "code", "hello"]);
    assert_eq!(lines[4], ["3", "0200", "max_frame", "512"]);
    let json = run(&[
        "decode",
        "--format",
        "json",
        "--at",
        "clear-request",
        "01 01:01 0x0200",
    ])
    .json();
    assert_eq!(json["fields"]["max_frame"], 512);

    let fault = run(&["decode", "--format", "json", "01010102"]);
    fault.failed(
        1,
        &[
            "truncated: max_frame at offset 3",
            "Every part of a message is there in full",
        ],
    );
    assert!(fault.json()["error"].as_str().unwrap().contains("offset 3"));
    run(&["decode", "0"]).failed(2, &["hexadecimal"]);
    run(&["decode", "00", "--at", "here"]).failed(2, &["`here`", "--help"]);
}

#[test]
fn frames_are_told_with_what_they_carry() {
    let message = run(&["encode", "hello", r#"{"versions": [1], "max_frame": 512}"#]);
    assert_eq!(message.succeeded().stdout, "0101010200\n");
    // Kind 01, number 7, hello, checksum; then garbage; taken from another codec.
    let frame = "02 01 01 01 01 01 01 01 06 07 01 01 01 02 05 ";
    let line = format!("{frame}{}00 0901", checksum());
    let text = run_with_input(&["decode", "--at", "frames", "-"], &line);
    assert!(
        text.stdout
            .contains("clear frame, number 0x0000000000000007, 5 bytes"),
        "{text:#?}"
    );
    assert!(text.stdout.contains("hello"), "{text:#?}");
    let json = run_with_input(&["decode", "--format", "json", "-"], &format!("{line} 00"));
    assert_eq!(json.code, Some(1), "the second one is no frame: {json:#?}");
    assert_eq!(json.json()[0]["message"]["name"], "hello");
    assert_eq!(json.json()[1]["error"], "cobs");
    run(&["encode", "hello", "{}"]).failed(1, &["versions"]);
    run(&["encode", "hello", "{"]).failed(2, &["JSON"]);
}

/// CRC-32C of the frame above, bit by bit.
fn checksum() -> String {
    let body = [0x01, 0, 0, 0, 0, 0, 0, 0, 7, 0x01, 0x01, 0x01, 0x02, 0x00];
    let crc = !body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0x82F6_3B78
            } else {
                crc >> 1
            }
        })
    });
    format!("{crc:08x}")
}

#[test]
fn logic_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (bin, text, again) = (path("a.bin"), path("a.logic"), path("b.bin"));
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../spec/services/card.identify.logic"
    );
    run(&["logic", "asm", source, "--out", &bin]).succeeded();
    let disassembled = run(&["logic", "disasm", &bin]);
    fs::write(&text, &disassembled.succeeded().stdout).unwrap();
    run(&["logic", "asm", &text, "-o", &again]).succeeded();
    assert_eq!(fs::read(&bin).unwrap(), fs::read(&again).unwrap());
    run(&["logic", "disasm", &text]).failed(1, &["no execution logic"]);
    fs::write(&text, "service x\n").unwrap();
    let broken = run(&["logic", "asm", &text]);
    assert_eq!(broken.code, Some(1), "{broken:#?}");
    assert!(broken.stderr.contains("a.logic:1:"), "{broken:#?}");
    run(&["logic", "asm", "/nowhere.logic"]).failed(2, &["/nowhere.logic can't be read"]);
}

#[test]
fn the_schema_is_checked() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/protocol.toml");
    let checked = run(&["spec", "check", schema]);
    assert!(
        checked.succeeded().stdout.contains("nothing wrong"),
        "{checked:#?}"
    );
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("protocol.toml");
    fs::write(&broken, "[protocol]\nname = 1\n").unwrap();
    let checked = run(&["spec", "check", &broken.display().to_string()]);
    assert_eq!(checked.code, Some(1), "{checked:#?}");
    assert!(checked.stderr.contains("protocol.toml:2:"), "{checked:#?}");
}

#[test]
fn keys_are_shown_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().display().to_string();
    let made = run(&["keys", "new", "--reader", "R-1", "--client", "C-1", "--dir", &dir]);
    let secrets: Vec<_> = made.succeeded().stdout.lines().flat_map(secrets).collect();
    assert_eq!(secrets.len(), 5, "reader, its client, client, cloud, authority");
    for path in made.stdout.lines() {
        for format in ["text", "json"] {
            let shown = run(&["keys", "show", path, "--format", format]);
            assert!(shown.succeeded().stdout.contains("production"), "{shown:#?}");
            for secret in &secrets {
                assert!(
                    !shown.stdout.contains(secret) && !shown.stderr.contains(secret),
                    "{path}"
                );
            }
        }
    }
    assert_eq!(
        run(&["keys", "show", "--format", "json"]).json()["reader"]["id"],
        "CERT-READER-1"
    );
    run(&["keys", "new", "--reader", "R 1", "--client", "C-1", "--dir", &dir])
        .failed(2, &["`R 1` is no identity"]);
}

fn secrets(path: &str) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let secret = |line: &&str| {
        ["static_key", "pre_shared_key", "secret", "signing_key"]
            .iter()
            .any(|key| line.starts_with(key))
    };
    text.lines()
        .filter(secret)
        .filter_map(|line| line.split('"').nth(1))
        .map(str::to_owned)
        .collect()
}

/// Whoever reads the output may stop when it has seen enough.
#[test]
fn a_closed_pipe_is_no_panic() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = cardwire(&["keys", "show"]);
    let status = command.stdout(writer).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn colour_is_for_terminals() {
    for no_color in [false, true] {
        let mut command = cardwire(&["decode", "xyz"]);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        let ended = run_command(&mut command);
        assert!(!ended.stderr.contains('\x1b'), "{ended:#?}");
    }
    let forced = run_command(cardwire(&["decode", "xyz"]).env("CLICOLOR_FORCE", "1"));
    assert!(forced.stderr.contains('\x1b'), "{forced:#?}");
}

#[test]
fn wrong_usage_has_its_exit_code() {
    for arguments in [
        &["nonsense"][..],
        &["client"],
        &["reader", "--listen", "udp:1"],
        &["cloud"],
        &["decode"],
    ] {
        let ended = run(arguments);
        assert_eq!(ended.code, Some(2), "{ended:#?}");
        assert!(!ended.stderr.is_empty() && ended.stdout.is_empty(), "{ended:#?}");
    }
    assert_eq!(run(&["--help"]).code, Some(0));
    assert_eq!(
        run(&["--version"]).succeeded().stdout.split_whitespace().next(),
        Some("cardwire")
    );
}
