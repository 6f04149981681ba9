//! A port that a client connects to, and the lines that come on it. One thread serves one connection at a time.

use super::tape::{End, Shared, What};
use crate::embedded::protocol;
use cardwire_spec::interpret::frame::{self, DELIMITER, Frame};
use core::{
    net::{Ipv4Addr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    panic::catch_unwind,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Instant,
};

/// How often a thread that waits looks whether it should end.
const GLANCE: Duration = Duration::from_millis(10);
/// Bytes of one line that are kept; what is longer is no frame of anybody.
const LINE_MAX: usize = 64 * 1024;

/// Serves what comes on one connection.
pub(super) trait Serve: Send + 'static {
    /// A connection has come.
    fn begins(&mut self);
    /// Takes a frame; `false` closes the connection.
    fn takes(&mut self, connection: &mut Connection, frame: Frame, line: &[u8]) -> bool;
}

/// A port with its thread. Both end when this goes.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A connection of the client.
pub(super) struct Connection {
    stream: TcpStream,
    pub(super) end: End,
    pub(super) tape: Shared,
    /// The frame at hand came before the request before it was answered.
    pub(super) early: bool,
    /// Bytes behind the last delimiter that came.
    begun: Vec<u8>,
    lines: VecDeque<Line>,
}

/// What stands between two delimiters.
struct Line {
    bytes: Vec<u8>,
    early: bool,
}

impl Port {
    pub(super) fn open(end: End, tape: Shared, mut serve: impl Serve) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let run = move || {
            let mut next = None;
            while !stopped.load(Ordering::SeqCst) {
                let Some(stream) = next.take().or_else(|| accept(&listener)) else {
                    thread::sleep(GLANCE / 5);
                    continue;
                };
                let mut connection = Connection {
                    stream,
                    end,
                    tape: tape.clone(),
                    early: false,
                    begun: Vec::new(),
                    lines: VecDeque::new(),
                };
                serve.begins();
                let mut goes_on = || {
                    // A reader has one link, and a further one waits. A cloud has many: the newest counts.
                    if end == End::Cloud {
                        next = accept(&listener);
                    }
                    next.is_none() && !stopped.load(Ordering::SeqCst)
                };
                let serves = || connection.serve(&mut serve, &mut goes_on);
                let served = catch_unwind(AssertUnwindSafe(serves));
                tape.lock().panicked |= served.is_err();
            }
        };
        let thread = thread::Builder::new().name(end.name().into()).spawn(run)?;
        Ok(Self {
            address,
            stop,
            thread: Some(thread),
        })
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("tcp:{}", self.address)
    }
}

fn accept(listener: &TcpListener) -> Option<TcpStream> {
    listener.accept().ok().map(|(stream, _)| stream)
}

impl Drop for Port {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Connection {
    fn serve(&mut self, serve: &mut impl Serve, goes_on: &mut impl FnMut() -> bool) {
        let set_up = self.stream.set_nonblocking(false);
        if set_up
            .and_then(|()| self.stream.set_nodelay(true))
            .and_then(|()| self.stream.set_read_timeout(Some(GLANCE)))
            .and_then(|()| self.stream.set_write_timeout(Some(Duration::from_secs(5))))
            .is_err()
        {
            return;
        }
        self.log(What::Opened, "the client has connected");
        while goes_on() {
            while let Some(line) = self.lines.pop_front() {
                // What is here already came before this one can have an answer.
                self.lines.iter_mut().for_each(|line| line.early = true);
                if !self.line(serve, line) {
                    return;
                }
            }
            if !self.listen(false) {
                return;
            }
        }
    }

    /// Takes what has come, for a glance at most. What comes while an answer is due is early.
    fn listen(&mut self, early: bool) -> bool {
        let mut chunk = [0; 4096];
        let size = match self.stream.read(&mut chunk) {
            Ok(0) => {
                self.log(What::Closed, "the client has closed the connection");
                return false;
            }
            Ok(size) => size,
            Err(error) if is_patience(&error) => return true,
            Err(_) => {
                self.log(What::Closed, "the client has cut the connection");
                return false;
            }
        };
        for &byte in &chunk[..size] {
            if byte != DELIMITER {
                if self.begun.len() < LINE_MAX {
                    self.begun.push(byte);
                }
            } else {
                let bytes = core::mem::take(&mut self.begun);
                self.lines.push_back(Line { bytes, early });
            }
        }
        true
    }

    /// Waits, and hears what comes meanwhile.
    pub(super) fn pause(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            if !self.listen(true) {
                return;
            }
        }
    }

    fn line(&mut self, serve: &mut impl Serve, line: Line) -> bool {
        if line.bytes.is_empty() {
            self.log(What::Delimiter, "a delimiter");
            return true;
        }
        self.early = line.early;
        match frame::decode(protocol(), &line.bytes) {
            Ok(frame) => serve.takes(self, frame, &line.bytes),
            Err(fault) => {
                self.tape.lock().garbage(self.end, &line.bytes, fault);
                true
            }
        }
    }

    fn log(&mut self, what: What, note: &str) {
        self.tape.lock().event(self.end, what, note);
    }

    /// Puts bytes on the line. That the client does not take them is its matter.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }
}

fn is_patience(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
