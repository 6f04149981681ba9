//! Resets the chip when the main loop has stood still for eight seconds.

use super::TICKS_PER_MS;
use super::mmio::Register;

const LOAD: Register = Register::at(0x4000_0000);
const CONTROL: Register = Register::at(0x4000_0008);
const INTERRUPT_CLEAR: Register = Register::at(0x4000_000c);
const LOCK: Register = Register::at(0x4000_0c00);

const INTERRUPT: u32 = 1 << 0;
const RESET: u32 = 1 << 1;

/// The first time it runs out it raises an interrupt, which stays masked, the second time it resets. The time is
/// long because the machine that runs the emulator may be busy.
const STAGE_MS: u32 = 4_000;

/// The watchdog, which nothing but a reset stops.
#[derive(Debug)]
pub(super) struct Watchdog(());

impl Watchdog {
    pub(super) fn start() -> Self {
        LOAD.write(STAGE_MS * TICKS_PER_MS);
        CONTROL.write(INTERRUPT | RESET);
        // Any value but the key locks the registers that could stop it; feeding stays possible by unlocking.
        LOCK.write(0);
        Self(())
    }

    pub(super) fn feed(&mut self) {
        const KEY: u32 = 0x1acc_e551;
        LOCK.write(KEY);
        // Any value starts both stages again.
        INTERRUPT_CLEAR.write(1);
        LOCK.write(0);
    }
}
