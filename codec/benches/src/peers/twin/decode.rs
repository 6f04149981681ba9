//! From bytes to messages.

use super::{
    DecodeError, Error, Instruct, InstructAnswer, JobDataAnswer, JobStatus, JobStatusAnswer, List, Message,
    Name, RELAYED_MAX, Relay, Rule, SEALED_MAX, ServiceEntry, ServiceListAnswer, UpdateChunk,
};
use crate::registries::{JobState, Policy, WorkingState};

type Result<T> = core::result::Result<T, DecodeError>;

/// Decodes exactly one message from all of `bytes`.
pub(crate) fn message(bytes: &[u8]) -> Result<Message<'_>> {
    let mut reader = Reader::new(bytes);
    let Some((&code, rest)) = bytes.split_first() else {
        return Err(reader.error(Rule::MessageType, "code"));
    };
    let place_size = match code {
        0x04 | 0x06 | 0x08 | 0x85 | 0x86 | 0x87 | 0x88 | 0xFE => SEALED_MAX,
        0x55 => RELAYED_MAX,
        _ => return Err(reader.error(Rule::MessageType, "code")),
    };
    if bytes.len() > place_size {
        return Err(reader.error(Rule::MessageSize, "message"));
    }
    reader.rest = rest;
    match code {
        0x04 => relay(reader).map(Message::Relay),
        0x06 => instruct(reader).map(Message::Instruct),
        0x08 => job_status(reader).map(Message::JobStatus),
        0x55 => update_chunk(reader).map(Message::UpdateChunk),
        0x85 => service_list_answer(reader).map(Message::ServiceListAnswer),
        0x86 => instruct_answer(reader).map(Message::InstructAnswer),
        0x87 => job_data_answer(reader).map(Message::JobDataAnswer),
        0x88 => job_status_answer(reader).map(Message::JobStatusAnswer),
        _ => error(reader).map(Message::Error),
    }
}

