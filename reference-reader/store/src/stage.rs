//! Room for the bytes of an update while they come in: the software slot that does not run.
//!
//! | from the slot's start on | |
//! | --- | --- |
//! | blocks for the bytes | the first staged byte is the slot's first byte |
//! | the last blocks, as many as it takes | two areas, each with room for an entry with an update's digest, then marks |
//!
//! The area whose entry has the later sequence number is in force. A new update begins in the other one, which is erased
//! before: an area that is in force is never erased, so that a cut can't leave one that looks whole and is not.
//!
//! A mark says how many bytes from the first on are safe, and says it twice, the second time inverted: 4 + 4 bytes,
//! little-endian, padded to words. One is written when a block is whole and when all bytes are there. The largest counts. A
//! mark that a cut has torn is passed over; its words are never written again.
//!
//! A block is erased when its first byte comes. One that was half written when the power went is erased again, and its
//! bytes are sent again. Bytes that do not fill a word wait in RAM for those behind them.

use crate::{
    entry::{self, Entry, Found},
    error::StoreError,
    fault::{Fault, Faults},
    words::{self, CHUNK, ERASED},
};
use core::ops::Range;
use embedded_storage::nor_flash::NorFlash;

/// The number in the entry that names the update; no record has it.
const NUMBER: u16 = u16::MAX;
const DIGEST: usize = 32;
const MARK: usize = 8;
/// Marks that cuts may tear before an update can't be staged to its end.
const SPARE: u32 = 16;

/// The stage. It is kept while the reader runs: what does not fill a word yet is in it.
#[derive(Clone, Debug)]
pub struct Stage {
    start: u32,
    end: u32,
    block: u32,
    state: State,
    faults: Faults,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Not looked at since the reset.
    Unknown,
    /// Nothing is staged.
    Nothing,
    Staged(Staged),
}

#[derive(Clone, Copy, Debug)]
struct Staged {
    digest: [u8; DIGEST],
    /// Bytes that are there; those that do not fill a word are in `tail`.
    length: u32,
    tail: [u8; CHUNK],
    area: Area,
    /// Where the next mark is written.
    mark: u32,
    /// All bytes are there; the last block takes no more.
    finished: bool,
}

/// What is in force, and since when.
#[derive(Clone, Copy, Debug)]
struct Area {
    at: u32,
    sequence: u32,
}

