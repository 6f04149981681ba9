//! The PC/SC service of the operating system, started for one test: on a socket and ports of its own, so that neither one
//! that runs already nor another test is in the way.
//!
//! `pcscd` has its socket at one place. So it gets a mount namespace, in which the folder of that place is empty and its
//! own; programs outside reach the socket through `/proc`, which the library of PC/SC lets an environment variable say.
// Each test binary uses its own part of it.
#![allow(dead_code)]

use crate::common::{Listening, PATIENCE, cardwire, run_command};
use core::{
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};
use std::{
    fs,
    io::{BufRead, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
    time::Instant,
};
use tempfile::TempDir;

/// Tells the library of PC/SC where the service's socket is.
pub(crate) const SOCKET: &str = "PCSCLITE_CSOCK_NAME";

const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/// The driver takes this port for its first reader and the next for its second.
static NEXT_PORT: AtomicU16 = AtomicU16::new(0);

/// A running service with two virtual readers.
pub(crate) struct Service {
    daemon: Child,
    socket: PathBuf,
    port: u16,
    _folder: TempDir,
}

impl Service {
    pub(crate) fn start() -> Self {
        assert!(
            fs::exists(DRIVER).unwrap(),
            "{DRIVER} is missing; `cargo xtask setup` installs it (Debian: vsmartcard-vpcd)"
        );
        let folder = tempfile::tempdir().unwrap();
        let port = two_free_ports();
        let configuration = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{port:#06X}\nLIBPATH {DRIVER}\nCHANNELID {port:#06X}\n"
        );
        fs::write(folder.path().join("vpcd"), configuration).unwrap();
        let mut daemon = in_own_namespace()
            .arg("mount -t tmpfs tmpfs /run && mkdir /run/pcscd && exec pcscd --foreground --config \"$0\"")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("unshare starts (Debian: util-linux)");
        let socket = PathBuf::from(format!("/proc/{}/root/run/pcscd/pcscd.comm", daemon.id()));
        wait("pcscd listens", || {
            assert!(
                daemon.try_wait().unwrap().is_none(),
                "pcscd has ended: is it installed, and may we unshare?"
            );
            socket.exists()
        });
        Self {
            daemon,
            socket,
            port,
            _folder: folder,
        }
    }

    pub(crate) fn socket(&self) -> &PathBuf {
        &self.socket
    }

    /// Runs a program that uses the service, and gives what it printed.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env(SOCKET, &self.socket)
            .stdin(Stdio::null());
        let ended = run_command(&mut command);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        ended.stdout
    }

    /// Starts a program that uses the service, and waits for its first line.
    pub(crate) fn start_program(&self, program: &str, arguments: &[&str]) -> Held {
        let mut command = Command::new(program);
        command.args(arguments).env(SOCKET, &self.socket);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(!line.is_empty(), "{program} {arguments:?} said nothing");
        Held { child }
    }

    /// A card in the first virtual reader that answers to its reset, and is pulled out when the first command has come.
    pub(crate) fn card_that_leaves_at_its_first_command(&self) -> JoinHandle<()> {
        const ATR: [u8; 11] = *b"\x3B\x18\x96CW-GONE\xFF";
        let mut driver = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        thread::spawn(move || {
            loop {
                let mut length = [0; 2];
                driver.read_exact(&mut length).unwrap();
                let mut message = vec![0; u16::from_be_bytes(length).into()];
                driver.read_exact(&mut message).unwrap();
                match message[..] {
                    // The driver asks for the answer to reset.
                    [0x04] => driver.write_all(&[&[0x00, 0x0B][..], &ATR].concat()).unwrap(),
                    [_] => {}
                    _ => return,
                }
            }
        })
    }

    /// A reference reader that uses the service.
    pub(crate) fn reader(&self, arguments: &[&str]) -> Listening {
        let arguments = [&["reader", "--listen", "tcp:127.0.0.1:0"], arguments].concat();
        let mut command = cardwire(&arguments);
        command.env(SOCKET, &self.socket);
        Listening::start_command(command)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// A simulated card in the first virtual reader of a service, until this is dropped.
pub(crate) struct PluggedIn {
    card: Child,
}

impl PluggedIn {
    pub(crate) fn new(service: &Service, profile: &str) -> Self {
        Self::start(service, &["--profile", profile])
    }

    /// One that `cardwire card` moves through this socket.
    pub(crate) fn movable(service: &Service, profile: &str, control: &Path) -> Self {
        let control = format!("unix:{}", control.display());
        Self::start(service, &["--profile", profile, "--control", &control])
    }

    fn start(service: &Service, arguments: &[&str]) -> Self {
        let place = format!("127.0.0.1:{}", service.port);
        let card = cardwire(&[&["card", "--vpcd", &place], arguments].concat())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait("the card is in the reader", || {
            service
                .run("opensc-tool", &["--list-readers"])
                .lines()
                .any(|line| line.starts_with("0 ") && line.contains("Yes"))
        });
        Self { card }
    }
}

impl Drop for PluggedIn {
    fn drop(&mut self) {
        let _ = self.card.kill();
        let _ = self.card.wait();
    }
}

/// A program that runs until its input ends.
pub(crate) struct Held {
    child: Child,
}

impl Held {
    pub(crate) fn end(&mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A shell in a mount namespace of its own; who is not root gets a user namespace as well.
fn in_own_namespace() -> Command {
    let mut command = Command::new("unshare");
    let plain = Command::new("unshare")
        .args(["--mount", "true"])
        .stderr(Stdio::null())
        .status();
    if !plain.is_ok_and(|status| status.success()) {
        command.arg("--map-root-user");
    }
    command.args(["--mount", "sh", "-c"]);
    command
}

/// Two ports that follow one another: the driver can't be told to take any.
fn two_free_ports() -> u16 {
    let free = |port| TcpListener::bind(("0.0.0.0", port)).is_ok();
    let start = 20_000 + (std::process::id() % 20_000) as u16;
    let tries = 0..1_000;
    tries
        .map(|_| start + 2 * NEXT_PORT.fetch_add(1, Ordering::Relaxed) % 20_000)
        .find(|port| free(*port) && free(*port + 1))
        .expect("of a thousand ports two are free")
}

/// Waits for something that another process does.
fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
