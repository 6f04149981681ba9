//! The state file: the whole flash of a reader, byte for byte.
//!
//! It is 1 MiB: 40 records of two blocks of 4 KiB each, then two slots for software of 352 KiB each, as
//! [`cardwire_store`] lays them out. The last record is written once, when the file is made, and names the format: a file
//! without it is none of a reader's, and is not taken for an empty one.
//!
//! A lock on `FILE.lock` keeps a second reader away, which would count its boots past the first one.

use crate::flash::{HostFlash, SIZE, SIZES};
use cardwire_store::Store;
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// What the last record says.
const FORMAT: &[u8] = b"cardwire flash 1: 40 records, blocks of 4096, slots of 360448";
pub(crate) const FORMAT_RECORD: u16 = SIZES.records - 1;
/// What the state files of earlier versions began with.
const OLD: &[u8] = b"CWSTATE";

/// Why a state file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The operating system refuses.
    #[error("the state file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file holds something else than a reader's state.
    #[error("the state file {} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An earlier version of this program has made the file.
    #[error("the state file {} is in the format of an earlier version", path.display())]
    Old {
        /// The file.
        path: PathBuf,
    },
    /// Another reader works with this file.
    #[error("the state file {} is in use by another reader", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
}

impl StateError {
    /// What a person who meets this error can do next.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::File { .. } => "Check the path, and that you may write to it.",
            Self::Damaged { .. } => {
                "Put a good copy of the file back. Without one, move it away: the reader then starts as it left the \
                 factory, with counters of updates at 0 and without the service logic that it was sent."
            }
            Self::Old { .. } => {
                "Run this reader with the version that made the file, or move the file away: the reader then starts as \
                 it left the factory, and the cloud sends it its updates again."
            }
            Self::InUse { .. } => "Stop the other reader, or give this one a state file of its own.",
        }
    }
}

/// Holds a state file for this process; the operating system lets go of it whatever becomes of the process.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Opens the flash that a state file holds. A file that does not exist is made, and its folder.
pub(crate) fn open(path: &Path) -> Result<(HostFlash, Lock), StateError> {
    let failed = |source| StateError::File {
        path: path.into(),
        source,
    };
    let damaged = |reason| StateError::Damaged {
        path: path.into(),
        reason,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".lock"))
        .map_err(failed)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => StateError::InUse { path: path.into() },
        TryLockError::Error(source) => failed(source),
    })?;

    if !path.try_exists().map_err(failed)? {
        make(path).map_err(failed)?;
    }
    let bytes = fs::read(path).map_err(failed)?;
    if bytes.starts_with(OLD) {
        return Err(StateError::Old { path: path.into() });
    }
    if bytes.len() != SIZE {
        let found = bytes.len();
        return Err(damaged(format!(
            "it has {found} bytes, and a reader's flash {SIZE}"
        )));
    }
    let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
    let mut flash = HostFlash::in_file(bytes, file, path.into());
    if format(&mut flash).as_deref() != Some(FORMAT) {
        return Err(damaged("it does not say that it is the flash of a reader".into()));
    }
    Ok((flash, Lock { _file: lock }))
}

/// What the flash says of its format.
fn format(flash: &mut HostFlash) -> Option<Vec<u8>> {
    let layout = flash.layout().ok()?;
    let mut out = [0; 2 * FORMAT.len()];
    let length = Store::new(flash, &layout).load(FORMAT_RECORD, &mut out).ok()??;
    Some(out[..length].to_vec())
}

/// Makes the file of a new flash. It has its name when it is whole, and not before.
fn make(path: &Path) -> io::Result<()> {
    let mut flash = HostFlash::in_memory();
    let layout = flash.layout().map_err(io::Error::other)?;
    Store::new(&mut flash, &layout)
        .store(FORMAT_RECORD, FORMAT)
        .map_err(|error| io::Error::other(error.to_string()))?;
    let temporary = beside(path, ".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // It is to hold keys.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&temporary)?;
    file.write_all(flash.bytes())?;
    file.sync_all()?;
    drop(file);
    fs::rename(&temporary, path)?;
    sync_folder(path)
}

/// The path with something behind its last part, so that it lies in the same folder.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// A new name is on the disk when its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Folders can't be opened here; the file system writes its names down itself.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_storage::nor_flash::{NorFlash as _, ReadNorFlash as _};

    fn refused(content: &[u8]) -> StateError {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reader.state");
        fs::write(&path, content).unwrap();
        let error = open(&path).unwrap_err();
        assert_eq!(
            fs::read(&path).unwrap(),
            content,
            "what is not understood is left alone"
        );
        error
    }

    #[test]
    fn the_format_names_the_sizes() {
        let text = core::str::from_utf8(FORMAT).unwrap();
        let sizes = format!(
            "{} records, blocks of {}, slots of {}",
            SIZES.records, SIZES.block, SIZES.slot
        );
        assert!(text.ends_with(&sizes), "{text} is not {sizes}");
    }

    #[test]
    fn what_is_no_flash_of_a_reader_is_an_error_and_stays() {
        let error = refused(b"CWSTATE\x01nonsense");
        assert!(matches!(&error, StateError::Old { .. }), "{error}");
        assert!(error.remedy().contains("move the file away"));
        let error = refused(&[0xff; 100]);
        assert!(
            error
                .to_string()
                .contains("damaged: it has 100 bytes, and a reader's flash 1048576"),
            "{error}"
        );
        for byte in [0xff, 0x00] {
            let error = refused(&vec![byte; SIZE]);
            assert!(
                error.to_string().contains("does not say that it is the flash"),
                "{error}"
            );
            assert!(error.remedy().contains("good copy"));
        }
    }

    #[test]
    fn the_file_is_the_flash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reader.state");
        let (mut flash, lock) = open(&path).unwrap();
        flash.write(8, &[0xf0; 4]).unwrap();
        flash.write(8, &[0x3c; 4]).unwrap();
        flash.write(4096, &[1; 8]).unwrap();
        flash.erase(4096, 8192).unwrap();
        assert_eq!(fs::read(&path).unwrap(), flash.bytes());
        drop((flash, lock));
        let (mut flash, _lock) = open(&path).unwrap();
        let mut out = [0; 4];
        flash.read(8, &mut out).unwrap();
        assert_eq!(out, [0x30; 4], "writing only clears bits");
        flash.read(4096, &mut out).unwrap();
        assert_eq!(out, [0xff; 4]);
        assert!(flash.write(2, &[0; 4]).is_err() && flash.erase(0, 100).is_err());
    }

    /// A power cut while the file is made leaves no obstacle.
    #[test]
    fn a_temporary_file_left_behind_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reader.state");
        fs::write(beside(&path, ".new"), b"half").unwrap();
        assert!(open(&path).is_ok());
    }

    #[test]
    fn one_reader_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not/yet/there/reader.state");
        let first = open(&path).unwrap();
        assert!(matches!(open(&path), Err(StateError::InUse { .. })));
        drop(first);
        assert!(open(&path).is_ok());
    }
}
