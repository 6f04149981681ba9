//! wincode 0.6, by its derive: integers of fixed size, which its documentation recommends for speed, and lengths and the
//! message type as short as its configuration has them for these messages.
//!
//! Bytes, text, ids and digests are borrowed; lists are owned. It is here twice, since no one shape does best in
//! everything: with all lists in `Vec`, and with those in `smallvec`, without allocation, that it can have there (items
//! that borrow can't stand in it).

use crate::mix::Kind;
use crate::model::{Codec, Visit};

/// All lists are `Vec`.
pub(crate) enum Wincode {}

/// Lists are `SmallVec` where they can be.
pub(crate) enum WincodeSmallVec {}

macro_rules! wincode_codec {
    ($codec:ident, $name:literal, $module:ident { slots: $slots:ty, modules: $modules:ty }) => {
        impl Codec for $codec {
            const NAME: &'static str = $name;

            type Value = $module::Message<'static>;

            fn value(kind: Kind) -> Self::Value {
                $module::value(kind)
            }

            #[inline(always)]
            fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
                $module::decode(bytes, visit)
            }

            #[inline(always)]
            fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize> {
                $module::encode(value, out)
            }
        }

        mod $module {
            use crate::mix::Kind;
            use crate::model::{self, Visit};
            use crate::registries::{CardState, JobState, Policy, Provisioning, SessionState, WorkingState};
            use wincode::config::Configuration;
            use wincode::len::FixIntLen;
            use wincode::{SchemaRead, SchemaWrite};

            pub(super) fn value(kind: Kind) -> Message<'static> {
                model::value!(kind)
            }

            #[inline(always)]
            pub(super) fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
                let config = Configuration::default().with_length_encoding::<FixIntLen<u16>>();
                let message: Message<'_> = wincode::config::deserialize_exact(bytes, config).ok()?;
                model::visit!(&message, visit);
                Some(())
            }

            #[inline(always)]
            pub(super) fn encode(value: &Message<'_>, out: &mut [u8]) -> Option<usize> {
                let config = Configuration::default().with_length_encoding::<FixIntLen<u16>>();
                let room = out.len();
                let mut rest = out;
                wincode::config::serialize_into(&mut rest, value, config).ok()?;
                Some(room - rest.len())
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
                ServiceListAnswer(ServiceListAnswer<'a>),
                ReaderStatusAnswer(ReaderStatusAnswer<'a>),
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
            pub(crate) struct ServiceListAnswer<'a> {
                total: u8,
                services: Vec<ServiceEntry<'a>>,
                extensions: &'a [u8],
            }

            #[derive(SchemaRead, SchemaWrite)]
            pub(crate) struct ReaderStatusAnswer<'a> {
                state: SessionState,
                provisioning: Provisioning,
                hardware_class: u16,
                software: &'a str,
                boot_counter: u32,
                uptime: u32,
                failed_connects: u16,
                slots: $slots,
                modules: $modules,
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

            #[derive(SchemaRead, SchemaWrite)]
            pub(crate) struct Slot {
                number: u8,
                card: CardState,
                generation: u32,
            }

            #[derive(SchemaRead, SchemaWrite)]
            pub(crate) struct ModuleEntry {
                module: u8,
                state: WorkingState,
            }
        }
    };
}

wincode_codec!(Wincode, "wincode", vecs {
    slots: Vec<Slot>,
    modules: Vec<ModuleEntry>
});

wincode_codec!(WincodeSmallVec, "wincode, smallvec", small_vecs {
    slots: smallvec::SmallVec<[Slot; 8]>,
    modules: smallvec::SmallVec<[ModuleEntry; 16]>
});
