//! A TCP connection, with TLS or without, on which every wait has a deadline; and the frames on it.
//!
//! Client and cloud use it from one thread a connection. Whoever sends a byte now and then can't prolong a wait: it is
//! the frame that must be there in time, not the byte.

use crate::link::OwnedFrame;
use cardwire_codec::{
    frame::{Deframer, line_size},
    message::{FrameKind, limits::FRAME_MIN},
};
use rustls::{
    ClientConfig, ClientConnection, ServerConfig, ServerConnection, StreamOwned, pki_types::ServerName,
};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
    time::Instant,
};

/// A TCP connection whose reads and writes end at a deadline.
#[derive(Debug)]
pub(crate) struct Timed {
    pub(crate) tcp: TcpStream,
    pub(crate) deadline: Instant,
}

impl Timed {
    /// The time that is left; none is an error, as a timeout of zero would mean to wait for ever.
    fn left(&self) -> io::Result<core::time::Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(io::ErrorKind::TimedOut.into())
        } else {
            Ok(left)
        }
    }
}

/// What a socket says when its time is up differs between systems.
fn timed_out(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock {
        io::ErrorKind::TimedOut.into()
    } else {
        error
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(self.left()?))?;
        self.tcp.read(buffer).map_err(timed_out)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.left()?))?;
        self.tcp.write(bytes).map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// A connection with TLS or without.
#[derive(Debug)]
pub(crate) struct Stream(Kind);

#[derive(Debug)]
enum Kind {
    Plain(Timed),
    Client(Box<StreamOwned<ClientConnection, Timed>>),
    Server(Box<StreamOwned<ServerConnection, Timed>>),
}

impl Stream {
    pub(crate) fn plain(tcp: TcpStream) -> Self {
        Self(Kind::Plain(Timed {
            tcp,
            deadline: Instant::now(),
        }))
    }

    /// Makes the TLS connection, so that an untrusted certificate shows here and not at the first request.
    pub(crate) fn tls_client(
        tcp: TcpStream,
        config: Arc<ClientConfig>,
        host: &str,
        deadline: Instant,
    ) -> io::Result<Self> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let mut tls = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut timed = Timed { tcp, deadline };
        while tls.is_handshaking() {
            tls.complete_io(&mut timed)?;
        }
        Ok(Self(Kind::Client(Box::new(StreamOwned::new(tls, timed)))))
    }

    pub(crate) fn tls_server(
        tcp: TcpStream,
        config: Arc<ServerConfig>,
        deadline: Instant,
    ) -> io::Result<Self> {
        let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
        let mut timed = Timed { tcp, deadline };
        while tls.is_handshaking() {
            tls.complete_io(&mut timed)?;
        }
        Ok(Self(Kind::Server(Box::new(StreamOwned::new(tls, timed)))))
    }

    fn timed(&mut self) -> &mut Timed {
        match &mut self.0 {
            Kind::Plain(timed) => timed,
            Kind::Client(stream) => &mut stream.sock,
            Kind::Server(stream) => &mut stream.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.read(buffer),
            Kind::Client(stream) => stream.read(buffer),
            Kind::Server(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.write(bytes),
            Kind::Client(stream) => stream.write(bytes),
            Kind::Server(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.flush(),
            Kind::Client(stream) => stream.flush(),
            Kind::Server(stream) => stream.flush(),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A clone of the socket may live on in the server's list.
        let _ = self.timed().tcp.shutdown(Shutdown::Both);
    }
}

/// Frames of the smallest size on a stream: no message between client and cloud needs a larger one (CW-CODEC-008).
#[derive(Debug)]
pub(crate) struct FrameStream {
    stream: Stream,
    deframer: Deframer<{ line_size(FRAME_MIN) }>,
    buffer: [u8; 1024],
    /// What is in the buffer and has not been looked at.
    pending: core::ops::Range<usize>,
}

impl FrameStream {
    pub(crate) fn over(stream: Stream) -> Self {
        Self {
            stream,
            deframer: Deframer::new(),
            buffer: [0; 1024],
            pending: 0..0,
        }
    }

    pub(crate) fn send(&mut self, line: &[u8], deadline: Instant) -> io::Result<()> {
        self.stream.timed().deadline = deadline;
        self.stream.write_all(line)?;
        self.stream.flush()
    }

    /// The next clear frame; everything else is dropped (CW-LINK-005).
    pub(crate) fn receive(&mut self, deadline: Instant) -> io::Result<OwnedFrame> {
        self.stream.timed().deadline = deadline;
        loop {
            let mut input = &self.buffer[self.pending.clone()];
            let found = match self.deframer.feed(&mut input) {
                Some(Ok(frame)) if frame.kind == FrameKind::Clear => Some(OwnedFrame::from(frame)),
                Some(_) => None,
                None => {
                    match self.stream.read(&mut self.buffer)? {
                        0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                        length => self.pending = 0..length,
                    }
                    continue;
                }
            };
            self.pending.start = self.pending.end - input.len();
            if let Some(frame) = found {
                return Ok(frame);
            }
        }
    }

    /// The payload of the next clear frame with this number.
    pub(crate) fn receive_answer(&mut self, number: u64, deadline: Instant) -> io::Result<Vec<u8>> {
        loop {
            let frame = self.receive(deadline)?;
            if frame.number == number {
                return Ok(frame.payload);
            }
        }
    }
}
