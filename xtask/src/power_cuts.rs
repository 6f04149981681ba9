//! Power cuts at every flash operation of a reader: an example of `reference-reader/store` does it, optimised.

use crate::workspace::{self, Workspace};
use anyhow::Result;

/// What the step does: some seconds' worth.
const SHORT: [&str; 3] = ["--short", "--runs", "50000"];

/// Starts the program with these options.
pub(crate) fn run(workspace: &Workspace, options: &[String]) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--release", "--quiet", "--package", "cardwire-store"]);
    cargo.args(["--example", "power-cuts", "--"]);
    workspace::run(cargo.args(options))
}

/// What continuous integration runs, with the same seed every time.
pub(crate) fn short(workspace: &Workspace) -> Result<()> {
    run(workspace, &SHORT.map(str::to_owned))
}
