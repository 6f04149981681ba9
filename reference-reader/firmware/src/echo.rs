//! Stands where the reader core will stand, with the same calls, and gives back what it gets.

/// A reader that answers every byte with itself.
#[derive(Debug)]
pub(crate) struct Echo {
    bytes: [u8; Self::CAPACITY],
    len: usize,
    polled: bool,
}

impl Echo {
    pub(crate) const CAPACITY: usize = 64;

    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; Self::CAPACITY],
            len: 0,
            polled: false,
        }
    }

    /// Bytes from the client; at most [`CAPACITY`](Self::CAPACITY), and only when nothing is left to poll.
    pub(crate) fn handle_bytes(&mut self, _now_ms: u64, bytes: &[u8]) {
        self.len = bytes.len().min(Self::CAPACITY);
        self.bytes[..self.len].copy_from_slice(&bytes[..self.len]);
        self.polled = false;
    }

    /// Time went on.
    pub(crate) fn handle_time(&mut self, _now_ms: u64) {}

    /// The next bytes for the client.
    pub(crate) fn poll_output(&mut self) -> Option<&[u8]> {
        if self.polled || self.len == 0 {
            return None;
        }
        self.polled = true;
        Some(&self.bytes[..self.len])
    }

    /// When [`handle_time`](Self::handle_time) is wanted next.
    pub(crate) fn poll_timeout(&self) -> Option<u64> {
        None
    }
}
