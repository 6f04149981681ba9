//! QEMU's machine `mps2-an385`: a Cortex-M3 with 4 MiB of memory for code and 4 MiB for data. It has a first stage and two slots
//! for software; where everything lies stands in [`cardwire_first_stage::map`].
//!
//! **This board exists to be emulated, and is not for production**, for the reasons that [`lm3s6965`](super::lm3s6965) has, and
//! because its code lies in memory that it can write: on a product the first stage is protected against that.

mod alarm;
mod uart;
mod vectors;

pub use super::emulated::{fail, flash::FileFlash};
pub use vectors::INTERRUPTS;

use super::emulated::entropy;
use super::sleep::sleep;
use super::systick::Clock;
use super::watchdog::Watchdog;
use super::{Board, EntropyFailed};
use alarm::Alarm;
use cardwire_core::codec::message::limits::SOFTWARE_HEADER;
use cardwire_first_stage::{STORAGE, map};
use cardwire_store::Sizes;
use cortex_m::Peripherals;
use cortex_m::peripheral::SCB;
use embedded_storage::nor_flash::NorFlash;
use uart::Uart;

/// Ticks of the system clock in a millisecond.
const TICKS_PER_MS: u32 = 25_000;

const WATCHDOG: usize = 0x4000_8000;

/// The board, started.
#[derive(Debug)]
pub struct Mps2 {
    clock: Clock<TICKS_PER_MS>,
    alarm: Alarm,
    uart: Uart,
    watchdog: Watchdog,
    flash: FileFlash,
}

impl Mps2 {
    /// Starts clock, watchdog, line, alarm and flash; to be called once, at boot.
    ///
    /// # Panics
    /// When it is called a second time, or the flash can't be opened, or there is no entropy: a reader without
    /// them must not answer.
    #[must_use]
    pub fn start() -> Self {
        let core = Peripherals::take().expect("the board is started once");
        let watchdog = Watchdog::start(WATCHDOG, TICKS_PER_MS);
        let Ok(flash) = FileFlash::open() else {
            panic!("the file of the flash can't be opened")
        };
        if entropy::self_test().is_err() {
            panic!("the host gives no random bytes");
        }
        let clock = Clock::start(core.SYST, 1);
        let alarm = Alarm::start();
        let uart = Uart::start();
        vectors::enable();
        Self {
            clock,
            alarm,
            uart,
            watchdog,
            flash,
        }
    }
}

/// What the first stage has of the board: its flash, and a watchdog that runs from here on, so that software that hangs is
/// given up.
///
/// # Panics
/// The flash can't be opened.
#[must_use]
pub fn start_first_stage() -> FileFlash {
    Watchdog::start(WATCHDOG, TICKS_PER_MS);
    let Ok(flash) = FileFlash::open() else {
        panic!("the file of the flash can't be opened")
    };
    flash
}

impl Board for Mps2 {
    const STORAGE: Sizes = STORAGE;

    const STARTS_FROM_SLOTS: bool = true;

    const SOFTWARE_MAX: u32 = map::SOFTWARE.size + SOFTWARE_HEADER as u32;

    fn now_ms(&mut self) -> u64 {
        self.clock.now_ms()
    }

    fn uart_read(&mut self, into: &mut [u8]) -> usize {
        self.uart.read(into)
    }

    fn uart_write(&mut self, bytes: &[u8]) -> usize {
        self.uart.write(bytes)
    }

    fn uart_has_sent(&mut self) -> bool {
        self.uart.has_sent()
    }

    fn fill_random(&mut self, into: &mut [u8]) -> Result<(), EntropyFailed> {
        entropy::fill(into)
    }

    fn flash(&mut self) -> &mut impl NorFlash {
        &mut self.flash
    }

    fn feed_watchdog(&mut self) {
        self.watchdog.feed();
    }

    fn idle(&mut self, until_ms: Option<u64>) {
        let (clock, uart, alarm) = (&self.clock, &self.uart, &mut self.alarm);
        sleep(
            || clock.now_ms(),
            until_ms,
            || uart.has_input(),
            |sleep_ms| {
                alarm.set(sleep_ms);
                cortex_m::asm::wfi();
            },
        );
    }

    fn reset(&mut self) -> ! {
        SCB::sys_reset()
    }
}
