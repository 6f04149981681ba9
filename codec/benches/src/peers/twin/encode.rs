//! From messages to bytes.

use super::{EncodeError, List, Message, Name, RELAYED_MAX, Rule, SEALED_MAX, decode};

type Result<T> = core::result::Result<T, EncodeError>;

/// Encodes a message at the start of `out` and returns the length in bytes.
pub(crate) fn message(message: &Message<'_>, out: &mut [u8]) -> Result<usize> {
    let mut writer = Writer { out, at: 0 };
    let (extensions, place_size) = match message {
        Message::JobStatus(message) => {
            writer.u8(0x08)?;
            writer.raw(message.job)?;
            (message.extensions, SEALED_MAX)
        }
        Message::InstructAnswer(message) => {
            writer.u8(0x86)?;
            writer.raw(message.job)?;
            writer.u8(message.state as u8)?;
            (message.extensions, SEALED_MAX)
        }
        Message::Error(message) => {
            writer.u8(0xFE)?;
            writer.u8(message.request)?;
            writer.u16(message.code)?;
            writer.u16(message.detail)?;
            writer.u16(message.offset)?;
            (message.extensions, SEALED_MAX)
        }
        Message::JobStatusAnswer(message) => {
            writer.u8(0x88)?;
            writer.raw(message.job)?;
            writer.u8(message.state as u8)?;
            writer.u16(message.service)?;
            writer.raw(message.logic_digest)?;
            writer.u16(message.step)?;
            writer.u16(message.outcome)?;
            writer.u16(message.status_word)?;
            check(message.data_length <= 1024, Rule::Range, "data_length")?;
            writer.u16(message.data_length)?;
            (message.extensions, SEALED_MAX)
        }
        Message::Instruct(message) => {
            writer.u8(0x06)?;
            writer.raw(message.job)?;
            writer.u16(message.service)?;
            writer.long_bytes("parameters", message.parameters, 0, 400)?;
            (message.extensions, SEALED_MAX)
        }
        Message::JobDataAnswer(message) => {
            writer.u8(0x87)?;
            writer.raw(message.job)?;
            writer.u16(message.part)?;
            writer.u8(message.last.into())?;
            writer.long_bytes("data", message.data, 0, 400)?;
            (message.extensions, SEALED_MAX)
        }
        Message::UpdateChunk(message) => {
            writer.u8(0x55)?;
            writer.raw(message.digest)?;
            writer.u32(message.offset)?;
            writer.long_bytes("data", message.data, 1, 400)?;
            (message.extensions, RELAYED_MAX)
        }
        Message::Relay(message) => {
            writer.u8(0x04)?;
            writer.long_bytes("payload", message.payload, 16, 479)?;
            (message.extensions, SEALED_MAX)
        }
        Message::ServiceListAnswer(message) => {
            writer.u8(0x85)?;
            writer.u8(message.total)?;
            writer.list("services", &message.services, 6, |writer, entry| {
                writer.u16(entry.service)?;
                writer.name("service_entry.name", entry.name)?;
                writer.u16(entry.logic_version)?;
                writer.u8(entry.policy as u8)?;
                writer.u8(entry.interface as u8)?;
                writer.raw(entry.logic_digest)
            })?;
            (message.extensions, SEALED_MAX)
        }
    };
    if !extensions.is_empty() {
        decode::extensions(extensions).map_err(|error| EncodeError::Invalid {
            rule: error.rule,
            field: error.field,
        })?;
        writer.raw(extensions)?;
    }
    check(writer.at <= place_size, Rule::MessageSize, "message")?;
    Ok(writer.at)
}

fn check(holds: bool, rule: Rule, field: &'static str) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(EncodeError::Invalid { rule, field })
    }
}

struct Writer<'b> {
    out: &'b mut [u8],
    at: usize,
}

impl Writer<'_> {
    #[inline]
    fn raw(&mut self, bytes: &[u8]) -> Result<()> {
        let end = self.at + bytes.len();
        let Some(room) = self.out.get_mut(self.at..end) else {
            return Err(EncodeError::BufferTooSmall);
        };
        room.copy_from_slice(bytes);
        self.at = end;
        Ok(())
    }

    #[inline]
    fn u8(&mut self, value: u8) -> Result<()> {
        self.raw(&[value])
    }

    #[inline]
    fn u16(&mut self, value: u16) -> Result<()> {
        self.raw(&value.to_be_bytes())
    }

    #[inline]
    fn u32(&mut self, value: u32) -> Result<()> {
        self.raw(&value.to_be_bytes())
    }

    #[inline]
    fn long_bytes(&mut self, field: &'static str, bytes: &[u8], min: usize, max: usize) -> Result<()> {
        check((min..=max).contains(&bytes.len()), Rule::Length, field)?;
        self.u16(bytes.len() as u16)?;
        self.raw(bytes)
    }

    #[inline]
    fn name(&mut self, field: &'static str, Name(name): Name<'_>) -> Result<()> {
        check((1..=32).contains(&name.len()), Rule::Length, field)?;
        self.u8(name.len() as u8)?;
        self.raw(name)
    }

    #[inline]
    fn list<'a, T: decode::Item<'a> + Copy>(
        &mut self,
        field: &'static str,
        list: &List<'a, T>,
        max: usize,
        item: impl Fn(&mut Self, T) -> Result<()>,
    ) -> Result<()> {
        check(list.len() <= max, Rule::Count, field)?;
        self.u8(list.len() as u8)?;
        for one in list.iter() {
            item(self, one)?;
        }
        Ok(())
    }
}
