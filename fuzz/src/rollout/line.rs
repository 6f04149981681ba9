//! A reader's login and its channel with the cloud: real handshakes, real seals.

use super::{
    acts::Half,
    fleet::{CLIENT, FLEET},
    said::{Heard, Said},
};
use crate::world::encoded;
use cardwire_codec::{
    Message, Name,
    message::{
        ChannelRequest, CloudAnswer, CloudOpen, CloudOpenAnswer, CloudRelay, CloudRelayAnswer, ErrorCode,
        HardwareClass, LoginConfirm, LoginHeader, LoginOutcome, LoginResult, Suite,
    },
};
use cardwire_peers::{
    Cloud,
    cloud::{Channel, Conversation},
    identity::{Key, ReaderIdentity},
    scripted::ReaderLogin,
};
use core::time::Duration;
use std::{sync::Arc, time::Instant};

const SESSION: [u8; 32] = [0x5E; 32];

/// What a cloud has decided on a login.
pub struct Login {
    /// The reader's line, where it was let in.
    pub line: Option<Line>,
    /// The counters that the cloud could bring it, as it says.
    pub latest: [u32; 3],
}

/// A reader that is logged in.
pub struct Line {
    conversation: Conversation,
    channel: Channel,
}

impl Line {
    /// A reader logs in and states this.
    ///
    /// # Panics
    /// Where the cloud does not answer as a login goes.
    pub fn log_in(
        cloud: &Arc<Cloud>,
        reader: usize,
        class: HardwareClass,
        counters: [u32; 3],
        now: Instant,
    ) -> Login {
        let reader = &FLEET[reader];
        let (mut conversation, channel) = open(cloud, reader, class, now);
        let mut channel = channel.expect("a reader with its registered key is answered");
        let confirm = confirm(reader, CLIENT, counters);
        let sealed = channel.seal(&confirm).expect("a channel has numbers");
        let answer = conversation.handle(&relay(&sealed), now);
        let answer = CloudRelayAnswer::decode(&answer).expect("a confirmed login is decided on");
        let result = channel.open(answer.payload).expect("what the cloud seals opens");
        let result = LoginResult::decode(&result).expect("a login is answered by its result");
        let admitted = result.outcome == LoginOutcome::Success;
        assert_eq!(
            conversation.is_logged_in(),
            admitted,
            "who is let in is logged in"
        );
        let latest = [
            result.software_latest,
            result.authentication_latest,
            result.logic_latest,
        ];
        Login {
            latest,
            line: admitted.then_some(Self {
                conversation,
                channel,
            }),
        }
    }

    /// A login that comes to nothing.
    ///
    /// # Panics
    /// Where it comes to something.
    pub fn half(cloud: &Arc<Cloud>, reader: usize, half: Half, now: Instant) {
        let stranger = ReaderIdentity {
            static_key: Key::new([0x77; 32]),
            ..FLEET[reader].clone()
        };
        let reader = match half {
            Half::OtherKey => &stranger,
            Half::Unconfirmed | Half::Altered | Half::OtherClient | Half::Late => &FLEET[reader],
        };
        let (mut conversation, channel) = open(cloud, reader, HardwareClass::REFERENCE_HOST, now);
        let (Some(mut channel), false) = (channel, half == Half::Unconfirmed) else {
            assert!(
                matches!(half, Half::OtherKey | Half::Unconfirmed),
                "a reader with its registered key is answered"
            );
            return;
        };
        let client = if half == Half::OtherClient {
            "NOBODY"
        } else {
            CLIENT
        };
        let mut sealed = channel
            .seal(&confirm(reader, client, [9; 3]))
            .expect("a channel has numbers");
        if half == Half::Altered {
            sealed[0] ^= 1;
        }
        let late = Duration::from_secs(if half == Half::Late { 3600 } else { 0 });
        let answer = conversation.handle(&relay(&sealed), now + late);
        let expected = match half {
            Half::OtherClient => ErrorCode::LOGIN_MISMATCH,
            Half::Unconfirmed | Half::Altered | Half::Late | Half::OtherKey => ErrorCode::LOGIN_EXPIRED,
        };
        assert_eq!(code(&answer), Some(expected), "such a login comes to nothing");
        assert!(!conversation.is_logged_in(), "nobody is logged in by it");
    }

