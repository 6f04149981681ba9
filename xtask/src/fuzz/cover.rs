//! How many lines of codec and reader core the corpora run.
//!
//! They are replayed by a plain build of the workspace's own compiler, without a fuzzer.

use super::{Places, inputs::Inputs};
use crate::{
    coverage::{self, Sources},
    llvm::Llvm,
    workspace::{self, Workspace},
};
use anyhow::{Result, ensure};
use std::fs;

/// What is measured, and what percentage of its lines has to be run.
const BARS: [(&str, f64); 2] = [("codec/src", 95.0), ("reference-reader/core/src", 90.0)];

/// How many files are listed of each, those with the most lines that are not run.
const WORST: usize = 12;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Replay what has grown in target/fuzz too, and not only what is committed
    #[arg(long)]
    grown: bool,
    /// List every file
    #[arg(long)]
    all: bool,
    /// Replay this target alone: what it covers, and no bar
    #[arg(long)]
    target: Option<String>,
}

/// Replays the corpora, and fails below a bar.
pub(super) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let llvm = Llvm::find_or_explain(workspace)?;
    let targets = Inputs::build(workspace)?.chosen(workspace, options.target.as_deref())?;
    let folder = workspace.target.join("coverage/fuzz");
    let profiles = folder.join("profiles");
    if profiles.exists() {
        fs::remove_dir_all(&profiles)?;
    }
    fs::create_dir_all(&profiles)?;
    let mut cargo = workspace.cargo();
    cargo
        .args([
            "build",
            "--package",
            "cardwire-fuzz",
            "--example",
            "inputs",
            "--target-dir",
        ])
        .arg(folder.join("target"))
        .env("RUSTFLAGS", "-C instrument-coverage")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        // Build scripts and macros are instrumented too, and nobody wants their profiles.
        .env("LLVM_PROFILE_FILE", "/dev/null");
    workspace::run(&mut cargo)?;
    let program = folder.join("target/debug/examples/inputs");
    let places = Places::of(workspace);
    for target in &targets {
        let mut command = workspace.command(&program);
        command
            .args(["replay", &target.name])
            .args(places.beginnings(&target.name));
        if options.grown {
            command.arg(places.grown(&target.name));
        }
        workspace::run(coverage::profiled(&mut command, &profiles))?;
    }
    let merged = coverage::merge(&llvm, &profiles, &folder)?;
    let mut short = Vec::new();
    for (sources, bar) in BARS {
        let lcov = coverage::export(
            workspace,
            &llvm,
            &merged,
            core::slice::from_ref(&program),
            sources,
        )?;
        let measured = Sources::read(&lcov, workspace)?;
        println!("\n{sources}");
        measured.print(if options.all { usize::MAX } else { WORST });
        let figure = measured.figure();
        println!("{figure:>6.2} % of {sources}, and {bar} % are wanted");
        if figure < bar {
            short.push(format!("{figure:.2} % of {sources} instead of {bar} %"));
        }
    }
    ensure!(
        options.target.is_some() || short.is_empty(),
        "the corpora run too few lines: {}",
        short.join(", ")
    );
    Ok(())
}
