//! Which interrupt is served by what.

use super::{alarm, uart};
use crate::image::Handler;
use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::{NVIC, SCB};

/// The interrupts in use, with their numbers in the chip's table.
#[derive(Debug, Clone, Copy)]
#[repr(u16)]
enum Interrupt {
    Uart0Receive = 0,
    Timer0 = 8,
}

/// One entry for each interrupt up to the last one in use. An interrupt that nobody let in can't come; if it does,
/// the chip is not what it should be.
pub const INTERRUPTS: [Handler; Interrupt::Timer0 as usize + 1] = {
    let mut table: [Handler; Interrupt::Timer0 as usize + 1] = [unexpected; Interrupt::Timer0 as usize + 1];
    table[Interrupt::Uart0Receive as usize] = uart::on_interrupt;
    table[Interrupt::Timer0 as usize] = alarm::on_interrupt;
    table
};

/// Lets the interrupts in.
pub(super) fn enable() {
    for interrupt in [Interrupt::Uart0Receive, Interrupt::Timer0] {
        #[allow(unsafe_code)]
        // SAFETY: no critical section is built on these interrupts being masked; what they share with the main
        // loop is atomic, or is done with interrupts held back.
        unsafe {
            NVIC::unmask(interrupt);
        }
    }
}

#[allow(unsafe_code)]
// SAFETY: every number is that of an entry of [`INTERRUPTS`].
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        self as u16
    }
}

extern "C" fn unexpected() {
    SCB::sys_reset()
}
