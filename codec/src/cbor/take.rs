//! From CBOR to the native encoding.

use super::{
    head::{self, Major, TRUE},
    sink::Sink,
};
use crate::{
    DecodeError,
    check::{CRITICAL, EXTENSIONS},
    message::CodecRule,
    shape::{Bounds, Field, Form, Leaf, Shape, Title, prefix_size},
    wire::{Charset, Cursor},
};

/// Reads a message, which is one map, and writes what stands behind its code.
pub(super) fn message(
    shape: &Shape,
    cursor: &mut Cursor<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), DecodeError> {
    let pairs = head::of(cursor, Title::new("message"), Major::Map)?;
    let mut last = None;
    // What has to be there, under keys that count up.
    code(shape, pairs, &mut last, cursor)?;
    for (place, one) in (1..).zip(shape.fields) {
        wanted(
            shape,
            Wanted {
                place,
                name: one.name,
            },
            pairs,
            &mut last,
            cursor,
        )?;
        field(one, cursor, sink)?;
    }
    // What may be there.
    let present = 1 + shape.fields.len() as u64;
    for _ in present..pairs {
        // Those of the code and the fields have been there, so that it is an extension's.
        let Key { number, .. } = key(shape, EXTENSIONS, &mut last, cursor)?;
        extension(shape, number as u16, cursor, sink)?;
    }
    Ok(())
}

/// A key, in the order in which keys ascend: those of the code and the fields, then those of extensions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    is_extension: bool,
    /// The key itself, or what it says of an extension: its number.
    number: u64,
}

/// What has to stand at a place of the map.
#[derive(Clone, Copy)]
struct Wanted {
    place: u64,
    name: Title,
}

fn code(
    shape: &Shape,
    pairs: u64,
    last: &mut Option<Key>,
    cursor: &mut Cursor<'_>,
) -> Result<(), DecodeError> {
    const CODE: Title = Title::new("code");
    wanted(shape, Wanted { place: 0, name: CODE }, pairs, last, cursor)?;
    let start = cursor.clone();
    let code = head::of(cursor, CODE, Major::Unsigned)?;
    demand(
        code == u64::from(shape.code),
        &start,
        CodecRule::MessageType,
        CODE,
    )
}

/// Reads the key of what has to be there.
//= spec/book/src/cbor.md#cw-cbor-004
//# A decoder MUST refuse a map whose keys are not those of the code, of every field and of extensions, each once and in ascending order, with rule `cbor-key-order`, `cbor-key-duplicate`, `cbor-key-unknown` or `cbor-key-missing`.
fn wanted(
    shape: &Shape,
    Wanted { place, name }: Wanted,
    pairs: u64,
    last: &mut Option<Key>,
    cursor: &mut Cursor<'_>,
) -> Result<(), DecodeError> {
    let start = cursor.clone();
    demand(place < pairs, &start, CodecRule::CborKeyMissing, name)?;
    let key = key(shape, name, last, cursor)?;
    let is_it = !key.is_extension && key.number == place;
    demand(is_it, &start, CodecRule::CborKeyMissing, name)
}

/// Reads a key that the message may have, behind those before; `name` is what is wanted in its place.
fn key(
    shape: &Shape,
    name: Title,
    last: &mut Option<Key>,
    cursor: &mut Cursor<'_>,
) -> Result<Key, DecodeError> {
    let start = cursor.clone();
    let (major, number) = head::read(cursor, name, &[Major::Unsigned, Major::Negative])?;
    let key = Key {
        is_extension: major == Major::Negative,
        number,
    };
    demand(*last != Some(key), &start, CodecRule::CborKeyDuplicate, name)?;
    demand(*last < Some(key), &start, CodecRule::CborKeyOrder, name)?;
    let greatest = if key.is_extension {
        u64::from(!CRITICAL)
    } else {
        shape.fields.len() as u64
    };
    demand(number <= greatest, &start, CodecRule::CborKeyUnknown, name)?;
    *last = Some(key);
    Ok(key)
}

/// Reads the value of an extension, and writes all of it. Its critical bit is that of the schema; an unknown one is not
/// critical.
fn extension(
    shape: &Shape,
    number: u16,
    cursor: &mut Cursor<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), DecodeError> {
    let known = shape
        .extensions
        .iter()
        .find(|known| known.tag & !CRITICAL == number);
    sink.number(u64::from(known.map_or(number, |known| known.tag)), 2);
    let at = sink.written();
    sink.number(0, 2);
    let begin = sink.written();
    match known {
        Some(known) => field(&known.field, cursor, sink)?,
        None => sink.raw(bytes(EXTENSIONS, Major::Bytes, 0, u16::MAX, cursor)?),
    }
    // A longer value makes the message larger than its place allows.
    let length = u16::try_from(sink.written().saturating_sub(begin)).unwrap_or(u16::MAX);
    sink.correct(at, length);
    Ok(())
}

fn field(field: &Field, cursor: &mut Cursor<'_>, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
    let Some(bounds) = field.count else {
        return item(field.name, &field.form, cursor, sink);
    };
    let count = array(field.name, bounds, cursor)?;
    sink.number(count, prefix_size(bounds.max));
    let mut previous: Option<&[u8]> = None;
    for _ in 0..count {
        let start = cursor.clone();
        item(field.name, &field.form, cursor, sink)?;
        // Items compare in CBOR as they do natively.
        let encoded = start.up_to(cursor);
        let ascends = previous.is_none_or(|previous| previous < encoded);
        demand(ascends || !bounds.ascending, &start, CodecRule::Order, field.name)?;
        previous = Some(encoded);
    }
    Ok(())
}

