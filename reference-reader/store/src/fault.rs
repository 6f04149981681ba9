//! Stores with one fault each, for the proof that the sweeps find faults. They exist with the feature `mock` only; without
//! it every question is answered `false` by the compiler.

/// A way in which a store can be wrong.
#[cfg_attr(
    not(feature = "mock"),
    allow(unreachable_pub, reason = "exported with the feature only")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The mark that makes an entry count is written before its data, and believed. (With the checksum it is safe: each
    /// of the two makes up for the other.)
    MarkFirst,
    /// Checksums are not looked at.
    SkipsChecksum,
    /// A block whose first bytes look erased is not erased.
    TrustsErasedLook,
    /// The block with the value in force is erased before the new value is anywhere.
    ErasesCurrent,
    /// What was written is not read back.
    SkipsReadBack,
    /// What a cut has left is written over.
    ReusesTorn,
    /// Each entry has the same sequence number.
    KeepsSequence,
    /// `store_and_erase` leaves the old value where it is.
    KeepsOldValue,
    /// A block of the stage is marked as whole when it is begun.
    MarksBlockEarly,
    /// A block of the stage that a cut left half written is gone on with.
    KeepsHalfBlock,
    /// Staged bytes are those of any update.
    IgnoresDigest,
    /// A new update is begun where the one in force has its marks.
    ErasesMarksInForce,
}

#[cfg(feature = "mock")]
impl Fault {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::MarkFirst,
        Self::SkipsChecksum,
        Self::TrustsErasedLook,
        Self::ErasesCurrent,
        Self::SkipsReadBack,
        Self::ReusesTorn,
        Self::KeepsSequence,
        Self::KeepsOldValue,
        Self::MarksBlockEarly,
        Self::KeepsHalfBlock,
        Self::IgnoresDigest,
        Self::ErasesMarksInForce,
    ];
}

/// The fault of a store, or none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    #[cfg(feature = "mock")]
    fault: Option<Fault>,
}

impl Faults {
    pub(crate) const NONE: Self = Self {
        #[cfg(feature = "mock")]
        fault: None,
    };

    #[cfg(feature = "mock")]
    pub(crate) const fn of(fault: Option<Fault>) -> Self {
        Self { fault }
    }

    #[cfg(feature = "mock")]
    pub(crate) fn has(self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    #[cfg(not(feature = "mock"))]
    pub(crate) const fn has(self, _fault: Fault) -> bool {
        false
    }
}
