//! The reader's link over USB: a serial port of the class CDC-ACM, on any USB peripheral that `usb-device` knows.
//!
//! A board gives the [`UsbBus`] of its chip, has [`UsbLink::poll`] called in every turn of its loop and whenever the
//! peripheral interrupts, and carries bytes between the link and the reader's core. It holds nothing but one packet: what
//! a client sends without reading is held up by the bus.
//!
//! ```
//! use cardwire_usb::{Change, UsbLink};
//! use usb_device::bus::UsbBus;
//!
//! /// One turn of a board's loop; `input` and `output` are the reader's.
//! fn turn<B: UsbBus>(
//!     link: &mut UsbLink<'_, B>,
//!     mut input: impl FnMut(&[u8]),
//!     mut output: impl FnMut() -> Option<Vec<u8>>,
//!     mut reset: impl FnMut(),
//! ) {
//!     if link.poll() == Change::Closed {
//!         reset(); // Reader::handle_link_reset
//!     }
//!     let mut bytes = [0; 64];
//!     let length = link.read(&mut bytes);
//!     input(&bytes[..length]); // Reader::handle_bytes
//!     if let Some(frame) = output() {
//!         // A board keeps what was not taken, and gives it again in the next turn.
//!         let _taken = link.write(&frame);
//!     }
//! }
//! ```
//!
//! It has been tried against a simulated host only, never on a bus: enumeration, requests of the class, bulk transfers
//! in both directions, and every way in which a link ends.
#![no_std]
#![forbid(unsafe_code)]

use usb_device::{
    bus::{UsbBus, UsbBusAllocator},
    device::{StringDescriptors, UsbDevice, UsbDeviceBuilder, UsbDeviceState, UsbVidPid},
};
use usbd_serial::{CdcAcmClass, USB_CLASS_CDC};

/// Bytes of a bulk packet at full speed.
const PACKET: usize = 64;
/// What is sent at once. A packet that is not full ends its transfer, so that no empty one has to follow it.
const SHORT_PACKET: usize = PACKET - 1;

/// How the reader introduces itself on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptors<'a> {
    /// The vendor's number, which the USB Implementers Forum assigns.
    pub vendor: u16,
    /// The product's number, which the vendor assigns.
    pub product: u16,
    /// Who made it.
    pub manufacturer: &'a str,
    /// What it is.
    pub name: &'a str,
    /// The reader's identity, so that a host finds the same port for it again.
    pub serial_number: &'a str,
}

/// What became of the link since it was looked at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// The host has opened the port: it raised DTR.
    Opened,
    /// The link was reset: the host dropped DTR, reset the bus or chose no configuration, or the bus is suspended, which is
    /// also how a pulled cable looks. The session on it has ended.
    Closed,
}

/// The reader's end of the link.
pub struct UsbLink<'a, B: UsbBus> {
    device: UsbDevice<'a, B>,
    serial: CdcAcmClass<'a, B>,
    /// A packet that has come in, and what of it has been read.
    packet: [u8; PACKET],
    next: usize,
    end: usize,
    is_open: bool,
}

impl<'a, B: UsbBus> UsbLink<'a, B> {
    /// A link that nobody has opened yet. `None` where the peripheral has too few endpoints, or a descriptor is too long.
    pub fn new(bus: &'a UsbBusAllocator<B>, descriptors: &Descriptors<'a>) -> Option<Self> {
        let serial = CdcAcmClass::new(bus, PACKET as u16);
        let strings = StringDescriptors::default()
            .manufacturer(descriptors.manufacturer)
            .product(descriptors.name)
            .serial_number(descriptors.serial_number);
        let device = UsbDeviceBuilder::new(bus, UsbVidPid(descriptors.vendor, descriptors.product))
            .strings(&[strings])
            .ok()?
            .max_packet_size_0(PACKET as u8)
            .ok()?
            .device_class(USB_CLASS_CDC)
            .build();
        Some(Self {
            device,
            serial,
            packet: [0; PACKET],
            next: 0,
            end: 0,
            is_open: false,
        })
    }

    /// Serves the bus, and tells what became of the link. To be called at least every 10 ms, or the host gives up.
    //= spec/book/src/link.md#cw-link-009
    //# A reader MUST drop, when its link is reset, the frame that has begun to arrive and every frame that it has not sent yet.
    pub fn poll(&mut self) -> Change {
        self.device.poll(&mut [&mut self.serial]);
        let is_open = self.device.state() == UsbDeviceState::Configured && self.serial.dtr();
        match (core::mem::replace(&mut self.is_open, is_open), is_open) {
            (false, true) => {
                // A packet that was on its way when the link ended may still go out. A delimiter ends what it began.
                let _ = self.serial.write_packet(&[0]);
                Change::Opened
            }
            (true, false) => {
                self.drop_input();
                Change::Closed
            }
            (false, false) => {
                // Nobody's bytes: those that come with DTR are the first of the new link.
                self.drop_input();
                Change::None
            }
            (true, true) => Change::None,
        }
    }

    /// Whether the host has the port open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Moves bytes that came in into `into`; gives how many. While some are left the host is held up.
    pub fn read(&mut self, into: &mut [u8]) -> usize {
        if !self.is_open {
            return 0;
        }
        if self.next == self.end {
            (self.next, self.end) = (0, self.serial.read_packet(&mut self.packet).unwrap_or(0));
        }
        let length = into.len().min(self.end - self.next);
        let (Some(to), Some(from)) = (
            into.get_mut(..length),
            self.packet.get(self.next..self.next + length),
        ) else {
            return 0;
        };
        to.copy_from_slice(from);
        self.next += length;
        length
    }

    /// Takes as many of `bytes` as the bus can hold now; gives how many. None are taken while nobody has the port open:
    /// what is meant for a link that has ended is nobody else's.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        let bytes = &bytes[..bytes.len().min(SHORT_PACKET)];
        if !self.is_open || bytes.is_empty() {
            return 0;
        }
        self.serial.write_packet(bytes).unwrap_or(0)
    }

    /// Forgets what came in and was not read.
    fn drop_input(&mut self) {
        (self.next, self.end) = (0, 0);
        // The peripheral holds a packet or two.
        for _ in 0..4 {
            if self.serial.read_packet(&mut self.packet).is_err() {
                return;
            }
        }
    }
}
