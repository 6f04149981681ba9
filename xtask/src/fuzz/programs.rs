//! The targets as programs: built by cargo-fuzz for libFuzzer, and of the same sources for AFL++.

use super::nightly::Compiler;
use crate::{copies, setup, tools::CARGO_FUZZ, workspace, workspace::Workspace};
use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use core::fmt;
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What drives the targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// Within the program.
    Libfuzzer,
    /// AFL++ of the Debian package `afl++`, which keeps the program running from input to input.
    Afl,
}

/// What watches the program's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Sanitizer {
    /// Nothing: the crates hold no unsafe code.
    None,
    /// AddressSanitizer, for what dependencies do.
    Address,
}

/// The one program that is every target: the environment names it.
pub(super) const ANY: &str = "any";

/// What names the target of [`ANY`].
pub(super) const ANY_TARGET: &str = "CARDWIRE_FUZZ_TARGET";

/// What the workspace is built for; programs of the build itself are not instrumented where a target is named.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// What makes a program that AFL++ understands: its runtime, and its driver in the place of libFuzzer.
const AFL_RUNTIME: &str = "/usr/lib/afl/afl-compiler-rt.o";
const AFL_DRIVER: &str = "/usr/lib/afl/libAFLDriver.a";

/// Programs of one engine and sanitizer.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Builds the program of one target, or of all.
    pub(super) fn build(
        workspace: &Workspace,
        engine: Engine,
        sanitizer: Sanitizer,
        target: Option<&str>,
    ) -> Result<Self> {
        let folder = folder_of(workspace, engine, sanitizer);
        let compiler = Compiler::provide(sanitizer == Sanitizer::Address)?;
        match engine {
            Engine::Libfuzzer => {
                let mut command = libfuzzer(workspace, compiler, sanitizer, &folder)?;
                workspace::run(command.args(target))?;
            }
            Engine::Afl => afl(workspace, compiler, sanitizer, target, &folder)?,
        }
        Ok(Self::built(workspace, engine, sanitizer))
    }

    /// Those that were built before; there may be none.
    pub(super) fn built(workspace: &Workspace, engine: Engine, sanitizer: Sanitizer) -> Self {
        Self::of_folder(
            folder_of(workspace, engine, sanitizer)
                .join(TRIPLE)
                .join("release"),
        )
    }

    /// The programs in a folder.
    pub(super) const fn of_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Builds the program that is every target, in a copy of the workspace and with the copy's own profile; nothing where
    /// it does not compile.
    pub(super) fn build_any(workspace: &Workspace, copy: &Path) -> Result<Option<Self>> {
        let folder = copy.join("target");
        let mut command = libfuzzer(workspace, Compiler::provide(false)?, Sanitizer::None, &folder)?;
        let output = command
            .current_dir(copy)
            .arg(ANY)
            .env("CARGO_NET_OFFLINE", "true")
            .env("RUSTFLAGS", "--cap-lints allow")
            .output()
            .context("cargo-fuzz can't be started")?;
        fs::write(copy.join("build.log"), &output.stderr)?;
        Ok(output.status.success().then(|| Self {
            folder: folder.join(TRIPLE).join("release"),
        }))
    }

    pub(super) fn of(&self, target: &str) -> PathBuf {
        self.folder.join(target)
    }

    /// What tells a program from all others; none of one that is not built.
    pub(super) fn digest(&self, target: &str) -> Option<String> {
        let digest = copies::digest(&self.folder, &[target]).ok()?;
        Some(format!("{digest:016x}"))
    }
}

fn folder_of(workspace: &Workspace, engine: Engine, sanitizer: Sanitizer) -> PathBuf {
    workspace.target.join(format!("fuzz/build/{engine}-{sanitizer}"))
}

/// Optimised, with the checks of a debug build: an overflow is a finding.
fn libfuzzer(
    workspace: &Workspace,
    compiler: Compiler,
    sanitizer: Sanitizer,
    folder: &Path,
) -> Result<Command> {
    CARGO_FUZZ.provide(workspace)?;
    let mut command = compiler.command(workspace, CARGO_FUZZ.command(workspace)?.get_program());
    command
        .args(["build", "--fuzz-dir", "fuzz/libfuzzer", "--target", TRIPLE])
        .args(["--sanitizer", &sanitizer.to_string(), "--target-dir"])
        .arg(folder)
        // One unit would be a little faster to run, and takes the compiler twice as long.
        .args(["--codegen-units", "16"])
        // Line numbers are all that a back trace needs.
        .env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only");
    Ok(command)
}

/// The very programs, whose entry AFL++'s driver calls as libFuzzer does. The compiler's own pass counts edges.
fn afl(
    workspace: &Workspace,
    compiler: Compiler,
    sanitizer: Sanitizer,
    target: Option<&str>,
    folder: &Path,
) -> Result<()> {
    for file in [AFL_RUNTIME, AFL_DRIVER] {
        if !Path::new(file).exists() {
            setup::install_packages(&["afl++".to_owned()])?;
        }
        if !Path::new(file).exists() {
            bail!("{file} is not there: AFL++ of another system keeps it elsewhere");
        }
    }
    let mut flags = vec![
        "--cfg=fuzzing",
        "-Cpasses=sancov-module",
        "-Cllvm-args=-sanitizer-coverage-level=3",
        "-Cllvm-args=-sanitizer-coverage-trace-pc-guard",
        "-Cdebug-assertions",
        "-Coverflow-checks",
    ];
    let runtime = format!("-Clink-arg={AFL_RUNTIME}");
    flags.push(&runtime);
    match sanitizer {
        Sanitizer::None => {}
        Sanitizer::Address => flags.push("-Zsanitizer=address"),
    }
    let cargo = match compiler {
        Compiler::Nightly => OsString::from("cargo"),
        Compiler::Own => env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
    };
    let mut command = compiler.command(workspace, Path::new(&cargo));
    command
        .args([
            "build",
            "--release",
            "--package",
            "cardwire-fuzz-libfuzzer",
            "--target",
            TRIPLE,
        ])
        .arg("--target-dir")
        .arg(folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only")
        .env("CUSTOM_LIBFUZZER_PATH", AFL_DRIVER)
        .env("CUSTOM_LIBFUZZER_STD_CXX", "none");
    if let Some(target) = target {
        command.args(["--bin", target]);
    }
    workspace::run(&mut command)
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Libfuzzer => "libfuzzer",
            Self::Afl => "afl",
        })
    }
}

impl fmt::Display for Sanitizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Address => "address",
        })
    }
}
