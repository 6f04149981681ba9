//! The exceptions of a Cortex-M, the same on the machines that are kept here.

use cortex_m::peripheral::SCB;
use cortex_m_rt::{ExceptionFrame, exception};

#[exception]
fn SysTick() {
    super::systick::on_round();
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
