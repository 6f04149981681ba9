//! What both Noise channels have in common here: `snow` and the checks that it leaves to its user.

use crate::identity::is_low_order;
use cardwire_codec::message::limits::TAG_SIZE;
use snow::{Builder, HandshakeState};

/// Why a handshake did not come about.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// A handshake message has another length than its pattern gives.
    #[error("the handshake message has {got} bytes instead of {expected}")]
    Length {
        /// Its length.
        got: usize,
        /// The length with an empty payload.
        expected: usize,
    },
    /// A Diffie-Hellman result would be all zero (CW-CONN-011).
    #[error("the handshake message holds a public key of low order")]
    LowOrder,
    /// The message does not authenticate: another key, or another prologue.
    #[error("the handshake message does not authenticate")]
    Unauthentic,
    /// The library refused something else, such as an operating system without random bytes.
    #[error("the handshake can't be made: {0}")]
    Library(snow::Error),
}

impl From<snow::Error> for HandshakeError {
    fn from(error: snow::Error) -> Self {
        if matches!(error, snow::Error::Decrypt) {
            Self::Unauthentic
        } else {
            Self::Library(error)
        }
    }
}

/// A builder for one of the two patterns, under its prologue.
pub(crate) fn builder<'a>(pattern: &str, prologue: &'a [u8]) -> Result<Builder<'a>, HandshakeError> {
    Ok(Builder::new(pattern.parse()?).prologue(prologue)?)
}

/// Reads a message with an empty payload, whose first 32 bytes are the ephemeral key.
pub(crate) fn read<const N: usize>(noise: &mut HandshakeState, message: &[u8]) -> Result<(), HandshakeError> {
    let message: &[u8; N] = message.try_into().map_err(|_| HandshakeError::Length {
        got: message.len(),
        expected: N,
    })?;
    if message.first_chunk().is_some_and(is_low_order) {
        return Err(HandshakeError::LowOrder);
    }
    // An empty payload has no bytes, but `snow` demands room for the tag.
    noise.read_message(message, &mut [0; TAG_SIZE])?;
    Ok(())
}

/// Writes a message with an empty payload.
pub(crate) fn write<const N: usize>(noise: &mut HandshakeState) -> Result<[u8; N], HandshakeError> {
    let mut message = [0; N];
    noise.write_message(&[], &mut message)?;
    Ok(message)
}

/// The handshake hash of a finished handshake.
pub(crate) fn hash(noise: &HandshakeState) -> [u8; 32] {
    let mut hash = [0; 32];
    // SHA-256 gives 32 bytes.
    hash.copy_from_slice(noise.get_handshake_hash());
    hash
}

/// A label and parts, each behind its length in two bytes.
pub(crate) fn prologue(label: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut prologue = label.to_vec();
    for part in parts {
        // A part came in a frame; a longer one would only make a handshake that no other end joins.
        prologue.extend_from_slice(&(part.len() as u16).to_be_bytes());
        prologue.extend_from_slice(part);
    }
    prologue
}
