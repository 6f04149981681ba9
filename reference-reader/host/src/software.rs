//! Which software starts: a board's two slots, played on this program's flash.
//!
//! The program is the factory's software and the boot loader in one. An image of an update is kept, checked, tried, confirmed
//! and reverted as on a board; it is not executed: the program goes on under the name that the image's header states.

use crate::flash::HostFlash;
use cardwire_core::{
    Env,
    boot::{Slot, Slots},
    codec::{
        Message,
        message::{Software, limits::SOFTWARE_HEADER},
    },
    env::{Record, StoreFailed},
    identity::Name,
};
use cardwire_store::{Layout, Store};
use embedded_storage::nor_flash::ReadNorFlash as _;

/// An environment that a reader can be started on more than once.
pub trait Boot: Env {
    /// Decides which software starts now, before anything else, and gives the name and version of one that came with an
    /// update; `None` for that of the factory. A board with one place for software has nothing to decide.
    fn boot(&mut self) -> Option<Name> {
        None
    }
}

/// What a boot loader has of the flash.
pub(crate) struct Loader<'f> {
    pub(crate) flash: &'f mut HostFlash,
    pub(crate) layout: &'f Layout,
}

impl Loader<'_> {
    /// Name and version of the software in a slot, where its header says so.
    pub(crate) fn name(&mut self, slot: Slot) -> Option<Name> {
        let mut front = [0; SOFTWARE_HEADER];
        self.read(slot, 0, &mut front).ok()?;
        let (length, rest) = front.split_first_chunk()?;
        let document = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        Name::new(Software::decode(document).ok()?.name.as_str())
    }
}

impl Slots for Loader<'_> {
    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        Store::new(self.flash, self.layout)
            .load(record.number(), out)
            .ok()
            .flatten()
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        Store::new(self.flash, self.layout)
            .store(record.number(), data)
            .map_err(|_| StoreFailed)
    }

    fn read(&mut self, slot: Slot, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        let place = self.layout.slot(place_of(slot));
        let start = place.start.checked_add(offset).ok_or(StoreFailed)?;
        let length = u32::try_from(out.len()).map_err(|_| StoreFailed)?;
        let end = start.checked_add(length).ok_or(StoreFailed)?;
        if end > place.end {
            return Err(StoreFailed);
        }
        self.flash.read(start, out).map_err(|_| StoreFailed)
    }
}

/// The slot as the store names it, which does not know the core.
pub(crate) const fn place_of(slot: Slot) -> cardwire_store::Slot {
    match slot {
        Slot::A => cardwire_store::Slot::A,
        Slot::B => cardwire_store::Slot::B,
    }
}
