//! The format of sequences as types.

use crate::{requirement::Level, tester::Start};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One case as data.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Sequence {
    /// Group and name, such as `session.status`.
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) title: String,
    #[serde(default = "must", skip_serializing_if = "is_must")]
    pub(crate) level: Level,
    pub(crate) requirements: Vec<String>,
    /// Where the device is brought before the first step.
    pub(crate) start: Start,
    /// The card that it takes; any will do where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) card: Option<Card>,
    #[serde(rename = "step")]
    pub(crate) steps: Vec<StepData>,
}

const fn must() -> Level {
    Level::Must
}

fn is_must(level: &Level) -> bool {
    *level == Level::Must
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn is_once(times: &u32) -> bool {
    *times <= 1
}

/// A card that a sequence takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Card {
    /// The published one, whose content and secrets everybody knows.
    Certification,
}

/// One step: something is sent, something is expected.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StepData {
    /// Why this step is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// The requirement under which this step fails; the sequence's first one where none is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) requirement: Option<String>,
    /// Brings the device to this state by a fresh connect, instead of sending anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reach: Option<Start>,
    /// Logs the reader in anew, instead of sending anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) login: Option<LoginData>,
    /// Has this logic, in its text form, installed by an update, and the reader logged in anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) install: Option<String>,
    /// Runs this service to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<String>,
    /// What it is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parameters: Vec<Item>,
    /// The outcome that it must have, in `run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<String>,
    /// The service data that it must give, all of them, in `run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) items: Option<Vec<Item>>,
    /// Moves the device or its card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bench: Option<Move>,
    /// How often the step is done.
    #[serde(default, skip_serializing_if = "is_once")]
    pub(crate) times: u32,
    /// The message to send, by its schema's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) send: Option<String>,
    /// Its fields.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) with: Map<String, Value>,
    /// The bytes to send as the message, in hexadecimal, instead of a message with fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hex: Option<String>,
    /// Bytes for the line as they are, in hexadecimal, instead of a frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<String>,
    /// Something that fields can't say, because it hangs on keys or on what was said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) act: Option<Act>,
    /// How it is sent, where that is not the channel of the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) how: Option<How>,
    /// The number that a sealed frame carries, relative to the right one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) number: i64,
    /// Sends the last sealed request again, byte for byte.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub(crate) repeat: bool,
    /// What is expected: the name of a message, `silence`, or `same`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expect: Option<String>,
    /// What its fields must be; those that are not named may be anything.
    #[serde(default, rename = "where", skip_serializing_if = "Map::is_empty")]
    pub(crate) pattern: Map<String, Value>,
    /// Answers of which any will do, instead of the one of `expect`.
    #[serde(default, rename = "or", skip_serializing_if = "Vec::is_empty")]
    pub(crate) alternatives: Vec<Expected>,
    /// Sends fresh requests until the answer is this one.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) until: Map<String, Value>,
}

/// A login as a whole; it must succeed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LoginData {
    /// The services that the client offers.
    pub(crate) offers: Vec<String>,
    /// In this format.
    #[serde(default = "native")]
    pub(crate) format: String,
    /// The services that the cloud grants: all, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grants: Option<Vec<String>>,
}

fn native() -> String {
    "native".into()
}

/// A parameter, or one item of service data. A value of the kind `bytes` is hexadecimal, one of `text` is text, one of
/// `number` a number.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) value: Value,
}

/// What the bench does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum How {
    Clear,
    Sealed,
    Relayed,
}

/// What a step does that is no message with fields. `vectors/README.md` describes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Act {
    Connect,
    ConnectOther,
    ConnectWrongKey,
    ConnectUnknownClient,
    ConnectUnknownGeneration,
    ConnectUnknownMethod,
    ConnectAgain,
    LoginSecond,
    LoginResult,
    LoginLimited,
    LoginDenied,
    LoginForeign,
    RelayStrange,
    RelayAgain,
    UpdateOffer,
    UpdateOfferOther,
    UpdateOfferAgain,
    UpdateOfferUnsigned,
    UpdateOfferForeign,
    UpdateOfferOld,
    UpdateChunk,
    UpdateChunkAhead,
    UpdateChunkLong,
    UpdateChunkSpoiled,
    UpdateChunkRest,
    UpdateCommit,
    UpdateQuery,
    Flip,
    Short,
    Replay,
    Two,
    LinkReset,
    DeviceReset,
}

/// One answer that is legal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Expected {
    pub(crate) expect: String,
    #[serde(default, rename = "where", skip_serializing_if = "Map::is_empty")]
    pub(crate) pattern: Map<String, Value>,
}

impl StepData {
    /// The answers that are legal.
    pub(crate) fn expected(&self) -> Vec<Expected> {
        let first = self.expect.clone().map(|expect| Expected {
            expect,
            pattern: self.pattern.clone(),
        });
        // Bytes that are no frame are answered by nobody, where nothing else is said.
        let nothing = || Expected {
            expect: "silence".into(),
            pattern: Map::new(),
        };
        let said = first.is_some() || !self.alternatives.is_empty();
        let first = first.or_else(|| (self.line.is_some() && !said).then(nothing));
        first
            .into_iter()
            .chain(self.alternatives.iter().cloned())
            .collect()
    }
}
