//! A link: the byte stream to a reader, and the frames on it.
//!
//! A link is blocking and used from one thread. Waiting with a deadline works the same over TCP, serial ports and a child's
//! standard output. Bytes that are not a frame are dropped and counted (CW-LINK-005); testers that need them, or that send
//! some, use the raw half.

mod played;
mod wire;

pub use played::Line;
pub use wire::Stderr;

use crate::Endpoint;
use cardwire_codec::{
    Frame,
    frame::{Deframer, FrameError, OVERHEAD, line_size},
    message::{FrameKind, limits::FRAME_MAX},
};
use core::fmt;
use std::{io, net::TcpStream, time::Instant};
use wire::Wire;

/// Which way bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From this end to the other.
    Sent,
    /// From the other end to this.
    Received,
}

/// Sees all bytes of a link, in order and as they are on the line.
pub type Trace = Box<dyn FnMut(Direction, &[u8]) + Send>;

/// A frame with its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedFrame {
    /// Whether the payload is a message in clear or sealed.
    pub kind: FrameKind,
    /// Number or nonce.
    pub number: u64,
    /// The message, or its sealed bytes.
    pub payload: Vec<u8>,
}

impl OwnedFrame {
    /// The frame's bytes for the line, with the delimiter.
    ///
    /// The size is not held to what any end declared: a tester may want to break that.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode_frame(self.kind, self.number, &self.payload)
    }
}

impl From<Frame<'_>> for OwnedFrame {
    fn from(frame: Frame<'_>) -> Self {
        Self {
            kind: frame.kind,
            number: frame.number,
            payload: frame.payload.to_vec(),
        }
    }
}

/// The bytes of a frame for the line, with the delimiter.
#[must_use]
pub fn encode_frame(kind: FrameKind, number: u64, payload: &[u8]) -> Vec<u8> {
    let mut line = vec![0; line_size(payload.len() + OVERHEAD)];
    let frame = Frame {
        kind,
        number,
        payload,
    };
    // `line_size` is the most that a frame of this size takes.
    let length = frame.encode(&mut line).unwrap_or_default();
    line.truncate(length);
    line
}

/// What came over a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A frame.
    Frame(OwnedFrame),
    /// Bytes between two delimiters that are not a frame, and why.
    Garbage(FrameError),
}

/// Why nothing came over a link.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The deadline has passed.
    #[error("nothing came before the deadline")]
    Timeout,
    /// The stream has ended.
    #[error("the line was closed by the other end: {0}")]
    Closed(#[source] io::Error),
}

impl ReceiveError {
    fn from_io(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut {
            Self::Timeout
        } else {
            Self::Closed(error)
        }
    }
}

/// The byte stream to a reader, and the frames on it.
pub struct Link {
    origin: Origin,
    carrier: Option<Carrier>,
    deframer: Deframer<{ line_size(FRAME_MAX) }>,
    /// Bytes that have come and not been looked at, from `taken` on.
    pending: Vec<u8>,
    taken: usize,
    garbage: u64,
    trace: Option<Trace>,
}

enum Origin {
    Endpoint(Endpoint, Stderr),
    Accepted,
    Played,
}

/// What carries the bytes.
enum Carrier {
    Wire(Wire),
    Played(Box<dyn Line>),
}

impl Carrier {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Wire(wire) => wire.send(bytes),
            Self::Played(line) => line.send(bytes),
        }
    }

    fn receive(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        match self {
            Self::Wire(wire) => wire.receive(deadline),
            Self::Played(line) => line.receive(deadline),
        }
    }

    fn receive_now(&mut self) -> Option<io::Result<Vec<u8>>> {
        match self {
            Self::Wire(wire) => wire.receive_now(),
            Self::Played(line) => line.receive_now().map(Ok),
        }
    }
}

impl Link {
    /// Opens the stream to an endpoint; a child's standard error is passed through.
    ///
    /// # Errors
    /// What the operating system says: no such host, port, device, program.
    pub fn open(endpoint: &Endpoint) -> io::Result<Self> {
        Self::open_with(endpoint, Stderr::Passed)
    }

    /// Opens the stream to an endpoint and says what becomes of a child's standard error.
    ///
    /// # Errors
    /// As for [`Link::open`].
    pub fn open_with(endpoint: &Endpoint, stderr: Stderr) -> io::Result<Self> {
        let wire = Wire::open(endpoint, stderr)?;
        Ok(Self::over(
            Carrier::Wire(wire),
            Origin::Endpoint(endpoint.clone(), stderr),
        ))
    }

