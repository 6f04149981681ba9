//! Ports that deal wrongly with a second connection: a sound reader behind a relay.

use core::net::SocketAddr;
use std::{
    io,
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

/// What becomes of a connection when there is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortFault {
    /// It is closed in favour of the other one.
    ServesWhoeverCameLast,
}

impl PortFault {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::ServesWhoeverCameLast];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ServesWhoeverCameLast => "ServesWhoeverCameLast",
        }
    }

    pub(crate) const fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::ServesWhoeverCameLast => &["CW-LINK-012"],
        }
    }

    /// Relays what comes to `port` to the reader, until taking connections fails.
    ///
    /// # Errors
    /// The port takes no connections.
    pub fn run(self, port: &TcpListener, reader: SocketAddr) -> io::Result<()> {
        match self {
            Self::ServesWhoeverCameLast => serve_the_last(port, reader),
        }
    }
}

fn serve_the_last(port: &TcpListener, reader: SocketAddr) -> io::Result<()> {
    let mut served: Option<[TcpStream; 2]> = None;
    loop {
        let (outside, _) = port.accept()?;
        for end in served.iter().flatten() {
            // It may be closed already.
            let _ = end.shutdown(Shutdown::Both);
        }
        // A reader that is gone ends the connection with it.
        served = join(outside, reader).ok();
    }
}

/// Joins a connection to a new one to the reader.
fn join(outside: TcpStream, reader: SocketAddr) -> io::Result<[TcpStream; 2]> {
    let inside = TcpStream::connect(reader)?;
    for end in [&outside, &inside] {
        end.set_nodelay(true)?;
    }
    for (from, to) in [(&outside, &inside), (&inside, &outside)] {
        let (from, to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            let (mut source, mut sink) = (&from, &to);
            // However it ends, the other direction ends with it.
            let _ = io::copy(&mut source, &mut sink);
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    Ok([outside, inside])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    #[test]
    fn the_second_connection_ends_the_first() {
        let reader = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        let (inside, outside) = (reader.local_addr().unwrap(), port.local_addr().unwrap());
        thread::spawn(move || PortFault::ServesWhoeverCameLast.run(&port, inside));
        let mut first = TcpStream::connect(outside).unwrap();
        let (mut served, _) = reader.accept().unwrap();
        first.write_all(b"a").unwrap();
        let mut byte = [0];
        served.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"a");
        let _second = TcpStream::connect(outside).unwrap();
        assert_eq!(first.read(&mut byte).unwrap_or(0), 0, "it is closed");
    }
}
