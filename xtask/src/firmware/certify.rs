//! The whole certification of the reader on the board, over its serial line.

use super::laboratory::{Kind, Laboratory};
use crate::certify::Report;
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};

/// What is claimed of the reader on the board, and known of its card.
pub(super) const FORMS: [&str; 4] = [
    "--ics",
    "reference-reader/ics/cortex-m3.toml",
    "--ixit",
    "reference-reader/ics/cortex-m3-ixit.toml",
];

/// How the certification is run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// How many boards share the cases
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(super) boards: usize,
    /// How many times as fast as others their clocks run
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) clock_rate: u16,
    /// A `cardwire` that is built already [default: build it]
    #[arg(long, value_name = "FILE")]
    pub(super) suite: Option<PathBuf>,
    /// More options of `cardwire certify reader`
    #[arg(last = true)]
    pub(super) more: Vec<String>,
}

impl Options {
    /// What CI runs.
    pub(super) fn whole() -> Self {
        Self {
            boards: 4,
            clock_rate: 10,
            suite: None,
            more: Vec::new(),
        }
    }
}

/// Certifies boards with this image, which is the laboratory's.
pub(super) fn run(workspace: &Workspace, image: PathBuf, options: &Options) -> Result<()> {
    let kind = Kind {
        image,
        clock_rate: options.clock_rate,
        options: &[],
    };
    let report = on(workspace, &kind, options, "cortex-m3", &[])?;
    println!("{}", skipped(&report));
    Ok(())
}

/// Has the suite test boards of this kind; the report is in the folder `name`, beside those of other readers.
pub(super) fn on(
    workspace: &Workspace,
    kind: &Kind,
    options: &Options,
    name: &str,
    more: &[&str],
) -> Result<Report> {
    let cardwire = match &options.suite {
        Some(file) => std::path::absolute(file)?,
        None => {
            crate::workspace::run(workspace.cargo().args(["build", "--release"]))?;
            workspace.target.join("release/cardwire")
        }
    };
    let laboratory = Laboratory::open(kind, options.boards)?;
    let report = workspace.target.join("certify").join(name);
    let rate = kind.clock_rate.to_string();
    let mut command = workspace.command(&cardwire);
    command
        .args(["certify", "reader"])
        .args(laboratory.endpoints())
        .args(FORMS)
        .args(["--clock-rate", &rate])
        .arg("--report")
        .arg(&report)
        .args(bench(workspace, &laboratory, &cardwire)?)
        .args(more)
        .args(&options.more);
    let told = crate::workspace::run(&mut command);
    for line in laboratory.said() {
        println!("a board said: {line}");
    }
    told.with_context(|| {
        format!(
            "the reader on the board failed; the report is in {}",
            report.display()
        )
    })?;
    ensure!(
        laboratory.said().is_empty(),
        "a board has panicked, and passed all the same: see above"
    );
    Report::read(&report)
}

/// The bench commands: what moves a board, and what moves its card.
fn bench(workspace: &Workspace, laboratory: &Laboratory, cardwire: &Path) -> Result<Vec<String>> {
    // Not the file that this program was started from: the tests of the workspace put another in its place.
    crate::workspace::run(workspace.cargo().args(["build", "--package", "cardwire-xtask"]))?;
    let own = workspace.target.join("debug/xtask");
    let (own, cardwire, control) = (own.display(), cardwire.display(), laboratory.control());
    let mut options = Vec::new();
    for (option, deed) in [
        ("--reset", "reset"),
        ("--power-off", "power-off"),
        ("--power-on", "power-on"),
    ] {
        let address = laboratory.address;
        options.extend([
            option.into(),
            format!("'{own}' firmware bench {address} {deed} {{device}}"),
        ]);
    }
    for (option, what) in [
        ("--remove-card", "remove --quiet"),
        ("--insert-card", "insert --quiet"),
        ("--power-trace", "power"),
        ("--module-fault", "fault --quiet"),
    ] {
        options.extend([
            option.into(),
            format!("'{cardwire}' card {what} --control {control}"),
        ]);
    }
    Ok(options)
}

/// Why cases did not apply, and how many each reason concerns.
fn skipped(report: &Report) -> String {
    let mut reasons = std::collections::BTreeMap::<&str, usize>::new();
    let skipped = report
        .cases
        .iter()
        .filter(|case| case.verdict == "not-applicable");
    for case in skipped {
        *reasons
            .entry(case.reason.as_deref().unwrap_or_default())
            .or_default() += 1;
    }
    let lines: Vec<_> = reasons
        .iter()
        .map(|(reason, cases)| format!("{cases:>4} did not apply: {reason}"))
        .collect();
    lines.join("\n")
}
