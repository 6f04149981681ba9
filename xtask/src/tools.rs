//! Programs that steps need and that crates.io has: installed for this workspace alone, each in the version that the
//! workspace's configuration of it is written for.

use crate::{
    python,
    workspace::{self, Workspace},
};
use anyhow::{Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// One program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
    /// The same version, built by those who make it, as the Python Package Index has it for most machines: a file of
    /// requirements in the workspace. Else it is built here.
    built: Option<&'static str>,
}

/// Licences, sources and known weaknesses of dependencies.
pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    built: None,
};

/// Holds citations in code to what the book says.
pub(crate) const DUVET: Tool = Tool {
    name: "duvet",
    version: "0.4.3",
    built: None,
};

/// Builds the book.
pub(crate) const MDBOOK: Tool = Tool {
    name: "mdbook",
    version: "0.5.4",
    built: None,
};

/// Checks the book's links.
pub(crate) const LYCHEE: Tool = Tool {
    name: "lychee",
    version: "0.24.2",
    // Two minutes of building, more than all the others.
    built: Some("xtask/requirements/lychee.txt"),
};

/// Lists small changes of code. Only the chore that tries them needs it, and gets it then.
pub(crate) const CARGO_MUTANTS: Tool = Tool {
    name: "cargo-mutants",
    version: "27.0.0",
    built: None,
};

/// Builds fuzz targets.
pub(crate) const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
    built: None,
};

const ALL: [Tool; 5] = [CARGO_DENY, DUVET, MDBOOK, LYCHEE, CARGO_FUZZ];

/// Where they are built, within their folder.
const BUILD: &str = "build";

/// Installs what is missing.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let installed = installed(workspace);
    for tool in ALL {
        if !tool.is_there(workspace, &installed) {
            tool.install(workspace)?;
        }
    }
    let built = workspace.tools().join(BUILD);
    if built.exists() {
        fs::remove_dir_all(built)?;
    }
    Ok(())
}

/// What cargo says that it has installed for this workspace.
fn installed(workspace: &Workspace) -> String {
    fs::read_to_string(workspace.tools().join(".crates.toml")).unwrap_or_default()
}

impl Tool {
    /// A command that runs it in the workspace's root.
    ///
    /// # Errors
    /// It is not installed.
    pub(crate) fn command(self, workspace: &Workspace) -> Result<Command> {
        ensure!(
            self.is_there(workspace, &installed(workspace)),
            "{} {} is not there; `cargo xtask setup` installs it",
            self.name,
            self.version
        );
        Ok(workspace.command(self.path(workspace)))
    }

    /// Installs it, if it is not there.
    pub(crate) fn provide(self, workspace: &Workspace) -> Result<()> {
        if self.is_there(workspace, &installed(workspace)) {
            return Ok(());
        }
        self.install(workspace)
    }

    fn path(self, workspace: &Workspace) -> PathBuf {
        let fetched = self.fetched(workspace);
        if fetched.exists() {
            return fetched;
        }
        workspace.tools().join("bin").join(self.name)
    }

    /// Where it is if it was not built here.
    fn fetched(self, workspace: &Workspace) -> PathBuf {
        let Self { name, version, .. } = self;
        workspace.tools().join(format!("{name}-{version}/bin/{name}"))
    }

    fn is_there(self, workspace: &Workspace, installed: &str) -> bool {
        self.fetched(workspace).exists() || self.is_among(installed)
    }

    fn is_among(self, installed: &str) -> bool {
        installed.contains(&format!("\"{} {} (", self.name, self.version))
    }

    fn install(self, workspace: &Workspace) -> Result<()> {
        let Self { name, version, built } = self;
        if let Some(requirements) = built
            && self.fetch(workspace, Path::new(requirements)).is_ok()
        {
            return Ok(());
        }
        println!("installing {name} {version}; this takes a minute or two, once");
        let mut command = workspace.cargo();
        command.args([
            "install",
            name,
            "--version",
            version,
            "--locked",
            "--debug",
            "--quiet",
            "--root",
        ]);
        command.arg(workspace.tools());
        // What two of them depend on is built once.
        command.arg("--target-dir").arg(workspace.tools().join(BUILD));
        // It runs for a second a day: not worth an optimised build, nor debug information.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        workspace::run(&mut command)
    }

    fn fetch(self, workspace: &Workspace, requirements: &Path) -> Result<()> {
        let environment = workspace.tools().join(format!("{}-{}", self.name, self.version));
        python::environment(&environment, &workspace.root.join(requirements))?;
        ensure!(
            self.fetched(workspace).exists(),
            "the package brings no program of this name"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, DUVET};
    use std::{fs, path::Path};

    #[test]
    fn what_comes_built_is_of_the_same_version() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for tool in ALL {
            let Some(requirements) = tool.built else { continue };
            let text = fs::read_to_string(root.join(requirements)).unwrap();
            assert!(text.contains(&format!("=={} ", tool.version)), "{requirements}");
        }
    }

    #[test]
    fn cargo_s_list_names_a_version_exactly() {
        let list = "[v1]\n\"duvet 0.4.3 (registry+https://example.org/index)\" = [\"duvet\"]\n";
        assert!(DUVET.is_among(list));
        assert!(ALL.iter().filter(|tool| tool.is_among(list)).count() == 1);
        assert!(!DUVET.is_among("[v1]\n\"duvet 0.4.30 (registry)\" = [\"duvet\"]\n"));
    }
}
