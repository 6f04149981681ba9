//! The reader's half of hello and connect.

use super::ReaderSession;
use crate::{
    Link,
    client::handshake::{ConnectHeader, Established, HANDSHAKE_SIZE, PATTERN, established, prologue},
    encoded,
    identity::ReaderIdentity,
    noise,
};
use cardwire_codec::{
    Extensions, List, Message, Name,
    message::{
        ClearRequest, Connect, ConnectAnswer, FrameKind, Hello, HelloAnswer, Method, Refusal,
        limits::{FRAME_MIN, PROTOCOL_VERSION},
    },
};
use core::time::Duration;
use std::time::Instant;

/// How long a scripted reader waits for a client's next frame; a client that is gone has closed its link long before.
pub(super) const CLIENT_PATIENCE: Duration = Duration::from_secs(60);

/// The reader's half of hello and connect, in a state that a script may change.
#[derive(Clone, Debug)]
pub struct Half {
    /// Who this reader is, and whom it lets in.
    pub identity: ReaderIdentity,
    /// The versions that it speaks.
    pub versions: Vec<u8>,
    /// The challenge of its next answer to hello; changes with every accepted connect (CW-CONN-008).
    pub challenge: [u8; 16],
}

impl Half {
    /// A reader of this identity that speaks this version.
    #[must_use]
    pub fn new(identity: ReaderIdentity) -> Self {
        Self {
            identity,
            versions: vec![PROTOCOL_VERSION],
            challenge: [0; 16],
        }
    }

    /// The answer to a hello; the refusal where that is none.
    #[must_use]
    pub fn hello_answer(&self, hello: &[u8]) -> Vec<u8> {
        let answer = Hello::decode(hello).ok().and_then(|hello| {
            let common = hello
                .versions
                .iter()
                .filter(|version| self.versions.contains(version))
                .max();
            let answer = HelloAnswer {
                version: common.unwrap_or(0),
                versions: List::from_items(&self.versions),
                max_frame: FRAME_MIN as u16,
                challenge: &self.challenge,
                reader_id: Name::from_text(&self.identity.id),
                extensions: Extensions::NONE,
            };
            encoded(&answer).ok()
        });
        answer.unwrap_or_else(refusal)
    }

    /// Decides a connect: its answer and the session, or nothing where it is to be refused.
    pub fn accept(&mut self, connect: &[u8]) -> Option<(Vec<u8>, Established)> {
        let Connect {
            hello,
            method,
            client_id,
            generation,
            handshake,
            extensions,
        } = Connect::decode(connect)
            .ok()
            .filter(|connect| connect.method == Method::NOISE_NNPSK0)?;
        let mut clients = self.identity.clients.iter();
        let client = clients.find(|client| client_id == *client.id && client.generation == generation)?;
        let header = ConnectHeader {
            hello,
            method,
            client_id: client_id.as_str(),
            generation,
        }
        .encode()
        .ok()?;
        let bound = [&header, extensions.as_bytes()].concat();
        let prologue = prologue(hello, &self.hello_answer(hello), &bound);
        let mut noise = noise::builder(PATTERN, &prologue)
            .ok()?
            .psk(0, client.pre_shared_key.as_bytes())
            .and_then(snow::Builder::build_responder)
            .ok()?;
        noise::read::<HANDSHAKE_SIZE>(&mut noise, handshake).ok()?;
        let second: [u8; HANDSHAKE_SIZE] = noise::write(&mut noise).ok()?;
        let answer = encoded(&ConnectAnswer {
            handshake: &second,
            extensions: Extensions::NONE,
        })
        .ok()?;
        let established = established(noise).ok()?;
        // Any other challenge will do, so long as it has not been before.
        self.challenge = u128::from_be_bytes(self.challenge).wrapping_add(1).to_be_bytes();
        Some((answer, established))
    }

    /// The answer to a message in clear, and the session where it is a right connect.
    pub fn answer_clear(&mut self, message: &[u8]) -> (Vec<u8>, Option<Established>) {
        match ClearRequest::decode(message) {
            Ok(ClearRequest::Hello(_)) => (self.hello_answer(message), None),
            Ok(ClearRequest::Connect(_)) => match self.accept(message) {
                Some((answer, established)) => (answer, Some(established)),
                None => (refusal(), None),
            },
            Err(_) => (refusal(), None),
        }
    }

    /// Answers in clear until a client has connected; nothing where its link was closed before.
    pub fn let_in(&mut self, link: &mut Link) -> Option<ReaderSession> {
        loop {
            let frame = link.receive(Instant::now() + CLIENT_PATIENCE).ok()?;
            let (answer, established) = match frame.kind {
                FrameKind::Clear => self.answer_clear(&frame.payload),
                FrameKind::Sealed => (refusal(), None),
            };
            link.send_frame(FrameKind::Clear, frame.number, &answer).ok()?;
            if let Some(established) = established {
                return ReaderSession::new(established, (frame, answer));
            }
        }
    }
}

/// The one answer that says nothing (CW-CONN-003).
pub(super) fn refusal() -> Vec<u8> {
    vec![Refusal::CODE]
}
