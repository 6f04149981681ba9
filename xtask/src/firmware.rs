//! The reference reader on a Cortex-M3: builds it, and runs it in QEMU.

mod certify;
mod hello;
mod image;
mod laboratory;
mod life;
mod port;
mod qemu;
mod two_slots;

use crate::image::Sizes;
use crate::parts::Parts;
use crate::toolchain::{TARGET, Toolchain};
use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, bail, ensure};
use clap::Subcommand;
use core::net::SocketAddr;
use core::time::Duration;
use qemu::Qemu;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;
use std::{fs, thread};

/// The reader.
const READER: &str = "cardwire-firmware";
/// The reader for the board with two slots.
const READER_MPS2: &str = "cardwire-firmware-mps2";
/// What starts it.
const FIRST_STAGE: &str = "first-stage";
/// The image that holds the board to the hardware contract.
const BOARD_CHECK: &str = "board-check";

/// More flash than this is a mistake to look into. What it guards most is that SHA-2 stays compact, which somebody
/// else's Cargo feature could undo for 27 KiB. (Static RAM is limited by `memory.x`.)
const FLASH_LIMIT: u64 = 96 * 1024;

/// A deeper stack is one too. It is deepest where the signature of an update is verified.
const STACK_LIMIT: usize = 12 * 1024;

/// What the reader is provisioned with.
const IDENTITIES: &str = "vectors/identities/certification.toml";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build the image, to target/thumbv7m-none-eabi/release/cardwire-firmware
    Build,
    /// Run the reader in QEMU until it is stopped by Ctrl-C
    Run {
        /// Where its line to the client listens
        #[arg(long, value_name = "tcp:ADDRESS:PORT", default_value = "tcp:127.0.0.1:4170", value_parser = endpoint)]
        listen: SocketAddr,
        /// The folder with the reader's flash, made if it is not there [default: target/firmware]
        #[arg(long, value_name = "FOLDER")]
        state: Option<PathBuf>,
    },
    /// Make a sealed image of the reader for the board with two slots, for `cardwire cloud publish software`
    Image(image::Options),
    /// Run the board with two slots in QEMU until it is stopped by Ctrl-C; a new one has this software in its first slot
    RunSlots {
        /// Where its line to the client listens
        #[arg(long, value_name = "tcp:ADDRESS:PORT", default_value = "tcp:127.0.0.1:4170", value_parser = endpoint)]
        listen: SocketAddr,
        /// The folder with the reader's flash, made if it is not there [default: target/firmware-slots]
        #[arg(long, value_name = "FOLDER")]
        state: Option<PathBuf>,
    },
    /// Update the board with two slots in QEMU, over the protocol: what is right runs afterwards, and what is not never does,
    /// also where the power goes
    BootCheck(two_slots::Options),
    /// Print what the image takes of flash, by part, and of RAM, and how deep its stack is; fail when it is more than allowed
    Size,
    /// Run the image that holds the board to the hardware contract, in QEMU
    Check,
    /// Run the reader in QEMU, greet it, and print how deep its stack was; fail when it was deeper than allowed
    Probe {
        /// Where its line to the client listens [default: a free port]
        #[arg(long, value_name = "tcp:ADDRESS:PORT", value_parser = endpoint)]
        listen: Option<SocketAddr>,
        /// A client to run before the stack is looked at, and its arguments
        #[arg(last = true, requires = "listen")]
        client: Vec<String>,
    },
    /// Run the whole certification in QEMU, over serial lines, with resets, power cuts and moves of the card
    Certify(certify::Options),
    /// Take the supply away at any moment of updates of each kind: the reader serves behind each cut
    Kills {
        /// How often
        #[arg(long, default_value_t = 200)]
        kills: usize,
        /// How many boards share the kills
        #[arg(long, default_value_t = 4)]
        boards: usize,
        /// Decides when
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Send bytes that mean the reader no good: it serves behind them, and is not reset
    Hostile {
        /// How many frames
        #[arg(long, default_value_t = 1_000_000)]
        frames: usize,
        /// How many boards share the frames
        #[arg(long, default_value_t = 4)]
        boards: usize,
        /// Decides what they are
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Build the port to a second board, and put the suite's sanity group to it in QEMU
    PortCheck {
        /// A `cardwire` that is built already [default: build it]
        #[arg(long, value_name = "FILE")]
        suite: Option<PathBuf>,
    },
    /// Print how many instructions hello, connect, login and a step of a service take
    Instructions,
    /// Do something to a board of a laboratory that runs: what the suite's bench commands are
    #[command(hide = true)]
    Bench {
        /// Where the laboratory listens
        address: SocketAddr,
        /// What to do
        deed: laboratory::Deed,
        /// To which board, from 1
        board: usize,
    },
}

impl Command {
    /// What needs nothing of the workspace, and is asked for too often to look for it.
    pub(crate) fn run_anywhere(&self) -> Option<Result<()>> {
        match *self {
            Self::Bench { address, deed, board } => Some(laboratory::ask(address, deed, board)),
            _ => None,
        }
    }

    pub(crate) fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Build => build(workspace),
            Self::Image(options) => image::make(workspace, &options),
            Self::RunSlots { listen, state } => {
                let state = state.unwrap_or_else(|| workspace.target.join("firmware-slots"));
                two_slots::run(workspace, listen, &std::path::absolute(state)?)
            }
            Self::BootCheck(options) => two_slots::check(workspace, &options),
            Self::Certify(options) => certify::run(workspace, build_bench(workspace)?, &options),
            Self::Kills { kills, boards, seed } => {
                life::kills(workspace, build_bench(workspace)?, kills, boards, seed)
            }
            Self::Hostile { frames, boards, seed } => {
                life::hostile(workspace, build_bench(workspace)?, frames, boards, seed)
            }
            Self::PortCheck { suite } => port::check(workspace, suite),
            Self::Instructions => life::instructions(workspace, build_bench(workspace)?),
            Self::Bench { address, deed, board } => laboratory::ask(address, deed, board),
            Self::Run { listen, state } => {
                build(workspace)?;
                let state = state.unwrap_or_else(|| workspace.target.join("firmware"));
                run(workspace, listen, &std::path::absolute(state)?)
            }
            Self::Size => {
                build(workspace)?;
                size(workspace)?;
                probe(workspace, None, &[])
            }
            Self::Check => build(workspace).and_then(|()| check(workspace)),
            Self::Probe { listen, client } => {
                build(workspace)?;
                probe(workspace, listen, &client)
            }
        }
    }
}

