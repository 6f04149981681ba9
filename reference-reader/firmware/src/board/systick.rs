//! Milliseconds since reset, from SysTick, which every Cortex-M has. The board has its exception call [`on_round`].
//!
//! SysTick counts the system clock down through as many whole milliseconds as its 24 bits hold and interrupts once per
//! round, every 1.34 s at 12.5 MHz. A tick per millisecond would be simpler and worse: an emulator that gets no processor
//! for a while loses the ticks in between, and the protocol's timers with them. A counter that is read loses nothing.

use core::sync::atomic::{AtomicU32, Ordering};
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{SCB, SYST};

/// Rounds that are complete; lasts for 90 years and more.
static ROUNDS: AtomicU32 = AtomicU32::new(0);

/// The running clock; so many ticks of the system clock are a millisecond.
#[derive(Debug)]
pub struct Clock<const TICKS_PER_MS: u32> {
    /// How many milliseconds it shows in one.
    rate: u16,
}

impl<const TICKS_PER_MS: u32> Clock<TICKS_PER_MS> {
    /// Milliseconds of a round.
    // So rounds are counted in milliseconds, and no number of 64 bits is ever divided, for which the core has no
    // instruction.
    const ROUND_MS: u32 = (1 << 24) / TICKS_PER_MS;
    /// The counter's highest value.
    const TOP: u32 = Self::ROUND_MS * TICKS_PER_MS - 1;

    /// Starts it; `rate` is how many milliseconds it shows in one.
    #[must_use]
    pub fn start(mut systick: SYST, rate: u16) -> Self {
        systick.set_clock_source(SystClkSource::Core);
        systick.set_reload(Self::TOP);
        systick.clear_current();
        systick.enable_interrupt();
        systick.enable_counter();
        Self { rate }
    }

    /// Milliseconds since reset. May be called with interrupts held back, for less than half a round.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let (rounds, ticks) = self.read();
        let rate = u32::from(self.rate);
        let whole = rounds * u64::from(Self::ROUND_MS) + u64::from(ticks / TICKS_PER_MS);
        // Of a millisecond on the board, what is shown; a quarter of the ticks will do, and stays within 32 bits.
        let part = (ticks % TICKS_PER_MS / 4) * rate / (TICKS_PER_MS / 4);
        whole * u64::from(rate) + u64::from(part)
    }

    /// Ticks of the system clock since reset, whatever the rate.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        let (rounds, ticks) = self.read();
        rounds * (u64::from(Self::TOP) + 1) + u64::from(ticks)
    }

    /// Whole rounds since reset, and ticks of the one that runs.
    fn read(&self) -> (u64, u32) {
        let (rounds, left) = loop {
            let before = ROUNDS.load(Ordering::Relaxed);
            let left = SYST::get_current();
            let overdue = SCB::is_pendst_pending();
            // At zero the counter stands between two rounds: its interrupt is on its way, or has counted already. On the
            // chip that lasts for a tick, in an emulator that gets no processor for as long as that.
            if left != 0 && ROUNDS.load(Ordering::Relaxed) == before {
                // A round that is complete but not counted yet counts if the counter had begun the next one
                // when it was read: then it stands high.
                let uncounted = u32::from(overdue && left > Self::TOP / 2);
                break (u64::from(before) + u64::from(uncounted), left);
            }
        };
        (rounds, Self::TOP - left)
    }

    /// How many milliseconds it shows in one.
    #[must_use]
    pub fn rate(&self) -> u16 {
        self.rate
    }
}

/// For the exception `SysTick`: a round is complete.
pub fn on_round() {
    // Not `fetch_add`: nobody else writes, and load and store cost less.
    ROUNDS.store(ROUNDS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}
