//! The hardware contract: everything that the reader's firmware asks of a circuit board.
//!
//! A port to other hardware is one implementation of [`Board`] and a `main` that hands it to
//! [`Firmware`](crate::Firmware). `lm3s6965` and `mps2` are kept here and run in QEMU; the second has two slots for software.
//! `reference-reader/firmware-stm32f405` is a port to another chip.

// What boards share, whatever their chip, and what every one in an emulator has.
#[cfg(all(target_arch = "arm", target_os = "none"))]
pub mod emulated;
#[cfg(all(target_arch = "arm", target_os = "none"))]
pub mod mmio;
#[cfg(all(target_arch = "arm", target_os = "none"))]
pub mod sleep;
#[cfg(all(target_arch = "arm", target_os = "none"))]
pub mod systick;

// The machines that are kept here, and what they share.
#[cfg(all(target_arch = "arm", target_os = "none", feature = "machines"))]
mod exceptions;
#[cfg(all(target_arch = "arm", target_os = "none", feature = "machines"))]
pub mod lm3s6965;
#[cfg(all(target_arch = "arm", target_os = "none", feature = "machines"))]
pub mod mps2;
#[cfg(all(target_arch = "arm", target_os = "none", feature = "machines"))]
mod watchdog;

use cardwire_store::Sizes;
use core::fmt;
use embedded_storage::nor_flash::{NorFlash, NorFlashError, NorFlashErrorKind};

/// What a board gives to the firmware that runs on it.
///
/// Nothing here blocks but [`idle`](Board::idle): the firmware has one thread, and the protocol's answer time
/// runs while a call does.
pub trait Board {
    /// How the flash is divided: its block, as many records as the core has numbers for, and the slots for software where there are any.
    const STORAGE: Sizes;

    /// Whether a first stage starts software from the slots, so that software can be updated.
    const STARTS_FROM_SLOTS: bool = false;

    /// The largest software that has room where it runs, its header included.
    const SOFTWARE_MAX: u32 = u32::MAX;

    /// Milliseconds since the last reset. Never goes back and never wraps.
    fn now_ms(&mut self) -> u64;

    /// Moves bytes that came in from the client into `into`; returns how many. Zero means: none are there.
    fn uart_read(&mut self, into: &mut [u8]) -> usize;

    /// Takes as many of `bytes` as the line can hold now; returns how many.
    fn uart_write(&mut self, bytes: &[u8]) -> usize;

    /// Whether all that the line took has been sent, to its last bit.
    fn uart_has_sent(&mut self) -> bool;

    /// Whether the line was reset since this was last asked: DTR dropped, the bus was reset, the cable was pulled. A
    /// UART without such a line has nothing to tell.
    fn link_was_reset(&mut self) -> bool {
        false
    }

    /// How many times as fast as others this board's clock runs: 1, but in a laboratory that does not wait for silence.
    fn clock_rate(&self) -> u16 {
        1
    }

    /// Moves bytes that came in from the laboratory, which moves the simulated card, into `into`; returns how many.
    #[cfg(any(test, feature = "bench"))]
    fn bench_read(&mut self, _into: &mut [u8]) -> usize {
        0
    }

    /// Takes as many of `bytes` as the laboratory's line can hold now; returns how many.
    #[cfg(any(test, feature = "bench"))]
    fn bench_write(&mut self, bytes: &[u8]) -> usize {
        bytes.len()
    }

    /// How many ticks of its clock the board has not slept since its boot: what work takes, where a laboratory asks.
    #[cfg(any(test, feature = "bench"))]
    fn worked(&mut self) -> u64 {
        0
    }

    /// Fills all of `into` with random bytes that nobody can predict or repeat.
    ///
    /// # Errors
    /// The source is missing or failed its health test. A reader that sees this must not open a channel: two
    /// sessions with one ephemeral key are worse than none.
    fn fill_random(&mut self, into: &mut [u8]) -> Result<(), EntropyFailed>;

    /// The memory that keeps keys, counters, journals and staged updates while the power is off: NOR flash, of which
    /// erased bytes are `0xff`, whose words are written once and whose pages are erased as a whole.
    ///
    /// It promises nothing about a power cut. One may hit before, after or inside any operation and leave any part of
    /// it done; [`cardwire_store`] lives with that.
    fn flash(&mut self) -> &mut impl NorFlash;

    /// Shows the watchdog that the main loop is alive. It resets the reader when this stops coming, and a reset
    /// disables every module: no fault of the firmware leaves one powered.
    fn feed_watchdog(&mut self);

    /// Sleeps until a byte comes in or `until_ms` is reached, and not so long that the watchdog bites. It may
    /// wake earlier for no reason.
    fn idle(&mut self, until_ms: Option<u64>);

    /// Starts again from the beginning. Nothing that is in RAM may be relied on afterwards.
    fn reset(&mut self) -> !;
}

/// No random bytes are to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntropyFailed;

/// A flash operation was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlashFailed {
    /// The range is not on words or pages, or not in the flash.
    Range(NorFlashErrorKind),
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
            Self::Range(_) => "the range is not on words or pages of the flash, or not in it",
            Self::Device => "the flash refused or didn't answer",
        })
    }
}

impl NorFlashError for FlashFailed {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Range(kind) => *kind,
            Self::Device => NorFlashErrorKind::Other,
        }
    }
}

impl core::error::Error for EntropyFailed {}
impl core::error::Error for FlashFailed {}
