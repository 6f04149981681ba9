//! The state file: what a reader keeps across resets, in one file.
//!
//! | offset | bytes | content |
//! | --- | --- | --- |
//! | 0 | 7 | `CWSTATE` |
//! | 7 | 1 | version of this format, 1 |
//! | 8 | | the records, one behind the other |
//! | end − 4 | 4 | CRC-32C of all before it |
//!
//! A record is its kind (1 boot counter, 2 failed connects, 3 journal, 4 service logic, 5
//! manifest, 6 boot, 7 authentication information, 8 commit), its slot (0 but for service
//! logic), the length of its data (2 bytes) and its data. All numbers are big-endian, records ascend by kind and slot.
//!
//! Each change writes the whole to a temporary file in the same folder, brings that to the disk, and gives it the
//! file's name: whenever the power goes, the old or the new state is there. A lock on `FILE.lock` keeps a second
//! reader away, which would count its boots past the first one.

use cardwire_core::env::Record;
use crc::{CRC_32_ISCSI, Crc};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
const HEAD: &[u8; 8] = b"CWSTATE\x01";

/// What a reader keeps across resets.
pub(crate) type Records = BTreeMap<Record, Vec<u8>>;

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
        reason: &'static str,
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
            Self::InUse { .. } => "Stop the other reader, or give this one a state file of its own.",
        }
    }
}

/// A state file that belongs to this process.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// Held as long as the file is used; the operating system lets go of it whatever becomes of the process.
    _lock: File,
}

impl StateFile {
    /// Opens a state file and gives what it holds; nothing where it does not exist yet. Its folder is made.
    pub(crate) fn open(path: &Path) -> Result<(Self, Records), StateError> {
        let failed = |source| StateError::File {
            path: path.into(),
            source,
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
        let records = match fs::read(path) {
            Ok(bytes) => decode(&bytes).map_err(|reason| StateError::Damaged {
                path: path.into(),
                reason,
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Records::new(),
            Err(error) => return Err(failed(error)),
        };
        Ok((
            Self {
                path: path.into(),
                _lock: lock,
            },
            records,
        ))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces what the file holds; it is on the disk when this returns.
    pub(crate) fn save(&self, records: &Records) -> io::Result<()> {
        let temporary = beside(&self.path, ".new");
        let mut file = File::create(&temporary)?;
        file.write_all(&encode(records))?;
        file.sync_all()?;
        drop(file);
        fs::rename(&temporary, &self.path)?;
        sync_folder(&self.path)
    }
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

fn encode(records: &Records) -> Vec<u8> {
    let mut bytes = HEAD.to_vec();
    for (record, data) in records {
        let (kind, slot) = match record {
            Record::BootCounter => (1, 0),
            Record::FailedConnects => (2, 0),
            Record::Journal => (3, 0),
            Record::Logic(slot) => (4, *slot),
            Record::Manifest => (5, 0),
            Record::Boot => (6, 0),
            Record::Authentication => (7, 0),
            Record::Commit => (8, 0),
        };
        // The core's largest record has 1028 bytes.
        let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
        bytes.extend([kind, slot]);
        bytes.extend(length.to_be_bytes());
        bytes.extend(&data[..usize::from(length)]);
    }
    let checksum = CRC.checksum(&bytes);
    bytes.extend(checksum.to_be_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Result<Records, &'static str> {
    let mut rest = bytes
        .strip_prefix(HEAD)
        .ok_or("it does not begin as a state file of this version")?;
    let checksum;
    (rest, checksum) = rest
        .split_last_chunk::<4>()
        .ok_or("it ends before its checksum")?;
    if CRC.checksum(&bytes[..bytes.len() - 4]) != u32::from_be_bytes(*checksum) {
        return Err("its checksum is wrong");
    }
    let mut records = Records::new();
    while !rest.is_empty() {
        let head;
        (head, rest) = rest.split_first_chunk::<4>().ok_or("it ends inside a record")?;
        let [kind, slot, length @ ..] = *head;
        let record = match (kind, slot) {
            (1, 0) => Record::BootCounter,
            (2, 0) => Record::FailedConnects,
            (3, 0) => Record::Journal,
            (4, slot) => Record::Logic(slot),
            (5, 0) => Record::Manifest,
            (6, 0) => Record::Boot,
            (7, 0) => Record::Authentication,
            (8, 0) => Record::Commit,
            _ => return Err("it holds a record of an unknown kind"),
        };
        if records.last_key_value().is_some_and(|(last, _)| *last >= record) {
            return Err("its records do not ascend");
        }
        let (data, after) = rest
            .split_at_checked(u16::from_be_bytes(length).into())
            .ok_or("it ends inside a record")?;
        rest = after;
        records.insert(record, data.to_vec());
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Records {
        Records::from([
            (Record::BootCounter, vec![0, 0, 0, 3]),
            (Record::Journal, vec![0xAB; 89]),
            (Record::Logic(0), vec![]),
            (Record::Logic(2), vec![1; 1028]),
        ])
    }

    #[test]
    fn what_is_written_is_read_again() {
        for records in [Records::new(), records()] {
            assert_eq!(decode(&encode(&records)), Ok(records));
        }
    }

    /// A cut or flipped file is told from a good one wherever it was hit.
    #[test]
    fn damage_anywhere_is_noticed() {
        let good = encode(&records());
        for length in 0..good.len() {
            assert!(decode(&good[..length]).is_err(), "cut to {length}");
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            assert!(decode(&bad).is_err(), "flipped at {at}");
        }
    }

    #[test]
    fn a_damaged_file_is_an_error_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reader.state");
        fs::write(&path, b"CWSTATE\x01nonsense").unwrap();
        let error = StateFile::open(&path).unwrap_err();
        assert!(matches!(&error, StateError::Damaged { .. }), "{error}");
        assert!(
            error.to_string().contains("is damaged: its checksum is wrong"),
            "{error}"
        );
        assert!(error.remedy().contains("good copy"));
        assert_eq!(fs::read(&path).unwrap(), b"CWSTATE\x01nonsense");
    }

    /// A power cut between the temporary file and the new name leaves the old state, and no obstacle.
    #[test]
    fn a_temporary_file_left_behind_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reader.state");
        let (file, _) = StateFile::open(&path).unwrap();
        file.save(&records()).unwrap();
        drop(file);
        fs::write(beside(&path, ".new"), b"half").unwrap();
        let (file, found) = StateFile::open(&path).unwrap();
        assert_eq!(found, records());
        file.save(&Records::new()).unwrap();
        drop(file);
        assert_eq!(StateFile::open(&path).unwrap().1, Records::new());
    }

    #[test]
    fn one_reader_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not/yet/there/reader.state");
        let first = StateFile::open(&path).unwrap();
        assert!(matches!(StateFile::open(&path), Err(StateError::InUse { .. })));
        drop(first);
        assert!(StateFile::open(&path).is_ok());
    }
}
