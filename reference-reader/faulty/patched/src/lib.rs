//! The reader core with the patches that make faulty readers of it, as text: applied for the build, and made anew by
//! whoever edits them.
//!
//! The core holds no fault. `patches` mirrors its sources: `control/login.rs.patch` is what a faulty reader has otherwise
//! in `control/login.rs`, and any other file is one that only faulty readers have. `cardwire-faulty-core` builds the core
//! with them.
//!
//! # When the core changes
//! A patch still applies where lines were added or taken away elsewhere in its file: each hunk is looked for, from where it
//! was before on outward. It does not where one of the lines that it shows has changed; then the build fails and names the
//! hunk. `cargo xtask faults open` writes the patched core to `target/faulty-core`, with what did not apply beside the file in
//! `.rej`; there it is put right, and faults are added and changed. `cargo xtask faults keep` makes the patches of it again.
//!
//! Two branches that both change faults meet in the patches as they would in the core: where git can't merge a patch, take
//! one side, open it, put in what the other side has, and keep it.

mod hunks;

pub use hunks::{Hunk, Stale};

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The files of a folder by their paths in it.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What a patch's name has behind that of its file.
const PATCH: &str = "patch";

/// Why there is no patched core, or there are no patches of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or a folder is not there, or can't be read.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// A file is no text.
    #[error("{0} is no UTF-8")]
    NoText(PathBuf),
    /// A patch is none.
    #[error("{0} is no unified diff: {1}")]
    NoPatch(PathBuf, diffy::ParsePatchError),
    /// A patch is for a file that the core does not have.
    #[error(
        "{0} is for a file that the core does not have; move the patch to where its lines have gone, or take it away"
    )]
    NoFile(PathBuf),
    /// A file that stands in the core is to be one of faulty readers only.
    #[error("{0} stands in the core too; name what differs in a patch")]
    Twice(PathBuf),
    /// A file of the core is not in the edited copy.
    #[error(
        "{0} is a file of the core, which the edited copy has to keep; leave it empty if its fault is that it does nothing"
    )]
    TakenAway(PathBuf),
}

/// The core with its patches.
#[derive(Debug)]
pub struct Patched {
    /// Its sources.
    pub files: Files,
    /// The hunks that did not apply, in the order of their files.
    pub stale: Vec<Stale>,
}

/// Applies what stands in `patches` to the sources in `core`.
///
/// # Errors
/// Files that can't be read, and patches that are none or for nothing. Hunks that don't apply are no error yet.
pub fn apply(core: &Path, patches: &Path) -> Result<Patched, Error> {
    let mut files = read(core)?;
    let mut stale = Vec::new();
    for (path, content) in read(patches)? {
        let name = patches.join(&path);
        if path.extension().is_none_or(|extension| extension != PATCH) {
            if files.insert(path, content).is_some() {
                return Err(Error::Twice(name));
            }
            continue;
        }
        let of = path.with_extension("");
        let file = files.get_mut(&of).ok_or_else(|| Error::NoFile(name.clone()))?;
        let (patch, before) = (text(&name, &content)?, text(&core.join(&of), file)?);
        let (after, refused) =
            hunks::apply(before, patch).map_err(|error| Error::NoPatch(name.clone(), error))?;
        if !refused.is_empty() {
            stale.push(Stale {
                patch: name,
                file: of,
                hunks: refused,
            });
        }
        *file = after.into_bytes();
    }
    Ok(Patched { files, stale })
}

/// What has to stand in `patches` so that the sources in `core` become `edited`.
///
/// # Errors
/// Files that can't be read, are no text, or were taken away.
pub fn make(core: &Path, edited: &Path) -> Result<Files, Error> {
    let (before, mut after) = (read(core)?, read(edited)?);
    let mut patches = Files::new();
    for (path, old) in before {
        let new = after
            .remove(&path)
            .ok_or_else(|| Error::TakenAway(edited.join(&path)))?;
        if old == new {
            continue;
        }
        let (old, new) = (text(&core.join(&path), &old)?, text(&edited.join(&path), &new)?);
        let mut name = path.into_os_string();
        name.push(".");
        name.push(PATCH);
        patches.insert(name.into(), hunks::between(old, new).into_bytes());
    }
    patches.append(&mut after);
    Ok(patches)
}

/// The files of a folder and of those in it.
///
/// # Errors
/// What can't be read.
pub fn read(folder: &Path) -> Result<Files, Error> {
    let (mut files, mut folders) = (Files::new(), vec![PathBuf::new()]);
    while let Some(inner) = folders.pop() {
        let at = folder.join(&inner);
        let failed = |error| Error::Io(at.clone(), error);
        for entry in fs::read_dir(&at).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = inner.join(entry.file_name());
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(path);
            } else {
                let content = fs::read(entry.path()).map_err(|error| Error::Io(entry.path(), error))?;
                files.insert(path, content);
            }
        }
    }
    Ok(files)
}

/// Makes a folder hold these files and no others.
///
/// # Errors
/// What can't be written.
pub fn write(folder: &Path, files: &Files) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| Error::Io(path, error)
    };
    if folder.exists() {
        for path in read(folder)?.keys().filter(|path| !files.contains_key(*path)) {
            let path = folder.join(path);
            fs::remove_file(&path).map_err(failed(&path))?;
        }
    }
    for (path, content) in files {
        let path = folder.join(path);
        // What is the same keeps its time, by which a build sees that there is nothing to do.
        if fs::read(&path).is_ok_and(|old| old == *content) {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        fs::write(&path, content).map_err(failed(&path))?;
    }
    Ok(())
}

fn text<'t>(path: &Path, content: &'t [u8]) -> Result<&'t str, Error> {
    core::str::from_utf8(content).map_err(|_| Error::NoText(path.to_owned()))
}
