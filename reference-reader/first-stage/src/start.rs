//! Which software starts, and how it gets to where it runs.

use crate::{map::Region, package::image_size, seal};
use cardwire_core::{
    boot::{self, Slot, Slots},
    codec::message::{HardwareClass, limits::SOFTWARE_HEADER},
    digest::Sha256,
    env::{Record, StoreFailed},
};
use cardwire_store::{Layout, Store};
use core::fmt;
use embedded_storage::nor_flash::NorFlash;

/// Bytes that are read at once.
const PIECE: usize = 256;

/// Whose software a first stage starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    /// Who seals images. It stands in the first stage, and no update changes it.
    pub authority: [u8; 32],
    /// The board's class of hardware.
    pub hardware_class: HardwareClass,
    /// Where images run: one that was made for another place is not started.
    pub runs_at: Region,
}

/// The first stage on a flash.
pub struct FirstStage<'f, F> {
    flash: &'f mut F,
    layout: Layout,
    trust: Trust,
    /// What was found in slot A and in slot B, where they were looked at.
    found: [Option<Option<Checked>>; 2],
}

/// Software in a slot whose seal is right. Only [`FirstStage`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    slot: Slot,
    size: u32,
    digest: [u8; 32],
}

impl Checked {
    /// The slot that it is in.
    #[must_use]
    pub const fn slot(&self) -> Slot {
        self.slot
    }
}

/// Why software did not get to where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// There is no room for it.
    Room,
    /// The flash can't be read.
    Flash,
    /// What was copied is not what was checked.
    Changed,
}

impl<'f, F: NorFlash> FirstStage<'f, F> {
    /// To be made once at each start.
    pub const fn new(flash: &'f mut F, layout: Layout, trust: Trust) -> Self {
        Self {
            flash,
            layout,
            trust,
            found: [None; 2],
        }
    }

    /// The software to start now; `None` where there is none that may run. Notes that a trial has begun, or is over.
    //= spec/book/src/updates.md#cw-upd-010
    //# A reader MUST keep the bytes of an update when client, link or cloud is lost, and after a loss of power at any moment have the old update in force or the new one, whole.
    pub fn choose(&mut self) -> Option<Checked> {
        let slot = boot::choose(self)?;
        // Of the factory's software no digest is known, so that nobody has looked at it yet.
        self.checked(slot)
    }

    /// Copies software to where it runs, and looks at the copy: what is on a flash may be another thing at the second look.
    ///
    /// # Errors
    /// See [`LoadError`]; what stands in `place` is then not to be started.
    pub fn load(&mut self, software: &Checked, place: &mut [u8]) -> Result<(), LoadError> {
        let (place, rest) = place
            .split_at_mut_checked(software.size as usize)
            .ok_or(LoadError::Room)?;
        // Nothing of other software is left behind it.
        rest.fill(0xff);
        let mut digest = Sha256::default();
        let mut offset = SOFTWARE_HEADER as u32;
        for piece in place.chunks_mut(PIECE) {
            self.read_slot(software.slot, offset, piece)
                .map_err(|_| LoadError::Flash)?;
            digest.update(piece);
            offset += piece.len() as u32;
        }
        if digest.finish() == software.digest {
            Ok(())
        } else {
            Err(LoadError::Changed)
        }
    }

    /// What a slot holds, where its seal is right.
    fn checked(&mut self, slot: Slot) -> Option<Checked> {
        let index = match slot {
            Slot::A => 0,
            Slot::B => 1,
        };
        if self.found[index].is_none() {
            self.found[index] = Some(self.check(slot));
        }
        self.found[index].flatten()
    }

