//! A fleet of readers at once against one cloud, which is killed in the middle: a program of `cli` does it.

use crate::workspace::{self, Workspace};
use anyhow::Result;

/// Starts the program with these options. Not optimised, as the tests are: the build would take longer than the run, and
/// cryptography is optimised in any case.
pub(crate) fn run(workspace: &Workspace, options: &[String]) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "bench",
        "--quiet",
        "--profile",
        "dev",
        "--package",
        "cardwire-cli",
        "--bench",
        "fleet",
        "--",
    ]);
    workspace::run(cargo.args(options))
}
