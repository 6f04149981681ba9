//! LLVM's tools for profiles, of the version that the compiler is built on: older ones refuse its profiles.

use crate::workspace::{self, Workspace, find_program};
use anyhow::{Context as _, Result};
use std::{env, path::PathBuf, process::Command};

/// The tools of one version.
#[derive(Debug)]
pub(crate) struct Llvm {
    /// Merges raw profiles.
    pub(crate) profdata: PathBuf,
    /// Says which lines were run.
    pub(crate) cov: PathBuf,
}

impl Llvm {
    /// Those that the environment names, or else those beside the compiler (rustup's `llvm-tools`), or else those of
    /// the system.
    pub(crate) fn find(workspace: &Workspace) -> Option<Self> {
        Some(Self {
            profdata: tool(workspace, "llvm-profdata", "LLVM_PROFDATA")?,
            cov: tool(workspace, "llvm-cov", "LLVM_COV")?,
        })
    }

    pub(crate) fn find_or_explain(workspace: &Workspace) -> Result<Self> {
        Self::find(workspace).with_context(|| {
            format!(
                "llvm-cov and llvm-profdata {} are not there: run `cargo xtask setup`, or name them in LLVM_COV and \
                 LLVM_PROFDATA",
                version(workspace).unwrap_or_default()
            )
        })
    }
}

/// The Debian package with the tools.
pub(crate) fn package(workspace: &Workspace) -> Option<String> {
    Some(format!("llvm-{}", version(workspace)?))
}

fn tool(workspace: &Workspace, name: &str, variable: &str) -> Option<PathBuf> {
    if let Some(named) = env::var_os(variable) {
        return Some(named.into());
    }
    let about = about(workspace)?;
    let host = value(&about, "host")?;
    let sysroot = workspace::output(rustc(workspace).args(["--print", "sysroot"]))?;
    let beside = PathBuf::from(sysroot.trim())
        .join("lib/rustlib")
        .join(host)
        .join("bin")
        .join(name);
    if beside.is_file() {
        return Some(beside);
    }
    find_program(&format!("{name}-{}", version(workspace)?))
}

/// The major version of LLVM in the workspace's compiler.
fn version(workspace: &Workspace) -> Option<String> {
    let about = about(workspace)?;
    let version = value(&about, "LLVM version")?;
    Some(version.split('.').next()?.to_owned())
}

fn about(workspace: &Workspace) -> Option<String> {
    workspace::output(rustc(workspace).args(["--version", "--verbose"]))
}

fn value<'a>(about: &'a str, name: &str) -> Option<&'a str> {
    about
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn rustc(workspace: &Workspace) -> Command {
    workspace.command(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn reads_what_the_compiler_says_of_itself() {
        let about = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\n\
                     release: 1.95.0\nLLVM version: 22.1.2\n";
        assert_eq!(value(about, "LLVM version"), Some("22.1.2"));
        assert_eq!(value(about, "host"), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(value(about, "nothing"), None);
    }
}
