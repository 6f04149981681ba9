//! Resets the chip when the main loop has stood still for eight seconds: ARM's watchdog, which both chips have.

use super::mmio::Register;

const LOAD: usize = 0x0000;
const CONTROL: usize = 0x0008;
const INTERRUPT_CLEAR: usize = 0x000c;
const LOCK: usize = 0x0c00;

const INTERRUPT: u32 = 1 << 0;
const RESET: u32 = 1 << 1;
const KEY: u32 = 0x1acc_e551;

/// The first time it runs out it raises an interrupt, which stays masked or comes to nothing, the second time it resets. The
/// time is long because the machine that runs the emulator may be busy.
const STAGE_MS: u32 = 4_000;

/// The watchdog, which nothing but a reset stops.
#[derive(Debug)]
pub(super) struct Watchdog {
    interrupt_clear: Register,
    lock: Register,
}

impl Watchdog {
    /// Starts it, or starts it again where a first stage has started it.
    pub(super) fn start(base: usize, ticks_per_ms: u32) -> Self {
        let lock = Register::at(base + LOCK);
        lock.write(KEY);
        Register::at(base + LOAD).write(STAGE_MS * ticks_per_ms);
        Register::at(base + CONTROL).write(INTERRUPT | RESET);
        // Any value but the key locks the registers that could stop it; feeding stays possible by unlocking.
        lock.write(0);
        Self {
            interrupt_clear: Register::at(base + INTERRUPT_CLEAR),
            lock,
        }
    }

    pub(super) fn feed(&mut self) {
        self.lock.write(KEY);
        // Any value starts both stages again.
        self.interrupt_clear.write(1);
        self.lock.write(0);
    }
}
