//! The schema as types: one struct for each kind of table in `protocol.toml`, in its order.

mod field;
mod machine;
mod proforma;

pub use field::{Charset, Field, Length, Literal, Order};
pub use machine::{Event, Machine, Stay, Transition};
pub use proforma::{Answer, Condition, IcsItem, IcsKind, IcsOption, IcsStatus, IxitItem, IxitKind};

use indexmap::IndexMap;
use serde::Deserialize;

/// The protocol: everything that `protocol.toml` says, checked by [`crate::load`].
#[derive(Clone, Debug)]
pub struct Protocol {
    /// Name, version and revision.
    pub about: About,
    /// Figures that bound messages, memory and work.
    pub limits: IndexMap<String, Quantity>,
    /// Bounds in time.
    pub timers: IndexMap<String, Quantity>,
    /// Named values.
    pub registries: IndexMap<String, Registry>,
    /// Interfaces of the interface module, by which messages reach a reader.
    pub interfaces: IndexMap<String, Interface>,
    /// Parts of messages.
    pub structures: Vec<Structure>,
    /// Messages between client, reader and cloud.
    pub messages: Vec<Message>,
    /// What is encoded like a message and signed, hashed, stored or carried inside one.
    pub documents: Vec<Document>,
    /// Instructions of execution logic.
    pub instructions: Vec<Instruction>,
    /// State machines.
    pub machines: Vec<Machine>,
    /// What a vendor states of a reader, one item for each claim.
    pub ics: Vec<IcsItem>,
    /// What a test laboratory must know of a reader on its bench.
    pub ixit: Vec<IxitItem>,
}

/// What protocol this is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The protocol's name.
    pub name: String,
    /// The version that hello declares.
    pub version: u8,
    /// The revision of the specification.
    pub revision: String,
}

/// A limit or a timer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// The figure.
    pub value: u64,
    /// What it counts.
    pub unit: String,
    /// The requirement that it belongs to.
    pub requirement: String,
    /// What it bounds, in one sentence.
    pub doc: String,
}

/// Named values of one width.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// How many bytes a value takes.
    pub width: Width,
    /// Whether a decoder keeps values that are not registered.
    pub open: bool,
    /// What the values name.
    pub doc: String,
    /// What a receiver does with a value that it does not know; of open registries.
    #[serde(default)]
    pub unknown: Option<String>,
    /// The requirement that governs unknown values; of open registries.
    #[serde(default)]
    pub requirement: Option<String>,
    /// First and last value for vendors.
    #[serde(default)]
    pub private: Option<[u64; 2]>,
    /// First and last value for the conformance suite.
    #[serde(default)]
    pub certification: Option<[u64; 2]>,
    /// The registered values.
    pub values: Vec<Value>,
}

/// One registered value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// Its name.
    pub name: String,
    /// Its number on the wire.
    pub value: u64,
    /// What it means.
    pub doc: String,
    /// What a person who meets it can do.
    #[serde(default)]
    pub remedy: Option<String>,
    /// The protocol version that it came with.
    #[serde(default = "first_version")]
    pub since: u8,
    /// What may still become of it.
    #[serde(default)]
    pub stability: Stability,
}

/// Width of a registry's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Width {
    /// One byte.
    U8,
    /// Two bytes.
    U16,
}

impl Width {
    /// The width in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
        }
    }

    /// The largest value of this width.
    #[must_use]
    pub const fn max(self) -> u64 {
        match self {
            Self::U8 => 0xFF,
            Self::U16 => 0xFFFF,
        }
    }
}

/// An interface of the interface module.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// States of the session in which it is enabled.
    pub enabled: Vec<String>,
    /// The requirement that says when.
    pub requirement: String,
    /// What it takes.
    pub doc: String,
}

/// What may still become of a part of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stability {
    /// It may change or vanish in any version.
    Experimental,
    /// It changes with a new version of the protocol only.
    #[default]
    Stable,
    /// It never changes: ends of all versions rely on it before they know each other's.
    Frozen,
}

impl Stability {
    /// The word of the schema.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Experimental => "experimental",
            Self::Stable => "stable",
            Self::Frozen => "frozen",
        }
    }
}

const fn first_version() -> u8 {
    1
}

/// What governs a part of the protocol, since when there is such a part, and what may still become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'p> {
    /// The requirement.
    pub requirement: &'p str,
    /// The protocol version that it came with.
    pub since: u8,
    /// What may still become of it.
    pub stability: Stability,
}

impl<'p> Standing<'p> {
    /// The standing of a field within what has this standing: what the field says for itself, and the rest from here.
    #[must_use]
    pub fn of(self, field: &'p Field) -> Self {
        Self {
            requirement: field.requirement.as_deref().unwrap_or(self.requirement),
            since: field.since.unwrap_or(self.since),
            stability: field.stability.unwrap_or(self.stability),
        }
    }
}