/// Everything that can be tested of the firmware without a client.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    build(workspace)?;
    size(workspace)?;
    check(workspace)?;
    probe(workspace, None, &[])?;
    two_slots::check(workspace, &two_slots::Options::CHECK)
}

/// The certification of the reader on the board, and a short hard life: what takes minutes.
pub(crate) fn certify(workspace: &Workspace) -> Result<()> {
    let image = build_bench(workspace)?;
    certify::run(workspace, image.clone(), &certify::Options::whole())?;
    life::instructions(workspace, image.clone())?;
    life::kills(workspace, image.clone(), life::KILLS_IN_CI, 1, 1)?;
    life::hostile(workspace, image, life::FRAMES_IN_CI, 2, 1)?;
    port::check(workspace, None)
}

/// Builds every image that a step needs.
pub(crate) fn build_all(workspace: &Workspace) -> Result<()> {
    build_bench(workspace)?;
    build(workspace)?;
    port::build(workspace)?;
    image::build(workspace)
}

fn build(workspace: &Workspace) -> Result<()> {
    let toolchain = Toolchain::find_or_explain()?;
    workspace::run(
        toolchain
            .cargo_build_small(workspace)?
            .args(["--package", "cardwire-firmware"]),
    )
}

/// Builds the laboratory's image, which has a second line and a faster clock, and gives its place. Cargo calls both images
/// the same: it is put aside, so that the reader's own comes to its place again.
fn build_bench(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = Toolchain::find_or_explain()?.cargo_build_small(workspace)?;
    cargo.args(["--package", READER, "--bin", READER, "--features", "bench"]);
    workspace::run(&mut cargo)?;
    let aside = workspace.target.join("firmware-bench");
    fs::create_dir_all(&aside)?;
    let aside = aside.join(READER);
    fs::copy(built(workspace, READER), &aside)?;
    Ok(aside)
}

fn built(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.target.join(TARGET).join("release").join(name)
}

fn size(workspace: &Workspace) -> Result<()> {
    let file = built(workspace, READER);
    let sizes = Sizes::read(&file)?;
    println!("flash, in bytes; at most {FLASH_LIMIT}:");
    print!("{}", Parts::read(&file)?);
    println!("  {:<12} {:>6}", "constants", sizes.rodata + sizes.data);
    println!("  {:<12} {:>6}", "all", sizes.flash());
    println!("static RAM, in bytes; at most {}:", sizes.ram);
    println!("  {:<12} {:>6}", "all", sizes.data + sizes.bss);
    ensure!(
        sizes.flash() <= FLASH_LIMIT,
        "the image takes {} bytes of flash, and {FLASH_LIMIT} are allowed; if it is worth them, raise FLASH_LIMIT",
        sizes.flash()
    );
    Ok(())
}

