//! The one line of a reader, and who holds it: a reader that listens at several places serves one link at a time.
//!
//! The first link on which bytes come holds the line until it is closed, or has been silent for `T_idle` while bytes wait
//! on another one; by then its session has ended (CW-SESS-017). The bytes of the others are not read before it is their
//! turn: the operating system holds them up.

use crate::{
    link::{First, Input, Inputs, LinkId, Opened},
    lossy::{Direction, Lossy},
};
use cardwire_core::{Instant, codec::message::limits::T_IDLE_MS};
use core::time::Duration;
use std::time;

/// A client that has been silent for so long has no answer to wait for: the thread of its link reads it again.
const BUSY: Duration = Duration::from_secs(1);

/// All open links.
pub(crate) struct Line {
    links: Vec<Link>,
    holder: Option<LinkId>,
    lossy: Option<Lossy>,
}

/// An open link.
pub(crate) struct Link {
    pub(crate) opened: Opened,
    /// Bytes that have come in, and how many of them the core has taken.
    pub(crate) pending: Vec<u8>,
    pub(crate) taken: usize,
    /// Whoever reads the link waits for the pending bytes to be taken.
    pub(crate) waits: bool,
    /// A frame is on its way out.
    pub(crate) writing: bool,
    /// When bytes came on it last, or when it got the line if that was later.
    heard: Instant,
    /// What a lossy link does to the bytes that come in and go out.
    lossy: Option<(Direction, Direction)>,
    /// Until then the loop reads the connection itself, unless bytes come.
    direct_until: Option<time::Instant>,
}

impl Line {
    pub(crate) fn new(lossy: Option<Lossy>) -> Self {
        Self {
            links: Vec::new(),
            holder: None,
            lossy,
        }
    }

    /// The link that holds the line.
    pub(crate) fn holder(&mut self) -> Option<&mut Link> {
        let holder = self.holder?;
        self.link(holder)
    }

    pub(crate) fn link(&mut self, id: LinkId) -> Option<&mut Link> {
        self.links.iter_mut().find(|link| link.opened.id == id)
    }

    pub(crate) fn open(&mut self, opened: Opened) {
        let lossy = self.lossy.map(|lossy| {
            let number = opened.id.wrapping_mul(2);
            (Direction::new(lossy, number), Direction::new(lossy, number + 1))
        });
        self.links.push(Link {
            opened,
            pending: Vec::new(),
            taken: 0,
            waits: false,
            writing: false,
            heard: Instant::from_millis(0),
            lossy,
            direct_until: None,
        });
    }

    /// Takes bytes that came in on a link.
    pub(crate) fn take(&mut self, now: Instant, id: LinkId, bytes: Vec<u8>) {
        if let Some(link) = self.link(id) {
            let bytes = match &mut link.lossy {
                Some((incoming, _)) => incoming.pass(&bytes),
                None => bytes,
            };
            (link.pending, link.taken, link.waits, link.heard) = (bytes, 0, true, now);
        }
    }

    /// Forgets a link that is closed; `None` where it is none of these, else whether it held the line.
    pub(crate) fn close(&mut self, id: LinkId) -> Option<bool> {
        let at = self.links.iter().position(|link| link.opened.id == id)?;
        self.links.remove(at);
        Some(self.holder.take_if(|holder| *holder == id).is_some())
    }

    /// Gives the line to the link on which bytes have waited longest, where nobody holds it or the holder has been silent;
    /// whether it was taken from somebody.
    pub(crate) fn choose(&mut self, now: Instant) -> bool {
        if self
            .holder()
            .is_some_and(|link| link.waits || now < silence_of(link))
        {
            return false;
        }
        let holder = self.holder;
        let waiting = self
            .links
            .iter_mut()
            .filter(|link| link.waits && Some(link.opened.id) != holder);
        let Some(next) = waiting.min_by_key(|link| link.heard) else {
            return false;
        };
        next.heard = now;
        let next = next.opened.id;
        if let Some(silent) = self.holder() {
            silent.give_back();
        }
        self.holder = Some(next);
        holder.is_some()
    }

    /// Starts anew, as a reader that was reset does: closes every link that can be closed and drops what has come in on the
    /// others. Whether one was closed that held the line.
    pub(crate) fn reset(&mut self) -> bool {
        self.links.retain_mut(|link| {
            (link.pending, link.taken) = (Vec::new(), 0);
            link.opened.close.is_none()
        });
        let holder = self.holder.take();
        holder.is_some_and(|holder| self.link(holder).is_none())
    }

    /// When the line may be taken from its holder; `None` while nobody waits for it.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let holder = self
            .links
            .iter()
            .find(|link| Some(link.opened.id) == self.holder)?;
        let waits = |link: &Link| link.waits && link.opened.id != holder.opened.id;
        self.links.iter().any(waits).then(|| silence_of(holder))
    }
}

