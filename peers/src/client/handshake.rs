//! The handshake between client and reader, step by step and with any parameter.
//!
//! [`Client::connect`](super::Client::connect) does all of this; a tester that wants to misbehave does it by hand:
//!
//! ```
//! use cardwire_peers::{client::handshake::{ConnectHeader, Handshake, connect_message, prologue}, identity::Key};
//!
//! let header = ConnectHeader { hello: &[1, 1, 1, 2, 0], client_id: "C-1", ..ConnectHeader::default() };
//! let header = header.encode().unwrap();
//! let prologue = prologue(&[1, 1, 1, 2, 0], b"the reader's answer", &header);
//! let (handshake, first) = Handshake::begin(&Key::new([7; 32]), &prologue).unwrap();
//! let connect = connect_message(&header, &first);
//! assert_eq!(connect.len(), header.len() + 1 + 48);
//! # drop(handshake);
//! ```

use super::channel::{self, Opener, Sealer};
use crate::{
    encoded,
    identity::Key,
    noise::{self, HandshakeError},
};
use cardwire_codec::{
    EncodeError, Extensions, Name,
    message::{Connect, Method},
};
use snow::HandshakeState;

/// The method `noise-nnpsk0`.
pub(crate) const PATTERN: &str = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";

/// Bytes of either handshake message.
pub const HANDSHAKE_SIZE: usize = 48;

/// What the prologue begins with.
pub const LABEL: &[u8] = b"cardwire/1 client-reader";

/// The prologue of the method `noise-nnpsk0`: the label, then hello, its answer and the connect without its handshake
/// field, each behind its length, all verbatim (CW-CONN-004). What is left of a connect without extensions is its
/// header.
#[must_use]
pub fn prologue(hello: &[u8], hello_answer: &[u8], connect_without_handshake: &[u8]) -> Vec<u8> {
    noise::prologue(LABEL, &[hello, hello_answer, connect_without_handshake])
}

/// What a connect says in clear.
#[derive(Clone, Copy, Debug)]
pub struct ConnectHeader<'a> {
    /// The client's hello, verbatim.
    pub hello: &'a [u8],
    /// How the client authenticates.
    pub method: Method,
    /// Who it says it is.
    pub client_id: &'a str,
    /// Which of its keys it uses.
    pub generation: u32,
}

impl Default for ConnectHeader<'_> {
    fn default() -> Self {
        Self {
            hello: &[],
            method: Method::NOISE_NNPSK0,
            client_id: "",
            generation: 1,
        }
    }
}

impl ConnectHeader<'_> {
    /// The connect message up to its handshake field, whose length is not part of it.
    ///
    /// # Errors
    /// A value that no decoder would take.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let &Self {
            hello,
            method,
            client_id,
            generation,
        } = self;
        let handshake = &[0; HANDSHAKE_SIZE];
        let connect = Connect {
            hello,
            method,
            client_id: Name::from_text(client_id),
            generation,
            handshake,
            extensions: Extensions::NONE,
        };
        let mut header = encoded(&connect)?;
        header.truncate(header.len() - HANDSHAKE_SIZE - 1);
        Ok(header)
    }
}

/// A connect message from its header and the handshake message.
#[must_use]
pub fn connect_message(header: &[u8], handshake: &[u8; HANDSHAKE_SIZE]) -> Vec<u8> {
    [header, &[HANDSHAKE_SIZE as u8], handshake].concat()
}

/// A handshake that waits for the reader's half.
#[derive(Debug)]
pub struct Handshake(HandshakeState);

/// What a handshake yields.
#[derive(Clone, Debug)]
pub struct Established {
    /// Seals what this end sends.
    pub sealer: Sealer,
    /// Opens what the other end sends.
    pub opener: Opener,
    /// The handshake hash: which session this is.
    pub session: [u8; 32],
}

impl Handshake {
    /// Begins a handshake under a pre-shared key and a prologue, and returns the first message.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub fn begin(key: &Key, prologue: &[u8]) -> Result<(Self, [u8; HANDSHAKE_SIZE]), HandshakeError> {
        let mut noise = noise::builder(PATTERN, prologue)?
            .psk(0, key.as_bytes())?
            .build_initiator()?;
        let first = noise::write(&mut noise)?;
        Ok((Self(noise), first))
    }

    /// Takes the reader's half. What is refused leaves the handshake as it was, so that an end that drops bad messages
    /// can wait for a good one.
    ///
    /// # Errors
    /// A message that does not authenticate.
    pub fn read(&mut self, second: &[u8]) -> Result<(), HandshakeError> {
        noise::read::<HANDSHAKE_SIZE>(&mut self.0, second)
    }

    /// The keys, after [`Handshake::read`].
    ///
    /// # Errors
    /// The reader's half is missing.
    pub fn establish(self) -> Result<Established, HandshakeError> {
        established(self.0)
    }
}

/// Splits a finished handshake into keys.
pub(crate) fn established(noise: HandshakeState) -> Result<Established, HandshakeError> {
    let session = noise::hash(&noise);
    let (sealer, opener) = channel::pair(noise.into_stateless_transport_mode()?);
    Ok(Established {
        sealer,
        opener,
        session,
    })
}
