//! How code for the Cortex-M3 is built: with rustup's compiler if the sources of `core` came with it, otherwise with Debian's.
//!
//! A toolchain is never downloaded: rustup's may be pinned by whoever set the machine up, and machines of
//! continuous integration reach a Debian mirror but not always rustup's server. Debian packages a current compiler with
//! the sources of `core`. Cargo builds it for the target itself (`-Zbuild-std`): what comes compiled is made to be fast, and
//! its panics carry the texts that go with them.

use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, bail};
use std::fs;
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
    /// The developer's own, with `rustup component add rust-src` done.
    Rustup,
    /// `rustc-web`, `cargo-web`, `rust-web-src` and `lld`.
    Debian,
}

impl Toolchain {
    /// The one to use on this machine, if there is one.
    pub(crate) fn find() -> Option<Self> {
        if rustup_has_sources() {
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
                "nothing here compiles for {TARGET}: run `cargo xtask setup`, or `rustup component add rust-src` \
                 and `rustup target add {TARGET}`"
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

    /// The same for an image that goes onto a chip, where flash is dear. What panics ends in a fault at once, and says
    /// nothing: the texts and what formats them take more than a tenth of the image.
    pub(crate) fn cargo_build_small(self, workspace: &Workspace) -> Result<Command> {
        let target = self.without_frame_pointer(workspace)?;
        let mut command = self.cargo(workspace, "build", &target);
        command
            .args([
                "-Zjson-target-spec",
                "-Zpanic-immediate-abort",
                "-Zbuild-std-features=optimize_for_size",
            ])
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "z")
            .env("CARGO_PROFILE_RELEASE_PANIC", "immediate-abort")
            // They take no flash, and tell what does.
            .env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only")
            .env(
                "CARGO_ENCODED_RUSTFLAGS",
                [&[path_flags(workspace).as_str()], &SMALL[..]]
                    .concat()
                    .join("\x1f"),
            );
        Ok(command)
    }

    /// The file with a target that is [`TARGET`], and called so, but for one thing: functions keep no pointer to their frame. No
    /// option takes it from them, and with it the compiler has one register less of the eight that short instructions reach.
    fn without_frame_pointer(self, workspace: &Workspace) -> Result<String> {
        let rustc = match self {
            Self::Rustup => "rustc",
            Self::Debian => DEBIAN_RUSTC,
        };
        let mut command = workspace.command(rustc);
        command
            .args([
                "-Zunstable-options",
                "--print=target-spec-json",
                "--target",
                TARGET,
            ])
            .env("RUSTC_BOOTSTRAP", "1");
        if self == Self::Debian {
            command.env_remove("LD_LIBRARY_PATH");
        }
        let text = workspace::output(&mut command);
        let text = text.with_context(|| format!("{rustc} does not say what {TARGET} is"))?;
        let mut target: serde_json::Value = serde_json::from_str(&text)?;
        target["frame-pointer"] = "may-omit".into();
        let folder = workspace.target.join("without-frame-pointer");
        fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{TARGET}.json"));
        fs::write(&file, target.to_string())
            .with_context(|| format!("{} can't be written", file.display()))?;
        Ok(file.display().to_string())
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
        command.args([subcommand, "--release", "--target", target, "-Zbuild-std=core"]);
        command
            // Admits `-Zbuild-std` on a stable compiler; nothing that is built asks for a nightly feature.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s")
            .env("CARGO_PROFILE_RELEASE_LTO", "fat")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
            .env("CARGO_PROFILE_RELEASE_PANIC", "abort")
            // Flags meant for the host would be linker errors here.
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", path_flags(workspace));
        if self == Self::Debian {
            command
                .env("RUSTC", DEBIAN_RUSTC)
                .env("CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER", "ld.lld")
                .env("CARGO_TARGET_THUMBV7EM_NONE_EABI_LINKER", "ld.lld")
                // What the developer's cargo has set for its own compiler.
                .env_remove("RUSTUP_TOOLCHAIN")
                .env_remove("LD_LIBRARY_PATH");
        }
        command
    }
}

/// What makes an image small besides.
const SMALL: [&str; 14] = [
    // No text of a panic, nor the place of it.
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
    // No function is put into another one but where that takes less than its call, and into its only caller but where it is
    // small: the three costs are four times what they are elsewhere, and what speaks for an only caller is not.
    "-Cllvm-args=-inline-threshold=40",
    "-Cllvm-args=-inline-instr-cost=20",
    "-Cllvm-args=-inline-call-penalty=100",
    // No address is made before a loop, only to be spilt there.
    "-Cllvm-args=-disable-machine-licm",
    "-Cllvm-args=-disable-postra-machine-licm",
    // Nothing is computed on both ways to save a jump.
    "-Cllvm-args=-phi-node-folding-threshold=1",
    "-Cllvm-args=-two-entry-phi-node-folding-threshold=1",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    // Registers are spilt where that is shortest, not where it is fastest.
    "-Cllvm-args=-split-spill-mode=size",
    // What is the same is there once: the ends of ways that meet, pieces of functions, functions.
    "-Cllvm-args=-tail-merge-size=2",
    "-Cllvm-args=-machine-outliner-reruns=3",
    "-Clink-arg=--icf=all",
];

/// Panics name source files: without the folders of the one who built, the same source makes the same image.
fn path_flags(workspace: &Workspace) -> String {
    let home = std::env::var("CARGO_HOME")
        .ok()
        .or_else(|| std::env::var("HOME").ok().map(|home| home + "/.cargo"));
    let registry = home.map(|home| format!("--remap-path-prefix={home}/registry/src=registry"));
    let own = format!("--remap-path-prefix={}=cardwire", workspace.root.display());
    registry.into_iter().chain([own]).collect::<Vec<_>>().join("\x1f")
}

fn rustup_has_sources() -> bool {
    let lists = |what: &[&str], name: &str| {
        workspace::output(Command::new("rustup").args(what))
            .is_some_and(|listed| listed.lines().any(|line| line.starts_with(name)))
    };
    lists(&["target", "list", "--installed"], TARGET)
        && lists(&["component", "list", "--installed"], "rust-src")
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