impl Stage {
    pub(crate) const fn new(slot: Range<u32>, block: u32) -> Self {
        Self {
            start: slot.start,
            end: slot.end,
            block,
            state: State::Unknown,
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

    /// How many bytes there is room for; 0 where the layout has no slots.
    #[must_use]
    pub const fn size<F: NorFlash>(&self) -> u32 {
        Self::room::<F>(self.end - self.start, self.block)
    }

    /// How many bytes can be staged in a slot.
    pub(crate) const fn room<F: NorFlash>(slot: u32, block: u32) -> u32 {
        let blocks = slot / block;
        let mut area = 1;
        while 2 * area < blocks {
            let bytes = blocks - 2 * area;
            let needed = entry::size::<F>(DIGEST as u32) + (bytes + SPARE) * mark_size::<F>();
            if needed <= area * block {
                return bytes * block;
            }
            area += 1;
        }
        0
    }

    /// Begins to stage the update with this digest; what was staged before is dropped.
    ///
    /// # Errors
    /// There is no room for a stage, or the flash failed; what was staged before may then still be there.
    pub fn begin<F: NorFlash>(
        &mut self,
        flash: &mut F,
        digest: &[u8; DIGEST],
    ) -> Result<(), StoreError<F::Error>> {
        if self.size::<F>() == 0 {
            return Err(StoreError::TooLong {
                length: DIGEST,
                room: 0,
            });
        }
        // From the flash: what failed is forgotten in RAM, and in force there.
        let before = self.recover(flash)?.map(|staged| staged.area);
        self.state = State::Unknown;
        let [first, second] = self.areas::<F>();
        let area = match before {
            Some(Area { at, sequence }) => Area {
                at: if (at == first) != self.faults.has(Fault::ErasesMarksInForce) {
                    second
                } else {
                    first
                },
                sequence: sequence.wrapping_add(1),
            },
            None => Area {
                at: first,
                sequence: 0,
            },
        };
        let end = area.at + self.area_size::<F>();
        flash.erase(area.at, end)?;
        if !words::is_erased(flash, area.at, end)? {
            return Err(StoreError::Worn);
        }
        Entry::write(flash, NUMBER, area.sequence, area.at, digest, self.faults)?;
        self.state = State::Staged(Staged {
            digest: *digest,
            length: 0,
            tail: [ERASED; CHUNK],
            area,
            mark: area.at + entry::size::<F>(DIGEST as u32),
            finished: false,
        });
        Ok(())
    }

    /// How many bytes of this update are staged: all that were appended, and after a reset those that were marked as
    /// safe. 0 where another update is staged, or none.
    ///
    /// # Errors
    /// The flash can't be read.
    pub fn length<F: NorFlash>(&mut self, flash: &mut F, digest: &[u8; DIGEST]) -> Result<u32, F::Error> {
        Ok(match self.staged(flash)? {
            Some(staged) if staged.digest == *digest || self.faults.has(Fault::IgnoresDigest) => {
                staged.length
            }
            Some(_) | None => 0,
        })
    }

    /// Stages the bytes behind those that are there.
    ///
    /// # Errors
    /// Nothing was begun, all was finished, it does not fit, or the flash failed. What is staged is then dropped, in
    /// as far as it is no longer there before the next reset.
    pub fn append<F: NorFlash>(&mut self, flash: &mut F, data: &[u8]) -> Result<(), StoreError<F::Error>> {
        let staged = self.staged(flash)?;
        let mut staged = staged
            .filter(|staged| !staged.finished)
            .ok_or(StoreError::NothingStaged)?;
        self.state = State::Nothing;
        let left = self.size::<F>() - staged.length;
        if data.len() > left as usize {
            return Err(StoreError::TooLong {
                length: data.len(),
                room: left as usize,
            });
        }
        let mut data = data;
        while !data.is_empty() {
            let used = staged.length % self.block;
            if used == 0 {
                self.begin_block(flash, &mut staged)?;
            }
            let (part, rest) = data.split_at(data.len().min((self.block - used) as usize));
            self.fill(flash, &mut staged, part)?;
            data = rest;
            if staged.length.is_multiple_of(self.block) && !self.faults.has(Fault::MarksBlockEarly) {
                let length = staged.length;
                self.mark(flash, &mut staged, length)?;
            }
        }
        self.state = State::Staged(staged);
        Ok(())
    }

    /// Brings what waits in RAM to the flash and marks all bytes as safe: from now on all of them are there after a
    /// reset, and none can be appended. Does nothing where nothing waits.
    ///
    /// # Errors
    /// The flash failed; what is staged is then dropped, as by [`append`](Self::append).
    pub fn finish<F: NorFlash>(&mut self, flash: &mut F) -> Result<(), StoreError<F::Error>> {
        let State::Staged(mut staged) = self.state else {
            return Ok(());
        };
        if staged.finished || staged.length.is_multiple_of(self.block) {
            return Ok(());
        }
        self.state = State::Nothing;
        let waiting = staged.length as usize % words::word::<F>();
        if waiting > 0 {
            let at = self.start + staged.length - waiting as u32;
            put(flash, at, &staged.tail[..waiting], self.faults)?;
        }
        let length = staged.length;
        self.mark(flash, &mut staged, length)?;
        staged.finished = true;
        self.state = State::Staged(staged);
        Ok(())
    }

    /// Reads staged bytes from `offset` on.
    ///
    /// # Errors
    /// Not all of them are staged, or the flash can't be read.
    pub fn read<F: NorFlash>(
        &mut self,
        flash: &mut F,
        offset: u32,
        out: &mut [u8],
    ) -> Result<(), StoreError<F::Error>> {
        let staged = self.staged(flash)?.ok_or(StoreError::NothingStaged)?;
        let left = staged.length.saturating_sub(offset) as usize;
        if out.len() > left {
            return Err(StoreError::TooLong {
                length: out.len(),
                room: left,
            });
        }
        let waiting = if staged.finished {
            0
        } else {
            staged.length as usize % words::word::<F>()
        };
        let written = (staged.length - waiting as u32).saturating_sub(offset) as usize;
        let (front, back) = out.split_at_mut(written.min(out.len()));
        words::read(flash, self.start + offset, front)?;
        if !back.is_empty() {
            let from = (offset as usize + front.len()) % words::word::<F>();
            back.copy_from_slice(&staged.tail[from..from + back.len()]);
        }
        Ok(())
    }

    fn begin_block<F: NorFlash>(
        &self,
        flash: &mut F,
        staged: &mut Staged,
    ) -> Result<(), StoreError<F::Error>> {
        let at = self.start + staged.length;
        let kept = self.faults.has(Fault::KeepsHalfBlock)
            && !words::is_erased(flash, at, at + words::padded::<F>(1))?;
        if !kept {
            flash.erase(at, at + self.block)?;
        }
        if self.faults.has(Fault::MarksBlockEarly) {
            self.mark(flash, staged, staged.length + self.block)?;
        }
        Ok(())
    }

    /// Writes bytes of one block, as far as they fill words.
    fn fill<F: NorFlash>(
        &self,
        flash: &mut F,
        staged: &mut Staged,
        part: &[u8],
    ) -> Result<(), StoreError<F::Error>> {
        let word = words::word::<F>();
        let waiting = staged.length as usize % word;
        let mut at = self.start + staged.length - waiting as u32;
        let mut rest = part;
        if waiting > 0 {
            let taken = rest.len().min(word - waiting);
            staged.tail[waiting..waiting + taken].copy_from_slice(&rest[..taken]);
            rest = &rest[taken..];
            if waiting + taken == word {
                put(flash, at, &staged.tail[..word], self.faults)?;
                at += word as u32;
            }
        }
        let (whole, last) = rest.split_at(rest.len() - rest.len() % word);
        put(flash, at, whole, self.faults)?;
        staged.length += part.len() as u32;
        if !last.is_empty() {
            staged.tail[..last.len()].copy_from_slice(last);
        }
        Ok(())
    }

    fn mark<F: NorFlash>(
        &self,
        flash: &mut F,
        staged: &mut Staged,
        length: u32,
    ) -> Result<(), StoreError<F::Error>> {
        if staged.mark + mark_size::<F>() > staged.area.at + self.area_size::<F>() {
            // So many were torn that there is no place left: only a new beginning helps.
            return Err(StoreError::Worn);
        }
        let mut mark = [0; MARK];
        mark[..4].copy_from_slice(&length.to_le_bytes());
        mark[4..].copy_from_slice(&(!length).to_le_bytes());
        let at = staged.mark;
        staged.mark += mark_size::<F>();
        put(flash, at, &mark, self.faults)
    }

    /// What is staged, from the marks if it is not known.
    fn staged<F: NorFlash>(&mut self, flash: &mut F) -> Result<Option<Staged>, F::Error> {
        if matches!(self.state, State::Unknown) {
            self.state = match self.recover(flash)? {
                Some(staged) => State::Staged(staged),
                None => State::Nothing,
            };
        }
        Ok(match self.state {
            State::Staged(staged) => Some(staged),
            State::Nothing | State::Unknown => None,
        })
    }

    fn recover<F: NorFlash>(&self, flash: &mut F) -> Result<Option<Staged>, F::Error> {
        if self.size::<F>() == 0 {
            return Ok(None);
        }
        let [first, second] = self.areas::<F>();
        Ok(match (self.look(flash, first)?, self.look(flash, second)?) {
            // Also right where the number wraps.
            (Some(one), Some(two)) if (two.area.sequence.wrapping_sub(one.area.sequence) as i32) > 0 => {
                Some(two)
            }
            (Some(one), _) => Some(one),
            (None, two) => two,
        })
    }

    /// What an area says.
    fn look<F: NorFlash>(&self, flash: &mut F, area: u32) -> Result<Option<Staged>, F::Error> {
        let end = area + self.area_size::<F>();
        let entry = match Entry::find(flash, NUMBER, area, end, self.faults)? {
            Found::Entry(entry) if entry.marked && entry.is_intact(flash, self.faults)? => entry,
            Found::Entry(_) | Found::Erased | Found::Torn => return Ok(None),
        };
        let mut digest = [0; DIGEST];
        if entry.read(flash, &mut digest)? != Some(DIGEST) {
            return Ok(None);
        }
        let mut length = 0;
        let mut next = entry.end::<F>();
        let mut at = next;
        while at + mark_size::<F>() <= end {
            if !words::is_erased(flash, at, at + mark_size::<F>())? {
                next = at + mark_size::<F>();
                let mut mark = [0; MARK];
                words::read(flash, at, &mut mark)?;
                length = length.max(safe(mark).filter(|safe| *safe <= self.size::<F>()).unwrap_or(0));
            }
            at += mark_size::<F>();
        }
        Ok(Some(Staged {
            digest,
            length,
            tail: [ERASED; CHUNK],
            area: Area {
                at: area,
                sequence: entry.sequence,
            },
            mark: next,
            finished: !length.is_multiple_of(self.block),
        }))
    }

    /// Where the two areas with digest and marks lie.
    const fn areas<F: NorFlash>(&self) -> [u32; 2] {
        let first = self.start + self.size::<F>();
        [first, first + self.area_size::<F>()]
    }

    const fn area_size<F: NorFlash>(&self) -> u32 {
        (self.end - self.start - self.size::<F>()) / 2
    }
}

const fn mark_size<F: NorFlash>() -> u32 {
    words::padded::<F>(MARK as u32)
}

/// How many bytes a mark calls safe; `None` where it is none.
fn safe(mark: [u8; MARK]) -> Option<u32> {
    let [a, b, c, d, e, f, g, h] = mark;
    let length = u32::from_le_bytes([a, b, c, d]);
    (u32::from_le_bytes([e, f, g, h]) == !length).then_some(length)
}

/// Writes to erased words and reads back.
fn put<F: NorFlash>(
    flash: &mut F,
    at: u32,
    bytes: &[u8],
    faults: Faults,
) -> Result<(), StoreError<F::Error>> {
    words::program(flash, at, bytes)?;
    if faults.has(Fault::SkipsReadBack) || words::holds(flash, at, bytes)? {
        Ok(())
    } else {
        Err(StoreError::Worn)
    }
}
