//! The port to a second board: it compiles, and its reader is sane in QEMU.

use super::certify::{self, Options};
use super::laboratory::Kind;
use crate::toolchain::{PORT_TARGET, Toolchain};
use crate::workspace::{self, Workspace};
use anyhow::{Result, ensure};
use std::path::PathBuf;

const PACKAGE: &str = "cardwire-firmware-stm32f405";

/// Builds the port.
pub(super) fn build(workspace: &Workspace) -> Result<()> {
    let mut cargo = Toolchain::find_or_explain()?.cargo_build_port(workspace);
    workspace::run(cargo.args(["--package", PACKAGE]))
}

/// Builds the port and has the suite put its sanity group to it.
pub(super) fn check(workspace: &Workspace, suite: Option<PathBuf>) -> Result<()> {
    build(workspace)?;
    let kind = Kind {
        image: workspace.target.join(PORT_TARGET).join("release").join(PACKAGE),
        clock_rate: 1,
        options: &["-machine", "netduinoplus2"],
    };
    let options = Options {
        boards: 1,
        suite,
        ..Options::whole()
    };
    let report = certify::on(workspace, &kind, &options, "stm32f405", &["--filter", "sanity.*"])?;
    let passed = report.cases.iter().filter(|case| case.verdict == "pass").count();
    ensure!(passed > 0, "no case of the sanity group has passed");
    println!("{passed} cases of the sanity group pass on the second board");
    Ok(())
}
