//! A session: sealed requests, one outstanding, each repeated until it is answered.

use super::{
    Client, ClientError, ConfigurationFault, Greeting, LinkFault, ReaderFault, Refused,
    channel::{FIRST_EVENT, Opener, Sealer},
    exchange::{Heard, Patience, exchange},
    handshake::Established,
};
use crate::link::{Link, OwnedFrame, ReceiveError, encode_frame};
use cardwire_codec::{
    Message,
    message::{
        Answer, CardEvent, Disconnect, DisconnectAnswer, ErrorAnswer, Event, FrameKind, JobState, Offer,
        Progress, ReaderStatus, Refusal, Request, Slot, limits,
    },
};
use core::{borrow::BorrowMut, time::Duration};
use std::{collections::VecDeque, time::Instant};

/// Events that are kept until somebody asks; they are hints, so that the oldest may go.
const EVENTS_KEPT: usize = 64;

/// A session with a reader over a link, owned or borrowed.
#[derive(Debug)]
pub struct Session<L = Link> {
    pub(super) link: L,
    pub(super) client_id: String,
    pub(super) greeting: Greeting,
    pub(super) session: [u8; 32],
    sealer: Sealer,
    opener: Opener,
    /// Number of the next request.
    next: u64,
    /// A request was sent and not answered: its number is used, and no other may follow it (CW-SESS-004).
    over: bool,
    /// Number of the last event.
    last_event: Option<u64>,
    events: VecDeque<ReaderEvent>,
    patience: Patience,
    /// Most time that a login may take.
    pub(super) handshake_time: Duration,
    pub(super) job_patience: Duration,
    /// What the last login offered: which interface speaks which format.
    pub(super) offers: Vec<Offer>,
    /// What the reader has said for the cloud and nobody has passed on yet.
    pub(super) for_cloud: Vec<u8>,
}

/// What a reader told unasked (CW-SESS-013).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderEvent {
    /// A job has moved on.
    Progress {
        /// The job's id.
        job: [u8; 16],
        /// Its state.
        state: JobState,
        /// Instructions executed so far.
        step: u16,
    },
    /// A card came or went.
    Card(Slot),
}

/// The answer to a request; not the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedAnswer {
    request: &'static str,
    bytes: Vec<u8>,
}

impl OwnedAnswer {
    /// The encoded answer.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The answer, where it is this one.
    ///
    /// # Errors
    /// It is the answer to another request.
    pub fn read<'a, A: Message<'a>>(&'a self) -> Result<A, ClientError> {
        let code = self.bytes.first().copied().unwrap_or_default();
        if code != A::CODE {
            return Err(ReaderFault::WrongAnswer {
                request: self.request,
                code,
            }
            .into());
        }
        A::decode(&self.bytes).map_err(|error| ReaderFault::Malformed { what: A::NAME, error }.into())
    }
}

impl<L: BorrowMut<Link>> Session<L> {
    pub(super) fn new(client: &Client, link: L, greeting: Greeting, established: Established) -> Self {
        let Established {
            sealer,
            opener,
            session,
        } = established;
        Self {
            link,
            client_id: client.identity.id.clone(),
            greeting,
            session,
            sealer,
            opener,
            next: 0,
            over: false,
            last_event: None,
            events: VecDeque::new(),
            patience: client.patience(),
            handshake_time: client.timers.handshake,
            job_patience: client.job_patience,
            offers: Vec::new(),
            for_cloud: Vec::new(),
        }
    }

