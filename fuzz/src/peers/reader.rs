//! A reader that says what a script says, in virtual time; where the script has ended it says what is right.

use super::script::{Says, altered};
use crate::{
    LINE,
    world::{ends::FIRST_EVENT, people::PEOPLE},
};
use cardwire_codec::{
    frame::Deframer,
    message::{CardEvent, Event, FrameKind, ItemKind, Outcome, Progress, ServiceId},
};
use cardwire_peers::{
    client::{ReaderEvent, ServiceItem},
    identity::{Key, ReaderIdentity},
    link::{Line, OwnedFrame, encode_frame},
    scripted::{CannedService, Half, PlainReader, ReaderSession},
};
use core::{iter, time::Duration};
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

/// How often it says what it says often.
const OFTEN: usize = 16;
/// What a receipt of the client takes.
pub const RECEIPT: Duration = Duration::from_millis(1);

/// What the reader has sealed for its client, and how often it was asked.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Said>>);

#[derive(Default)]
struct Said {
    answers: Vec<Vec<u8>>,
    /// Each under a number of its own, in this order.
    events: Vec<Vec<u8>>,
    asked: usize,
    /// Something was damaged on its way, and what came behind it may be with it.
    damaged: bool,
}

impl Heard {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().expect("nobody has panicked with it")
    }

    /// Whether something was damaged on its way.
    ///
    /// # Panics
    /// After a panic.
    #[must_use]
    pub fn was_damaged(&self) -> bool {
        self.said().damaged
    }

    /// The events that the reader has sealed and that are some.
    ///
    /// # Panics
    /// After a panic.
    #[must_use]
    pub fn events(&self) -> Vec<ReaderEvent> {
        let told = |message: &Vec<u8>| match Event::decode(message).ok()? {
            Event::Progress(Progress { job, state, step, .. }) => Some(ReaderEvent::Progress {
                job: *job,
                state,
                step,
            }),
            Event::CardEvent(CardEvent { slot, .. }) => Some(ReaderEvent::Card(slot)),
        };
        self.said().events.iter().filter_map(told).collect()
    }

    /// Whether the reader has sealed this message.
    ///
    /// # Panics
    /// After a panic.
    #[must_use]
    pub fn was_said(&self, message: &[u8]) -> bool {
        self.said().answers.iter().any(|said| said == message)
    }

    /// How often it was asked.
    ///
    /// # Panics
    /// After a panic.
    #[must_use]
    pub fn count(&self) -> usize {
        self.said().asked
    }
}

/// An event that was sealed.
struct LastEvent {
    message: Vec<u8>,
    line: Vec<u8>,
    was_for_client: bool,
}

/// The line to such a reader.
pub struct HostileReader {
    says: VecDeque<Says>,
    half: Half,
    plain: PlainReader,
    session: Option<ReaderSession>,
    /// The last request and its answer.
    last: Option<(OwnedFrame, Vec<u8>)>,
    next_event: u64,
    /// The last event and its frame, and whether the client could take it.
    last_event: Option<LastEvent>,
    deframer: Deframer<LINE>,
    inbox: VecDeque<Vec<u8>>,
    heard: Heard,
    now: Instant,
}

impl HostileReader {
    /// A reader that holds its client's key, or another one.
    ///
    /// # Panics
    /// Never: the published identities have a reader.
    #[must_use]
    pub fn new(says: Vec<Says>, has_key: bool, heard: Heard) -> Self {
        let mut identity: ReaderIdentity = PEOPLE
            .all
            .reader
            .clone()
            .expect("the published identities have a reader");
        if !has_key {
            for client in &mut identity.clients {
                client.pre_shared_key = Key::new([0x66; 32]);
            }
        }
        let service = CannedService {
            service: ServiceId::CARD_IDENTIFY,
            name: "card.identify",
            outcome: Outcome::SUCCESS,
            items: vec![ServiceItem {
                name: "iccid".to_owned(),
                kind: ItemKind::Text,
                value: b"8900001010123456783".to_vec(),
            }],
            running: 1,
        };
        Self {
            says: says.into(),
            half: Half::new(identity.clone()),
            plain: PlainReader::new(identity, vec![service]),
            session: None,
            last: None,
            next_event: FIRST_EVENT,
            last_event: None,
            deframer: Deframer::new(),
            inbox: VecDeque::new(),
            heard,
            now: Instant::now(),
        }
    }

