//! From CBOR to the native encoding, by the schema and from front to back.

use super::head::{self, Major};
use crate::{
    interpret::{
        fault::{Detail, Fault, Rule},
        hex, wanted,
    },
    kind::{Kind, prefix_size},
    model::{Charset, Field, Length, Order, Protocol, Registry},
};

/// Reads data items one after another.
pub(super) struct Reader<'p, 'b> {
    pub(super) protocol: &'p Protocol,
    bytes: &'b [u8],
    pub(super) offset: usize,
    /// The way to the value that is being read; empty outside of values.
    pub(super) trail: String,
}

impl<'p, 'b> Reader<'p, 'b> {
    pub(super) const fn new(protocol: &'p Protocol, bytes: &'b [u8]) -> Self {
        Self {
            protocol,
            bytes,
            offset: 0,
            trail: String::new(),
        }
    }

    /// Nothing stands behind the whole.
    pub(super) fn end(&self) -> Result<(), Fault> {
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
        let detail = Detail {
            path: String::from("message"),
            mark: self.offset..self.bytes.len(),
            expected: String::from("the end of the message"),
            found: wanted::bytes(rest.len() as u64),
        };
        Err(Fault::new(Rule::CborTail, "message", self.offset, detail))
    }

    /// Reads a field; `path` names it in faults.
    pub(super) fn field(&mut self, field: &Field, path: &str, native: &mut Vec<u8>) -> Result<(), Fault> {
        let outer = self.trail.len();
        if outer > 0 {
            self.trail.push('.');
        }
        self.trail += &field.name;
        match field.count {
            None => self.value(field, path, native)?,
            Some(bounds) => self.list(field, path, bounds, native)?,
        }
        self.trail.truncate(outer);
        Ok(())
    }

    fn list(
        &mut self,
        field: &Field,
        path: &str,
        bounds: [u64; 2],
        native: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let count = self.array(path, Rule::Count, bounds)?;
        write_prefix(native, count, bounds[1]);
        let mut previous: Option<Vec<u8>> = None;
        for index in 0..count {
            let start = self.offset;
            let outer = self.trail.len();
            self.trail += &format!("[{index}]");
            let mut item = Vec::new();
            self.value(field, path, &mut item)?;
            if field.order == Some(Order::Ascending)
                && let Some(previous) = previous.filter(|previous| *previous >= item)
            {
                let expected = format!(
                    "an item above the one before, natively {}",
                    hex::encode(&previous)
                );
                return Err(self.fault(Rule::Order, path, start, expected, hex::encode(&item)));
            }
            native.extend_from_slice(&item);
            previous = Some(item);
            self.trail.truncate(outer);
        }
        Ok(())
    }

    /// One value: that of the field, or one item of its list.
    pub(super) fn value(&mut self, field: &Field, path: &str, native: &mut Vec<u8>) -> Result<(), Fault> {
        let start = self.offset;
        // Validation has refused unknown types.
        match self.protocol.kind(&field.type_name).unwrap_or(Kind::Bool) {
            Kind::Number(size) => {
                let (_, number) = self.head(path, &[Major::Unsigned])?;
                let [min, max] = field.range.unwrap_or([0, u64::MAX >> (64 - 8 * size)]);
                let expected = || wanted::number(field, &(min..=max));
                self.held(Rule::Range, path, start, number, [min, max], expected)?;
                write_number(native, number, size);
            }
            Kind::Bool => {
                let (_, value) = self.head(path, &[Major::Simple])?;
                native.push(u8::from(value == 21));
            }
            Kind::Bytes => {
                let (_, length) = self.head(path, &[Major::Bytes])?;
                let bytes = self.string(field, path, start, length)?;
                write_bytes(native, field, bytes);
            }
            Kind::Text => {
                let (_, length) = self.head(path, &[Major::Text])?;
                let bytes = self.string(field, path, start, length)?;
                if wanted::stray(field.charset, bytes).is_some() {
                    return Err(self.stray(field.charset, path, start, bytes));
                }
                write_bytes(native, field, bytes);
            }
            Kind::Registry(_, registry) => {
                let number = self.registered(registry, path)?;
                write_number(native, number, registry.width.bytes());
            }
            Kind::Structure(structure) => {
                let count = structure.fields.len() as u64;
                self.array(path, Rule::Count, [count, count])?;
                for field in &structure.fields {
                    self.field(field, &format!("{}.{}", structure.name, field.name), native)?;
                }
            }
            // Of operands only.
            Kind::Register | Kind::Label => {}
        }
        Ok(())
    }

    fn registered(&mut self, registry: &Registry, path: &str) -> Result<u64, Fault> {
        let start = self.offset;
        let (_, number) = self.head(path, &[Major::Unsigned])?;
        let most = registry.width.max();
        self.held(Rule::Range, path, start, number, [0, most], || {
            format!("0 to {most}")
        })?;
        let is_known = registry.values.iter().any(|known| known.value == number);
        if is_known || registry.open {
            return Ok(number);
        }
        let found = format!("{number:0digits$x}", digits = 2 * registry.width.bytes());
        Err(self.fault(Rule::Value, path, start, wanted::values(registry), found))
    }

