//! Fuzzing: campaigns on the targets of `fuzz/`, and what becomes of what they find.
//!
//! The targets are a library, and an example of it lists them: nothing here knows one by name. What a campaign makes
//! lies below `target/fuzz`: programs, corpora that grow, crashes, and what came of each target.

mod afl;
mod campaign;
mod corpora;
mod cover;
mod inputs;
mod libfuzzer;
mod nightly;
mod page;
mod planted;
mod programs;
mod results;
mod span;
mod triage;

use crate::workspace::{self, Workspace};
use anyhow::Result;
pub(crate) use campaign::{build_short, short};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Fuzz one target, or all of them, two at a time
    ///
    /// A campaign that was interrupted goes on: the time that a target has had with these very sources counts. Ends with
    /// an error that names the inputs which break a property.
    Run {
        /// Its name, or `all`; `cargo xtask fuzz list` names them
        target: String,
        #[command(flatten)]
        options: campaign::Options,
    },
    /// Fuzz all targets: the same as `run all`
    All(campaign::Options),
    /// List the targets, and what a campaign has made of each
    List,
    /// Say what an input is, check it, and print the panic
    Repro {
        /// The input
        file: PathBuf,
        /// Its target; without it, the folder that the input lies in names it
        #[arg(long)]
        target: Option<String>,
    },
    /// Group the crashes of all targets by place and message, and make the smallest of each group smaller
    Triage(triage::Options),
    /// Print how many lines of codec and reader core the corpora run, and fail below the bars
    Cover(cover::Options),
    /// Minimise the corpora that have grown, into fuzz/corpus
    Keep {
        /// The target; without it, all
        target: Option<String>,
    },
    /// Put inputs of other machines to the corpora: a folder for each target below each of these
    Merge {
        /// Folders of corpora
        #[arg(required = true)]
        folders: Vec<PathBuf>,
    },
    /// Write the seeds to target/fuzz/seeds, the dictionaries to fuzz/dictionaries, and the targets into fuzz/README.md
    Seeds,
    /// Measure executions a second, without a sanitizer, and fail below the bars
    Speed {
        /// What the example `speed` of the fuzz library takes: seconds for each measurement
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION")]
        options: Vec<String>,
    },
    /// Plant bugs that a seed draws, one after the other, and demand that the targets find each
    Planted(planted::Options),
}

impl Command {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Run { target, options } => campaign::run(workspace, target, options),
            Self::All(options) => campaign::run(workspace, campaign::ALL, options),
            Self::List => campaign::list(workspace),
            Self::Repro { file, target } => triage::repro(workspace, file, target.as_deref()),
            Self::Triage(options) => triage::run(workspace, options),
            Self::Cover(options) => cover::run(workspace, options),
            Self::Keep { target } => corpora::keep(workspace, target.as_deref()),
            Self::Merge { folders } => corpora::merge(workspace, folders),
            Self::Seeds => corpora::seeds(workspace),
            Self::Speed { options } => speed(workspace, options),
            Self::Planted(options) => planted::run(workspace, options),
        }
    }
}

/// Where things of the campaigns are: what is committed, and what is made.
#[derive(Clone, Debug)]
struct Places {
    committed: PathBuf,
    made: PathBuf,
}

impl Places {
    fn of(workspace: &Workspace) -> Self {
        Self::at(&workspace.root, workspace.target.join("fuzz"))
    }

    /// Those of a copy of the workspace.
    fn at(root: &Path, made: PathBuf) -> Self {
        Self {
            committed: root.join("fuzz"),
            made,
        }
    }

    /// The corpus of a target as it grows.
    fn grown(&self, target: &str) -> PathBuf {
        self.made.join("corpus").join(target)
    }

    fn crashes(&self, target: &str) -> PathBuf {
        self.made.join("crashes").join(target)
    }

    fn seeds(&self) -> PathBuf {
        self.made.join("seeds")
    }

    fn dictionary(&self, target: &str) -> Option<PathBuf> {
        let file = self.committed.join(format!("dictionaries/{target}.dict"));
        file.is_file().then_some(file)
    }

    /// What a campaign begins with, as far as it is there.
    fn beginnings(&self, target: &str) -> Vec<PathBuf> {
        let folders = [
            self.committed.join("corpus").join(target),
            self.committed.join("regressions").join(target),
            self.seeds().join(target),
        ];
        folders.into_iter().filter(|folder| folder.is_dir()).collect()
    }
}

/// The measurement is an example of the fuzz library, optimised and not instrumented.
fn speed(workspace: &Workspace, options: &[String]) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--release", "--quiet", "--package", "cardwire-fuzz"]);
    cargo.args(["--example", "speed", "--"]);
    workspace::run(cargo.args(options))
}
