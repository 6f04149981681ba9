//! The certification of the reference reader, over every kind of line.

use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, bail, ensure};
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

/// What is claimed of the reference reader on a host, and what is known of its card.
pub(crate) const ICS: &str = "reference-reader/ics/host.toml";
pub(crate) const IXIT: &str = "reference-reader/ics/host-ixit.toml";

/// Runs the README's first command, and meanwhile the same certification over TCP and over a pair of
/// pseudo-terminals.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    workspace::run(workspace.cargo().args(["build", "--release"]))?;
    let cardwire = workspace.target.join("release/cardwire");
    let folder = workspace.target.join("certify");
    std::fs::create_dir_all(&folder)?;
    thread::scope(|scope| {
        let tcp = scope.spawn(|| over_tcp(&workspace.root, &cardwire, &folder));
        let serial = scope.spawn(|| over_serial(&workspace.root, &cardwire, &folder));
        let first = workspace::run(workspace.cargo().args(["run", "--release", "--", "certify"]));
        for (line, other) in [("tcp", tcp), ("serial", serial)] {
            match other.join() {
                Ok(result) => println!(
                    "over {line}:\n{}",
                    result.with_context(|| format!("over {line}"))?
                ),
                Err(_) => bail!("the certification over {line} could not be watched"),
            }
        }
        first
    })
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

fn over_tcp(root: &Path, cardwire: &Path, folder: &Path) -> Result<String> {
    let (_reader, place) = reader(cardwire, "tcp:127.0.0.1:0")?;
    certify(root, cardwire, &place, &folder.join("tcp"))
}

fn over_serial(root: &Path, cardwire: &Path, folder: &Path) -> Result<String> {
    let ends = ["reader", "tester"].map(|end| folder.join(format!("tty-{end}")));
    let port = |end: &PathBuf| format!("pty,raw,echo=0,link={}", end.display());
    let socat = Command::new("socat").args(ends.each_ref().map(port)).spawn();
    let _line = Running(socat.context("socat can't be started; `cargo xtask setup` installs it")?);
    let deadline = Instant::now() + PATIENCE;
    while !ends.iter().all(|end| end.exists()) {
        ensure!(Instant::now() < deadline, "socat makes no pseudo-terminals");
        thread::sleep(Duration::from_millis(20));
    }
    let [near, far] = ends;
    let (_reader, _) = reader(cardwire, &format!("serial:{}", near.display()))?;
    certify(
        root,
        cardwire,
        &format!("serial:{}", far.display()),
        &folder.join("serial"),
    )
}

/// Starts the reference reader and returns where it listens.
fn reader(cardwire: &Path, listen: &str) -> Result<(Running, String)> {
    let mut command = Command::new(cardwire);
    command
        .args(["reader", "--listen", listen, "--quiet"])
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
fn certify(root: &Path, cardwire: &Path, endpoint: &str, report: &Path) -> Result<String> {
    let output = Command::new(cardwire)
        .args(["certify", "reader", endpoint, "--ics"])
        .arg(root.join(ICS))
        .arg("--ixit")
        .arg(root.join(IXIT))
        .arg("--report")
        .arg(report)
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{} ({}): {told}",
        endpoint,
        output.status
    );
    Ok(told)
}
