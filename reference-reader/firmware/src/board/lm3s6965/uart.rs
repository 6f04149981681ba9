//! UART0, a PL011, 115200 baud 8N1: the line to the client.
//!
//! Received bytes go through an interrupt into a ring, so that none is lost while the reader computes. When the
//! ring is full the interrupt is masked and the bytes stay in the FIFO, which holds up QEMU's socket and, on a
//! line with flow control, the sender. Bytes to be sent go straight into the FIFO.

use crate::board::mmio::Register;
use crate::ring::Ring;

const DATA: Register = Register::at(0x4000_c000);
const FLAGS: Register = Register::at(0x4000_c018);
const BAUD_INTEGER: Register = Register::at(0x4000_c024);
const BAUD_FRACTION: Register = Register::at(0x4000_c028);
const LINE_CONTROL: Register = Register::at(0x4000_c02c);
const CONTROL: Register = Register::at(0x4000_c030);
const INTERRUPT_MASK: Register = Register::at(0x4000_c038);

const RECEIVE_EMPTY: u32 = 1 << 4;
const TRANSMIT_FULL: u32 = 1 << 5;
const EIGHT_BITS: u32 = 3 << 5;
const FIFOS: u32 = 1 << 4;
const ENABLE: u32 = 1 << 0 | 1 << 8 | 1 << 9;
/// The FIFO has reached its mark, or has something below the mark and nothing follows.
const RECEIVED: u32 = 1 << 4 | 1 << 6;

/// 12.5 MHz / (16 * 115200) = 6 + 50/64.
const BAUD_DIVISOR: (u32, u32) = (6, 50);

/// Holds two frames of the smallest size that every reader takes.
static INPUT: Ring<1024> = Ring::new();

/// The line.
#[derive(Debug)]
pub(super) struct Uart(());

impl Uart {
    pub(super) fn start() -> Self {
        connect_pins();
        CONTROL.write(0);
        BAUD_INTEGER.write(BAUD_DIVISOR.0);
        BAUD_FRACTION.write(BAUD_DIVISOR.1);
        LINE_CONTROL.write(EIGHT_BITS | FIFOS);
        INTERRUPT_MASK.write(RECEIVED);
        CONTROL.write(ENABLE);
        Self(())
    }

    pub(super) fn has_input(&self) -> bool {
        !INPUT.is_empty()
    }

    pub(super) fn read(&mut self, into: &mut [u8]) -> usize {
        let mut len = 0;
        for (to, byte) in into.iter_mut().zip(core::iter::from_fn(|| INPUT.pop())) {
            *to = byte;
            len += 1;
        }
        // There is room now, if the interrupt had masked itself for the want of it.
        INTERRUPT_MASK.write(RECEIVED);
        len
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        let mut len = 0;
        for byte in bytes {
            if FLAGS.read() & TRANSMIT_FULL != 0 {
                break;
            }
            DATA.write(u32::from(*byte));
            len += 1;
        }
        len
    }
}

/// Empties the FIFO into the ring. The flags of the interrupt clear themselves when the FIFO is empty.
pub(super) extern "C" fn on_interrupt() {
    while FLAGS.read() & RECEIVE_EMPTY == 0 {
        if INPUT.is_full() {
            INTERRUPT_MASK.write(0);
            return;
        }
        // The upper bits tell of parity and framing errors: the frame's checksum finds those too.
        let byte = (DATA.read() & 0xff) as u8;
        let taken = INPUT.push(byte);
        debug_assert!(
            taken,
            "only this function writes into the ring, and it has seen room"
        );
    }
}

/// Gives the pins PA0 and PA1 to the UART.
fn connect_pins() {
    const ALTERNATE_FUNCTION: Register = Register::at(0x4000_4420);
    const DIGITAL: Register = Register::at(0x4000_451c);
    const PA0_PA1: u32 = 0b11;

    ALTERNATE_FUNCTION.set(PA0_PA1);
    DIGITAL.set(PA0_PA1);
}
