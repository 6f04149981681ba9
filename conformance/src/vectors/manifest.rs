//! The manifest: what belongs to the vectors, so that whoever took them from somewhere knows that they are whole.

use super::file;
use crate::{embedded::protocol, hex};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The manifest's own path below `vectors`.
pub const MANIFEST: &str = "manifest.json";

/// The version of the files' form: it changes where a program that reads them would have to.
const FORMAT: u32 = 1;

/// `vectors/manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the files' form.
    pub format: u32,
    /// The protocol's name.
    pub protocol: String,
    /// The version that hello declares.
    pub version: u8,
    /// The revision of the specification.
    pub revision: String,
    /// Vectors of all files.
    pub total: Tally,
    /// How many vectors break each rule of the codec, whatever else they break.
    pub rules: BTreeMap<String, usize>,
    /// How many lines are no frames, for each reason.
    pub faults: BTreeMap<String, usize>,
    /// All files but this one and the README, by their paths.
    pub files: Vec<ManifestFile>,
}

/// A file of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Its path below `vectors`, with slashes.
    pub path: String,
    /// What is in it: `messages`, `cbor`, `frames`, `streams`, `session`, `logic`, `identities`.
    pub kind: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its vectors, where it holds a list of them.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub tally: Option<Tally>,
}

/// How many vectors there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Those that are taken.
    pub valid: usize,
    /// Those that are refused.
    pub invalid: usize,
}

/// The files in the folders of `vectors`, which `root` leads to: their paths below it, and their bytes. What stands
/// beside the folders, the manifest and the README, is no data.
///
/// # Errors
/// A folder or file can't be read.
pub fn files(root: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut open = Vec::new();
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        if path.is_dir() {
            open.push(path);
        }
    }
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let below = path.strip_prefix(root).unwrap_or(&path).to_owned();
                files.push((below, fs::read(&path)?));
            }
        }
    }
    Ok(files)
}

/// The manifest of these files: their paths below `vectors`, and their bytes.
#[must_use]
pub fn manifest(files: &[(PathBuf, Vec<u8>)]) -> Vec<u8> {
    let about = &protocol().about;
    let mut manifest = Manifest {
        format: FORMAT,
        protocol: about.name.clone(),
        version: about.version,
        revision: about.revision.clone(),
        total: Tally::default(),
        rules: BTreeMap::new(),
        faults: BTreeMap::new(),
        files: Vec::new(),
    };
    for (path, bytes) in files {
        manifest.add(path, bytes);
    }
    manifest.files.sort_by(|one, other| one.path.cmp(&other.path));
    file::text(&manifest)
}

impl Manifest {
    fn add(&mut self, path: &Path, bytes: &[u8]) {
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let path = parts.join("/");
        let kind = match (parts.first(), path.as_str()) {
            (_, "frames/streams.json") => "streams".to_owned(),
            (Some(folder), _) => folder.clone().into_owned(),
            (None, _) => String::new(),
        };
        let vectors: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let vectors = vectors.get("vectors").and_then(Value::as_array);
        let tally = vectors.map(|vectors| self.count(vectors));
        self.files.push(ManifestFile {
            path,
            kind,
            sha256: hex::encode(&Sha256::digest(bytes)),
            tally,
        });
    }

    fn count(&mut self, vectors: &[Value]) -> Tally {
        let mut tally = Tally::default();
        for vector in vectors {
            let text = |key: &str| vector.get(key).and_then(Value::as_str);
            match text("result") {
                Some("valid") => tally.valid += 1,
                Some(_) | None => tally.invalid += 1,
            }
            if let Some(rule) = text("rule") {
                *self.rules.entry(rule.to_owned()).or_default() += 1;
            }
            if let Some(fault) = text("fault") {
                *self.faults.entry(fault.to_owned()).or_default() += 1;
            }
        }
        self.total.valid += tally.valid;
        self.total.invalid += tally.invalid;
        tally
    }
}
