//! What a codec has to have to be measured, how the facts of the mix become its values, and how they are visited.

use crate::mix::Kind;

/// A codec under measurement.
pub(crate) trait Codec {
    /// Its name in the tables.
    const NAME: &'static str;

    /// A message of any kind, in the codec's own types.
    type Value;

    /// The message of this kind in the mix.
    fn value(kind: Kind) -> Self::Value;

    /// Decodes one message from all of `bytes`, whichever it is, and visits each of its fields; `None` where the codec
    /// refuses the bytes.
    fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()>;

    /// Encodes a message into `out` and returns the length in bytes.
    fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize>;
}

/// What is done with each field.
pub(crate) trait Visit {
    fn number(&mut self, value: u64);
    fn bytes(&mut self, value: &[u8]);
}

/// The visit that is measured: each number, and each run of bytes with its length and both of its ends, so that all of
/// the value has to be there. To read every byte would cost all codecs the same and hide what they cost.
#[derive(Default)]
pub(crate) struct Touch(pub(crate) u64);

impl Visit for Touch {
    #[inline(always)]
    fn number(&mut self, value: u64) {
        self.0 = self.0.rotate_left(7) ^ value;
    }

    #[inline(always)]
    fn bytes(&mut self, value: &[u8]) {
        self.number(value.len() as u64);
        if let ([first, ..], [.., last]) = (value, value) {
            self.number(u64::from(*first) << 8 | u64::from(*last));
        }
    }
}

/// A field that counts as a number.
pub(crate) trait Number {
    fn number(&self) -> u64;
}

/// A field that counts as bytes: bytes, text, digests.
pub(crate) trait Bytes {
    fn all(&self) -> &[u8];
}

/// A field that a fact can be put into.
pub(crate) trait Held<Fact> {
    fn hold(fact: Fact) -> Self;
}

/// Makes a codec's value from the facts. Its enum of messages is `Message`, with a variant for each kind that holds a
/// structure of the variant's name; all have the schema's fields.
macro_rules! value {
    ($kind:expr) => {{
        use crate::mix::{self, Kind};
        use crate::model::Held as _;
        use crate::registries as registry;
        match $kind {
            Kind::JobStatus => Message::JobStatus(JobStatus {
                job: <_>::hold(mix::JOB),
                extensions: <_>::hold(mix::EXTENSIONS),
            }),
            Kind::InstructAnswer => Message::InstructAnswer(InstructAnswer {
                job: <_>::hold(mix::JOB),
                state: <_>::hold(registry::JobState::Running),
                extensions: <_>::hold(mix::EXTENSIONS),
            }),
            Kind::Error => Message::Error(Error {
                request: <_>::hold(mix::error::REQUEST),
                code: <_>::hold(mix::error::CODE),
                detail: <_>::hold(mix::error::DETAIL),
                offset: <_>::hold(mix::error::OFFSET),
                extensions: <_>::hold(mix::EXTENSIONS),
            }),
            Kind::JobStatusAnswer => Message::JobStatusAnswer(JobStatusAnswer {
                job: <_>::hold(mix::JOB),
                state: <_>::hold(registry::JobState::Done),
                service: <_>::hold(mix::SERVICE),
                logic_digest: <_>::hold(mix::job_status_answer::LOGIC_DIGEST),
                step: <_>::hold(mix::job_status_answer::STEP),
                outcome: <_>::hold(mix::job_status_answer::OUTCOME),
                status_word: <_>::hold(mix::job_status_answer::STATUS_WORD),
                data_length: <_>::hold(mix::job_status_answer::DATA_LENGTH),
                extensions: <_>::hold(mix::EXTENSIONS),
            }),
            Kind::Instruct => Message::Instruct(Instruct {
                job: <_>::hold(mix::JOB),
                service: <_>::hold(mix::instruct::SERVICE),
                parameters: <_>::hold(mix::instruct::PARAMETERS),
                extensions: <_>::hold(mix::EXTENSIONS),
            }),
            Kind::JobDataAnswer => Message::JobDataAnswer(JobDataAnswer {
                job: <_>::hold(mix::JOB),
                part: <_>::hold(mix::job_data_answer::PART),
                last: <_>::hold(mix::job_data_answer::LAST),
                data: <_>::hold(mix::job_data_answer::DATA),
                extensions: <_>::hold(mix::EXTENSIONS),
            }),
            Kind::UpdateChunk => Message::UpdateChunk(UpdateChunk {
                digest: <_>::hold(mix::update_chunk::DIGEST),
                offset: <_>::hold(mix::update_chunk::OFFSET),
                data: <_>::hold(mix::update_chunk::DATA),
                extensions: <_>::hold(mix::EXTENSIONS),
            }),
            Kind::Relay => Message::Relay(Relay {
                payload: <_>::hold(mix::relay::PAYLOAD),
                extensions: <_>::hold(mix::EXTENSIONS),
            }),
            Kind::ServiceListAnswer => Message::ServiceListAnswer(ServiceListAnswer {
                total: <_>::hold(mix::service_list_answer::TOTAL),
                services: crate::model::list(mix::service_list_answer::SERVICES, |fact| ServiceEntry {
                    service: <_>::hold(fact.service),
                    name: <_>::hold(fact.name),
                    logic_version: <_>::hold(fact.logic_version),
                    policy: <_>::hold(fact.policy),
                    interface: <_>::hold(fact.interface),
                    logic_digest: <_>::hold(fact.logic_digest),
                }),
                extensions: <_>::hold(mix::EXTENSIONS),
            }),
        }
    }};
}

