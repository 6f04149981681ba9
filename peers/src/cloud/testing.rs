//! What the tests of the cloud share: a `snow` initiator that plays the reader.

use super::{Cloud, Conversation, Granted, channel::Channel};
use crate::{
    Identities,
    identity::ReaderIdentity,
    scripted::{ReaderLogin, reply},
};
use cardwire_codec::{
    Extensions, Message, Name,
    message::{
        CloudError, CloudOpen, CloudOpenAnswer, CloudRelay, CloudRelayAnswer, ErrorCode, HardwareClass,
        LoginConfirm, LoginHeader, Suite,
    },
};
use std::{sync::Arc, time::Instant};

pub(super) const CLIENT: &str = "CERT-CLIENT-1";
pub(super) const SESSION: [u8; 32] = [0x5E; 32];

pub(super) fn reader() -> ReaderIdentity {
    Identities::certification().reader.unwrap()
}

pub(super) fn cloud() -> Arc<Cloud> {
    let cloud = Cloud::in_memory(&Identities::certification().cloud.unwrap()).unwrap();
    cloud
        .registry()
        .grant(&reader().id, CLIENT, &Granted::All, 120)
        .unwrap();
    Arc::new(cloud)
}

pub(super) fn header<'a>(reader_id: &'a str) -> LoginHeader<'a> {
    LoginHeader {
        version: 1,
        suite: Suite::NOISE_IK,
        reader_id: Name::from_text(reader_id),
        hardware_class: HardwareClass::REFERENCE_HOST,
        boot_counter: 3,
        client_id: Name::from_text(CLIENT),
        session: &SESSION,
        extensions: Extensions::NONE,
    }
}

pub(super) fn begin(reader: &ReaderIdentity) -> ReaderLogin {
    ReaderLogin::begin(reader, reply(&header(&reader.id))).unwrap()
}

/// cloud_open as an honest client sends it for this login.
pub(super) fn open(login: &ReaderLogin) -> Vec<u8> {
    open_as(login, CLIENT, &SESSION)
}

pub(super) fn open_as(login: &ReaderLogin, client_id: &str, session: &[u8; 32]) -> Vec<u8> {
    let (header, handshake) = (&*login.header, &login.first);
    reply(&CloudOpen {
        version: 1,
        client_id: Name::from_text(client_id),
        session,
        header,
        handshake,
        extensions: Extensions::NONE,
    })
}

pub(super) fn relay(payload: &[u8]) -> Vec<u8> {
    reply(&CloudRelay {
        payload,
        extensions: Extensions::NONE,
    })
}

pub(super) fn confirm(reader_id: &str, counter: u32) -> Vec<u8> {
    reply(&LoginConfirm {
        reader_id: Name::from_text(reader_id),
        client_id: Name::from_text(CLIENT),
        software: Name::from_text("snow-1"),
        software_counter: counter,
        authentication_counter: 0,
        logic_counter: counter,
        extensions: Extensions::NONE,
    })
}

pub(super) fn code(answer: &[u8]) -> Option<ErrorCode> {
    CloudError::decode(answer).ok().map(|error| error.code)
}

pub(super) fn payload(answer: &[u8]) -> Vec<u8> {
    match CloudRelayAnswer::decode(answer) {
        Ok(answer) => answer.payload.to_vec(),
        Err(_) => panic!("no relay answer: {:?}", code(answer)),
    }
}

pub(super) fn finish(login: ReaderLogin, answer: &[u8]) -> Channel {
    login
        .finish(CloudOpenAnswer::decode(answer).unwrap().handshake)
        .unwrap()
}

pub(super) fn logins(cloud: &Cloud) -> u32 {
    cloud
        .registry()
        .readers()
        .unwrap()
        .iter()
        .map(|reader| reader.logins)
        .sum()
}

/// A reader that is logged in, at its end and at the cloud's.
pub(super) fn logged_in(cloud: &Arc<Cloud>, counter: u32) -> (Conversation, Channel) {
    let mut conversation = Cloud::conversation(cloud);
    let login = begin(&reader());
    let answer = conversation.handle(&open(&login), Instant::now());
    let mut channel = finish(login, &answer);
    let confirm = channel.seal(&confirm(&reader().id, counter)).unwrap();
    let result = conversation.handle(&relay(&confirm), Instant::now());
    channel.open(&payload(&result)).unwrap();
    (conversation, channel)
}
