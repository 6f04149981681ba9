//! The first UART, 115200 baud 8N1: the line to the client.
//!
//! It holds one byte in each direction. Received bytes go through an interrupt into a ring. When the ring is full the interrupt
//! is masked and the byte stays, which holds up QEMU's socket and, on a line with flow control, the sender.

use super::TICKS_PER_MS;
use crate::board::mmio::Register;
use crate::ring::Ring;

const DATA: Register = Register::at(0x4000_4000);
const STATE: Register = Register::at(0x4000_4004);
const CONTROL: Register = Register::at(0x4000_4008);
const INTERRUPT_CLEAR: Register = Register::at(0x4000_400c);
const BAUD_DIVISOR: Register = Register::at(0x4000_4010);

const TRANSMIT_FULL: u32 = 1 << 0;
const RECEIVE_FULL: u32 = 1 << 1;
const TRANSMIT_AND_RECEIVE: u32 = 1 << 0 | 1 << 1;
const RECEIVE_INTERRUPT: u32 = 1 << 3;
const RECEIVED: u32 = 1 << 1;

const BAUD: u32 = 115_200;

/// Holds two frames of the smallest size that every reader takes.
static INPUT: Ring<1024> = Ring::new();

/// The line.
#[derive(Debug)]
pub(super) struct Uart(());

impl Uart {
    pub(super) fn start() -> Self {
        BAUD_DIVISOR.write(TICKS_PER_MS * 1_000 / BAUD);
        CONTROL.write(TRANSMIT_AND_RECEIVE | RECEIVE_INTERRUPT);
        Self(())
    }

    pub(super) fn has_input(&self) -> bool {
        !INPUT.is_empty()
    }

    /// Whether the last byte has left the register. Its last bits may be on the line; the first stage takes longer than they.
    pub(super) fn has_sent(&self) -> bool {
        STATE.read() & TRANSMIT_FULL == 0
    }

    pub(super) fn read(&mut self, into: &mut [u8]) -> usize {
        let mut len = 0;
        for (to, byte) in into.iter_mut().zip(core::iter::from_fn(|| INPUT.pop())) {
            *to = byte;
            len += 1;
        }
        // There is room now, if the interrupt had masked itself for the want of it. The byte that lay there then has raised
        // none, and raises none now.
        cortex_m::interrupt::free(|_| {
            CONTROL.write(TRANSMIT_AND_RECEIVE | RECEIVE_INTERRUPT);
            take();
        });
        len
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        let mut len = 0;
        for byte in bytes {
            if STATE.read() & TRANSMIT_FULL != 0 {
                break;
            }
            DATA.write(u32::from(*byte));
            len += 1;
        }
        len
    }
}

/// Moves the received byte into the ring.
pub(super) extern "C" fn on_interrupt() {
    // Cleared first: a byte that comes after the look raises it again.
    INTERRUPT_CLEAR.write(RECEIVED);
    take();
}

fn take() {
    while STATE.read() & RECEIVE_FULL != 0 {
        if INPUT.is_full() {
            CONTROL.write(TRANSMIT_AND_RECEIVE);
            return;
        }
        let byte = (DATA.read() & 0xff) as u8;
        let taken = INPUT.push(byte);
        debug_assert!(
            taken,
            "only the interrupt writes into the ring, or what holds it back, and it has seen room"
        );
    }
}