/// Visits each field of a codec's value, in the schema's order.
macro_rules! visit {
    ($message:expr, $visit:expr) => {{
        use crate::model::{Bytes as _, Number as _};
        let visit = $visit;
        match $message {
            Message::JobStatus(message) => {
                visit.bytes(message.job.all());
                visit.bytes(message.extensions.all());
            }
            Message::InstructAnswer(message) => {
                visit.bytes(message.job.all());
                visit.number(message.state.number());
                visit.bytes(message.extensions.all());
            }
            Message::Error(message) => {
                visit.number(message.request.number());
                visit.number(message.code.number());
                visit.number(message.detail.number());
                visit.number(message.offset.number());
                visit.bytes(message.extensions.all());
            }
            Message::JobStatusAnswer(message) => {
                visit.bytes(message.job.all());
                visit.number(message.state.number());
                visit.number(message.service.number());
                visit.bytes(message.logic_digest.all());
                visit.number(message.step.number());
                visit.number(message.outcome.number());
                visit.number(message.status_word.number());
                visit.number(message.data_length.number());
                visit.bytes(message.extensions.all());
            }
            Message::Instruct(message) => {
                visit.bytes(message.job.all());
                visit.number(message.service.number());
                visit.bytes(message.parameters.all());
                visit.bytes(message.extensions.all());
            }
            Message::JobDataAnswer(message) => {
                visit.bytes(message.job.all());
                visit.number(message.part.number());
                visit.number(message.last.number());
                visit.bytes(message.data.all());
                visit.bytes(message.extensions.all());
            }
            Message::UpdateChunk(message) => {
                visit.bytes(message.digest.all());
                visit.number(message.offset.number());
                visit.bytes(message.data.all());
                visit.bytes(message.extensions.all());
            }
            Message::Relay(message) => {
                visit.bytes(message.payload.all());
                visit.bytes(message.extensions.all());
            }
            Message::ServiceListAnswer(message) => {
                visit.number(message.total.number());
                visit.number(message.services.len() as u64);
                for entry in message.services.iter() {
                    visit.number(entry.service.number());
                    visit.bytes(entry.name.all());
                    visit.number(entry.logic_version.number());
                    visit.number(entry.policy.number());
                    visit.number(entry.interface.number());
                    visit.bytes(entry.logic_digest.all());
                }
                visit.bytes(message.extensions.all());
            }
        }
    }};
}

pub(crate) use {value, visit};

/// A list of a codec's items.
pub(crate) trait Listed<Item> {
    fn list(items: impl Iterator<Item = Item>) -> Self;
}

