//! The codec of this project.

use crate::mix::Kind;
use crate::model::{self, Bytes, Codec, Held, Listed, Number, Visit};
use cardwire_codec::message::{
    ErrorAnswer as Error, ErrorCode, Instruct, InstructAnswer, JobDataAnswer, JobStatus, JobStatusAnswer,
    Outcome, Relay, ServiceEntry, ServiceId, ServiceListAnswer, UpdateChunk,
};
use cardwire_codec::shape::Title;
use cardwire_codec::wire::Part;
use cardwire_codec::{DecodeError, EncodeError, Extensions, List, Message as _, Name};

/// See the module.
pub(crate) enum Ours {}

/// The messages of the mix stand in several places of the protocol; this is a place that holds all of them, made as
/// the codec makes its own.
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

impl<'a> Message<'a> {
    #[inline(always)]
    fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        match bytes.first().copied() {
            Some(JobStatus::CODE) => JobStatus::decode(bytes).map(Self::JobStatus),
            Some(InstructAnswer::CODE) => InstructAnswer::decode(bytes).map(Self::InstructAnswer),
            Some(Error::CODE) => Error::decode(bytes).map(Self::Error),
            Some(JobStatusAnswer::CODE) => JobStatusAnswer::decode(bytes).map(Self::JobStatusAnswer),
            Some(Instruct::CODE) => Instruct::decode(bytes).map(Self::Instruct),
            Some(JobDataAnswer::CODE) => JobDataAnswer::decode(bytes).map(Self::JobDataAnswer),
            Some(UpdateChunk::CODE) => UpdateChunk::decode(bytes).map(Self::UpdateChunk),
            Some(Relay::CODE) => Relay::decode(bytes).map(Self::Relay),
            Some(ServiceListAnswer::CODE) => ServiceListAnswer::decode(bytes).map(Self::ServiceListAnswer),
            _ => Err(DecodeError {
                rule: cardwire_codec::message::CodecRule::MessageType,
                field: Title::new("code"),
                offset: 0,
            }),
        }
    }

    fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        match self {
            Self::JobStatus(message) => message.encode(out),
            Self::InstructAnswer(message) => message.encode(out),
            Self::Error(message) => message.encode(out),
            Self::JobStatusAnswer(message) => message.encode(out),
            Self::Instruct(message) => message.encode(out),
            Self::JobDataAnswer(message) => message.encode(out),
            Self::UpdateChunk(message) => message.encode(out),
            Self::Relay(message) => message.encode(out),
            Self::ServiceListAnswer(message) => message.encode(out),
        }
    }
}

impl Codec for Ours {
    const NAME: &'static str = "cardwire";

    type Value = Message<'static>;

    fn value(kind: Kind) -> Self::Value {
        model::value!(kind)
    }

    #[inline(always)]
    fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
        let message = Message::decode(bytes).ok()?;
        model::visit!(&message, visit);
        Some(())
    }

    #[inline(always)]
    fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize> {
        value.encode(out).ok()
    }
}

impl<T: Part<'static>> Listed<T> for List<'static, T> {
    fn list(items: impl Iterator<Item = T>) -> Self {
        // Values are made once for a whole run.
        Self::from_items(items.collect::<Vec<_>>().leak())
    }
}

impl Held<&'static [u8]> for Extensions<'static> {
    fn hold(fact: &'static [u8]) -> Self {
        Self::from_bytes(fact)
    }
}

impl Bytes for Extensions<'_> {
    #[inline(always)]
    fn all(&self) -> &[u8] {
        self.as_bytes()
    }
}

macro_rules! open {
    ($($registry:ident: $number:ty,)+) => {
        $(
            impl Held<$number> for $registry {
                fn hold(fact: $number) -> Self {
                    Self(fact)
                }
            }

            impl Number for $registry {
                #[inline(always)]
                fn number(&self) -> u64 {
                    self.value().into()
                }
            }
        )+
    };
}

open! {
    ErrorCode: u16,
    Outcome: u16,
    ServiceId: u16,
}

/// Rule, field and offset for which bytes are refused.
#[cfg(test)]
pub(crate) fn fault(bytes: &[u8]) -> Option<(String, &'static str, usize)> {
    let error = Message::decode(bytes).err()?;
    Some((format!("{:?}", error.rule), error.field.as_str(), error.offset))
}

impl Held<&'static str> for Name<'static> {
    fn hold(fact: &'static str) -> Self {
        Self::from_text(fact)
    }
}

impl Bytes for Name<'_> {
    #[inline(always)]
    fn all(&self) -> &[u8] {
        self.as_bytes()
    }
}
