//! Logins, and what goes between reader and cloud.

use crate::{
    Fault,
    client::Habit,
    line::Line,
    session::Session,
    way_in::{encoded, failure},
};
use cardwire_client_adapter::Failure;
use cardwire_codec::{
    Extensions, List, Message, Name,
    message::{
        Answer, CloudAnswer, CloudOpen, CloudRelay, FrameKind, LoginHeader, Offer, PlatformAuth, Relay,
        Request, SessionState,
    },
};
use cardwire_peers::{
    Endpoint, Timers,
    link::{ReceiveError, encode_frame},
};
use std::time::Instant;

/// The fewest bytes that a relay takes.
const RELAYED_MIN: usize = 16;

/// The connection to the cloud.
#[derive(Debug)]
pub(crate) struct Cloud {
    habit: Habit,
    link: Line,
    number: u64,
    timers: Timers,
}

impl Cloud {
    pub(crate) fn open(habit: Habit, address: &str, timers: Timers) -> Result<Self, Failure> {
        let endpoint: Endpoint = address.parse().map_err(Failure::client)?;
        let link = Line::open(habit, &endpoint, Fault::CloudGarbageIsAnEnd)
            .map_err(|error| failure("cloud", error.to_string()))?;
        let number = u64::from(!habit.is(Fault::ConstantCloudNumber));
        Ok(Self {
            habit,
            link,
            number,
            timers,
        })
    }

    /// The bytes that the cloud has for the reader.
    fn ask<'a>(&mut self, request: &impl Message<'a>, is_open: bool) -> Result<Vec<u8>, Failure> {
        let message = encoded(request)?;
        let answer = match self.exchange(&message) {
            Err(failure) if self.habit.is(Fault::GoesOnOnNewConnection) => {
                self.link.reconnect().map_err(|_| failure)?;
                self.exchange(&message)?
            }
            answer => answer?,
        };
        let any = self.habit.is(Fault::TakesAnyCloudAnswer);
        match CloudAnswer::decode(&answer) {
            Ok(CloudAnswer::CloudOpenAnswer(answer)) if is_open || any => Ok(answer.handshake.to_vec()),
            Ok(CloudAnswer::CloudRelayAnswer(answer)) if !is_open || any => Ok(answer.payload.to_vec()),
            Ok(CloudAnswer::CloudError(error)) => {
                Err(failure("cloud", format!("it refuses: {}", error.code)))
            }
            Ok(_) => Err(failure("cloud", "an answer to another request")),
            Err(error) => Err(failure("cloud", error.to_string())),
        }
    }

    fn exchange(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let number = self.number;
        if !self.habit.is(Fault::ConstantCloudNumber) {
            self.number += 1;
        }
        let closed = |error: std::io::Error| failure("cloud", error.to_string());
        let line = encode_frame(FrameKind::Clear, number, message);
        self.link.send(&line).map_err(closed)?;
        let deadline = Instant::now() + self.timers.handshake;
        let mut again = self
            .habit
            .is(Fault::RepeatsToCloud)
            .then(|| Instant::now() + self.timers.repeat);
        let any = self.habit.is(Fault::TakesAnyCloudNumber);
        loop {
            match self.link.receive(again.unwrap_or(deadline)) {
                Ok(frame) if frame.kind == FrameKind::Clear && (frame.number == number || any) => {
                    return Ok(frame.payload);
                }
                Ok(_) => {}
                Err(ReceiveError::Timeout) if again.take().is_some() => {
                    self.link.send(&line).map_err(closed)?
                }
                Err(ReceiveError::Timeout) if self.habit.is(Fault::HangsOnCloud) => {
                    std::thread::sleep(self.timers.repeat);
                }
                Err(ReceiveError::Timeout) => return Err(failure("cloud", "no answer")),
                Err(ReceiveError::Closed(error)) => return Err(closed(error)),
            }
        }
    }
}

impl Session {
    pub(crate) fn log_in(&mut self, cloud: &mut Cloud, offers: &[Offer]) -> Result<(), Failure> {
        if offers.is_empty() && self.habit.is(Fault::NeedsAnOffer) {
            return Err(Failure::client("nothing is offered"));
        }
        match self.logged_in(cloud, offers) {
            Err(failure) if failure.by == "cloud" && self.habit.is(Fault::CloudErrorIsNothing) => Ok(()),
            Err(failure) if failure.by == "refused" && self.habit.is(Fault::ReaderErrorIsNothing) => Ok(()),
            ended => ended,
        }
    }

