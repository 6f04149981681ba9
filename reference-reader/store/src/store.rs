//! Records that survive a power cut at any moment.
//!
//! A record has two blocks of flash to itself. Values are appended to one of them, entry behind entry; of a block the last
//! entry that counts holds its value, of the two the one with the later sequence number. When the block is full the
//! other one is erased and goes on with the new value, so that the value in force is never touched before the next one is.
//!
//! What a cut leaves is never built on:
//! - Behind an entry that has no mark nothing is written: the next value goes to the other block.
//! - While the *other* block has such an entry nothing is appended to this one either: cells that were half written may
//!   read differently tomorrow, and must not come in force then.
//! - A block is erased before its first entry, however erased it looks: an erase that was cut leaves cells that read as
//!   erased and are not. Only an entry that counts shows that the erase before it was whole.
//! - An entry is appended only where all the bytes that it takes read as erased.

use crate::{
    entry::{self, Entry, Found},
    error::StoreError,
    fault::{Fault, Faults},
    layout::Layout,
    words,
};
use embedded_storage::nor_flash::NorFlash;

/// The records on a flash, by number. It keeps nothing itself: make one whenever it is needed.
#[derive(Debug)]
pub struct Store<'a, F> {
    flash: &'a mut F,
    layout: &'a Layout,
    faults: Faults,
}

impl<'a, F: NorFlash> Store<'a, F> {
    /// The records on a flash.
    pub const fn new(flash: &'a mut F, layout: &'a Layout) -> Self {
        Self {
            flash,
            layout,
            faults: Faults::NONE,
        }
    }

    /// The same with a fault.
    #[cfg(feature = "mock")]
    #[must_use]
    pub fn with_fault(self, fault: Option<Fault>) -> Self {
        Self {
            faults: Faults::of(fault),
            ..self
        }
    }

