//! Power cuts at every flash operation of a reader: an example of `reference-reader/store` cuts its ordinary writes, and the
//! tests of the core whole updates; both optimised.

use crate::workspace::{self, Workspace};
use anyhow::Result;

/// What the step does: some seconds' worth.
const SHORT: [&str; 3] = ["--short", "--runs", "50000"];

/// How many ways of being cut inside the tests of the core try; without it a short run's worth.
const WAYS: &str = "CARDWIRE_POWER_CUTS";

/// Starts both with these options, which the example explains.
pub(crate) fn run(workspace: &Workspace, options: &[String]) -> Result<()> {
    ordinary_writes(workspace, options)?;
    if options.iter().any(|option| option == "--help" || option == "-h") {
        return Ok(());
    }
    println!();
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--release", "--quiet", "--package", "cardwire-core"]);
    cargo.args(["--test", "power_cuts", "updates_that", "--", "--nocapture"]);
    if options.iter().any(|option| option == "--short") {
        cargo.env_remove(WAYS);
    } else {
        cargo.env(WAYS, inside(options).unwrap_or("2"));
    }
    workspace::run(&mut cargo)
}

fn ordinary_writes(workspace: &Workspace, options: &[String]) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--release", "--quiet", "--package", "cardwire-store"]);
    cargo.args(["--example", "power-cuts", "--"]);
    workspace::run(cargo.args(options))
}

/// What follows `--inside`.
fn inside(options: &[String]) -> Option<&str> {
    let mut rest = options.iter();
    rest.find_map(|option| match option.strip_prefix("--inside")? {
        "" => Some(None),
        given => given.strip_prefix('=').map(Some),
    })?
    .or_else(|| rest.next().map(String::as_str))
}

/// What continuous integration runs, with the same seed every time. The short run of whole updates is among the tests of
/// the core, and not made once more.
pub(crate) fn short(workspace: &Workspace) -> Result<()> {
    ordinary_writes(workspace, &SHORT.map(str::to_owned))
}