    /// Seals what the reader says of this update.
    pub fn seal(&mut self, said: &Said, digest: &[u8; 32], counters: [u32; 3]) -> Vec<u8> {
        self.seal_bytes(&said.encoded(digest, counters))
    }

    /// Seals bytes.
    pub fn seal_bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.channel.seal(bytes).expect("a channel has numbers")
    }

    /// Sends what is sealed, or nothing, and hears what the cloud has next for the reader.
    ///
    /// # Errors
    /// What the cloud refuses it with.
    ///
    /// # Panics
    /// Where the cloud's answer is none.
    pub fn relay(&mut self, sealed: &[u8], now: Instant) -> Result<Heard, ErrorCode> {
        let answer = self.conversation.handle(&relay(sealed), now);
        if let Some(code) = code(&answer) {
            return Err(code);
        }
        let answer = CloudRelayAnswer::decode(&answer).expect("a relay is answered by its answer");
        if answer.payload.is_empty() {
            return Ok(Heard::Nothing);
        }
        let message = self
            .channel
            .open(answer.payload)
            .expect("what the cloud seals opens");
        Ok(match ChannelRequest::decode(&message) {
            Ok(ChannelRequest::UpdateOffer(offer)) => Heard::Offer {
                manifest: offer.manifest.to_vec(),
                signature: *offer.signature,
            },
            Ok(ChannelRequest::UpdateChunk(chunk)) => Heard::Chunk {
                digest: *chunk.digest,
                offset: chunk.offset,
                data: chunk.data.to_vec(),
            },
            Ok(ChannelRequest::UpdateCommit(commit)) => Heard::Commit {
                digest: *commit.digest,
            },
            other => panic!("behind a login come updates, and not {other:?}"),
        })
    }

    /// Whether the cloud takes the reader for logged in.
    #[must_use]
    pub fn is_logged_in(&self) -> bool {
        self.conversation.is_logged_in()
    }
}

/// Begins a login; there is a channel where the cloud has answered.
fn open(
    cloud: &Arc<Cloud>,
    reader: &ReaderIdentity,
    hardware_class: HardwareClass,
    now: Instant,
) -> (Conversation, Option<Channel>) {
    let header = encoded(&LoginHeader {
        version: 1,
        suite: Suite::NOISE_IK,
        reader_id: Name::from_text(&reader.id),
        hardware_class,
        boot_counter: 1,
        client_id: Name::from_text(CLIENT),
        session: &SESSION,
        extensions: Default::default(),
    });
    let mut conversation = Cloud::conversation(cloud);
    let begun = ReaderLogin::begin(reader, header).expect("a login can be begun");
    let message = encoded(&CloudOpen {
        version: 1,
        client_id: Name::from_text(CLIENT),
        session: &SESSION,
        header: &begun.header,
        handshake: &begun.first,
        extensions: Default::default(),
    });
    let answer = conversation.handle(&message, now);
    let channel = CloudOpenAnswer::decode(&answer).ok().map(|answer| {
        begun
            .finish(answer.handshake)
            .expect("the cloud is the right one")
    });
    (conversation, channel)
}

/// The confirmation of a login of this reader.
pub fn confirm(reader: &ReaderIdentity, client: &str, counters: [u32; 3]) -> Vec<u8> {
    encoded(&LoginConfirm {
        reader_id: Name::from_text(&reader.id),
        client_id: Name::from_text(client),
        software: Name::from_text("fuzzed"),
        software_counter: counters[0],
        authentication_counter: counters[1],
        logic_counter: counters[2],
        extensions: Default::default(),
    })
}

fn relay(payload: &[u8]) -> Vec<u8> {
    encoded(&CloudRelay {
        payload,
        extensions: Default::default(),
    })
}

fn code(answer: &[u8]) -> Option<ErrorCode> {
    match CloudAnswer::decode(answer) {
        Ok(CloudAnswer::CloudError(error)) => Some(error.code),
        Ok(_) => None,
        Err(error) => panic!("a cloud answers with a message of this version: {error}"),
    }
}
