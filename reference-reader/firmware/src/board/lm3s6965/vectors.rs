//! Which interrupt is served by what.

use super::{alarm, uart};
use crate::image::Handler;
use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::{NVIC, SCB};

/// The interrupts in use, with their numbers in the chip's table.
#[derive(Debug, Clone, Copy)]
#[repr(u16)]
enum Interrupt {
    Uart0 = 5,
    #[cfg(feature = "bench")]
    Uart1 = 6,
    Timer0A = 19,
}

/// One entry for each interrupt up to the last one in use. An interrupt that nobody let in can't come; if it does,
/// the chip is not what it should be.
pub const INTERRUPTS: [Handler; Interrupt::Timer0A as usize + 1] = {
    let mut table: [Handler; Interrupt::Timer0A as usize + 1] = [unexpected; Interrupt::Timer0A as usize + 1];
    table[Interrupt::Uart0 as usize] = uart::on_client_interrupt;
    #[cfg(feature = "bench")]
    {
        table[Interrupt::Uart1 as usize] = uart::on_bench_interrupt;
    }
    table[Interrupt::Timer0A as usize] = alarm::on_interrupt;
    table
};

/// Lets the interrupts in.
pub(super) fn enable() {
    for interrupt in [
        Interrupt::Uart0,
        #[cfg(feature = "bench")]
        Interrupt::Uart1,
        Interrupt::Timer0A,
    ] {
        #[allow(unsafe_code)]
        // SAFETY: no critical section is built on these interrupts being masked; what they share with the main
        // loop is atomic.
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
