//! The thread through which bytes of a link go out: a client that does not read must not hold up the loop.

use super::{Input, LinkId, Teller};
use std::{
    io::{self, Write},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

/// The outgoing half of a link; each piece is answered with [`Input::Written`].
pub(crate) struct Sink(Sender<Vec<u8>>);

impl Sink {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// The operating system has no more threads.
    pub(super) fn start(id: LinkId, sink: impl Write + Send + 'static, told: Teller) -> io::Result<Self> {
        let (pieces, waiting) = channel();
        let write = move || write_out(id, sink, &waiting, &told);
        thread::Builder::new().name("link writer".into()).spawn(write)?;
        Ok(Self(pieces))
    }

    /// Hands bytes to the thread; whether they are on their way. Where it is gone it has told why.
    pub(crate) fn send(&self, bytes: Vec<u8>) -> bool {
        self.0.send(bytes).is_ok()
    }

    /// A sink that loses everything.
    #[cfg(test)]
    pub(crate) fn nowhere() -> Self {
        Self(channel().0)
    }
}

fn write_out(id: LinkId, mut sink: impl Write, waiting: &Receiver<Vec<u8>>, inputs: &Teller) {
    while let Ok(bytes) = waiting.recv() {
        let written = sink.write_all(&bytes).and_then(|()| sink.flush());
        let failed = written.is_err();
        if inputs.send(Input::Written(id, written)).is_err() || failed {
            break;
        }
    }
}
