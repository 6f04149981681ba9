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
    assert_eq!(lines[0], ["hello,", "met", "at", "clear-request"]);
    assert_eq!(
        lines[3][..7],
        ["0", "01", "message", "code", "hello", "CW-CONN-001,", "frozen"]
    );
    assert_eq!(
        lines[6][..7],
        ["3", "0200", "max_frame", "512", "bytes", "CW-LINK-006,", "frozen"]
    );
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
    assert_eq!(json["parts"][2]["field"]["range"][1], 4096);
    assert_eq!(json["parts"][2]["standing"]["requirement"], "CW-LINK-006");
    assert!(json["fault"].is_null());
}

#[test]
fn what_is_refused_is_told_with_place_rule_and_what_is_wanted() {
    let fault = run(&["decode", "01010102"]);
    fault.failed(
        1,
        &["no hello: truncated: max_frame at offset 3", "bytes were lost"],
    );
    for words in [
        "versions[0]",
        "  0000  01 01 01 02\n                 ^^",
        "truncated (CW-CODEC-002): Every part of a message is there in full.",
        "max_frame (CW-LINK-006, frozen)",
        "1 byte, 02, and then the end",
    ] {
        assert!(fault.stdout.contains(words), "{words}: {fault:#?}");
    }
    let fault = run(&["decode", "--format", "json", "01010102"]);
    fault.failed(1, &["truncated: max_frame at offset 3"]);
    let json = fault.json();
    assert!(json["error"].as_str().unwrap().contains("offset 3"));
    assert!(json["what_to_do_next"].as_str().unwrap().ends_with('.'));
    assert_eq!(json["fault"]["rule"], "truncated");
    assert_eq!(
        (&json["fault"]["from"], &json["fault"]["to"]),
        (&3.into(), &4.into())
    );
    assert_eq!(json["parts"].as_array().unwrap().len(), 2, "what was read before");
    run(&["decode", "--at", "clear-answer", "0101010200"]).failed(
        1,
        &[
            "no message of clear-answer: message-type: code at offset 0",
            "--at clear-request",
        ],
    );
}

#[test]
fn places_that_there_are_not_are_wrong_usage() {
    run(&["decode", "00", "--at", "here"]).failed(2, &["`here`", "clear-request", "document:NAME"]);
    run(&["decode", "62", "--at", "document:nope"]).failed(
        2,
        &["no document `nope`", "document:login_header", "document:manifest"],
    );
    // The place comes first: nothing is read for it.
    run(&["decode", "/nowhere", "--at", "here"]).failed(2, &["`here`"]);
}

#[test]
fn bytes_come_from_digits_files_and_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let hello = [0x01, 0x01, 0x01, 0x02, 0x00];
    fs::write(path("bytes"), hello).unwrap();
    fs::write(path("text"), "01 01 01\n02:00\n").unwrap();
    fs::write(path("other"), "{}").unwrap();
    fs::write(path("cafe"), hello).unwrap();
    fs::write(path("caf"), hello).unwrap();
    for given in ["bytes", "text"] {
        let told = run(&["decode", &path(given)]);
        assert!(told.succeeded().stdout.starts_with("hello"), "{told:#?}");
    }
    let told = run_with_input(&["decode", "-"], "0101010200");
    assert!(told.succeeded().stdout.starts_with("hello"), "{told:#?}");
    run(&["decode", &path("other")]).failed(2, &["other holds text that is not hexadecimal", "'{'"]);
    run(&["decode", &path("none")]).failed(2, &["there is no such file", "hexadecimal digits"]);
    run(&["decode", &folder.path().display().to_string()]).failed(2, &["can't be read"]);
    run(&["decode", "0"]).failed(2, &["no hexadecimal text of whole bytes", "one digit only"]);
    run(&["decode", "xyz"]).failed(2, &["character 1, 'x', is no hexadecimal digit"]);
    // What is all digits is never a file, and says how to name one.
    let within = |name: &str| run_command(cardwire(&["decode", name]).current_dir(folder.path()));
    within("cafe").failed(1, &["no message"]);
    within("caf").failed(2, &["write ./caf"]);
    assert!(within("./cafe").succeeded().stdout.starts_with("hello"));
}

