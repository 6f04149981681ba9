//! wincode 0.6, by its derive: integers of fixed size, which its documentation recommends for speed, and lengths and the
//! message type as short as its configuration has them for these messages.
//!
//! Bytes, text, ids and digests are borrowed; lists are owned, in `Vec`: what wincode can have without allocation holds
//! no items that borrow.

use crate::mix::Kind;
use crate::model::{self, Codec, Visit};
use crate::registries::{JobState, Policy, WorkingState};
use wincode::config::Configuration;
use wincode::len::FixIntLen;
use wincode::{SchemaRead, SchemaWrite};

/// See the module.
pub(crate) enum Wincode {}

impl Codec for Wincode {
    const NAME: &'static str = "wincode";

    type Value = Message<'static>;

    fn value(kind: Kind) -> Self::Value {
        model::value!(kind)
    }

    #[inline(always)]
    fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
        let config = Configuration::default().with_length_encoding::<FixIntLen<u16>>();
        let message: Message<'_> = wincode::config::deserialize_exact(bytes, config).ok()?;
        model::visit!(&message, visit);
        Some(())
    }

    #[inline(always)]
    fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize> {
        let config = Configuration::default().with_length_encoding::<FixIntLen<u16>>();
        let room = out.len();
        let mut rest = out;
        wincode::config::serialize_into(&mut rest, value, config).ok()?;
        Some(room - rest.len())
    }
}

#[derive(SchemaRead, SchemaWrite)]
#[wincode(tag_encoding = "u8")]
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

#[derive(SchemaRead, SchemaWrite)]
pub(crate) struct JobStatus<'a> {
    job: &'a [u8; 16],
    extensions: &'a [u8],
}

#[derive(SchemaRead, SchemaWrite)]
pub(crate) struct InstructAnswer<'a> {
    job: &'a [u8; 16],
    state: JobState,
    extensions: &'a [u8],
}

#[derive(SchemaRead, SchemaWrite)]
pub(crate) struct Error<'a> {
    request: u8,
    code: u16,
    detail: u16,
    offset: u16,
    extensions: &'a [u8],
}

#[derive(SchemaRead, SchemaWrite)]
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

#[derive(SchemaRead, SchemaWrite)]
pub(crate) struct Instruct<'a> {
    job: &'a [u8; 16],
    service: u16,
    parameters: &'a [u8],
    extensions: &'a [u8],
}

#[derive(SchemaRead, SchemaWrite)]
pub(crate) struct JobDataAnswer<'a> {
    job: &'a [u8; 16],
    part: u16,
    last: bool,
    data: &'a [u8],
    extensions: &'a [u8],
}

#[derive(SchemaRead, SchemaWrite)]
pub(crate) struct UpdateChunk<'a> {
    digest: &'a [u8; 32],
    offset: u32,
    data: &'a [u8],
    extensions: &'a [u8],
}

#[derive(SchemaRead, SchemaWrite)]
pub(crate) struct Relay<'a> {
    payload: &'a [u8],
    extensions: &'a [u8],
}

#[derive(SchemaRead, SchemaWrite)]
pub(crate) struct ServiceListAnswer<'a> {
    total: u8,
    services: Vec<ServiceEntry<'a>>,
    extensions: &'a [u8],
}

#[derive(SchemaRead, SchemaWrite)]
pub(crate) struct ServiceEntry<'a> {
    service: u16,
    name: &'a str,
    logic_version: u16,
    policy: Policy,
    interface: WorkingState,
    logic_digest: &'a [u8; 32],
}
