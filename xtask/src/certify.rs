//! The certification of the reference reader, over every kind of line.

use crate::{
    false_alarms,
    listening::{Listening, Running},
    workspace::{self, Workspace},
};
use anyhow::{Context as _, Result, ensure};
use core::time::Duration;
use serde::Deserialize;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Instant,
};

/// How long a pair of pseudo-terminals may take to be there.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many times as fast the clocks of the readers run, so that nobody waits for a minute of silence.
const CLOCK_RATE: &str = "10";
/// How many readers share the cases over each kind of line.
pub(crate) const READERS: usize = 8;

/// What is claimed of the reference reader on a host, and what is known of its card.
const FORMS: [&str; 4] = [
    "--ics",
    "reference-reader/ics/host.toml",
    "--ixit",
    "reference-reader/ics/host-ixit.toml",
];

/// Runs the README's first command three times under load, and then the same certification over TCP and over pairs of
/// pseudo-terminals: one after the other, since readers that wait for each other's processors answer late.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    false_alarms::short(workspace)?;
    let bench = Bench::prepare(workspace)?;
    for (line, told) in [
        ("tcp", bench.over_tcp(READERS, &[])),
        ("serial", bench.over_serial()),
    ] {
        println!("over {line}:\n{}", told.with_context(|| format!("over {line}"))?);
    }
    Ok(())
}

/// What of `report.json` chores look at.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) outcome: String,
    pub(crate) seconds: f64,
    pub(crate) cases: Vec<Case>,
    pub(crate) model: Model,
}

/// A case of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) verdict: String,
    /// What replays it, where it did not pass.
    pub(crate) token: Option<String>,
    /// Why it did not apply, where it did not.
    pub(crate) reason: Option<String>,
}

/// What the walks of the model did.
#[derive(Debug, Deserialize)]
pub(crate) struct Model {
    pub(crate) steps: u64,
    pub(crate) steps_per_second: f64,
}

impl Report {
    /// The report in a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let file = folder.join("report.json");
        let text = fs::read(&file).with_context(|| format!("{} can't be read", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no report", file.display()))
    }
}

impl Case {
    /// Whether nothing is wrong: it passed, or is not for this device.
    pub(crate) fn is_right(&self) -> bool {
        ["pass", "non-strict", "not-applicable"].contains(&self.verdict.as_str())
    }
}

/// The reference reader and the suite, built, and a folder for reports.
#[derive(Debug)]
pub(crate) struct Bench<'a> {
    workspace: &'a Workspace,
    cardwire: PathBuf,
    folder: PathBuf,
}

impl<'a> Bench<'a> {
    pub(crate) fn prepare(workspace: &'a Workspace) -> Result<Self> {
        workspace::run(workspace.cargo().args(["build", "--release"]))?;
        let folder = workspace.target.join("certify");
        fs::create_dir_all(&folder)?;
        Ok(Self {
            workspace,
            cardwire: workspace.target.join("release/cardwire"),
            folder,
        })
    }

    /// Where the report of a line is.
    pub(crate) fn report(&self, line: &str) -> PathBuf {
        self.folder.join(line)
    }

    /// Certifies so many readers over TCP, with these options more, and gives the table of verdicts.
    pub(crate) fn over_tcp(&self, readers: usize, options: &[&str]) -> Result<String> {
        let readers: Vec<_> = (0..readers)
            .map(|_| self.reader("tcp:127.0.0.1:0"))
            .collect::<Result<_>>()?;
        let places: Vec<_> = readers.iter().map(|reader| reader.place.clone()).collect();
        self.certify(&places, "tcp", options)
    }

    fn over_serial(&self) -> Result<String> {
        let lines = (0..READERS).map(|number| self.serial_line(number));
        let (_lines, places): (Vec<_>, Vec<_>) = lines.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        self.certify(&places, "serial", &[])
    }

    /// A pair of pseudo-terminals with a reader at one end, and where the other end is.
    fn serial_line(&self, number: usize) -> Result<((Listening, Running), String)> {
        let ends = ["reader", "tester"].map(|end| self.folder.join(format!("tty-{end}-{number}")));
        for end in &ends {
            // What an earlier run has left leads nowhere.
            let _ = fs::remove_file(end);
        }
        let port = |end: &PathBuf| format!("pty,raw,echo=0,link={}", end.display());
        let socat = Command::new("socat").args(ends.each_ref().map(port)).spawn();
        let line = Running(socat.context("socat can't be started; `cargo xtask setup` installs it")?);
        let deadline = Instant::now() + PATIENCE;
        while !ends.iter().all(|end| end.exists()) {
            ensure!(Instant::now() < deadline, "socat makes no pseudo-terminals");
            thread::sleep(Duration::from_millis(20));
        }
        let [near, far] = ends;
        let reader = self.reader(&format!("serial:{}", near.display()))?;
        Ok(((reader, line), format!("serial:{}", far.display())))
    }

    /// Starts the reference reader.
    fn reader(&self, listen: &str) -> Result<Listening> {
        let mut command = Command::new(&self.cardwire);
        command.args(["reader", "--listen", listen, "--quiet"]);
        Listening::start(command.args(["--clock-rate", CLOCK_RATE]))
    }

    /// The table of verdicts of a certification.
    fn certify(&self, endpoints: &[String], line: &str, options: &[&str]) -> Result<String> {
        let output = self
            .workspace
            .command(&self.cardwire)
            .args(["certify", "reader"])
            .args(endpoints)
            .args(FORMS)
            .args(options)
            .args(["--clock-rate", CLOCK_RATE, "--report"])
            .arg(self.report(line))
            .output()?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(
            output.status.success(),
            "{} ({}): {told}",
            endpoints.join(" "),
            output.status
        );
        Ok(told)
    }
}
