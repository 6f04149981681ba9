//! QEMU's machine `lm3s6965evb`: a Cortex-M3 with 256 KiB of flash and 64 KiB of RAM.
//!
//! **This board exists to be emulated, and is not for production.** Three things make it so: its random bytes
//! come from the machine that runs QEMU ([`entropy`]), its flash is a file of that machine ([`FileFlash`]), and its
//! core multiplies in a time that depends on the operands, which leaks keys on real silicon.
//!
//! The system clock stays at its setting after reset, which QEMU models as 12.5 MHz.

mod alarm;
#[cfg(feature = "bench")]
mod bench;
mod uart;
mod vectors;

pub use super::emulated::fail;
pub use vectors::INTERRUPTS;

use super::emulated::{entropy, flash::FileFlash};
use super::mmio::Register;
use super::sleep::sleep;
use super::systick::Clock;
use super::watchdog::Watchdog;
use super::{Board, EntropyFailed};
use alarm::Alarm;
use cardwire_first_stage::STORAGE;
use cardwire_store::Sizes;
use cortex_m::Peripherals;
use cortex_m::peripheral::SCB;
use embedded_storage::nor_flash::NorFlash;
use uart::Uart;

/// Ticks of the system clock in a millisecond.
const TICKS_PER_MS: u32 = 12_500;

const WATCHDOG: usize = 0x4000_0000;

/// The board, started.
#[derive(Debug)]
pub struct Lm3s6965 {
    clock: Clock<TICKS_PER_MS>,
    alarm: Alarm,
    uart: Uart<1024>,
    #[cfg(feature = "bench")]
    bench: Uart<64>,
    /// Ticks in which the core slept.
    #[cfg(feature = "bench")]
    slept: u64,
    watchdog: Watchdog,
    flash: FileFlash,
}

impl Lm3s6965 {
    /// Starts clock, watchdog, line, alarm and flash; to be called once, at boot.
    ///
    /// # Panics
    /// When it is called a second time, or the flash can't be opened, or there is no entropy: a reader without
    /// them must not answer.
    #[must_use]
    pub fn start() -> Self {
        let core = Peripherals::take().expect("the board is started once");
        power_peripherals();
        let watchdog = Watchdog::start(WATCHDOG, TICKS_PER_MS);
        let Ok(flash) = FileFlash::open() else {
            panic!("the file of the flash can't be opened")
        };
        if entropy::self_test().is_err() {
            panic!("the host gives no random bytes");
        }
        #[cfg(feature = "bench")]
        let rate = bench::clock_rate();
        #[cfg(not(feature = "bench"))]
        let rate = 1;
        let clock = Clock::start(core.SYST, rate);
        let alarm = Alarm::start();
        let uart = uart::client();
        #[cfg(feature = "bench")]
        let bench = uart::bench();
        vectors::enable();
        Self {
            clock,
            alarm,
            uart,
            #[cfg(feature = "bench")]
            bench,
            #[cfg(feature = "bench")]
            slept: 0,
            watchdog,
            flash,
        }
    }
}

impl Board for Lm3s6965 {
    const STORAGE: Sizes = STORAGE;

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
        // It has one place for software, and starts anew without being asked only where something is wrong.
        true
    }

    #[cfg(feature = "bench")]
    fn worked(&mut self) -> u64 {
        self.clock.ticks().saturating_sub(self.slept)
    }

    fn clock_rate(&self) -> u16 {
        self.clock.rate()
    }

    #[cfg(feature = "bench")]
    fn bench_read(&mut self, into: &mut [u8]) -> usize {
        self.bench.read(into)
    }

    #[cfg(feature = "bench")]
    fn bench_write(&mut self, bytes: &[u8]) -> usize {
        self.bench.write(bytes)
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
        #[cfg(feature = "bench")]
        let (bench, slept) = (&self.bench, &mut self.slept);
        let has_input = || {
            #[cfg(feature = "bench")]
            if bench.has_input() {
                return true;
            }
            uart.has_input()
        };
        sleep(
            || clock.now_ms(),
            until_ms,
            has_input,
            |sleep_ms| {
                alarm.set(sleep_ms, clock.rate());
                #[cfg(feature = "bench")]
                let before = clock.ticks();
                cortex_m::asm::wfi();
                #[cfg(feature = "bench")]
                {
                    *slept += clock.ticks().saturating_sub(before);
                }
            },
        );
    }

    fn reset(&mut self) -> ! {
        SCB::sys_reset()
    }
}

/// Lets the clock into the peripherals that are used. QEMU doesn't ask for it, the chip does.
fn power_peripherals() {
    const RCGC0: Register = Register::at(0x400f_e100);
    const RCGC1: Register = Register::at(0x400f_e104);
    const RCGC2: Register = Register::at(0x400f_e108);
    const WATCHDOG: u32 = 1 << 3;
    const UART0: u32 = 1 << 0;
    const UART1: u32 = 1 << 1;
    const TIMER0: u32 = 1 << 16;
    const PORT_A: u32 = 1 << 0;
    const PORT_D: u32 = 1 << 3;

    RCGC0.set(WATCHDOG);
    RCGC1.set(UART0 | UART1 | TIMER0);
    RCGC2.set(PORT_A | PORT_D);
    // The chip wants a few cycles before the first access; a read of the last register takes them.
    let _ = RCGC2.read();
}