fn item(name: Title, form: &Form, cursor: &mut Cursor<'_>, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
    match form {
        Form::Leaf(one) => leaf(name, one, cursor, sink),
        Form::Structure(parts) => {
            // No schema has a structure of so many fields.
            let count = u16::try_from(parts.len()).unwrap_or(u16::MAX);
            array(name, &exactly(count), cursor)?;
            parts
                .iter()
                .try_for_each(|(name, part)| leaf(*name, part, cursor, sink))
        }
    }
}

/// Reads one value and writes it.
pub(super) fn leaf(
    name: Title,
    leaf: &Leaf,
    cursor: &mut Cursor<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), DecodeError> {
    let start = cursor.clone();
    match *leaf {
        Leaf::Number(size) => {
            let number = head::of(cursor, name, Major::Unsigned)?;
            demand(number <= greatest(size), &start, CodecRule::Range, name)?;
            sink.number(number, size);
        }
        Leaf::Ranged {
            size,
            bounds: &[min, max],
        } => {
            let number = head::of(cursor, name, Major::Unsigned)?;
            let is_within = (u64::from(min)..=u64::from(max)).contains(&number);
            demand(is_within, &start, CodecRule::Range, name)?;
            sink.number(number, size);
        }
        Leaf::Bool => {
            let value = head::of(cursor, name, Major::Simple)?;
            sink.number(u64::from(value == TRUE), 1);
        }
        Leaf::Closed { size, values } => {
            let number = head::of(cursor, name, Major::Unsigned)?;
            demand(number <= greatest(size), &start, CodecRule::Range, name)?;
            let is_known = values.iter().any(|known| u64::from(*known) == number);
            demand(is_known, &start, CodecRule::Value, name)?;
            sink.number(number, size);
        }
        Leaf::Exact(size) => sink.raw(bytes(name, Major::Bytes, size, size, cursor)?),
        Leaf::Bytes { min, max } => {
            let bytes = bytes(name, Major::Bytes, min, max, cursor)?;
            write_string(bytes, max, sink);
        }
        Leaf::Text { min, max, charset } => text(name, (min, max), charset, cursor, sink)?,
    }
    Ok(())
}

/// Reads text and writes it.
pub(super) fn text(
    name: Title,
    (min, max): (u16, u16),
    charset: Charset,
    cursor: &mut Cursor<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), DecodeError> {
    let start = cursor.clone();
    let text = bytes(name, Major::Text, min, max, cursor)?;
    demand(charset.takes(text), &start, CodecRule::Text, name)?;
    write_string(text, max, sink);
    Ok(())
}

/// The greatest number of so many bytes: 1, 2, 4 or 8.
const fn greatest(size: u8) -> u64 {
    match size {
        1 => 0xFF,
        2 => 0xFFFF,
        4 => 0xFFFF_FFFF,
        _ => u64::MAX,
    }
}

/// Writes bytes or text behind their length, whose upper bound is `max`.
pub(super) fn write_string(bytes: &[u8], max: u16, sink: &mut Sink<'_>) {
    sink.number(bytes.len() as u64, prefix_size(max));
    sink.raw(bytes);
}

/// Reads the head of an array, and holds its count to the bounds.
pub(super) fn array(name: Title, bounds: &Bounds, cursor: &mut Cursor<'_>) -> Result<u64, DecodeError> {
    let start = cursor.clone();
    let count = head::of(cursor, name, Major::Array)?;
    let bounds = u64::from(bounds.min)..=u64::from(bounds.max);
    demand(bounds.contains(&count), &start, CodecRule::Count, name)?;
    Ok(count)
}

/// The bounds of an array of so many elements.
pub(super) const fn exactly(count: u16) -> Bounds {
    Bounds {
        min: count,
        max: count,
        ascending: false,
    }
}

fn bytes<'c>(
    name: Title,
    major: Major,
    min: u16,
    max: u16,
    cursor: &mut Cursor<'c>,
) -> Result<&'c [u8], DecodeError> {
    let start = cursor.clone();
    let length = head::of(cursor, name, major)?;
    string(&start, name, length, (min, max), cursor)
}

/// The bytes of a string behind its head, which begins at `start`.
pub(super) fn string<'c>(
    start: &Cursor<'c>,
    name: Title,
    length: u64,
    (min, max): (u16, u16),
    cursor: &mut Cursor<'c>,
) -> Result<&'c [u8], DecodeError> {
    let length = u16::try_from(length)
        .ok()
        .filter(|length| (min..=max).contains(length));
    let length = length.ok_or(start.error(CodecRule::Length, name))?;
    cursor
        .take(usize::from(length))
        .ok_or(start.error(CodecRule::Truncated, name))
}

/// Refuses what begins at `start` with `rule`, unless it holds.
pub(super) fn demand(
    holds: bool,
    start: &Cursor<'_>,
    rule: CodecRule,
    name: Title,
) -> Result<(), DecodeError> {
    if holds {
        Ok(())
    } else {
        Err(start.error(rule, name))
    }
}