    fn logged_in(&mut self, cloud: &mut Cloud, offers: &[Offer]) -> Result<(), Failure> {
        let auth = PlatformAuth {
            offers: List::from_items(offers),
            extensions: Extensions::NONE,
        };
        let bytes = self.ask(&Request::from(auth))?;
        let Ok(Answer::PlatformAuthAnswer(begun)) = Answer::decode(&bytes) else {
            return Err(self.wrong("no platform_auth_answer"));
        };
        self.check(begun.header)?;
        let client_id = self.client_id.clone();
        let hash = self.hash;
        let open = CloudOpen {
            version: 1,
            client_id: Name::from_text(&client_id),
            session: &hash,
            header: begun.header,
            handshake: begun.handshake,
            extensions: Extensions::NONE,
        };
        let handshake = cloud.ask(&open, true)?;
        let (_, confirm) = self.tell_reader(&handshake)?;
        if confirm.is_empty() && !self.habit.is(Fault::NeedsNoConfirmation) {
            return Err(self.wrong("no login_confirm"));
        }
        let result = self.tell_cloud(cloud, &confirm)?;
        let (state, mut payload) = self.tell_reader(&result)?;
        if state != SessionState::Serving && !self.habit.is(Fault::TakesAnyState) {
            return Err(self.wrong("it does not serve after the login"));
        }
        if self.habit.is(Fault::AsksForNoUpdates) {
            return Ok(());
        }
        // What a reader says to its login result goes to the cloud like all else.
        self.pass_on_from(cloud, &mut payload).map(|_| ())
    }

    pub(crate) fn pass_on(&mut self, cloud: &mut Cloud) -> Result<u32, Failure> {
        self.pass_on_from(cloud, &mut Vec::new())
    }

    fn pass_on_from(&mut self, cloud: &mut Cloud, payload: &mut Vec<u8>) -> Result<u32, Failure> {
        for relayed in 0.. {
            let message = self.tell_cloud(cloud, payload)?;
            if message.is_empty() {
                return Ok(relayed);
            }
            *payload = self.tell_reader(&message)?.1;
            if payload.is_empty() {
                return Err(failure("reader", "no word for the cloud"));
            }
        }
        Ok(0)
    }

    fn tell_reader(&mut self, bytes: &[u8]) -> Result<(SessionState, Vec<u8>), Failure> {
        let mut bytes = bytes.to_vec();
        if bytes.len() < RELAYED_MIN && !self.habit.is(Fault::RelaysShortMessages) {
            return Err(failure("cloud", "a message that no relay takes"));
        }
        // Handshakes are left as they are, so that the way in is that of others.
        let later = bytes.len() > 200;
        if later && self.habit.is(Fault::AltersForReader) {
            bytes[100] ^= 0x40;
        }
        let answer = self.relay(&bytes)?;
        if later && self.habit.is(Fault::RelaysTwice) {
            self.relay(&bytes)?;
        }
        Ok(answer)
    }

    fn relay(&mut self, bytes: &[u8]) -> Result<(SessionState, Vec<u8>), Failure> {
        let message;
        let bytes = if bytes.len() < RELAYED_MIN {
            // The codec would not write it.
            message = [&[0x04, 0, bytes.len() as u8], bytes].concat();
            return self.raw_relay(&message);
        } else {
            bytes
        };
        let answer = self.ask(&Request::from(Relay {
            payload: bytes,
            extensions: Extensions::NONE,
        }))?;
        match Answer::decode(&answer) {
            Ok(Answer::RelayAnswer(answer)) => Ok((answer.state, answer.payload.to_vec())),
            _ => Err(self.wrong("no relay_answer")),
        }
    }

    fn tell_cloud(&mut self, cloud: &mut Cloud, payload: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut payload = payload.to_vec();
        if payload.len() > 200 && self.habit.is(Fault::AltersForCloud) {
            payload[100] ^= 0x40;
        }
        while payload.last() == Some(&0) && self.habit.is(Fault::TrimsZeros) {
            payload.pop();
        }
        cloud.ask(
            &CloudRelay {
                payload: &payload,
                extensions: Extensions::NONE,
            },
            false,
        )
    }

    fn check(&self, header: &[u8]) -> Result<(), Failure> {
        let header = match LoginHeader::decode(header) {
            Err(_) if self.habit.is(Fault::HeaderNotRead) => return Ok(()),
            header => header.map_err(|error| failure("reader", error.to_string()))?,
        };
        let compared = [
            (header.version == 1, Fault::HeaderVersionNotCompared, "version"),
            (
                header.reader_id == *self.reader_id,
                Fault::HeaderReaderNotCompared,
                "reader",
            ),
            (
                header.client_id == *self.client_id,
                Fault::HeaderClientNotCompared,
                "client",
            ),
            (
                *header.session == self.hash,
                Fault::HeaderSessionNotCompared,
                "session",
            ),
        ];
        let other = compared
            .into_iter()
            .find(|(same, fault, _)| !same && !self.habit.is(*fault));
        other.map_or(Ok(()), |(_, _, what)| {
            Err(failure("reader", format!("a header of another {what}")))
        })
    }
}
