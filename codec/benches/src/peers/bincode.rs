//! bincode 2, by its own derive: variable integers, its default, which is the smaller and the more usual.
//!
//! Bytes and text are borrowed; arrays and lists it only knows as owned.

use crate::mix::Kind;
use crate::model::{self, Codec, Visit};
use crate::registries::{JobState, Policy, WorkingState};
use bincode::{BorrowDecode, Encode, config};

/// See the module.
pub(crate) enum Bincode {}

impl Codec for Bincode {
    const NAME: &'static str = "bincode";

    type Value = Message<'static>;

    fn value(kind: Kind) -> Self::Value {
        model::value!(kind)
    }

    #[inline(always)]
    fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
        let (message, length): (Message<'_>, _) =
            bincode::borrow_decode_from_slice(bytes, config::standard()).ok()?;
        if length != bytes.len() {
            return None;
        }
        model::visit!(&message, visit);
        Some(())
    }

    #[inline(always)]
    fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize> {
        bincode::encode_into_slice(value, out, config::standard()).ok()
    }
}

#[derive(Encode, BorrowDecode)]
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

#[derive(Encode, BorrowDecode)]
pub(crate) struct JobStatus<'a> {
    job: [u8; 16],
    extensions: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct InstructAnswer<'a> {
    job: [u8; 16],
    state: JobState,
    extensions: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct Error<'a> {
    request: u8,
    code: u16,
    detail: u16,
    offset: u16,
    extensions: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct JobStatusAnswer<'a> {
    job: [u8; 16],
    state: JobState,
    service: u16,
    logic_digest: [u8; 32],
    step: u16,
    outcome: u16,
    status_word: u16,
    data_length: u16,
    extensions: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct Instruct<'a> {
    job: [u8; 16],
    service: u16,
    parameters: &'a [u8],
    extensions: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct JobDataAnswer<'a> {
    job: [u8; 16],
    part: u16,
    last: bool,
    data: &'a [u8],
    extensions: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct UpdateChunk<'a> {
    digest: [u8; 32],
    offset: u32,
    data: &'a [u8],
    extensions: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct Relay<'a> {
    payload: &'a [u8],
    extensions: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ServiceListAnswer<'a> {
    total: u8,
    services: Vec<ServiceEntry<'a>>,
    extensions: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ServiceEntry<'a> {
    service: u16,
    name: &'a str,
    logic_version: u16,
    policy: Policy,
    interface: WorkingState,
    logic_digest: [u8; 32],
}
