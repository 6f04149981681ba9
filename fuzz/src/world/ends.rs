//! The client's and the cloud's half of everything, by `snow`, with ephemeral keys that the target chooses: so that the
//! same input gives the same bytes.

use super::encoded;
use cardwire_codec::{
    Extensions, List, Name,
    message::{Connect, Hello, Method, limits::TAG_SIZE},
};
use cardwire_peers::{
    client::handshake::{LABEL as CLIENT_LABEL, connect_message},
    cloud::prologue as cloud_prologue,
};
use snow::{Builder, HandshakeState, StatelessTransportState};
use std::sync::Arc;

/// Numbers from here on are those of events.
pub const FIRST_EVENT: u64 = 1 << 63;

const HANDSHAKE: usize = 48;

/// The hello of a client of this version.
#[must_use]
pub fn hello() -> Vec<u8> {
    encoded(&Hello {
        versions: List::from_items(&[1]),
        max_frame: 512,
        extensions: Extensions::NONE,
    })
}

/// A connect that is right, and its handshake, which waits for the reader's half.
#[derive(Debug)]
pub struct Attempt {
    /// The message.
    pub connect: Vec<u8>,
    handshake: HandshakeState,
}

/// Who connects.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// Its identity.
    pub client: &'a str,
    /// Which of its keys.
    pub generation: u32,
    /// That key.
    pub key: &'a [u8; 32],
}

impl Attempt {
    /// After a hello and its answer.
    ///
    /// # Panics
    /// Where `snow` can't begin a handshake: never with keys of the right length.
    #[must_use]
    pub fn new(hello: &[u8], hello_answer: &[u8], who: Who<'_>, ephemeral: [u8; 32]) -> Self {
        let blank = [0; HANDSHAKE];
        let mut header = encoded(&Connect {
            hello,
            method: Method::NOISE_NNPSK0,
            client_id: Name::from_text(who.client),
            generation: who.generation,
            handshake: &blank,
            extensions: Extensions::NONE,
        });
        header.truncate(header.len() - HANDSHAKE - 1);
        let mut prologue = CLIENT_LABEL.to_vec();
        for part in [hello, hello_answer, &header] {
            prologue.extend_from_slice(&(part.len() as u16).to_be_bytes());
            prologue.extend_from_slice(part);
        }
        let mut handshake = builder("Noise_NNpsk0_25519_ChaChaPoly_SHA256", &prologue)
            .psk(0, who.key)
            .and_then(|builder| {
                builder
                    .fixed_ephemeral_key_for_testing_only(&ephemeral)
                    .build_initiator()
            })
            .expect("the pattern is known, the key has its length");
        let mut first = [0; HANDSHAKE];
        handshake
            .write_message(&[], &mut first)
            .expect("the first message fits");
        Self {
            connect: connect_message(&header, &first),
            handshake,
        }
    }

    /// The keys, where this is the reader's half.
    #[must_use]
    pub fn finish(mut self, second: &[u8]) -> Option<ClientEnd> {
        self.handshake.read_message(second, &mut [0; TAG_SIZE]).ok()?;
        let hash = self.handshake.get_handshake_hash().try_into().ok()?;
        Some(ClientEnd {
            hash,
            keys: Arc::new(self.handshake.into_stateless_transport_mode().ok()?),
        })
    }
}

/// A client's end of a session.
#[derive(Clone, Debug)]
pub struct ClientEnd {
    keys: Arc<StatelessTransportState>,
    /// The handshake hash: which session this is.
    pub hash: [u8; 32],
}

impl ClientEnd {
    /// Seals under a number.
    #[must_use]
    pub fn seal(&self, number: u64, message: &[u8]) -> Vec<u8> {
        seal(&self.keys, number, message)
    }

    /// Opens what the reader has sealed.
    #[must_use]
    pub fn open(&self, number: u64, sealed: &[u8]) -> Option<Vec<u8>> {
        open(&self.keys, number, sealed)
    }
}

/// The cloud's end of the channel with a reader: each side counts its own messages.
#[derive(Clone, Debug)]
pub struct CloudEnd {
    keys: Arc<StatelessTransportState>,
    /// Messages that were sealed here.
    pub sent: u64,
    /// Messages of the reader that were opened.
    pub received: u64,
}

impl CloudEnd {
    /// Answers the reader's handshake message; `None` where it is not for this key.
    #[must_use]
    pub fn answer(
        key: &[u8; 32],
        header: &[u8],
        first: &[u8],
        ephemeral: [u8; 32],
    ) -> Option<(Vec<u8>, Self)> {
        let prologue = cloud_prologue(header);
        let mut handshake = builder("Noise_IK_25519_ChaChaPoly_SHA256", &prologue)
            .local_private_key(key)
            .ok()?
            .fixed_ephemeral_key_for_testing_only(&ephemeral)
            .build_responder()
            .ok()?;
        handshake.read_message(first, &mut [0; TAG_SIZE]).ok()?;
        let mut second = vec![0; HANDSHAKE];
        handshake.write_message(&[], &mut second).ok()?;
        let keys = Arc::new(handshake.into_stateless_transport_mode().ok()?);
        Some((
            second,
            Self {
                keys,
                sent: 0,
                received: 0,
            },
        ))
    }

    /// The next message, sealed, and not counted: see [`CloudEnd::sent`].
    #[must_use]
    pub fn seal(&self, message: &[u8]) -> Vec<u8> {
        seal(&self.keys, self.sent, message)
    }

    /// The reader's next message.
    #[must_use]
    pub fn open(&mut self, sealed: &[u8]) -> Option<Vec<u8>> {
        let message = open(&self.keys, self.received, sealed)?;
        self.received += 1;
        Some(message)
    }
}

fn builder<'b>(pattern: &str, prologue: &'b [u8]) -> Builder<'b> {
    let pattern = pattern.parse().expect("the pattern is one of Noise");
    Builder::new(pattern)
        .prologue(prologue)
        .expect("a builder takes one prologue")
}

fn seal(keys: &StatelessTransportState, number: u64, message: &[u8]) -> Vec<u8> {
    let mut sealed = vec![0; message.len() + TAG_SIZE];
    let length = keys.write_message(number, message, &mut sealed);
    // Noise has no number 2^64 - 1: nothing is sealed under it.
    sealed.truncate(length.unwrap_or(0));
    sealed
}

fn open(keys: &StatelessTransportState, number: u64, sealed: &[u8]) -> Option<Vec<u8>> {
    let mut message = vec![0; sealed.len()];
    let length = keys.read_message(number, sealed, &mut message).ok()?;
    message.truncate(length);
    Some(message)
}
