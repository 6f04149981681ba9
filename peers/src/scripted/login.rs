//! The reader's half of a login: `Noise_IK` as initiator.

use crate::{
    HandshakeError,
    cloud::channel::{Channel, FIRST_SIZE, PATTERN, SECOND_SIZE, prologue},
    identity::ReaderIdentity,
    noise,
};
use snow::HandshakeState;

/// A login that waits for the cloud's half of the handshake.
#[derive(Debug)]
pub struct ReaderLogin {
    /// The login header that the handshake is bound to.
    pub header: Vec<u8>,
    /// The first handshake message.
    pub first: [u8; FIRST_SIZE],
    noise: HandshakeState,
}

impl ReaderLogin {
    /// Begins a login under any header.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub fn begin(reader: &ReaderIdentity, header: Vec<u8>) -> Result<Self, HandshakeError> {
        let prologue = prologue(&header);
        let mut noise = noise::builder(PATTERN, &prologue)?
            .local_private_key(reader.static_key.as_bytes())?
            .remote_public_key(&reader.cloud_public_key)?
            .build_initiator()?;
        let first = noise::write(&mut noise)?;
        Ok(Self { header, first, noise })
    }

    /// Takes the cloud's half; the channel's first message is login_confirm.
    ///
    /// # Errors
    /// A message that does not authenticate.
    pub fn finish(mut self, second: &[u8]) -> Result<Channel, HandshakeError> {
        noise::read::<SECOND_SIZE>(&mut self.noise, second)?;
        Channel::of(self.noise)
    }
}
