//! The format of sequences as types.

use crate::{requirement::Level, tester::Start};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One case as data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Sequence {
    /// Group and name, such as `session.status`.
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) title: String,
    #[serde(default = "must")]
    pub(crate) level: Level,
    pub(crate) requirements: Vec<String>,
    /// Where the device is brought before the first step.
    pub(crate) start: Start,
    #[serde(rename = "step")]
    pub(crate) steps: Vec<StepData>,
}

const fn must() -> Level {
    Level::Must
}

/// One step: something is sent, something is expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StepData {
    /// Why this step is there.
    #[serde(default)]
    pub(crate) note: Option<String>,
    /// The requirement under which this step fails; the sequence's first one where none is stated.
    #[serde(default)]
    pub(crate) requirement: Option<String>,
    /// Brings the device to this state by a fresh connect, instead of sending anything.
    #[serde(default)]
    pub(crate) reach: Option<Start>,
    /// The message to send, by its schema's name.
    #[serde(default)]
    pub(crate) send: Option<String>,
    /// Its fields.
    #[serde(default)]
    pub(crate) with: Map<String, Value>,
    /// The bytes to send as the message, in hexadecimal, instead of a message with fields.
    #[serde(default)]
    pub(crate) hex: Option<String>,
    /// How it is sent, where that is not the channel of the schema.
    #[serde(default)]
    pub(crate) how: Option<How>,
    /// The number that a sealed frame carries, relative to the right one.
    #[serde(default)]
    pub(crate) number: i64,
    /// Sends the last sealed request again, byte for byte.
    #[serde(default)]
    pub(crate) repeat: bool,
    /// What is expected: the name of a message, `silence`, or `same`.
    #[serde(default)]
    pub(crate) expect: Option<String>,
    /// What its fields must be; those that are not named may be anything.
    #[serde(default, rename = "where")]
    pub(crate) pattern: Map<String, Value>,
    /// Answers of which any will do, instead of the one of `expect`.
    #[serde(default, rename = "or")]
    pub(crate) alternatives: Vec<Expected>,
    /// Sends fresh requests until the answer is this one.
    #[serde(default)]
    pub(crate) until: Map<String, Value>,
}

/// How a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum How {
    Clear,
    Sealed,
    Relayed,
}

/// One answer that is legal.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Expected {
    pub(crate) expect: String,
    #[serde(default, rename = "where")]
    pub(crate) pattern: Map<String, Value>,
}

impl StepData {
    /// The answers that are legal.
    pub(crate) fn expected(&self) -> Vec<Expected> {
        let first = self.expect.clone().map(|expect| Expected {
            expect,
            pattern: self.pattern.clone(),
        });
        first
            .into_iter()
            .chain(self.alternatives.iter().cloned())
            .collect()
    }
}
