//! A cloud on a TCP port: a thread for each connection, a bounded number of them, and a deadline for every wait.
//!
//! A connection costs a thread with a small stack, two buffers of a frame each, and one login; nothing that a client sends
//! makes it more. Clients share nothing but the database, which each holds for one short operation at a time: one that is
//! slow, or silent, keeps nobody waiting. Who sends without reading is not read from: its answers are written first.

use super::{Cloud, CloudAddress};
use crate::{
    link::encode_frame,
    stream::{FrameStream, Stream},
    tls::{self, TlsError},
};
use cardwire_codec::message::FrameKind;
use core::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use rustls::ServerConfig;
use std::{
    collections::HashMap,
    io,
    net::{Shutdown, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Instant,
};

/// The stack of a connection's thread: the deepest that TLS, handshake and database need, several times over.
const STACK: usize = 512 * 1024;
/// Wait after a connection could not be accepted, for example because there are too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// How many connections there may be at a time; one more is closed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From everywhere.
    pub connections: usize,
    /// From one address: a single machine must not take all the places.
    pub per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            per_address: 512,
        }
    }
}

/// Certificate chain, leaf first, and private key, as PEM files.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    /// The certificates.
    pub chain: &'a Path,
    /// The private key of the first one.
    pub key: &'a Path,
}

/// Why a cloud does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can't be listened on.
    #[error("{address} can't be listened on: {source}")]
    Listen {
        /// The address.
        address: CloudAddress,
        /// What the operating system says.
        source: io::Error,
    },
    /// TLS can't be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A cloud that listens until this is dropped; its connections are closed then.
#[derive(Debug)]
pub struct Server {
    address: CloudAddress,
    wake: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    cloud: Arc<Cloud>,
    tls: Option<Arc<ServerConfig>>,
    limits: Limits,
    stopped: AtomicBool,
    /// Every connection's socket, to close it; what a thread that panicked left behind is closed as well.
    open: Mutex<HashMap<u64, Connection>>,
}

#[derive(Debug)]
struct Connection {
    socket: TcpStream,
    from: IpAddr,
}

impl Server {
    /// Begins to listen. A `tls:` address needs a certificate; a loopback address takes none.
    ///
    /// # Errors
    /// An address that is taken, or files that hold no certificate and key.
    pub fn start(
        cloud: Arc<Cloud>,
        address: &CloudAddress,
        certificate: Option<Certificate<'_>>,
    ) -> Result<Self, ServeError> {
        Self::start_with(cloud, address, certificate, Limits::default())
    }

    /// Begins to listen, with other limits.
    ///
    /// # Errors
    /// As for [`Server::start`].
    pub fn start_with(
        cloud: Arc<Cloud>,
        address: &CloudAddress,
        certificate: Option<Certificate<'_>>,
        limits: Limits,
    ) -> Result<Self, ServeError> {
        let tls = match (address, certificate) {
            (CloudAddress::Loopback { .. }, _) => None,
            (CloudAddress::Tls { .. }, Some(files)) => Some(tls::server_config(files.chain, files.key)?),
            (CloudAddress::Tls { .. }, None) => return Err(TlsError::NoCertificate.into()),
        };
        let failed = |source| ServeError::Listen {
            address: address.clone(),
            source,
        };
        let listener = address.listen().map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        let open = Mutex::default();
        let shared = Arc::new(Shared {
            cloud,
            tls,
            limits,
            stopped: AtomicBool::new(false),
            open,
        });
        let accepting = Arc::clone(&shared);
        let thread = thread::Builder::new().name("cloud listener".into());
        let thread = thread
            .spawn(move || accept(&listener, &accepting))
            .map_err(failed)?;
        Ok(Self {
            address: address.with_port(local.port()),
            wake: local,
            shared,
            listener: Some(thread),
        })
    }

    /// Where it listens, with the port that it got.
    #[must_use]
    pub fn address(&self) -> &CloudAddress {
        &self.address
    }

    /// Listens until the process ends or another thread drops it. For programs that do nothing else.
    pub fn wait(mut self) {
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        if let Some(listener) = self.listener.take() {
            // The thread waits for a connection: this is one.
            let mut wake = self.wake;
            match wake.ip() {
                IpAddr::V4(ip) if ip.is_unspecified() => wake.set_ip(Ipv4Addr::LOCALHOST.into()),
                IpAddr::V6(ip) if ip.is_unspecified() => wake.set_ip(Ipv6Addr::LOCALHOST.into()),
                IpAddr::V4(_) | IpAddr::V6(_) => {}
            }
            if TcpStream::connect(wake).is_ok() {
                let _ = listener.join();
            }
        }
        for (_, connection) in self.shared.open().drain() {
            let _ = connection.socket.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, Connection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection on the list, where there is a place.
    fn admit(&self, id: u64, socket: &TcpStream) -> Option<()> {
        // One whose other end is gone already has no address.
        let from = socket.peer_addr().ok()?.ip().to_canonical();
        let socket = socket.try_clone().ok()?;
        let mut open = self.open();
        let of_address = open.values().filter(|connection| connection.from == from).count();
        let Limits {
            connections,
            per_address,
        } = self.limits;
        if open.len() >= connections || of_address >= per_address {
            return None;
        }
        open.insert(id, Connection { socket, from });
        Some(())
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (id, socket) in (0..).zip(listener.incoming()) {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        // An error is that of one connection, or of a lack that may pass.
        let Ok(socket) = socket else {
            thread::sleep(PAUSE);
            continue;
        };
        // A dropped socket is a closed connection.
        if shared.admit(id, &socket).is_none() {
            continue;
        }
        let serving = Arc::clone(shared);
        let thread = thread::Builder::new()
            .name("cloud connection".into())
            .stack_size(STACK);
        let spawned = thread.spawn(move || {
            let guard = Entry { shared: &serving, id };
            serve(&serving, socket);
            drop(guard);
        });
        if spawned.is_err() {
            shared.open().remove(&id);
        }
    }
}

/// Takes a connection off the list however its thread ends.
struct Entry<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.shared.open().remove(&self.id);
    }
}

/// Answers a client until it goes, stops talking, or stops listening.
fn serve(shared: &Shared, socket: TcpStream) {
    let timers = shared.cloud.timers;
    let opened = socket.set_nodelay(true).and_then(|()| match &shared.tls {
        None => Ok(Stream::plain(socket)),
        Some(config) => Stream::tls_server(socket, Arc::clone(config), Instant::now() + timers.handshake),
    });
    let Ok(stream) = opened else { return };
    let mut frames = FrameStream::over(stream);
    let mut conversation = Cloud::conversation(&shared.cloud);
    // The deadline is that of a whole frame: a byte now and then does not hold a connection. Who has not said anything
    // yet is waited for less long: idle strangers must not keep clients out.
    let mut patience = timers.handshake;
    while let Ok(frame) = frames.receive(Instant::now() + patience) {
        patience = timers.idle;
        let answer = conversation.handle(&frame.payload, Instant::now());
        let line = encode_frame(FrameKind::Clear, frame.number, &answer);
        if frames.send(&line, Instant::now() + timers.answer).is_err() {
            break;
        }
    }
}

#[cfg(test)]
mod tests;
