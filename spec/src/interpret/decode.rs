//! From bytes to values.

use super::{
    fault::{Fault, Rule},
    tree::{Data, Extension, Node, Tree},
};
use crate::{
    Place,
    kind::{Kind, prefix_size},
    model::{Charset, Field, Length, Order, Protocol},
};

const EXTENSIONS: &str = "extensions";
const CRITICAL: u16 = 0x8000;

/// Decodes exactly one message or document from all of `bytes`.
///
/// # Errors
/// The first rule that the bytes break, with field and offset.
pub fn decode(protocol: &Protocol, place: Place<'_>, bytes: &[u8]) -> Result<Tree, Fault> {
    let code = bytes.first().copied();
    let shapes: Vec<Shape<'_>> = shapes(protocol).collect();
    let shape = match place {
        // A document's reader knows what it wants before it sees the first byte.
        Place::Document(name) => shapes
            .iter()
            .find(|shape| shape.place.is_none() && shape.name == name),
        Place::Any => shapes.iter().find(|shape| Some(shape.code) == code),
        _ => shapes
            .iter()
            .find(|shape| shape.place == Some(place) && Some(shape.code) == code),
    };
    let Some(shape) = shape else {
        return Err(Fault::new(Rule::MessageType, "code", 0));
    };
    if bytes.len() as u64 > shape.max_size {
        return Err(Fault::new(Rule::MessageSize, "message", 0));
    }
    if code != Some(shape.code) {
        return Err(Fault::new(Rule::MessageType, "code", 0));
    }
    let mut reader = Reader {
        protocol,
        bytes,
        offset: 1,
    };
    let mut fields = Vec::new();
    for field in shape.fields {
        fields.push(reader.field(field, &field.name)?);
    }
    let extensions = reader.extensions()?;
    Ok(Tree {
        name: shape.name.to_owned(),
        code: shape.code,
        fields,
        extensions,
    })
}

/// What messages and documents have in common.
pub(super) struct Shape<'p> {
    pub(super) name: &'p str,
    pub(super) code: u8,
    pub(super) fields: &'p [Field],
    pub(super) max_size: u64,
    /// Of messages.
    place: Option<Place<'static>>,
}

pub(super) fn shapes(protocol: &Protocol) -> impl Iterator<Item = Shape<'_>> {
    let messages = protocol.messages.iter().map(|message| Shape {
        name: &message.name,
        code: message.code,
        fields: &message.fields,
        max_size: protocol.channel_size(message.channel),
        place: message.place(),
    });
    let documents = protocol.documents.iter().map(|document| Shape {
        name: &document.name,
        code: document.code,
        fields: &document.fields,
        max_size: document.max_size,
        place: None,
    });
    messages.chain(documents)
}

/// Reads values one after another.
pub(crate) struct Reader<'p, 'b> {
    pub(crate) protocol: &'p Protocol,
    pub(crate) bytes: &'b [u8],
    pub(crate) offset: usize,
}

