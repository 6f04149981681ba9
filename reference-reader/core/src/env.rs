//! What a reader needs from its board: randomness and storage.

use crate::deviation::Deviation;

/// The board beneath a reader. Host and firmware implement it; the core owns no clock, socket or flash itself.
pub trait Env {
    /// Fills `out` with random bytes.
    ///
    /// # Errors
    /// [`RandomFailed`] where the source's health test fails; the reader then accepts no client.
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed>;

    /// Reads a record into the front of `out` and returns its length in bytes; `None` where it was never stored,
    /// can't be read, or is larger than `out`.
    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize>;

    /// Stores a record whole: after a power cut the old or the new one is there, never neither.
    ///
    /// # Errors
    /// [`StoreFailed`] where the record may not be there after a reset.
    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed>;

    /// Whether this reader has a certain fault. Production environments leave this as it is, so that it costs
    /// nothing; readers that prove the conformance suite have one fault each.
    fn deviates(&self, _deviation: Deviation) -> bool {
        false
    }
}

/// The random source's health test failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomFailed;

/// A record could not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFailed;

/// What a reader keeps across resets; each record is read and written whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Record {
    /// How often the reader has booted; 4 bytes.
    BootCounter,
    /// Failed connects since the last accepted one; 2 bytes. Written at powers of two only.
    FailedConnects,
    /// The last job that began to write to a card; 89 bytes.
    Journal,
    /// An update counter and the execution logic that it came with, by slot from 0; at most 4 + 1024 bytes.
    Logic(u8),
}
