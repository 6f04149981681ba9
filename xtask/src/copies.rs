//! Copies of parts of the workspace, in which something is changed and built.

use anyhow::{Context as _, Result};
use core::hash::{Hash as _, Hasher as _};
use std::{
    collections::BTreeSet,
    fs,
    hash::DefaultHasher,
    io,
    path::{Path, PathBuf},
};

/// What is made in a folder, and is no part of it.
const MADE: [&str; 2] = ["target", "__pycache__"];

/// Makes `to` what `from` is. What is as it was keeps its time, and is not built again; what is gone from the one goes from
/// the other.
pub(crate) fn mirror(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        let content = fs::read(from).with_context(|| format!("{} can't be read", from.display()))?;
        if fs::read(to).ok().as_deref() != Some(&content) {
            fs::write(to, content).with_context(|| format!("{} can't be written", to.display()))?;
        }
        return Ok(());
    }
    fs::create_dir_all(to)?;
    let names = names(from).with_context(|| format!("{} can't be read", from.display()))?;
    for name in self::names(to)?.difference(&names) {
        let gone = to.join(name);
        if gone.is_dir() {
            fs::remove_dir_all(gone)?;
        } else {
            fs::remove_file(gone)?;
        }
    }
    for name in names {
        mirror(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

/// What some files and folders of the workspace hold, as one number.
pub(crate) fn digest(root: &Path, parts: &[&str]) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        for file in files(&root.join(part))? {
            fs::read(file)?.hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// Every file below a folder, in order; a file itself.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut all = Vec::new();
    for name in names(folder).with_context(|| format!("{} can't be read", folder.display()))? {
        all.extend(files(&folder.join(name))?);
    }
    Ok(all)
}

fn names(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !MADE.iter().any(|made| name == *made) {
            names.insert(PathBuf::from(name));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_follows_and_leaves_alone_what_is_the_same() {
        let folder = std::env::temp_dir().join(format!("cardwire-copies-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::create_dir_all(from.join("a/target")).expect("a folder");
        fs::write(from.join("a/same"), "1").expect("a file");
        fs::write(from.join("a/gone"), "2").expect("a file");
        fs::write(from.join("a/target/made"), "3").expect("a file");
        mirror(&from, &to).expect("a copy");
        assert!(to.join("a/gone").exists() && !to.join("a/target").exists());

        let time = |name| fs::metadata(to.join(name)).and_then(|data| data.modified()).ok();
        let before = (time("a/same"), digest(&to, &["a"]).expect("a digest"));
        fs::create_dir_all(to.join("a/target")).expect("what was built in the copy");
        fs::remove_file(from.join("a/gone")).expect("it was there");
        fs::write(from.join("a/new"), "4").expect("a file");
        mirror(&from, &to).expect("a copy");
        assert!(!to.join("a/gone").exists() && to.join("a/new").exists() && to.join("a/target").exists());
        assert_eq!(time("a/same"), before.0);
        assert_ne!(digest(&to, &["a"]).expect("a digest"), before.1);
        fs::remove_dir_all(folder).expect("it was there");
    }
}
