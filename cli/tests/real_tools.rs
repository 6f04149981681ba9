//! Programs that know nothing of ours see the simulated card in the operating system's virtual reader: `pcsc_scan`,
//! OpenSC's `opensc-tool`, and `pyscard`; and the reference reader runs its services on it through the same PC/SC
//! service.
//!
//! `cargo xtask setup` installs what this needs, and `cargo xtask step tests` runs it. Nothing is skipped: what is missing
//! fails.

mod common;
#[path = "real_tools/service.rs"]
mod service;

use common::{
    Listening, cardwire, client, run, run_command, run_with_input,
    secrets::{self, Keeper},
};
use service::{PluggedIn, Service};
use std::process::Command;

/// ICCID and IMSI of the certification card, as files hold them: digits swapped, in hexadecimal.
const ICCID: &str = "980000010121436587F3";
const IMSI: &str = "080910101032547698";

/// Debian's own, for which Debian packages pyscard; another one may come first in the path.
const PYTHON: &str = "/usr/bin/python3";

/// What `pcsc_scan` tells of an answer to reset: that of a UICC, with a right check byte.
#[test]
fn pcsc_scan_takes_the_card_for_a_uicc() {
    let service = Service::start();
    let readers = service.run("pcsc_scan", &["-r"]);
    assert!(
        readers.contains("Virtual PCD 00 00") && readers.contains("Virtual PCD 00 01"),
        "{readers}"
    );
    let _card = PluggedIn::new(&service, "usim");
    let seen = service.run("pcsc_scan", &["-t", "2"]);
    for word in [
        "ATR: 3B 9F 96 80 1F C7 80 31 E0 73 FE 21",
        "TCK = ",
        "correct checksum",
        "Protocol T = 0",
        // The supply classes as ETSI gives them.
        "(3G) A 5V B 3V C 1.8V",
        "compact TLV data object",
    ] {
        assert!(seen.contains(word), "`{word}` is missing: {seen}");
    }
}

#[test]
fn opensc_reads_the_card_with_raw_apdus() {
    let service = Service::start();
    let _card = PluggedIn::new(&service, "usim");
    let opensc = |arguments: &[&str]| service.run("opensc-tool", &[&["--reader", "0"], arguments].concat());
    assert!(opensc(&["--atr"]).trim().starts_with("3b:9f:96:80:1f:c7"));
    let iccid = opensc(&["-s", "00A4000C022FE2", "-s", "00B000000A"]);
    assert!(
        compact(&iccid).contains(&format!("SW1=0x90,SW2=0x00):{ICCID}")) || compact(&iccid).contains(ICCID),
        "{iccid}"
    );
    let imsi = opensc(&[
        "-s",
        "00A4040C07A0000000871002",
        "-s",
        "00A4000C026F07",
        "-s",
        "00B0000009",
    ]);
    assert!(compact(&imsi).contains(IMSI), "{imsi}");
    let wrong = opensc(&["-s", "00A4000C02DEAD"]);
    assert!(wrong.contains("SW1=0x6A, SW2=0x82"), "{wrong}");
}

/// Another client of PC/SC in another language reads what our services give.
#[test]
fn pyscard_reads_what_our_services_read() {
    let service = Service::start();
    let _card = PluggedIn::new(&service, "usim");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_tools/read.py");
    let told = service.run(PYTHON, &[script, "Virtual PCD 00 00"]);
    let told: Vec<_> = told.lines().collect();
    let [iccid, imsi] = told[..] else {
        panic!("{told:?}")
    };

    let reader = service.reader(&["--card", "pcsc:Virtual PCD 00 00"]);
    let cloud = Listening::cloud(&[]);
    let data = |name| {
        let told = run(&client(
            &reader.place,
            &cloud.place,
            &["run", name, "--format", "json"],
        ));
        told.succeeded().json()["data"].clone()
    };
    let identity = data("card.identify");
    assert_eq!(identity["iccid"], iccid);
    assert!(
        identity["atr"].as_str().unwrap().starts_with("3b9f96801fc7"),
        "{identity}"
    );
    let subscriber = data("subscriber.read");
    assert_eq!(subscriber["imsi"], imsi);
    assert_eq!(subscriber["spn"], "Cardwire Test");
}

