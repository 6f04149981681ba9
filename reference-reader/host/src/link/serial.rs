//! Serial ports and pseudo-terminals, raw.

use super::{Input, LinkId, Teller, carry};
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use serialport::SerialPort;
use std::{
    io::{self, Write},
    path::Path,
    thread,
};

/// How often the state of the lines is looked at; the operating system tells it to nobody who waits for bytes.
const LOOK: Duration = Duration::from_millis(100);
/// A port that takes no bytes for this long loses them, as a line without a listener does.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);
/// How often a port that has vanished is tried again, in looks.
const RETRY: u32 = 10;

/// Opens a port, raw: 8 data bits, no parity, 1 stop bit, no flow control.
pub(crate) fn open(path: &Path, baud: u32) -> io::Result<Box<dyn SerialPort>> {
    Ok(serialport::new(path.to_string_lossy(), baud)
        .timeout(LOOK)
        .dtr_on_open(true)
        .open()?)
}

/// Carries the port's link until `stop` is set. A port that vanishes, as one on USB does, is waited for.
pub(super) fn serve(
    path: &Path,
    baud: u32,
    mut port: Box<dyn SerialPort>,
    first: LinkId,
    inputs: &Teller,
    stop: &AtomicBool,
) {
    let from = format!("serial:{}@{baud}", path.display());
    let mut id = first;
    loop {
        while carry_until_reset(&mut *port, &from, &mut id, inputs, stop) {}
        drop(port);
        port = match reopen(path, baud, inputs, stop) {
            Some(port) => port,
            None => return,
        };
    }
}

/// Carries links on one open port; `true` where the port is still good.
fn carry_until_reset(
    port: &mut dyn SerialPort,
    from: &str,
    id: &mut LinkId,
    inputs: &Teller,
    stop: &AtomicBool,
) -> bool {
    let Ok((mut lines, sink)) = port.try_clone().and_then(|lines| Ok((lines, Sink::of(&*port)?))) else {
        return false;
    };
    *id += 1;
    let mut good = false;
    let mut was_set = is_other_end_ready(&mut *lines);
    let quiet = || {
        //= spec/book/src/session.md#cw-sess-007
        //# A session that ends MUST leave no keys, no open login, and no enabled interface behind.
        let is_set = is_other_end_ready(&mut *lines);
        let dropped = core::mem::replace(&mut was_set, is_set) && !is_set;
        good = dropped && !stop.load(Ordering::Relaxed);
        (dropped || stop.load(Ordering::Relaxed)).then(|| "the other end dropped DTR".into())
    };
    let carried = carry(inputs, (*id, from.to_owned()), port, (sink, None), None, quiet);
    matches!(carried, Ok(())) && good
}

/// DTR of the other end, which a cable brings to DSR and to the carrier. Pseudo-terminals have no such lines.
fn is_other_end_ready(lines: &mut dyn SerialPort) -> bool {
    lines.read_data_set_ready().unwrap_or(false) || lines.read_carrier_detect().unwrap_or(false)
}

/// Waits for the port to come back; a pause comes first, so that a port that fails at once does not spin.
fn reopen(path: &Path, baud: u32, inputs: &Teller, stop: &AtomicBool) -> Option<Box<dyn SerialPort>> {
    let mut told = false;
    for look in 0_u32.. {
        thread::sleep(LOOK);
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        if !look.is_multiple_of(RETRY) {
            continue;
        }
        match open(path, baud) {
            Ok(port) => return Some(port),
            Err(_) if told => {}
            Err(error) => {
                told = true;
                inputs.send(Input::Missing(error.to_string())).ok()?;
            }
        }
    }
    None
}

/// The port's outgoing half.
struct Sink(Box<dyn SerialPort>);

impl Sink {
    fn of(port: &dyn SerialPort) -> serialport::Result<Self> {
        let mut port = port.try_clone()?;
        port.set_timeout(WRITE_PATIENCE)?;
        Ok(Self(port))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // The thread waits in `write`; flushing would wait for the other end to read.
        Ok(())
    }
}
