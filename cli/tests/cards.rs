//! Readers with other cards than the certification card: other profiles, files, faults.

mod common;

use common::{Listening, client, run};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

fn data(reader: &Listening, cloud: &Listening, service: &str) -> serde_json::Value {
    let told = run(&client(
        &reader.place,
        &cloud.place,
        &["run", service, "--format", "json"],
    ));
    told.json()
}

#[test]
fn a_profile_of_one_s_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.toml");
    let profile =
        "extends = \"usim\"\n[subscriber]\niccid = \"8988211000000430010\"\nimsi = \"228062800000208\"\n";
    fs::write(&path, profile).unwrap();
    let cloud = Listening::cloud(&[]);
    let reader = Listening::reader(&["--card", &format!("sim:{}", path.display())]);
    assert_eq!(
        data(&reader, &cloud, "card.identify")["data"]["iccid"],
        "8988211000000430010"
    );
    let subscriber = data(&reader, &cloud, "subscriber.read");
    assert_eq!(subscriber["data"]["imsi"], "228062800000208");
    assert_eq!(subscriber["data"]["spn"], "Cardwire Test");
}

/// A card of the second generation does not know the commands of a UICC: the service says so, and the card's word.
#[test]
fn a_card_that_a_service_is_not_made_for() {
    let cloud = Listening::cloud(&[]);
    let reader = Listening::reader(&["--card", "sim:sim"]);
    let refused = data(&reader, &cloud, "subscriber.read");
    assert_ne!(refused["outcome"], "success", "{refused:#}");
    assert_eq!(refused["status_word"], "6e00", "{refused:#}");
}

/// Wrong lengths in `61xx` are asked again with the right one; a mute card ends the service, and the next reset helps.
#[test]
fn a_card_with_faults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.toml");
    let with = |faults: &str| {
        fs::write(&path, format!("extends = \"usim\"\n[faults]\n{faults}\n")).unwrap();
        Listening::reader(&["--card", &format!("sim:{}", path.display())])
    };
    let cloud = Listening::cloud(&[]);
    let outcome = |faults: &str| {
        let reader = with(faults);
        data(&reader, &cloud, "card.identify")["outcome"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(outcome("announce-more = 3\ndelay-ms = 20"), "success");
    assert_eq!(outcome("mute-at-reset = true"), "card-mute");
    assert_eq!(outcome("mute-after = 1"), "card-mute");
    let reader = with("mute-on = [\"A4\"]");
    for _ in 0..2 {
        assert_eq!(data(&reader, &cloud, "card.identify")["outcome"], "card-mute");
    }
    let broken = with("technical-problem = [\"B0\"]");
    let told = data(&broken, &cloud, "card.identify");
    assert_eq!(told["status_word"], "6f00", "{told:#}");
    let garbage = outcome("atr = \"00 FF 3B\"");
    assert_ne!(garbage, "success");
    let reader = Listening::reader(&["--card", "sim:misbehaving"]);
    assert_eq!(data(&reader, &cloud, "card.identify")["outcome"], "success");
}

/// A driver that asks for the answer to reset and closes: the card's program ends well.
#[test]
fn a_card_leaves_with_the_virtual_reader() {
    let driver = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = driver.local_addr().unwrap().to_string();
    let card = thread::spawn(move || run(&["card", "--vpcd", &place, "--profile", "sim"]));
    let (mut stream, _) = driver.accept().unwrap();
    stream.write_all(&[0x00, 0x01, 0x01, 0x00, 0x01, 0x04]).unwrap();
    let mut atr = [0; 13];
    stream.read_exact(&mut atr).unwrap();
    assert_eq!(atr[..4], [0x00, 0x0B, 0x3B, 0x18]);
    drop(stream);
    let ended = card.join().unwrap();
    assert!(
        ended.succeeded().stderr.contains("the virtual reader has ended"),
        "{ended:#?}"
    );
}

#[test]
fn the_profiles_are_listed() {
    let listed = run(&["card", "profiles"]);
    let lines: Vec<_> = listed.succeeded().stdout.lines().collect();
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("sim ") && line.contains("class A0")),
        "{lines:#?}"
    );
    assert_eq!(lines.len(), 5, "{lines:#?}");
}

#[test]
fn what_is_no_card_is_named() {
    let start = |card: &str| run(&["reader", "--listen", "tcp:127.0.0.1:0", "--card", card]);
    start("sim:nowhere.toml").failed(2, &["nowhere.toml", "usim, sim, blank, misbehaving"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.toml");
    fs::write(&path, "extends = \"usim\"\nchannels = 9\n").unwrap();
    start(&format!("sim:{}", path.display())).failed(2, &["`channels` is 9"]);
    let other = start("contactless");
    assert_eq!(other.code, Some(2), "{other:#?}");
    assert!(other.stderr.contains("expected sim, sim:PROFILE"), "{other:#?}");
    if cfg!(not(feature = "pcsc")) {
        start("pcsc").failed(2, &["built without PC/SC", "--features pcsc"]);
    }
    run(&["card", "--vpcd", "127.0.0.1:9", "--profile", "none"]).failed(2, &["none", "blank"]);
}
