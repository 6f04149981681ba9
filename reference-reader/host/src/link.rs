//! Threads between the operating system's byte streams and the loop: one reads, one writes.
//!
//! Whoever reads waits after each piece until the loop has taken it and what it led to has gone out: a client that
//! sends without reading is held up by the line, and takes no memory here. While a client over TCP asks one thing after the other the
//! threads stand aside ([`Direct`]).

mod direct;
mod inputs;
mod serial;
mod sink;
mod tcp;

use crate::{control::Command, listen::Kind};
use core::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
};
use std::{
    io::{self, Read, Write},
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    thread::{self, JoinHandle},
};

pub(crate) use direct::Direct;
pub(crate) use inputs::{First, Inputs, LoopGone, Teller};
pub(crate) use serial::open as open_serial;
pub(crate) use sink::Sink;

/// Bytes that one read takes at most.
const CHUNK: usize = 4096;

/// What the loop waits for.
pub(crate) enum Input {
    /// A link was opened.
    Opened(Opened),
    /// Bytes came in on a link. Whoever reads it waits to be resumed.
    Bytes(LinkId, Vec<u8>),
    /// The bytes that a link had to be waited for have gone out, or can't.
    Written(LinkId, io::Result<()>),
    /// A link was closed, and why.
    Closed(LinkId, String),
    /// No link can be had at the moment, and why.
    Missing(String),
    /// No link will come any more.
    Ended,
    /// What somebody does to the running reader.
    Control(Command),
    /// What the contact slot tells by itself.
    #[cfg_attr(
        not(feature = "pcsc"),
        expect(dead_code, reason = "a simulated card answers at once")
    )]
    Slot(crate::slot::Told),
}

/// Counts the links of a reader; each place to listen at has numbers of its own.
pub(crate) type LinkId = u64;

/// A link, as the loop holds it; closed when it is dropped, also one that the loop never got to see.
pub(crate) struct Opened {
    pub(crate) id: LinkId,
    pub(crate) from: String,
    /// Takes bytes that are to go out.
    pub(crate) sink: Sink,
    /// The connection itself, where the loop may read it.
    pub(crate) direct: Option<Direct>,
    /// Has the next bytes read.
    pub(crate) resume: Sender<()>,
    /// Closes the link from this side; `None` where nobody can, as with a cable.
    pub(crate) close: Option<Close>,
}

pub(crate) type Close = Box<dyn Fn() + Send>;

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some(close) = &self.close {
            close();
        }
    }
}

/// The thread that links come from.
pub(crate) struct Links {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    wake: Wake,
}

/// What it takes to have the thread look at `stop`.
enum Wake {
    /// It waits for connections.
    Connect(SocketAddr),
    /// It looks by itself.
    Polls,
    /// It can't be woken: nobody can take a read of standard input back.
    Never,
}

impl Links {
    /// Starts the thread that links come from; they are counted from `first` on.
    pub(crate) fn start(kind: Kind, first: LinkId, inputs: Teller) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let named = thread::Builder::new().name("links".into());
        let (thread, wake) = match kind {
            Kind::Tcp(listener, address) => {
                let thread = named.spawn(move || tcp::serve(&listener, first, &inputs, &stopped))?;
                (thread, Wake::Connect(address))
            }
            Kind::Serial { path, baud, port } => {
                let thread =
                    named.spawn(move || serial::serve(&path, baud, port, first, &inputs, &stopped))?;
                (thread, Wake::Polls)
            }
            Kind::Stdio => (named.spawn(move || serve_stdio(first, &inputs))?, Wake::Never),
        };
        Ok(Self { stop, thread, wake })
    }

    /// Ends the thread, so that the place to listen at is free when this returns. Whoever takes the inputs must be
    /// gone already.
    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        match self.wake {
            Wake::Connect(address) => tcp::wake(address),
            Wake::Polls => {}
            Wake::Never => return,
        }
        // A panic in there has been reported on the way.
        let _ = self.thread.join();
    }
}

/// Carries one link until it is closed. `quiet` is asked whenever a read has timed out, and may give a reason to close
/// it. An error means that the loop is gone.
fn carry(
    inputs: &Teller,
    (id, from): (LinkId, String),
    mut source: impl Read,
    (sink, direct): (impl Write + Send + 'static, Option<Direct>),
    close: Option<Close>,
    mut quiet: impl FnMut() -> Option<String>,
) -> Result<(), LoopGone> {
    let (resume, resumed) = channel();
    let sink = match Sink::start(id, sink, inputs.clone()) {
        Ok(sink) => sink,
        Err(error) => return inputs.send(Input::Missing(error.to_string())),
    };
    let opened = Opened {
        id,
        from,
        sink,
        direct,
        resume,
        close,
    };
    inputs.send(Input::Opened(opened))?;
    let mut buffer = [0; CHUNK];
    let why = loop {
        match source.read(&mut buffer) {
            Ok(0) => break "the other end closed it".into(),
            Ok(length) => {
                inputs.send(Input::Bytes(id, buffer[..length].to_vec()))?;
                if resumed.recv().is_err() {
                    break "this end closed it".into();
                }
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                    if let Some(why) = quiet() {
                        break why;
                    }
                }
                _ => break error.to_string(),
            },
        }
    };
    inputs.send(Input::Closed(id, why))
}

/// Standard input and output are one link, and the last.
fn serve_stdio(first: LinkId, inputs: &Teller) {
    let named = (first, "stdio".into());
    let sink = (io::stdout(), None);
    if carry(inputs, named, io::stdin().lock(), sink, None, || None).is_ok() {
        // Where this fails nobody waits for it.
        let _ = inputs.send(Input::Ended);
    }
}