    /// The head of an array, whose count is held to its bounds.
    pub(super) fn array(&mut self, path: &str, rule: Rule, [min, max]: [u64; 2]) -> Result<u64, Fault> {
        let start = self.offset;
        let (_, count) = self.head(path, &[Major::Array])?;
        self.held(rule, path, start, count, [min, max], || {
            wanted::amount(min, max, "item")
        })?;
        Ok(count)
    }

    /// The bytes of a field's string behind its head, which begins at `start`.
    pub(super) fn string(
        &mut self,
        field: &Field,
        path: &str,
        start: usize,
        length: u64,
    ) -> Result<&'b [u8], Fault> {
        let [min, max] = match field.length {
            Some(Length::Exact(size)) => [size, size],
            Some(Length::Bounds(min, max)) => [min, max],
            None => [0, 0],
        };
        self.held(Rule::Length, path, start, length, [min, max], || {
            wanted::amount(min, max, "byte")
        })?;
        self.behind(path, start, length)
    }

    /// So many bytes behind a head that begins at `start`.
    pub(super) fn behind(&mut self, path: &str, start: usize, length: u64) -> Result<&'b [u8], Fault> {
        let begin = self.offset;
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| begin.checked_add(length));
        let Some(bytes) = end.and_then(|end| self.bytes.get(begin..end)) else {
            return Err(self.cut(path, start, begin, length));
        };
        self.offset += bytes.len();
        Ok(bytes)
    }

    /// A number, length or count, held to its bounds.
    pub(super) fn held(
        &self,
        rule: Rule,
        path: &str,
        start: usize,
        number: u64,
        [min, max]: [u64; 2],
        expected: impl FnOnce() -> String,
    ) -> Result<(), Fault> {
        if (min..=max).contains(&number) {
            Ok(())
        } else {
            Err(self.fault(rule, path, start, expected(), number.to_string()))
        }
    }

    /// The head of a data item of one of these types.
    pub(super) fn head(&mut self, path: &str, types: &[Major]) -> Result<(Major, u64), Fault> {
        let start = self.offset;
        let Some(first) = self.bytes.get(start).copied() else {
            return Err(self.cut(path, start, start, 1));
        };
        self.offset += 1;
        let low = first & 0x1F;
        let found = || head::words(first);
        // Of simple values there are but two, which are all in their first byte.
        let of_type = |major: &&Major| {
            major.number() == first >> 5 && (**major != Major::Simple || [20, 21].contains(&low))
        };
        let Some(major) = types.iter().find(of_type).copied() else {
            let types: Vec<_> = types.iter().map(|major| major.words()).collect();
            return Err(self.fault(Rule::CborType, path, start, types.join(" or "), found()));
        };
        let following = match low {
            0..=23 => return Ok((major, u64::from(low))),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            28..=30 => {
                let expected = String::from("a head that there is");
                return Err(self.fault(
                    Rule::CborHead,
                    path,
                    start,
                    expected,
                    format!("{}, reserved", found()),
                ));
            }
            31.. => {
                let expected = format!("{} that states its length", major.words());
                let found = format!("{}, of indefinite length", found());
                return Err(self.fault(Rule::CborIndefinite, path, start, expected, found));
            }
        };
        let Some(bytes) = self.bytes.get(start + 1..start + 1 + following) else {
            return Err(self.cut(path, start, start + 1, following as u64));
        };
        self.offset += following;
        let number = bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        let shortest = head::encode(major, number);
        if shortest.len() == 1 + following {
            return Ok((major, number));
        }
        let found = hex::encode(&self.bytes[start..self.offset]);
        Err(self.fault(Rule::CborHead, path, start, hex::encode(&shortest), found))
    }

    /// Text that is not of its character set, behind a head that begins at `start`.
    pub(super) fn stray(&self, charset: Option<Charset>, path: &str, start: usize, text: &[u8]) -> Fault {
        let begin = self.offset - text.len();
        let (range, what) = wanted::stray(charset, text).unwrap_or_default();
        let mark = begin + range.start..begin + range.end;
        let found = format!("{what}, at offset {}", mark.start);
        let mut fault = self.fault(
            Rule::Text,
            path,
            start,
            wanted::charset(charset).to_owned(),
            found,
        );
        fault.detail.mark = mark;
        fault
    }

    /// A part of `size` bytes, which are wanted from `begin` on, does not end within the bytes.
    fn cut(&self, path: &str, start: usize, begin: usize, size: u64) -> Fault {
        let rest = self.bytes.get(begin..).unwrap_or_default();
        let mut fault = self.fault(
            Rule::Truncated,
            path,
            start,
            wanted::bytes(size),
            wanted::rest(rest),
        );
        fault.detail.mark = start..self.bytes.len();
        fault
    }

    /// A fault of what was read from `start` on.
    pub(super) fn fault(
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

/// Bytes as a field of bytes or text holds them natively.
fn write_bytes(native: &mut Vec<u8>, field: &Field, bytes: &[u8]) {
    if let Some(Length::Bounds(_, max)) = field.length {
        write_prefix(native, bytes.len() as u64, max);
    }
    native.extend_from_slice(bytes);
}

/// A length or count whose upper bound is `max`.
pub(super) fn write_prefix(native: &mut Vec<u8>, value: u64, max: u64) {
    write_number(native, value, prefix_size(max) as usize);
}

fn write_number(native: &mut Vec<u8>, value: u64, size: usize) {
    native.extend_from_slice(&value.to_be_bytes()[8 - size..]);
}