    fn check(&mut self, slot: Slot) -> Option<Checked> {
        let mut front = [0; SOFTWARE_HEADER];
        self.read_slot(slot, 0, &mut front).ok()?;
        let with_seal = image_size(&front, self.trust.hardware_class)?;
        let size = with_seal.checked_sub(seal::SIZE as u32)?;
        if size > self.trust.runs_at.size {
            return None;
        }
        let image = SOFTWARE_HEADER as u32;
        let mut vectors = [0; 8];
        self.read_slot(slot, image, &mut vectors).ok()?;
        if !self.runs_here(vectors, size) {
            return None;
        }
        let mut digest = Sha256::default();
        let mut piece = [0; PIECE];
        let mut offset = 0;
        while offset < size {
            let piece = &mut piece[..(size - offset).min(PIECE as u32) as usize];
            self.read_slot(slot, image + offset, piece).ok()?;
            digest.update(piece);
            offset += piece.len() as u32;
        }
        let digest = digest.finish();
        let mut sealed = [0; seal::SIZE];
        self.read_slot(slot, image + size, &mut sealed).ok()?;
        let Trust {
            authority,
            hardware_class,
            ..
        } = &self.trust;
        seal::is_right(&sealed, authority, *hardware_class, size, &digest).then_some(Checked {
            slot,
            size,
            digest,
        })
    }

    /// Whether the processor would begin inside the image: its second vector, an odd address as all code has here.
    fn runs_here(&self, vectors: [u8; 8], size: u32) -> bool {
        let [_, _, _, _, a, b, c, d] = vectors;
        let entry = u32::from_le_bytes([a, b, c, d]);
        let start = self.trust.runs_at.start;
        entry % 2 == 1 && (start..start.saturating_add(size)).contains(&entry)
    }

    fn read_slot(&mut self, slot: Slot, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        let place = self.layout.slot(match slot {
            Slot::A => cardwire_store::Slot::A,
            Slot::B => cardwire_store::Slot::B,
        });
        let start = place.start.checked_add(offset).ok_or(StoreFailed)?;
        let length = u32::try_from(out.len()).map_err(|_| StoreFailed)?;
        let end = start.checked_add(length).ok_or(StoreFailed)?;
        if end > place.end {
            return Err(StoreFailed);
        }
        read_words(self.flash, start, out)
    }
}

/// Reads from any place, also on a flash that is read in words.
fn read_words<F: NorFlash>(flash: &mut F, start: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
    // Words of a flash that is read in larger ones than these are read for nothing else either.
    const WORD: usize = 64;
    let word = F::READ_SIZE;
    if word == 1 {
        return flash.read(start, out).map_err(|_| StoreFailed);
    }
    let mut buffer = [0; WORD];
    let buffer = buffer.get_mut(..word).ok_or(StoreFailed)?;
    let mut at = start;
    let mut rest = out;
    while !rest.is_empty() {
        let skipped = at as usize % word;
        flash.read(at - skipped as u32, buffer).map_err(|_| StoreFailed)?;
        let taken = rest.len().min(word - skipped);
        let (part, behind) = rest.split_at_mut(taken);
        part.copy_from_slice(buffer.get(skipped..skipped + taken).ok_or(StoreFailed)?);
        at += taken as u32;
        rest = behind;
    }
    Ok(())
}

/// The slots as the core sees them: what is not sealed can't be read.
impl<F: NorFlash> Slots for FirstStage<'_, F> {
    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        Store::new(self.flash, &self.layout)
            .load(record.number(), out)
            .ok()
            .flatten()
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        Store::new(self.flash, &self.layout)
            .store(record.number(), data)
            .map_err(|_| StoreFailed)
    }

    fn read(&mut self, slot: Slot, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        self.checked(slot).ok_or(StoreFailed)?;
        self.read_slot(slot, offset, out)
    }
}

impl<F> fmt::Debug for FirstStage<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstStage")
            .field("trust", &self.trust)
            .field("found", &self.found)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Room => "the software is larger than the place that it runs from",
            Self::Flash => "the slot can't be read",
            Self::Changed => "what was copied is not what was checked",
        })
    }
}

impl core::error::Error for LoadError {}
