//! An STM32F405 as QEMU's machine `netduinoplus2` has it, file by file against the first board: another core, another UART,
//! another timer, another place of the flash.
//!
//! **For the emulator, not for production**: random bytes and flash are the host's ([`emulated`]), and the system clock is
//! taken to run at 168 MHz, which a real chip is told in its clock tree first.

pub(crate) use cardwire_firmware::board::emulated::fail;

use cardwire_firmware::board::emulated::{entropy, flash::FileFlash};
use cardwire_firmware::board::{Board, EntropyFailed, mmio::Register, sleep::sleep, systick, systick::Clock};
use cardwire_firmware::image::Handler;
use cardwire_firmware::ring::Ring;
use cardwire_store::Sizes;
use cortex_m::Peripherals;
use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::{NVIC, SCB};
use cortex_m_rt::{ExceptionFrame, exception};
use embedded_storage::nor_flash::NorFlash;

/// Ticks of the system clock in a millisecond.
const TICKS_PER_MS: u32 = 168_000;

/// USART1, 115200 baud 8N1 at 84 MHz of its bus: the line to the client.
mod usart {
    use super::Register;

    pub(super) const STATUS: Register = Register::at(0x4001_1000);
    pub(super) const DATA: Register = Register::at(0x4001_1004);
    pub(super) const BAUD: Register = Register::at(0x4001_1008);
    pub(super) const CONTROL: Register = Register::at(0x4001_100c);
    pub(super) const RECEIVED: u32 = 1 << 5;
    pub(super) const TRANSMIT_EMPTY: u32 = 1 << 7;
    pub(super) const TRANSMISSION_COMPLETE: u32 = 1 << 6;
    /// The port, its transmitter, its receiver, and its interrupt.
    pub(super) const ENABLE: u32 = 1 << 13 | 1 << 3 | 1 << 2 | 1 << 5;
    pub(super) const DIVISOR: u32 = 84_000_000 / 115_200;
}

/// TIM2, which ends a sleep.
mod alarm {
    use super::Register;

    pub(super) const CONTROL: Register = Register::at(0x4000_0000);
    pub(super) const INTERRUPTS: Register = Register::at(0x4000_000c);
    pub(super) const STATUS: Register = Register::at(0x4000_0010);
    pub(super) const COUNT: Register = Register::at(0x4000_0024);
    pub(super) const PRESCALER: Register = Register::at(0x4000_0028);
    pub(super) const RELOAD: Register = Register::at(0x4000_002c);
    /// 84 MHz of its bus by 84: microseconds. (QEMU counts faster, and wakes the core too early, which may be.)
    pub(super) const MICROSECONDS: u32 = 84 - 1;
    pub(super) const UPDATE: u32 = 1;
    pub(super) const ENABLE: u32 = 1;
}

/// The independent watchdog, which nothing but a reset stops.
mod watchdog {
    use super::Register;

    pub(super) const KEY: Register = Register::at(0x4000_3000);
    pub(super) const PRESCALER: Register = Register::at(0x4000_3004);
    pub(super) const RELOAD: Register = Register::at(0x4000_3008);
    pub(super) const UNLOCK: u32 = 0x5555;
    pub(super) const START: u32 = 0xcccc;
    pub(super) const FEED: u32 = 0xaaaa;
    /// 32 kHz by 64, and 4096 of that: eight seconds.
    pub(super) const BY_64: u32 = 4;
    pub(super) const LONGEST: u32 = 0xfff;
}

static INPUT: Ring<1024> = Ring::new();

/// The board, started.
#[derive(Debug)]
pub(crate) struct Stm32f405 {
    clock: Clock<TICKS_PER_MS>,
    flash: FileFlash,
}

impl Stm32f405 {
    /// Starts everything; to be called once, at boot. Without flash or entropy a reader must not answer: it panics.
    pub(crate) fn start() -> Self {
        let core = Peripherals::take().expect("the board is started once");
        power_peripherals();
        watchdog::KEY.write(watchdog::UNLOCK);
        watchdog::PRESCALER.write(watchdog::BY_64);
        watchdog::RELOAD.write(watchdog::LONGEST);
        watchdog::KEY.write(watchdog::START);
        let Ok(flash) = FileFlash::open() else {
            panic!("the file of the flash can't be opened")
        };
        if entropy::self_test().is_err() {
            panic!("the host gives no random bytes");
        }
        let clock = Clock::start(core.SYST, 1);
        usart::BAUD.write(usart::DIVISOR);
        usart::CONTROL.write(usart::ENABLE);
        alarm::PRESCALER.write(alarm::MICROSECONDS);
        alarm::INTERRUPTS.write(alarm::UPDATE);
        for interrupt in [Interrupt::Tim2, Interrupt::Usart1] {
            unmask(interrupt);
        }
        Self { clock, flash }
    }
}

