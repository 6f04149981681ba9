//! What the device answered, as the interpreter reads it.

use crate::verdict::{Finding, Step, Stop};
use serde_json::Value;

/// A message of the device.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// The schema's name.
    pub(crate) name: String,
    /// The fields.
    pub(crate) fields: Value,
    /// The encoded message.
    pub(crate) bytes: Vec<u8>,
    /// What it came as on the line, without delimiter.
    pub(crate) line: Vec<u8>,
}

/// What came for a sealed request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// A sealed answer.
    Sealed(Answer),
    /// The refusal, in clear: there is no session.
    Refusal(Answer),
}

impl Answer {
    /// A number of this answer.
    pub(crate) fn number(&self, field: &str) -> Step<u64> {
        self.fields[field]
            .as_u64()
            .ok_or_else(|| self.lacks(field, "number"))
    }

    /// A text, or the name of a registered value, of this answer.
    pub(crate) fn text(&self, field: &str) -> Step<&str> {
        self.fields[field]
            .as_str()
            .ok_or_else(|| self.lacks(field, "text or registered value"))
    }

    /// Bytes of this answer.
    pub(crate) fn octets(&self, field: &str) -> Step<Vec<u8>> {
        let bytes = self.fields[field].as_str().and_then(crate::hex::decode);
        bytes.ok_or_else(|| self.lacks(field, "bytes"))
    }

    /// The items of a list of this answer.
    pub(crate) fn items(&self, field: &str) -> Step<&[Value]> {
        self.fields[field]
            .as_array()
            .map(Vec::as_slice)
            .ok_or_else(|| self.lacks(field, "list"))
    }

    /// Name and fields in one line.
    pub(crate) fn describe(&self) -> String {
        describe(&self.name, &self.fields)
    }

    fn lacks(&self, field: &str, what: &str) -> Stop {
        // The interpreter has read the message: a field of another kind is a registered value without a name.
        Stop::Fail(Finding {
            requirement: "CW-CODEC-004".into(),
            expected: format!("{} with a {what} as `{field}`", self.name),
            seen: self.describe(),
        })
    }
}

impl Reply {
    /// Name and fields in one line.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Sealed(answer) => answer.describe(),
            Self::Refusal(_) => "the refusal, in clear".into(),
        }
    }
}

/// A message in one line.
pub(crate) fn describe(name: &str, fields: &Value) -> String {
    match fields.as_object() {
        Some(object) if !object.is_empty() => format!("{name} {fields}"),
        _ => name.to_owned(),
    }
}
