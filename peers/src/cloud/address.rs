//! Where a cloud is reached, and where it listens.

use crate::endpoint::{parse_host_port, write_host_port};
use core::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    time::Duration,
};
use std::{
    io,
    net::{TcpListener, TcpStream, ToSocketAddrs},
};

/// Where a cloud is reached, and where it listens.
///
/// What client and cloud say to each other is in clear, so that only the machine itself may go without TLS.
///
/// ```
/// use cardwire_peers::cloud::CloudAddress;
///
/// assert!("tcp:127.0.0.1:7001".parse::<CloudAddress>().is_ok());
/// let error = "tcp:192.0.2.1:7001".parse::<CloudAddress>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`tcp:192.0.2.1:7001` is no address of a cloud: expected tls:HOST:PORT, as tcp: is for loopback addresses only"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudAddress {
    /// `tcp:HOST:PORT`, where the host is `localhost` or a loopback address.
    Loopback {
        /// Name or address.
        host: String,
        /// Port; 0 listens on any that is free.
        port: u16,
    },
    /// `tls:HOST:PORT`.
    Tls {
        /// Name or address; the cloud's certificate must state it.
        host: String,
        /// Port; 0 listens on any that is free.
        port: u16,
    },
}

/// Why a word is no address of a cloud.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no address of a cloud: expected {expected}")]
pub struct CloudAddressError {
    given: String,
    expected: &'static str,
}

impl FromStr for CloudAddress {
    type Err = CloudAddressError;

    fn from_str(given: &str) -> Result<Self, CloudAddressError> {
        let expected = |expected| CloudAddressError {
            given: given.to_owned(),
            expected,
        };
        let form = "tls:HOST:PORT, or tcp:HOST:PORT with a loopback address";
        let (scheme, rest) = given.split_once(':').ok_or_else(|| expected(form))?;
        let (host, port) = parse_host_port(rest).ok_or_else(|| expected(form))?;
        match scheme {
            "tls" => Ok(Self::Tls { host, port }),
            "tcp" if is_loopback(&host) => Ok(Self::Loopback { host, port }),
            "tcp" => Err(expected("tls:HOST:PORT, as tcp: is for loopback addresses only")),
            _ => Err(expected(form)),
        }
    }
}

impl fmt::Display for CloudAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback { host, port } => write_host_port(f, "tcp", host, *port),
            Self::Tls { host, port } => write_host_port(f, "tls", host, *port),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

impl CloudAddress {
    /// The host, as a certificate must state it.
    #[must_use]
    pub fn host(&self) -> &str {
        match self {
            Self::Loopback { host, .. } | Self::Tls { host, .. } => host,
        }
    }

    /// The same kind of address with the port that a listener got.
    pub(super) fn with_port(&self, port: u16) -> Self {
        match self.clone() {
            Self::Loopback { host, .. } => Self::Loopback { host, port },
            Self::Tls { host, .. } => Self::Tls { host, port },
        }
    }

    /// The socket addresses; of a loopback address those that really are, whatever a name service says.
    fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let (host, port, loopback) = match self {
            Self::Loopback { host, port } => (host, *port, true),
            Self::Tls { host, port } => (host, *port, false),
        };
        let found = (host.as_str(), port).to_socket_addrs()?;
        let found: Vec<_> = found
            .filter(|address| !loopback || address.ip().is_loopback())
            .collect();
        if found.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the host has no such address",
            ));
        }
        Ok(found)
    }

    pub(crate) fn connect(&self, patience: Duration) -> io::Result<TcpStream> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in self.resolve()? {
            match TcpStream::connect_timeout(&address, patience) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    pub(super) fn listen(&self) -> io::Result<TcpListener> {
        TcpListener::bind(self.resolve()?.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_goes_without_tls() {
        for text in [
            "tcp:127.0.0.1:7001",
            "tcp:127.8.8.8:1",
            "tcp:[::1]:7001",
            "tcp:localhost:7001",
            "tls:192.0.2.1:1",
        ] {
            assert_eq!(text.parse::<CloudAddress>().unwrap().to_string(), text);
        }
        for text in [
            "tcp:192.0.2.1:7001",
            "tcp:0.0.0.0:7001",
            "tcp:cloud.example:7001",
            "tcp:[::]:1",
        ] {
            let error = text.parse::<CloudAddress>().unwrap_err().to_string();
            assert!(
                error.ends_with("expected tls:HOST:PORT, as tcp: is for loopback addresses only"),
                "{error}"
            );
        }
        for text in ["", "cloud", "tcp:localhost", "tls::1", "http:localhost:80"] {
            let error = text.parse::<CloudAddress>().unwrap_err().to_string();
            assert!(
                error.ends_with("expected tls:HOST:PORT, or tcp:HOST:PORT with a loopback address"),
                "{error}"
            );
        }
    }
}
