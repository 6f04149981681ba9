//! The messages for what works by serde: once with arrays, once with byte strings.

macro_rules! serde_model {
    ($(#[$about:meta])* $name:ident { $(#[$borrow:meta])? id: $id:ty, digest: $digest:ty }) => {
        $(#[$about])*
        pub(crate) mod $name {
            use crate::mix::Kind;
            use crate::model::{self, Visit};
            use crate::registries::{JobState, Policy, WorkingState};
            use heapless::Vec;
            use serde::{Deserialize, Serialize};
            #[allow(unused_imports)]
            use serde_bytes::{ByteArray, Bytes};

            #[derive(Serialize, Deserialize)]
            #[allow(clippy::large_enum_variant, reason = "without allocation lists stand where they are")]
            pub(crate) enum Message<'a> {
                #[serde(borrow)]
                JobStatus(JobStatus<'a>),
                #[serde(borrow)]
                InstructAnswer(InstructAnswer<'a>),
                #[serde(borrow)]
                Error(Error<'a>),
                #[serde(borrow)]
                JobStatusAnswer(JobStatusAnswer<'a>),
                #[serde(borrow)]
                Instruct(Instruct<'a>),
                #[serde(borrow)]
                JobDataAnswer(JobDataAnswer<'a>),
                #[serde(borrow)]
                UpdateChunk(UpdateChunk<'a>),
                #[serde(borrow)]
                Relay(Relay<'a>),
                #[serde(borrow)]
                ServiceListAnswer(ServiceListAnswer<'a>),
            }

            #[derive(Serialize, Deserialize)]
            pub(crate) struct JobStatus<'a> {
                $(#[$borrow])?
                job: $id,
                #[serde(borrow)]
                extensions: &'a Bytes,
            }

            #[derive(Serialize, Deserialize)]
            pub(crate) struct InstructAnswer<'a> {
                $(#[$borrow])?
                job: $id,
                state: JobState,
                #[serde(borrow)]
                extensions: &'a Bytes,
            }

            #[derive(Serialize, Deserialize)]
            pub(crate) struct Error<'a> {
                request: u8,
                code: u16,
                detail: u16,
                offset: u16,
                #[serde(borrow)]
                extensions: &'a Bytes,
            }

            #[derive(Serialize, Deserialize)]
            pub(crate) struct JobStatusAnswer<'a> {
                $(#[$borrow])?
                job: $id,
                state: JobState,
                service: u16,
                $(#[$borrow])?
                logic_digest: $digest,
                step: u16,
                outcome: u16,
                status_word: u16,
                data_length: u16,
                #[serde(borrow)]
                extensions: &'a Bytes,
            }

            #[derive(Serialize, Deserialize)]
            pub(crate) struct Instruct<'a> {
                $(#[$borrow])?
                job: $id,
                service: u16,
                #[serde(borrow)]
                parameters: &'a Bytes,
                #[serde(borrow)]
                extensions: &'a Bytes,
            }

            #[derive(Serialize, Deserialize)]
            pub(crate) struct JobDataAnswer<'a> {
                $(#[$borrow])?
                job: $id,
                part: u16,
                last: bool,
                #[serde(borrow)]
                data: &'a Bytes,
                #[serde(borrow)]
                extensions: &'a Bytes,
            }

            #[derive(Serialize, Deserialize)]
            pub(crate) struct UpdateChunk<'a> {
                $(#[$borrow])?
                digest: $digest,
                offset: u32,
                #[serde(borrow)]
                data: &'a Bytes,
                #[serde(borrow)]
                extensions: &'a Bytes,
            }

            #[derive(Serialize, Deserialize)]
            pub(crate) struct Relay<'a> {
                #[serde(borrow)]
                payload: &'a Bytes,
                #[serde(borrow)]
                extensions: &'a Bytes,
            }

            #[derive(Serialize, Deserialize)]
            pub(crate) struct ServiceListAnswer<'a> {
                total: u8,
                #[serde(borrow)]
                services: Vec<ServiceEntry<'a>, 6>,
                #[serde(borrow)]
                extensions: &'a Bytes,
            }

            #[derive(Serialize, Deserialize)]
            pub(crate) struct ServiceEntry<'a> {
                service: u16,
                name: &'a str,
                logic_version: u16,
                policy: Policy,
                interface: WorkingState,
                $(#[$borrow])?
                logic_digest: $digest,
            }

            pub(crate) fn value(kind: Kind) -> Message<'static> {
                model::value!(kind)
            }

            #[inline(always)]
            pub(crate) fn visit(message: &Message<'_>, visit: &mut impl Visit) {
                model::visit!(message, visit);
            }
        }
    };
}

serde_model! {
    /// Ids and digests as arrays, copied.
    arrays { id: [u8; 16], digest: [u8; 32] }
}

serde_model! {
    /// Ids and digests as byte strings, borrowed.
    byte_strings { #[serde(borrow)] id: &'a ByteArray<16>, digest: &'a ByteArray<32> }
}
