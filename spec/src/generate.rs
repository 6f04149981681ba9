//! All files of the workspace that are made from the schema.

use crate::{Error, load, render};
use std::path::{Path, PathBuf};

/// Every file that is made from `spec/protocol.toml` below `root`, the workspace: its path below `root`, and its bytes.
///
/// # Errors
/// The schema is broken, or what was made from it can't be formatted.
pub fn generated(root: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, Error> {
    let protocol = load(&root.join("spec/protocol.toml"))?;
    let files = render::rust::files(&protocol, root)?;
    Ok(files
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect())
}
