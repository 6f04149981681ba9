//! A board with two slots on a bench: its flash, its cloud, and who visits it.

use super::super::image::Image;
use super::super::qemu::{self, Line, Qemu};
use super::super::{FIRST_STAGE, built, fresh_state, greet};
use crate::listening::{Listening, Running};
use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, bail, ensure};
use cardwire_first_stage::BOOT_RECORD;
use core::net::SocketAddr;
use core::time::Duration;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

/// The file of the flash, in the folder of a board's state.
pub(super) const FLASH: &str = "cardwire-flash.bin";

/// What the cloud knows.
const CLOUD: &str = "cloud.db";

/// All that board and cloud are. A cloud that was ended has left what it wrote last beside its database, from where the next
/// one takes it up.
const KEPT: [&str; 4] = [FLASH, CLOUD, "cloud.db-wal", "cloud.db-shm"];

/// How long a visit with an update may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The command that runs a board whose flash is in this folder.
pub(super) fn board(workspace: &Workspace, state: &Path, listen: SocketAddr) -> Command {
    let first_stage = built(workspace, FIRST_STAGE);
    qemu::command_for("mps2-an385", &first_stage, state, Line::Tcp(listen))
}

/// The bench.
#[derive(Debug)]
pub(super) struct Bench<'a> {
    workspace: &'a Workspace,
    cardwire: PathBuf,
    /// What is kept of the board and of its cloud.
    folder: PathBuf,
    factory: Vec<u8>,
}

impl<'a> Bench<'a> {
    /// With a board that comes from the factory with this one.
    pub(super) fn prepare(workspace: &'a Workspace, cardwire: Option<&Path>, old: &Image) -> Result<Self> {
        let cardwire = match cardwire {
            Some(given) => given.to_owned(),
            None => {
                workspace::run(workspace.cargo().args(["build", "--release"]))?;
                workspace.target.join("release/cardwire")
            }
        };
        Ok(Self {
            workspace,
            cardwire,
            folder: fresh_state(workspace, "two-slots")?,
            factory: old.new_flash()?,
        })
    }