    /// A link over a TCP connection that the other end made; such a link can't be made again from here.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn accepted(stream: TcpStream) -> io::Result<Self> {
        Ok(Self::over(
            Carrier::Wire(Wire::over_tcp(stream)?),
            Origin::Accepted,
        ))
    }

    /// A link over a line that a test plays; such a link can't be made again from here.
    #[must_use]
    pub fn played(line: impl Line + 'static) -> Self {
        Self::over(Carrier::Played(Box::new(line)), Origin::Played)
    }

    /// What the link's clock shows: deadlines on it are made from this.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.carrier {
            Some(Carrier::Played(line)) => line.now(),
            Some(Carrier::Wire(_)) | None => Instant::now(),
        }
    }

    fn over(carrier: Carrier, origin: Origin) -> Self {
        Self {
            origin,
            carrier: Some(carrier),
            deframer: Deframer::new(),
            pending: Vec::new(),
            taken: 0,
            garbage: 0,
            trace: None,
        }
    }

    /// Closes the stream and opens it anew: a reset of the link (CW-SESS-018). A child is killed and started again.
    ///
    /// # Errors
    /// As for [`Link::open`]; the link is then closed, and this may be tried again.
    pub fn reconnect(&mut self) -> io::Result<()> {
        self.close();
        let unsupported = |why| Err(io::Error::new(io::ErrorKind::Unsupported, why));
        match &self.origin {
            Origin::Endpoint(endpoint, stderr) => {
                self.carrier = Some(Carrier::Wire(Wire::open(endpoint, *stderr)?));
                Ok(())
            }
            Origin::Accepted => unsupported("the other end made this connection"),
            Origin::Played => unsupported("a test plays this line"),
        }
    }

    /// Closes the stream; what came and was not taken is lost.
    pub fn close(&mut self) {
        self.carrier = None;
        self.pending.clear();
        self.taken = 0;
        self.deframer.reset();
    }

    /// Where this link leads; `None` where the other end made it.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match &self.origin {
            Origin::Endpoint(endpoint, _) => Some(endpoint),
            Origin::Accepted | Origin::Played => None,
        }
    }

    /// Shows all bytes from now on to `trace`, or to nobody.
    pub fn set_trace(&mut self, trace: Option<Trace>) {
        self.trace = trace;
    }

    /// How often bytes between two delimiters were not a frame, since the link was made.
    #[must_use]
    pub fn garbage(&self) -> u64 {
        self.garbage
    }

    /// The end of what a child has written to its standard error, where that is kept.
    #[must_use]
    pub fn stderr(&self) -> String {
        match &self.carrier {
            Some(Carrier::Wire(wire)) => wire.stderr(),
            Some(Carrier::Played(_)) | None => String::new(),
        }
    }

    /// Sends bytes as they are. Over a serial port or to a child they may still be on their way when this returns.
    ///
    /// # Errors
    /// The line is closed, or takes no more bytes.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(trace) = &mut self.trace {
            trace(Direction::Sent, bytes);
        }
        self.carrier
            .as_mut()
            .ok_or(io::ErrorKind::NotConnected)?
            .send(bytes)
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// As for [`Link::send`].
    pub fn send_frame(&mut self, kind: FrameKind, number: u64, payload: &[u8]) -> io::Result<()> {
        self.send(&encode_frame(kind, number, payload))
    }

    /// The next frame. Bytes that are not one are dropped and counted.
    ///
    /// # Errors
    /// The deadline has passed, or the stream has ended; what came before its end is given first.
    //= spec/book/src/link.md#cw-link-005
    //# A receiver MUST drop bytes between two delimiters that are not a frame, without an answer, and take the next frame.
    pub fn receive(&mut self, deadline: Instant) -> Result<OwnedFrame, ReceiveError> {
        loop {
            if let Received::Frame(frame) = self.receive_any(deadline)? {
                return Ok(frame);
            }
        }
    }

    /// The next frame, or the next bytes between two delimiters that are not one.
    ///
    /// # Errors
    /// As for [`Link::receive`].
    pub fn receive_any(&mut self, deadline: Instant) -> Result<Received, ReceiveError> {
        loop {
            let mut input = &self.pending[self.taken..];
            let fed = self
                .deframer
                .feed(&mut input)
                .map(|found| found.map(OwnedFrame::from));
            self.taken = self.pending.len() - input.len();
            match fed {
                Some(Ok(frame)) => return Ok(Received::Frame(frame)),
                Some(Err(error)) => {
                    self.garbage += 1;
                    return Ok(Received::Garbage(error));
                }
                None => {
                    self.pending = self.next_chunk(deadline)?;
                    self.taken = 0;
                }
            }
        }
    }

    /// The next bytes as they are on the line, whatever they mean.
    ///
    /// # Errors
    /// As for [`Link::receive`].
    pub fn receive_bytes(&mut self, deadline: Instant) -> Result<Vec<u8>, ReceiveError> {
        if self.taken < self.pending.len() {
            let rest = self.pending.split_off(self.taken);
            self.pending.clear();
            self.taken = 0;
            return Ok(rest);
        }
        self.next_chunk(deadline)
    }

    /// Forgets all that has come and not been taken, a frame that has begun included.
    pub fn discard(&mut self) {
        self.pending.clear();
        self.taken = 0;
        self.deframer.reset();
        while let Some(Ok(chunk)) = self.carrier.as_mut().and_then(Carrier::receive_now) {
            if let Some(trace) = &mut self.trace {
                trace(Direction::Received, &chunk);
            }
        }
    }

    fn next_chunk(&mut self, deadline: Instant) -> Result<Vec<u8>, ReceiveError> {
        let carrier = self
            .carrier
            .as_mut()
            .ok_or_else(|| ReceiveError::Closed(io::ErrorKind::NotConnected.into()))?;
        let chunk = carrier.receive(deadline).map_err(ReceiveError::from_io)?;
        if let Some(trace) = &mut self.trace {
            trace(Direction::Received, &chunk);
        }
        Ok(chunk)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = match &self.origin {
            Origin::Endpoint(endpoint, _) => endpoint.to_string(),
            Origin::Accepted => "accepted".into(),
            Origin::Played => "played".into(),
        };
        f.debug_struct("Link")
            .field("to", &to)
            .field("open", &self.carrier.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
