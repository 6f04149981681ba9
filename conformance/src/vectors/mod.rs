//! Vectors of messages and frames: `vectors/messages` and `vectors/frames`, made from the schema by the interpreter.
//!
//! They are committed, so that other implementations can use them without this suite; a test holds them to being what
//! [`generate`] makes, and both codecs to agreeing with each of them.

mod frames;
mod messages;
mod values;

use crate::embedded::protocol;
use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{path::PathBuf, sync::LazyLock};

static MESSAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../vectors/messages");
const FRAMES: &str = include_str!("../../../vectors/frames/frames.json");

/// The vectors of one message or document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageVectors {
    /// The schema's name.
    pub message: String,
    /// The first byte.
    pub code: u8,
    /// Where it is met, such as `request` or `document:logic`.
    pub place: String,
    /// Encodings that a decoder takes.
    pub valid: Vec<ValidMessage>,
    /// Bytes that a decoder refuses.
    pub invalid: Vec<InvalidMessage>,
}

/// An encoding that a decoder takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidMessage {
    /// Its name, unique within the message.
    pub name: String,
    /// The bytes, in hexadecimal.
    pub hex: String,
    /// The value that they stand for.
    pub value: Value,
}

/// Bytes that a decoder refuses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvalidMessage {
    /// Its name, unique within the message.
    pub name: String,
    /// The bytes, in hexadecimal.
    pub hex: String,
    /// The rule that they break: a name of the registry `codec_rule`.
    pub rule: String,
    /// The field that breaks it; of a structure's field, the structure's name before it.
    pub field: String,
    /// Where the offending value begins.
    pub offset: usize,
    /// The valid vector that they were made from.
    pub twin: String,
}

impl InvalidMessage {
    /// Whether it has more bytes than its place allows, whatever else is wrong with it.
    pub(crate) fn is_too_large(&self) -> bool {
        self.rule == "message-size" || self.name.ends_with(TOO_LARGE)
    }
}

/// What the names of vectors end with that are too large, and are refused for another reason.
const TOO_LARGE: &str = "-and-one-byte-over-the-largest-size";

/// Vectors of link frames.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameVectors {
    /// Lines that are frames.
    pub valid: Vec<ValidFrame>,
    /// Lines that are none.
    pub invalid: Vec<InvalidFrame>,
}

/// A line that is a frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidFrame {
    /// Its name.
    pub name: String,
    /// A name of the registry `frame_kind`.
    pub kind: String,
    /// Number or nonce; text, because JSON's numbers do not hold all of 64 bits everywhere.
    pub number: String,
    /// The payload, in hexadecimal.
    pub payload: String,
    /// The bytes on the line, delimiter included, in hexadecimal.
    pub line: String,
}

/// A line that is no frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvalidFrame {
    /// Its name.
    pub name: String,
    /// The bytes on the line, delimiter included, in hexadecimal.
    pub line: String,
    /// What they are not: `cobs`, `too-short`, `checksum`, `kind`.
    pub fault: String,
}

/// All files of `vectors/messages` and `vectors/frames`: their paths below `vectors`, and their bytes.
#[must_use]
pub fn generate() -> Vec<(PathBuf, Vec<u8>)> {
    let schema = protocol();
    let names = schema.messages.iter().map(|message| &message.name);
    let names = names.chain(schema.documents.iter().map(|document| &document.name));
    let mut files: Vec<_> = names
        .map(|name| {
            (
                PathBuf::from(format!("messages/{name}.json")),
                pretty(&messages::vectors(name)),
            )
        })
        .collect();
    files.push(("frames/frames.json".into(), pretty(&frames::vectors())));
    files
}

fn pretty(value: &impl Serialize) -> Vec<u8> {
    // Types of strings, numbers and lists: nothing in them can't be written.
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text
}

/// The vectors of all messages and documents, as they are committed.
pub(crate) fn messages() -> &'static [MessageVectors] {
    static ALL: LazyLock<Vec<MessageVectors>> = LazyLock::new(|| {
        let mut all: Vec<MessageVectors> = MESSAGES
            .files()
            .map(|file| match serde_json::from_slice(file.contents()) {
                Ok(vectors) => vectors,
                // It is part of this library, and a test loads it.
                Err(error) => panic!("{}: {error}", file.path().display()),
            })
            .collect();
        all.sort_by(|one, other| one.message.cmp(&other.message));
        all
    });
    &ALL
}

/// The vectors of one message.
pub(crate) fn of(message: &str) -> Option<&'static MessageVectors> {
    messages().iter().find(|vectors| vectors.message == message)
}

/// The vectors of frames, as they are committed.
pub(crate) fn frames() -> &'static FrameVectors {
    static ALL: LazyLock<FrameVectors> = LazyLock::new(|| match serde_json::from_str(FRAMES) {
        Ok(vectors) => vectors,
        // It is part of this library, and a test loads it.
        Err(error) => panic!("the vectors of frames: {error}"),
    });
    &ALL
}
