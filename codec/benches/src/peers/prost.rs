//! prost 0.14: protobuf, with a `oneof` for the message type.
//!
//! Its types are owned, its integers have 32 bits at least, and the value of an enum is any number. It allocates for
//! bytes, text and lists when it decodes; shared `Bytes` would need an input that is reference-counted already, which
//! a line's buffer is not.

use crate::mix::Kind;
use crate::model::{self, Codec, Visit};
use prost::Message as _;

/// See the module.
pub(crate) enum Prost {}

impl Codec for Prost {
    const NAME: &'static str = "prost";

    type Value = Envelope;

    fn value(kind: Kind) -> Self::Value {
        Envelope {
            message: Some(model::value!(kind)),
        }
    }

    #[inline(always)]
    fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
        let envelope = Envelope::decode(bytes).ok()?;
        let message = envelope.message?;
        model::visit!(&message, visit);
        Some(())
    }

    #[inline(always)]
    fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize> {
        let room = out.len();
        let mut rest = out;
        value.encode(&mut rest).ok()?;
        Some(room - rest.len())
    }
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct Envelope {
    #[prost(oneof = "Message", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9")]
    message: Option<Message>,
}

#[derive(Clone, PartialEq, ::prost::Oneof)]
pub(crate) enum Message {
    #[prost(message, tag = "1")]
    JobStatus(JobStatus),
    #[prost(message, tag = "2")]
    InstructAnswer(InstructAnswer),
    #[prost(message, tag = "3")]
    Error(Error),
    #[prost(message, tag = "4")]
    JobStatusAnswer(JobStatusAnswer),
    #[prost(message, tag = "5")]
    Instruct(Instruct),
    #[prost(message, tag = "6")]
    JobDataAnswer(JobDataAnswer),
    #[prost(message, tag = "7")]
    UpdateChunk(UpdateChunk),
    #[prost(message, tag = "8")]
    Relay(Relay),
    #[prost(message, tag = "9")]
    ServiceListAnswer(ServiceListAnswer),
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct JobStatus {
    #[prost(bytes = "vec", tag = "1")]
    job: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    extensions: Vec<u8>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct InstructAnswer {
    #[prost(bytes = "vec", tag = "1")]
    job: Vec<u8>,
    #[prost(int32, tag = "2")]
    state: i32,
    #[prost(bytes = "vec", tag = "3")]
    extensions: Vec<u8>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct Error {
    #[prost(uint32, tag = "1")]
    request: u32,
    #[prost(uint32, tag = "2")]
    code: u32,
    #[prost(uint32, tag = "3")]
    detail: u32,
    #[prost(uint32, tag = "4")]
    offset: u32,
    #[prost(bytes = "vec", tag = "5")]
    extensions: Vec<u8>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct JobStatusAnswer {
    #[prost(bytes = "vec", tag = "1")]
    job: Vec<u8>,
    #[prost(int32, tag = "2")]
    state: i32,
    #[prost(uint32, tag = "3")]
    service: u32,
    #[prost(bytes = "vec", tag = "4")]
    logic_digest: Vec<u8>,
    #[prost(uint32, tag = "5")]
    step: u32,
    #[prost(uint32, tag = "6")]
    outcome: u32,
    #[prost(uint32, tag = "7")]
    status_word: u32,
    #[prost(uint32, tag = "8")]
    data_length: u32,
    #[prost(bytes = "vec", tag = "9")]
    extensions: Vec<u8>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct Instruct {
    #[prost(bytes = "vec", tag = "1")]
    job: Vec<u8>,
    #[prost(uint32, tag = "2")]
    service: u32,
    #[prost(bytes = "vec", tag = "3")]
    parameters: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    extensions: Vec<u8>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct JobDataAnswer {
    #[prost(bytes = "vec", tag = "1")]
    job: Vec<u8>,
    #[prost(uint32, tag = "2")]
    part: u32,
    #[prost(bool, tag = "3")]
    last: bool,
    #[prost(bytes = "vec", tag = "4")]
    data: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    extensions: Vec<u8>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct UpdateChunk {
    #[prost(bytes = "vec", tag = "1")]
    digest: Vec<u8>,
    #[prost(uint32, tag = "2")]
    offset: u32,
    #[prost(bytes = "vec", tag = "3")]
    data: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    extensions: Vec<u8>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct Relay {
    #[prost(bytes = "vec", tag = "1")]
    payload: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    extensions: Vec<u8>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct ServiceListAnswer {
    #[prost(uint32, tag = "1")]
    total: u32,
    #[prost(message, repeated, tag = "2")]
    services: Vec<ServiceEntry>,
    #[prost(bytes = "vec", tag = "3")]
    extensions: Vec<u8>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub(crate) struct ServiceEntry {
    #[prost(uint32, tag = "1")]
    service: u32,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(uint32, tag = "3")]
    logic_version: u32,
    #[prost(int32, tag = "4")]
    policy: i32,
    #[prost(int32, tag = "5")]
    interface: i32,
    #[prost(bytes = "vec", tag = "6")]
    logic_digest: Vec<u8>,
}
