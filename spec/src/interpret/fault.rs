//! What can be wrong with bytes, and with values that are to become bytes.

use core::fmt;

/// Rules of the codec, in the order of the registry `codec_rule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The first byte names a message of this place.
    MessageType,
    /// Every part of a message is there in full.
    Truncated,
    /// A number lies in its range.
    Range,
    /// A length lies in its bounds.
    Length,
    /// A value of a closed registry is registered.
    Value,
    /// A boolean is 00 or 01.
    Boolean,
    /// Text is of its character set.
    Text,
    /// The number of items lies in its bounds.
    Count,
    /// Items of an ordered list ascend strictly.
    Order,
    /// Extension tags ascend strictly.
    ExtensionOrder,
    /// An unknown extension is not critical.
    ExtensionCritical,
    /// A message is no larger than its place allows.
    MessageSize,
}

impl Rule {
    /// The name in the registry `codec_rule`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MessageType => "message-type",
            Self::Truncated => "truncated",
            Self::Range => "range",
            Self::Length => "length",
            Self::Value => "value",
            Self::Boolean => "boolean",
            Self::Text => "text",
            Self::Count => "count",
            Self::Order => "order",
            Self::ExtensionOrder => "extension-order",
            Self::ExtensionCritical => "extension-critical",
            Self::MessageSize => "message-size",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why bytes are refused: the rule that they break, the field, and the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule that is broken.
    pub rule: Rule,
    /// The field; of a structure's field, the structure's name before it.
    pub field: String,
    /// Offset in bytes from the start of the message, where the offending value begins.
    pub offset: usize,
}

impl Fault {
    pub(crate) fn new(rule: Rule, field: impl Into<String>, offset: usize) -> Self {
        Self {
            rule,
            field: field.into(),
            offset,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} at offset {}", self.rule, self.field, self.offset)
    }
}

impl core::error::Error for Fault {}

/// Why a JSON value has no encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The schema has no message and no document of this name.
    Unknown {
        /// The name.
        name: String,
    },
    /// The JSON is not that of the message.
    Shape {
        /// Where in the JSON, such as `services[2].name`; empty for the whole.
        path: String,
        /// What is wrong, and what is wanted.
        problem: String,
    },
    /// The value breaks a rule of the codec, so that no decoder would take it.
    Invalid {
        /// The rule that is broken.
        rule: Rule,
        /// The field, as a [`Fault`] names it.
        field: String,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "the schema has no message and no document `{name}`"),
            Self::Shape { path, problem } if path.is_empty() => f.write_str(problem),
            Self::Shape { path, problem } => write!(f, "{path}: {problem}"),
            Self::Invalid { rule, field } => write!(f, "{rule}: {field} has no encoding"),
        }
    }
}

impl core::error::Error for EncodeError {}
