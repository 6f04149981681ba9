//! The reader among people who mean it no good, and on a line that is no good: the tests of the core do it, and print.

use crate::workspace::{self, Workspace};
use anyhow::Result;

/// Services over the bad line in virtual time.
const SERVICES: &str = "10000";

/// Prints the attack table, and what each attack does to a reader that is weak there.
pub(crate) fn attacks(workspace: &Workspace) -> Result<()> {
    test(workspace, "cardwire-core", "attacks")?;
    test(workspace, "cardwire-faulty", "attacks")
}

/// Runs every service of the bad line, in virtual time and over TCP, and prints the counts.
pub(crate) fn lossy(workspace: &Workspace) -> Result<()> {
    test(workspace, "cardwire-core", "lossy")?;
    test(workspace, "cardwire-host", "lossy")
}

fn test(workspace: &Workspace, package: &str, name: &str) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--quiet", "--package", package, "--test", name]);
    workspace::run(
        cargo
            .args(["--", "--nocapture", "--test-threads", "1"])
            .env("CARDWIRE_SERVICES", SERVICES),
    )
}
