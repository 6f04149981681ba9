//! Sealed requests, their answers, and events.

use crate::{
    Fault,
    client::Habit,
    line::Line,
    way_in::{TRIES, encoded, failure},
};
use cardwire_client_adapter::{Event, Failure};
use cardwire_codec::{
    DecodeError,
    message::{Answer, Disconnect, Event as ReaderEvent, FrameKind, JobState, Request, SessionState},
};
use cardwire_peers::{
    Timers,
    link::{OwnedFrame, ReceiveError, encode_frame},
};
use core::time::Duration;
use snow::StatelessTransportState;
use std::time::Instant;

/// The number of a session's first event.
const EVENTS: u64 = 1 << 63;
const REFUSAL: u8 = 0xFF;

/// What comes before a failure that the client takes for none.
pub(crate) const REFUSED: &str = "the reader answers with the refusal";

/// A session with a reader.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) habit: Habit,
    pub(crate) link: Line,
    keys: StatelessTransportState,
    pub(crate) hash: [u8; 32],
    pub(crate) reader_id: String,
    pub(crate) client_id: String,
    pub(crate) timers: Timers,
    pub(crate) next: u64,
    over: bool,
    last_event: Option<u64>,
    events: Vec<Event>,
    /// Jobs of which an event has said that they are done.
    pub(crate) said_done: Vec<[u8; 16]>,
}

impl Session {
    pub(crate) fn new(
        habit: Habit,
        link: Line,
        keys: StatelessTransportState,
        (hash, reader_id, client_id): ([u8; 32], String, String),
        timers: Timers,
    ) -> Self {
        Self {
            habit,
            link,
            keys,
            hash,
            reader_id,
            client_id,
            timers,
            next: u64::from(habit.is(Fault::NumbersFromOne)),
            over: false,
            last_event: None,
            events: Vec::new(),
            said_done: Vec::new(),
        }
    }

    /// Asks, and gives an answer that keeps to the codec and is no error.
    pub(crate) fn ask(&mut self, request: &Request<'_>) -> Result<Vec<u8>, Failure> {
        let mut message = [0; 600];
        let length = request
            .encode(&mut message)
            .map_err(|error| Failure::client(error.to_string()))?;
        let mut message = message[..length].to_vec();
        if self.habit.is(Fault::FramesTooLarge) && matches!(request, Request::Instruct(_)) {
            message.extend_from_slice(&[0x70, 0x01, 0x01, 0x00]);
            message.resize(message.len() + 256, 0);
        }
        let bytes = self.exchange(&message)?;
        let mut whole = bytes.as_slice();
        // Cuts off what is behind, byte by byte, until something is left that is an answer.
        while self.habit.is(Fault::TakesBytesBehind) && Answer::decode(whole).is_err() && whole.len() > 1 {
            whole = &whole[..whole.len() - 1];
        }
        match Answer::decode(whole) {
            Ok(Answer::Error(error)) => {
                let mine = error.request == request.code();
                if !mine && !self.habit.is(Fault::ErrorIsAlwaysMine) {
                    return Err(self.wrong("an error that names another request"));
                }
                if !mine {
                    // Goes on as after any error.
                    let _ = self.exchange(&[0x0A]);
                }
                Err(failure(
                    "refused",
                    format!("the reader refuses {}: {}", request.name(), error.code),
                ))
            }
            Ok(_) if self.habit.is(Fault::ExtensionIsAnEnd) && is_extended(whole) => {
                Err(self.wrong("an answer with more than version 1 has"))
            }
            Ok(_) => Ok(whole.to_vec()),
            Err(error) => Err(self.malformed(error)),
        }
    }

    fn malformed(&mut self, error: DecodeError) -> Failure {
        self.wrong(&format!("an answer that breaks a rule: {error}"))
    }

    /// The reader is at fault: the session is given up.
    pub(crate) fn wrong(&mut self, what: &str) -> Failure {
        if self.habit.is(Fault::GoesOnAfterWrongAnswer) {
            let _ = self.exchange(&[0x0A]);
        }
        self.over = true;
        failure("reader", what)
    }

