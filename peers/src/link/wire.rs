//! An open byte stream.

mod tcp;
mod threaded;

use crate::Endpoint;
use core::time::Duration;
use std::{io, net::TcpStream, time::Instant};
use tcp::Tcp;
use threaded::Threaded;

/// Bytes that one read takes at most.
const CHUNK: usize = 4096;
/// How long a connection may take to come about, and a line to take bytes.
const PATIENCE: Duration = Duration::from_secs(5);

/// What becomes of the standard error of an `exec:` endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stderr {
    /// It goes where the own one goes.
    #[default]
    Passed,
    /// Its last 64 KiB are kept for [`Link::stderr`](super::Link::stderr).
    Kept,
}

/// An open byte stream; closed when it is dropped.
pub(super) enum Wire {
    Tcp(Tcp),
    Threaded(Threaded),
}

impl Wire {
    pub(super) fn open(endpoint: &Endpoint, stderr: Stderr) -> io::Result<Self> {
        match endpoint {
            Endpoint::Tcp { host, port } => Tcp::connect(host, *port).map(Self::Tcp),
            Endpoint::Serial { path, baud } => {
                Threaded::over_serial(&path.to_string_lossy(), *baud).map(Self::Threaded)
            }
            Endpoint::Exec { command } => Threaded::over_child(command, stderr).map(Self::Threaded),
        }
    }

    pub(super) fn over_tcp(stream: TcpStream) -> io::Result<Self> {
        Tcp::over(stream).map(Self::Tcp)
    }

    /// Sends bytes; some may still be on their way when this returns.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(tcp) => tcp.send(bytes),
            Self::Threaded(threaded) => threaded.send(bytes),
        }
    }

    /// The bytes that come next: `TimedOut` at the deadline, another error where the line has ended.
    pub(super) fn receive(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        match self {
            Self::Tcp(tcp) => tcp.receive(deadline),
            Self::Threaded(threaded) => threaded.receive(deadline),
        }
    }

    /// The bytes that are already here.
    pub(super) fn receive_now(&mut self) -> Option<io::Result<Vec<u8>>> {
        match self {
            Self::Tcp(tcp) => tcp.receive_now(),
            Self::Threaded(threaded) => threaded.receive_now(),
        }
    }

    /// What a child has written to its standard error, where that is kept.
    pub(super) fn stderr(&self) -> String {
        match self {
            Self::Tcp(_) => String::new(),
            Self::Threaded(threaded) => threaded.stderr(),
        }
    }
}
