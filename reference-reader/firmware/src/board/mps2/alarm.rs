//! Ends a sleep after a time: the first of the chip's simple timers, stopped when it rings.

use super::TICKS_PER_MS;
use crate::board::mmio::Register;

const CONTROL: Register = Register::at(0x4000_0000);
const VALUE: Register = Register::at(0x4000_0004);
const RELOAD: Register = Register::at(0x4000_0008);
const INTERRUPT_CLEAR: Register = Register::at(0x4000_000c);

const ENABLE: u32 = 1 << 0 | 1 << 3;
const TIMEOUT: u32 = 1;

/// The timer.
#[derive(Debug)]
pub(super) struct Alarm(());

impl Alarm {
    pub(super) fn start() -> Self {
        CONTROL.write(0);
        INTERRUPT_CLEAR.write(TIMEOUT);
        Self(())
    }

    /// Rings once, after this time, two minutes at most; an earlier setting is forgotten.
    pub(super) fn set(&mut self, after_ms: u32) {
        let ticks = TICKS_PER_MS.saturating_mul(after_ms);
        CONTROL.write(0);
        INTERRUPT_CLEAR.write(TIMEOUT);
        RELOAD.write(ticks);
        VALUE.write(ticks);
        CONTROL.write(ENABLE);
    }
}

/// The interrupt has done its work by waking the core.
pub(super) extern "C" fn on_interrupt() {
    CONTROL.write(0);
    INTERRUPT_CLEAR.write(TIMEOUT);
}
