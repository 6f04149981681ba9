//! How code for the Cortex-M3 is built: with rustup's target if it is installed, otherwise with Debian's packages.
//!
//! A toolchain is never downloaded: rustup's may be pinned by whoever set the machine up, and machines of
//! continuous integration reach a Debian mirror but not always rustup's server. Debian packages a current compiler with
//! the sources of `core`, which cargo builds for the target itself (`-Zbuild-std`).

use crate::workspace::{self, Workspace};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// The target of everything that has to run without `std`.
pub(crate) const TARGET: &str = "thumbv7m-none-eabi";

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// The target of the port, whose core is a Cortex-M4.
pub(crate) const PORT_TARGET: &str = "thumbv7em-none-eabi";

/// The oldest minor version of 1.x that may build the workspace (`rust-version`).
const OLDEST_MINOR: u32 = 95;

/// A compiler for [`TARGET`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The developer's own, with `rustup target add thumbv7m-none-eabi` done.
    Rustup,
    /// `rustc-web`, `cargo-web`, `rust-web-src` and `lld`.
    Debian,
}

impl Toolchain {
    /// The one to use on this machine, if there is one.
    pub(crate) fn find() -> Option<Self> {
        if rustup_has_target() {
            Some(Self::Rustup)
        } else if debian_is_complete() {
            Some(Self::Debian)
        } else {
            None
        }
    }

    pub(crate) fn find_or_explain() -> Result<Self> {
        let Some(toolchain) = Self::find() else {
            bail!(
                "nothing here compiles for {TARGET}: run `cargo xtask setup` or `rustup target add {TARGET}`"
            );
        };
        Ok(toolchain)
    }

    /// `cargo build --release` for the target, small, with nothing of it touching the host's release profile.
    pub(crate) fn cargo_build(self, workspace: &Workspace) -> Command {
        self.cargo(workspace, "build", TARGET)
    }

    /// The same for the port's target, which a toolchain of rustup needs besides.
    pub(crate) fn cargo_build_port(self, workspace: &Workspace) -> Command {
        self.cargo(workspace, "build", PORT_TARGET)
    }

    /// The same with `cargo rustc`, so that flags behind `--` go to the compiler of one crate and the others are
    /// shared.
    pub(crate) fn cargo_rustc(self, workspace: &Workspace) -> Command {
        self.cargo(workspace, "rustc", TARGET)
    }

    fn cargo(self, workspace: &Workspace, subcommand: &str, target: &str) -> Command {
        let mut command = match self {
            Self::Rustup => workspace.cargo(),
            Self::Debian => workspace.command(DEBIAN_CARGO),
        };
        command.args([subcommand, "--release", "--target", target]);
        command
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s")
            .env("CARGO_PROFILE_RELEASE_LTO", "fat")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
            .env("CARGO_PROFILE_RELEASE_PANIC", "abort")
            // Flags meant for the host would be linker errors here.
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", path_flags(workspace));
        if self == Self::Debian {
            command
                .arg("-Zbuild-std=core")
                .env("RUSTC", DEBIAN_RUSTC)
                // Admits `-Zbuild-std` on a stable compiler; nothing else of the workspace asks for a nightly feature.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER", "ld.lld")
                .env("CARGO_TARGET_THUMBV7EM_NONE_EABI_LINKER", "ld.lld")
                // What the developer's cargo has set for its own compiler.
                .env_remove("RUSTUP_TOOLCHAIN")
                .env_remove("LD_LIBRARY_PATH");
        }
        command
    }
}

/// Panics name source files: without the folders of the one who built, the same source makes the same image.
fn path_flags(workspace: &Workspace) -> String {
    let home = std::env::var("CARGO_HOME")
        .ok()
        .or_else(|| std::env::var("HOME").ok().map(|home| home + "/.cargo"));
    let registry = home.map(|home| format!("--remap-path-prefix={home}/registry/src=registry"));
    let own = format!("--remap-path-prefix={}=cardwire", workspace.root.display());
    registry.into_iter().chain([own]).collect::<Vec<_>>().join("\x1f")
}

fn rustup_has_target() -> bool {
    workspace::output(Command::new("rustup").args(["target", "list", "--installed"]))
        .is_some_and(|targets| targets.lines().any(|target| target == TARGET))
}

fn debian_is_complete() -> bool {
    has_minor(DEBIAN_RUSTC)
        && has_minor(DEBIAN_CARGO)
        && Path::new("/usr/lib/rustlib/src/rust/library/core").is_dir()
        && workspace::find_program("ld.lld").is_some()
}

fn has_minor(program: &str) -> bool {
    let version = workspace::output(
        Command::new(program)
            .arg("--version")
            .env_remove("LD_LIBRARY_PATH"),
    );
    version.is_some_and(|version| minor(&version).is_some_and(|minor| minor >= OLDEST_MINOR))
}

/// The 96 of `rustc 1.96.0 (…)`.
fn minor(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(1)?.strip_prefix("1.")?;
    number.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn reads_versions() {
        assert_eq!(
            minor("rustc 1.96.0 (30a34c682 2026-05-25) (built from a source tarball)\n"),
            Some(96)
        );
        assert_eq!(minor("cargo 1.63.0-nightly"), Some(63));
        assert_eq!(minor("rustc 2.0.0"), None);
        assert_eq!(minor(""), None);
    }
}