    fn hear(&mut self, frame: OwnedFrame) {
        self.heard.said().asked += 1;
        let said = self.says.pop_front().unwrap_or(Says::Right);
        let (kind, right) = match frame.kind {
            FrameKind::Clear => {
                let (answer, established) = self.half.answer_clear(&frame.payload);
                if let Some(established) = established {
                    self.session = ReaderSession::new(established, (frame.clone(), answer.clone()));
                }
                (FrameKind::Clear, Some(answer))
            }
            FrameKind::Sealed => (FrameKind::Sealed, self.answer(&frame)),
        };
        if let Says::Before(bytes) = &said {
            self.inbox.push_back(bytes.clone());
        }
        if let (Says::Event(message), Some(session)) = (&said, &self.session) {
            let sealed = session.sealer.seal(self.next_event, message).unwrap_or_default();
            self.last_event = Some(LastEvent {
                message: message.clone(),
                line: encode_frame(FrameKind::Sealed, self.next_event, &sealed),
                was_for_client: false,
            });
            self.next_event += 1;
        }
        if matches!(said, Says::Event(_) | Says::EventAgain)
            && let Some(event) = &mut self.last_event
        {
            self.inbox.push_back(event.line.clone());
            // What comes before the answer to connect is nobody's yet.
            if kind == FrameKind::Sealed && !core::mem::replace(&mut event.was_for_client, true) {
                self.heard.said().events.push(event.message.clone());
            }
        }
        let Some(message) = right.and_then(|right| said.of(right)) else {
            return;
        };
        let (kind, payload) = match (&said, kind, &self.session) {
            (Says::Clear(_), _, _) | (_, FrameKind::Clear, _) | (_, _, None) => (FrameKind::Clear, message),
            (_, FrameKind::Sealed, Some(session)) => {
                let sealed = session.sealer.seal(frame.number, &message).unwrap_or_default();
                self.heard.said().answers.push(message);
                (FrameKind::Sealed, sealed)
            }
        };
        let mut line = encode_frame(kind, frame.number, &payload);
        if let Says::Damaged(at, with) = said {
            line = altered(line, at, with);
            self.heard.said().damaged = true;
        }
        let times = match said {
            Says::Twice => 2,
            Says::Often => OFTEN,
            _ => 1,
        };
        self.inbox.extend(iter::repeat_n(line, times));
    }

    /// The right answer to a sealed request; to a repeat the same one.
    fn answer(&mut self, frame: &OwnedFrame) -> Option<Vec<u8>> {
        let session = self.session.as_ref()?;
        if let Some((_, answer)) = self.last.as_ref().filter(|(last, _)| last == frame) {
            return Some(answer.clone());
        }
        let request = session.opener.open(frame.number, &frame.payload)?;
        let answer = self.plain.answer(session, &request);
        self.last = Some((frame.clone(), answer.clone()));
        Some(answer)
    }
}

impl Line for HostileReader {
    fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let mut frames = Vec::new();
        while let Some(frame) = self.deframer.feed(&mut bytes) {
            frames.extend(frame.map(OwnedFrame::from));
        }
        frames.into_iter().for_each(|frame| self.hear(frame));
        Ok(())
    }

    fn receive(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        match self.inbox.pop_front() {
            Some(bytes) => {
                self.now += RECEIPT;
                Ok(bytes)
            }
            None => {
                self.now = self.now.max(deadline);
                Err(io::ErrorKind::TimedOut.into())
            }
        }
    }

    fn receive_now(&mut self) -> Option<Vec<u8>> {
        self.inbox.pop_front()
    }

    fn now(&self) -> Instant {
        self.now
    }
}