/// Part of a message: fields without type and without extensions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Structure {
    /// Its name.
    pub name: String,
    /// The requirement that it belongs to.
    pub requirement: String,
    /// The protocol version that it came with.
    #[serde(default = "first_version")]
    pub since: u8,
    /// What may still become of it.
    #[serde(default)]
    pub stability: Stability,
    /// What it is.
    pub doc: String,
    /// Its fields in order.
    pub fields: Vec<Field>,
}

/// A message between two ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Its name.
    pub name: String,
    /// The first byte of its encoding.
    pub code: u8,
    /// Who sends it to whom.
    pub direction: Direction,
    /// What protects it.
    pub channel: Channel,
    /// Session states in which the reader takes it; of requests to the reader.
    #[serde(default)]
    pub states: Vec<String>,
    /// Messages that answer it; of requests.
    #[serde(default)]
    pub answers: Vec<String>,
    /// Whether it answers a request.
    #[serde(default)]
    pub answer: bool,
    /// Whether the reader sends it unasked.
    #[serde(default)]
    pub event: bool,
    /// The interface by which it reaches the reader; of requests of a client to it.
    #[serde(default)]
    pub interface: Option<String>,
    /// The timer within which it is answered; of requests.
    #[serde(default)]
    pub timer: Option<String>,
    /// Whether the same request, made anew, changes nothing more; of requests.
    #[serde(default)]
    pub idempotent: Option<bool>,
    /// The requirement that it belongs to.
    pub requirement: String,
    /// The protocol version that it came with.
    #[serde(default = "first_version")]
    pub since: u8,
    /// What may still become of it.
    #[serde(default)]
    pub stability: Stability,
    /// What it is for.
    pub doc: String,
    /// Its fields in order.
    pub fields: Vec<Field>,
    /// Its optional parts, in ascending order of their tags.
    #[serde(default)]
    pub extensions: Vec<ExtensionField>,
}

impl Message {
    /// Whether it asks for an answer.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        !self.answer && !self.event
    }
}

/// An optional part of a message, behind its fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionField {
    /// Its tag, 0 to 0x6FFF: those above are for vendors and certification.
    pub tag: u16,
    /// Whether a receiver that does not know it must not act on the message.
    pub critical: bool,
    /// Its value; `since` and `default` are obligatory here.
    pub field: Field,
}

/// What is encoded like a message but travels inside one, or is stored.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// The first byte of its encoding.
    pub code: u8,
    /// The largest encoding in bytes.
    pub max_size: u64,
    /// The requirement that it belongs to.
    pub requirement: String,
    /// The protocol version that it came with.
    #[serde(default = "first_version")]
    pub since: u8,
    /// What may still become of it.
    #[serde(default)]
    pub stability: Stability,
    /// What it is for.
    pub doc: String,
    /// Its fields in order.
    pub fields: Vec<Field>,
}

/// Who sends a message to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Direction {
    ClientToReader,
    ReaderToClient,
    ClientToCloud,
    CloudToClient,
    CloudToReader,
    ReaderToCloud,
}

impl Direction {
    /// The same two ends, the other way round.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::ClientToReader => Self::ReaderToClient,
            Self::ReaderToClient => Self::ClientToReader,
            Self::ClientToCloud => Self::CloudToClient,
            Self::CloudToClient => Self::ClientToCloud,
            Self::CloudToReader => Self::ReaderToCloud,
            Self::ReaderToCloud => Self::CloudToReader,
        }
    }

    /// In words: "client to reader".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ClientToReader => "client to reader",
            Self::ReaderToClient => "reader to client",
            Self::ClientToCloud => "client to cloud",
            Self::CloudToClient => "cloud to client",
            Self::CloudToReader => "cloud to reader",
            Self::ReaderToCloud => "reader to cloud",
        }
    }
}

/// What protects a message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Nothing: the messages that open a session.
    Clear,
    /// The session between client and reader.
    Sealed,
    /// TLS between client and cloud.
    Tls,
    /// The channel between reader and cloud, relayed by the client.
    Relayed,
}

/// One instruction of execution logic.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// Its name in the text form.
    pub name: String,
    /// The first byte of its encoding.
    pub opcode: u8,
    /// The module that it calls.
    #[serde(default)]
    pub module: Option<String>,
    /// What it does.
    pub doc: String,
    /// Its operands in order.
    pub operands: Vec<Field>,
}

/// What has a standing of its own says it in fields of these names.
macro_rules! standing {
    ($($holder:ty),+) => {
        $(impl $holder {
            /// What governs it.
            #[must_use]
            pub fn standing(&self) -> Standing<'_> {
                Standing {
                    requirement: &self.requirement,
                    since: self.since,
                    stability: self.stability,
                }
            }
        })+
    };
}

standing!(Structure, Message, Document);