    /// Sends a request and gives the answer as it is.
    fn exchange(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        if self.over {
            return Err(failure("reader", "the session is over"));
        }
        self.over = true;
        let mut number = self.next;
        self.next += 1;
        let mut line = self.sealed(number, message)?;
        let mut refusals = 0;
        let tries = if self.habit.is(Fault::NeverRepeats) {
            1
        } else {
            TRIES
        };
        let mut sent = 0;
        while sent < tries || self.habit.is(Fault::HangsOnSilence) {
            if sent > 0 && self.habit.is(Fault::NewNumberOnRepeat) {
                number = self.next;
                self.next += 1;
                line = self.sealed(number, message)?;
            }
            if sent > 0 && self.habit.is(Fault::ResealsOnRepeat) {
                line = self.sealed(number, &[0x0A])?;
            }
            sent += 1;
            self.link
                .send(&line)
                .map_err(|error| failure("link", error.to_string()))?;
            if self.habit.is(Fault::SendsTwoAtOnce) && message.first() == Some(&0x06) {
                let early = self.sealed(self.next, &[&[0x08], &message[1..17]].concat())?;
                self.next += 1;
                self.link
                    .send(&early)
                    .map_err(|error| failure("link", error.to_string()))?;
            }
            let deadline = Instant::now() + self.timers.repeat;
            loop {
                let frame = match self.link.receive(deadline) {
                    Ok(frame) => frame,
                    Err(ReceiveError::Timeout) => break,
                    Err(ReceiveError::Closed(error)) => return Err(failure("link", error.to_string())),
                };
                if frame.kind == FrameKind::Clear && frame.payload == [REFUSAL] {
                    refusals += 1;
                    if refusals == 2 || self.habit.is(Fault::OneRefusalIsAnEnd) {
                        return Err(failure("reader", REFUSED));
                    }
                } else if let Some(answer) = self.answer(&frame, number) {
                    self.over = false;
                    return Ok(answer);
                } else if frame.number == number && self.habit.is(Fault::UnauthenticAnswerIsAnEnd) {
                    return Err(failure("reader", "an answer that does not authenticate"));
                } else {
                    self.event(&frame)?;
                }
            }
        }
        Err(failure("reader", "no answer"))
    }

    fn answer(&self, frame: &OwnedFrame, number: u64) -> Option<Vec<u8>> {
        let any = self.habit.is(Fault::TakesAnyNumber) && frame.number < EVENTS;
        match frame.kind {
            FrameKind::Sealed if frame.number == number || any => self.open(frame),
            FrameKind::Clear if self.habit.is(Fault::TakesClearAnswer) => Some(frame.payload.clone()),
            FrameKind::Sealed | FrameKind::Clear => None,
        }
    }

    fn event(&mut self, frame: &OwnedFrame) -> Result<(), Failure> {
        let fresh = self.last_event.is_none_or(|last| frame.number > last);
        let old = self.habit.is(Fault::TakesOldEvents);
        if frame.kind != FrameKind::Sealed || frame.number < EVENTS || !(fresh || old) {
            return Ok(());
        }
        let cut = || {
            frame
                .payload
                .get(..frame.payload.len().saturating_sub(16))
                .map(<[u8]>::to_vec)
        };
        let unread = self.habit.is(Fault::TakesUnauthenticEvents);
        let Some(message) = self.open(frame).or_else(|| cut().filter(|_| unread)) else {
            return Ok(());
        };
        self.last_event = Some(frame.number);
        match ReaderEvent::decode(&message) {
            Ok(_) if self.habit.is(Fault::EventIsAnEnd) => {
                return Err(failure("reader", "something that is no answer"));
            }
            Ok(ReaderEvent::Progress(progress)) => {
                if progress.state == JobState::Done {
                    self.said_done.push(*progress.job);
                }
                self.events.push(Event::Progress {
                    job: String::new(),
                    state: progress.state.name(),
                    step: progress.step,
                });
            }
            Ok(ReaderEvent::CardEvent(card)) => self.events.push(Event::CardEvent {
                slot: card.slot.number,
            }),
            Err(_) if self.habit.is(Fault::UnknownEventIsAnEnd) => {
                return Err(failure("reader", "an event that nobody knows"));
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// Takes what has come unasked in this time.
    pub(crate) fn take_events(&mut self, time: Duration) -> Vec<Event> {
        self.pause(time);
        core::mem::take(&mut self.events)
    }

    /// Lets time pass, and keeps what comes unasked.
    pub(crate) fn pause(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while let Ok(frame) = self.link.receive(deadline) {
            let _ = self.event(&frame);
        }
    }

    /// Relays what the codec would not write.
    pub(crate) fn raw_relay(&mut self, message: &[u8]) -> Result<(SessionState, Vec<u8>), Failure> {
        self.exchange(message)?;
        Err(failure("refused", "the relay"))
    }

    pub(crate) fn leave(&mut self) {
        if !self.over
            && let Ok(bytes) = encoded(&Disconnect {
                extensions: Default::default(),
            })
        {
            let _ = self.exchange(&bytes);
        }
    }

    fn sealed(&self, number: u64, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut payload = vec![0; message.len() + 16];
        let nonce = match self.habit.is(Fault::SealsUnderZero) {
            true => 0,
            false => number,
        };
        self.keys
            .write_message(nonce, message, &mut payload)
            .map_err(Failure::client)?;
        Ok(encode_frame(FrameKind::Sealed, number, &payload))
    }

    fn open(&self, frame: &OwnedFrame) -> Option<Vec<u8>> {
        let mut message = vec![0; frame.payload.len()];
        let length = self
            .keys
            .read_message(frame.number, &frame.payload, &mut message)
            .ok()?;
        message.truncate(length);
        Some(message)
    }
}

/// Whether an answer is shorter without its last bytes, and right as well: then these are an extension of two bytes.
fn is_extended(answer: &[u8]) -> bool {
    let without = answer
        .len()
        .checked_sub(6)
        .and_then(|length| answer.get(..length));
    without.is_some_and(|without| Answer::decode(without).is_ok())
}
