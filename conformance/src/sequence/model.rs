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
    /// The card that it takes; any will do where none is named.
    #[serde(default)]
    pub(crate) card: Option<Card>,
    #[serde(rename = "step")]
    pub(crate) steps: Vec<StepData>,
}

const fn must() -> Level {
    Level::Must
}

/// A card that a sequence takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Card {
    /// The published one, whose content and secrets everybody knows.
    Certification,
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
    /// Logs the reader in anew, instead of sending anything.
    #[serde(default)]
    pub(crate) login: Option<LoginData>,
    /// Has this logic, in its text form, installed by an update, and the reader logged in anew.
    #[serde(default)]
    pub(crate) install: Option<String>,
    /// Runs this service to its end.
    #[serde(default)]
    pub(crate) run: Option<String>,
    /// What it is given.
    #[serde(default)]
    pub(crate) parameters: Vec<Item>,
    /// The outcome that it must have, in `run`.
    #[serde(default)]
    pub(crate) outcome: Option<String>,
    /// The service data that it must give, all of them, in `run`.
    #[serde(default)]
    pub(crate) items: Option<Vec<Item>>,
    /// Moves the device or its card.
    #[serde(default)]
    pub(crate) bench: Option<Move>,
    /// Bytes for the line as they are, delimiters and all.
    #[serde(default)]
    pub(crate) line: Option<String>,
    /// How often the step is done.
    #[serde(default = "once")]
    pub(crate) times: u32,
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

const fn once() -> u32 {
    1
}

/// A login as a whole; it must succeed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LoginData {
    /// The services that the client offers.
    pub(crate) offers: Vec<String>,
    /// In this format.
    #[serde(default = "native")]
    pub(crate) format: String,
    /// The services that the cloud grants: all, where nothing is said.
    #[serde(default)]
    pub(crate) grants: Option<Vec<String>>,
}

fn native() -> String {
    "native".into()
}

/// A parameter, or one item of service data. A value of the kind `bytes` is hexadecimal, one of `text` is text, one of
/// `number` a number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) value: Value,
}

/// What the bench does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Move {
    /// Pulls the card out.
    RemoveCard,
    /// Puts it in again.
    InsertCard,
    /// Resets the device.
    ResetDevice,
    /// Closes the link and opens it anew.
    ResetLink,
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
