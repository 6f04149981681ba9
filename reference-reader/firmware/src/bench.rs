//! A board without hardware, for tests.

use crate::board::{Board, EntropyFailed};
use cardwire_first_stage::STORAGE;
use cardwire_store::Sizes;
use cardwire_store::mock::MockFlash;
use embedded_storage::nor_flash::NorFlash;

/// A board whose line takes and gives three bytes at a time, so that everything goes over it in pieces.
pub(crate) struct Bench {
    pub(crate) from_client: Vec<u8>,
    pub(crate) to_client: Vec<u8>,
    pub(crate) from_bench: Vec<u8>,
    pub(crate) to_bench: Vec<u8>,
    /// The line takes nothing.
    pub(crate) blocked: bool,
    /// The line was reset, and nobody has asked yet.
    pub(crate) link_was_reset: bool,
    /// Calls of `feed_watchdog`.
    pub(crate) fed: usize,
    /// Calls of `idle`.
    pub(crate) slept: usize,
    /// What the last of them was told.
    pub(crate) until_ms: Option<u64>,
    pub(crate) flash: MockFlash<4, 4096>,
    drawn: u8,
}

const PIECE: usize = 3;

impl Default for Bench {
    fn default() -> Self {
        Self {
            from_client: Vec::new(),
            to_client: Vec::new(),
            from_bench: Vec::new(),
            to_bench: Vec::new(),
            blocked: false,
            link_was_reset: false,
            fed: 0,
            slept: 0,
            until_ms: Some(0),
            flash: MockFlash::new(128),
            drawn: 0,
        }
    }
}

impl Board for Bench {
    const STORAGE: Sizes = STORAGE;

    fn now_ms(&mut self) -> u64 {
        0
    }

    fn uart_read(&mut self, into: &mut [u8]) -> usize {
        let len = into.len().min(self.from_client.len()).min(PIECE);
        into[..len].copy_from_slice(&self.from_client[..len]);
        self.from_client.drain(..len);
        len
    }

    fn uart_write(&mut self, bytes: &[u8]) -> usize {
        if self.blocked {
            return 0;
        }
        let len = bytes.len().min(PIECE);
        self.to_client.extend_from_slice(&bytes[..len]);
        len
    }

    fn uart_has_sent(&mut self) -> bool {
        true
    }

    fn bench_read(&mut self, into: &mut [u8]) -> usize {
        let len = into.len().min(self.from_bench.len());
        into[..len].copy_from_slice(&self.from_bench[..len]);
        self.from_bench.drain(..len);
        len
    }

    fn bench_write(&mut self, bytes: &[u8]) -> usize {
        let len = bytes.len().min(PIECE);
        self.to_bench.extend_from_slice(&bytes[..len]);
        len
    }

    fn link_was_reset(&mut self) -> bool {
        core::mem::take(&mut self.link_was_reset)
    }

    fn fill_random(&mut self, into: &mut [u8]) -> Result<(), EntropyFailed> {
        self.drawn += 1;
        into.fill(self.drawn);
        Ok(())
    }

    fn flash(&mut self) -> &mut impl NorFlash {
        &mut self.flash
    }

    fn feed_watchdog(&mut self) {
        self.fed += 1;
    }

    fn idle(&mut self, until_ms: Option<u64>) {
        self.slept += 1;
        self.until_ms = until_ms;
    }

    fn reset(&mut self) -> ! {
        panic!("nothing here resets")
    }
}

/// The same with a first stage, which starts software from its slots.
#[derive(Default)]
pub(crate) struct BenchWithSlots(pub(crate) Bench);

impl Board for BenchWithSlots {
    const STORAGE: Sizes = STORAGE;

    const STARTS_FROM_SLOTS: bool = true;

    fn now_ms(&mut self) -> u64 {
        self.0.now_ms()
    }

    fn uart_read(&mut self, into: &mut [u8]) -> usize {
        self.0.uart_read(into)
    }

    fn uart_write(&mut self, bytes: &[u8]) -> usize {
        self.0.uart_write(bytes)
    }

    fn uart_has_sent(&mut self) -> bool {
        self.0.uart_has_sent()
    }

    fn fill_random(&mut self, into: &mut [u8]) -> Result<(), EntropyFailed> {
        self.0.fill_random(into)
    }

    fn flash(&mut self) -> &mut impl NorFlash {
        self.0.flash()
    }

    fn feed_watchdog(&mut self) {
        self.0.feed_watchdog();
    }

    fn idle(&mut self, until_ms: Option<u64>) {
        self.0.idle(until_ms);
    }

    fn reset(&mut self) -> ! {
        self.0.reset()
    }
}
