//! What stands in the files of vectors.
//!
//! Every vector says in `result` whether it is valid, so that one loop over one list can hold a decoder to all of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the names of vectors begin with that cut a message at one more place.
pub(super) const CUT: &str = "cut-at-";
/// What the names of vectors begin with that flip one more bit of a frame.
pub(super) const FLIPPED: &str = "bit-";
/// What the names of vectors begin with that have one more size below that of a frame.
pub(super) const SIZE: &str = "size-";

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
    /// Encodings that a decoder takes, then bytes that it refuses.
    pub vectors: Vec<MessageVector>,
}

impl MessageVectors {
    /// Those that a decoder takes.
    pub fn valid(&self) -> impl Iterator<Item = &ValidMessage> {
        self.vectors.iter().filter_map(|vector| match vector {
            MessageVector::Valid(vector) => Some(vector),
            MessageVector::Invalid(_) => None,
        })
    }

    /// Those that a decoder refuses.
    pub fn invalid(&self) -> impl Iterator<Item = &InvalidMessage> {
        self.vectors.iter().filter_map(|vector| match vector {
            MessageVector::Invalid(vector) => Some(vector),
            MessageVector::Valid(_) => None,
        })
    }
}

/// Bytes, and what a decoder makes of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "lowercase")]
pub enum MessageVector {
    /// It takes them.
    Valid(ValidMessage),
    /// It refuses them.
    Invalid(InvalidMessage),
}

/// An encoding that a decoder takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidMessage {
    /// Its name, unique within the file.
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
    /// Its name, unique within the file.
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
    /// A rule that they break as well, and that a decoder meets later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<String>,
    /// What the name leaves open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl InvalidMessage {
    /// Whether it has more bytes than its place allows, whatever else is wrong with it.
    pub(crate) fn is_too_large(&self) -> bool {
        self.rule == "message-size" || self.also.as_deref() == Some("message-size")
    }

    /// Whether it is one of those that cut the typical message at every byte. Where each vector costs a device's time,
    /// the ends of the fields are enough.
    pub(crate) fn is_one_more_cut(&self) -> bool {
        self.name.starts_with(CUT)
    }
}

/// The vectors of one message or document in CBOR.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CborVectors {
    /// The schema's name.
    pub message: String,
    /// The value of key 0, and the first byte of the native encoding.
    pub code: u8,
    /// Native encodings beside their CBOR, then what has no other form.
    pub vectors: Vec<CborVector>,
}

impl CborVectors {
    /// Those that have both forms.
    pub fn valid(&self) -> impl Iterator<Item = &ValidCbor> {
        self.vectors.iter().filter_map(|vector| match vector {
            CborVector::Valid(vector) => Some(vector),
            CborVector::Invalid(_) => None,
        })
    }

    /// Those that are refused.
    pub fn invalid(&self) -> impl Iterator<Item = &InvalidCbor> {
        self.vectors.iter().filter_map(|vector| match vector {
            CborVector::Invalid(vector) => Some(vector),
            CborVector::Valid(_) => None,
        })
    }
}

/// Bytes in one encoding, and what they are in the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "lowercase")]
pub enum CborVector {
    /// There are both.
    Valid(ValidCbor),
    /// There is no other form.
    Invalid(InvalidCbor),
}

/// A message in both encodings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidCbor {
    /// Its name, unique within the file.
    pub name: String,
    /// The native bytes, in hexadecimal.
    pub native: String,
    /// The same in CBOR.
    pub cbor: String,
}

/// What has no other form.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvalidCbor {
    /// Its name, unique within the file.
    pub name: String,
    /// Native bytes that have no form in CBOR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
    /// CBOR that is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cbor: Option<String>,
    /// The rule that is broken: a name of the registry `codec_rule`.
    pub rule: String,
    /// The field that breaks it.
    pub field: String,
    /// Where, in the bytes that are there.
    pub offset: usize,
    /// The valid vector whose CBOR this was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<String>,
    /// A rule that is broken as well, and that is met later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<String>,
    /// What the name leaves open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Vectors of link frames.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameVectors {
    /// Lines that are frames, then lines that are none.
    pub vectors: Vec<FrameVector>,
}

impl FrameVectors {
    /// Lines that are frames.
    pub fn valid(&self) -> impl Iterator<Item = &ValidFrame> {
        self.vectors.iter().filter_map(|vector| match vector {
            FrameVector::Valid(vector) => Some(vector),
            FrameVector::Invalid(_) => None,
        })
    }

    /// Lines that are none.
    pub fn invalid(&self) -> impl Iterator<Item = &InvalidFrame> {
        self.vectors.iter().filter_map(|vector| match vector {
            FrameVector::Invalid(vector) => Some(vector),
            FrameVector::Valid(_) => None,
        })
    }
}

/// A line, and what a receiver makes of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "lowercase")]
pub enum FrameVector {
    /// It is a frame.
    Valid(ValidFrame),
    /// It is none.
    Invalid(InvalidFrame),
}

/// A line that is a frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidFrame {
    /// Its name, unique within the file.
    pub name: String,
    /// The bytes on the line, delimiter included, in hexadecimal.
    pub line: String,
    /// A name of the registry `frame_kind`.
    pub kind: String,
    /// Number or nonce; text, because JSON's numbers do not hold all of 64 bits everywhere.
    pub number: String,
    /// The payload, in hexadecimal.
    pub payload: String,
}

/// A line that is no frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvalidFrame {
    /// Its name, unique within the file.
    pub name: String,
    /// The bytes on the line, delimiter included, in hexadecimal.
    pub line: String,
    /// Why: `cobs`, `too-short`, `too-long`, `checksum`, `kind`.
    pub fault: String,
    /// The largest frame that the receiver takes, where that is what the line is too long for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_frame: Option<usize>,
    /// What the name leaves open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl InvalidFrame {
    /// Whether it is one of those that flip every bit of one frame, or have every size below that of a frame: where
    /// people read, a few are enough.
    pub(crate) fn is_of_a_series(&self) -> bool {
        self.name.starts_with(FLIPPED) || self.name.starts_with(SIZE)
    }
}

/// Vectors of streams.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamVectors {
    /// Streams of frames, and streams with something else in them.
    pub vectors: Vec<StreamVector>,
}

/// Bytes as they come from a line, and what a receiver finds in them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamVector {
    /// Whether all that it finds are frames.
    pub result: Verdict,
    /// Its name, unique within the file.
    pub name: String,
    /// The bytes, in hexadecimal.
    pub stream: String,
    /// The largest frame that the receiver takes.
    pub max_frame: usize,
    /// What stands in the stream, in order.
    pub found: Vec<Found>,
}

/// Whether something is what it is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verdict {
    Valid,
    Invalid,
}

/// What stands between two delimiters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Found {
    /// A frame.
    Frame {
        /// A name of the registry `frame_kind`.
        kind: String,
        /// Number or nonce, as text.
        number: String,
        /// The payload, in hexadecimal.
        payload: String,
    },
    /// No frame.
    Fault {
        /// Why: as of a line that is none.
        fault: String,
    },
}