impl Board for Stm32f405 {
    const STORAGE: Sizes = Sizes {
        block: 4096,
        records: 24,
        slot: 160 * 1024,
    };

    fn now_ms(&mut self) -> u64 {
        self.clock.now_ms()
    }

    fn uart_read(&mut self, into: &mut [u8]) -> usize {
        let mut len = 0;
        for (to, byte) in into.iter_mut().zip(core::iter::from_fn(|| INPUT.pop())) {
            *to = byte;
            len += 1;
        }
        // There is room now, if the interrupt had masked itself for the want of it.
        unmask(Interrupt::Usart1);
        len
    }

    fn uart_write(&mut self, bytes: &[u8]) -> usize {
        let mut len = 0;
        for byte in bytes {
            if usart::STATUS.read() & usart::TRANSMIT_EMPTY == 0 {
                break;
            }
            usart::DATA.write(u32::from(*byte));
            len += 1;
        }
        len
    }

    fn uart_has_sent(&mut self) -> bool {
        usart::STATUS.read() & usart::TRANSMISSION_COMPLETE != 0
    }

    fn fill_random(&mut self, into: &mut [u8]) -> Result<(), EntropyFailed> {
        entropy::fill(into)
    }

    fn flash(&mut self) -> &mut impl NorFlash {
        &mut self.flash
    }

    fn feed_watchdog(&mut self) {
        watchdog::KEY.write(watchdog::FEED);
    }

    fn idle(&mut self, until_ms: Option<u64>) {
        let clock = &self.clock;
        sleep(
            || clock.now_ms(),
            until_ms,
            || !INPUT.is_empty(),
            |sleep_ms| {
                alarm::CONTROL.write(0);
                alarm::COUNT.write(0);
                alarm::RELOAD.write(sleep_ms * 1_000);
                alarm::CONTROL.write(alarm::ENABLE);
                cortex_m::asm::wfi();
            },
        );
    }

    fn reset(&mut self) -> ! {
        SCB::sys_reset()
    }
}

/// The interrupts in use, with their numbers in the chip's table.
#[derive(Debug, Clone, Copy)]
#[repr(u16)]
enum Interrupt {
    Tim2 = 28,
    Usart1 = 37,
}

/// One entry for each interrupt up to the last one in use.
pub(crate) const INTERRUPTS: [Handler; Interrupt::Usart1 as usize + 1] = {
    let mut table: [Handler; Interrupt::Usart1 as usize + 1] = [unexpected; Interrupt::Usart1 as usize + 1];
    table[Interrupt::Tim2 as usize] = on_alarm;
    table[Interrupt::Usart1 as usize] = on_byte;
    table
};

#[allow(unsafe_code)]
// SAFETY: every number is that of an entry of [`INTERRUPTS`].
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        self as u16
    }
}

fn unmask(interrupt: Interrupt) {
    #[allow(unsafe_code)]
    // SAFETY: no critical section is built on these interrupts being masked; what they share with the main loop is
    // atomic.
    unsafe {
        NVIC::unmask(interrupt);
    }
}

/// The port holds one byte. While the ring is full its interrupt stays masked, and the sender is held up.
extern "C" fn on_byte() {
    while usart::STATUS.read() & usart::RECEIVED != 0 {
        if INPUT.is_full() {
            NVIC::mask(Interrupt::Usart1);
            return;
        }
        let byte = (usart::DATA.read() & 0xff) as u8;
        let taken = INPUT.push(byte);
        debug_assert!(
            taken,
            "only this function writes into the ring, and it has seen room"
        );
    }
}

/// The interrupt has done its work by waking the core.
extern "C" fn on_alarm() {
    alarm::CONTROL.write(0);
    alarm::STATUS.write(0);
}

extern "C" fn unexpected() {
    SCB::sys_reset()
}

#[exception]
fn SysTick() {
    systick::on_round();
}

/// A fault: the state can't be trusted any more.
#[allow(
    unsafe_code,
    reason = "the runtime wants the handler of this fault marked so; it touches nothing"
)]
#[exception]
unsafe fn HardFault(_frame: &ExceptionFrame) -> ! {
    SCB::sys_reset()
}

/// Lets the clock into the peripherals that are used, and gives the pins PA9 and PA10 to the port.
fn power_peripherals() {
    const AHB1: Register = Register::at(0x4002_3830);
    const APB1: Register = Register::at(0x4002_3840);
    const APB2: Register = Register::at(0x4002_3844);
    const PORT_A_MODE: Register = Register::at(0x4002_0000);
    const PORT_A_FUNCTION_HIGH: Register = Register::at(0x4002_0024);

    AHB1.set(1 << 0);
    APB1.set(1 << 0);
    APB2.set(1 << 4);
    PORT_A_MODE.set(0b10 << 18 | 0b10 << 20);
    PORT_A_FUNCTION_HIGH.set(7 << 4 | 7 << 8);
}
