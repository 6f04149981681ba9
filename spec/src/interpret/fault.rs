//! What can be wrong with bytes, and with values that are to become bytes.

use core::{fmt, ops::Range};

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
    /// A known extension carries the critical bit that the schema states.
    ExtensionBit,
    /// A known extension holds its value and nothing after it.
    ExtensionTail,
    /// A message is no larger than its place allows.
    MessageSize,
    /// In CBOR, a head is the shortest for its number, and none of the reserved ones.
    CborHead,
    /// In CBOR, every string, array and map states its length.
    CborIndefinite,
    /// In CBOR, a data item is of the type that its place wants.
    CborType,
    /// In CBOR, keys ascend.
    CborKeyOrder,
    /// In CBOR, no key stands twice.
    CborKeyDuplicate,
    /// In CBOR, a key is the code's, a field's or an extension's.
    CborKeyUnknown,
    /// In CBOR, the code and every field of the message are there.
    CborKeyMissing,
    /// In CBOR, the message is one data item, and nothing stands behind it.
    CborTail,
    /// Service data that are to become CBOR hold values of their kinds, and no extensions.
    CborKind,
}

impl Rule {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 23] = [
        Self::MessageType,
        Self::Truncated,
        Self::Range,
        Self::Length,
        Self::Value,
        Self::Boolean,
        Self::Text,
        Self::Count,
        Self::Order,
        Self::ExtensionOrder,
        Self::ExtensionCritical,
        Self::ExtensionBit,
        Self::ExtensionTail,
        Self::MessageSize,
        Self::CborHead,
        Self::CborIndefinite,
        Self::CborType,
        Self::CborKeyOrder,
        Self::CborKeyDuplicate,
        Self::CborKeyUnknown,
        Self::CborKeyMissing,
        Self::CborTail,
        Self::CborKind,
    ];

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
            Self::ExtensionBit => "extension-bit",
            Self::ExtensionTail => "extension-tail",
            Self::MessageSize => "message-size",
            Self::CborHead => "cbor-head",
            Self::CborIndefinite => "cbor-indefinite",
            Self::CborType => "cbor-type",
            Self::CborKeyOrder => "cbor-key-order",
            Self::CborKeyDuplicate => "cbor-key-duplicate",
            Self::CborKeyUnknown => "cbor-key-unknown",
            Self::CborKeyMissing => "cbor-key-missing",
            Self::CborTail => "cbor-tail",
            Self::CborKind => "cbor-kind",
        }
    }

    /// The requirement of the book that states it.
    #[must_use]
    pub const fn requirement(self) -> &'static str {
        match self {
            Self::MessageType => "CW-CODEC-001",
            Self::Truncated => "CW-CODEC-002",
            Self::Range | Self::Length | Self::Count => "CW-CODEC-003",
            Self::Value | Self::Boolean => "CW-CODEC-004",
            Self::Text => "CW-CODEC-005",
            Self::Order => "CW-CODEC-006",
            Self::ExtensionOrder => "CW-CODEC-007",
            Self::MessageSize => "CW-CODEC-008",
            Self::ExtensionCritical => "CW-CODEC-010",
            Self::ExtensionBit | Self::ExtensionTail => "CW-CODEC-012",
            Self::CborHead | Self::CborIndefinite => "CW-CBOR-002",
            Self::CborType => "CW-CBOR-003",
            Self::CborKeyOrder | Self::CborKeyDuplicate | Self::CborKeyUnknown | Self::CborKeyMissing => {
                "CW-CBOR-004"
            }
            Self::CborTail => "CW-CBOR-001",
            Self::CborKind => "CW-CBOR-006",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why bytes are refused: the rule that they break, the field, and the place.
///
/// Rule, field and offset are what every decoder names; the detail is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule that is broken.
    pub rule: Rule,
    /// The field; of a structure's field, the structure's name before it.
    pub field: String,
    /// Offset in bytes from the start of the message, where the offending value begins.
    pub offset: usize,
    /// What exactly is wrong with it.
    pub detail: Box<Detail>,
}

/// What exactly is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The way to the value from the top of the message, such as `services[2].name`.
    pub path: String,
    /// The bytes that are wrong, counted as the offset is; empty at the end of the message where bytes are missing.
    pub mark: Range<usize>,
    /// What is wanted there, in words.
    pub expected: String,
    /// What is there instead.
    pub found: String,
}

impl Fault {
    pub(crate) fn new(rule: Rule, field: &str, offset: usize, detail: Detail) -> Self {
        Self {
            rule,
            field: field.to_owned(),
            offset,
            detail: Box::new(detail),
        }
    }

    /// The same fault of bytes that stand so far inside others.
    pub(crate) fn moved(mut self, by: usize) -> Self {
        self.offset += by;
        self.detail.mark.start += by;
        self.detail.mark.end += by;
        self
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
        /// Where in the JSON; empty for the whole.
        path: String,
        /// What is wanted there.
        expected: String,
        /// What is there instead.
        found: String,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "the schema has no message and no document `{name}`"),
            Self::Shape { path, problem } if path.is_empty() => f.write_str(problem),
            Self::Shape { path, problem } => write!(f, "{path}: {problem}"),
            Self::Invalid {
                rule,
                field,
                path,
                expected,
                found,
            } => {
                let place = if path.is_empty() { field } else { path };
                write!(f, "{rule}: {place} must be {expected}, not {found}")
            }
        }
    }
}

impl core::error::Error for EncodeError {}
