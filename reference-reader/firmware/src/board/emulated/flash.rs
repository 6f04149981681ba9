//! Flash in a file: QEMU models the flash of these chips without its controller, so it can't be written.
//!
//! The file `cardwire-flash.bin` in the working directory of QEMU stands for an external NOR chip. It is
//! reached by semihosting and keeps its content over resets and over the end of QEMU. Bytes that are not in
//! the file are erased ones, so an empty file is a new chip; killing QEMU is a power cut.

use super::super::FlashFailed;
use cardwire_first_stage::map;
use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash, check_erase, check_read, check_write};
use semihosting::fs::{File, OpenOptions};
use semihosting::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

/// Bytes that are erased together.
const PAGE: usize = map::PAGE as usize;
const ERASED: u8 = 0xff;
/// Bytes that are moved at once through the stack.
const CHUNK: usize = 64;

/// The file.
#[derive(Debug)]
pub struct FileFlash(File);

impl FileFlash {
    /// Opens it, or makes it; it is closed when this goes out of use.
    ///
    /// # Errors
    /// The host refuses it.
    pub fn open() -> io::Result<Self> {
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

impl ErrorType for FileFlash {
    type Error = FlashFailed;
}

impl ReadNorFlash for FileFlash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), FlashFailed> {
        check_read(&*self, offset, into.len()).map_err(FlashFailed::Range)?;
        self.read_at(offset as usize, into)
            .map_err(|_| FlashFailed::Device)
    }

    fn capacity(&self) -> usize {
        map::FLASH as usize
    }
}

impl NorFlash for FileFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashFailed> {
        check_write(&*self, offset, bytes.len()).map_err(FlashFailed::Range)?;
        for (index, part) in bytes.chunks(CHUNK).enumerate() {
            let at = offset as usize + index * CHUNK;
            let mut cell = [ERASED; CHUNK];
            let cell = &mut cell[..part.len()];
            self.read_at(at, cell).map_err(|_| FlashFailed::Device)?;
            cell.iter_mut().zip(part).for_each(|(old, new)| *old &= new);
            self.write_at(at, cell).map_err(|_| FlashFailed::Device)?;
        }
        Ok(())
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashFailed> {
        check_erase(&*self, from, to).map_err(FlashFailed::Range)?;
        for at in (from as usize..to as usize).step_by(CHUNK) {
            self.write_at(at, &[ERASED; CHUNK])
                .map_err(|_| FlashFailed::Device)?;
        }
        Ok(())
    }
}
