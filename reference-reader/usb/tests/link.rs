//! The link against a host that enumerates, opens, writes, reads, closes, resets and pulls the cable.

mod fake;

use cardwire_core::{
    Instant, Reader,
    codec::{
        Extensions, Frame, List, Message,
        frame::{Deframer, line_size},
        message::{FrameKind, Hello, HelloAnswer, limits::FRAME_MIN},
    },
};
use cardwire_host::{HostEnv, identity};
use cardwire_usb::{Change, Descriptors, UsbLink};
use fake::{Bus, ask, order};
use usb_device::bus::UsbBusAllocator;

const READER: Descriptors<'_> = Descriptors {
    vendor: 0x16C0,
    product: 0x27DD,
    manufacturer: "Cardwire",
    name: "Reference reader",
    serial_number: "READER-1",
};
const DEVICE_DESCRIPTOR: [u8; 8] = [0x80, 6, 0, 1, 0, 0, 18, 0];
const CONFIGURATION_DESCRIPTOR: [u8; 8] = [0x80, 6, 0, 2, 0, 0, 255, 0];
const SERIAL_NUMBER: [u8; 8] = [0x80, 6, 3, 3, 9, 4, 255, 0];
const SET_ADDRESS: [u8; 8] = [0, 5, 9, 0, 0, 0, 0, 0];
const CONFIGURE: [u8; 8] = [0, 9, 1, 0, 0, 0, 0, 0];
const UNCONFIGURE: [u8; 8] = [0, 9, 0, 0, 0, 0, 0, 0];
const RAISE_DTR: [u8; 8] = [0x21, 0x22, 3, 0, 0, 0, 0, 0];
const DROP_DTR: [u8; 8] = [0x21, 0x22, 0, 0, 0, 0, 0, 0];
const SET_LINE_CODING: [u8; 8] = [0x21, 0x20, 0, 0, 0, 0, 7, 0];
/// Numbers of the bulk endpoints.
const TO_DEVICE: usize = 1;
const TO_HOST: usize = 2;

/// Reader, link and host.
struct Bench<'a> {
    bus: Bus,
    link: UsbLink<'a, Bus>,
    /// What the link told, last first.
    changes: Vec<Change>,
}

impl<'a> Bench<'a> {
    fn new(bus: Bus, allocator: &'a UsbBusAllocator<Bus>) -> Self {
        Self {
            bus,
            link: UsbLink::new(allocator, &READER).unwrap(),
            changes: Vec::new(),
        }
    }

    fn look(&mut self) {
        match self.link.poll() {
            Change::None => {}
            change => self.changes.push(change),
        }
    }

    fn ask(&mut self, request: [u8; 8]) -> Option<Vec<u8>> {
        let bus = self.bus.clone();
        ask(&bus, request, &mut || self.look())
    }

    fn order(&mut self, request: [u8; 8], data: &[u8]) -> bool {
        let bus = self.bus.clone();
        order(&bus, request, data, &mut || self.look())
    }

    fn reset(&mut self) {
        self.bus.wire().reset_bus();
        self.look();
    }

    /// As an operating system does it when the cable is put in, up to the open port.
    fn open(&mut self) {
        self.reset();
        assert!(self.ask(DEVICE_DESCRIPTOR).is_some() && self.order(SET_ADDRESS, &[]));
        assert!(self.ask(CONFIGURATION_DESCRIPTOR).is_some() && self.order(CONFIGURE, &[]));
        assert!(self.order(SET_LINE_CODING, &[0, 0xC2, 1, 0, 0, 0, 8]));
        assert!(!self.link.is_open());
        assert!(self.order(RAISE_DTR, &[]));
        assert!(self.link.is_open());
    }

    fn changes(&mut self) -> Vec<Change> {
        core::mem::take(&mut self.changes)
    }

    fn send(&mut self, packet: &[u8]) -> bool {
        self.bus.wire().send(TO_DEVICE, packet)
    }

    fn fetch(&mut self) -> Option<Vec<u8>> {
        let packet = self.bus.wire().fetch(TO_HOST);
        self.look();
        packet
    }

    fn read(&mut self, room: usize) -> Vec<u8> {
        self.look();
        let mut bytes = vec![0; room];
        let length = self.link.read(&mut bytes);
        bytes.truncate(length);
        bytes
    }
}

macro_rules! bench {
    ($name:ident) => {
        let bus = Bus::default();
        let allocator = UsbBusAllocator::new(bus.clone());
        let mut $name = Bench::new(bus, &allocator);
    };
}

#[test]
fn a_host_finds_a_serial_port() {
    bench!(bench);
    bench.reset();
    let device = bench.ask(DEVICE_DESCRIPTOR).unwrap();
    assert_eq!((device.len(), &device[..2]), (18, &[18, 1][..]));
    // Class, and vendor and product the low byte first.
    assert_eq!((device[4], &device[8..12]), (2, &[0xC0, 0x16, 0xDD, 0x27][..]));
    assert!(bench.order(SET_ADDRESS, &[]));
    assert_eq!(bench.bus.wire().address, 9);
    let configuration = bench.ask(CONFIGURATION_DESCRIPTOR).unwrap();
    assert_eq!(
        usize::from(u16::from_le_bytes([configuration[2], configuration[3]])),
        configuration.len()
    );
    // Descriptors in it by their lengths: interfaces of the classes CDC and data, and three endpoints.
    let (mut rest, mut interfaces, mut endpoints) = (&configuration[..], Vec::new(), Vec::new());
    while let [length, kind, ..] = rest {
        match kind {
            4 => interfaces.push(rest[5]),
            5 => endpoints.push((rest[2], rest[3] & 3)),
            _ => {}
        }
        rest = &rest[usize::from(*length)..];
    }
    assert_eq!(interfaces, [0x02, 0x0A]);
    assert_eq!(
        endpoints,
        [(0x81, 3), (0x80 | TO_HOST as u8, 2), (TO_DEVICE as u8, 2)]
    );
    let serial_number = bench.ask(SERIAL_NUMBER).unwrap();
    let letters: Vec<u8> = serial_number[2..].iter().step_by(2).copied().collect();
    assert_eq!(letters, READER.serial_number.as_bytes());
    // Not asked for by anybody, and refused: a descriptor of no kind.
    assert_eq!(bench.ask([0x80, 6, 0, 99, 0, 0, 18, 0]), None);
    assert!(!bench.order([0x21, 0x77, 0, 0, 0, 0, 0, 0], &[]));
    assert_eq!(bench.changes(), []);
}

