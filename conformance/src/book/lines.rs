//! Messages on their way: sealed, in frames, inside each other.

use super::{
    BookError, encode,
    noise::{self, SIZE, Split},
};
use crate::{embedded::protocol, hex};
use cardwire_spec::interpret::frame::{self, Frame};
use serde_json::{Value, json};

/// The first number of events.
const FIRST_EVENT: u64 = 1 << 63;

/// A request and its answer: in plain, sealed, and on the line.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) number: u64,
    pub(super) request: Sealed,
    pub(super) answer: Sealed,
}

/// A message, and what becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    pub(super) plain: Vec<u8>,
    pub(super) sealed: Vec<u8>,
    /// With its delimiter; empty where it travels inside another message.
    pub(super) line: Vec<u8>,
}

/// The sealed frames between client and reader.
pub(super) struct Session {
    keys: Split,
    next: u64,
}

impl Session {
    pub(super) fn new(keys: &Split) -> Self {
        Self {
            keys: keys.clone(),
            next: 0,
        }
    }

    pub(super) fn exchange(
        &mut self,
        request: (&str, Value),
        answer: (&str, Value),
    ) -> Result<Exchange, BookError> {
        self.exchange_bytes(encode(request.0, &request.1)?, encode(answer.0, &answer.1)?)
    }

    pub(super) fn exchange_bytes(
        &mut self,
        request: Vec<u8>,
        answer: Vec<u8>,
    ) -> Result<Exchange, BookError> {
        let number = self.next;
        self.next += 1;
        Ok(Exchange {
            number,
            request: sealed_frame(&self.keys.initiator, number, request)?,
            answer: sealed_frame(&self.keys.responder, number, answer)?,
        })
    }

    pub(super) fn relay(
        &mut self,
        payload: &[u8],
        state: &str,
        answer: &[u8],
    ) -> Result<Exchange, BookError> {
        let request = json!({ "payload": hex::encode(payload) });
        let answer = json!({ "state": state, "payload": hex::encode(answer) });
        self.exchange(("relay", request), ("relay_answer", answer))
    }

    pub(super) fn event(&self, name: &str, value: Value) -> Result<Sealed, BookError> {
        sealed_frame(&self.keys.responder, FIRST_EVENT, encode(name, &value)?)
    }
}

/// The transport messages between reader and cloud: each end counts its own.
pub(super) struct Channel {
    keys: Split,
    reader_next: u64,
    pub(super) cloud_next: u64,
}

impl Channel {
    pub(super) fn new(keys: &Split) -> Self {
        Self {
            keys: keys.clone(),
            reader_next: 0,
            cloud_next: 0,
        }
    }

    pub(super) fn reader_says(&mut self, name: &str, value: Value) -> Result<Sealed, BookError> {
        let number = self.reader_next;
        self.reader_next += 1;
        relayed(&self.keys.initiator, number, encode(name, &value)?)
    }

    pub(super) fn cloud_says(&mut self, name: &str, value: Value) -> Result<Sealed, BookError> {
        let number = self.cloud_next;
        self.cloud_next += 1;
        relayed(&self.keys.responder, number, encode(name, &value)?)
    }
}

fn relayed(key: &[u8; SIZE], number: u64, plain: Vec<u8>) -> Result<Sealed, BookError> {
    Ok(Sealed {
        sealed: noise::seal(key, number, &[], &plain)?,
        plain,
        line: Vec::new(),
    })
}

fn sealed_frame(key: &[u8; SIZE], number: u64, plain: Vec<u8>) -> Result<Sealed, BookError> {
    let sealed = noise::seal(key, number, &[], &plain)?;
    Ok(Sealed {
        line: line("sealed", number, &sealed)?,
        plain,
        sealed,
    })
}

/// A frame on the line, its delimiter included.
pub(super) fn line(kind: &str, number: u64, payload: &[u8]) -> Result<Vec<u8>, BookError> {
    let frame = Frame {
        kind: kind.to_owned(),
        number,
        payload: payload.to_vec(),
    };
    frame::encode(protocol(), &frame).ok_or(BookError::Missing("the kind of a frame"))
}
