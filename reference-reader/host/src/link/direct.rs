//! A connection that the loop reads and writes itself, without waiting, while a client asks one thing after the other: each thread
//! that is woken between a request and its answer takes as long as the answer does.

use std::net::TcpStream;

/// The connection.
pub(crate) struct Direct(TcpStream);

impl Direct {
    pub(crate) fn new(connection: TcpStream) -> Self {
        Self(connection)
    }

    #[cfg(unix)]
    pub(super) fn socket(&self) -> &TcpStream {
        &self.0
    }

    /// How many of these bytes the system takes without waiting. An error is left to the thread that writes, which sees it too.
    #[cfg(unix)]
    pub(crate) fn send(&self, bytes: &[u8]) -> usize {
        use rustix::net::{SendFlags, send};
        send(&self.0, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL).unwrap_or(0)
    }

    /// The bytes that are here; none where the connection has ended or has an error, which is left to the thread that reads.
    #[cfg(unix)]
    pub(crate) fn receive(&self) -> Vec<u8> {
        use rustix::net::{RecvFlags, recv};
        let mut buffer = [0; super::CHUNK];
        let (length, _) = recv(&self.0, &mut buffer[..], RecvFlags::DONTWAIT).unwrap_or((0, 0));
        buffer[..length].to_vec()
    }

    #[cfg(not(unix))]
    pub(crate) fn send(&self, _: &[u8]) -> usize {
        0
    }

    #[cfg(not(unix))]
    pub(crate) fn receive(&self) -> Vec<u8> {
        Vec::new()
    }
}
