//! The twin: our wire format and all of its rules, as a careful engineer writes them by hand for these nine messages.
//!
//! It is no peer. It tells what a generated codec costs over one that was made for the purpose: plain slices, no
//! library, no `unsafe`; nothing is accepted that ours refuses, and errors name rule, field and offset as ours do.

mod decode;
mod encode;

use crate::mix::Kind;
use crate::model::{self, Bytes, Codec, Held, Listed, Visit};
use crate::registries::{JobState, Policy, WorkingState};

/// See the module.
pub(crate) enum Twin {}

impl Codec for Twin {
    const NAME: &'static str = "twin";

    type Value = Message<'static>;

    fn value(kind: Kind) -> Self::Value {
        model::value!(kind)
    }

    #[inline(always)]
    fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
        let message = decode::message(bytes).ok()?;
        model::visit!(&message, visit);
        Some(())
    }

    #[inline(always)]
    fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize> {
        encode::message(value, out).ok()
    }
}

/// Why bytes are not a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DecodeError {
    pub(crate) rule: Rule,
    pub(crate) field: &'static str,
    pub(crate) offset: usize,
}

/// Why a value has no encoding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EncodeError {
    BufferTooSmall,
    Invalid { rule: Rule, field: &'static str },
}

/// A rule of the codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    MessageType,
    MessageSize,
    Truncated,
    Range,
    Length,
    Count,
    Value,
    Boolean,
    Text,
    ExtensionOrder,
    ExtensionCritical,
}

/// The largest sealed message.
const SEALED_MAX: usize = 483;
/// The largest relayed one.
const RELAYED_MAX: usize = 463;

/// The messages of the mix.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    JobStatus(JobStatus<'a>),
    InstructAnswer(InstructAnswer<'a>),
    Error(Error<'a>),
    JobStatusAnswer(JobStatusAnswer<'a>),
    Instruct(Instruct<'a>),
    JobDataAnswer(JobDataAnswer<'a>),
    UpdateChunk(UpdateChunk<'a>),
    Relay(Relay<'a>),
    ServiceListAnswer(ServiceListAnswer<'a>),
}

#[derive(Debug)]
pub(crate) struct JobStatus<'a> {
    job: &'a [u8; 16],
    extensions: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct InstructAnswer<'a> {
    job: &'a [u8; 16],
    state: JobState,
    extensions: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct Error<'a> {
    request: u8,
    code: u16,
    detail: u16,
    offset: u16,
    extensions: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct JobStatusAnswer<'a> {
    job: &'a [u8; 16],
    state: JobState,
    service: u16,
    logic_digest: &'a [u8; 32],
    step: u16,
    outcome: u16,
    status_word: u16,
    data_length: u16,
    extensions: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct Instruct<'a> {
    job: &'a [u8; 16],
    service: u16,
    parameters: &'a [u8],
    extensions: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct JobDataAnswer<'a> {
    job: &'a [u8; 16],
    part: u16,
    last: bool,
    data: &'a [u8],
    extensions: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct UpdateChunk<'a> {
    digest: &'a [u8; 32],
    offset: u32,
    data: &'a [u8],
    extensions: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct Relay<'a> {
    payload: &'a [u8],
    extensions: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct ServiceListAnswer<'a> {
    total: u8,
    services: List<'a, ServiceEntry<'a>>,
    extensions: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct ServiceEntry<'a> {
    service: u16,
    name: Name<'a>,
    logic_version: u16,
    policy: Policy,
    interface: WorkingState,
    logic_digest: &'a [u8; 32],
}

/// A list: bytes that were validated, or items to encode.
#[derive(Debug)]
pub(crate) enum List<'a, T> {
    Bytes { bytes: &'a [u8], count: usize },
    Items(&'a [T]),
}

impl<'a, T: decode::Item<'a> + Copy> List<'a, T> {
    fn len(&self) -> usize {
        match self {
            Self::Bytes { count, .. } => *count,
            Self::Items(items) => items.len(),
        }
    }

    fn iter(&self) -> Iter<'a, T> {
        match self {
            Self::Bytes { bytes, .. } => Iter::Bytes(decode::Reader::again(bytes)),
            Self::Items(items) => Iter::Items(items.iter()),
        }
    }
}

enum Iter<'a, T> {
    Bytes(decode::Reader<'a>),
    Items(core::slice::Iter<'a, T>),
}

impl<'a, T: decode::Item<'a> + Copy> Iterator for Iter<'a, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        match self {
            Self::Bytes(reader) => T::read(reader).ok(),
            Self::Items(items) => items.next().copied(),
        }
    }
}

impl<T> Listed<T> for List<'static, T> {
    fn list(items: impl Iterator<Item = T>) -> Self {
        Self::Items(items.collect::<Vec<_>>().leak())
    }
}

/// Letters, digits, full stop, hyphen and underscore: checked once, when it is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a>(&'a [u8]);

impl<'a> Name<'a> {
    #[inline]
    fn new(text: &'a [u8]) -> Option<Self> {
        let is_name = text.iter().fold(true, |all, &byte| all & NAME[usize::from(byte)]);
        is_name.then_some(Self(text))
    }
}

impl Held<&'static str> for Name<'static> {
    fn hold(fact: &'static str) -> Self {
        Self::new(fact.as_bytes()).expect("the mix holds names")
    }
}

impl Bytes for Name<'_> {
    #[inline(always)]
    fn all(&self) -> &[u8] {
        self.0
    }
}

const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let one = byte as u8;
        table[byte] = one.is_ascii_alphanumeric() || matches!(one, b'.' | b'-' | b'_');
        byte += 1;
    }
    table
};

/// Rule, field and offset for which bytes are refused.
#[cfg(test)]
pub(crate) fn fault(bytes: &[u8]) -> Option<(String, &'static str, usize)> {
    let error = decode::message(bytes).err()?;
    Some((format!("{:?}", error.rule), error.field, error.offset))
}
