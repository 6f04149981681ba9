//! What a name in the schema stands for, and how large an encoding is.

use crate::{
    Place,
    model::{Channel, Document, Field, Length, Message, Protocol, Registry, Structure},
};

/// How deep structures nest at most: one that holds no other is one deep.
pub const NESTING_MAX: usize = 4;

/// What a field's type name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'p> {
    /// A number of so many bytes, big-endian.
    Number(usize),
    /// 00 or 01.
    Bool,
    /// Bytes.
    Bytes,
    /// Text.
    Text,
    /// A value of this registry.
    Registry(&'p str, &'p Registry),
    /// A structure.
    Structure(&'p Structure),
    /// A register of execution logic; of operands only.
    Register,
    /// An offset in execution logic; of operands only.
    Label,
}

/// Smallest and largest encoding in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The smallest encoding.
    pub min: u64,
    /// The largest encoding.
    pub max: u64,
}

impl Protocol {
    /// What a type name stands for in a field.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<Kind<'_>> {
        Some(match name {
            "u8" => Kind::Number(1),
            "u16" => Kind::Number(2),
            "u32" => Kind::Number(4),
            "u64" => Kind::Number(8),
            "bool" => Kind::Bool,
            "bytes" => Kind::Bytes,
            "text" => Kind::Text,
            _ => match self.registries.get_key_value(name) {
                Some((name, registry)) => Kind::Registry(name, registry),
                None => Kind::Structure(self.structure(name)?),
            },
        })
    }

    /// What a type name stands for in an operand.
    #[must_use]
    pub fn operand_kind(&self, name: &str) -> Option<Kind<'_>> {
        match name {
            "register" => Some(Kind::Register),
            "label" => Some(Kind::Label),
            _ => self.kind(name),
        }
    }

    /// The structure of this name.
    #[must_use]
    pub fn structure(&self, name: &str) -> Option<&Structure> {
        self.structures.iter().find(|structure| structure.name == name)
    }

    /// The message of this name.
    #[must_use]
    pub fn message(&self, name: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.name == name)
    }

    /// The document of this name.
    #[must_use]
    pub fn document(&self, name: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.name == name)
    }

    /// The messages of a place, in the schema's order.
    pub fn messages_at<'p>(&'p self, place: Place<'p>) -> impl Iterator<Item = &'p Message> {
        self.messages
            .iter()
            .filter(move |message| message.place() == Some(place))
    }

    /// A limit's value; 0 where the schema has no such limit, which validation reports.
    #[must_use]
    pub fn limit(&self, name: &str) -> u64 {
        self.limits.get(name).map_or(0, |limit| limit.value)
    }

    /// The largest message that a channel takes in the smallest frame.
    #[must_use]
    pub fn channel_size(&self, channel: Channel) -> u64 {
        match channel {
            Channel::Clear | Channel::Tls => self
                .limit("frame_min")
                .saturating_sub(self.limit("frame_overhead")),
            Channel::Sealed => self.limit("message_max"),
            Channel::Relayed => self.limit("relayed_max"),
        }
    }

    /// Sizes of the encoding of `fields`, without code and extensions. Parts of unknown type, and what is nested
    /// deeper than validation allows, count 0.
    #[must_use]
    pub fn sizes(&self, fields: &[Field]) -> Sizes {
        self.sizes_within(fields, NESTING_MAX)
    }

    fn sizes_within(&self, fields: &[Field], depth: usize) -> Sizes {
        fields.iter().fold(Sizes { min: 0, max: 0 }, |sum, field| {
            let size = self.field_sizes(field, depth);
            Sizes {
                min: sum.min.saturating_add(size.min),
                max: sum.max.saturating_add(size.max),
            }
        })
    }

    fn field_sizes(&self, field: &Field, depth: usize) -> Sizes {
        let exactly = |size| Sizes { min: size, max: size };
        let item = match self.operand_kind(&field.type_name) {
            Some(Kind::Number(bytes)) => exactly(bytes as u64),
            Some(Kind::Bool | Kind::Register) => exactly(1),
            Some(Kind::Label) => exactly(2),
            Some(Kind::Registry(_, registry)) => exactly(registry.width.bytes() as u64),
            Some(Kind::Bytes | Kind::Text) => match field.length {
                Some(Length::Exact(size)) => exactly(size),
                Some(Length::Bounds(min, max)) => {
                    let prefix = prefix_size(max);
                    Sizes {
                        min: min.saturating_add(prefix),
                        max: max.saturating_add(prefix),
                    }
                }
                None => exactly(0),
            },
            Some(Kind::Structure(structure)) if depth > 0 => self.sizes_within(&structure.fields, depth - 1),
            Some(Kind::Structure(_)) | None => exactly(0),
        };
        match field.count {
            Some([min, max]) => Sizes {
                min: item.min.saturating_mul(min).saturating_add(prefix_size(max)),
                max: item.max.saturating_mul(max).saturating_add(prefix_size(max)),
            },
            None => item,
        }
    }
}

/// Bytes of the prefix of a length or count whose upper bound is `max`.
#[must_use]
pub const fn prefix_size(max: u64) -> u64 {
    if max < 256 { 1 } else { 2 }
}
