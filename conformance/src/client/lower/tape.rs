//! What both ends of the tester heard and said, in order: evidence for the report, and what the judge goes by.

use crate::{
    client::judge::Role,
    embedded::protocol,
    trace::{FrameHead, Trace, Way},
};
use cardwire_spec::{
    Place,
    interpret::{
        self, Fault,
        frame::{Frame, FrameFault},
    },
};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// The end that the tester plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Reader,
    Cloud,
}

impl End {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Cloud => "cloud",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) at: Instant,
    pub(crate) end: End,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    /// The client was told who to be.
    Role(Role),
    /// The client has connected to the port.
    Opened,
    /// The client has closed the connection.
    Closed,
    /// Delimiters came with nothing between them.
    Delimiter,
    /// Bytes between two delimiters that are no frame.
    Garbage {
        bytes: usize,
        fault: FrameFault,
    },
    /// A connect was accepted: the session's hash and the reader's identity.
    Session {
        id: [u8; 32],
        reader_id: String,
    },
    Heard(Heard),
    Said(Said),
}

/// A frame of the client.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) frame: Frame,
    /// Bytes, counted decoded.
    pub(crate) size: usize,
    /// How often this very frame came before, without another one between.
    pub(crate) repeats: u32,
    /// It came before the request before it had its answer.
    pub(crate) early: bool,
    /// Which session it belongs to, from 1; 0 in clear and without one.
    pub(crate) session: usize,
    /// The message, opened where it was sealed; nothing where it does not open.
    pub(crate) message: Option<Vec<u8>>,
    /// The schema's name; empty where it is no message.
    pub(crate) name: String,
    pub(crate) fields: Value,
    /// What makes it no message.
    pub(crate) fault: Option<Fault>,
    /// The refusal is the right answer to it.
    pub(crate) refused: bool,
}

/// A frame of the tester, or bytes.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) number: u64,
    pub(crate) session: usize,
    pub(crate) message: Vec<u8>,
    /// The client may take it for the answer to the request of this number.
    pub(crate) answers: bool,
    /// It is the right answer, word for word.
    pub(crate) as_is: bool,
}

/// A message and what it says, from a place; the fault where it is none.
pub(crate) fn read(place: Place<'_>, bytes: &[u8]) -> (String, Value, Option<Fault>) {
    match interpret::decode(protocol(), place, bytes) {
        Ok(tree) => (tree.name.clone(), interpret::to_json(&tree), None),
        Err(fault) => (String::new(), Value::Null, Some(fault)),
    }
}

#[derive(Debug)]
pub(crate) struct Tape {
    pub(crate) trace: Trace,
    pub(crate) records: Vec<Record>,
    /// An end of the tester has panicked: nothing that was seen says anything.
    pub(crate) panicked: bool,
}

/// A tape that several threads write on.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<Tape>>);

impl Shared {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Tape {
            trace: Trace::new(),
            records: Vec::new(),
            panicked: false,
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Tape> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tape {
    pub(crate) fn event(&mut self, end: End, what: What, note: &str) {
        self.trace.note(format!("{}: {note}", end.name()));
        self.push(end, what);
    }

    pub(crate) fn garbage(&mut self, end: End, line: &[u8], fault: FrameFault) {
        self.trace.line(Way::Received, line, None);
        let bytes = line.len();
        self.trace
            .note(format!("{}: no frame, because of its {fault}", end.name()));
        self.push(end, What::Garbage { bytes, fault });
    }

    pub(crate) fn heard(&mut self, end: End, line: &[u8], heard: Heard) {
        self.trace.line(Way::Received, line, Some(head(&heard.frame)));
        let what = match (&heard.message, &heard.fault) {
            (None, _) => "sealed, does not open".to_owned(),
            (Some(_), Some(fault)) => format!("no message: {fault}"),
            (Some(_), None) => heard.name.clone(),
        };
        let again = if heard.repeats > 0 { ", again" } else { "" };
        let fields = (!heard.fields.is_null()).then(|| heard.fields.clone());
        self.trace
            .meaning(&format!("{}: {what}{again}", end.name()), fields);
        self.push(end, What::Heard(heard));
    }

    pub(crate) fn said(&mut self, end: End, line: &[u8], frame: Option<&Frame>, said: Said) {
        self.trace.line(Way::Sent, line, frame.map(head));
        let (name, fields, fault) = read(Place::Any, &said.message);
        let what = if fault.is_some() { "bytes" } else { &name };
        self.trace.meaning(
            &format!("{}: {what}", end.name()),
            fault.is_none().then_some(fields),
        );
        self.push(end, What::Said(said));
    }

    fn push(&mut self, end: End, what: What) {
        self.records.push(Record {
            at: Instant::now(),
            end,
            what,
        });
    }
}

fn head(frame: &Frame) -> FrameHead {
    FrameHead {
        kind: frame.kind.clone(),
        number: frame.number,
    }
}
