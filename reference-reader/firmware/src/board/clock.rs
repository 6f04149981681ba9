//! Milliseconds since reset, from SysTick.
//!
//! SysTick counts the system clock down through all its 24 bits and interrupts once per round, every 1.34 s at 12.5 MHz. A
//! tick per millisecond would be simpler and worse: an emulator that gets no processor for a while loses the
//! ticks in between, and the protocol's timers with them. A counter that is read loses nothing.

use core::sync::atomic::{AtomicU32, Ordering};
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{SCB, SYST};
use cortex_m_rt::exception;

/// The counter's highest value.
const TOP: u32 = 0x00ff_ffff;

/// Rounds that are complete; lasts for 90 years and more.
static ROUNDS: AtomicU32 = AtomicU32::new(0);

/// The running clock.
#[derive(Debug)]
pub(super) struct Clock {
    ticks_per_ms: u32,
}

impl Clock {
    pub(super) fn start(mut systick: SYST, ticks_per_ms: u32) -> Self {
        systick.set_clock_source(SystClkSource::Core);
        systick.set_reload(TOP);
        systick.clear_current();
        systick.enable_interrupt();
        systick.enable_counter();
        Self { ticks_per_ms }
    }

    /// May be called with interrupts held back, for less than half a round.
    pub(super) fn now_ms(&self) -> u64 {
        let (rounds, left) = loop {
            let before = ROUNDS.load(Ordering::Relaxed);
            let left = SYST::get_current();
            let overdue = SCB::is_pendst_pending();
            if ROUNDS.load(Ordering::Relaxed) == before {
                // A round that is complete but not counted yet counts if the counter had begun the next one
                // when it was read: then it stands high.
                let uncounted = u32::from(overdue && left > TOP / 2);
                break (u64::from(before) + u64::from(uncounted), left);
            }
        };
        let ticks = rounds * (u64::from(TOP) + 1) + u64::from(TOP - left);
        ticks / u64::from(self.ticks_per_ms)
    }
}

#[exception]
fn SysTick() {
    // Not `fetch_add`: nobody else writes, and load and store cost less.
    ROUNDS.store(ROUNDS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}
