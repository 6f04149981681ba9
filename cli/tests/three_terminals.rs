//! Reader, cloud and client as three processes: services run end to end.

mod common;

use common::{CARDWIRE, Listening, client, iccid, run};
use std::fs;

//= spec/book/src/services.md#cw-svc-001
//= type=test
//# `card.identify` MUST give the card's answer to reset as `atr` (bytes) and its ICCID as `iccid` (text, digits).
#[test]
fn the_card_is_identified() {
    let (reader, cloud) = (Listening::reader(&[]), Listening::cloud(&[]));
    let text = run(&client(&reader.place, &cloud.place, &["run", "card.identify"]));
    let lines: Vec<_> = text.succeeded().stdout.lines().collect();
    assert_eq!(lines[0], "card.identify on CERT-READER-1: success");
    let iccid = iccid();
    assert!(
        lines
            .iter()
            .any(|line| line.split_whitespace().eq(["iccid", &iccid])),
        "{text:#?}"
    );

    let json = run(&client(
        &reader.place,
        &cloud.place,
        &["run", "card.identify", "--format", "json"],
    ));
    let document = json.succeeded().json();
    assert_eq!(document["outcome"], "success");
    assert_eq!(document["data"]["iccid"], iccid);
    assert_eq!(document["status_word"], "9000");
    assert!(
        document["data"]["atr"].as_str().unwrap().starts_with("3b"),
        "{document:#}"
    );
}

/// The same service under both client formats: what the client gives does not differ.
//= spec/book/src/interfaces.md#cw-intf-007
//= type=test
//# A reader MUST speak both `native` and `cbor` on every service interface.
#[test]
fn services_run_in_both_formats() {
    let (reader, cloud) = (Listening::reader(&[]), Listening::cloud(&[]));
    let data = |service, format| {
        let arguments = ["run", service, "--client-format", format, "--format", "json"];
        let told = run(&client(&reader.place, &cloud.place, &arguments));
        let document = told.succeeded().json();
        assert_eq!(document["outcome"], "success");
        document["data"].clone()
    };
    for service in ["card.identify", "subscriber.read"] {
        assert_eq!(data(service, "cbor"), data(service, "native"), "{service}");
    }
}

#[test]
fn services_are_listed_and_the_reader_says_how_it_stands() {
    let (reader, cloud) = (Listening::reader(&[]), Listening::cloud(&[]));
    let list = run(&client(&reader.place, &cloud.place, &["list"]));
    let mut lines = list
        .succeeded()
        .stdout
        .lines()
        .map(|line| line.split_whitespace());
    assert!(
        lines.any(|line| line.take(2).eq(["card.identify", "0x0001"])),
        "{list:#?}"
    );
    let list = run(&client(
        &reader.place,
        &cloud.place,
        &["list", "--format", "json"],
    ))
    .json();
    assert_eq!(list["services"][0]["name"], "card.identify");
    assert_eq!(list["services"][0]["interface"], "enabled");

    let status = run(&["client", &reader.place, "status", "--format", "json"]);
    assert_eq!(status.succeeded().json()["state"], "connected");
    let status = run(&client(
        &reader.place,
        &cloud.place,
        &["status", "--format", "json"],
    ))
    .json();
    assert_eq!(status["state"], "serving");
    assert_eq!(status["provisioning"], "certification");
    assert_eq!(status["slots"][0]["card"], "present");
    let status = run(&["client", &reader.place, "status"]);
    assert!(status.succeeded().stdout.contains("CERT-READER-1"), "{status:#?}");
}

#[test]
fn whoever_uses_the_published_identities_is_warned() {
    let (reader, cloud) = (Listening::reader(&[]), Listening::cloud(&[]));
    for warned in [&reader, &cloud] {
        assert!(
            warned.before.iter().any(|line| line.contains("PUBLISHED")),
            "{:?}",
            warned.before
        );
    }
    let status = run(&["client", &reader.place, "status"]);
    assert!(
        status.stderr.contains("PUBLISHED certification identities"),
        "{status:#?}"
    );
}

/// Standard input and output are a link like any other.
#[test]
fn a_reader_on_standard_input_and_output() {
    let cloud = Listening::cloud(&[]);
    let reader = format!("exec:'{CARDWIRE}' reader --listen stdio --quiet");
    let json = run(&client(
        &reader,
        &cloud.place,
        &["run", "card.identify", "--format", "json"],
    ));
    assert_eq!(json.succeeded().json()["data"]["iccid"], iccid());
}

#[cfg(unix)]
#[test]
fn the_card_is_pulled_out_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control");
    let control = format!("unix:{}", path.display());
    let reader = Listening::reader(&["--no-card", "--control", &control]);
    let cloud = Listening::cloud(&[]);
    let identify = client(
        &reader.place,
        &cloud.place,
        &["run", "card.identify", "--format", "json"],
    );
    let absent = run(&identify);
    absent.failed(1, &["card-absent", "Insert the card"]);
    assert_eq!(absent.json()["outcome"], "card-absent");

    let card = |action| run(&["card", action, "--control", &control]);
    assert_eq!(card("insert").succeeded().stdout, "ok\n");
    assert_eq!(card("insert").succeeded().stdout, "unchanged\n");
    assert_eq!(run(&identify).succeeded().json()["data"]["iccid"], iccid());
    drop(reader);
    card("remove").failed(3, &["can't be reached", "--control"]);
}

/// Own identities, a database, TLS: what an operator sets up.
#[test]
fn own_keys_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (dir, db, cert, key) = (path("keys"), path("cloud.db"), path("cert.pem"), path("key.pem"));
    run(&["keys", "new", "--reader", "R-1", "--client", "C-1", "--dir", &dir]).succeeded();
    run(&["keys", "new", "--reader", "R-1", "--client", "C-1", "--dir", &dir]).failed(2, &["reader.toml"]);
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(&cert, own.cert.pem()).unwrap();
    fs::write(&key, own.signing_key.serialize_pem()).unwrap();

    let reader = Listening::reader(&["--identity", &path("keys/reader.toml")]);
    let identity = path("keys/cloud.toml");
    let tls = [
        "--tls-cert",
        &cert,
        "--tls-key",
        &key,
        "--db",
        &db,
        "--identity",
        &identity,
    ];
    let cloud = Listening::start(&[&["cloud", "--listen", "tls:localhost:0"], &tls[..]].concat());
    let identity = path("keys/client.toml");
    let identify = ["run", "card.identify", "--identity", &identity, "--ca", &cert];
    let identify = client(&reader.place, &cloud.place, &identify);
    run(&identify).failed(1, &["interface-disabled", "have the cloud grant it"]);

    let grant = [
        "cloud",
        "readers",
        "grant",
        "R-1",
        "C-1",
        "--service",
        "card.identify",
        "--db",
        &db,
    ];
    run(&grant).succeeded();
    let granted = run(&identify);
    assert!(granted.succeeded().stdout.contains(&iccid()), "{granted:#?}");
    assert!(!granted.stderr.contains("PUBLISHED"), "{granted:#?}");
    run(&client(
        &reader.place,
        &cloud.place,
        &["list", "--identity", &identity],
    ))
    .failed(2, &["--ca"]);

    run(&["cloud", "readers", "deny", "R-1", "--db", &db]).succeeded();
    run(&identify).failed(1, &["login-denied"]);
}
