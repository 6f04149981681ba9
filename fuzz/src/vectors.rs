//! The repository's vectors, read where they lie: what inputs to begin with are made from.
//!
//! Seeds and words are asked for by chores and tests, which run in a checkout. A target never reads a file.

use crate::Seed;
use cardwire_spec::interpret::hex;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below a folder of the repository whose names end like this, in the order of their paths, each with its path
/// below the folder, without that end.
///
/// # Panics
/// The folder can't be read, or has no such file: this is no checkout.
pub(crate) fn files(folder: &str, end: &str) -> Vec<(String, Vec<u8>)> {
    let top = root().join(folder);
    let mut found = Vec::new();
    below(&top, &mut found);
    found.sort();
    let files: Vec<_> = found
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix(&top).ok()?.to_str()?.strip_suffix(end)?;
            Some((name.replace('/', "."), read(&path)))
        })
        .collect();
    assert!(!files.is_empty(), "{folder} has no {end}");
    files
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            below(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One file of vectors in JSON, and one vector in it.
#[derive(Clone, Debug)]
pub(crate) struct Vector {
    /// The message's name, or that of the file where it is about none.
    pub(crate) about: String,
    /// Where the message is met; of messages.
    pub(crate) place: Option<String>,
    /// All that the vector says.
    pub(crate) says: Value,
}

impl Vector {
    /// The bytes of a member in hexadecimal digits; `None` where it is not there.
    pub(crate) fn bytes(&self, member: &str) -> Option<Vec<u8>> {
        hex::decode(self.says[member].as_str()?)
    }

    /// Whether the vector is one of what is right.
    pub(crate) fn is_valid(&self) -> bool {
        self.says["result"] == "valid"
    }

    /// A seed that is named after it.
    pub(crate) fn seed(&self, bytes: Vec<u8>) -> Seed {
        let name = self.says["name"].as_str().unwrap_or("unnamed");
        Seed {
            name: format!("{}-{name}", self.about),
            bytes,
        }
    }
}

/// All vectors of a folder of `vectors/`.
///
/// # Panics
/// They can't be read: this is no checkout.
pub(crate) fn all(folder: &str) -> Vec<Vector> {
    let mut vectors = Vec::new();
    for (name, text) in files(&format!("vectors/{folder}"), ".json") {
        let file: Value = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let about = file["message"].as_str().unwrap_or(&name);
        let place = file["place"].as_str().map(str::to_owned);
        vectors.extend(
            file["vectors"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|says| Vector {
                    about: about.to_owned(),
                    place: place.clone(),
                    says: says.clone(),
                }),
        );
    }
    vectors
}
