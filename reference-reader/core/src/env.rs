//! What a reader needs from its board: randomness and storage.

use cardwire_codec::message::ModuleId;

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

    /// The largest software that an update may bring, its header included, in bytes. 0 where the board has one place for
    /// software only: such a reader does not take updates of it. A board with two places calls
    /// [`boot::choose`](crate::boot::choose) at every start.
    fn software_max(&self) -> u32 {
        0
    }

    /// Room for the bytes of an update on their way in, in bytes: of a reader with two slots for software the slot that
    /// does not run when the update begins. What is staged stays readable after a reset into that slot. 0 where the board
    /// has none: such a reader refuses every update for its size.
    fn stage_size(&self) -> u32 {
        0
    }

    /// Begins to stage the update whose manifest has this digest; what was staged before is dropped.
    ///
    /// # Errors
    /// [`StoreFailed`] where the stage can't be written.
    fn stage_begin(&mut self, _digest: &[u8; 32]) -> Result<(), StoreFailed> {
        Err(StoreFailed)
    }

    /// How many bytes of this update are staged: all that were appended, and after a reset at least the whole pages of
    /// them. 0 where another update is staged, or none.
    fn stage_length(&mut self, _digest: &[u8; 32]) -> u32 {
        0
    }

    /// Stages the bytes behind those that are there; secrets among them are sealed (see [`Record::StageKey`]). Those that fill no page yet may wait in volatile memory until a
    /// [`Record::Commit`] or [`Record::Boot`] is stored: before either is, the board makes all staged bytes outlast a
    /// reset, and none can be appended any more.
    ///
    /// # Errors
    /// [`StoreFailed`] where they may not be there, or the stage is full; what is staged is then to be dropped.
    fn stage_append(&mut self, _data: &[u8]) -> Result<(), StoreFailed> {
        Err(StoreFailed)
    }

    /// Reads staged bytes from `offset` on.
    ///
    /// # Errors
    /// [`StoreFailed`] where not all of them are staged, or they can't be read.
    fn stage_read(&mut self, _offset: u32, _out: &mut [u8]) -> Result<(), StoreFailed> {
        Err(StoreFailed)
    }

    /// How many slots for contact cards the board has; up to 4 are used.
    fn slots(&self) -> u8 {
        1
    }

    /// The service modules that the board has, in ascending order.
    fn modules(&self) -> &'static [ModuleId] {
        &[ModuleId::CONTACT_CARD, ModuleId::INDICATOR]
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
    /// The manifest of the update that is staged; at most 512 bytes.
    Manifest,
    /// Which software runs, and which one is on trial; at most 128 bytes.
    Boot,
    /// Keys, clients and counter of the authentication information that is in force; at most 1024 bytes.
    Authentication,
    /// What of a committed update is still to be carried out; at most 128 bytes.
    Commit,
    /// The reader's name, static key, kind and latch; 71 bytes at most.
    Identity,
    /// An update counter and the execution logic that it came with, by slot from 0; at most 4 + 1024 bytes.
    Logic(u8),
    /// Under which key the secrets of the staged update stand in the stage, and of which update; 64 bytes, or none. What it
    /// held before is not to be found on the board any more when another one is stored.
    StageKey,
}

impl Record {
    /// The number under which a board keeps this record. It is never given to another one: new software has to find what
    /// the old one has stored.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::BootCounter => 0,
            Self::FailedConnects => 1,
            Self::Journal => 2,
            Self::Manifest => 3,
            Self::Boot => 4,
            Self::Authentication => 5,
            Self::Commit => 6,
            Self::Identity => 7,
            Self::Logic(slot) => 8 + slot as u16,
            // Behind fifteen slots for logic.
            Self::StageKey => 23,
        }
    }
}