impl Link {
    /// Hands bytes to the link.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let mut bytes = match &mut self.lossy {
            Some((_, outgoing)) => outgoing.pass(bytes),
            None => bytes.to_vec(),
        };
        if let Some(direct) = &self.opened.direct {
            bytes.drain(..direct.send(&bytes));
        }
        // What is lost on the way has gone out at once.
        self.writing = !bytes.is_empty() && self.opened.sink.send(bytes);
    }

    /// Has the next bytes read: all that came have been taken, and answered.
    pub(crate) fn resume(&mut self) {
        self.waits = false;
        self.direct_until = Some(time::Instant::now() + BUSY);
        if self.opened.direct.is_none() {
            self.give_back();
        }
    }

    /// Whether the loop reads this link itself.
    pub(crate) fn is_direct(&self) -> bool {
        self.direct_until.is_some()
    }

    /// What comes on this link, which the loop reads itself, or what threads tell; `None` when the time is over, or for nothing.
    pub(crate) fn next(&mut self, inputs: &Inputs, time: Option<Duration>) -> Option<Input> {
        let direct = self.opened.direct.as_ref()?;
        let busy = self.direct_until?.saturating_duration_since(time::Instant::now());
        match inputs.wait_with(direct, time.map_or(busy, |time| time.min(busy))) {
            Ok(First::Told(input)) => return Some(input),
            Ok(First::Nothing) if !busy.is_zero() => {}
            Ok(First::Ready) => {
                let bytes = direct.receive();
                if !bytes.is_empty() {
                    self.direct_until = None;
                    return Some(Input::Bytes(self.opened.id, bytes));
                }
                self.give_back();
            }
            Ok(First::Nothing) | Err(_) => self.give_back(),
        }
        None
    }

    /// Leaves the reading of this link to its thread.
    fn give_back(&mut self) {
        if self.direct_until.take().is_some() {
            // Where whoever reads is gone it has told why.
            let _ = self.opened.resume.send(());
        }
    }
}

/// When a link has been silent for long enough to lose the line.
fn silence_of(link: &Link) -> Instant {
    link.heard.plus_millis(T_IDLE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Direct, Sink};
    use std::{
        net::{TcpListener, TcpStream},
        sync::mpsc::channel,
    };

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn line(ids: &[LinkId]) -> Line {
        let mut line = Line::new(None);
        for id in ids {
            line.open(Opened {
                id: *id,
                from: String::new(),
                sink: Sink::nowhere(),
                direct: None,
                resume: channel().0,
                close: None,
            });
        }
        line
    }

    fn holder(line: &mut Line) -> Option<LinkId> {
        line.holder().map(|link| link.opened.id)
    }

    fn taken(line: &mut Line) {
        line.holder().unwrap().waits = false;
    }

    #[test]
    fn who_loses_the_line_is_read_by_its_thread_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (resume, resumed) = channel();
        let mut line = line(&[1, 2]);
        let first = &mut line.link(1).unwrap().opened;
        (first.resume, first.direct) = (resume, Some(Direct::new(connection)));
        line.take(at(0), 1, vec![0]);
        assert!(!line.choose(at(0)));
        let holder = line.holder().unwrap();
        holder.resume();
        assert!(holder.is_direct() && resumed.try_recv().is_err());
        line.take(at(1), 2, vec![0]);
        assert!(line.choose(at(T_IDLE_MS)));
        assert_eq!(resumed.try_recv(), Ok(()));
        assert!(!line.link(1).unwrap().is_direct());
    }

    #[test]
    fn the_first_that_speaks_holds_the_line_and_the_next_waits_for_its_silence() {
        let mut line = line(&[1, 2, 3]);
        assert!(
            !line.choose(at(0)) && holder(&mut line).is_none(),
            "an open port alone says nothing"
        );
        line.take(at(5), 2, vec![0]);
        assert!(!line.choose(at(5)));
        assert_eq!((holder(&mut line), line.next_due()), (Some(2), None));
        taken(&mut line);
        line.take(at(10), 3, vec![0]);
        assert!(!line.choose(at(10)));
        assert_eq!(line.next_due(), Some(at(5 + T_IDLE_MS)));
        line.take(at(20), 2, vec![0]);
        taken(&mut line);
        assert!(!line.choose(at(19 + T_IDLE_MS)));
        assert!(line.choose(at(20 + T_IDLE_MS)));
        assert_eq!((holder(&mut line), line.next_due()), (Some(3), None));
        // The one that was silent waits like any other.
        line.take(at(30 + T_IDLE_MS), 2, vec![0]);
        taken(&mut line);
        assert!(!line.choose(at(30 + T_IDLE_MS)));
        assert_eq!(line.close(3), Some(true));
        assert!(!line.choose(at(31 + T_IDLE_MS)), "nobody held it");
        assert_eq!(holder(&mut line), Some(2));
        assert_eq!((line.close(1), line.close(1)), (Some(false), None));
    }
}
