//! How many lines of the codec its own tests run: its unit tests, the tests of its folder, its documentation tests.
//!
//! Lines of tests count for nothing, and neither do generated tables without code. What is not run is printed, line by
//! line, so that whoever reads it can say why.

mod lines;
mod sources;

use crate::{
    llvm::Llvm,
    workspace::{self, Workspace},
};
use anyhow::{Context as _, Result, ensure};
pub(crate) use sources::Sources;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const PACKAGE: &str = "cardwire-codec";

/// What is measured.
const SOURCES: &str = "codec/src";

/// Fewer percent of the lines than this are too few.
const BAR: f64 = 98.0;

/// Runs the tests and prints what they leave out; fails below the bar.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let llvm = Llvm::find_or_explain(workspace)?;
    let folder = workspace.target.join("coverage");
    let profiles = folder.join("profiles");
    let doctests = folder.join("doctests");
    // What an earlier run has left would count.
    for stale in [&profiles, &doctests] {
        if stale.exists() {
            fs::remove_dir_all(stale)?;
        }
        fs::create_dir_all(stale)?;
    }
    let tests = build(workspace, &folder)?;
    for test in &tests {
        let mut command = workspace.command(test);
        command.current_dir(workspace.root.join("codec"));
        profiled(&mut command, &profiles).args(["--quiet"]);
        workspace::run(&mut command)?;
    }
    documentation(workspace, &folder, &profiles, &doctests)?;
    let merged = merge(&llvm, &profiles, &folder)?;
    let mut programs = tests;
    let kept = files_below(&doctests)?;
    // What the documentation tests were made from lies beside them.
    programs.extend(kept.into_iter().filter(|file| file.ends_with("rust_out")));
    report(&export(workspace, &llvm, &merged, &programs, SOURCES)?, workspace)
}

/// A cargo command for the codec with all features, instrumented, apart from everything else that is built.
fn cargo(workspace: &Workspace, folder: &Path) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--package", PACKAGE, "--all-features", "--target-dir"]);
    cargo
        .arg(folder.join("target"))
        .env("RUSTFLAGS", "-C instrument-coverage")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo
}

/// Where a program leaves its profile: one file for each process.
pub(crate) fn profiled<'c>(command: &'c mut Command, profiles: &Path) -> &'c mut Command {
    command.env("LLVM_PROFILE_FILE", profiles.join("%p-%m.profraw"))
}

/// Builds the tests and returns their programs.
fn build(workspace: &Workspace, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut command = cargo(workspace, folder);
    command.args(["--lib", "--tests"]);
    // Build scripts and macros are instrumented too, and nobody wants their profiles.
    command.env("LLVM_PROFILE_FILE", "/dev/null");
    let programs = workspace::test_programs(&mut command)?;
    ensure!(!programs.is_empty(), "{PACKAGE} has no tests");
    Ok(programs)
}

/// Runs the documentation tests. Keeping their programs is not stable yet; the figures alone depend on it.
fn documentation(workspace: &Workspace, folder: &Path, profiles: &Path, kept: &Path) -> Result<()> {
    let mut command = cargo(workspace, folder);
    let flags = format!(
        "-C instrument-coverage -Z unstable-options --persist-doctests {}",
        kept.display()
    );
    command
        .args(["--doc", "--quiet"])
        .env("RUSTDOCFLAGS", flags)
        .env("RUSTC_BOOTSTRAP", "1");
    workspace::run(profiled(&mut command, profiles))
}

/// Merges profiles into one file in the folder.
pub(crate) fn merge(llvm: &Llvm, profiles: &Path, folder: &Path) -> Result<PathBuf> {
    let merged = folder.join("merged.profdata");
    let mut command = Command::new(&llvm.profdata);
    command.args(["merge", "--sparse", "--output"]).arg(&merged);
    command.args(files_below(profiles)?);
    let output = command.output().context("llvm-profdata can't be started")?;
    ensure!(
        output.status.success(),
        "llvm-profdata failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(merged)
}

/// What was run of some sources, as `lcov` writes it.
pub(crate) fn export(
    workspace: &Workspace,
    llvm: &Llvm,
    profile: &Path,
    programs: &[PathBuf],
    sources: &str,
) -> Result<String> {
    let mut command = Command::new(&llvm.cov);
    command
        .args(["export", "--format=lcov", "--instr-profile"])
        .arg(profile);
    for program in programs {
        command.arg("--object").arg(program);
    }
    command.arg("--sources").arg(workspace.root.join(sources));
    let output = command.output().context("llvm-cov can't be started")?;
    ensure!(
        output.status.success(),
        "llvm-cov failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

fn report(lcov: &str, workspace: &Workspace) -> Result<()> {
    let measured = Sources::read(lcov, workspace)?;
    measured.print(usize::MAX);
    let figure = measured.figure();
    ensure!(
        figure >= BAR,
        "the codec's tests run {figure:.2} % of its lines, and {BAR} % are wanted: test the lines above, or take \
         them out"
    );
    Ok(())
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
