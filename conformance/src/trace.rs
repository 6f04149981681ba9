//! Evidence: what went over the line, when, and what it meant.

use crate::hex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::VecDeque, time::Instant};

/// Entries that a case keeps; the oldest go first.
const KEPT: usize = 600;

/// Bytes of one entry that are kept: the largest frame, and not all of what a device sends that never ends one.
const SHOWN: usize = 4200;

/// What one case saw, in order.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
    /// The entries.
    pub entries: VecDeque<Entry>,
    /// How many entries before these were dropped.
    pub dropped: u64,
    #[serde(skip)]
    begun: Instant,
}

/// One frame, some bytes that are none, or a note of the tester.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Milliseconds since the case began.
    pub at_ms: f64,
    /// Which way it went.
    pub direction: Way,
    /// The bytes on the line, in hexadecimal; empty for a note, and for what travelled inside the frame before.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bytes: String,
    /// Kind and number, where the bytes are a frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<FrameHead>,
    /// The message, opened where it was sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its fields, as the interpreter reads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Value>,
    /// What is to be said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Which way something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// From the tester to the device.
    Sent,
    /// From the device to the tester.
    Received,
    /// Nowhere: it is a note.
    Note,
}

/// Kind and number of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameHead {
    /// A name of the registry `frame_kind`.
    pub kind: String,
    /// Its number or nonce.
    pub number: u64,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            dropped: 0,
            begun: Instant::now(),
        }
    }

    /// What an earlier part of a run saw.
    pub(crate) fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            ..Self::new()
        }
    }

    /// Adds bytes that went over the line.
    pub(crate) fn line(&mut self, direction: Way, bytes: &[u8], frame: Option<FrameHead>) {
        let shown = &bytes[..bytes.len().min(SHOWN)];
        let more = bytes.len() - shown.len();
        self.push(Entry {
            bytes: hex::encode(shown),
            frame,
            note: (more > 0).then(|| format!("and {more} more bytes")),
            ..self.entry(direction)
        });
    }

    /// Says what the last entry carries.
    pub(crate) fn meaning(&mut self, message: &str, fields: Option<Value>) {
        if let Some(last) = self.entries.back_mut() {
            last.message = Some(message.to_owned());
            last.fields = fields;
        }
    }

    /// Adds a message that travels inside another one.
    pub(crate) fn inner(&mut self, direction: Way, message: &str, fields: Option<Value>) {
        self.push(Entry {
            message: Some(message.to_owned()),
            fields,
            ..self.entry(direction)
        });
    }

    /// Adds a note of the tester.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.push(Entry {
            note: Some(note.into()),
            ..self.entry(Way::Note)
        });
    }

    /// Adds a line of text that went one way.
    pub(crate) fn text(&mut self, direction: Way, line: &str) {
        let mut note: String = line.chars().take(SHOWN).collect();
        if note.len() < line.len() {
            note += &format!("… and {} more bytes", line.len() - note.len());
        }
        self.push(Entry {
            note: (!note.is_empty()).then_some(note),
            ..self.entry(direction)
        });
    }

    fn entry(&self, direction: Way) -> Entry {
        let at_ms = (self.begun.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        Entry {
            at_ms,
            direction,
            bytes: String::new(),
            frame: None,
            message: None,
            fields: None,
            note: None,
        }
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.len() == KEPT {
            self.entries.pop_front();
            self.dropped += 1;
        }
        self.entries.push_back(entry);
    }
}
