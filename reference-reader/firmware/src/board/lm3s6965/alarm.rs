//! Ends a sleep after a time: general-purpose timer 0 as one 32-bit one-shot.

use super::TICKS_PER_MS;
use crate::board::mmio::Register;

const CONFIGURATION: Register = Register::at(0x4003_0000);
const MODE: Register = Register::at(0x4003_0004);
const CONTROL: Register = Register::at(0x4003_000c);
const INTERRUPT_MASK: Register = Register::at(0x4003_0018);
const INTERRUPT_CLEAR: Register = Register::at(0x4003_0024);
const LOAD: Register = Register::at(0x4003_0028);

const WHOLE_32_BITS: u32 = 0;
const ONE_SHOT: u32 = 1;
const ENABLE: u32 = 1;
const TIMEOUT: u32 = 1;

/// The timer.
#[derive(Debug)]
pub(super) struct Alarm(());

impl Alarm {
    pub(super) fn start() -> Self {
        CONTROL.write(0);
        CONFIGURATION.write(WHOLE_32_BITS);
        MODE.write(ONE_SHOT);
        INTERRUPT_MASK.write(TIMEOUT);
        Self(())
    }

    /// Rings once, after this time on a clock of this rate, five minutes at most; an earlier setting is forgotten.
    pub(super) fn set(&mut self, after_ms: u32, rate: u16) {
        let ticks = TICKS_PER_MS.saturating_mul(after_ms) / u32::from(rate);
        CONTROL.write(0);
        LOAD.write(ticks);
        CONTROL.write(ENABLE);
    }
}

/// The interrupt has done its work by waking the core.
pub(super) extern "C" fn on_interrupt() {
    INTERRUPT_CLEAR.write(TIMEOUT);
}
