//! Cases: what is asked, under which name, for which requirements, and what follows from the specification.

use super::request::Request;
use cardwire_spec::interpret::Rule;
use core::fmt;
use serde_json::Value;

/// What cases are about; they run in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Group {
    Decode,
    Encode,
    Transcode,
    Frame,
    Deframe,
    Generated,
}

impl Group {
    /// Every group, in the order in which they run.
    pub const ALL: [Self; 6] = [
        Self::Decode,
        Self::Encode,
        Self::Transcode,
        Self::Frame,
        Self::Deframe,
        Self::Generated,
    ];

    /// The groups in which at least one case has to run: whoever lacks one of them is no codec.
    pub const MANDATORY: [Self; 4] = [Self::Decode, Self::Encode, Self::Frame, Self::Deframe];

    /// The second part of the ids of its cases.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Encode => "encode",
            Self::Transcode => "transcode",
            Self::Frame => "frame",
            Self::Deframe => "deframe",
            Self::Generated => "generated",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One case: one request.
#[derive(Clone, Debug)]
pub struct Case {
    /// A name that never changes, such as `codec.decode.hello.invalid.extension-twice`.
    pub id: String,
    /// What it is about.
    pub group: Group,
    /// What it shows, in one line.
    pub title: String,
    /// The requirements that it checks; the first one is the one that it is about.
    pub requirements: Vec<String>,
    /// The id of the case that has to pass before this one says anything: it asks for what is right where this one
    /// asks for what is wrong.
    pub twin: Option<String>,
    pub(crate) request: Request,
    pub(crate) expect: Expect,
}

/// What the specification says of a request.
#[derive(Clone, Debug)]
pub(crate) enum Expect {
    /// This message with the value that these bytes stand for.
    Value {
        message: String,
        value: Value,
        bytes: Vec<u8>,
    },
    /// These bytes.
    Bytes(Vec<u8>),
    /// A frame on the line, its delimiter included.
    Line(Vec<u8>),
    /// A refusal.
    Refusal(Refusal),
    /// What stands in a stream, in order.
    Found(Vec<Found>),
}

/// What a refusal has to name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusal {
    /// Rule and field; nothing where the value can't even be written down in some languages, so that any refusal is
    /// right, an `error` included.
    pub(crate) rule: Option<(Rule, String)>,
    pub(crate) offset: Option<usize>,
    /// An `error` will do instead: types of many languages can't hold such a value.
    pub(crate) or_error: bool,
}

/// What stands between two delimiters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Frame {
        kind: String,
        number: u64,
        payload: Vec<u8>,
    },
    /// No frame. Where an order of checks is nobody's business, several reasons are right.
    Fault(Vec<&'static str>),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((rule, field)) = &self.rule else {
            return f.write_str("a refusal, of whatever kind");
        };
        write!(f, "a refusal with rule {rule}, field {field}")?;
        if let Some(offset) = self.offset {
            write!(f, ", offset {offset}")?;
        }
        if self.or_error {
            f.write_str(", or an error")?;
        }
        Ok(())
    }
}