    /// A board from the factory, and a cloud that knows of no update.
    pub(super) fn new_board(&self) -> Result<Board<'_>> {
        fs::write(self.folder.join(FLASH), &self.factory)?;
        let cloud = self.folder.join(CLOUD);
        if cloud.exists() {
            fs::remove_file(&cloud)?;
        }
        self.start()
    }

    /// The board and the cloud as [`keep`](Self::keep) has kept them.
    pub(super) fn back_to(&self, name: &str) -> Result<Board<'_>> {
        for file in KEPT {
            replace(
                &self.folder.join(format!("{name}-{file}")),
                &self.folder.join(file),
            )?;
        }
        self.start()
    }

    /// Keeps what board and cloud are now; the power has to be off.
    pub(super) fn keep(&self, name: &str) -> Result<()> {
        for file in KEPT {
            replace(
                &self.folder.join(file),
                &self.folder.join(format!("{name}-{file}")),
            )?;
        }
        Ok(())
    }

    /// Changes what is on the flash; the power has to be off.
    pub(super) fn spoil(&self, spoil: impl FnOnce(&mut [u8])) -> Result<()> {
        let file = self.folder.join(FLASH);
        let mut flash = fs::read(&file)?;
        spoil(&mut flash);
        Ok(fs::write(file, flash)?)
    }

    /// Switches the board on.
    pub(super) fn start(&self) -> Result<Board<'_>> {
        let line = qemu::free_port()?;
        let mut command = board(self.workspace, &self.folder, line);
        command.stderr(Stdio::piped());
        Ok(Board {
            bench: self,
            qemu: Qemu::start(command)?,
            line,
        })
    }

    /// Gives the cloud an image for the board, in a manifest that is signed by the authority of the board.
    pub(super) fn publish(&self, image: &Image, counter: u32) -> Result<()> {
        self.publish_signed(image, counter, &[])
    }

    /// The same, signed by somebody else.
    pub(super) fn publish_by_stranger(&self, image: &Image, counter: u32) -> Result<()> {
        let file = self.folder.join("stranger.toml");
        let key = "07".repeat(32);
        fs::write(
            &file,
            format!("provisioning = \"certification\"\n[authority]\nsigning_key = \"{key}\"\n"),
        )?;
        self.publish_signed(image, counter, &["--authority".as_ref(), file.as_os_str()])
    }

    fn publish_signed(&self, image: &Image, counter: u32, by: &[&OsStr]) -> Result<()> {
        let file = self.folder.join("image.bin");
        fs::write(&file, &image.bytes)?;
        let counter = counter.to_string();
        let mut command = self.cardwire(&["cloud", "publish", "software"]);
        command
            .args(by)
            .arg(&file)
            .args(["--name", &image.name, "--counter", &counter]);
        command
            .args(["--class", "reference-cortex-m3", "--db"])
            .arg(self.folder.join(CLOUD));
        told(&mut command).map(drop)
    }

    /// Has a client log the board in with its cloud, as often as the board asks for it, and tells which software runs then.
    pub(super) fn visit(&self, board: &mut Board<'_>) -> Result<String> {
        let mut visit = self.begin(board)?;
        let deadline = Instant::now() + PATIENCE;
        while visit.client.0.try_wait()?.is_none() {
            board.qemu.check_running()?;
            ensure!(Instant::now() < deadline, "the client does not come to an end");
            thread::sleep(Duration::from_millis(20));
        }
        let said = visit.client.0.stdout.take().context("the client has no output")?;
        software(&std::io::read_to_string(said)?)
    }

    /// Has a client log the board in, and leaves them to themselves.
    pub(super) fn begin(&self, board: &mut Board<'_>) -> Result<Visit> {
        greet(&mut board.qemu, board.line)?;
        let cloud = self.cloud()?;
        Ok(Visit {
            client: self.visiting(board.line, &cloud)?,
            _cloud: cloud,
        })
    }

    /// The same with a new board, until software is noted to be on trial.
    pub(super) fn bring_on_trial(&self, board: &mut Board<'_>) -> Result<Visit> {
        let mut visit = self.begin(board)?;
        let deadline = Instant::now() + PATIENCE;
        while !self.has_boot_record()? {
            let ended = visit.client.0.try_wait()?;
            ensure!(
                ended.is_none(),
                "the client has ended, and no software is on trial"
            );
            ensure!(Instant::now() < deadline, "no software comes on trial");
            thread::sleep(Duration::from_millis(1));
        }
        Ok(visit)
    }

    /// Whether the board has noted anything about its software; a new one has not.
    fn has_boot_record(&self) -> Result<bool> {
        let mut file = File::open(self.folder.join(FLASH))?;
        let mut record = vec![0; BOOT_RECORD.size as usize];
        file.seek(SeekFrom::Start(BOOT_RECORD.start.into()))?;
        file.read_exact(&mut record)?;
        Ok(record.iter().any(|byte| *byte != 0xff))
    }

    /// The cloud, with all that was published.
    fn cloud(&self) -> Result<Listening> {
        let mut command = self.cardwire(&["cloud", "--listen", "tcp:127.0.0.1:0", "--db"]);
        Listening::start(command.arg(self.folder.join(CLOUD)))
    }

    /// A client that logs the board in.
    fn visiting(&self, line: SocketAddr, cloud: &Listening) -> Result<Running> {
        let reader = format!("tcp:{line}");
        let mut command = self.cardwire(&["client", &reader, "--cloud", &cloud.place]);
        command.args(["--format", "json", "status"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        Ok(Running(command.spawn().context("the client can't be started")?))
    }

    /// The counter of the board's software, as the cloud knows it.
    pub(super) fn counter(&self) -> Result<u64> {
        let mut command = self.cardwire(&["cloud", "readers", "list", "--format", "json", "--db"]);
        let listed: Value = serde_json::from_str(&told(command.arg(self.folder.join(CLOUD)))?)?;
        let counter = &listed[0]["counters"]["software"];
        counter
            .as_u64()
            .with_context(|| format!("the cloud tells no counter: {listed}"))
    }

    /// How the last campaign stands: of how many boards it counts failures.
    pub(super) fn failed(&self) -> Result<u64> {
        let mut command = self.cardwire(&["cloud", "campaigns", "list", "--format", "json", "--db"]);
        let listed: Value = serde_json::from_str(&told(command.arg(self.folder.join(CLOUD)))?)?;
        let last = listed.as_array().and_then(|campaigns| campaigns.last());
        let failed = last.and_then(|last| last["failed"].as_u64());
        failed.with_context(|| format!("the cloud tells of no failures: {listed}"))
    }

    fn cardwire(&self, arguments: &[&str]) -> Command {
        let mut command = self.workspace.command(&self.cardwire);
        command.args(arguments);
        command
    }
}

/// A client and its cloud, until this goes out of use.
#[derive(Debug)]
pub(super) struct Visit {
    client: Running,
    _cloud: Listening,
}

/// A board that is switched on.
#[derive(Debug)]
pub(super) struct Board<'b> {
    bench: &'b Bench<'b>,
    qemu: Qemu,
    line: SocketAddr,
}

impl<'b> Board<'b> {
    /// Takes its power away, and gives it back.
    pub(super) fn power_cycle(self) -> Result<Self> {
        let bench = self.bench;
        drop(self);
        bench.start()
    }

    /// Which software runs, as the reader tells a client that connects.
    pub(super) fn software(&mut self) -> Result<String> {
        greet(&mut self.qemu, self.line)?;
        let reader = format!("tcp:{}", self.line);
        let mut command = self
            .bench
            .cardwire(&["client", &reader, "--format", "json", "status"]);
        software(&told(&mut command)?)
    }

    /// That this software runs.
    pub(super) fn runs(&mut self, expected: &str) -> Result<()> {
        let software = self.software()?;
        ensure!(software == expected, "{software} runs, and {expected} should");
        Ok(())
    }

    /// Waits until the board says this on its console.
    pub(super) fn says(&mut self, expected: &str) -> Result<()> {
        self.qemu.says(expected)
    }
}

/// Has one file be as another one is, which may not be there.
fn replace(from: &Path, to: &Path) -> Result<()> {
    if from.exists() {
        fs::copy(from, to)?;
    } else if to.exists() {
        fs::remove_file(to)?;
    }
    Ok(())
}

/// The software in a status.
fn software(status: &str) -> Result<String> {
    let told: Value = serde_json::from_str(status).with_context(|| format!("this is no status: {status}"))?;
    let software = told["software"].as_str();
    Ok(software
        .with_context(|| format!("no software in {told}"))?
        .to_owned())
}

/// What a program says that ends well.
fn told(command: &mut Command) -> Result<String> {
    let output = command.output().context("it can't be started")?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