    /// How many bytes a record has room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        let most = self.layout.sizes().block.saturating_sub(entry::size::<F>(0));
        most.min(u32::from(u16::MAX)) as usize
    }

    /// Reads a record into the front of `out` and returns its length; `None` where it was never stored, is not
    /// whole, or is longer than `out`.
    ///
    /// # Errors
    /// The flash can't be read.
    pub fn load(&mut self, number: u16, out: &mut [u8]) -> Result<Option<usize>, F::Error> {
        let Some(blocks) = self.layout.record(number) else {
            return Ok(None);
        };
        match self.current(number, blocks)?.value {
            Some(entry) => entry.read(self.flash, out),
            None => Ok(None),
        }
    }

    /// Stores a record whole: after a power cut the old or the new value is there. When it returns the new one is.
    ///
    /// Older values stay readable on the flash until their block is erased; see
    /// [`store_and_erase`](Self::store_and_erase).
    ///
    /// # Errors
    /// There is no such record, the data does not fit, or the flash failed. What was stored before is still there.
    pub fn store(&mut self, number: u16, data: &[u8]) -> Result<(), StoreError<F::Error>> {
        let (blocks, size) = self.place(number, data)?;
        let current = self.current(number, blocks)?;
        if let Some(at) = current.next
            && at + size <= current.block + self.layout.sizes().block
            && (words::is_erased(self.flash, at, at + size)? || self.faults.has(Fault::ReusesTorn))
        {
            match self.write(number, current.sequence(), at, data) {
                // The other block may be less worn.
                Err(StoreError::Worn) => {}
                result => return result,
            }
        }
        self.move_on(number, current, data)
    }

    /// Stores a record whole and erases what it was before, for keys that have to be gone.
    ///
    /// # Errors
    /// As for [`store`](Self::store); the old value may still be readable, and the new one may be in force all the same.
    /// A power cut leaves it so too. Call it again.
    pub fn store_and_erase(&mut self, number: u16, data: &[u8]) -> Result<(), StoreError<F::Error>> {
        let (blocks, _) = self.place(number, data)?;
        let current = self.current(number, blocks)?;
        self.move_on(number, current, data)?;
        // Worn flash may have put it where nothing was before, in the first block.
        let now = self.current(number, blocks)?;
        if self.faults.has(Fault::KeepsOldValue) {
            return Ok(());
        }
        self.erase(now.other)
    }

    /// Whether nothing was ever written to a record, not even by a cut.
    ///
    /// # Errors
    /// The flash can't be read.
    pub fn is_blank(&mut self, number: u16) -> Result<bool, F::Error> {
        let Some([first, _]) = self.layout.record(number) else {
            return Ok(true);
        };
        words::is_erased(self.flash, first, first + 2 * self.layout.sizes().block)
    }

    /// Whether a value was ever stored to its end, also where none can be read any more. What a cut has left of the first
    /// one is no such value.
    ///
    /// # Errors
    /// The flash can't be read.
    pub fn was_stored(&mut self, number: u16) -> Result<bool, F::Error> {
        let Some([first, _]) = self.layout.record(number) else {
            return Ok(false);
        };
        entry::has_mark(self.flash, first, first + 2 * self.layout.sizes().block)
    }

    /// The blocks of a record, and what its new value takes there.
    fn place(&self, number: u16, data: &[u8]) -> Result<([u32; 2], u32), StoreError<F::Error>> {
        let blocks = self
            .layout
            .record(number)
            .ok_or_else(|| StoreError::NoSuchRecord {
                number,
                records: self.layout.sizes().records,
            })?;
        let room = self.capacity();
        if data.len() > room {
            return Err(StoreError::TooLong {
                length: data.len(),
                room,
            });
        }
        Ok((blocks, entry::size::<F>(data.len() as u32)))
    }

    /// Puts a value into the block that does not hold the one in force.
    fn move_on(&mut self, number: u16, current: Current, data: &[u8]) -> Result<(), StoreError<F::Error>> {
        let mut block = current.other;
        if self.faults.has(Fault::ErasesCurrent) && current.value.is_some() {
            block = current.block;
        }
        let result = self.begin(number, current, block, data);
        if matches!(result, Err(StoreError::Worn)) && current.value.is_none() {
            // Neither block holds a value: the second is as good as the first.
            return self.begin(number, current, current.block, data);
        }
        result
    }

    fn begin(
        &mut self,
        number: u16,
        current: Current,
        block: u32,
        data: &[u8],
    ) -> Result<(), StoreError<F::Error>> {
        let size = entry::size::<F>(data.len() as u32);
        let trusted = self.faults.has(Fault::TrustsErasedLook)
            && words::is_erased(self.flash, block, block + entry::size::<F>(0))?;
        if !trusted {
            self.erase(block)?;
            if !words::is_erased(self.flash, block, block + size)? {
                return Err(StoreError::Worn);
            }
        }
        // One more than an entry that a cut has left without a mark may have, should its mark appear one day.
        self.write(number, current.sequence().wrapping_add(1), block, data)
    }

    fn write(
        &mut self,
        number: u16,
        sequence: u32,
        at: u32,
        data: &[u8],
    ) -> Result<(), StoreError<F::Error>> {
        let sequence = if self.faults.has(Fault::KeepsSequence) {
            1
        } else {
            sequence
        };
        Entry::write(self.flash, number, sequence, at, data, self.faults)
    }

    fn erase(&mut self, block: u32) -> Result<(), StoreError<F::Error>> {
        Ok(self.flash.erase(block, block + self.layout.sizes().block)?)
    }

    fn current(&mut self, number: u16, [first, second]: [u32; 2]) -> Result<Current, F::Error> {
        let one = self.look(number, first)?;
        let two = self.look(number, second)?;
        let second_is_later = match (one.last, two.last) {
            // Also right where the number wraps: they are never far apart.
            (Some(one), Some(two)) => two.sequence.wrapping_sub(one.sequence) as i32 > 0,
            (Some(_), None) => false,
            // Where there is nothing the first block is to be written first.
            (None, _) => true,
        };
        let (block, other, mine, others) = if second_is_later {
            (second, first, two, one)
        } else {
            (first, second, one, two)
        };
        let clean = mine.clean && others.clean || self.faults.has(Fault::ReusesTorn);
        Ok(Current {
            block,
            other,
            value: mine.last,
            next: mine.next.filter(|_| clean && mine.last.is_some()),
        })
    }

    /// Looks through a block.
    fn look(&mut self, number: u16, block: u32) -> Result<Look, F::Error> {
        let look = self.walk(number, block, false)?;
        match look.last {
            Some(entry) if !entry.is_intact(self.flash, self.faults)? => {
                // What was written once is not what it was: each entry is read to its end, to find the last good one.
                self.walk(number, block, true)
            }
            Some(_) | None => Ok(look),
        }
    }

    fn walk(&mut self, number: u16, block: u32, suspicious: bool) -> Result<Look, F::Error> {
        let end = block + self.layout.sizes().block;
        let mut look = Look {
            last: None,
            next: None,
            clean: !suspicious,
        };
        let mut at = block;
        while entry::size::<F>(0) <= end - at {
            match Entry::find(self.flash, number, at, end, self.faults)? {
                Found::Erased => {
                    look.next = Some(at);
                    break;
                }
                Found::Torn => {
                    look.clean = false;
                    look.next = Some(at);
                    break;
                }
                Found::Entry(entry) => {
                    let counts = entry.marked && (!suspicious || entry.is_intact(self.flash, self.faults)?);
                    if counts {
                        look.last = Some(entry);
                    } else {
                        look.clean = false;
                        if self.faults.has(Fault::ReusesTorn) {
                            look.next = Some(at);
                            break;
                        }
                    }
                    at = entry.end::<F>();
                }
            }
        }
        Ok(look)
    }
}

/// A block, looked through.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// The last entry that counts.
    last: Option<Entry>,
    /// Where the next one may begin, if there is room for a head.
    next: Option<u32>,
    /// It holds nothing that a cut has left.
    clean: bool,
}

/// The value in force and its surroundings.
#[derive(Clone, Copy, Debug)]
struct Current {
    /// The block that holds it.
    block: u32,
    other: u32,
    value: Option<Entry>,
    /// Where the next entry may be appended.
    next: Option<u32>,
}

impl Current {
    /// The number of the next entry.
    fn sequence(self) -> u32 {
        self.value.map_or(0, |entry| entry.sequence.wrapping_add(1))
    }
}
