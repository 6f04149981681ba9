//! What an example of the fuzz library says of targets and inputs.

use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A target, as far as a chore knows it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) property: String,
}

/// What came of an input.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Checked {
    pub(super) file: PathBuf,
    pub(super) size: usize,
    /// Nothing where the property holds.
    pub(super) panic: Option<Panic>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Panic {
    pub(super) place: String,
    pub(super) message: String,
}

/// The example, built by the workspace's own compiler.
#[derive(Debug)]
pub(super) struct Inputs {
    program: PathBuf,
}

impl Inputs {
    pub(super) fn build(workspace: &Workspace) -> Result<Self> {
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--quiet", "--package", "cardwire-fuzz"]);
        workspace::run(cargo.args(["--example", "inputs"]))?;
        Ok(Self {
            program: workspace.target.join("debug/examples/inputs"),
        })
    }

    pub(super) fn command(&self, workspace: &Workspace) -> Command {
        workspace.command(&self.program)
    }

    /// Every target.
    pub(super) fn targets(&self, workspace: &Workspace) -> Result<Vec<Target>> {
        let listed = workspace::output(self.command(workspace).arg("list"));
        let listed = listed.context("the fuzz library does not list its targets")?;
        let targets: Vec<Target> = serde_json::from_str(&listed)?;
        ensure!(!targets.is_empty(), "the fuzz library has no targets");
        Ok(targets)
    }

    /// The target of that name, or every one.
    pub(super) fn chosen(&self, workspace: &Workspace, name: Option<&str>) -> Result<Vec<Target>> {
        let targets = self.targets(workspace)?;
        let Some(name) = name else {
            return Ok(targets);
        };
        let names: Vec<_> = targets.iter().map(|target| target.name.clone()).collect();
        match targets.into_iter().find(|target| target.name == name) {
            Some(target) => Ok(vec![target]),
            None => bail!(
                "there is no target {name}; there are {}, and all",
                names.join(", ")
            ),
        }
    }

    /// What comes of each of these inputs. One that ends the process has a panic without a place.
    pub(super) fn check(
        &self,
        workspace: &Workspace,
        target: &str,
        files: &[PathBuf],
    ) -> Result<Vec<Checked>> {
        let mut checked: Vec<Checked> = Vec::new();
        let mut left = files;
        while !left.is_empty() {
            let mut command = self.command(workspace);
            let output = command.args(["check", target]).args(left).output()?;
            let before = checked.len();
            for line in String::from_utf8(output.stdout)?.lines() {
                checked.push(serde_json::from_str(line)?);
            }
            left = &left[checked.len() - before..];
            if let Some((ended, rest)) = left.split_first() {
                let file: &Path = ended;
                checked.push(Checked {
                    file: file.to_owned(),
                    size: usize::try_from(file.metadata()?.len())?,
                    panic: Some(Panic {
                        place: "the process".to_owned(),
                        message: format!("ended with {}", output.status),
                    }),
                });
                left = rest;
            }
        }
        Ok(checked)
    }
}
