//! What the core needs of its board: random bytes of the operating system, and records that outlast a reset.

use crate::{
    notice::{Notice, Notify},
    state::{Records, StateError, StateFile},
};
use cardwire_core::{
    Env,
    env::{RandomFailed, Record, StoreFailed},
};
use core::fmt;

/// The environment of a reader that is a process.
pub struct HostEnv {
    records: Records,
    /// `None` where the records go with the process.
    file: Option<StateFile>,
    notify: Option<Notify>,
}

impl HostEnv {
    /// Records in memory: each start is the first one.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            records: Records::new(),
            file: None,
            notify: None,
        }
    }

    /// Records in a state file, which is made, with its folder, where it does not exist. See [`state`](crate::state) for its format.
    ///
    /// # Errors
    /// The file is damaged, used by another reader, or can't be read or written.
    pub fn with_state_file(path: &std::path::Path) -> Result<Self, StateError> {
        let (file, records) = StateFile::open(path)?;
        Ok(Self {
            records,
            file: Some(file),
            notify: None,
        })
    }

    /// The same environment that tells when a record can't be stored.
    #[must_use]
    pub fn with_notify(self, notify: Notify) -> Self {
        Self {
            notify: Some(notify),
            ..self
        }
    }
}

impl Env for HostEnv {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        getrandom::fill(out).map_err(|_| RandomFailed)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        let data = self.records.get(&record)?;
        out.get_mut(..data.len())?.copy_from_slice(data);
        Some(data.len())
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        let before = self.records.insert(record, data.to_vec());
        let Some(file) = &self.file else {
            return Ok(());
        };
        let Err(error) = file.save(&self.records) else {
            return Ok(());
        };
        // What `load` gives and what the file holds stay the same.
        match before {
            Some(before) => self.records.insert(record, before),
            None => self.records.remove(&record),
        };
        if let Some(notify) = &self.notify {
            notify(&Notice::StoreFailed(file.path().to_owned(), error.to_string()));
        }
        Err(StoreFailed)
    }
}

impl fmt::Debug for HostEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostEnv")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs,
        sync::{Arc, Mutex},
    };

    #[test]
    fn records_outlast_the_process_that_stored_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reader.state");
        let mut out = [0; 8];
        {
            let mut env = HostEnv::with_state_file(&path).unwrap();
            assert_eq!(env.load(Record::BootCounter, &mut out), None);
            env.store(Record::BootCounter, &[0, 0, 0, 7]).unwrap();
            env.store(Record::Logic(1), &[1; 9]).unwrap();
        }
        let mut env = HostEnv::with_state_file(&path).unwrap();
        assert_eq!(env.load(Record::BootCounter, &mut out), Some(4));
        assert_eq!(out[..4], [0, 0, 0, 7]);
        assert_eq!(
            env.load(Record::Logic(1), &mut out),
            None,
            "larger than the place for it"
        );
        assert_eq!(env.load(Record::Logic(0), &mut out), None);
    }

    #[test]
    fn a_record_that_could_not_be_stored_is_not_there_and_somebody_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("gone");
        fs::create_dir(&inner).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let mut env = HostEnv::with_state_file(&inner.join("reader.state"))
            .unwrap()
            .with_notify(Arc::new(move |notice| {
                listener.lock().unwrap().push(notice.to_string())
            }));
        env.store(Record::BootCounter, &[1]).unwrap();
        fs::remove_dir_all(&inner).unwrap();
        assert_eq!(env.store(Record::BootCounter, &[2]), Err(StoreFailed));
        let mut out = [0; 4];
        assert_eq!(env.load(Record::BootCounter, &mut out), Some(1));
        assert_eq!(out[0], 1);
        assert!(told.lock().unwrap()[0].contains("could not be written"));
    }
}