//= spec/book/src/link.md#cw-link-009
//= type=test
//# A reader MUST drop, when its link is reset, the frame that has begun to arrive and every frame that it has not sent yet.
#[test]
fn every_way_to_end_a_link_is_told_once() {
    bench!(bench);
    type End = fn(&mut Bench<'_>);
    let ends: [(&str, End); 4] = [
        ("DTR", |bench| assert!(bench.order(DROP_DTR, &[]))),
        ("bus reset", |bench| bench.reset()),
        ("configuration", |bench| assert!(bench.order(UNCONFIGURE, &[]))),
        ("cable", |bench| {
            bench.bus.wire().suspend_bus();
            bench.look();
        }),
    ];
    for (name, end) in ends {
        bench.open();
        assert_eq!(bench.changes(), [Change::Opened], "{name}");
        // A packet half read, another one on the bus, and one on its way out.
        assert!(bench.send(b"abcdef"));
        assert_eq!(bench.read(2), b"ab");
        assert!(bench.send(b"ghi"));
        assert_eq!(bench.fetch().unwrap(), [0]);
        assert_eq!(bench.link.write(b"half a frame"), 12);
        end(&mut bench);
        bench.look();
        assert_eq!(bench.changes(), [Change::Closed], "{name}");
        assert_eq!(
            (bench.read(64), bench.link.write(b"late")),
            (Vec::new(), 0),
            "{name}"
        );
        bench.bus.wire().resume_bus();
        bench.look();
        bench.changes();
        bench.reset();
        bench.look();
        bench.changes();
        bench.open();
        assert_eq!(bench.changes(), [Change::Opened], "{name}");
        assert_eq!(bench.read(64), b"", "{name}");
        bench.reset();
        bench.changes();
    }
}

#[test]
fn a_port_that_is_opened_again_begins_with_a_delimiter() {
    bench!(bench);
    bench.open();
    assert_eq!(bench.fetch(), Some(vec![0]));
    assert_eq!(
        bench.link.write(&[7; 100]),
        63,
        "a packet that is not full, so that none has to follow"
    );
    assert_eq!(bench.link.write(&[7; 37]), 0, "one at a time");
    assert!(bench.order(DROP_DTR, &[]));
    assert_eq!(bench.fetch().unwrap().len(), 63);
    // What the host sends before it raises DTR is nobody's; what comes with DTR is the new client's.
    assert!(bench.send(b"lost"));
    bench.look();
    assert!(bench.order(RAISE_DTR, &[]));
    assert!(bench.send(b"first"));
    assert_eq!(bench.read(64), b"first");
    assert_eq!(bench.fetch(), Some(vec![0]));
    assert_eq!(bench.changes(), [Change::Opened, Change::Closed, Change::Opened]);
}

/// The whole way: a hello in packets, and the reader's answer.
#[test]
fn a_reader_is_reached_over_the_bus() {
    bench!(bench);
    bench.open();
    let now = Instant::from_millis(0);
    let mut reader = Reader::new(identity::certification(), HostEnv::in_memory(), now);
    let mut message = [0; 16];
    let hello = Hello {
        versions: List::from_items(&[1]),
        max_frame: 512,
        extensions: Extensions::NONE,
    };
    let length = hello.encode(&mut message).unwrap();
    let mut line = [0; line_size(FRAME_MIN)];
    let mut sent = Vec::new();
    for number in 0..20 {
        let frame = Frame {
            kind: FrameKind::Clear,
            number,
            payload: &message[..length],
        };
        let length = frame.encode(&mut line).unwrap();
        sent.extend_from_slice(&line[..length]);
    }
    let mut packets = sent.chunks(64).peekable();
    let (mut output, mut heard): (Vec<u8>, Vec<u8>) = Default::default();
    let mut held_up = 0;
    for _ in 0..2000 {
        if let Some(packet) = packets.peek() {
            match bench.send(packet) {
                true => drop(packets.next()),
                false => held_up += 1,
            }
        }
        // The board's loop: no byte is taken while an answer waits.
        if output.is_empty() {
            let bytes = bench.read(16);
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                reader.handle_bytes(now, &mut rest);
                while let Some(frame) = reader.poll_output() {
                    output.extend_from_slice(frame);
                }
            }
        }
        let taken = bench.link.write(&output);
        output.drain(..taken);
        heard.extend(bench.fetch().unwrap_or_default());
    }
    let mut deframer = Deframer::<{ line_size(FRAME_MIN) }>::new();
    let mut rest = &heard[..];
    let mut numbers = Vec::new();
    while let Some(frame) = deframer.feed(&mut rest) {
        let frame = frame.unwrap();
        let answer = HelloAnswer::decode(frame.payload).unwrap();
        assert_eq!(answer.reader_id.as_str(), "CERT-READER-1");
        numbers.push(frame.number);
    }
    assert_eq!(numbers, (0..20).collect::<Vec<_>>());
    assert!(
        held_up > 0,
        "whoever sends faster than the reader reads is held up"
    );
}
