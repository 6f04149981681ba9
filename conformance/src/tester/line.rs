//! Bytes to and from the device: the link, cut at its delimiters.

use crate::standstill::Deadline;
use cardwire_peers::{
    Endpoint, Link,
    link::{ReceiveError, Stderr},
};
use cardwire_spec::interpret::frame::DELIMITER;
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{collections::VecDeque, io, sync::Arc, time::Instant};

/// The longest line that is kept; what is longer is no frame of anybody.
const LINE_MAX: usize = 64 * 1024;
/// How soon it is noticed that the run shall stop.
const GLANCE: Duration = Duration::from_millis(100);
/// Bits of a byte on a serial line: a start bit and a stop bit are among them.
const BITS_OF_BYTE: f64 = 10.0;
/// Characters of a child's standard error that a message quotes.
const LAST_WORDS: usize = 300;

/// The link to the device. What it carries is cut here and judged elsewhere: the codec has no part in it.
pub(super) struct Line {
    link: Link,
    /// Ends all waiting when it becomes true.
    stop: Arc<AtomicBool>,
    open: bool,
    /// Bits in a second, where the line has a speed of its own.
    baud: Option<u32>,
    /// When all that was sent has passed the line.
    sent_by: Instant,
    /// Bytes behind the last delimiter that came.
    begun: Vec<u8>,
    lines: VecDeque<Vec<u8>>,
}

impl Line {
    pub(super) fn open(endpoint: &Endpoint, stop: Arc<AtomicBool>) -> io::Result<Self> {
        let link = Link::open_with(endpoint, Stderr::Kept)?;
        Ok(Self {
            link,
            stop,
            open: true,
            baud: match endpoint {
                Endpoint::Serial { baud, .. } => Some(*baud),
                Endpoint::Tcp { .. } | Endpoint::Exec { .. } => None,
            },
            sent_by: Instant::now(),
            begun: Vec::new(),
            lines: VecDeque::new(),
        })
    }

    /// Closes the link and opens it anew: a reset of the link; a child is started anew.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        self.forget();
        self.open = false;
        self.link.reconnect()?;
        self.open = true;
        Ok(())
    }

    /// Whether the run shall stop: what is seen from then on says nothing about the device.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sent = self.link.send(bytes);
        self.open &= sent.is_ok();
        if let Some(baud) = self.baud {
            let seconds = bytes.len() as f64 * BITS_OF_BYTE / f64::from(baud.max(1));
            self.sent_by = self.sent_by.max(Instant::now()) + Duration::from_secs_f64(seconds);
        }
        sent
    }

    /// How long the last byte that was sent is on its way yet, on a line with a speed of its own: the system takes bytes faster
    /// than a serial port gives them to the device.
    pub(super) fn on_its_way(&self) -> Duration {
        self.sent_by.saturating_duration_since(Instant::now())
    }

    /// The next bytes between two delimiters.
    pub(super) fn next(&mut self, deadline: Deadline) -> Result<Vec<u8>, ReceiveError> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(line);
            }
            if self.is_stopped() {
                let interrupted = io::Error::new(io::ErrorKind::Interrupted, "the run is interrupted");
                return Err(ReceiveError::Closed(interrupted));
            }
            match self
                .link
                .receive_bytes(deadline.instant().min(Instant::now() + GLANCE))
            {
                Ok(bytes) => self.cut(&bytes),
                Err(ReceiveError::Timeout) if !deadline.is_past() => {}
                Err(error) => {
                    self.open &= matches!(error, ReceiveError::Timeout);
                    return Err(error);
                }
            }
        }
    }

    fn cut(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|&byte| byte == DELIMITER) {
            self.begun.extend_from_slice(part);
            if self.begun.last() == Some(&DELIMITER) || self.begun.len() > LINE_MAX {
                let mut line = core::mem::take(&mut self.begun);
                line.pop_if(|last| *last == DELIMITER);
                // Two delimiters in a row carry nothing.
                if !line.is_empty() {
                    self.lines.push_back(line);
                }
            }
        }
    }

    /// Forgets what came and was not taken.
    pub(super) fn forget(&mut self) {
        self.link.discard();
        self.begun.clear();
        self.lines.clear();
    }

    /// The end of what a child wrote to its standard error.
    pub(super) fn last_words(&self) -> Option<String> {
        let text = self.link.stderr();
        let text = text.trim();
        let skipped = text.chars().count().saturating_sub(LAST_WORDS);
        (!text.is_empty()).then(|| text.chars().skip(skipped).collect())
    }
}
