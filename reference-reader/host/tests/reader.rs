//! A whole reader on a host: services with its simulated card, what outlasts a restart, readers with a fault.

mod common;

use cardwire_core::{
    Env,
    codec::message::{Format, Offer, Outcome, ReaderStatusAnswer, ServiceId},
    env::{RandomFailed, Record, StoreFailed},
};
use cardwire_host::{Boot, HostEnv};
use cardwire_peers::{
    Identities,
    client::ServiceResult,
    cloud::{Cloud, Conversation, Granted},
};
use common::{Running, client};

fn cloud() -> Conversation {
    let cloud = Cloud::in_memory(&Identities::certification().cloud.unwrap()).unwrap();
    cloud
        .registry()
        .grant("CERT-READER-1", "CERT-CLIENT-1", &Granted::All, 3600)
        .unwrap();
    Cloud::conversation(&cloud.into())
}

fn identify(reader: &Running) -> ServiceResult {
    let mut session = client().connect(reader.link()).unwrap();
    let offer = Offer {
        service: ServiceId::CARD_IDENTIFY,
        format: Format::NATIVE,
    };
    session.login(&mut cloud(), &[offer]).unwrap();
    session.run(ServiceId::CARD_IDENTIFY, &[]).unwrap()
}

//= spec/book/src/services.md#cw-svc-001
//= type=test
//# `card.identify` MUST give the card's answer to reset as `atr` (bytes) and its ICCID as `iccid` (text, digits).
#[test]
fn the_card_is_identified() {
    let result = identify(&Running::on_tcp());
    assert_eq!(result.outcome, Outcome::SUCCESS);
    let item = |name| result.items.iter().find(|item| item.name == name).unwrap();
    assert_eq!(item("iccid").value, b"8900001010123456783");
    assert_eq!(item("atr").value[0], 0x3B);
}

//= spec/book/src/services.md#cw-svc-003
//= type=test
//# A service on a slot without a card MUST end with the outcome `card-absent`.
#[test]
fn the_card_comes_and_goes() {
    let reader = Running::on_tcp();
    assert_eq!(reader.control.remove_card(), Ok(true));
    assert_eq!(reader.control.remove_card(), Ok(false));
    assert_eq!(identify(&reader).outcome, Outcome::CARD_ABSENT);
    assert_eq!(reader.control.insert_card(), Ok(true));
    assert_eq!(identify(&reader).outcome, Outcome::SUCCESS);
}

#[cfg(unix)]
#[test]
fn the_card_comes_and_goes_by_lines_on_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control");
    let reader = Running::on_tcp();
    // One that a killed reader left behind is no obstacle, one in use is.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let socket = cardwire_host::ControlSocket::open(&path, reader.control.clone()).unwrap();
    assert!(cardwire_host::ControlSocket::open(&path, reader.control.clone()).is_err());
    for (line, answer) in [
        ("remove", "ok"),
        ("remove", "unchanged"),
        (
            "eject",
            "error: expected insert, remove, energy, power, fault, play or seen",
        ),
        ("fault indicator:dead", "ok"),
        ("fault none", "ok"),
        ("insert", "ok"),
        ("power", "no change"),
    ] {
        assert_eq!(cardwire_host::tell(&path, line).unwrap(), answer);
    }
    drop(socket);
    assert!(cardwire_host::tell(&path, "insert").is_err() && !path.exists());
}

fn boots(reader: &Running) -> u32 {
    let mut session = client().connect(reader.link()).unwrap();
    let status = session.status().unwrap();
    status.read::<ReaderStatusAnswer<'_>>().unwrap().boot_counter
}

#[test]
fn boots_are_counted_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("reader.state");
    for boot in 1..4 {
        let reader = Running::with(HostEnv::with_state_file(&state).unwrap(), "tcp:127.0.0.1:0");
        assert_eq!(boots(&reader), boot);
    }
    assert_eq!(boots(&Running::on_tcp()), 1);
}

/// Another board, with nothing but what a reader can't do without.
struct Bare(HostEnv);

impl Boot for Bare {}

impl Env for Bare {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        self.0.random(out)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        self.0.load(record, out)
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        self.0.store(record, data)
    }
}

//= spec/book/src/connection.md#cw-conn-008
//= type=test
//# A reader's challenge MUST change at boot and with every accepted connect, and only then.
#[test]
fn any_environment_makes_a_reader() {
    for reader in [
        Running::on_tcp(),
        Running::with(Bare(HostEnv::in_memory()), "tcp:127.0.0.1:0"),
    ] {
        let mut link = reader.link();
        let first = client().connect(&mut link).unwrap().greeting().answer.clone();
        assert_ne!(client().greet(&mut link).unwrap().answer, first);
    }
}
