//! What the tests of client, cloud and scripted reader share.
#![allow(dead_code, reason = "each test program uses a part of it")]

use cardwire_codec::message::{Format, ItemKind, Offer, Outcome, ServiceId};
use cardwire_peers::{
    Client, Cloud, Identities, Link, Timers,
    client::{ServiceItem, Session},
    cloud::Granted,
    identity::ReaderIdentity,
    scripted::{CannedService, PlainReader, ReaderSession, Reply, ScriptedReader},
};
use core::time::Duration;
use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

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
    Client::new(identities().clients[0].clone())
        .with_timers(timers())
        .with_tries(3)
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
    ServiceItem {
        name: name.into(),
        kind,
        value: value.into(),
    }
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
    Offer {
        service,
        format: Format::NATIVE,
    }
}

pub(crate) const READER: &str = "CERT-READER-1";
pub(crate) const CLIENT: &str = "CERT-CLIENT-1";

pub(crate) fn cloud() -> Arc<Cloud> {
    let cloud = Cloud::in_memory(&identities().cloud.unwrap())
        .unwrap()
        .with_timers(timers());
    let granted = [
        ServiceId::CARD_IDENTIFY,
        ServiceId::SUBSCRIBER_READ,
        ServiceId::CERTIFICATION_ECHO,
    ];
    cloud
        .registry()
        .grant(READER, CLIENT, &Granted::Services(granted.into()), 60)
        .unwrap();
    Arc::new(cloud)
}

/// A reader that keeps to the protocol, seen from outside, and a client that is connected to it.
pub(crate) fn plain() -> (Arc<Mutex<PlainReader>>, ScriptedReader, Session<Link>) {
    let plain = Arc::new(Mutex::new(PlainReader::new(reader_identity(), services())));
    let answering = Arc::clone(&plain);
    let (reader, session) =
        connected(move |session, request| Reply::Answer(answering.lock().unwrap().answer(session, request)));
    (plain, reader, session)
}

pub(crate) fn all() -> [Offer; 3] {
    services()
        .iter()
        .map(|canned| offer(canned.service))
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

/// Longer than all tries of one request together.
pub(crate) fn patience() -> Duration {
    timers().repeat * 6
}
