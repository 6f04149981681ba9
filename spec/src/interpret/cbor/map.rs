//! Maps: which keys a message has, and what stands behind them.

use super::{
    head::Major,
    read::{Reader, write_prefix},
};
use crate::interpret::{
    decode::Shape,
    extension::{CRITICAL, EXTENSIONS},
    fault::{Fault, Rule},
    wanted,
};

/// Numbers of extensions: the lower fifteen bits of a tag.
const NUMBER_MAX: u64 = 0x7FFF;

/// A key, in the order in which keys ascend: those of the code and the fields, then those of extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Field(u64),
    Extension(u64),
}

impl core::fmt::Display for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Field(number) => write!(f, "{number}"),
            Self::Extension(number) => write!(f, "{}", -1 - i128::from(*number)),
        }
    }
}

impl<'p> Reader<'p, '_> {
    /// Reads a map, and writes what stands behind the code of the native message.
    pub(super) fn message(&mut self, shape: &Shape<'p>, native: &mut Vec<u8>) -> Result<(), Fault> {
        let (_, pairs) = self.head("message", &[Major::Map])?;
        let mut previous = None;
        for pair in 0..pairs {
            let place = usize::try_from(pair).unwrap_or(usize::MAX);
            let next = name_of(shape, place);
            let key = self.key(shape, place, next, previous)?;
            previous = Some(key);
            match key {
                Key::Field(0) => self.code(shape)?,
                Key::Field(_) => {
                    // The key is that of this place, which has a field.
                    if let Some(field) = place.checked_sub(1).and_then(|index| shape.fields.get(index)) {
                        self.field(field, &field.name, native)?;
                    }
                }
                Key::Extension(number) => self.extension(shape, number, native)?,
            }
        }
        let wanted = usize::try_from(pairs).unwrap_or(usize::MAX);
        if wanted <= shape.fields.len() {
            let field = name_of(shape, wanted);
            let expected = format!("key {wanted}, of `{field}`");
            return Err(self.fault(
                Rule::CborKeyMissing,
                field,
                self.offset,
                expected,
                String::from("the end of the map"),
            ));
        }
        Ok(())
    }

    /// The key of the pair at this place of the map.
    fn key(
        &mut self,
        shape: &Shape<'_>,
        place: usize,
        next: &str,
        previous: Option<Key>,
    ) -> Result<Key, Fault> {
        let start = self.offset;
        let key = match self.head(next, &[Major::Unsigned, Major::Negative])? {
            (Major::Negative, number) => Key::Extension(number),
            (_, number) => Key::Field(number),
        };
        let refused = |rule, expected| Err(self.fault(rule, next, start, expected, format!("key {key}")));
        if let Some(previous) = previous {
            if key == previous {
                return refused(Rule::CborKeyDuplicate, format!("a key behind {previous}"));
            }
            if key < previous {
                return refused(Rule::CborKeyOrder, format!("a key behind {previous}"));
            }
        }
        let is_known = match key {
            Key::Field(number) => number <= shape.fields.len() as u64,
            Key::Extension(number) => number <= NUMBER_MAX,
        };
        if !is_known {
            let expected = format!("a key from 0 to {}, or from -1 to -32768", shape.fields.len());
            return refused(Rule::CborKeyUnknown, expected);
        }
        if place <= shape.fields.len() && key != Key::Field(place as u64) {
            return refused(Rule::CborKeyMissing, format!("key {place}, of `{next}`"));
        }
        Ok(key)
    }

    fn code(&mut self, shape: &Shape<'_>) -> Result<(), Fault> {
        let start = self.offset;
        let (_, code) = self.head("code", &[Major::Unsigned])?;
        if code == u64::from(shape.code) {
            return Ok(());
        }
        let expected = format!("{}, the code of {}", shape.code, shape.name);
        Err(self.fault(Rule::MessageType, "code", start, expected, code.to_string()))
    }

    fn extension(&mut self, shape: &Shape<'p>, number: u64, native: &mut Vec<u8>) -> Result<(), Fault> {
        let mut value = Vec::new();
        // It is not above fifteen bits.
        let mut tag = u16::try_from(number).unwrap_or(!CRITICAL);
        match shape.extensions.iter().find(|known| known.tag == tag) {
            Some(known) => {
                tag = known.wire_tag();
                self.field(&known.field, &known.field.name, &mut value)?;
            }
            None => {
                let start = self.offset;
                let (_, length) = self.head(EXTENSIONS, &[Major::Bytes])?;
                let expected = || wanted::amount(0, 0xFFFF, "byte");
                self.held(Rule::Length, EXTENSIONS, start, length, [0, 0xFFFF], expected)?;
                value.extend_from_slice(self.behind(EXTENSIONS, start, length)?);
            }
        }
        native.extend_from_slice(&tag.to_be_bytes());
        write_prefix(native, value.len() as u64, 0xFFFF);
        native.extend_from_slice(&value);
        Ok(())
    }
}

/// What stands at this place of a message's map.
fn name_of<'s>(shape: &'s Shape<'_>, place: usize) -> &'s str {
    match place.checked_sub(1) {
        None => "code",
        Some(index) => shape.fields.get(index).map_or(EXTENSIONS, |field| &field.name),
    }
}
