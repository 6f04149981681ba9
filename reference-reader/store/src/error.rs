//! What goes wrong, by who is at fault.

use core::fmt;

/// Something was not stored, or can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError<E> {
    /// The flash refused or did not answer.
    Flash(E),
    /// The flash took it and does not keep it: it is worn.
    Worn,
    /// The layout has no record of this number.
    NoSuchRecord {
        /// The number.
        number: u16,
        /// How many the layout has.
        records: u16,
    },
    /// It does not fit.
    TooLong {
        /// What it takes, in bytes.
        length: usize,
        /// What there is.
        room: usize,
    },
    /// Nothing is staged that this could go on with.
    NothingStaged,
}

impl<E> From<E> for StoreError<E> {
    fn from(error: E) -> Self {
        Self::Flash(error)
    }
}

impl<E: fmt::Debug> fmt::Display for StoreError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flash(error) => write!(f, "the flash refused or did not answer: {error:?}"),
            Self::Worn => f.write_str("the flash does not keep what it is given: it is worn"),
            Self::NoSuchRecord { number, records } => {
                write!(f, "there is no record {number}: the layout has {records}, from 0")
            }
            Self::TooLong { length, room } => write!(f, "{length} bytes do not fit into {room}"),
            Self::NothingStaged => f.write_str("nothing is staged that could be gone on with"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for StoreError<E> {}

/// A flash can't be laid out so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// A block has to be one or several pages of the flash.
    Block {
        /// What was asked for, in bytes.
        block: u32,
        /// The flash's page, in bytes.
        page: usize,
    },
    /// A slot has to be whole blocks, and more than its own marks take.
    Slot {
        /// What was asked for, in bytes.
        slot: u32,
        /// The block, in bytes.
        block: u32,
    },
    /// The flash is too small.
    Capacity {
        /// What the layout takes, in bytes.
        needed: u64,
        /// What the flash has.
        capacity: usize,
    },
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block { block, page } => {
                write!(
                    f,
                    "a block of {block} bytes is not one or several pages of {page}"
                )
            }
            Self::Slot { slot, block } => write!(
                f,
                "a slot of {slot} bytes is not whole blocks of {block}, or has no room for more than its marks"
            ),
            Self::Capacity { needed, capacity } => {
                write!(
                    f,
                    "records and slots take {needed} bytes, and the flash has {capacity}"
                )
            }
        }
    }
}

impl core::error::Error for LayoutError {}