/// Class A0 goes the same way: ICCID, and IMSI behind CHV1.
#[test]
fn opensc_reads_a_sim_of_the_second_generation() {
    let service = Service::start();
    let _card = PluggedIn::new(&service, "sim");
    let script = [
        "A0A40000022FE2",
        "A0B000000A",
        "A0A40000027F20",
        "A0A40000026F07",
        "A0B0000009",
    ];
    let chv1 = "A02000010831323334FFFFFFFF";
    let send = |apdus: &[&str]| {
        let apdus = apdus.iter().flat_map(|apdu| ["-s", apdu]);
        let arguments: Vec<_> = ["--reader", "0"].into_iter().chain(apdus).collect();
        service.run("opensc-tool", &arguments)
    };
    let without = send(&script);
    assert!(compact(&without).contains("980000010121436597F1"), "{without}");
    assert!(
        without.contains("SW1=0x9F, SW2=0x0F") && without.contains("SW1=0x98, SW2=0x04"),
        "{without}"
    );
    let with = send(&[&[chv1], &script[..]].concat());
    assert!(compact(&with).contains("080910101032547608"), "{with}");
}

/// A card that is pulled out while it works ends the service; the next card is another one, and works.
#[test]
fn the_card_is_pulled_out_in_the_middle_of_a_command() {
    let service = Service::start();
    let reader = service.reader(&["--card", "pcsc:00 00"]);
    let cloud = Listening::cloud(&[]);
    let identify = client(
        &reader.place,
        &cloud.place,
        &["run", "card.identify", "--format", "json"],
    );
    let card = service.card_that_leaves_at_its_first_command();
    reader.wait_for("card inserted");
    let failed = run(&identify);
    assert_eq!(failed.json()["outcome"], "card-removed", "{failed:#?}");
    reader.wait_for("card removed");
    card.join().unwrap();

    let _card = PluggedIn::new(&service, "usim");
    reader.wait_for("card inserted");
    assert_eq!(run(&identify).succeeded().json()["outcome"], "success");
}

/// Cards that no service can work with. One that speaks another protocol is told as that. One that falls silent keeps
/// the virtual reader's driver waiting for ever, so that the core's own limit has to end it; and the next card works.
#[test]
fn a_card_that_speaks_another_protocol_and_one_that_falls_silent() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("card.toml");
    let reader = service.reader(&["--card", "pcsc:00 00"]);
    let cloud = Listening::cloud(&[]);
    let identify = client(
        &reader.place,
        &cloud.place,
        &["run", "card.identify", "--format", "json"],
    );
    let plug_in = |faults: &str| {
        std::fs::write(&profile, format!("extends = \"usim\"\n[faults]\n{faults}\n")).unwrap();
        let card = PluggedIn::new(&service, profile.to_str().unwrap());
        reader.wait_for("card inserted");
        card
    };
    // T=1 and no other.
    let card = plug_in("atr = \"3B 80 01 81\"");
    run(&identify).failed(1, &["card-mute"]);
    reader.wait_for("does not speak T=0");
    drop(card);
    reader.wait_for("card removed");

    let card = plug_in("mute-on = [\"A4\"]");
    run(&identify).failed(1, &["module-timeout"]);
    drop(card);
    reader.wait_for("card removed");

    let _card = plug_in("");
    assert_eq!(run(&identify).succeeded().json()["outcome"], "success");
}

/// A card that comes and goes, and one that somebody else uses.
#[test]
fn the_card_comes_and_goes() {
    let service = Service::start();
    let reader = service.reader(&["--card", "pcsc:00 00"]);
    let cloud = Listening::cloud(&[]);
    let identify = client(
        &reader.place,
        &cloud.place,
        &["run", "card.identify", "--format", "json"],
    );
    run(&identify).failed(1, &["card-absent"]);

    let card = PluggedIn::new(&service, "usim");
    reader.wait_for("card inserted");
    assert_eq!(run(&identify).succeeded().json()["outcome"], "success");

    // Another program holds the card.
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_tools/hold.py");
    let mut other = service.start_program(PYTHON, &[script, "Virtual PCD 00 00"]);
    run(&identify).failed(1, &["card-mute"]);
    reader.wait_for("another program uses it: end that program");
    other.end();
    assert_eq!(run(&identify).succeeded().json()["outcome"], "success");

    drop(card);
    reader.wait_for("card removed");
    run(&identify).failed(1, &["card-absent"]);
}

