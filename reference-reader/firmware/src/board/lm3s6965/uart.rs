//! UART0, a PL011, 115200 baud 8N1: the line to the client. With the feature `bench` UART1 is that of the laboratory.
//!
//! Received bytes go through an interrupt into a ring, so that none is lost while the reader computes. When the
//! ring is full the interrupt is masked and the bytes stay in the FIFO, which holds up QEMU's socket and, on a
//! line with flow control, the sender. Bytes to be sent go straight into the FIFO.

use crate::board::mmio::Register;
use crate::ring::Ring;

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
static CLIENT: Ring<1024> = Ring::new();
#[cfg(feature = "bench")]
static BENCH: Ring<64> = Ring::new();

/// The registers of a UART.
#[derive(Debug, Clone, Copy)]
struct Port {
    data: Register,
    flags: Register,
    baud_integer: Register,
    baud_fraction: Register,
    line_control: Register,
    control: Register,
    interrupt_mask: Register,
}

impl Port {
    const fn at(base: usize) -> Self {
        Self {
            data: Register::at(base),
            flags: Register::at(base + 0x18),
            baud_integer: Register::at(base + 0x24),
            baud_fraction: Register::at(base + 0x28),
            line_control: Register::at(base + 0x2c),
            control: Register::at(base + 0x30),
            interrupt_mask: Register::at(base + 0x38),
        }
    }

    fn start(&self) {
        self.control.write(0);
        self.baud_integer.write(BAUD_DIVISOR.0);
        self.baud_fraction.write(BAUD_DIVISOR.1);
        self.line_control.write(EIGHT_BITS | FIFOS);
        self.interrupt_mask.write(RECEIVED);
        self.control.write(ENABLE);
    }

    /// Empties the FIFO into the ring. The flags of the interrupt clear themselves when the FIFO is empty.
    fn receive<const N: usize>(&self, ring: &Ring<N>) {
        while self.flags.read() & RECEIVE_EMPTY == 0 {
            if ring.is_full() {
                self.interrupt_mask.write(0);
                return;
            }
            // The upper bits tell of parity and framing errors: the frame's checksum finds those too.
            let byte = (self.data.read() & 0xff) as u8;
            let taken = ring.push(byte);
            debug_assert!(
                taken,
                "only this function writes into the ring, and it has seen room"
            );
        }
    }
}

const UART0: Port = Port::at(0x4000_c000);
#[cfg(feature = "bench")]
const UART1: Port = Port::at(0x4000_d000);

/// A line.
#[derive(Debug)]
pub(super) struct Uart<const N: usize> {
    port: Port,
    input: &'static Ring<N>,
}

/// The line to the client.
pub(super) fn client() -> Uart<1024> {
    const PORT_A: (Register, Register) = (Register::at(0x4000_4420), Register::at(0x4000_451c));
    connect_pins(PORT_A, 0b11);
    Uart::start(UART0, &CLIENT)
}

/// The line to the laboratory.
#[cfg(feature = "bench")]
pub(super) fn bench() -> Uart<64> {
    const PORT_D: (Register, Register) = (Register::at(0x4000_7420), Register::at(0x4000_751c));
    connect_pins(PORT_D, 0b1100);
    Uart::start(UART1, &BENCH)
}

impl<const N: usize> Uart<N> {
    fn start(port: Port, input: &'static Ring<N>) -> Self {
        port.start();
        Self { port, input }
    }

    pub(super) fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    pub(super) fn read(&mut self, into: &mut [u8]) -> usize {
        let mut len = 0;
        for (to, byte) in into.iter_mut().zip(core::iter::from_fn(|| self.input.pop())) {
            *to = byte;
            len += 1;
        }
        // There is room now, if the interrupt had masked itself for the want of it.
        self.port.interrupt_mask.write(RECEIVED);
        len
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        let mut len = 0;
        for byte in bytes {
            if self.port.flags.read() & TRANSMIT_FULL != 0 {
                break;
            }
            self.port.data.write(u32::from(*byte));
            len += 1;
        }
        len
    }
}

pub(super) extern "C" fn on_client_interrupt() {
    UART0.receive(&CLIENT);
}

#[cfg(feature = "bench")]
pub(super) extern "C" fn on_bench_interrupt() {
    UART1.receive(&BENCH);
}

/// Gives pins to their UART.
fn connect_pins((alternate_function, digital): (Register, Register), pins: u32) {
    alternate_function.set(pins);
    digital.set(pins);
}
