//! A line that a test plays: no stream, no thread, and a clock of its own, so that hours of a bad line pass in a moment.

use std::{io, time::Instant};

/// What a [`Link`](super::Link) is made over where no operating system carries the bytes.
///
/// Its clock is the client's, too: nothing waits, and whoever asks for bytes until a deadline lets time pass.
pub trait Line: Send {
    /// Takes bytes that the client sends.
    ///
    /// # Errors
    /// The line is closed.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// The bytes that come next; the clock then shows when they came.
    ///
    /// # Errors
    /// `TimedOut` where none come before the deadline, which the clock then shows; another error where the line has
    /// ended.
    fn receive(&mut self, deadline: Instant) -> io::Result<Vec<u8>>;

    /// The bytes that are here already.
    fn receive_now(&mut self) -> Option<Vec<u8>>;

    /// What the clock shows.
    fn now(&self) -> Instant;
}
