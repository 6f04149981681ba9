//! TCP: who waits for bytes reads them. A thread between the socket and whoever waits takes as long to wake as the other end takes
//! to answer.

use super::{CHUNK, PATIENCE};
use crate::stream::Timed;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream, ToSocketAddrs},
    time::Instant,
};

/// Reads after which a connection is closed whatever else comes on it.
const LAST_READS: usize = 64;

/// A connection; closed when it is dropped.
pub(in crate::link) struct Tcp {
    timed: Timed,
    buffer: Box<[u8]>,
}

impl Tcp {
    /// Connects to the first address of a host that answers.
    pub(super) fn connect(host: &str, port: u16) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => return Self::over(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    pub(super) fn over(stream: TcpStream) -> io::Result<Self> {
        // Frames are small and each is waited for: gathering them costs 40 ms a request.
        stream.set_nodelay(true)?;
        let deadline = Instant::now();
        Ok(Self {
            timed: Timed {
                tcp: stream,
                deadline,
            },
            buffer: vec![0; CHUNK].into(),
        })
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.timed.deadline = Instant::now() + PATIENCE;
        self.timed.write_all(bytes)
    }

    /// What is here already is given at the deadline, too.
    pub(super) fn receive(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        self.timed.deadline = deadline;
        loop {
            match self.timed.read(&mut self.buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => return Ok(self.buffer[..length].to_vec()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The system may be early.
                Err(error) if error.kind() == io::ErrorKind::TimedOut && Instant::now() < deadline => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return self.receive_now().unwrap_or(Err(error));
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn receive_now(&mut self) -> Option<io::Result<Vec<u8>>> {
        let read = self
            .timed
            .tcp
            .set_nonblocking(true)
            .and_then(|()| self.timed.tcp.read(&mut self.buffer));
        if let Err(error) = self.timed.tcp.set_nonblocking(false) {
            return Some(Err(error));
        }
        match read {
            Ok(0) => Some(Err(io::ErrorKind::UnexpectedEof.into())),
            Ok(length) => Some(Ok(self.buffer[..length].to_vec())),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl Drop for Tcp {
    /// Every error is passed over: the stream is gone either way.
    fn drop(&mut self) {
        let _ = self.timed.tcp.shutdown(Shutdown::Both);
        // Where bytes wait that nobody has read, a system breaks the connection off, and what was sent last may be lost with it.
        for _ in 0..LAST_READS {
            if !matches!(self.receive_now(), Some(Ok(_))) {
                break;
            }
        }
    }
}
