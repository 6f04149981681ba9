//! What is to go out on the link: at most one clear answer, one sealed answer and one event at a time.

use crate::reader::LINE;
use cardwire_codec::{Frame, frame::line_size, message::FrameKind};

/// Largest clear answer on the line: hello_answer with 8 versions and an identity of 32 bytes.
const CLEAR: usize = line_size(128);
/// Largest event on the line.
const EVENT: usize = line_size(64);

/// Frames for the link, encoded. The sealed answer stays as the cache that repeats are answered from (CW-SESS-004).
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Output {
    clear: Slot<CLEAR>,
    answer: Slot<LINE>,
    event: Slot<EVENT>,
}

#[cfg_attr(feature = "clone", derive(Clone))]
struct Slot<const N: usize> {
    bytes: [u8; N],
    length: usize,
    pending: bool,
}

impl<const N: usize> Slot<N> {
    const fn new() -> Self {
        Self {
            bytes: [0; N],
            length: 0,
            pending: false,
        }
    }

    fn put(&mut self, frame: &Frame<'_>) {
        // Every payload that is put here fits: the slots are as large as the largest message of their kind.
        self.length = frame.encode(&mut self.bytes).unwrap_or(0);
        self.pending = self.length > 0;
    }
}

impl Output {
    pub(crate) const fn new() -> Self {
        Self {
            clear: Slot::new(),
            answer: Slot::new(),
            event: Slot::new(),
        }
    }

    /// An answer in clear.
    pub(crate) fn put_clear(&mut self, number: u64, payload: &[u8]) {
        self.clear.put(&Frame {
            kind: FrameKind::Clear,
            number,
            payload,
        });
    }

    /// An answer that a repeat of its request gets again: connect_answer, or a sealed answer.
    pub(crate) fn put_answer(&mut self, kind: FrameKind, number: u64, payload: &[u8]) {
        self.answer.put(&Frame {
            kind,
            number,
            payload,
        });
    }

    /// A sealed event. One that has not gone out yet is replaced: events are hints.
    pub(crate) fn put_event(&mut self, number: u64, payload: &[u8]) {
        self.event.put(&Frame {
            kind: FrameKind::Sealed,
            number,
            payload,
        });
    }

    /// Sends the cached answer again.
    pub(crate) fn repeat_answer(&mut self) {
        self.answer.pending = self.answer.length > 0;
    }

    /// Forgets everything that a session left behind.
    pub(crate) fn forget_session(&mut self) {
        // An answer on its way out, such as disconnect_answer, still goes; it is just not repeated.
        if !self.answer.pending {
            self.answer.length = 0;
        }
        self.event = Slot::new();
    }

    /// Drops everything, also what waits for the link.
    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    /// The next bytes for the link.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        if core::mem::take(&mut self.clear.pending) {
            return Some(&self.clear.bytes[..self.clear.length]);
        }
        if core::mem::take(&mut self.answer.pending) {
            return Some(&self.answer.bytes[..self.answer.length]);
        }
        if core::mem::take(&mut self.event.pending) {
            return Some(&self.event.bytes[..self.event.length]);
        }
        None
    }

    /// Whether bytes wait for the link.
    pub(crate) fn is_pending(&self) -> bool {
        self.clear.pending || self.answer.pending || self.event.pending
    }
}