impl<'b> Reader<'_, 'b> {
    /// Reads a field, or an operand of an instruction; `path` names it in faults.
    pub(crate) fn field(&mut self, field: &Field, path: &str) -> Result<Node, Fault> {
        let start = self.offset;
        let data = match field.count {
            Some(bounds) => self.list(field, path, bounds)?,
            None => self.value(field, path)?,
        };
        Ok(self.node(&field.name, start, data))
    }

    fn node(&self, name: impl Into<String>, start: usize, data: Data) -> Node {
        Node {
            name: name.into(),
            offset: start,
            size: self.offset - start,
            data,
        }
    }

    fn list(&mut self, field: &Field, path: &str, [min, max]: [u64; 2]) -> Result<Data, Fault> {
        let count = self.prefix(Rule::Count, path, min, max)?;
        let mut items = Vec::new();
        let mut previous: Option<&[u8]> = None;
        for index in 0..count {
            let start = self.offset;
            let data = self.value(field, path)?;
            let encoded = &self.bytes[start..self.offset];
            let ascends = previous.is_none_or(|previous| previous < encoded);
            if field.order == Some(Order::Ascending) && !ascends {
                return Err(Fault::new(Rule::Order, path, start));
            }
            previous = Some(encoded);
            items.push(self.node(index.to_string(), start, data));
        }
        Ok(Data::List(items))
    }

    /// One value: that of the field, or one item of its list.
    fn value(&mut self, field: &Field, path: &str) -> Result<Data, Fault> {
        let start = self.offset;
        // Validation has refused unknown types.
        let kind = self.protocol.operand_kind(&field.type_name).unwrap_or(Kind::Bool);
        match kind {
            Kind::Number(size) => {
                let value = self.number(path, size)?;
                match field.range {
                    Some([min, max]) if !(min..=max).contains(&value) => {
                        Err(Fault::new(Rule::Range, path, start))
                    }
                    _ => Ok(Data::Number(value)),
                }
            }
            Kind::Bool => match self.number(path, 1)? {
                0 => Ok(Data::Bool(false)),
                1 => Ok(Data::Bool(true)),
                _ => Err(Fault::new(Rule::Boolean, path, start)),
            },
            Kind::Bytes => self.bytes(field, path).map(|bytes| Data::Bytes(bytes.to_vec())),
            Kind::Text => {
                let bytes = self.bytes(field, path)?;
                let text = String::from_utf8(bytes.to_vec()).ok();
                let text = text.filter(|text| is_of_charset(field.charset, text));
                text.map(Data::Text)
                    .ok_or_else(|| Fault::new(Rule::Text, path, start))
            }
            Kind::Registry(_, registry) => {
                let value = self.number(path, registry.width.bytes())?;
                let name = registry.values.iter().find(|known| known.value == value);
                let name = name.map(|known| known.name.clone());
                if name.is_none() && !registry.open {
                    return Err(Fault::new(Rule::Value, path, start));
                }
                Ok(Data::Registered { value, name })
            }
            Kind::Structure(structure) => {
                let mut nodes = Vec::new();
                for field in &structure.fields {
                    nodes.push(self.field(field, &format!("{}.{}", structure.name, field.name))?);
                }
                Ok(Data::Structure(nodes))
            }
            Kind::Register => match self.number(path, 1)? {
                value if value < self.protocol.limit("registers") => Ok(Data::Number(value)),
                _ => Err(Fault::new(Rule::Range, path, start)),
            },
            Kind::Label => self.number(path, 2).map(Data::Number),
        }
    }

    fn bytes(&mut self, field: &Field, path: &str) -> Result<&'b [u8], Fault> {
        let start = self.offset;
        let length = match field.length {
            Some(Length::Exact(size)) => size,
            Some(Length::Bounds(min, max)) => self.prefix(Rule::Length, path, min, max)?,
            None => 0,
        };
        // Also where the bytes behind the prefix are missing, the field begins with its prefix.
        self.take(length as usize)
            .ok_or_else(|| Fault::new(Rule::Truncated, path, start))
    }

    fn prefix(&mut self, rule: Rule, path: &str, min: u64, max: u64) -> Result<u64, Fault> {
        let start = self.offset;
        let value = self.number(path, prefix_size(max) as usize)?;
        if (min..=max).contains(&value) {
            Ok(value)
        } else {
            Err(Fault::new(rule, path, start))
        }
    }

    pub(crate) fn number(&mut self, path: &str, size: usize) -> Result<u64, Fault> {
        let start = self.offset;
        let bytes = self
            .take(size)
            .ok_or_else(|| Fault::new(Rule::Truncated, path, start))?;
        Ok(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn take(&mut self, size: usize) -> Option<&'b [u8]> {
        let end = self.offset.checked_add(size)?;
        let bytes = self.bytes.get(self.offset..end)?;
        self.offset = end;
        Some(bytes)
    }

    fn extensions(&mut self) -> Result<Vec<Extension>, Fault> {
        let mut extensions: Vec<Extension> = Vec::new();
        while self.offset < self.bytes.len() {
            let start = self.offset;
            let fault = |rule| Fault::new(rule, EXTENSIONS, start);
            let tag = self.number(EXTENSIONS, 2)? as u16;
            let number = tag & !CRITICAL;
            if extensions
                .last()
                .is_some_and(|last| last.tag & !CRITICAL >= number)
            {
                return Err(fault(Rule::ExtensionOrder));
            }
            let length = self.number(EXTENSIONS, 2).map_err(|_| fault(Rule::Truncated))?;
            let value = self.take(length as usize).ok_or_else(|| fault(Rule::Truncated))?;
            if tag & CRITICAL != 0 {
                return Err(fault(Rule::ExtensionCritical));
            }
            extensions.push(Extension {
                tag,
                offset: start,
                value: value.to_vec(),
            });
        }
        Ok(extensions)
    }
}

/// Whether text is of its character set.
pub(crate) fn is_of_charset(charset: Option<Charset>, text: &str) -> bool {
    match charset {
        Some(Charset::Name) => text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')),
        Some(Charset::Utf8) | None => true,
    }
}
