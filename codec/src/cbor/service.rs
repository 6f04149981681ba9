//! Service data: an array of names and values, as interfaces with the format `cbor` take and give them.

use super::{
    give,
    head::{self, Major},
    sink::Sink,
    take,
};
use crate::{
    DecodeError,
    check::{self, EXTENSIONS},
    message::{CodecRule, ItemKind, shapes},
    shape::{Bounds, Form, Leaf, Shape, Title, prefix_size},
    wire::{Charset, Cursor},
};

/// The items of service data, as the schema states them.
#[derive(Clone, Copy)]
pub(super) struct Items {
    list: Title,
    bounds: &'static Bounds,
    name: Title,
    name_bounds: (u16, u16),
    charset: Charset,
    kind: (Title, Leaf),
    value: Title,
    value_max: u16,
}

/// An item in CBOR: its name and its value.
const PAIR: Bounds = take::exactly(2);

/// Bytes of a number among native values.
const NUMBER_SIZE: u8 = 4;

impl Items {
    /// Those of the one document that is not a map in CBOR.
    pub(super) fn of(shape: &Shape) -> Option<Self> {
        if shape.code != shapes::SERVICE_DATA.code {
            return None;
        }
        let [list] = shape.fields else {
            return None;
        };
        let Form::Structure(
            &&[
                (name, Leaf::Text { min, max, charset }),
                kind,
                (value, Leaf::Bytes { max: value_max, .. }),
            ],
        ) = list.form
        else {
            return None;
        };
        Some(Self {
            list: list.name,
            bounds: list.count?,
            name,
            name_bounds: (min, max),
            charset,
            kind,
            value,
            value_max,
        })
    }

    /// Writes service data as an array.
    //= spec/book/src/cbor.md#cw-cbor-006
    //# Service data that hold an extension, or a value that is not of its kind, MUST be refused with rule `cbor-kind` where they are to become CBOR.
    pub(super) fn give(&self, shape: &Shape, native: &[u8], sink: &mut Sink<'_>) -> Result<(), DecodeError> {
        let extensions = check::message(shape, native)?;
        let mut cursor = Cursor::new(native);
        // The code has been looked at.
        cursor.u8();
        let count = self.bounds.read(&mut cursor).unwrap_or_default();
        sink.head(Major::Array, u64::from(count));
        for _ in 0..count {
            self.give_item(&mut cursor, sink)?;
        }
        take::demand(extensions.is_empty(), &cursor, CodecRule::CborKind, EXTENSIONS)
    }

    fn give_item(&self, cursor: &mut Cursor<'_>, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
        let name = give::leaf(self.name, &self.name_leaf(), cursor)?;
        let kind = give::leaf(self.kind.0, &self.kind.1, cursor)?;
        let start = cursor.clone();
        let value = give::leaf(self.value, &self.value_leaf(), cursor)?;
        let value = give::behind_prefix(value, self.value_max);
        let no_kind = start.error(CodecRule::CborKind, self.value);
        sink.head(Major::Array, u64::from(PAIR.max));
        sink.string(Major::Text, name.get(1..).unwrap_or_default());
        match kind {
            [kind] => match ItemKind::from_value(*kind) {
                Some(ItemKind::Text) if Charset::Utf8.takes(value) => sink.string(Major::Text, value),
                Some(ItemKind::Bytes) => sink.string(Major::Bytes, value),
                Some(ItemKind::Number) => {
                    let four = value
                        .first_chunk()
                        .filter(|four: &&[u8; 4]| four.len() == value.len());
                    let number = u32::from_be_bytes(*four.ok_or(no_kind)?);
                    sink.head(Major::Unsigned, u64::from(number));
                }
                Some(ItemKind::Text) | None => return Err(no_kind),
            },
            _ => return Err(no_kind),
        }
        Ok(())
    }

    /// Reads an array of items, and writes what stands behind the code of the document.
    pub(super) fn take(&self, cursor: &mut Cursor<'_>, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
        let count = take::array(self.list, self.bounds, cursor)?;
        sink.number(count, prefix_size(self.bounds.max));
        for _ in 0..count {
            take::array(self.list, &PAIR, cursor)?;
            take::text(self.name, self.name_bounds, self.charset, cursor, sink)?;
            self.take_value(cursor, sink)?;
        }
        Ok(())
    }

    /// Reads a value, and writes its kind, which follows from its type, before it.
    fn take_value(&self, cursor: &mut Cursor<'_>, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
        let start = cursor.clone();
        let types = [Major::Text, Major::Bytes, Major::Unsigned];
        let (major, number) = head::read(cursor, self.value, &types)?;
        let mut kind = |kind: ItemKind| sink.number(u64::from(kind.value()), 1);
        if major == Major::Unsigned {
            kind(ItemKind::Number);
            let is_short = number <= u64::from(u32::MAX);
            take::demand(is_short, &start, CodecRule::Range, self.value)?;
            sink.number(u64::from(NUMBER_SIZE), prefix_size(self.value_max));
            sink.number(number, NUMBER_SIZE);
            return Ok(());
        }
        let is_text = major == Major::Text;
        kind(if is_text { ItemKind::Text } else { ItemKind::Bytes });
        let value = take::string(&start, self.value, number, (0, self.value_max), cursor)?;
        let is_right = !is_text || Charset::Utf8.takes(value);
        take::demand(is_right, &start, CodecRule::Text, self.value)?;
        take::write_string(value, self.value_max, sink);
        Ok(())
    }

    const fn name_leaf(&self) -> Leaf {
        let (min, max) = self.name_bounds;
        Leaf::Text {
            min,
            max,
            charset: self.charset,
        }
    }

    const fn value_leaf(&self) -> Leaf {
        Leaf::Bytes {
            min: 0,
            max: self.value_max,
        }
    }
}
