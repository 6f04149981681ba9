//! Environments of Python for what steps take from the Python Package Index: each with its own packages, whose bytes are
//! pinned.

use crate::workspace::{self, find_program};
use anyhow::{Context as _, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// An environment in this folder with the packages that the file names; made anew where the one that is there was made for
/// others. Gives the folder of its programs.
pub(crate) fn environment(folder: &Path, requirements: &Path) -> Result<PathBuf> {
    let programs = folder.join("bin");
    let installed = folder.join("requirements.txt");
    let wanted = fs::read(requirements)?;
    if fs::read(&installed).ok().as_ref() == Some(&wanted) {
        return Ok(programs);
    }
    let python3 = find_program("python3").context("there is no python3; `cargo xtask setup` installs it")?;
    workspace::run(Command::new(python3).args(["-m", "venv", "--clear"]).arg(folder))?;
    let mut install = Command::new(programs.join("python"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install
        .args(["--require-hashes", "--no-deps", "--requirement"])
        .arg(requirements);
    workspace::run(&mut install).context("the packages come from the Python Package Index")?;
    fs::write(&installed, &wanted)?;
    Ok(programs)
}
