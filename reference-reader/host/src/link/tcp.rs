//! TCP: one connection at a time, the others wait their turn.

use super::{Close, Direct, Input, LinkId, LoopGone, Teller, carry};
use cardwire_core::codec::message::limits::T_IDLE_MS;
use core::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    io,
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

/// A connection that takes no bytes for this long is closed.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
/// Silence for this time has ended the session (CW-SESS-017), so that nothing is lost with the connection.
const SILENCE: Duration = Duration::from_millis(T_IDLE_MS);
/// Wait after connections could not be accepted, for example because there are too many open files.
const PAUSE: Duration = Duration::from_millis(200);

type Connection = (TcpStream, SocketAddr);

/// Takes connections one after the other until `stop` is set.
///
/// A connection whose other end vanished without a word would keep everybody else waiting: one that has been silent
/// for `T_idle` gives way to the next that waits.
pub(super) fn serve(listener: &TcpListener, first: LinkId, inputs: &Teller, stop: &AtomicBool) {
    let mut waiting = None;
    for id in first.. {
        let connection = match waiting.take() {
            Some(connection) => Ok(connection),
            None => listener.accept(),
        };
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let carried = connection.and_then(|(stream, from)| {
            prepare(&stream)?;
            let (sink, close) = (stream.try_clone()?, stream.try_clone()?);
            let direct = Direct::new(stream.try_clone()?);
            let close: Close = Box::new(move || {
                // It may be closed already.
                let _ = close.shutdown(Shutdown::Both);
            });
            let quiet = || {
                waiting = accept_waiting(listener);
                let silence = || format!("silent for {} s, and another client waits", SILENCE.as_secs());
                waiting.as_ref().map(|_| silence())
            };
            Ok(carry(
                inputs,
                (id, from.to_string()),
                &stream,
                (sink, Some(direct)),
                Some(close),
                quiet,
            ))
        });
        match carried {
            Ok(Ok(())) => {}
            Ok(Err(LoopGone)) => return,
            Err(error) => {
                if inputs.send(Input::Missing(error.to_string())).is_err() {
                    return;
                }
                thread::sleep(PAUSE);
            }
        }
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    // Frames are small and each is waited for: gathering them costs 40 ms a request.
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(WRITE_PATIENCE))
}

/// The connection that waits, if any.
fn accept_waiting(listener: &TcpListener) -> Option<Connection> {
    listener.set_nonblocking(true).ok()?;
    let waiting = listener.accept().ok();
    // Without this the next accept would spin.
    listener.set_nonblocking(false).ok()?;
    let (stream, from) = waiting?;
    // Some systems hand the listener's mode on to the connection.
    stream.set_nonblocking(false).ok()?;
    Some((stream, from))
}

/// Has a thread that waits for a connection look up.
pub(super) fn wake(listener: SocketAddr) {
    let address = match listener.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    // Where this fails the listener is gone, and so is who waits for it.
    let _ = TcpStream::connect_timeout(&SocketAddr::new(address, listener.port()), WRITE_PATIENCE);
}
