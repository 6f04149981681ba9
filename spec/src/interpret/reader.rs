//! Values, read one after another.

use super::{
    fault::{Detail, Fault, Rule},
    hex,
    tree::{Data, Node},
    wanted,
};
use crate::{
    kind::{Kind, prefix_size},
    model::{Charset, Field, Length, Order, Protocol, Registry},
};

/// Why reading a value stopped, and what was read of it before.
pub(crate) struct Stop<T> {
    pub(crate) fault: Fault,
    pub(crate) partial: Option<T>,
}

impl<T> From<Fault> for Stop<T> {
    fn from(fault: Fault) -> Self {
        Self { fault, partial: None }
    }
}

impl<T> From<Stop<T>> for Fault {
    fn from(stop: Stop<T>) -> Self {
        stop.fault
    }
}

/// Reads values one after another.
pub(crate) struct Reader<'p, 'b> {
    pub(super) protocol: &'p Protocol,
    pub(super) bytes: &'b [u8],
    pub(crate) offset: usize,
    /// The way to the value that is being read.
    trail: String,
}

impl<'p, 'b> Reader<'p, 'b> {
    /// Reads from `offset` on.
    pub(crate) const fn new(protocol: &'p Protocol, bytes: &'b [u8], offset: usize) -> Self {
        Self {
            protocol,
            bytes,
            offset,
            trail: String::new(),
        }
    }

    /// Reads a field, or an operand of an instruction; `path` names it in faults.
    pub(crate) fn field(&mut self, field: &Field, path: &str) -> Result<Node, Stop<Node>> {
        let start = self.offset;
        let outer = self.trail.len();
        if outer > 0 {
            self.trail.push('.');
        }
        self.trail += &field.name;
        let read = match field.count {
            Some(bounds) => self.list(field, path, bounds),
            None => self.value(field, path),
        };
        self.trail.truncate(outer);
        self.node(&field.name, start, read)
    }

    fn node(&self, name: &str, start: usize, read: Result<Data, Stop<Data>>) -> Result<Node, Stop<Node>> {
        let node = |data| Node {
            name: name.to_owned(),
            offset: start,
            size: self.offset - start,
            data,
        };
        match read {
            Ok(data) => Ok(node(data)),
            Err(Stop { fault, partial }) => Err(Stop {
                fault,
                partial: partial.map(node),
            }),
        }
    }

    fn list(&mut self, field: &Field, path: &str, [min, max]: [u64; 2]) -> Result<Data, Stop<Data>> {
        let count = self.prefix(Rule::Count, path, min, max)?;
        let mut items = Vec::new();
        let mut previous: Option<&[u8]> = None;
        for index in 0..count {
            let start = self.offset;
            let outer = self.trail.len();
            self.trail += &format!("[{index}]");
            let read = self.value(field, path);
            match self.node(&index.to_string(), start, read) {
                Ok(node) => items.push(node),
                Err(Stop { fault, partial }) => {
                    items.extend(partial);
                    return Err(Stop {
                        fault,
                        partial: Some(Data::List(items)),
                    });
                }
            }
            let encoded = &self.bytes[start..self.offset];
            if field.order == Some(Order::Ascending)
                && let Some(previous) = previous.filter(|previous| *previous >= encoded)
            {
                let expected = format!("an item above the one before, {}", hex::encode(previous));
                let fault = self.fault(Rule::Order, path, start, expected, hex::encode(encoded));
                return Err(Stop {
                    fault,
                    partial: Some(Data::List(items)),
                });
            }
            previous = Some(encoded);
            self.trail.truncate(outer);
        }
        Ok(Data::List(items))
    }

    /// One value: that of the field, or one item of its list.
    fn value(&mut self, field: &Field, path: &str) -> Result<Data, Stop<Data>> {
        // Validation has refused unknown types.
        let kind = self.protocol.operand_kind(&field.type_name).unwrap_or(Kind::Bool);
        let data = match kind {
            Kind::Number(size) => Data::Number(self.bounded(field, path, size, field.range)?),
            Kind::Bool => Data::Bool(self.boolean(path)?),
            Kind::Bytes => Data::Bytes(self.bytes(field, path)?.to_vec()),
            Kind::Text => Data::Text(self.text(field, path)?),
            Kind::Registry(_, registry) => self.registered(registry, path)?,
            Kind::Structure(structure) => {
                let mut nodes = Vec::new();
                for field in &structure.fields {
                    match self.field(field, &format!("{}.{}", structure.name, field.name)) {
                        Ok(node) => nodes.push(node),
                        Err(Stop { fault, partial }) => {
                            nodes.extend(partial);
                            return Err(Stop {
                                fault,
                                partial: Some(Data::Structure(nodes)),
                            });
                        }
                    }
                }
                Data::Structure(nodes)
            }
            Kind::Register => {
                let last = self.protocol.limit("registers").saturating_sub(1);
                Data::Number(self.bounded(field, path, 1, Some([0, last]))?)
            }
            Kind::Label => Data::Number(self.number(path, 2)?),
        };
        Ok(data)
    }

