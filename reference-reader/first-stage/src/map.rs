//! The map of a board with two slots, in one place: the first stage, the software, their linker scripts and the chores of the
//! workspace all take it from here.
//!
//! The board is QEMU's `mps2-an385`: 4 MiB of memory for code from address 0 on, 4 MiB for data. The slots lie on an external
//! NOR flash, which a processor can't execute from. So the first stage copies software to one place, the same for both slots:
//! one image fits either, and the cloud need not know which one a reader has free.

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The first address.
    pub start: u32,
    /// How many bytes.
    pub size: u32,
}

impl Region {
    /// The address behind the last one.
    #[must_use]
    pub const fn end(self) -> u32 {
        self.start + self.size
    }
}

/// Where the first stage lies; nothing but a debugger writes there. One that grows larger is refused by its linker script.
pub const FIRST_STAGE: Region = Region {
    start: 0,
    size: 32 * 1024,
};

/// Where software runs: an image that was copied here, its vectors first.
pub const SOFTWARE: Region = Region {
    start: 0x0001_0000,
    size: 152 * 1024,
};

/// The stack of either, at the bottom of RAM: one that is too deep leaves RAM, and writes over nothing.
pub const STACK: Region = Region {
    start: 0x2000_0000,
    size: 42 * 1024,
};

/// The variables of either. Nothing is handed over in them.
pub const RAM: Region = Region {
    start: STACK.end(),
    size: 22 * 1024,
};

/// Bytes of the flash that are erased together.
pub const PAGE: u32 = 4096;
/// Records of the reader, two pages each, at the front of the flash.
pub const RECORDS: u16 = 24;
/// A slot: header, image, and the marks of the stage.
pub const SLOT: u32 = 160 * 1024;
/// The whole flash: records and two slots.
pub const FLASH: u32 = SLOT_A + 2 * SLOT;
/// Where the first slot begins: behind the records.
pub const SLOT_A: u32 = 2 * RECORDS as u32 * PAGE;
