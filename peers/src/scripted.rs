//! A scripted reader: the reader's half of every handshake, and answers as a script says. For testing clients.
//!
//! It is no reader: it has no modules, no back-off, no timers. What it says inside a session is up to a closure, which
//! may also lose, damage or forge answers.
//!
//! ```
//! use cardwire_codec::message::{DisconnectAnswer, Request};
//! use cardwire_peers::{Client, Identities, Link, scripted::{ReaderSession, Reply, ScriptedReader, reply}};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let identities = Identities::certification();
//! let reader = identities.reader.clone().ok_or("no reader")?;
//! // Whatever is asked, the answer is goodbye; the first one gets lost on the way.
//! let script = |_: &ReaderSession, _: &[u8]| Reply::lost(reply(&DisconnectAnswer { extensions: Default::default() }));
//! let reader = ScriptedReader::answering(reader, script)?;
//!
//! let client = Client::new(identities.clients[0].clone());
//! let mut session = client.connect(Link::open(reader.endpoint())?)?;
//! session.disconnect()?;
//! # Ok(())
//! # }
//! ```

mod half;
mod login;
mod plain;
mod session;
mod update;

pub use half::Half;
pub use login::ReaderLogin;
pub use plain::{CannedService, PlainReader};
pub use session::{Damage, ReaderSession, Reply, reply};

use crate::{Endpoint, Link, identity::ReaderIdentity};
use core::{
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicBool, Ordering},
};
use std::{
    io,
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
};

/// A scripted reader on a TCP port of the loopback interface, for one connection at a time.
#[derive(Debug)]
pub struct ScriptedReader {
    endpoint: Endpoint,
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ScriptedReader {
    /// A reader that runs `script` for each connection. A script ends when its link is closed, at the latest.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn start(mut script: impl FnMut(Link) + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let run = move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(link) = stream.and_then(Link::accepted) {
                    script(link);
                }
            }
        };
        let thread = thread::Builder::new().name("scripted reader".into()).spawn(run)?;
        let endpoint = Endpoint::Tcp {
            host: address.ip().to_string(),
            port: address.port(),
        };
        Ok(Self {
            endpoint,
            address,
            stopped,
            thread: Some(thread),
        })
    }

    /// A reader that lets its clients in and then answers each new request with what `answer` gives for it.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn answering(
        identity: ReaderIdentity,
        mut answer: impl FnMut(&ReaderSession, &[u8]) -> Reply + Send + 'static,
    ) -> io::Result<Self> {
        let mut half = Half::new(identity);
        Self::start(move |mut link| {
            let mut session = half.let_in(&mut link);
            while let Some(current) = session {
                session = current.serve(&mut half, &mut link, &mut answer);
            }
        })
    }

    /// Where it is reached.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Drop for ScriptedReader {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The thread waits for a connection, or for its client, whose link may be dropped after this.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(thread) = self.thread.take().filter(|thread| woken && thread.is_finished()) {
            let _ = thread.join();
        }
    }
}