#[test]
fn frames_are_told_with_what_they_carry() {
    let message = run(&["encode", "hello", r#"{"versions": [1], "max_frame": 512}"#]);
    assert_eq!(message.succeeded().stdout, "0101010200\n");
    // Kind 01, number 7, hello, checksum; then garbage; taken from another codec.
    let frame = "02 01 01 01 01 01 01 01 06 07 01 01 01 02 05 ";
    let line = format!("{frame}{}00", checksum());
    let told = run_with_input(&["decode", "-"], &line);
    for words in [
        "line 1: clear frame, 19 bytes",
        "number     7",
        "COBS",
        "hello, met at clear-request",
    ] {
        assert!(told.succeeded().stdout.contains(words), "{words}: {told:#?}");
    }
    let json = run_with_input(&["decode", "--format", "json", "-"], &format!("{line} 0901 00"));
    json.failed(1, &["line 2 of 2: no frame: cobs", "the line was cut"]);
    assert_eq!(json.json()[0]["message"]["name"], "hello");
    assert_eq!(json.json()[1]["error"], "cobs");
    assert_eq!(json.json()[1]["fault"]["expected"], "8 bytes behind 09");
    // What no delimiter ends is no frame yet, also where it is one but for that.
    let open = line.strip_suffix("00").unwrap();
    let told = run_with_input(&["decode", "--at", "frames", "-"], open);
    told.failed(1, &["line 1 of 1: no delimiter follows"]);
    assert!(told.stdout.contains("hello"), "{told:#?}");
    run(&["decode", "--at", "frames", ""]).failed(1, &["no frame in these bytes"]);
    // Garbage in the frame's number: the checksum tells.
    let told = run(&["decode", "--at", "frames", &line.replacen("07", "08", 1)]);
    told.failed(1, &["no frame: checksum", "CRC-32C"]);
    assert!(told.stdout.contains("CW-LINK-003"), "{told:#?}");
}

#[test]
fn messages_become_cbor_and_back() {
    let cbor = "a300050100397f0142abcd";
    let native = "05007f010002abcd";
    let made = run(&["transcode", "service_list", "--to", "cbor", native]);
    assert_eq!(made.succeeded().stdout.trim(), cbor);
    let made = run(&["transcode", "service_list", "--to", "native", cbor]);
    assert_eq!(made.succeeded().stdout.trim(), native);
    run(&["transcode", "service_list", "--to", "native", "a20005011800"]).failed(
        1,
        &[
            "cbor-head: from at offset 4 (CW-CBOR-002): from must be 00, not 1800",
            "RFC 8949",
        ],
    );
    run(&["transcode", "hallo", "--to", "cbor", "00"]).failed(2, &["no document `hallo`", "hello_answer"]);
}

#[test]
fn json_without_an_encoding_is_refused_with_its_path() {
    run(&["encode", "hello", "{}"]).failed(1, &["versions: the field is missing", "versions, max_frame"]);
    run(&["encode", "hello", "{"]).failed(2, &["JSON"]);
    run(&["encode", "hallo", "{}"]).failed(2, &["no document `hallo`", "hello_answer", "manifest"]);
    run(&["encode", "refusal", r#"{"a": 1}"#]).failed(1, &["a: there is no such field", "has no fields"]);
    run(&["encode", "hello", r#"{"versions": [1, 0], "max_frame": 512}"#])
        .failed(1, &["range: versions[1] must be 1 to 255, not 0", "CW-CODEC-003"]);
    // A field that is left out has its default.
    assert_eq!(
        run(&["encode", "service_list", "{}"]).succeeded().stdout,
        "0500\n"
    );
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
