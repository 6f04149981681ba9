//! What the tests of client, cloud and scripted reader share.
#![allow(dead_code, reason = "each test program uses a part of it")]

use cardwire_codec::message::{Format, ItemKind, Offer, Outcome, ServiceId};
use cardwire_peers::{
    Client, Identities, Link, Timers,
    client::{ServiceItem, Session},
    identity::ReaderIdentity,
    scripted::{CannedService, ReaderSession, Reply, ScriptedReader},
};
use std::time::{Duration, Instant};

/// A tenth of the schema's timers: what is tested is the order of events, not the hours of the day.
pub(crate) fn timers() -> Timers {
    Timers::SPEC.scaled(10)
}

pub(crate) fn identities() -> Identities {
    Identities::certification()
}

pub(crate) fn reader_identity() -> ReaderIdentity {
    identities().reader.unwrap()
}

pub(crate) fn client() -> Client {
    Client::new(identities().clients[0].clone()).with_timers(timers()).with_tries(3)
}

pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// A reader that answers as the script says, and a client that is connected to it.
pub(crate) fn connected(
    script: impl FnMut(&ReaderSession, &[u8]) -> Reply + Send + 'static,
) -> (ScriptedReader, Session<Link>) {
    let reader = ScriptedReader::answering(reader_identity(), script).unwrap();
    let session = client().connect(Link::open(reader.endpoint()).unwrap()).unwrap();
    (reader, session)
}

pub(crate) fn item(name: &str, kind: ItemKind, value: &[u8]) -> ServiceItem {
    ServiceItem { name: name.into(), kind, value: value.into() }
}

/// Three services, so that their list has two parts.
pub(crate) fn services() -> Vec<CannedService> {
    let iccid = item("iccid", ItemKind::Text, b"89881200000043001");
    vec![
        CannedService {
            service: ServiceId::CARD_IDENTIFY,
            name: "card.identify",
            outcome: Outcome::SUCCESS,
            items: vec![item("atr", ItemKind::Bytes, &[0x3B, 0x9F, 0x96]), iccid],
            running: 2,
        },
        CannedService {
            service: ServiceId::SUBSCRIBER_READ,
            name: "subscriber.read",
            outcome: Outcome::CARD_ABSENT,
            items: vec![],
            running: 0,
        },
        CannedService {
            service: ServiceId::CERTIFICATION_ECHO,
            name: "certification.echo",
            outcome: Outcome::SUCCESS,
            items: vec![],
            running: u32::MAX,
        },
    ]
}

pub(crate) fn offer(service: ServiceId) -> Offer {
    Offer { service, format: Format::NATIVE }
}
