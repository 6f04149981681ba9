//! The cloud's end of the channel with a reader, step by step: `Noise_IK`, then transport messages.
//!
//! A [`Conversation`](super::Conversation) does all of this. A tester that plays the cloud does it by hand, and may
//! take a wrong step.

use crate::{HandshakeError, identity::Key, noise};
use cardwire_codec::message::limits::TAG_SIZE;
use snow::{HandshakeState, TransportState};
use subtle::ConstantTimeEq;

/// The suite `noise-ik`.
pub(crate) const PATTERN: &str = "Noise_IK_25519_ChaChaPoly_SHA256";

/// What the prologue begins with.
pub const LABEL: &[u8] = b"cardwire/1 reader-cloud";

/// Bytes of the reader's handshake message.
pub const FIRST_SIZE: usize = 96;
/// Bytes of the cloud's handshake message.
pub const SECOND_SIZE: usize = 48;

/// The prologue: the label and the login header behind its length.
#[must_use]
pub fn prologue(header: &[u8]) -> Vec<u8> {
    noise::prologue(LABEL, &[header])
}

/// The reader's handshake message has been read, and says which key its sender has. Nothing more is known: a message
/// that was recorded says the same (CW-LOGIN-003).
#[derive(Debug)]
pub struct Responder {
    noise: HandshakeState,
    reader_key: [u8; 32],
}

impl Responder {
    /// Reads the reader's handshake message under the prologue of its header.
    ///
    /// # Errors
    /// A message for another cloud, of another header, or with a key of low order.
    pub fn read(static_key: &Key, header: &[u8], first: &[u8]) -> Result<Self, HandshakeError> {
        let prologue = prologue(header);
        let mut noise = noise::builder(PATTERN, &prologue)?
            .local_private_key(static_key.as_bytes())?
            .build_responder()?;
        noise::read::<FIRST_SIZE>(&mut noise, first)?;
        let reader_key = noise.get_remote_static().and_then(|key| key.try_into().ok());
        Ok(Self {
            reader_key: reader_key.ok_or(HandshakeError::Unauthentic)?,
            noise,
        })
    }

    /// The static key that the sender used.
    #[must_use]
    pub fn reader_key(&self) -> [u8; 32] {
        self.reader_key
    }

    /// Goes on only where the sender's key is the registered one.
    //= spec/book/src/login.md#cw-login-003
    //# A cloud MUST refuse a login whose header names another client or session than the client did, or whose static key is not the registered one of that reader, before anything has an effect.
    #[must_use]
    pub fn registered(self, key: &[u8; 32]) -> Option<RegisteredResponder> {
        bool::from(self.reader_key.ct_eq(key)).then_some(RegisteredResponder(self.noise))
    }
}

/// A responder whose peer uses a registered key: only [`Responder::registered`] makes one, and only this answers.
#[derive(Debug)]
pub struct RegisteredResponder(HandshakeState);

impl RegisteredResponder {
    /// The cloud's handshake message, and the channel that follows it.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub fn answer(mut self) -> Result<([u8; SECOND_SIZE], Channel), HandshakeError> {
        let second = noise::write(&mut self.0)?;
        let session = noise::hash(&self.0);
        Ok((
            second,
            Channel {
                transport: self.0.into_transport_mode()?,
                session,
            },
        ))
    }
}

/// Transport messages between reader and cloud: each side counts its own, and none may be missing.
#[derive(Debug)]
pub struct Channel {
    transport: TransportState,
    session: [u8; 32],
}

impl Channel {
    /// The channel of a finished handshake; for the reader's half.
    pub(crate) fn of(noise: HandshakeState) -> Result<Self, HandshakeError> {
        let session = noise::hash(&noise);
        Ok(Self {
            transport: noise.into_transport_mode()?,
            session,
        })
    }

    /// The handshake hash of this channel.
    #[must_use]
    pub fn id(&self) -> &[u8; 32] {
        &self.session
    }

    /// The next message, sealed; `None` where Noise has no more numbers or the message has more than 65,519 bytes.
    #[must_use]
    pub fn seal(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = vec![0; message.len() + TAG_SIZE];
        let length = self.transport.write_message(message, &mut sealed).ok()?;
        sealed.truncate(length);
        Some(sealed)
    }

    /// The next message of the other end, opened; `None` where it does not authenticate.
    #[must_use]
    pub fn open(&mut self, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut message = vec![0; sealed.len()];
        let length = self.transport.read_message(sealed, &mut message).ok()?;
        message.truncate(length);
        Some(message)
    }
}
