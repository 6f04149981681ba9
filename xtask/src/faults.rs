//! The patches that make faulty readers of the core: opened for editing, and made again of what was edited.
//!
//! How they are applied, and what happens when the core changes, says `cardwire-patched`.

use crate::workspace::{self, Workspace};
use anyhow::{Result, bail};
use cardwire_patched::{Files, Patched, apply, make, read, write};
use std::path::{Path, PathBuf};

const CORE: &str = "reference-reader/core/src";
const PATCHES: &str = "reference-reader/faulty/patches";

/// What a hunk that did not apply is left in.
const REFUSED: &str = "rej";

/// The edition of the workspace, which rustfmt is not told by a manifest here.
const EDITION: &str = "2024";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Write the core with its patches to target/faulty-core, to be edited there
    Open {
        /// Drop what was changed there and not kept
        #[arg(long)]
        again: bool,
    },
    /// Make the patches of what stands in target/faulty-core
    Keep,
}

impl Command {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let folders = Folders {
            core: workspace.root.join(CORE),
            patches: workspace.root.join(PATCHES),
            edited: workspace.target.join("faulty-core"),
        };
        match self {
            Self::Open { again } => folders.open(*again),
            Self::Keep => folders.keep(workspace),
        }
    }
}

struct Folders {
    core: PathBuf,
    patches: PathBuf,
    edited: PathBuf,
}

impl Folders {
    fn open(&self, again: bool) -> Result<()> {
        let Patched { mut files, stale } = apply(&self.core, &self.patches)?;
        for stale in &stale {
            let hunks: String = stale.hunks.iter().map(|hunk| hunk.text.as_str()).collect();
            files.insert(refused(&stale.file), hunks.into_bytes());
        }
        if !again && self.edited.exists() && read(&self.edited)? != files {
            bail!(
                "{0} holds something else than the core with its patches: keep it with `cargo xtask faults keep`, or drop it \
                 with `cargo xtask faults open --again`",
                self.edited.display()
            );
        }
        write(&self.edited, &files)?;
        println!("{}", self.edited.display());
        for stale in stale {
            let file = self.edited.join(&stale.file);
            println!(
                "{}: {} hunks did not apply; they stand in {}. Put them in and delete it",
                file.display(),
                stale.hunks.len(),
                refused(&file).display()
            );
        }
        Ok(())
    }

    fn keep(&self, workspace: &Workspace) -> Result<()> {
        if !self.edited.exists() {
            bail!(
                "there is no {}: write it with `cargo xtask faults open`",
                self.edited.display()
            );
        }
        let left: Vec<_> = read(&self.edited)?
            .into_keys()
            .filter(|path| path.extension().is_some_and(|extension| extension == REFUSED))
            .map(|path| self.edited.join(path).display().to_string())
            .collect();
        if !left.is_empty() {
            bail!(
                "hunks that did not apply are not put in yet, or their files not deleted: {}",
                left.join(", ")
            );
        }
        let mut format = workspace.command("rustfmt");
        format.args(["--edition", EDITION, "--config-path"]);
        workspace::run(format.arg(&workspace.root).arg(self.edited.join("lib.rs")))?;
        let (before, after) = (read(&self.patches)?, make(&self.core, &self.edited)?);
        write(&self.patches, &after)?;
        for (path, what) in changes(&before, &after) {
            println!("{what} {}", self.patches.join(path).display());
        }
        Ok(())
    }
}

/// What has become of each patch that is not as it was.
fn changes<'f>(before: &'f Files, after: &'f Files) -> impl Iterator<Item = (&'f Path, &'static str)> {
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    let made = after.iter().filter_map(|(path, content)| match before.get(path) {
        None => Some((path.as_path(), "made")),
        Some(old) if old != content => Some((path.as_path(), "changed")),
        Some(_) => None,
    });
    gone.map(|path| (path.as_path(), "deleted")).chain(made)
}

fn refused(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(REFUSED);
    name.into()
}
