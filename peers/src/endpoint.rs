//! Where a reader is reached: one word on a command line.

use core::{fmt, str::FromStr};
use std::path::PathBuf;

/// Baud rate of a serial port where none is stated. USB CDC-ACM and pseudo-terminals take any.
pub const DEFAULT_BAUD: u32 = 115_200;

/// How a reader is reached. Any byte stream will do (CW-LINK-001); these are the ones that a host has.
///
/// ```
/// use cardwire_peers::Endpoint;
///
/// let endpoint: Endpoint = "serial:/dev/ttyACM0@9600".parse().unwrap();
/// assert_eq!(endpoint, Endpoint::Serial { path: "/dev/ttyACM0".into(), baud: 9600 });
/// assert_eq!(endpoint.to_string(), "serial:/dev/ttyACM0@9600");
///
/// let error = "ttyACM0".parse::<Endpoint>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`ttyACM0` is no endpoint: expected tcp:HOST:PORT, serial:PATH[@BAUD] or exec:COMMAND"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `tcp:HOST:PORT`; an IPv6 address stands in brackets.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// `serial:PATH[@BAUD]`: a serial port, 8 data bits, no parity, 1 stop bit, no flow control.
    Serial {
        /// The device's path.
        path: PathBuf,
        /// Its speed.
        baud: u32,
    },
    /// `exec:COMMAND`: a program whose standard input and output are the link. The command is split into words as a
    /// shell does it; no shell runs it.
    Exec {
        /// The program, then its arguments; at least the program.
        command: Vec<String>,
    },
}

/// Why a word is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no endpoint: expected {expected}")]
pub struct EndpointError {
    given: String,
    expected: &'static str,
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(given: &str) -> Result<Self, EndpointError> {
        let expected = |expected| EndpointError {
            given: given.to_owned(),
            expected,
        };
        match given.split_once(':') {
            Some(("tcp", rest)) => {
                let (host, port) = parse_host_port(rest)
                    .filter(|(_, port)| *port != 0)
                    .ok_or_else(|| {
                        expected("tcp:HOST:PORT with a port from 1 to 65535, such as tcp:127.0.0.1:7000")
                    })?;
                Ok(Self::Tcp { host, port })
            }
            Some(("serial", rest)) => {
                let (path, baud) = parse_path_baud(rest)
                    .ok_or_else(|| expected("serial:PATH[@BAUD], such as serial:/dev/ttyUSB0@115200"))?;
                Ok(Self::Serial { path, baud })
            }
            Some(("exec", rest)) => {
                let command = shlex::split(rest)
                    .filter(|words| words.first().is_some_and(|program| !program.is_empty()))
                    .ok_or_else(|| {
                        expected(
                            "exec:COMMAND with a program and closed quotes, such as exec:'reader --stdio'",
                        )
                    })?;
                Ok(Self::Exec { command })
            }
            _ => Err(expected("tcp:HOST:PORT, serial:PATH[@BAUD] or exec:COMMAND")),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write_host_port(f, "tcp", host, *port),
            Self::Serial { path, baud } => write!(f, "serial:{}@{baud}", path.display()),
            Self::Exec { command } => {
                // A word with a NUL byte can't be quoted, and no program could be started with it either.
                let joined = shlex::try_join(command.iter().map(String::as_str));
                write!(f, "exec:{}", joined.unwrap_or_else(|_| command.join(" ")))
            }
        }
    }
}

/// Host and port, where an IPv6 address stands in brackets so that its colons are its own.
pub(crate) fn parse_host_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    let port = port.parse().ok()?;
    (!host.is_empty() && !host.contains(char::is_whitespace)).then(|| (host.to_owned(), port))
}

pub(crate) fn write_host_port(
    f: &mut fmt::Formatter<'_>,
    scheme: &str,
    host: &str,
    port: u16,
) -> fmt::Result {
    if host.contains(':') {
        write!(f, "{scheme}:[{host}]:{port}")
    } else {
        write!(f, "{scheme}:{host}:{port}")
    }
}

/// Path and speed. Paths below `/dev/serial/by-path` may hold an @ of their own, so that only one before a digit
/// begins a speed.
fn parse_path_baud(text: &str) -> Option<(PathBuf, u32)> {
    let (path, baud) = match text.rsplit_once('@') {
        Some((path, baud)) if baud.starts_with(|first: char| first.is_ascii_digit()) => {
            (path, baud.parse().ok().filter(|baud| *baud != 0)?)
        }
        _ => (text, DEFAULT_BAUD),
    };
    (!path.is_empty()).then(|| (path.into(), baud))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_and_their_text() {
        let tcp = |host: &str, port| Endpoint::Tcp {
            host: host.into(),
            port,
        };
        let serial = |path: &str, baud| Endpoint::Serial {
            path: path.into(),
            baud,
        };
        let exec = |words: &[&str]| Endpoint::Exec {
            command: words.iter().map(|&word| word.into()).collect(),
        };
        for (text, endpoint) in [
            ("tcp:127.0.0.1:7000", tcp("127.0.0.1", 7000)),
            ("tcp:[::1]:7000", tcp("::1", 7000)),
            ("tcp:reader.example:1", tcp("reader.example", 1)),
            ("serial:/dev/ttyUSB0@115200", serial("/dev/ttyUSB0", 115_200)),
            ("serial:/dev/pts/7@9600", serial("/dev/pts/7", 9600)),
            ("exec:reader", exec(&["reader"])),
            ("exec:'my reader' --id 'a b'", exec(&["my reader", "--id", "a b"])),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap(), endpoint);
            assert_eq!(endpoint.to_string(), text);
        }
        assert_eq!(
            "serial:/dev/ttyS0".parse(),
            Ok(serial("/dev/ttyS0", DEFAULT_BAUD))
        );
        assert_eq!(
            "serial:/dev/usb@hub".parse(),
            Ok(serial("/dev/usb@hub", DEFAULT_BAUD))
        );
        assert_eq!("exec:\"a b\" c\\ d".parse(), Ok(exec(&["a b", "c d"])));
    }

    #[test]
    fn what_is_no_endpoint_is_told_what_was_expected() {
        for (text, expected) in [
            ("", "tcp:HOST:PORT, serial:PATH[@BAUD] or exec:COMMAND"),
            (
                "udp:127.0.0.1:1",
                "tcp:HOST:PORT, serial:PATH[@BAUD] or exec:COMMAND",
            ),
            ("tcp:127.0.0.1", "tcp:HOST:PORT with a port"),
            ("tcp:127.0.0.1:0", "tcp:HOST:PORT with a port"),
            ("tcp:127.0.0.1:70000", "tcp:HOST:PORT with a port"),
            ("tcp:::1:70", "tcp:HOST:PORT with a port"),
            ("tcp:[::1:70", "tcp:HOST:PORT with a port"),
            ("tcp::70", "tcp:HOST:PORT with a port"),
            ("serial:", "serial:PATH[@BAUD]"),
            ("serial:@9600", "serial:PATH[@BAUD]"),
            ("serial:/dev/ttyS0@96k", "serial:PATH[@BAUD]"),
            ("exec:", "exec:COMMAND"),
            ("exec:''", "exec:COMMAND"),
            ("exec:reader 'open", "exec:COMMAND"),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("`{text}` is no endpoint: expected {expected}")),
                "{error}"
            );
        }
    }
}
