//! The flash of a reader that is a process: 1 MiB of NOR flash in memory, and behind it a file where it outlasts the
//! process.
//!
//! Every write and every erase is in the file, and on the disk, before it returns. A lab can have the power cut at any of
//! them: see [`PowerCut`].

use cardwire_store::{Layout, LayoutError, Sizes};
use core::{fmt, str::FromStr};
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
};

/// Bytes that are erased together.
const PAGE: usize = 4096;
/// Size of the flash, and of the file.
pub(crate) const SIZE: usize = 1 << 20;
/// As most chips: words of 4 bytes.
const WORD: usize = 4;

/// Room for 39 records of the reader and one that names the format; the rest is two slots for software of 352 KiB.
pub(crate) const SIZES: Sizes = Sizes {
    block: PAGE as u32,
    records: 40,
    slot: 352 * 1024,
};

/// A loss of power at a certain operation of the flash, for laboratories. The process ends there, with
/// [`PowerCut::EXIT_CODE`], and the state file is as a chip's flash would be.
///
/// ```
/// use cardwire_host::{CutMoment, PowerCut};
///
/// assert_eq!("3:after".parse(), Ok(PowerCut { operation: 3, moment: CutMoment::After }));
/// assert_eq!("3".parse(), Ok(PowerCut { operation: 3, moment: CutMoment::Inside }));
/// assert!("0".parse::<PowerCut>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerCut {
    /// Which write or erase it hits, counted from 1 since the reader was started.
    pub operation: u64,
    /// When.
    pub moment: CutMoment,
}

/// When the power goes, seen from an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutMoment {
    /// It does not begin.
    Before,
    /// Half of it happens: of a write the first half of its words, of an erase every other bit.
    Inside,
    /// All of it happens, and the reader does not get to know.
    After,
}

impl PowerCut {
    /// How a process ends whose power was cut.
    pub const EXIT_CODE: i32 = 5;
}

/// Why a word is no power cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no power cut: expected the number of a flash operation from 1 on, and where it hits: N, N:before, N:inside or N:after"
)]
pub struct NoPowerCut(String);

impl FromStr for PowerCut {
    type Err = NoPowerCut;

    fn from_str(given: &str) -> Result<Self, NoPowerCut> {
        let wrong = || NoPowerCut(given.to_owned());
        let (operation, moment) = given.split_once(':').unwrap_or((given, "inside"));
        Ok(Self {
            operation: operation
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(wrong)?,
            moment: match moment {
                "before" => CutMoment::Before,
                "inside" => CutMoment::Inside,
                "after" => CutMoment::After,
                _ => return Err(wrong()),
            },
        })
    }
}

/// The flash.
pub(crate) struct HostFlash {
    bytes: Vec<u8>,
    file: Option<Backing>,
    cut: Option<PowerCut>,
    /// Writes and erases so far.
    operations: u64,
}

/// The file that holds the same bytes.
struct Backing {
    file: File,
    path: PathBuf,
}

/// The flash refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostFlashError {
    /// The operating system did not write.
    #[error("{0}")]
    File(#[from] io::Error),
    /// The range is not on words or pages, or not in the flash: a fault of this program.
    #[error("the range is wrong: {0}")]
    Range(NorFlashErrorKind),
}

impl NorFlashError for HostFlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::File(_) => NorFlashErrorKind::Other,
            Self::Range(kind) => *kind,
        }
    }
}

impl HostFlash {
    /// A new flash that goes with the process.
    pub(crate) fn in_memory() -> Self {
        Self {
            bytes: vec![0xff; SIZE],
            file: None,
            cut: None,
            operations: 0,
        }
    }

    /// A flash whose bytes a file holds.
    pub(crate) fn in_file(bytes: Vec<u8>, file: File, path: PathBuf) -> Self {
        Self {
            bytes,
            file: Some(Backing { file, path }),
            cut: None,
            operations: 0,
        }
    }

    pub(crate) fn cut_at(&mut self, cut: PowerCut) {
        self.cut = Some(cut);
    }

    pub(crate) fn layout(&self) -> Result<Layout, LayoutError> {
        Layout::new(self, SIZES)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Makes the bytes from `at` on these. What the file does not take is not in memory either.
    fn put(&mut self, at: usize, new: &[u8]) -> Result<(), HostFlashError> {
        if let Some(Backing { file, path }) = &mut self.file {
            // A file that was deleted still takes what nobody will find again.
            if !path.try_exists()? {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            file.seek(SeekFrom::Start(at as u64))?;
            file.write_all(new)?;
            file.sync_data()?;
        }
        self.bytes[at..at + new.len()].copy_from_slice(new);
        Ok(())
    }

    /// One operation, which puts `new` there; `half` is what a cut inside it leaves.
    fn operate(
        &mut self,
        at: usize,
        new: &[u8],
        half: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> Result<(), HostFlashError> {
        self.operations += 1;
        match self.cut.filter(|cut| cut.operation == self.operations) {
            None => return self.put(at, new),
            Some(PowerCut { moment, .. }) => match moment {
                CutMoment::Before => {}
                CutMoment::Inside => {
                    let left = half(&self.bytes[at..at + new.len()]);
                    self.put(at, &left)?;
                }
                CutMoment::After => self.put(at, new)?,
            },
        }
        std::process::exit(PowerCut::EXIT_CODE)
    }
}

impl ErrorType for HostFlash {
    type Error = HostFlashError;
}

impl ReadNorFlash for HostFlash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), HostFlashError> {
        check_read(&*self, offset, bytes.len()).map_err(HostFlashError::Range)?;
        let offset = offset as usize;
        bytes.copy_from_slice(&self.bytes[offset..offset + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for HostFlash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), HostFlashError> {
        check_erase(&*self, from, to).map_err(HostFlashError::Range)?;
        let (from, to) = (from as usize, to as usize);
        self.operate(from, &vec![0xff; to - from], |old| {
            old.iter().map(|byte| byte | 0x55).collect()
        })
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), HostFlashError> {
        check_write(&*self, offset, bytes.len()).map_err(HostFlashError::Range)?;
        let at = offset as usize;
        let old = &self.bytes[at..at + bytes.len()];
        let new: Vec<u8> = old.iter().zip(bytes).map(|(old, new)| old & new).collect();
        let half = new.len() / WORD / 2 * WORD;
        self.operate(at, &new, |old| [&new[..half], &old[half..]].concat())
    }
}

impl fmt::Debug for HostFlash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the bytes: they hold keys.
        f.debug_struct("HostFlash")
            .field("file", &self.file.as_ref().map(|backing| &backing.path))
            .field("cut", &self.cut)
            .finish_non_exhaustive()
    }
}
