//! A laboratory of emulated boards: each is on a serial line, can be reset, loses its supply, and has its card moved.
//!
//! The line is a pair of pseudo-terminals, which stays when a board has no supply. The suite's bench commands are this
//! program again: `firmware bench ADDRESS reset 1` asks the laboratory that runs, over TCP.

use super::qemu::{self, Line, Qemu};
use crate::listening::Running;
use anyhow::{Context as _, Result, bail, ensure};
use core::net::SocketAddr;
use core::time::Duration;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use std::{env, thread};

/// How long a pair of pseudo-terminals may take to be there.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where files are in memory, on Linux: flash that others use the disk of may take longer than a reader may.
const MEMORY: &str = "/dev/shm";

/// What the bench can do to a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Deed {
    /// Pull its reset pin
    Reset,
    /// Take its supply away
    PowerOff,
    /// Give its supply back
    PowerOn,
}

/// Boards that are switched on, until this goes out of use.
#[derive(Debug)]
pub(super) struct Laboratory {
    boards: Arc<Vec<Place>>,
    /// Where its bench commands are taken.
    pub(super) address: SocketAddr,
    folder: Folder,
}

/// Where a board stands, for as long as the laboratory is open.
type Place = Mutex<Option<Board>>;

/// What all boards of a laboratory have in common.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    pub(super) image: PathBuf,
    pub(super) clock_rate: u16,
    /// More options of QEMU.
    pub(super) options: &'static [&'static str],
}

impl Laboratory {
    /// Switches on so many boards, whose flash is empty.
    pub(super) fn open(kind: &Kind, boards: usize) -> Result<Self> {
        let folder = Folder::make()?;
        let board = |number| Board::switch_on(kind.clone(), folder.0.join(number_of(number)));
        let boards: Vec<_> = (0..boards)
            .map(|number| board(number).map(|board| Mutex::new(Some(board))))
            .collect::<Result<_>>()?;
        let boards = Arc::new(boards);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let served = Arc::clone(&boards);
        // It ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever asked sees it by the missing answer.
                let _ = serve(&served, &stream);
            }
        });
        Ok(Self {
            boards,
            address,
            folder,
        })
    }

    /// Where the suite reaches the boards.
    pub(super) fn endpoints(&self) -> Vec<String> {
        let far = |number| self.folder.0.join(number_of(number)).join("tester");
        (0..self.boards.len())
            .map(|number| format!("serial:{}", far(number).display()))
            .collect()
    }

    /// The socket on which the card of the board `{device}` is moved, as the suite's commands name it.
    pub(super) fn control(&self) -> String {
        format!("unix:{}/{{device}}/control", self.folder.0.display())
    }

    /// What the boards said on their consoles: panics, above all.
    pub(super) fn said(&self) -> Vec<String> {
        let read = |number| fs::read_to_string(self.folder.0.join(number_of(number)).join("console"));
        let texts = (0..self.boards.len()).filter_map(|number| read(number).ok());
        let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        // QEMU's own remark when the watchdog's registers are set.
        lines
            .filter(|line| !line.starts_with("Timer with period"))
            .collect()
    }
}

impl Drop for Laboratory {
    /// The thread that serves the bench commands has a share in the boards, and does not end: they are taken from it.
    fn drop(&mut self) {
        for place in self.boards.iter() {
            drop(place.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

/// Boards count from 1, as the suite's devices do.
fn number_of(place: usize) -> String {
    (place + 1).to_string()
}

/// One board.
#[derive(Debug)]
struct Board {
    kind: Kind,
    folder: PathBuf,
    qemu: Option<Qemu>,
    _line: Running,
}

impl Board {
    fn switch_on(kind: Kind, folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        let ends = ["reader", "tester"].map(|end| folder.join(end));
        let port = |end: &PathBuf| format!("pty,raw,echo=0,link={}", end.display());
        let socat = Command::new("socat")
            .args(ends.each_ref().map(port))
            // Whoever reads what this program prints does not wait for it.
            .stdout(Stdio::null())
            .spawn();
        let line = Running(socat.context("socat can't be started; `cargo xtask setup` installs it")?);
        let deadline = Instant::now() + PATIENCE;
        while !ends.iter().all(|end| end.exists()) {
            ensure!(Instant::now() < deadline, "socat makes no pseudo-terminals");
            thread::sleep(Duration::from_millis(20));
        }
        let mut board = Self {
            kind,
            folder,
            qemu: None,
            _line: line,
        };
        board.power_on()?;
        Ok(board)
    }

    fn power_on(&mut self) -> Result<()> {
        let (port, control) = (self.folder.join("reader"), self.folder.join("control"));
        let mut command = qemu::command_with_control(&self.kind.image, &self.folder, Line::Port(&port));
        qemu::add_laboratory(&mut command, &control, self.kind.clock_rate);
        command.args(self.kind.options);
        let console = self.folder.join("console");
        let console = OpenOptions::new().create(true).append(true).open(console)?;
        command.stderr(Stdio::from(console));
        self.qemu = Some(Qemu::start(command)?);
        Ok(())
    }

    fn undergo(&mut self, deed: Deed) -> Result<()> {
        match deed {
            Deed::Reset => self.qemu.as_mut().context("the board is off")?.reset(),
            Deed::PowerOff => {
                self.qemu = None;
                Ok(())
            }
            Deed::PowerOn => self.power_on(),
        }
    }
}

/// Carries out the request of one connection: a deed and the number of a board.
fn serve(boards: &[Place], stream: &TcpStream) -> Result<()> {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    let answer = match request(boards, line.trim()) {
        Ok(()) => "ok".to_owned(),
        Err(error) => format!("{error:#}"),
    };
    let mut answers = stream;
    writeln!(answers, "{answer}")?;
    Ok(())
}

fn request(boards: &[Place], line: &str) -> Result<()> {
    let (deed, number) = line.split_once(' ').context("no request")?;
    let deed = <Deed as clap::ValueEnum>::from_str(deed, false).map_err(anyhow::Error::msg)?;
    let place = number.parse::<usize>()?.checked_sub(1);
    let board = place.and_then(|place| boards.get(place));
    let board = board.with_context(|| format!("there is no board {number}"))?;
    let mut board = board.lock().unwrap_or_else(PoisonError::into_inner);
    board.as_mut().context("the laboratory is closed")?.undergo(deed)
}

/// Asks a laboratory that runs.
pub(super) fn ask(address: SocketAddr, deed: Deed, board: usize) -> Result<()> {
    let mut stream = TcpStream::connect(address).context("the laboratory does not run any more")?;
    let deed = clap::ValueEnum::to_possible_value(&deed).context("a deed without a name")?;
    writeln!(stream, "{} {board}", deed.get_name())?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    match answer.trim() {
        "ok" => Ok(()),
        other => bail!("the laboratory did not do it: {other}"),
    }
}

/// A folder for what lives as long as the laboratory. Its name is short, as those of sockets are.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self> {
        let memory = Path::new(MEMORY);
        let parent = if memory.is_dir() {
            memory.to_owned()
        } else {
            env::temp_dir()
        };
        let folder = parent.join(format!("cardwire-boards-{}", process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed goes with the next start of the machine.
        let _ = fs::remove_dir_all(&self.0);
    }
}
