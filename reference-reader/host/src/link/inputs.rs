//! What the loop waits for: what threads tell it, and, where the system can wait for both, bytes on a connection.

use super::{Direct, Input};
use bell::{Bell, Ringer};
use core::time::Duration;
use std::{
    io,
    sync::mpsc::{Receiver, Sender, channel},
};

/// The loop's end.
#[derive(Debug)]
pub(crate) struct Inputs {
    told: Receiver<Input>,
    bell: Bell,
}

/// The other end, of which every thread has its own.
#[derive(Clone, Debug)]
pub(crate) struct Teller {
    told: Sender<Input>,
    bell: Ringer,
}

/// The loop that takes inputs has ended.
#[derive(Debug)]
pub(crate) struct LoopGone;

/// What came first.
pub(crate) enum First {
    /// A thread has told something.
    Told(Input),
    /// Bytes have come on the connection, or its end.
    Ready,
    /// The time is over.
    Nothing,
}

impl Inputs {
    /// Both ends. Where the system has no bell the loop hears what it is told all the same, and does not wait for connections.
    pub(crate) fn new() -> (Self, Teller) {
        let (sender, told) = channel();
        let (bell, ringer) = bell::pair();
        let teller = Teller {
            told: sender,
            bell: ringer,
        };
        (Self { told, bell }, teller)
    }

    /// What was told and not taken.
    pub(crate) fn now(&self) -> Option<Input> {
        self.told.try_recv().ok()
    }

    /// What is told next; `None` when the time is over.
    pub(crate) fn wait(&self, time: Option<Duration>) -> Option<Input> {
        match time {
            None => self.told.recv().ok(),
            // The sender lives as long as this does: an error is a timeout.
            Some(time) => self.told.recv_timeout(time).ok(),
        }
    }

    /// Waits for bytes on a connection, too.
    ///
    /// # Errors
    /// The system can't wait for both.
    pub(crate) fn wait_with(&self, connection: &Direct, time: Duration) -> io::Result<First> {
        if let Some(input) = self.now() {
            return Ok(First::Told(input));
        }
        let ready = bell::wait(&self.bell, connection, time)?;
        Ok(match self.now() {
            Some(input) => First::Told(input),
            None if ready => First::Ready,
            None => First::Nothing,
        })
    }
}

impl Teller {
    /// Tells the loop.
    pub(crate) fn send(&self, input: Input) -> Result<(), LoopGone> {
        self.told.send(input).map_err(|_| LoopGone)?;
        bell::ring(&self.bell);
        Ok(())
    }
}

#[cfg(unix)]
mod bell {
    use super::Direct;
    use core::time::Duration;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::{
        io::{self, Read as _, Write as _},
        os::unix::net::UnixStream,
        sync::Arc,
    };

    /// A byte in it means that something was told; none where the system has no more handles.
    pub(super) type Bell = Option<UnixStream>;
    pub(super) type Ringer = Option<Arc<UnixStream>>;

    pub(super) fn pair() -> (Bell, Ringer) {
        let pair = || {
            let (bell, ringer) = UnixStream::pair()?;
            bell.set_nonblocking(true)?;
            ringer.set_nonblocking(true)?;
            io::Result::Ok((bell, ringer))
        };
        pair().map_or((None, None), |(bell, ringer)| {
            (Some(bell), Some(Arc::new(ringer)))
        })
    }

    pub(super) fn ring(ringer: &Ringer) {
        if let Some(mut ringer) = ringer.as_deref() {
            // A bell that can't take more rings already.
            let _ = ringer.write(&[0]);
        }
    }

    /// Waits until the bell rings, which silences it, or something has come on the connection: whether that has.
    pub(super) fn wait(bell: &Bell, connection: &Direct, time: Duration) -> io::Result<bool> {
        let mut bell = bell.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        let time = Timespec::try_from(time).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut both = [
            PollFd::new(&bell, PollFlags::IN),
            PollFd::new(connection.socket(), PollFlags::IN),
        ];
        match poll(&mut both, Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [rings, ready] = both.map(|one| !one.revents().is_empty());
        if rings {
            // Whatever has rung is in the queue.
            while matches!(bell.read(&mut [0; 64]), Ok(1..)) {}
        }
        Ok(ready)
    }
}

#[cfg(not(unix))]
mod bell {
    use super::Direct;
    use core::time::Duration;
    use std::io;

    pub(super) type Bell = ();
    pub(super) type Ringer = ();

    pub(super) fn pair() -> (Bell, Ringer) {}

    pub(super) fn ring(_: &Ringer) {}

    pub(super) fn wait(_: &Bell, _: &Direct, _: Duration) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::{
        io::Write as _,
        net::{TcpListener, TcpStream},
        thread,
    };

    /// The wait that lasts so long ends by what is waited for, or the test does not.
    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn a_wait_ends_by_what_is_told_by_bytes_and_by_time() {
        let (inputs, teller) = Inputs::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let direct = Direct::new(listener.accept().unwrap().0);
        let first = |time| inputs.wait_with(&direct, time).unwrap();

        let late = teller.clone();
        let told = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            late.send(Input::Ended).unwrap();
        });
        assert!(matches!(first(LONG), First::Told(Input::Ended)));
        told.join().unwrap();
        assert!(matches!(first(Duration::ZERO), First::Nothing));

        far.write_all(b"bytes").unwrap();
        assert!(matches!(first(LONG), First::Ready));
        // What was told comes first, however often the bell has rung.
        for _ in 0..100_000 {
            teller.send(Input::Ended).unwrap();
        }
        for _ in 0..100_000 {
            assert!(matches!(first(LONG), First::Told(Input::Ended)));
        }
        assert!(matches!(first(LONG), First::Ready));
        assert_eq!(direct.receive(), b"bytes");
        assert_eq!(direct.receive(), b"");

        drop(far);
        assert!(matches!(first(LONG), First::Ready));
        assert_eq!(direct.receive(), b"");
        drop(inputs);
        assert!(matches!(teller.send(Input::Ended), Err(LoopGone)));
    }
}
