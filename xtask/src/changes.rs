//! Small changes of code, as cargo-mutants lists them: drawn by a seed, and made in a copy of the workspace.

use crate::{tools, workspace::Workspace};
use anyhow::{Context as _, Result, bail, ensure};
use core::hash::{Hash as _, Hasher as _};
use serde::Deserialize;
use std::{
    hash::DefaultHasher,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

/// What of the workspace is built, or needed to build it.
pub(crate) const PARTS: [&str; 12] = [
    "Cargo.toml",
    "Cargo.lock",
    "spec",
    "codec",
    "reference-reader",
    "peers",
    "conformance",
    "cli",
    "vectors",
    "fuzz",
    "xtask",
    "README.md",
];

/// A mutant, as cargo-mutants lists it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mutant {
    /// File, place, and what is changed.
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) package: String,
    /// What kind of change it is: `BinaryOperator`, `FnValue` and so on.
    pub(crate) genre: String,
    pub(crate) function: Option<Function>,
    diff: String,
}

/// Where a change is.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Function {
    #[serde(rename = "function_name")]
    pub(crate) name: String,
}

/// A mutant's name without its place, which moves with every line above it: the file, and what is changed.
pub(crate) fn what(name: &str) -> (&str, &str) {
    let mut parts = name.splitn(4, ':');
    let file = parts.next().unwrap_or_default();
    (file, parts.nth(2).unwrap_or_default())
}

impl Mutant {
    /// Makes the change in a copy of the workspace.
    pub(crate) fn apply(&self, root: &Path) -> Result<()> {
        // The list's own headers name the change, where git looks for the file.
        let hunks = self.diff.split_inclusive('\n').skip(2).collect::<String>();
        let patch = format!("--- a/{0}\n+++ b/{0}\n{hunks}", self.file);
        let mut git = Command::new("git")
            .current_dir(root)
            // The copy lies within a repository that it is no part of.
            .env("GIT_CEILING_DIRECTORIES", root.parent().unwrap_or(root))
            .args(["apply", "--unidiff-zero", "--recount", "-p1", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .context("git can't be started")?;
        {
            let mut input = git.stdin.take().context("git has no standard input")?;
            input.write_all(patch.as_bytes())?;
        }
        if !git.wait()?.success() {
            bail!("git does not apply the change to {}", self.file);
        }
        Ok(())
    }
}

/// All mutants of some packages.
pub(crate) fn list(workspace: &Workspace, packages: &[&str]) -> Result<Vec<Mutant>> {
    tools::CARGO_MUTANTS.provide(workspace)?;
    let mut command = tools::CARGO_MUTANTS.command(workspace)?;
    command.args(["mutants", "--list", "--json"]);
    for package in packages {
        command.args(["--package", package]);
    }
    let output = command.output().context("cargo-mutants can't be started")?;
    ensure!(
        output.status.success(),
        "cargo-mutants lists no mutants: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("cargo-mutants lists something else")
}

/// The same in the order in which they are drawn.
pub(crate) fn drawn(mutants: &[Mutant], seed: u64) -> Vec<Mutant> {
    let mut mutants = mutants.to_vec();
    mutants.sort_by_cached_key(|mutant| {
        // The same on every machine: the keys of this hasher are constants.
        let mut hasher = DefaultHasher::new();
        (seed, &mutant.name).hash(&mut hasher);
        (hasher.finish(), mutant.name.clone())
    });
    mutants
}
