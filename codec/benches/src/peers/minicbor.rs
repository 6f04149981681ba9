//! minicbor 2, by its derive: structures as arrays, which is its default and smaller than maps.
//!
//! Bytes and text are borrowed; ids, digests and lists are owned.

use crate::mix::Kind;
use crate::model::{self, Codec, Visit};
use crate::registries::{JobState, Policy, WorkingState};
use minicbor::bytes::{ByteArray, ByteSlice};
use minicbor::{Decode, Encode, decode::Decoder, encode::write::Cursor};

/// See the module.
pub(crate) enum Minicbor {}

impl Codec for Minicbor {
    const NAME: &'static str = "minicbor";

    type Value = Message<'static>;

    fn value(kind: Kind) -> Self::Value {
        model::value!(kind)
    }

    #[inline(always)]
    fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
        let mut decoder = Decoder::new(bytes);
        let message: Message<'_> = decoder.decode().ok()?;
        if decoder.position() != bytes.len() {
            return None;
        }
        model::visit!(&message, visit);
        Some(())
    }

    #[inline(always)]
    fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize> {
        let mut cursor = Cursor::new(out);
        minicbor::encode(value, &mut cursor).ok()?;
        Some(cursor.position())
    }
}

#[derive(Encode, Decode)]
pub(crate) enum Message<'a> {
    #[n(0)]
    JobStatus(#[b(0)] JobStatus<'a>),
    #[n(1)]
    InstructAnswer(#[b(0)] InstructAnswer<'a>),
    #[n(2)]
    Error(#[b(0)] Error<'a>),
    #[n(3)]
    JobStatusAnswer(#[b(0)] JobStatusAnswer<'a>),
    #[n(4)]
    Instruct(#[b(0)] Instruct<'a>),
    #[n(5)]
    JobDataAnswer(#[b(0)] JobDataAnswer<'a>),
    #[n(6)]
    UpdateChunk(#[b(0)] UpdateChunk<'a>),
    #[n(7)]
    Relay(#[b(0)] Relay<'a>),
    #[n(8)]
    ServiceListAnswer(#[b(0)] ServiceListAnswer<'a>),
}

#[derive(Encode, Decode)]
pub(crate) struct JobStatus<'a> {
    #[n(0)]
    job: ByteArray<16>,
    #[n(1)]
    extensions: Option<&'a ByteSlice>,
}

#[derive(Encode, Decode)]
pub(crate) struct InstructAnswer<'a> {
    #[n(0)]
    job: ByteArray<16>,
    #[n(1)]
    state: JobState,
    #[n(2)]
    extensions: Option<&'a ByteSlice>,
}

#[derive(Encode, Decode)]
pub(crate) struct Error<'a> {
    #[n(0)]
    request: u8,
    #[n(1)]
    code: u16,
    #[n(2)]
    detail: u16,
    #[n(3)]
    offset: u16,
    #[n(4)]
    extensions: Option<&'a ByteSlice>,
}

#[derive(Encode, Decode)]
pub(crate) struct JobStatusAnswer<'a> {
    #[n(0)]
    job: ByteArray<16>,
    #[n(1)]
    state: JobState,
    #[n(2)]
    service: u16,
    #[n(3)]
    logic_digest: ByteArray<32>,
    #[n(4)]
    step: u16,
    #[n(5)]
    outcome: u16,
    #[n(6)]
    status_word: u16,
    #[n(7)]
    data_length: u16,
    #[n(8)]
    extensions: Option<&'a ByteSlice>,
}

#[derive(Encode, Decode)]
pub(crate) struct Instruct<'a> {
    #[n(0)]
    job: ByteArray<16>,
    #[n(1)]
    service: u16,
    #[n(2)]
    parameters: &'a ByteSlice,
    #[n(3)]
    extensions: Option<&'a ByteSlice>,
}

#[derive(Encode, Decode)]
pub(crate) struct JobDataAnswer<'a> {
    #[n(0)]
    job: ByteArray<16>,
    #[n(1)]
    part: u16,
    #[n(2)]
    last: bool,
    #[n(3)]
    data: &'a ByteSlice,
    #[n(4)]
    extensions: Option<&'a ByteSlice>,
}

#[derive(Encode, Decode)]
pub(crate) struct UpdateChunk<'a> {
    #[n(0)]
    digest: ByteArray<32>,
    #[n(1)]
    offset: u32,
    #[n(2)]
    data: &'a ByteSlice,
    #[n(3)]
    extensions: Option<&'a ByteSlice>,
}

#[derive(Encode, Decode)]
pub(crate) struct Relay<'a> {
    #[n(0)]
    payload: &'a ByteSlice,
    #[n(1)]
    extensions: Option<&'a ByteSlice>,
}

#[derive(Encode, Decode)]
pub(crate) struct ServiceListAnswer<'a> {
    #[n(0)]
    total: u8,
    #[b(1)]
    services: Vec<ServiceEntry<'a>>,
    #[n(2)]
    extensions: Option<&'a ByteSlice>,
}

#[derive(Encode, Decode)]
pub(crate) struct ServiceEntry<'a> {
    #[n(0)]
    service: u16,
    #[n(1)]
    name: &'a str,
    #[n(2)]
    logic_version: u16,
    #[n(3)]
    policy: Policy,
    #[n(4)]
    interface: WorkingState,
    #[n(5)]
    logic_digest: ByteArray<32>,
}
