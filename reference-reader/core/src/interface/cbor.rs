//! Service data in the format `cbor`: deterministic CBOR (RFC 8949, 4.2.1), from the reader's own form and back.
//!
//! The heads are read and written by hand. A reader has to refuse every head that is longer than it need be, and no
//! crate for CBOR without allocation does so: what they would save is the dozen lines below. Both ways need no memory
//! but the two buffers, and do not recurse.

use crate::logic::cbor::head_size;
use cardwire_codec::{
    EncodeError, Message, Name,
    message::{Item, ItemKind, ServiceData},
    wire::{Part, Writer},
};

/// Writes service data to the start of `out`; `None` where it has no room, or there are extensions or values that are
/// not of their kind, for which there is no form.
//= spec/book/src/interfaces.md#cw-intf-008
//# An interface with the format `cbor` MUST give service data in exactly the one form that this chapter describes for it.
pub(super) fn from_native(data: &ServiceData<'_>, out: &mut [u8]) -> Option<usize> {
    if !data.extensions.as_bytes().is_empty() {
        return None;
    }
    let mut writer = Writer::new(out);
    write_head(&mut writer, Major::Array, size(data.items.len())).ok()?;
    for item in data.items {
        write_head(&mut writer, Major::Array, PAIR).ok()?;
        write_string(&mut writer, Major::Text, item.name.as_bytes()).ok()?;
        match item.kind {
            ItemKind::Text => {
                core::str::from_utf8(item.value).ok()?;
                write_string(&mut writer, Major::Text, item.value)
            }
            ItemKind::Bytes => write_string(&mut writer, Major::Bytes, item.value),
            ItemKind::Number => {
                let number = u32::from_be_bytes(item.value.try_into().ok()?);
                write_head(&mut writer, Major::Number, number)
            }
        }
        .ok()?;
    }
    Some(writer.written())
}

/// Writes the document `service_data` that `bytes` are one whole value for to the start of `out`; `None` where they are
/// none. The bounds of names, values and count are those of the codec.
pub(super) fn to_native(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut input = Input(bytes);
    let mut writer = Writer::new(out);
    let count = input.demand(Major::Array)?;
    writer.u8(ServiceData::CODE).ok()?;
    writer.u8(u8::try_from(count).ok()?).ok()?;
    for _ in 0..count {
        if input.demand(Major::Array)? != PAIR {
            return None;
        }
        let name = input.demand(Major::Text)?;
        let name = Name::new(core::str::from_utf8(input.string(name)?).ok()?)?;
        let (major, number) = input.head()?;
        let four = number.to_be_bytes();
        let (kind, value) = match major {
            Major::Number => (ItemKind::Number, &four[..]),
            Major::Bytes => (ItemKind::Bytes, input.string(number)?),
            Major::Text => (ItemKind::Text, input.string(number)?),
            Major::Array => return None,
        };
        Item { name, kind, value }.write(&mut writer, "items").ok()?;
    }
    input.0.is_empty().then_some(writer.written())
}

/// The major types that service data are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Major {
    /// Type 0.
    Number,
    /// Type 2.
    Bytes,
    /// Type 3.
    Text,
    /// Type 4.
    Array,
}

impl Major {
    fn value(self) -> u8 {
        match self {
            Self::Number => 0,
            Self::Bytes => 2,
            Self::Text => 3,
            Self::Array => 4,
        }
    }

    fn from_value(value: u8) -> Option<Self> {
        [Self::Number, Self::Bytes, Self::Text, Self::Array]
            .into_iter()
            .find(|major| major.value() == value)
    }
}

/// The elements of an item: its name and its value.
const PAIR: u32 = 2;

/// Counts and lengths of service data, which the codec bounds by one byte.
fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn write_head(writer: &mut Writer<'_>, major: Major, number: u32) -> Result<(), EncodeError> {
    let following = head_size(number as usize) - 1;
    let bytes = number.to_be_bytes();
    let low = match following {
        0 => bytes[3],
        1 => 24,
        2 => 25,
        _ => 26,
    };
    writer.u8(major.value() << 5 | low)?;
    writer.raw(&bytes[4 - following..])
}

fn write_string(writer: &mut Writer<'_>, major: Major, string: &[u8]) -> Result<(), EncodeError> {
    write_head(writer, major, size(string.len()))?;
    writer.raw(string)
}

/// What has not been read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// The next head, if it is of a type that is in use and the shortest for its number.
    fn head(&mut self) -> Option<(Major, u32)> {
        let (first, rest) = self.0.split_first()?;
        let low = first & 0x1F;
        let following = match low {
            0..=23 => 0,
            24 => 1,
            25 => 2,
            26 => 4,
            // 64 bits, reserved, or of indefinite length.
            _ => return None,
        };
        let (bytes, rest) = rest.split_at_checked(following)?;
        let number = match bytes {
            [] => u32::from(low),
            bytes => bytes
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte)),
        };
        if head_size(number as usize) != 1 + following {
            return None;
        }
        self.0 = rest;
        Some((Major::from_value(first >> 5)?, number))
    }

    /// The number of a head that must be of this type.
    fn demand(&mut self, major: Major) -> Option<u32> {
        let (seen, number) = self.head()?;
        (seen == major).then_some(number)
    }

    /// The bytes of a string behind its head.
    fn string(&mut self, length: u32) -> Option<&'a [u8]> {
        let (string, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(string)
    }
}
