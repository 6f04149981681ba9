//! The compiler that instruments: a nightly one, which sanitizers need.

use crate::workspace::{self, Workspace};
use anyhow::{Result, bail};
use std::{path::Path, process::Command};

const NIGHTLY: &str = "nightly";

/// The compiler of fuzz targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compiler {
    /// Rustup's nightly one.
    Nightly,
    /// The workspace's own, told to admit what a nightly one does. Good for everything but sanitizers.
    Own,
}

impl Compiler {
    /// Nightly, installed where rustup can reach its server; the workspace's own where not, and where that does.
    pub(super) fn provide(sanitized: bool) -> Result<Self> {
        if is_there() {
            return Ok(Self::Nightly);
        }
        println!("installing a nightly compiler, which instruments");
        let mut rustup = Command::new("rustup");
        rustup.args(["toolchain", "install", NIGHTLY, "--profile", "minimal"]);
        if workspace::run(&mut rustup).is_ok() && is_there() {
            return Ok(Self::Nightly);
        }
        if sanitized {
            bail!(
                "a sanitizer needs a nightly compiler, and there is none here: `rustup toolchain install nightly`, or \
                 leave the sanitizer out with `--sanitizer none`"
            );
        }
        println!(
            "NOTICE: there is no nightly compiler here, and none can be had: the workspace's own is used"
        );
        Ok(Self::Own)
    }

    /// A command that this compiler builds for.
    pub(super) fn command(self, workspace: &Workspace, program: impl AsRef<Path>) -> Command {
        let mut command = workspace.command(program);
        for (name, _) in std::env::vars_os() {
            // What the cargo that started this program has told it of itself.
            let told = name.to_string_lossy();
            if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("RUSTFLAGS");
        match self {
            Self::Nightly => command
                .env("RUSTUP_TOOLCHAIN", NIGHTLY)
                .env_remove("CARGO")
                .env_remove("RUSTC")
                .env_remove("RUSTDOC")
                .env_remove("LD_LIBRARY_PATH"),
            Self::Own => command.env("RUSTC_BOOTSTRAP", "1"),
        };
        command
    }
}

fn is_there() -> bool {
    let mut rustup = Command::new("rustup");
    workspace::output(rustup.args(["run", NIGHTLY, "rustc", "--version"])).is_some()
}
