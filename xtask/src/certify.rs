//! The certification of the reference reader, over every kind of line.

use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, ensure};
use core::time::Duration;
use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

/// How long a pair of pseudo-terminals may take to be there.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many times as fast the clocks of the readers run, so that nobody waits for a minute of silence.
const CLOCK_RATE: &str = "10";
/// How many readers share the cases over each kind of line.
const READERS: usize = 4;

/// What is claimed of the reference reader on a host, and what is known of its card.
const FORMS: [&str; 4] = [
    "--ics",
    "reference-reader/ics/host.toml",
    "--ixit",
    "reference-reader/ics/host-ixit.toml",
];

/// Runs the README's first command, and then the same certification over TCP and over pairs of pseudo-terminals: one after
/// the other, since readers that wait for each other's processors answer late.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    workspace::run(workspace.cargo().args(["build", "--release"]))?;
    workspace::run(workspace.cargo().args(["run", "--release", "--", "certify"]))?;
    let cardwire = workspace.target.join("release/cardwire");
    let folder = workspace.target.join("certify");
    std::fs::create_dir_all(&folder)?;
    for (line, told) in [
        ("tcp", over_tcp(workspace, &cardwire, &folder)),
        ("serial", over_serial(workspace, &cardwire, &folder)),
    ] {
        println!("over {line}:\n{}", told.with_context(|| format!("over {line}"))?);
    }
    Ok(())
}

/// Ends a process when it goes out of use.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn over_tcp(workspace: &Workspace, cardwire: &Path, folder: &Path) -> Result<String> {
    let readers = (0..READERS).map(|_| reader(cardwire, "tcp:127.0.0.1:0"));
    let (_readers, places): (Vec<_>, Vec<_>) = readers.collect::<Result<Vec<_>>>()?.into_iter().unzip();
    certify(workspace, cardwire, &places, &folder.join("tcp"))
}

fn over_serial(workspace: &Workspace, cardwire: &Path, folder: &Path) -> Result<String> {
    let lines = (0..READERS).map(|number| serial_line(cardwire, folder, number));
    let (_lines, places): (Vec<_>, Vec<_>) = lines.collect::<Result<Vec<_>>>()?.into_iter().unzip();
    certify(workspace, cardwire, &places, &folder.join("serial"))
}

/// A pair of pseudo-terminals with a reader at one end, and where the other end is.
fn serial_line(cardwire: &Path, folder: &Path, number: usize) -> Result<([Running; 2], String)> {
    let ends = ["reader", "tester"].map(|end| folder.join(format!("tty-{end}-{number}")));
    for end in &ends {
        // What an earlier run has left leads nowhere.
        let _ = std::fs::remove_file(end);
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
    let (reader, _) = reader(cardwire, &format!("serial:{}", near.display()))?;
    Ok(([reader, line], format!("serial:{}", far.display())))
}

/// Starts the reference reader and returns where it listens.
fn reader(cardwire: &Path, listen: &str) -> Result<(Running, String)> {
    let mut command = Command::new(cardwire);
    command
        .args([
            "reader",
            "--listen",
            listen,
            "--quiet",
            "--clock-rate",
            CLOCK_RATE,
        ])
        .stderr(Stdio::piped());
    let mut reader = Running(command.spawn().context("the reader can't be started")?);
    let mut said = BufReader::new(
        reader
            .0
            .stderr
            .take()
            .context("the reader has no standard error")?,
    )
    .lines();
    let place = said
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()));
    // What it says from now on is read and dropped, so that it never waits for a reader of its words.
    thread::spawn(move || said.map_while(Result::ok).for_each(drop));
    Ok((reader, place.context("the reader ended before it listened")?))
}

/// The table of verdicts of a whole certification.
fn certify(workspace: &Workspace, cardwire: &Path, endpoints: &[String], report: &Path) -> Result<String> {
    let output = workspace
        .command(cardwire)
        .args(["certify", "reader"])
        .args(endpoints)
        .args(FORMS)
        .args(["--clock-rate", CLOCK_RATE, "--report"])
        .arg(report)
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
