//! QEMU, as a child that doesn't outlive its owner.

use anyhow::{Context as _, Result, bail, ensure};
use core::net::SocketAddr;
use core::time::Duration;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{fs, thread};

/// What the start-up code fills the stack with (`cortex-m-rt`, feature `paint-stack`).
pub(super) const STACK_PAINT: u8 = 0xcc;

/// Where the reader's line to the client goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Line {
    /// A TCP port on which QEMU listens.
    Tcp(SocketAddr),
    /// Nobody is at the other end.
    Nowhere,
}

/// The command that runs an image. Its flash is a file in the folder `state`.
pub(super) fn command(image: &Path, state: &Path, line: Line) -> Command {
    command_for("lm3s6965evb", image, state, line)
}

/// The same on a machine of this name.
pub(super) fn command_for(machine: &str, image: &Path, state: &Path, line: Line) -> Command {
    let line = match line {
        Line::Tcp(address) => format!("tcp:{address},server=on,wait=off,nodelay=on"),
        Line::Nowhere => "null".to_owned(),
    };
    let mut command = Command::new("qemu-system-arm");
    command.args([
        "-machine", machine, "-display", "none", "-monitor", "none", "-serial", &line,
    ]);
    // The image reads random bytes and its flash through semihosting, relative to the working directory.
    command
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(image)
        .current_dir(state);
    command
}

/// The same, with QEMU's control protocol on its standard input and output. It ends at the first reset.
pub(super) fn command_with_control(image: &Path, state: &Path, line: Line) -> Command {
    let mut command = command(image, state, line);
    command
        .args(["-qmp", "stdio", "-no-reboot"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// Makes this process QEMU, so that whoever ends the one ends the other. On systems where that can't be, waits for it.
pub(super) fn become_it(mut command: Command) -> Result<()> {
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut command)).context(NOT_STARTED);
    #[cfg(not(unix))]
    return crate::workspace::run(&mut command);
}

const NOT_STARTED: &str = "qemu-system-arm can't be started; `cargo xtask setup` installs it";

/// A port that was free a moment ago. QEMU can't tell which one it chose itself, but through its control protocol.
pub(super) fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// A running QEMU.
#[derive(Debug)]
pub(super) struct Qemu(Child);

impl Qemu {
    pub(super) fn start(mut command: Command) -> Result<Self> {
        command.spawn().map(Self).context(NOT_STARTED)
    }

    /// Waits until the image ends QEMU.
    pub(super) fn wait_for_success(&mut self, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if let Some(status) = self.0.try_wait()? {
                ensure!(status.success(), "QEMU ended with {status}");
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("it has not ended within {} s", limit.as_secs())
    }

    /// That the image has not ended QEMU, nor been reset if that ends it.
    pub(super) fn check_running(&mut self) -> Result<()> {
        match self.0.try_wait()? {
            None => Ok(()),
            Some(_) => {
                bail!("the reader has been reset: by a panic, a fault, an overflown stack or the watchdog")
            }
        }
    }

    /// Waits until the image says something on its console that has this in it; the console has to be piped.
    pub(super) fn says(&mut self, expected: &str) -> Result<()> {
        let console = self.0.stderr.take().context("the console is not piped")?;
        for line in BufReader::new(console).lines() {
            if line?.contains(expected) {
                return Ok(());
            }
        }
        bail!("QEMU has ended, and nobody has said `{expected}`")
    }

    /// Reads memory of the emulated chip; `folder` is for a temporary file. Works once, and only with control.
    pub(super) fn memory(&mut self, address: u64, size: u64, folder: &Path) -> Result<Vec<u8>> {
        let mut input = self.0.stdin.take().context("QEMU was started without control")?;
        let mut output = BufReader::new(self.0.stdout.take().context("QEMU was started without control")?);
        let save = format!(
            r#"{{"execute":"pmemsave","arguments":{{"val":{address},"size":{size},"filename":"memory.bin"}}}}"#
        );
        for request in [r#"{"execute":"qmp_capabilities"}"#, &save] {
            writeln!(input, "{request}")?;
            let mut line = String::new();
            // Greeting and events come in between.
            while !line.contains(r#""return""#) {
                line.clear();
                ensure!(output.read_line(&mut line)? > 0, "QEMU has ended");
                ensure!(!line.contains(r#""error""#), "QEMU refused {request}: {line}");
            }
        }
        Ok(fs::read(folder.join("memory.bin"))?)
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
