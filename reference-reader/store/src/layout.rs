//! Where on the flash what lies.
//!
//! | from 0 on | size |
//! | --- | --- |
//! | record 0, record 1, … | two blocks each |
//! | slot A | a slot's: the software from its first byte on, and in its last blocks the marks of the stage |
//! | slot B | the same |
//!
//! Records stand first, so that new software with larger slots finds what the old one has stored.

use crate::{error::LayoutError, stage::Stage};
use core::ops::Range;
use embedded_storage::nor_flash::NorFlash;

/// How a flash is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// What is erased at once, in bytes: a page of the flash, or several where pages are smaller than the largest record
    /// and its head.
    pub block: u32,
    /// How many records there are.
    pub records: u16,
    /// Size of each of the two slots for software, in bytes; 0 for a reader whose software is not updated.
    pub slot: u32,
}

/// Which slot for software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The first.
    A,
    /// The second.
    B,
}

impl Slot {
    /// The one beside it.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// A division that a flash has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    sizes: Sizes,
}

impl Layout {
    /// Divides a flash.
    ///
    /// # Errors
    /// The flash can't be divided so.
    pub fn new<F: NorFlash>(flash: &F, sizes: Sizes) -> Result<Self, LayoutError> {
        let Sizes { block, records, slot } = sizes;
        let page = F::ERASE_SIZE;
        if block == 0 || !(block as usize).is_multiple_of(page) {
            return Err(LayoutError::Block { block, page });
        }
        if slot != 0 && (!slot.is_multiple_of(block) || Stage::room::<F>(slot, block) == 0) {
            return Err(LayoutError::Slot { slot, block });
        }
        let needed = 2 * (u64::from(records) * u64::from(block) + u64::from(slot));
        let capacity = flash.capacity();
        if needed > capacity as u64 || u32::try_from(needed).is_err() {
            return Err(LayoutError::Capacity { needed, capacity });
        }
        Ok(Self { sizes })
    }

    /// How the flash is divided.
    #[must_use]
    pub const fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// Where a slot lies. Software that runs from it begins at its first byte.
    #[must_use]
    pub const fn slot(&self, slot: Slot) -> Range<u32> {
        let Sizes {
            block,
            records,
            slot: size,
        } = self.sizes;
        let first = 2 * block * records as u32;
        let start = match slot {
            Slot::A => first,
            Slot::B => first + size,
        };
        start..start + size
    }

    /// The stage beside the software in force, which is in slot `in_force`. Software on trial is not in force yet: the
    /// slot that it runs from is the stage that it came by.
    #[must_use]
    pub const fn stage(&self, in_force: Slot) -> Stage {
        Stage::new(self.slot(in_force.other()), self.sizes.block)
    }

    /// The two blocks of a record.
    pub(crate) const fn record(&self, number: u16) -> Option<[u32; 2]> {
        if number >= self.sizes.records {
            return None;
        }
        let first = 2 * self.sizes.block * number as u32;
        Some([first, first + self.sizes.block])
    }
}