fn job_status(mut reader: Reader<'_>) -> Result<JobStatus<'_>> {
    Ok(JobStatus {
        job: reader.array("job")?,
        extensions: reader.extensions()?,
    })
}

fn instruct_answer(mut reader: Reader<'_>) -> Result<InstructAnswer<'_>> {
    Ok(InstructAnswer {
        job: reader.array("job")?,
        state: reader.closed("state", JobState::from_u8)?,
        extensions: reader.extensions()?,
    })
}

fn error(mut reader: Reader<'_>) -> Result<Error<'_>> {
    Ok(Error {
        request: reader.u8("request")?,
        code: reader.u16("code")?,
        detail: reader.u16("detail")?,
        offset: reader.u16("offset")?,
        extensions: reader.extensions()?,
    })
}

fn job_status_answer(mut reader: Reader<'_>) -> Result<JobStatusAnswer<'_>> {
    let job = reader.array("job")?;
    let state = reader.closed("state", JobState::from_u8)?;
    let service = reader.u16("service")?;
    let logic_digest = reader.array("logic_digest")?;
    let step = reader.u16("step")?;
    let outcome = reader.u16("outcome")?;
    let status_word = reader.u16("status_word")?;
    let start = reader;
    let data_length = reader.u16("data_length")?;
    if data_length > 1024 {
        return Err(start.error(Rule::Range, "data_length"));
    }
    Ok(JobStatusAnswer {
        job,
        state,
        service,
        logic_digest,
        step,
        outcome,
        status_word,
        data_length,
        extensions: reader.extensions()?,
    })
}

fn instruct(mut reader: Reader<'_>) -> Result<Instruct<'_>> {
    Ok(Instruct {
        job: reader.array("job")?,
        service: reader.u16("service")?,
        parameters: reader.long_bytes("parameters", 0, 400)?,
        extensions: reader.extensions()?,
    })
}

fn job_data_answer(mut reader: Reader<'_>) -> Result<JobDataAnswer<'_>> {
    Ok(JobDataAnswer {
        job: reader.array("job")?,
        part: reader.u16("part")?,
        last: reader.bool("last")?,
        data: reader.long_bytes("data", 0, 400)?,
        extensions: reader.extensions()?,
    })
}

fn update_chunk(mut reader: Reader<'_>) -> Result<UpdateChunk<'_>> {
    Ok(UpdateChunk {
        digest: reader.array("digest")?,
        offset: reader.u32("offset")?,
        data: reader.long_bytes("data", 1, 400)?,
        extensions: reader.extensions()?,
    })
}

fn relay(mut reader: Reader<'_>) -> Result<Relay<'_>> {
    Ok(Relay {
        payload: reader.long_bytes("payload", 16, 479)?,
        extensions: reader.extensions()?,
    })
}

fn service_list_answer(mut reader: Reader<'_>) -> Result<ServiceListAnswer<'_>> {
    Ok(ServiceListAnswer {
        total: reader.u8("total")?,
        services: reader.list("services", 6)?,
        extensions: reader.extensions()?,
    })
}

/// Something that stands in lists.
pub(crate) trait Item<'a>: Sized {
    fn read(reader: &mut Reader<'a>) -> Result<Self>;
}

impl<'a> Item<'a> for ServiceEntry<'a> {
    #[inline]
    fn read(reader: &mut Reader<'a>) -> Result<Self> {
        Ok(Self {
            service: reader.u16("service_entry.service")?,
            name: reader.name("service_entry.name")?,
            logic_version: reader.u16("service_entry.logic_version")?,
            policy: reader.closed("service_entry.policy", Policy::from_u8)?,
            interface: reader.closed("service_entry.interface", WorkingState::from_u8)?,
            logic_digest: reader.array("service_entry.logic_digest")?,
        })
    }
}

/// What is left of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    total: usize,
    /// Whether it was validated before.
    again: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            total: bytes.len(),
            again: false,
        }
    }

    pub(crate) fn again(bytes: &'a [u8]) -> Self {
        Self {
            again: true,
            ..Self::new(bytes)
        }
    }

    fn error(&self, rule: Rule, field: &'static str) -> DecodeError {
        DecodeError {
            rule,
            field,
            offset: self.total - self.rest.len(),
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self, field: &'static str) -> Result<&'a [u8; N]> {
        let Some((array, rest)) = self.rest.split_first_chunk() else {
            return Err(self.error(Rule::Truncated, field));
        };
        self.rest = rest;
        Ok(array)
    }

    #[inline]
    fn u8(&mut self, field: &'static str) -> Result<u8> {
        self.array::<1>(field).map(|[byte]| *byte)
    }

    #[inline]
    fn u16(&mut self, field: &'static str) -> Result<u16> {
        self.array(field).map(|bytes| u16::from_be_bytes(*bytes))
    }

    #[inline]
    fn u32(&mut self, field: &'static str) -> Result<u32> {
        self.array(field).map(|bytes| u32::from_be_bytes(*bytes))
    }

    #[inline]
    fn bool(&mut self, field: &'static str) -> Result<bool> {
        let start = *self;
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(start.error(Rule::Boolean, field)),
        }
    }

    #[inline]
    fn closed<T>(&mut self, field: &'static str, value: impl Fn(u8) -> Option<T>) -> Result<T> {
        let start = *self;
        value(self.u8(field)?).ok_or_else(|| start.error(Rule::Value, field))
    }

    /// Bytes behind a length of two bytes.
    #[inline]
    fn long_bytes(&mut self, field: &'static str, min: usize, max: usize) -> Result<&'a [u8]> {
        let start = *self;
        let length = usize::from(self.u16(field)?);
        if length < min || length > max {
            return Err(start.error(Rule::Length, field));
        }
        self.take(length)
            .ok_or_else(|| start.error(Rule::Truncated, field))
    }

    /// A name of 1 to 32 bytes behind a length of one.
    #[inline]
    fn name(&mut self, field: &'static str) -> Result<Name<'a>> {
        let start = *self;
        let length = usize::from(self.u8(field)?);
        if !(1..=32).contains(&length) {
            return Err(start.error(Rule::Length, field));
        }
        let Some(bytes) = self.take(length) else {
            return Err(start.error(Rule::Truncated, field));
        };
        if self.again {
            return Ok(Name(bytes));
        }
        Name::new(bytes).ok_or_else(|| start.error(Rule::Text, field))
    }

    /// Items behind a count of one byte.
    #[inline]
    fn list<T: Item<'a>>(&mut self, field: &'static str, max: usize) -> Result<List<'a, T>> {
        let start = *self;
        let count = usize::from(self.u8(field)?);
        if count > max {
            return Err(start.error(Rule::Count, field));
        }
        let items = self.rest;
        for _ in 0..count {
            T::read(self)?;
        }
        let bytes = &items[..items.len() - self.rest.len()];
        Ok(List::Bytes { bytes, count })
    }

    /// All that is left.
    #[inline]
    fn extensions(mut self) -> Result<&'a [u8]> {
        const FIELD: &str = "extensions";
        let all = self.rest;
        let mut previous = None;
        while !self.rest.is_empty() {
            let start = self;
            let tag = self.u16(FIELD)?;
            let number = tag & 0x7FFF;
            if previous.is_some_and(|previous| previous >= number) {
                return Err(start.error(Rule::ExtensionOrder, FIELD));
            }
            let length = self.u16(FIELD).map_err(|_| start.error(Rule::Truncated, FIELD))?;
            if self.take(length.into()).is_none() {
                return Err(start.error(Rule::Truncated, FIELD));
            }
            if tag & 0x8000 != 0 {
                return Err(start.error(Rule::ExtensionCritical, FIELD));
            }
            previous = Some(number);
        }
        Ok(all)
    }

    #[inline]
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }
}

/// The rules for extensions, for who encodes them.
pub(crate) fn extensions(bytes: &[u8]) -> Result<&[u8]> {
    Reader::new(bytes).extensions()
}
