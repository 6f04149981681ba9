//! The two codecs, held against each other on many inputs: `codec/agreement` does it, optimised.

use crate::workspace::{self, Workspace};
use anyhow::Result;

/// How many inputs the step shows: some seconds' worth.
const SHORT: &str = "200000";

/// Starts the program with these options.
pub(crate) fn run(workspace: &Workspace, options: &[String]) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "run",
        "--release",
        "--quiet",
        "--package",
        "cardwire-agreement",
        "--",
    ]);
    workspace::run(cargo.args(options))
}

/// What continuous integration runs. The seed is the same every time: whoever changes something else shall not find
/// what has been there before.
pub(crate) fn short(workspace: &Workspace) -> Result<()> {
    run(workspace, &["--inputs".to_owned(), SHORT.to_owned()])
}
