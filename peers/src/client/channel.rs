//! Sealed frames under the keys of a session, with any nonce.
//!
//! A client seals under 0, 1, 2 and so on ([`Session`](super::Session) does); a tester seals under what it likes.

use cardwire_codec::message::limits::TAG_SIZE;
use snow::StatelessTransportState;
use std::sync::Arc;

/// Numbers from here on are those of events (CW-SESS-013).
pub const FIRST_EVENT: u64 = 1 << 63;

/// Seals messages under the own key of a session.
#[derive(Clone, Debug)]
pub struct Sealer(Arc<StatelessTransportState>);

/// Opens messages that were sealed under the other end's key.
#[derive(Clone, Debug)]
pub struct Opener(Arc<StatelessTransportState>);

/// Both halves of one end's keys.
pub(crate) fn pair(state: StatelessTransportState) -> (Sealer, Opener) {
    let state = Arc::new(state);
    (Sealer(Arc::clone(&state)), Opener(state))
}

impl Sealer {
    /// The message sealed under this nonce, or `None` where Noise has no such nonce (2^64 - 1) or message (65,519
    /// bytes).
    ///
    /// Two messages under one nonce give the key stream away: only a tester may do that, with the certification keys.
    //= spec/book/src/session.md#cw-sess-001
    //# A sealed frame MUST carry the message sealed with ChaCha20-Poly1305 under the sender's key, the frame's number as Noise nonce and no associated data.
    #[must_use]
    pub fn seal(&self, nonce: u64, message: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = vec![0; message.len() + TAG_SIZE];
        let length = self.0.write_message(nonce, message, &mut sealed).ok()?;
        sealed.truncate(length);
        Some(sealed)
    }
}

impl Opener {
    /// The message that was sealed under this nonce, or `None` where it does not authenticate.
    #[must_use]
    pub fn open(&self, nonce: u64, sealed: &[u8]) -> Option<Vec<u8>> {
        // `snow` wants room for the tag, too.
        let mut message = vec![0; sealed.len()];
        let length = self.0.read_message(nonce, sealed, &mut message).ok()?;
        message.truncate(length);
        Some(message)
    }
}
