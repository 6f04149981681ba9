//! The hardware contract: everything that the reader's firmware asks of a circuit board.
//!
//! A port to other hardware is one implementation of [`Board`] and a `main` that hands it to
//! [`Firmware`](crate::Firmware). `lm3s6965` is the one that is kept here and run in QEMU.

#[cfg(all(target_arch = "arm", target_os = "none"))]
pub mod lm3s6965;

use core::fmt;

/// What a board gives to the firmware that runs on it.
///
/// Nothing here blocks but [`idle`](Board::idle): the firmware has one thread, and the protocol's answer time
/// runs while a call does.
pub trait Board {
    /// Milliseconds since the last reset. Never goes back and never wraps.
    fn now_ms(&mut self) -> u64;

    /// Moves bytes that came in from the client into `into`; returns how many. Zero means: none are there.
    fn uart_read(&mut self, into: &mut [u8]) -> usize;

    /// Takes as many of `bytes` as the line can hold now; returns how many.
    fn uart_write(&mut self, bytes: &[u8]) -> usize;

    /// Fills all of `into` with random bytes that nobody can predict or repeat.
    ///
    /// # Errors
    /// The source is missing or failed its health test. A reader that sees this must not open a channel: two
    /// sessions with one ephemeral key are worse than none.
    fn fill_random(&mut self, into: &mut [u8]) -> Result<(), EntropyFailed>;

    /// The memory that keeps keys, counters and journals while the power is off.
    fn flash(&mut self) -> &mut impl Flash;

    /// Shows the watchdog that the main loop is alive. It resets the reader when this stops coming, and a reset
    /// disables every module: no fault of the firmware leaves one powered.
    fn feed_watchdog(&mut self);

    /// Sleeps until a byte comes in or `until_ms` is reached, and not so long that the watchdog bites. It may
    /// wake earlier for no reason.
    fn idle(&mut self, until_ms: Option<u64>);

    /// Starts again from the beginning. Nothing that is in RAM may be relied on afterwards.
    fn reset(&mut self) -> !;
}

/// NOR flash, as chips give it: erased bytes are `0xff`, programming clears bits and never sets one, only
/// erasing a whole page sets them again.
///
/// It promises nothing about a power cut. One may hit before, after or inside any operation and leave any
/// part of it done; what is built on this trait has to live with that.
pub trait Flash {
    /// Bytes that are erased together.
    const PAGE: usize;
    /// Number of pages.
    const PAGES: usize;

    /// Fills `into` with the bytes from `offset` on.
    ///
    /// # Errors
    /// The range is not in the flash, or the flash doesn't answer.
    fn read(&mut self, offset: usize, into: &mut [u8]) -> Result<(), FlashFailed>;

    /// Clears the bits that are zero in `bytes` from `offset` on.
    ///
    /// # Errors
    /// The range is not in the flash, or the flash doesn't answer.
    fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), FlashFailed>;

    /// Sets every byte of a page to `0xff`.
    ///
    /// # Errors
    /// There is no such page, or the flash doesn't answer.
    fn erase(&mut self, page: usize) -> Result<(), FlashFailed>;
}

/// No random bytes are to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntropyFailed;

/// A flash operation was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlashFailed {
    /// The range is not in the flash.
    OutOfRange,
    /// The flash refused or didn't answer.
    Device,
}

impl fmt::Display for EntropyFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no random bytes are to be had")
    }
}

impl fmt::Display for FlashFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfRange => "the range is not in the flash",
            Self::Device => "the flash refused or didn't answer",
        })
    }
}

impl core::error::Error for EntropyFailed {}
impl core::error::Error for FlashFailed {}
