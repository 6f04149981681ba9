//! A USB peripheral without a chip, and the host at the other end of its cable.
// Each test uses its own part of it.
#![allow(unreachable_pub, missing_docs)]

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};
use usb_device::{
    Result, UsbDirection, UsbError,
    bus::{PollResult, UsbBus},
    endpoint::{EndpointAddress, EndpointType},
};

/// What peripheral and host share.
#[derive(Default)]
pub struct Wire {
    /// Packets to the device by endpoint; the peripheral has room for one.
    to_device: BTreeMap<usize, VecDeque<Vec<u8>>>,
    /// The packet that the device has written to an endpoint and the host has not fetched yet.
    to_host: BTreeMap<usize, Vec<u8>>,
    is_setup: bool,
    fetched: u16,
    reset: bool,
    suspended: bool,
    resumed: bool,
    stalled: BTreeMap<u8, bool>,
    pub address: u8,
    endpoints: [usize; 2],
}

#[derive(Clone, Default)]
pub struct Bus(Arc<Mutex<Wire>>);

impl Bus {
    pub fn wire(&self) -> std::sync::MutexGuard<'_, Wire> {
        self.0.lock().unwrap()
    }
}

impl UsbBus for Bus {
    fn alloc_ep(
        &mut self,
        direction: UsbDirection,
        address: Option<EndpointAddress>,
        _kind: EndpointType,
        _size: u16,
        _interval: u8,
    ) -> Result<EndpointAddress> {
        let count = &mut self.wire().endpoints[usize::from(direction == UsbDirection::In)];
        let number = address.map_or(*count + 1, |address| address.index());
        if number > 3 {
            return Err(UsbError::EndpointOverflow);
        }
        *count = (*count).max(number);
        Ok(EndpointAddress::from_parts(number, direction))
    }

    fn enable(&mut self) {}

    fn reset(&self) {
        let mut wire = self.wire();
        wire.to_device.clear();
        wire.to_host.clear();
        wire.stalled.clear();
        (wire.is_setup, wire.fetched, wire.address) = (false, 0, 0);
    }

    fn set_device_address(&self, address: u8) {
        self.wire().address = address;
    }

    fn write(&self, endpoint: EndpointAddress, bytes: &[u8]) -> Result<usize> {
        let mut wire = self.wire();
        if wire.to_host.contains_key(&endpoint.index()) {
            return Err(UsbError::WouldBlock);
        }
        wire.to_host.insert(endpoint.index(), bytes.to_vec());
        Ok(bytes.len())
    }

    fn read(&self, endpoint: EndpointAddress, into: &mut [u8]) -> Result<usize> {
        let mut wire = self.wire();
        let packets = wire.to_device.entry(endpoint.index()).or_default();
        let packet = packets.pop_front().ok_or(UsbError::WouldBlock)?;
        if endpoint.index() == 0 {
            wire.is_setup = false;
        }
        let room = into.get_mut(..packet.len()).ok_or(UsbError::BufferOverflow)?;
        room.copy_from_slice(&packet);
        Ok(packet.len())
    }

    fn set_stalled(&self, endpoint: EndpointAddress, stalled: bool) {
        self.wire().stalled.insert(endpoint.into(), stalled);
    }

    fn is_stalled(&self, endpoint: EndpointAddress) -> bool {
        self.wire()
            .stalled
            .get(&endpoint.into())
            .copied()
            .unwrap_or(false)
    }

    fn suspend(&self) {}

    fn resume(&self) {}

    fn poll(&self) -> PollResult {
        let mut wire = self.wire();
        if core::mem::take(&mut wire.reset) {
            return PollResult::Reset;
        }
        if core::mem::take(&mut wire.suspended) {
            return PollResult::Suspend;
        }
        if core::mem::take(&mut wire.resumed) {
            return PollResult::Resume;
        }
        let waiting = wire.to_device.iter().filter(|(_, packets)| !packets.is_empty());
        let out = waiting.fold(0_u16, |mask, (endpoint, _)| mask | 1 << endpoint);
        let setup = u16::from(wire.is_setup);
        let fetched = core::mem::take(&mut wire.fetched);
        if out | fetched == 0 {
            return PollResult::None;
        }
        PollResult::Data {
            ep_out: out & !setup,
            ep_in_complete: fetched,
            ep_setup: setup,
        }
    }
}

/// What the host does; `look` has the device poll its bus.
impl Wire {
    pub fn reset_bus(&mut self) {
        self.reset = true;
    }

    pub fn suspend_bus(&mut self) {
        self.suspended = true;
    }

    pub fn resume_bus(&mut self) {
        self.resumed = true;
    }

    /// Sends a packet; `false` where the peripheral holds one already.
    pub fn send(&mut self, endpoint: usize, packet: &[u8]) -> bool {
        let packets = self.to_device.entry(endpoint).or_default();
        if !packets.is_empty() {
            return false;
        }
        packets.push_back(packet.to_vec());
        true
    }

    pub fn fetch(&mut self, endpoint: usize) -> Option<Vec<u8>> {
        let packet = self.to_host.remove(&endpoint)?;
        self.fetched |= 1 << endpoint;
        Some(packet)
    }

    fn setup(&mut self, request: [u8; 8]) {
        self.to_device.entry(0).or_default().clear();
        self.to_host.remove(&0);
        self.stalled.clear();
        self.send(0, &request);
        self.is_setup = true;
    }

    fn is_refused(&self) -> bool {
        self.stalled.values().any(|stalled| *stalled)
    }
}

/// A control transfer to the host; `None` where the device refuses it.
pub fn ask(bus: &Bus, request: [u8; 8], look: &mut dyn FnMut()) -> Option<Vec<u8>> {
    bus.wire().setup(request);
    look();
    let wanted = usize::from(u16::from_le_bytes([request[6], request[7]]));
    let mut told = Vec::new();
    loop {
        if bus.wire().is_refused() {
            return None;
        }
        let packet = bus.wire().fetch(0)?;
        told.extend_from_slice(&packet);
        look();
        if told.len() >= wanted || packet.len() < 64 {
            break;
        }
    }
    bus.wire().send(0, &[]);
    look();
    Some(told)
}

/// A control transfer to the device; whether it was taken.
pub fn order(bus: &Bus, request: [u8; 8], data: &[u8], look: &mut dyn FnMut()) -> bool {
    bus.wire().setup(request);
    look();
    if !data.is_empty() {
        bus.wire().send(0, data);
        look();
    }
    let taken = bus.wire().fetch(0) == Some(Vec::new()) && !bus.wire().is_refused();
    look();
    taken
}