/// What goes wrong before there is a card says what to do.
#[test]
fn a_reader_that_is_not_there_is_named() {
    let service = Service::start();
    let start = |card| {
        let mut command = cardwire(&["reader", "--listen", "tcp:127.0.0.1:0", "--card", card]);
        run_command(command.env(service::SOCKET, service.socket()))
    };
    start("pcsc").failed(
        2,
        &["several card readers", "Virtual PCD 00 01", "a part of a name"],
    );
    start("pcsc:Omnikey").failed(2, &["`Omnikey`", "Virtual PCD 00 00"]);
    drop(service);
    let mut command = cardwire(&["reader", "--listen", "tcp:127.0.0.1:0", "--card", "pcsc"]);
    run_command(command.env(service::SOCKET, "/nowhere/pcscd.comm")).failed(3, &["PC/SC service", "pcscd"]);
    let mut nobody = Command::new(common::CARDWIRE);
    run_command(nobody.args(["card", "--vpcd", "127.0.0.1:9"])).failed(3, &["virtual reader", "vsmartcard"]);
}

fn compact(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Every service of the catalogue, in an order in which each finds the card as it needs it: what it is given, PINs through
/// standard input.
#[rustfmt::skip]
const CATALOGUE: [(&str, &[&str], &str); 18] = [
    ("card.identify", &[], ""),
    ("subscriber.read", &[], ""),
    ("service.table.read", &[], ""),
    ("phonebook.update", &["index=5", "name=Zoë", "number=+491234567890123"], ""),
    ("phonebook.list", &[], ""),
    ("sms.center.write", &["number=+33612345678"], ""),
    ("sms.center.read", &[], ""),
    ("pin.enable", &["pin=-"], "1234\n"),
    ("pin.verify", &["pin=-"], "1234\n"),
    ("pin.change", &["pin=-", "new=-"], "1234\n4321\n"),
    ("pin.unblock", &["puk=-", "new=-"], "12345678\n1234\n"),
    ("pin.disable", &["pin=-"], "1234\n"),
    // The first test set of 3GPP TS 35.208.
    ("usim.authenticate", &["rand=23553cbe9637a89d218ae64dae47bf35", "autn=55f328b43577b9b94a9ffac354dfafb3"], ""),
    ("file.update", &["path=2F05", "offset=2", "data=6465"], ""),
    ("file.read", &["path=2F05"], ""),
    // With the administrative key that the cloud holds.
    (secrets::SERVICE, &[secrets::SPN[0], secrets::SPN[1], "data=004e6577", "--card", secrets::CARD], ""),
    ("contactless.identify", &[], ""),
    ("apdu.exchange", &["command=00A4000C022FE2", "command=00B000000A"], ""),
];

/// What each service gives on a card behind PC/SC is what it gives on the same card in the reader's own slot.
#[test]
fn every_service_through_pcscd_gives_what_it_gives_in_the_slot() {
    let service = Service::start();
    let _card = PluggedIn::new(&service, "usim");
    let field = ["--contactless", "04A1B2C3D4E580:4400:20"];
    let behind = service.reader(&[&["--card", "pcsc:Virtual PCD 00 00"], &field[..]].concat());
    let slot = Listening::reader(&[&["--card", "sim:usim"], &field[..]].concat());
    let keeper = Keeper::start();
    keeper.put(secrets::CARD, secrets::ADM);
    keeper.grant(&CATALOGUE.map(|(name, ..)| name));
    let cloud = &keeper.cloud;
    for (name, parameters, input) in CATALOGUE {
        let [behind, slot] = [&behind, &slot].map(|reader| {
            let action = [&["run", name], parameters, &["--format", "json"]].concat();
            let told = run_with_input(&client(&reader.place, &cloud.place, &action), input);
            let told = told.succeeded().json();
            ["outcome", "status_word", "logic_digest", "items"].map(|member| told[member].clone())
        });
        assert_eq!(behind, slot, "{name}");
        if name == "usim.authenticate" {
            assert_eq!(behind[3][0]["value"], "a54211d5e3ba50bf");
        }
    }
    // None is left out.
    let action = ["list", "--format", "json"];
    let listed = run(&client(&slot.place, &cloud.place, &action))
        .succeeded()
        .json();
    let names = listed["services"].as_array().unwrap().iter();
    let mut names: Vec<_> = names.map(|entry| entry["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    let mut run: Vec<_> = CATALOGUE.iter().map(|(name, ..)| *name).collect();
    run.sort_unstable();
    assert_eq!(names, run);
}
