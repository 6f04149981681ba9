//! Files that are made from `spec/protocol.toml` and committed, so that a reviewer sees what a change of the
//! protocol changes, and nobody needs a generator to build.

use crate::bench::flash_model;
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file below the root, and what it should hold.
type Generated = (PathBuf, Vec<u8>);

/// Writes the files that are stale.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    for (path, content) in stale(&workspace.root, files(workspace)?)? {
        let file = workspace.root.join(&path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, content).with_context(|| format!("{} can't be written", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Fails when a file is stale.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let files = files(workspace)?;
    let count = files.len();
    let stale = stale(&workspace.root, files)?;
    if stale.is_empty() {
        println!("all {count} generated files are up to date");
        return Ok(());
    }
    let paths: Vec<_> = stale.iter().map(|(path, _)| path.display().to_string()).collect();
    bail!("stale: {}; run `cargo xtask generate`", paths.join(", "))
}

/// Every generated file: those that the spec's own crate makes, and those for the benchmarks.
fn files(workspace: &Workspace) -> Result<Vec<Generated>> {
    let mut files = cardwire_spec::generated(&workspace.root)?;
    files.extend(flash_model::files(&workspace.root)?);
    Ok(files)
}

/// The files whose content is not what it should be, with what it should be.
fn stale(root: &Path, files: Vec<Generated>) -> Result<Vec<Generated>> {
    let mut stale = Vec::new();
    for (path, content) in files {
        match fs::read(root.join(&path)) {
            Ok(there) if there == content => {}
            Ok(_) => stale.push((path, content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => stale.push((path, content)),
            Err(error) => return Err(error).with_context(|| format!("{} can't be read", path.display())),
        }
    }
    Ok(stale)
}

#[cfg(test)]
mod tests {
    use super::stale;
    use std::{fs, path::PathBuf};

    #[test]
    fn a_file_is_stale_when_it_is_absent_or_differs() {
        let root = std::env::temp_dir().join(format!("cardwire-generate-{}", std::process::id()));
        fs::create_dir_all(&root).expect("a temporary folder can be made");
        let files = || vec![(PathBuf::from("table.md"), b"| a |\n".to_vec())];
        let count = || stale(&root, files()).expect("the folder can be read").len();
        assert_eq!(count(), 1, "absent");
        fs::write(root.join("table.md"), "| a |\n").expect("it can be written to");
        assert_eq!(count(), 0, "written");
        fs::write(root.join("table.md"), "| b |\n").expect("it can be written to");
        assert_eq!(count(), 1, "edited by hand");
        fs::remove_dir_all(&root).expect("it is ours");
    }
}
