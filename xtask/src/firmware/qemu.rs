//! QEMU, as a child that doesn't outlive its owner.

use anyhow::{Context as _, Result, bail, ensure};
use core::net::SocketAddr;
use core::time::Duration;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;
use std::{fs, thread};

/// What the start-up code fills the stack with (`cortex-m-rt`, feature `paint-stack`).
pub(super) const STACK_PAINT: u8 = 0xcc;

/// Where the reader's line to the client goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Line<'a> {
    /// A TCP port on which QEMU listens.
    Tcp(SocketAddr),
    /// A serial port of the host, or one end of a pair of pseudo-terminals.
    Port(&'a Path),
    /// Nobody is at the other end.
    Nowhere,
}

/// The command that runs an image. Its flash is a file in the folder `state`.
pub(super) fn command(image: &Path, state: &Path, line: Line<'_>) -> Command {
    command_for("lm3s6965evb", image, state, line)
}

/// The same on a machine of this name.
pub(super) fn command_for(machine: &str, image: &Path, state: &Path, line: Line<'_>) -> Command {
    let line = match line {
        Line::Tcp(address) => format!("tcp:{address},server=on,wait=off,nodelay=on"),
        Line::Port(path) => path.display().to_string(),
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

/// The same, with QEMU's control protocol on its standard input and output.
pub(super) fn command_with_control(image: &Path, state: &Path, line: Line<'_>) -> Command {
    let mut command = command(image, state, line);
    command
        .args(["-qmp", "stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// What a laboratory's image wants besides: a socket for its second line, and how fast its clock runs.
pub(super) fn add_laboratory(command: &mut Command, control: &Path, clock_rate: u16) {
    let socket = format!("unix:{},server=on,wait=off", control.display());
    command.args(["-serial", &socket, "-semihosting-config"]);
    command.arg(format!(
        "enable=on,target=native,arg=cardwire,arg=clock-rate={clock_rate}"
    ));
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
pub(super) struct Qemu {
    child: Child,
    monitor: Option<Monitor>,
}

impl Qemu {
    /// Starts it. Where the command has control, it is ready to be asked when this returns.
    pub(super) fn start(mut command: Command) -> Result<Self> {
        let mut child = command.spawn().context(NOT_STARTED)?;
        let ends = child.stdin.take().zip(child.stdout.take());
        let mut qemu = Self {
            child,
            monitor: ends.map(|(input, output)| Monitor {
                input,
                output: BufReader::new(output),
            }),
        };
        if qemu.monitor.is_some() {
            qemu.ask(r#"{"execute":"qmp_capabilities"}"#)?;
        }
        Ok(qemu)
    }

    /// Waits until the image ends QEMU.
    pub(super) fn wait_for_success(&mut self, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "QEMU ended with {status}");
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("it has not ended within {} s", limit.as_secs())
    }

    /// That the image has not ended QEMU, nor been reset if that ends it.
    pub(super) fn check_running(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(_) => {
                bail!("the reader has been reset: by a panic, a fault, an overflown stack or the watchdog")
            }
        }
    }

    /// Waits until the image says something on its console that has this in it; the console has to be piped.
    pub(super) fn says(&mut self, expected: &str) -> Result<()> {
        let console = self.child.stderr.take().context("the console is not piped")?;
        for line in BufReader::new(console).lines() {
            if line?.contains(expected) {
                return Ok(());
            }
        }
        bail!("QEMU has ended, and nobody has said `{expected}`")
    }

    /// Resets the chip, as its reset pin does.
    pub(super) fn reset(&mut self) -> Result<()> {
        self.ask(r#"{"execute":"system_reset"}"#)
    }

    /// Reads memory of the emulated chip; `folder` is for a temporary file.
    pub(super) fn memory(&mut self, address: u64, size: u64, folder: &Path) -> Result<Vec<u8>> {
        self.ask(&format!(
            r#"{{"execute":"pmemsave","arguments":{{"val":{address},"size":{size},"filename":"memory.bin"}}}}"#
        ))?;
        Ok(fs::read(folder.join("memory.bin"))?)
    }

    fn ask(&mut self, request: &str) -> Result<()> {
        let monitor = self
            .monitor
            .as_mut()
            .context("QEMU was started without control")?;
        monitor.ask(request)
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where QEMU takes requests (QMP).
#[derive(Debug)]
struct Monitor {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Monitor {
    /// Has a request carried out. Greeting and events come before its answer.
    fn ask(&mut self, request: &str) -> Result<()> {
        writeln!(self.input, "{request}")?;
        let mut line = String::new();
        while !line.contains(r#""return""#) {
            line.clear();
            ensure!(self.output.read_line(&mut line)? > 0, "QEMU has ended");
            ensure!(!line.contains(r#""error""#), "QEMU refused {request}: {line}");
        }
        Ok(())
    }
}
