//! Which interrupt is served by what, and what a fault does.

use super::{alarm, uart};
use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::{NVIC, SCB};
use cortex_m_rt::{ExceptionFrame, exception};

/// The interrupts in use, with their numbers in the chip's table.
#[derive(Debug, Clone, Copy)]
#[repr(u16)]
enum Interrupt {
    Uart0 = 5,
    Timer0A = 19,
}

type Handler = extern "C" fn();

/// One entry for each interrupt up to the last one in use. An interrupt that nobody let in can't come; if it does,
/// the chip is not what it should be.
#[allow(
    unsafe_code,
    reason = "the hardware reads the table at this place; the linker script expects this name"
)]
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [Handler; Interrupt::Timer0A as usize + 1] = {
    let mut table: [Handler; Interrupt::Timer0A as usize + 1] = [unexpected; Interrupt::Timer0A as usize + 1];
    table[Interrupt::Uart0 as usize] = uart::on_interrupt;
    table[Interrupt::Timer0A as usize] = alarm::on_interrupt;
    table
};

/// Lets the interrupts in.
pub(super) fn enable() {
    for interrupt in [Interrupt::Uart0, Interrupt::Timer0A] {
        #[allow(unsafe_code)]
        // SAFETY: no critical section is built on these interrupts being masked; what they share with the main
        // loop is atomic.
        unsafe {
            NVIC::unmask(interrupt);
        }
    }
}

#[allow(unsafe_code)]
// SAFETY: every number is that of an entry of `__INTERRUPTS`.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        self as u16
    }
}

extern "C" fn unexpected() {
    SCB::sys_reset()
}

/// A fault: an access beyond the stack, or to where nothing is. The state can't be trusted any more.
#[allow(
    unsafe_code,
    reason = "the runtime wants the handler of this fault marked so; it touches nothing"
)]
#[exception]
unsafe fn HardFault(_frame: &ExceptionFrame) -> ! {
    SCB::sys_reset()
}
