//! A link as a client with a fault reads it.

use crate::{Fault, client::Habit};
use cardwire_peers::{
    Endpoint, Link,
    link::{Direction, OwnedFrame, ReceiveError, Received, Stderr},
};
use core::sync::atomic::{AtomicBool, Ordering};
use std::{io, sync::Arc, time::Instant};

/// Payloads from here on are those of frames that are nearly as large as any.
const LARGE: usize = 440;

/// A link, and what the client makes of its bytes.
pub(crate) struct Line {
    habit: Habit,
    link: Link,
    /// What gives up where bytes are no frame, on this link.
    garbage: Option<Fault>,
    /// Bytes came by which a client with this fault loses the thread.
    lost: Arc<AtomicBool>,
}

impl core::fmt::Debug for Line {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Line")
            .field("habit", &self.habit)
            .finish_non_exhaustive()
    }
}

impl Line {
    /// Opens the link; with that fault the client gives up where bytes on it are no frame.
    pub(crate) fn open(habit: Habit, endpoint: &Endpoint, garbage: Fault) -> io::Result<Self> {
        let mut link = Link::open_with(endpoint, Stderr::Kept)?;
        let lost = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&lost);
        // A read is taken for a frame: it has to end as one does, and may not begin with the end of none.
        let loses = move |bytes: &[u8]| {
            let part = habit.is(Fault::TakesReadsForFrames) && bytes.last() != Some(&0);
            let empty = habit.is(Fault::EmptyLineIsAnEnd) && bytes.windows(2).any(|pair| pair == [0, 0]);
            part || empty
        };
        link.set_trace(Some(Box::new(move |direction, bytes| {
            if direction == Direction::Received && loses(bytes) {
                seen.store(true, Ordering::Relaxed);
            }
        })));
        Ok(Self {
            habit,
            link,
            garbage: Some(garbage).filter(|garbage| habit.is(*garbage)),
            lost,
        })
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.link.send(bytes)
    }

    pub(crate) fn reconnect(&mut self) -> io::Result<()> {
        self.link.reconnect()
    }

    /// The next frame.
    pub(crate) fn receive(&mut self, deadline: Instant) -> Result<OwnedFrame, ReceiveError> {
        loop {
            let received = self.link.receive_any(deadline)?;
            if self.lost.load(Ordering::Relaxed) {
                return Err(ReceiveError::Closed(io::Error::other("bytes that make no sense")));
            }
            match received {
                Received::Garbage(_) if self.garbage.is_some() => {
                    return Err(ReceiveError::Closed(io::Error::other("garbage")));
                }
                Received::Garbage(_) => {}
                Received::Frame(frame)
                    if frame.payload.len() >= LARGE && self.habit.is(Fault::DropsLargeFrames) => {}
                Received::Frame(frame) => return Ok(frame),
            }
        }
    }
}