    /// Sends a request and gives its answer.
    ///
    /// # Errors
    /// The reader's error as [`Refused::Request`]; no answer in time; an answer that is none of this version.
    pub fn request<'q>(&mut self, request: impl Into<Request<'q>>) -> Result<OwnedAnswer, ClientError> {
        let request = request.into();
        let mut message = [0; limits::MESSAGE_MAX];
        let length = request
            .encode(&mut message)
            .map_err(ConfigurationFault::Request)?;
        let (name, code) = (request.name(), request.code());
        let bytes = self.request_bytes(name, &message[..length])?;
        //= spec/book/src/session.md#cw-sess-021
        //# A client MUST NOT act on an answer that breaks a rule of the codec, is none of those that its request may get, or names another job, part or request than it asked for.
        match Answer::decode(&bytes) {
            Ok(Answer::Error(error)) if error.request != code => Err(ReaderFault::Contradiction {
                message: ErrorAnswer::NAME,
                field: "request",
                requirement: "CW-SESS-012",
            }
            .into()),
            Ok(Answer::Error(ErrorAnswer {
                code, detail, offset, ..
            })) => Err(Refused::Request {
                request: name,
                code,
                detail,
                offset,
            }
            .into()),
            Ok(_) => Ok(OwnedAnswer { request: name, bytes }),
            Err(error) => Err(ReaderFault::Malformed {
                what: "answer",
                error,
            }
            .into()),
        }
    }

    /// Sends any bytes as the next request, sealed, and gives the opened answer as it is. `name` is for errors.
    ///
    /// # Errors
    /// No authentic answer in time, or a closed link; the session is over then.
    //= spec/book/src/session.md#cw-sess-002
    //# Requests MUST carry the numbers 0, 1, 2 and so on, each exactly the one before plus one, and an answer the number of its request.
    pub fn request_bytes(&mut self, name: &'static str, message: &[u8]) -> Result<Vec<u8>, ClientError> {
        let number = self.next;
        let sealed = self.sealer.seal(number, message).filter(|_| !self.over);
        let sealed = sealed.ok_or(ReaderFault::SessionOver)?;
        self.next += 1;
        self.over = true;
        let line = encode_frame(FrameKind::Sealed, number, &sealed);

        let Self {
            link,
            opener,
            last_event,
            events,
            ..
        } = self;
        let mut refusals = 0;
        let answer = exchange(link.borrow_mut(), self.patience, name, &line, |frame| {
            if frame.kind == FrameKind::Sealed && frame.number == number {
                return Ok(opener
                    .open(number, &frame.payload)
                    .map_or(Heard::Dropped, Heard::Answer));
            }
            // Anybody on the line can forge a refusal. One might be old; a second one answers the repeat.
            if frame.kind == FrameKind::Clear && frame.payload == [Refusal::CODE] {
                refusals += 1;
                if refusals == 2 {
                    return Err(ReaderFault::SessionLost { request: name }.into());
                }
            }
            Ok(match take_event(opener, last_event, &frame) {
                Some(event) => {
                    keep(events, event);
                    Heard::Aside
                }
                None => Heard::Dropped,
            })
        })?;
        self.over = false;
        Ok(answer)
    }

    /// The next event: one that came earlier, or one that comes before the deadline.
    ///
    /// # Errors
    /// The link is closed.
    pub fn wait_event(&mut self, deadline: Instant) -> Result<Option<ReaderEvent>, ClientError> {
        match self.events.pop_front() {
            Some(event) => Ok(Some(event)),
            None => self.hear_event(deadline),
        }
    }

    /// The next event that comes before the deadline.
    pub(super) fn hear_event(&mut self, deadline: Instant) -> Result<Option<ReaderEvent>, ClientError> {
        loop {
            match self.link.borrow_mut().receive(deadline) {
                Ok(frame) => {
                    if let Some(event) = take_event(&self.opener, &mut self.last_event, &frame) {
                        return Ok(Some(event));
                    }
                }
                Err(ReceiveError::Timeout) => return Ok(None),
                Err(ReceiveError::Closed(error)) => return Err(LinkFault::Closed(error).into()),
            }
            // Frames that are no events must not keep the client here.
            if self.link.borrow().now() > deadline {
                return Ok(None);
            }
        }
    }

    /// Leaves an event to whoever waits for one.
    pub(super) fn keep_event(&mut self, event: ReaderEvent) {
        keep(&mut self.events, event);
    }

    /// Asks how the reader stands; read it as `ReaderStatusAnswer`.
    ///
    /// # Errors
    /// As for [`Session::request`].
    pub fn status(&mut self) -> Result<OwnedAnswer, ClientError> {
        self.request(ReaderStatus {
            extensions: Default::default(),
        })
    }

    /// Ends the session (CW-SESS-010).
    ///
    /// # Errors
    /// As for [`Session::request`].
    pub fn disconnect(&mut self) -> Result<(), ClientError> {
        let answer = self.request(Disconnect {
            extensions: Default::default(),
        })?;
        answer.read::<DisconnectAnswer<'_>>()?;
        self.over = true;
        Ok(())
    }

    /// The reader's identity, as its answer to hello states it and the handshake confirms.
    #[must_use]
    pub fn reader_id(&self) -> &str {
        &self.greeting.reader_id
    }

    /// Hello and its answer.
    #[must_use]
    pub fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    /// The handshake hash: which session this is.
    #[must_use]
    pub fn id(&self) -> &[u8; 32] {
        &self.session
    }

    /// The number that the next request will carry.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.next
    }

    /// Goes on with another number: for testers, with the certification keys.
    pub fn set_next_number(&mut self, number: u64) {
        self.next = number;
    }

    /// Seals under this client's key of the session, with any nonce: for testers, with the certification keys.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// Opens what the reader has sealed.
    #[must_use]
    pub fn opener(&self) -> &Opener {
        &self.opener
    }

    /// The link, for raw bytes.
    pub fn link(&mut self) -> &mut Link {
        self.link.borrow_mut()
    }

    /// Forgets the session without a word to the reader, and gives the link back.
    #[must_use]
    pub fn into_link(self) -> L {
        self.link
    }
}

//= spec/book/src/session.md#cw-sess-013
//# Events MUST carry numbers from 2^63 on that ascend strictly.
fn take_event(opener: &Opener, last: &mut Option<u64>, frame: &OwnedFrame) -> Option<ReaderEvent> {
    let fresh = frame.number >= FIRST_EVENT && last.is_none_or(|last| frame.number > last);
    if frame.kind != FrameKind::Sealed || !fresh {
        return None;
    }
    let message = opener.open(frame.number, &frame.payload)?;
    *last = Some(frame.number);
    match Event::decode(&message).ok()? {
        Event::Progress(Progress { job, state, step, .. }) => Some(ReaderEvent::Progress {
            job: *job,
            state,
            step,
        }),
        Event::CardEvent(CardEvent { slot, .. }) => Some(ReaderEvent::Card(slot)),
    }
}

fn keep(events: &mut VecDeque<ReaderEvent>, event: ReaderEvent) {
    if events.len() == EVENTS_KEPT {
        events.pop_front();
    }
    events.push_back(event);
}
