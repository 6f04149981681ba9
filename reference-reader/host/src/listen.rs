//! Where a reader listens: one word on a command line, and the listener that it becomes.

use core::{fmt, net::SocketAddr, str::FromStr};
use serialport::SerialPort;
use std::{io, net::TcpListener, path::PathBuf};

/// Baud rate of a serial port where none is stated. USB CDC-ACM and pseudo-terminals take any.
const DEFAULT_BAUD: u32 = 115_200;

/// Where a reader listens. Any byte stream will do (CW-LINK-001).
///
/// ```
/// use cardwire_host::Listen;
///
/// assert_eq!("tcp:[::1]:0".parse(), Ok(Listen::Tcp { host: "::1".into(), port: 0 }));
/// assert_eq!("serial:/dev/ttyGS0@9600".parse(), Ok(Listen::Serial { path: "/dev/ttyGS0".into(), baud: 9600 }));
/// assert_eq!("stdio".parse(), Ok(Listen::Stdio));
/// assert_eq!(
///     "udp:1".parse::<Listen>().unwrap_err().to_string(),
///     "`udp:1` is no place to listen at: expected tcp:ADDRESS:PORT, serial:PATH[@BAUD] or stdio"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// `tcp:ADDRESS:PORT`; port 0 has the operating system choose one, an IPv6 address stands in brackets.
    Tcp {
        /// Name or address of this machine.
        host: String,
        /// Port.
        port: u16,
    },
    /// `serial:PATH[@BAUD]`: a serial port or pseudo-terminal, raw, 8 data bits, no parity, 1 stop bit.
    Serial {
        /// The device's path.
        path: PathBuf,
        /// Its speed.
        baud: u32,
    },
    /// `stdio`: standard input and output are the link, and the reader ends with its input.
    Stdio,
}

/// Why a word is no place to listen at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no place to listen at: expected {expected}")]
pub struct NoListen {
    given: String,
    expected: &'static str,
}

impl FromStr for Listen {
    type Err = NoListen;

    fn from_str(given: &str) -> Result<Self, NoListen> {
        let expected = |expected| NoListen {
            given: given.to_owned(),
            expected,
        };
        match given.split_once(':') {
            Some(("tcp", rest)) => {
                let (host, port) = host_port(rest).ok_or_else(|| {
                    expected("tcp:ADDRESS:PORT with a port from 0 to 65535, such as tcp:127.0.0.1:7000")
                })?;
                Ok(Self::Tcp { host, port })
            }
            Some(("serial", rest)) => {
                let (path, baud) = path_baud(rest)
                    .ok_or_else(|| expected("serial:PATH[@BAUD], such as serial:/dev/ttyGS0@115200"))?;
                Ok(Self::Serial { path, baud })
            }
            None if given == "stdio" => Ok(Self::Stdio),
            _ => Err(expected("tcp:ADDRESS:PORT, serial:PATH[@BAUD] or stdio")),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp:[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp:{host}:{port}"),
            Self::Serial { path, baud } => write!(f, "serial:{}@{baud}", path.display()),
            Self::Stdio => f.write_str("stdio"),
        }
    }
}

fn host_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    (!host.is_empty()).then(|| Some((host.to_owned(), port.parse().ok()?)))?
}

/// Paths below `/dev/serial/by-path` may hold an @ of their own: only one before a digit begins a speed.
fn path_baud(text: &str) -> Option<(PathBuf, u32)> {
    let (path, baud) = match text.rsplit_once('@') {
        Some((path, baud)) if baud.starts_with(|first: char| first.is_ascii_digit()) => {
            (path, baud.parse().ok().filter(|baud| *baud != 0)?)
        }
        _ => (text, DEFAULT_BAUD),
    };
    (!path.is_empty()).then(|| (path.into(), baud))
}

/// A place to listen at can't be had.
#[derive(Debug, thiserror::Error)]
#[error("can't listen at {listen}: {source}")]
pub struct ListenError {
    listen: Listen,
    source: io::Error,
}

impl ListenError {
    /// What a person who meets this error can do next.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match (&self.listen, self.source.kind()) {
            (Listen::Tcp { .. }, io::ErrorKind::AddrInUse) => {
                "Stop the program that has this port, or take port 0 and read the one that was chosen."
            }
            (Listen::Tcp { .. }, _) => "Give an address of this machine, such as tcp:127.0.0.1:0.",
            (Listen::Serial { .. } | Listen::Stdio, _) => {
                "Check the device's path, that you may use it, and that nobody else does."
            }
        }
    }
}

/// A place to listen at that belongs to this process.
pub struct Listener {
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    Tcp(TcpListener, SocketAddr),
    Serial {
        path: PathBuf,
        baud: u32,
        port: Box<dyn SerialPort>,
    },
    Stdio,
}

impl Listener {
    /// Begins to listen; clients that connect from now on wait until [`Host::run`](crate::Host::run) takes them.
    ///
    /// # Errors
    /// What the operating system says: the port is taken, no such device.
    pub fn bind(listen: &Listen) -> Result<Self, ListenError> {
        let kind = match listen {
            Listen::Tcp { host, port } => bind_tcp(host, *port),
            Listen::Serial { path, baud } => crate::link::open_serial(path, *baud).map(|port| Kind::Serial {
                path: path.clone(),
                baud: *baud,
                port,
            }),
            Listen::Stdio => Ok(Kind::Stdio),
        };
        kind.map(|kind| Self { kind }).map_err(|source| ListenError {
            listen: listen.clone(),
            source,
        })
    }

    /// The address, where this listens for TCP connections.
    #[must_use]
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match self.kind {
            Kind::Tcp(_, address) => Some(address),
            Kind::Serial { .. } | Kind::Stdio => None,
        }
    }
}

fn bind_tcp(host: &str, port: u16) -> io::Result<Kind> {
    let listener = TcpListener::bind((host, port))?;
    let address = listener.local_addr()?;
    Ok(Kind::Tcp(listener, address))
}

/// As a client names it, with the port that was chosen.
impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Tcp(_, address) => write!(f, "tcp:{address}"),
            Kind::Serial { path, baud, .. } => write!(f, "serial:{}@{baud}", path.display()),
            Kind::Stdio => f.write_str("stdio"),
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_their_text() {
        for text in [
            "tcp:127.0.0.1:0",
            "tcp:[::1]:7000",
            "tcp:localhost:1",
            "serial:/dev/pts/7@9600",
            "stdio",
        ] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), text);
        }
        assert_eq!(
            "serial:/dev/a@b".parse::<Listen>().unwrap().to_string(),
            "serial:/dev/a@b@115200"
        );
        for text in [
            "",
            "tcp",
            "tcp:",
            "tcp::1",
            "tcp:a:x",
            "tcp:a:70000",
            "tcp:::1:2",
            "serial:",
            "stdio:",
            "std",
        ] {
            assert!(text.parse::<Listen>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_told_with_what_to_do() {
        let first = Listener::bind(&"tcp:127.0.0.1:0".parse().unwrap()).unwrap();
        let port = first.tcp_address().unwrap().port();
        let error = Listener::bind(&Listen::Tcp {
            host: "127.0.0.1".into(),
            port,
        })
        .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("can't listen at tcp:127.0.0.1:{port}: ")),
            "{error}"
        );
        assert!(error.remedy().contains("port 0"));
    }
}
