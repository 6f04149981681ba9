//! The sealed channel between client and reader: numbers, repeats, failures (CW-SESS-001 to 006, 013).

use super::noise::{Key, Keys, open, seal};
use crate::digest::sha256;
use cardwire_codec::message::limits::FAILURES_MAX;

/// Where the numbers of events begin.
const EVENTS: u64 = 1 << 63;

/// What a sealed frame turned out to be.
pub(crate) enum Opened<'o> {
    /// The next request, to be executed.
    Request(&'o [u8]),
    /// The last request again, byte for byte: to be answered from the cache.
    Repeat,
    /// Nothing that changes anything.
    Dropped,
    /// The failure that ends the session.
    TooManyFailures,
}

/// Keys and numbers of one session.
pub(crate) struct Channel {
    from_client: Key,
    to_client: Key,
    next: u64,
    next_event: u64,
    failures: usize,
    /// Digest of the last authenticated request's frame payload.
    last: Option<[u8; 32]>,
}

impl Channel {
    pub(crate) fn new(keys: Keys) -> Self {
        let Keys {
            initiator, responder, ..
        } = keys;
        Self {
            from_client: initiator,
            to_client: responder,
            next: 0,
            next_event: EVENTS,
            failures: 0,
            last: None,
        }
    }

    /// Whether no sealed request has been taken yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.next == 0
    }

    /// Opens a sealed payload into `out`.
    //= spec/book/src/session.md#cw-sess-005
    //# A reader MUST drop a sealed frame that is neither the next request, authentic, nor the byte-for-byte repeat of the last one, without an answer, and change nothing but its count of dropped frames.
    pub(crate) fn open<'o>(&mut self, number: u64, sealed: &[u8], out: &'o mut [u8]) -> Opened<'o> {
        if number == self.next
            && let Some(message) = open(&self.from_client, number, sealed, out)
        {
            self.next = number + 1;
            self.last = Some(sha256(sealed));
            return Opened::Request(message);
        }
        if number.checked_add(1) == Some(self.next) && self.last == Some(sha256(sealed)) {
            return Opened::Repeat;
        }
        self.failures += 1;
        //= spec/book/src/session.md#cw-sess-006
        //# A reader MUST end the session at the `failures_max`th sealed frame of it that it drops.
        if self.failures >= FAILURES_MAX {
            Opened::TooManyFailures
        } else {
            Opened::Dropped
        }
    }

    /// The number of the last request, which its answer takes.
    pub(crate) fn answer_number(&self) -> u64 {
        self.next.saturating_sub(1)
    }

    /// Seals the answer to the last request.
    //= spec/book/src/session.md#cw-sess-001
    //# A sealed frame MUST carry the message sealed with ChaCha20-Poly1305 under the sender's key, the frame's number as Noise nonce and no associated data.
    pub(crate) fn seal_answer(&self, message: &[u8], out: &mut [u8]) -> Option<usize> {
        seal(&self.to_client, self.answer_number(), message, out)
    }

    /// Seals an event and returns its number and length.
    //= spec/book/src/session.md#cw-sess-013
    //# Events MUST carry numbers from 2^63 on that ascend strictly.
    pub(crate) fn seal_event(&mut self, message: &[u8], out: &mut [u8]) -> Option<(u64, usize)> {
        let number = self.next_event;
        let length = seal(&self.to_client, number, message, out)?;
        self.next_event = number.checked_add(1)?;
        Some((number, length))
    }
}

#[cfg(feature = "clone")]
impl Clone for Channel {
    fn clone(&self) -> Self {
        Self {
            from_client: super::noise::copy(&self.from_client),
            to_client: super::noise::copy(&self.to_client),
            ..*self
        }
    }
}
