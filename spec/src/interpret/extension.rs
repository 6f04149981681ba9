//! Optional parts behind the fields.

use super::{
    fault::{Fault, Rule},
    reader::{Reader, number_of},
    tree::{Data, Extension, Node, Tree},
    wanted,
};
use crate::model::{ExtensionField, Field, Protocol};

pub(super) const EXTENSIONS: &str = "extensions";
pub(super) const CRITICAL: u16 = 0x8000;

/// What is wanted in place of an unknown critical extension.
pub(super) const UNKNOWN: &str = "an extension that this version knows, or one that is not critical";

impl ExtensionField {
    /// The tag on the wire, with the critical bit.
    #[must_use]
    pub const fn wire_tag(&self) -> u16 {
        if self.critical {
            self.tag | CRITICAL
        } else {
            self.tag
        }
    }
}

impl Tree {
    /// What an extension of the schema says in this message: its value, or where it is absent its default. `None` where
    /// the schema defines no such extension, or no default.
    #[must_use]
    pub fn extension(&self, protocol: &Protocol, name: &str) -> Option<Data> {
        let known = &protocol.message(&self.name)?.extensions;
        let field = &known.iter().find(|known| known.field.name == name)?.field;
        match self.field(name) {
            Some(data) => Some(data.clone()),
            None => default_of(protocol, field),
        }
    }
}

/// The value of a field that says nothing.
pub(super) fn default_of(protocol: &Protocol, field: &Field) -> Option<Data> {
    let value = field.default.as_ref()?.to_json();
    let mut bytes = Vec::new();
    // Validation has refused defaults that are no value of their field.
    super::write_field(protocol, &mut bytes, field, &value, &field.name, &field.name).ok()?;
    let node = Reader::new(protocol, &bytes, 0).field(field, &field.name).ok()?;
    Some(node.data)
}

impl Reader<'_, '_> {
    /// Reads extensions up to the end of the message.
    pub(super) fn extensions(
        &mut self,
        known: &[ExtensionField],
        read: &mut Vec<Extension>,
    ) -> Result<(), Fault> {
        while self.offset < self.bytes.len() {
            let previous = read.last().map(|last| last.tag & !CRITICAL);
            let strange = read.iter().filter(|extension| extension.known.is_none()).count();
            let path = format!("{EXTENSIONS}[{strange}]");
            let extension = self.extension(known, previous, &path)?;
            read.push(extension);
        }
        Ok(())
    }

    /// One extension; `path` leads to it where the schema does not know it.
    fn extension(
        &mut self,
        known: &[ExtensionField],
        previous: Option<u16>,
        path: &str,
    ) -> Result<Extension, Fault> {
        let start = self.offset;
        let tag = self
            .take(2)
            .map(number_of)
            .and_then(|tag| u16::try_from(tag).ok())
            .ok_or_else(|| self.cut_extension(start, path, 2, "tag"))?;
        let number = tag & !CRITICAL;
        if let Some(previous) = previous.filter(|previous| *previous >= number) {
            let expected =
                format!("an extension whose number is above {previous:04x}, that of the one before");
            let found = format!("the number {number:04x}");
            return Err(self.refused(Rule::ExtensionOrder, start, path, expected, found));
        }
        let length = self
            .take(2)
            .map(number_of)
            .ok_or_else(|| self.cut_extension(start, path, 2, "length"))?;
        let begin = self.offset;
        let value = self
            .take(length as usize)
            .ok_or_else(|| self.cut_extension(start, path, length, "value"))?;
        let known = match known.iter().find(|known| known.tag == number) {
            Some(known) => Some(self.known(known, tag, start, begin)?),
            None if tag & CRITICAL == 0 => None,
            None => {
                let expected = String::from(UNKNOWN);
                let found = format!("the tag {tag:04x}, critical and unknown");
                return Err(self.refused(Rule::ExtensionCritical, start, path, expected, found));
            }
        };
        Ok(Extension {
            tag,
            offset: start,
            value: value.to_vec(),
            known,
        })
    }

    /// The value of a known extension, which has been read from `begin` up to here.
    //= spec/book/src/codec.md#cw-codec-012
    //# A decoder MUST refuse a known extension whose critical bit is not that of the schema with rule `extension-bit`, and one with bytes behind its value with rule `extension-tail`.
    fn known(&self, known: &ExtensionField, tag: u16, start: usize, begin: usize) -> Result<Node, Fault> {
        let name = known.field.name.as_str();
        if tag != known.wire_tag() {
            let bit = if known.critical {
                "critical"
            } else {
                "not critical"
            };
            let expected = format!("the tag {:04x}: `{name}` is {bit}", known.wire_tag());
            let found = format!("the tag {tag:04x}");
            return Err(self.refused(Rule::ExtensionBit, start, name, expected, found));
        }
        // The extension ends here, so that its value can't reach beyond it.
        let within = &self.bytes[..self.offset];
        let mut inner = Reader::new(self.protocol, within, begin);
        let node = inner.field(&known.field, name)?;
        if inner.offset < within.len() {
            let expected = format!("{} of value", wanted::bytes((inner.offset - begin) as u64));
            let found = wanted::bytes((within.len() - begin) as u64);
            let mut fault = self.refused(Rule::ExtensionTail, start, name, expected, found);
            fault.detail.mark = inner.offset..within.len();
            return Err(fault);
        }
        Ok(node)
    }

    fn cut_extension(&self, start: usize, path: &str, size: u64, what: &str) -> Fault {
        let what = format!("the extension's {what}");
        let mut fault = self.cut(EXTENSIONS, start, self.offset, size, &what);
        path.clone_into(&mut fault.detail.path);
        fault
    }

    /// A fault of the extension that begins at `start`; its tag is what is wrong.
    fn refused(&self, rule: Rule, start: usize, path: &str, expected: String, found: String) -> Fault {
        let mut fault = self.fault(rule, EXTENSIONS, start, expected, found);
        path.clone_into(&mut fault.detail.path);
        fault.detail.mark = start..start + 2;
        fault
    }
}
