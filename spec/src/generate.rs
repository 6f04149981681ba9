//! All files of the workspace that are made from the schema.

use crate::{Error, Protocol, load, logic, render};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Services whose logic a new reader holds.
const PRESETS: [&str; 2] = ["card.identify", "subscriber.read"];

/// Services that are published as vectors; the conformance suite installs the last one.
const SERVICES: [&str; 3] = ["card.identify", "subscriber.read", "certification.echo"];

/// Every file that is made from `spec/protocol.toml` and `spec/services`, for the workspace at `root`: its path below
/// `root`, and its bytes.
///
/// # Errors
/// The schema or a service is broken, or what was made from it can't be formatted.
pub fn generated(root: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, Error> {
    let protocol = load(&root.join("spec/protocol.toml"))?;
    let code = render::rust::files(&protocol, root)?;
    let mut files: Vec<_> = code
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect();
    for service in SERVICES {
        let document = assembled(&protocol, root, service)?;
        if PRESETS.contains(&service) {
            let path = format!("reference-reader/core/src/logic/presets/{service}.bin");
            files.push((PathBuf::from(path), document.clone()));
        }
        files.push((PathBuf::from(format!("vectors/logic/{service}.bin")), document));
    }
    Ok(files)
}

fn assembled(protocol: &Protocol, root: &Path, service: &str) -> Result<Vec<u8>, Error> {
    let name = format!("spec/services/{service}.logic");
    let path = root.join(&name);
    let text = fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
    Ok(logic::assemble(protocol, &name, &text)?)
}