/// What is claimed of the reader on the board.
const CORTEX_M3: &str = "reference-reader/ics/cortex-m3.toml";

fn run(workspace: &Workspace, listen: SocketAddr, state: &PathBuf) -> Result<()> {
    fs::create_dir_all(state).with_context(|| format!("{} can't be made", state.display()))?;
    println!(
        "the reader listens on tcp:{listen}, for one client at a time; its flash is in {}",
        state.display()
    );
    println!("to certify it:  cargo run --release -- certify reader tcp:{listen} --ics {CORTEX_M3}");
    qemu::become_it(qemu::command(
        &built(workspace, READER),
        state,
        qemu::Line::Tcp(listen),
    ))
}

fn check(workspace: &Workspace) -> Result<()> {
    let state = fresh_state(workspace, BOARD_CHECK)?;
    // A bit more than the watchdog's time, which is the longest part.
    let mut qemu = Qemu::start(qemu::command(
        &built(workspace, BOARD_CHECK),
        &state,
        qemu::Line::Nowhere,
    ))?;
    qemu.wait_for_success(Duration::from_secs(60))
        .context("the board does not keep the hardware contract")
}

fn probe(workspace: &Workspace, listen: Option<SocketAddr>, client: &[String]) -> Result<()> {
    let state = fresh_state(workspace, READER)?;
    let file = built(workspace, READER);
    let listen = listen.map_or_else(qemu::free_port, Ok)?;
    let mut command = qemu::command_with_control(&file, &state, qemu::Line::Tcp(listen));
    // It ends at the first reset.
    command.arg("-no-reboot");
    let mut qemu = Qemu::start(command)?;
    let reader_id = greet(&mut qemu, listen)?;
    println!("{reader_id} answers hello");
    let expected = certification_reader(workspace)?;
    ensure!(reader_id == expected, "the certification identity is {expected}");
    if let [program, arguments @ ..] = client {
        let served = workspace::run(workspace.command(program).args(arguments));
        qemu.check_running()?;
        served?;
    }

    let sizes = Sizes::read(&file)?;
    let stack = qemu.memory(sizes.stack_end, sizes.stack, &state)?;
    let unused = stack.iter().take_while(|byte| **byte == qemu::STACK_PAINT);
    let depth = stack.len() - unused.count();
    println!("the stack was {depth} of {} bytes deep", stack.len());
    ensure!(
        depth <= STACK_LIMIT,
        "{STACK_LIMIT} are allowed; if it is worth more, raise STACK_LIMIT"
    );
    Ok(())
}

/// Sends a hello and waits for its answer, as often as it takes the reader to start; returns the reader's identity.
fn greet(qemu: &mut Qemu, address: SocketAddr) -> Result<String> {
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut number = 1;
    loop {
        qemu.check_running()?;
        match greet_once(address, number) {
            Ok(reader_id) => return Ok(reader_id),
            Err(error) if Instant::now() > deadline => {
                return Err(error).context("the reader doesn't answer hello");
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
        number += 1;
    }
}

fn greet_once(address: SocketAddr, number: u64) -> Result<String> {
    let mut line = TcpStream::connect(address)?;
    line.set_read_timeout(Some(Duration::from_secs(2)))?;
    line.write_all(&hello::request(number))?;
    for frame in BufReader::new(line).split(hello::DELIMITER) {
        // What answers an earlier hello doesn't count.
        if let Some(reader_id) = hello::reader_id(&frame?, number)? {
            return Ok(reader_id);
        }
    }
    bail!("the line was closed")
}

/// The identity that the published file gives to readers.
fn certification_reader(workspace: &Workspace) -> Result<String> {
    let text = fs::read_to_string(workspace.root.join(IDENTITIES))?;
    let identities: toml::Table = text.parse()?;
    let id = identities.get("reader").and_then(|reader| reader.get("id"));
    let id = id.and_then(toml::Value::as_str);
    Ok(id
        .with_context(|| format!("{IDENTITIES} names no reader"))?
        .to_owned())
}

/// Reads an endpoint as the `cardwire` command writes it.
fn endpoint(text: &str) -> Result<SocketAddr> {
    let address = text.strip_prefix("tcp:").context("it has to begin with `tcp:`")?;
    Ok(address.parse()?)
}

/// An empty folder, so that the reader is a new one.
fn fresh_state(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let state = workspace.target.join("firmware-test").join(name);
    if state.exists() {
        fs::remove_dir_all(&state)?;
    }
    fs::create_dir_all(&state)?;
    Ok(state)
}
