//! Flash in a file: QEMU models this chip's flash without its controller, so it can't be written.
//!
//! The file `cardwire-flash.bin` in the working directory of QEMU stands for an external NOR chip. It is
//! reached by semihosting and keeps its content over resets and over the end of QEMU. Bytes that are not in
//! the file are erased ones, so an empty file is a new chip; killing QEMU is a power cut.

use super::super::{Flash, FlashFailed};
use semihosting::fs::{File, OpenOptions};
use semihosting::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

const ERASED: u8 = 0xff;
/// Bytes that are moved at once through the stack.
const CHUNK: usize = 64;

/// The file.
#[derive(Debug)]
pub(super) struct FileFlash(File);

impl FileFlash {
    pub(super) fn open() -> io::Result<Self> {
        let path = c"cardwire-flash.bin";
        let mut existing = OpenOptions::new();
        existing.read(true).write(true);
        let file = existing.open(path).or_else(|_| {
            let mut new = OpenOptions::new();
            new.read(true).write(true).create(true).truncate(true).open(path)
        })?;
        Ok(Self(file))
    }

    fn read_at(&mut self, offset: usize, into: &mut [u8]) -> io::Result<()> {
        into.fill(ERASED);
        let len = self.0.metadata()?.len() as usize;
        let there = len.saturating_sub(offset).min(into.len());
        if there > 0 {
            self.0.seek(SeekFrom::Start(offset as u64))?;
            self.0.read_exact(&mut into[..there])?;
        }
        Ok(())
    }

    fn write_at(&mut self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let mut end = self.0.metadata()?.len() as usize;
        // Writing beyond the end would fill the gap with zeros, which no erased chip has.
        while end < offset {
            let gap = (offset - end).min(CHUNK);
            self.0.seek(SeekFrom::Start(end as u64))?;
            self.0.write_all(&[ERASED; CHUNK][..gap])?;
            end += gap;
        }
        self.0.seek(SeekFrom::Start(offset as u64))?;
        self.0.write_all(bytes)
    }
}

impl Flash for FileFlash {
    const PAGE: usize = 4096;
    const PAGES: usize = 64;

    fn read(&mut self, offset: usize, into: &mut [u8]) -> Result<(), FlashFailed> {
        check_range(offset, into.len())?;
        self.read_at(offset, into).map_err(|_| FlashFailed::Device)
    }

    fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), FlashFailed> {
        check_range(offset, bytes.len())?;
        for (index, part) in bytes.chunks(CHUNK).enumerate() {
            let at = offset + index * CHUNK;
            let mut cell = [ERASED; CHUNK];
            let cell = &mut cell[..part.len()];
            self.read_at(at, cell).map_err(|_| FlashFailed::Device)?;
            cell.iter_mut().zip(part).for_each(|(old, new)| *old &= new);
            self.write_at(at, cell).map_err(|_| FlashFailed::Device)?;
        }
        Ok(())
    }

    fn erase(&mut self, page: usize) -> Result<(), FlashFailed> {
        if page >= Self::PAGES {
            return Err(FlashFailed::OutOfRange);
        }
        for part in 0..Self::PAGE / CHUNK {
            let at = page * Self::PAGE + part * CHUNK;
            self.write_at(at, &[ERASED; CHUNK])
                .map_err(|_| FlashFailed::Device)?;
        }
        Ok(())
    }
}

fn check_range(offset: usize, len: usize) -> Result<(), FlashFailed> {
    let end = offset.checked_add(len).ok_or(FlashFailed::OutOfRange)?;
    if end > FileFlash::PAGE * FileFlash::PAGES {
        Err(FlashFailed::OutOfRange)
    } else {
        Ok(())
    }
}