/// The facts as a list in the codec's own type.
pub(crate) fn list<Fact: Copy, Item, List: Listed<Item>>(
    facts: &[Fact],
    item: impl Fn(Fact) -> Item,
) -> List {
    List::list(facts.iter().copied().map(item))
}

impl<Item> Listed<Item> for Vec<Item> {
    fn list(items: impl Iterator<Item = Item>) -> Self {
        items.collect()
    }
}

impl<Item, const N: usize> Listed<Item> for heapless::Vec<Item, N> {
    fn list(items: impl Iterator<Item = Item>) -> Self {
        items.collect()
    }
}

impl<T> Held<T> for T {
    fn hold(fact: T) -> Self {
        fact
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {
        $(
            impl Number for $number {
                #[inline(always)]
                fn number(&self) -> u64 {
                    *self as u64
                }
            }
        )+
    };
}

numbers!(bool, u8, u16, u32, i32);

impl Held<u8> for u32 {
    fn hold(fact: u8) -> Self {
        fact.into()
    }
}

impl Held<u16> for u32 {
    fn hold(fact: u16) -> Self {
        fact.into()
    }
}

macro_rules! bytes {
    ($(($($generic:tt)*) $held:ty;)+) => {
        $(
            impl<$($generic)*> Bytes for $held {
                #[inline(always)]
                fn all(&self) -> &[u8] {
                    self.as_ref()
                }
            }
        )+
    };
}

bytes! {
    () &[u8];
    () &str;
    () Vec<u8>;
    () String;
    (const N: usize) [u8; N];
    (const N: usize) &[u8; N];
    () &serde_bytes::Bytes;
    () &minicbor::bytes::ByteSlice;
}

impl<const N: usize> Bytes for &serde_bytes::ByteArray<N> {
    #[inline(always)]
    fn all(&self) -> &[u8] {
        &self[..]
    }
}

impl<const N: usize> Bytes for minicbor::bytes::ByteArray<N> {
    #[inline(always)]
    fn all(&self) -> &[u8] {
        &self[..]
    }
}

impl<T: Bytes> Bytes for Option<T> {
    #[inline(always)]
    fn all(&self) -> &[u8] {
        self.as_ref().map_or(&[], Bytes::all)
    }
}

impl<const N: usize> Held<&'static [u8; N]> for [u8; N] {
    fn hold(fact: &'static [u8; N]) -> Self {
        *fact
    }
}

impl<const N: usize> Held<&'static [u8; N]> for Vec<u8> {
    fn hold(fact: &'static [u8; N]) -> Self {
        fact.to_vec()
    }
}

impl<const N: usize> Held<&'static [u8; N]> for &serde_bytes::ByteArray<N> {
    fn hold(fact: &'static [u8; N]) -> Self {
        // Values are made once for a whole run.
        Box::leak(Box::new(serde_bytes::ByteArray::new(*fact)))
    }
}

impl<const N: usize> Held<&'static [u8; N]> for minicbor::bytes::ByteArray<N> {
    fn hold(fact: &'static [u8; N]) -> Self {
        (*fact).into()
    }
}

impl Held<&'static [u8]> for Vec<u8> {
    fn hold(fact: &'static [u8]) -> Self {
        fact.to_vec()
    }
}

impl Held<&'static [u8]> for &serde_bytes::Bytes {
    fn hold(fact: &'static [u8]) -> Self {
        serde_bytes::Bytes::new(fact)
    }
}

impl Held<&'static [u8]> for &minicbor::bytes::ByteSlice {
    fn hold(fact: &'static [u8]) -> Self {
        fact.into()
    }
}

/// Bytes that are left out where there are none.
impl Held<&'static [u8]> for Option<&minicbor::bytes::ByteSlice> {
    fn hold(fact: &'static [u8]) -> Self {
        Some(fact).filter(|fact| !fact.is_empty()).map(Into::into)
    }
}

impl Held<&'static str> for String {
    fn hold(fact: &'static str) -> Self {
        fact.to_owned()
    }
}
