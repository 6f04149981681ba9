//! One entry: a value as it stands on the flash.
//!
//! | bytes | |
//! | --- | --- |
//! | 0, 1 | `1c 01`, so that no entry begins with an erased word |
//! | 2, 3 | number of the record |
//! | 4 to 7 | sequence number |
//! | 8, 9 | length of the data |
//! | 10, 11 | check of the head: the low half of the CRC-32C of bytes 0 to 9 |
//! | 12 to 15 | CRC-32C of bytes 0 to 11 and the data |
//! | from the next word on | data |
//! | the word behind it, or the four bytes | the mark, `43 57 31 1c` as often as it fits |
//!
//! Numbers are little-endian. Parts end on words; what is left of the last one is `ff`. They are written in this order,
//! and the mark only after what is before it was read back: whatever is cut, an entry that has its mark is whole. The
//! checksum finds what an erase has left that was cut, and cells that lose their charge.

use crate::{
    error::StoreError,
    fault::{Fault, Faults},
    words::{self, CHUNK, ERASED},
};
use crc::{CRC_32_ISCSI, Crc, NoTable};
use embedded_storage::nor_flash::NorFlash;

/// No table: a record is short and flash is slower.
const CHECKSUM: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISCSI);
const HEAD: usize = 16;
const TAG: [u8; 2] = [0x1c, 0x01];
const MARK: [u8; 4] = *b"CW1\x1c";

/// What an entry says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    at: u32,
    pub(crate) sequence: u32,
    pub(crate) length: u16,
    checksum: u32,
    /// It was written to its end.
    pub(crate) marked: bool,
}

/// What stands where an entry may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The place of a head is erased; what is behind it was not looked at.
    Erased,
    /// An entry, as far as its head tells.
    Entry(Entry),
    /// Something else: what a cut or worn flash has left.
    Torn,
}

/// What an entry with so much data takes, in bytes.
pub(crate) const fn size<F: NorFlash>(length: u32) -> u32 {
    words::padded::<F>(HEAD as u32) + words::padded::<F>(length) + mark_size::<F>()
}

const fn mark_size<F: NorFlash>() -> u32 {
    words::padded::<F>(MARK.len() as u32)
}

impl Entry {
    /// Looks for an entry of a record at a place that has room for one without data. `end` is where its block ends.
    pub(crate) fn find<F: NorFlash>(
        flash: &mut F,
        number: u16,
        at: u32,
        end: u32,
        faults: Faults,
    ) -> Result<Found, F::Error> {
        let mut head = [0; HEAD];
        words::read(flash, at, &mut head)?;
        if head == [ERASED; HEAD] {
            return Ok(Found::Erased);
        }
        let [t0, t1, n0, n1, s0, s1, s2, s3, l0, l1, h0, h1, c0, c1, c2, c3] = head;
        let length = u16::from_le_bytes([l0, l1]);
        let right = [h0, h1] == check(&head) || faults.has(Fault::SkipsChecksum);
        if [t0, t1] != TAG
            || u16::from_le_bytes([n0, n1]) != number
            || !right
            || size::<F>(length.into()) > end - at
        {
            return Ok(Found::Torn);
        }
        let mut entry = Self {
            at,
            sequence: u32::from_le_bytes([s0, s1, s2, s3]),
            length,
            checksum: u32::from_le_bytes([c0, c1, c2, c3]),
            marked: false,
        };
        entry.marked = words::holds(flash, entry.mark_at::<F>(), mark::<F>(&mut [0; CHUNK]))?;
        Ok(Found::Entry(entry))
    }

