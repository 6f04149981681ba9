//! What can be wrong with bytes that came in, and with a value that is to go out.

use crate::{message::CodecRule, shape::Title};
use core::fmt;

/// Why bytes are not a message: the rule that they break, the field, and the place.
///
/// Inside a channel a reader tells it to its client as the error `malformed` (CW-CODEC-009).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The rule that is broken.
    pub rule: CodecRule,
    /// The field's name in the schema; that of a structure's field stands behind the structure's, as in
    /// `service_entry.name`. Without the feature `names` it says nothing.
    pub field: Title,
    /// Offset in bytes from the start of the message, where the offending value begins.
    pub offset: usize,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} at offset {}",
            self.rule.name(),
            self.field,
            self.offset
        )
    }
}

impl core::error::Error for DecodeError {}

/// Why a value has no encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The encoding does not fit into the buffer given.
    BufferTooSmall,
    /// The value breaks a rule of the codec, so that no decoder would take it.
    Invalid {
        /// The rule that is broken.
        rule: CodecRule,
        /// Path of the field, the schema's names. Without the feature `names` it says nothing.
        field: Title,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall => f.write_str("the buffer is too small for the encoding"),
            Self::Invalid { rule, field } => write!(f, "{}: {field} has no encoding", rule.name()),
        }
    }
}

impl core::error::Error for EncodeError {}