    fn bounded(
        &mut self,
        field: &Field,
        path: &str,
        size: usize,
        range: Option<[u64; 2]>,
    ) -> Result<u64, Fault> {
        let start = self.offset;
        let value = self.number(path, size)?;
        match range.map(|[min, max]| min..=max) {
            Some(bounds) if !bounds.contains(&value) => {
                let expected = wanted::number(field, &bounds);
                Err(self.fault(Rule::Range, path, start, expected, value.to_string()))
            }
            Some(_) | None => Ok(value),
        }
    }

    fn boolean(&mut self, path: &str) -> Result<bool, Fault> {
        let start = self.offset;
        match self.number(path, 1)? {
            0 => Ok(false),
            1 => Ok(true),
            other => {
                let expected = String::from("00 or 01");
                Err(self.fault(Rule::Boolean, path, start, expected, format!("{other:02x}")))
            }
        }
    }

    fn registered(&mut self, registry: &Registry, path: &str) -> Result<Data, Fault> {
        let start = self.offset;
        let width = registry.width.bytes();
        let value = self.number(path, width)?;
        let known = registry.values.iter().find(|known| known.value == value);
        if known.is_none() && !registry.open {
            let found = format!("{value:0digits$x}", digits = 2 * width);
            return Err(self.fault(Rule::Value, path, start, wanted::values(registry), found));
        }
        Ok(Data::Registered {
            value,
            name: known.map(|known| known.name.clone()),
        })
    }

    fn text(&mut self, field: &Field, path: &str) -> Result<String, Fault> {
        let start = self.offset;
        let bytes = self.bytes(field, path)?;
        let Some((range, found)) = wanted::stray(field.charset, bytes) else {
            // Nothing strays, so that it is UTF-8 all through.
            return Ok(String::from_utf8_lossy(bytes).into_owned());
        };
        let text = self.offset - bytes.len();
        let mark = text + range.start..text + range.end;
        let expected = wanted::charset(field.charset).to_owned();
        let found = format!("{found}, at offset {}", mark.start);
        let mut fault = self.fault(Rule::Text, path, start, expected, found);
        fault.detail.mark = mark;
        Err(fault)
    }

    fn bytes(&mut self, field: &Field, path: &str) -> Result<&'b [u8], Fault> {
        let start = self.offset;
        let length = match field.length {
            Some(Length::Exact(size)) => size,
            Some(Length::Bounds(min, max)) => self.prefix(Rule::Length, path, min, max)?,
            None => 0,
        };
        let begin = self.offset;
        // Also where the bytes behind the prefix are missing, the field begins with its prefix.
        self.take(length as usize)
            .ok_or_else(|| self.cut(path, start, begin, length, "the field"))
    }

    fn prefix(&mut self, rule: Rule, path: &str, min: u64, max: u64) -> Result<u64, Fault> {
        let start = self.offset;
        let what = if rule == Rule::Count { "item" } else { "byte" };
        let size = prefix_size(max);
        let value = self
            .take(size as usize)
            .map(number_of)
            .ok_or_else(|| self.cut(path, start, start, size, &format!("the number of {what}s")))?;
        if (min..=max).contains(&value) {
            Ok(value)
        } else {
            let expected = wanted::amount(min, max, what);
            Err(self.fault(rule, path, start, expected, wanted::counted(value, what)))
        }
    }

    pub(crate) fn number(&mut self, path: &str, size: usize) -> Result<u64, Fault> {
        let start = self.offset;
        self.take(size)
            .map(number_of)
            .ok_or_else(|| self.cut(path, start, start, size as u64, "the field"))
    }

    pub(super) fn take(&mut self, size: usize) -> Option<&'b [u8]> {
        let end = self.offset.checked_add(size)?;
        let bytes = self.bytes.get(self.offset..end)?;
        self.offset = end;
        Some(bytes)
    }

    /// A part of `size` bytes, which are wanted from `begin` on, does not end within the bytes.
    pub(super) fn cut(&self, path: &str, start: usize, begin: usize, size: u64, what: &str) -> Fault {
        let rest = self.bytes.get(begin..).unwrap_or_default();
        let expected = format!("{} for {what}", wanted::bytes(size));
        let mut fault = self.fault(Rule::Truncated, path, start, expected, wanted::rest(rest));
        fault.detail.mark = start..self.bytes.len();
        fault
    }

    /// A fault of what was read from `start` on.
    pub(crate) fn fault(
        &self,
        rule: Rule,
        field: &str,
        start: usize,
        expected: String,
        found: String,
    ) -> Fault {
        let trail = if self.trail.is_empty() { field } else { &self.trail };
        let detail = Detail {
            path: trail.to_owned(),
            mark: start..self.offset,
            expected,
            found,
        };
        Fault::new(rule, field, start, detail)
    }
}

/// A number, big-endian, of eight bytes at most.
pub(super) fn number_of(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
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