    /// Writes an entry to erased words. When this returns it counts.
    pub(crate) fn write<F: NorFlash>(
        flash: &mut F,
        number: u16,
        sequence: u32,
        at: u32,
        data: &[u8],
        faults: Faults,
    ) -> Result<(), StoreError<F::Error>> {
        let length = u16::try_from(data.len()).map_err(|_| StoreError::TooLong {
            length: data.len(),
            room: u16::MAX.into(),
        })?;
        let mut head = [0; HEAD];
        head[..2].copy_from_slice(&TAG);
        head[2..4].copy_from_slice(&number.to_le_bytes());
        head[4..8].copy_from_slice(&sequence.to_le_bytes());
        head[8..10].copy_from_slice(&length.to_le_bytes());
        let check = check(&head);
        head[10..12].copy_from_slice(&check);
        let mut digest = CHECKSUM.digest();
        digest.update(&head[..12]);
        digest.update(data);
        let checksum = digest.finalize();
        head[12..].copy_from_slice(&checksum.to_le_bytes());

        let entry = Self {
            at,
            sequence,
            length,
            checksum,
            marked: true,
        };
        let (mut room, mark_at) = ([0; CHUNK], entry.mark_at::<F>());
        let mark = mark::<F>(&mut room);
        if faults.has(Fault::MarkFirst) {
            words::program(flash, mark_at, mark)?;
        }
        words::program(flash, at, &head)?;
        words::program(flash, entry.data_at::<F>(), data)?;
        let reads_back = !faults.has(Fault::SkipsReadBack);
        if reads_back
            && !(words::holds(flash, at, &head)? && words::holds(flash, entry.data_at::<F>(), data)?)
        {
            return Err(StoreError::Worn);
        }
        if !faults.has(Fault::MarkFirst) {
            words::program(flash, mark_at, mark)?;
        }
        if reads_back && !words::holds(flash, mark_at, mark)? {
            return Err(StoreError::Worn);
        }
        Ok(())
    }

    /// Whether its data is what was written.
    pub(crate) fn is_intact<F: NorFlash>(self, flash: &mut F, faults: Faults) -> Result<bool, F::Error> {
        let mut digest = CHECKSUM.digest();
        let mut head = [0; HEAD];
        words::read(flash, self.at, &mut head)?;
        digest.update(&head[..12]);
        let mut left = usize::from(self.length);
        let mut at = self.data_at::<F>();
        while left > 0 {
            let mut chunk = [0; CHUNK];
            let chunk = &mut chunk[..CHUNK.min(left)];
            words::read(flash, at, chunk)?;
            digest.update(chunk);
            left -= chunk.len();
            at += chunk.len() as u32;
        }
        let believed = faults.has(Fault::SkipsChecksum) || faults.has(Fault::MarkFirst);
        Ok(digest.finalize() == self.checksum || believed)
    }

    /// Reads its data into the front of `out` and returns the length; `None` where there is no room for it.
    pub(crate) fn read<F: NorFlash>(self, flash: &mut F, out: &mut [u8]) -> Result<Option<usize>, F::Error> {
        let length = usize::from(self.length);
        let Some(out) = out.get_mut(..length) else {
            return Ok(None);
        };
        words::read(flash, self.data_at::<F>(), out)?;
        Ok(Some(length))
    }

    /// Where the next entry may begin.
    pub(crate) const fn end<F: NorFlash>(self) -> u32 {
        self.at + size::<F>(self.length as u32)
    }

    const fn data_at<F: NorFlash>(self) -> u32 {
        self.at + words::padded::<F>(HEAD as u32)
    }

    const fn mark_at<F: NorFlash>(self) -> u32 {
        self.end::<F>() - mark_size::<F>()
    }
}

/// Whether the mark of an entry stands anywhere between these two words.
pub(crate) fn has_mark<F: NorFlash>(flash: &mut F, from: u32, to: u32) -> Result<bool, F::Error> {
    let mut room = [0; CHUNK];
    let mark = mark::<F>(&mut room);
    let mut at = from;
    while at + mark_size::<F>() <= to {
        if words::holds(flash, at, mark)? {
            return Ok(true);
        }
        at += mark_size::<F>();
    }
    Ok(false)
}

fn check(head: &[u8; HEAD]) -> [u8; 2] {
    let [low, high, ..] = CHECKSUM.checksum(&head[..10]).to_le_bytes();
    [low, high]
}

fn mark<F: NorFlash>(room: &mut [u8; CHUNK]) -> &[u8] {
    for (byte, mark) in room.iter_mut().zip(MARK.iter().cycle()) {
        *byte = *mark;
    }
    &room[..mark_size::<F>() as usize]
}
