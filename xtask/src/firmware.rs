//! The reference reader on a Cortex-M3: builds it, and runs it in QEMU.

mod qemu;

use crate::image::Sizes;
use crate::toolchain::{TARGET, Toolchain};
use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, bail, ensure};
use clap::Subcommand;
use core::net::SocketAddr;
use core::time::Duration;
use qemu::Qemu;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;
use std::{fs, thread};

/// The reader.
const READER: &str = "cardwire-firmware";
/// The image that holds the board to the hardware contract.
const BOARD_CHECK: &str = "board-check";

/// More flash than this is a mistake to look into, long before the chip is full. What it guards most is that
/// SHA-2 stays compact, which somebody else's Cargo feature could undo for 27 KiB.
const FLASH_LIMIT: u64 = 16 * 1024;

/// The reader answers this with the same bytes until it has a core.
const HELLO: &[u8] = b"hello";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build the image, to target/thumbv7m-none-eabi/release/cardwire-firmware
    Build,
    /// Run the reader in QEMU until it is stopped by Ctrl-C
    Run {
        /// Where its line to the client listens
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4170")]
        listen: SocketAddr,
        /// The folder with the reader's flash, made if it is not there [default: target/firmware]
        #[arg(long, value_name = "FOLDER")]
        state: Option<PathBuf>,
    },
    /// Print what the image takes of flash and RAM; fail when it is more than allowed
    Size,
    /// Run the image that holds the board to the hardware contract, in QEMU
    Check,
    /// Run the reader in QEMU, greet it, and print how deep its stack was
    Probe,
}

impl Command {
    pub(crate) fn run(self, workspace: &Workspace) -> Result<()> {
        build(workspace)?;
        match self {
            Self::Build => Ok(()),
            Self::Run { listen, state } => {
                let state = state.unwrap_or_else(|| workspace.target.join("firmware"));
                run(workspace, listen, &std::path::absolute(state)?)
            }
            Self::Size => size(workspace),
            Self::Check => check(workspace),
            Self::Probe => probe(workspace),
        }
    }
}

/// Everything that can be tested of the firmware without a client.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    build(workspace)?;
    size(workspace)?;
    check(workspace)?;
    probe(workspace)
}

fn build(workspace: &Workspace) -> Result<()> {
    let toolchain = Toolchain::find_or_explain()?;
    workspace::run(
        toolchain
            .cargo_build(workspace)
            .args(["--package", "cardwire-firmware"]),
    )
}

fn image(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.target.join(TARGET).join("release").join(name)
}

fn size(workspace: &Workspace) -> Result<()> {
    let sizes = Sizes::read(&image(workspace, READER))?;
    println!("{sizes}");
    ensure!(
        sizes.flash() <= FLASH_LIMIT,
        "the image takes {} bytes of flash, and {FLASH_LIMIT} are allowed; if it is worth them, raise FLASH_LIMIT",
        sizes.flash()
    );
    Ok(())
}

fn run(workspace: &Workspace, listen: SocketAddr, state: &PathBuf) -> Result<()> {
    fs::create_dir_all(state).with_context(|| format!("{} can't be made", state.display()))?;
    println!(
        "the reader listens on {listen}; its flash is in {}",
        state.display()
    );
    workspace::run(&mut qemu::command(
        &image(workspace, READER),
        state,
        qemu::Line::Tcp(listen),
    ))
}

fn check(workspace: &Workspace) -> Result<()> {
    let state = fresh_state(workspace, BOARD_CHECK)?;
    // A bit more than the watchdog's time, which is the longest part.
    let mut qemu = Qemu::start(qemu::command(
        &image(workspace, BOARD_CHECK),
        &state,
        qemu::Line::Nowhere,
    ))?;
    qemu.wait_for_success(Duration::from_secs(60))
        .context("the board does not keep the hardware contract")
}

fn probe(workspace: &Workspace) -> Result<()> {
    let state = fresh_state(workspace, READER)?;
    let file = image(workspace, READER);
    let listen = qemu::free_port()?;
    let mut qemu = Qemu::start(qemu::command_with_control(&file, &state, qemu::Line::Tcp(listen)))?;
    greet(listen)?;

    let sizes = Sizes::read(&file)?;
    let stack = qemu.memory(sizes.stack_end, sizes.stack, &state)?;
    let unused = stack
        .iter()
        .take_while(|byte| **byte == qemu::STACK_PAINT)
        .count();
    println!(
        "hello is answered; the stack was {} of {} bytes deep",
        stack.len() - unused,
        stack.len()
    );
    ensure!(unused > 0, "the stack has overflowed");
    Ok(())
}

/// Sends a hello and waits for its answer, as often as it takes the reader to start.
fn greet(address: SocketAddr) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match greet_once(address) {
            Ok(answer) if answer == HELLO => return Ok(()),
            Ok(answer) => bail!("the reader answered hello with {answer:02x?}"),
            Err(error) if Instant::now() > deadline => {
                return Err(error).context("the reader doesn't answer hello");
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn greet_once(address: SocketAddr) -> Result<Vec<u8>> {
    let mut line = TcpStream::connect(address)?;
    line.set_read_timeout(Some(Duration::from_secs(2)))?;
    line.write_all(HELLO)?;
    let mut answer = vec![0; HELLO.len()];
    line.read_exact(&mut answer)?;
    Ok(answer)
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
