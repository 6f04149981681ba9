//! From the native encoding to CBOR.

use super::{
    head::{FALSE, Major, TRUE},
    sink::Sink,
};
use crate::{
    DecodeError, Extensions,
    check::{self, CRITICAL},
    shape::{Field, Form, Leaf, Shape, Title, prefix_size},
    wire::Cursor,
};

/// Writes a message as one map.
pub(super) fn message(shape: &Shape, native: &[u8], sink: &mut Sink<'_>) -> Result<(), DecodeError> {
    // The map begins with the number of its pairs, so that all of the message has to be looked at beforehand.
    let extensions = Extensions::from_bytes(check::message(shape, native)?);
    let pairs = 1 + shape.fields.len() + extensions.iter().count();
    let mut cursor = Cursor::new(native);
    let code = cursor.u8().unwrap_or(shape.code);
    sink.head(Major::Map, pairs as u64);
    sink.head(Major::Unsigned, 0);
    sink.head(Major::Unsigned, u64::from(code));
    for (key, one) in (1..).zip(shape.fields) {
        sink.head(Major::Unsigned, key);
        field(one, &mut cursor, sink)?;
    }
    for (tag, value) in extensions.iter() {
        sink.head(Major::Negative, u64::from(tag & !CRITICAL));
        match shape.extensions.iter().find(|known| known.tag == tag) {
            Some(known) => field(&known.field, &mut Cursor::new(value), sink)?,
            None => sink.string(Major::Bytes, value),
        }
    }
    Ok(())
}

fn field(field: &Field, cursor: &mut Cursor<'_>, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
    let Some(bounds) = field.count else {
        return item(field.name, &field.form, cursor, sink);
    };
    let start = cursor.clone();
    let count = bounds
        .read(cursor)
        .map_err(|rule| start.error(rule, field.name))?;
    sink.head(Major::Array, u64::from(count));
    (0..count).try_for_each(|_| item(field.name, &field.form, cursor, sink))
}

fn item(name: Title, form: &Form, cursor: &mut Cursor<'_>, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
    match form {
        Form::Leaf(one) => leaf(name, one, cursor).map(|native| write(one, native, sink)),
        Form::Structure(parts) => {
            sink.head(Major::Array, parts.len() as u64);
            parts.iter().try_for_each(|(name, part)| {
                leaf(*name, part, cursor).map(|native| write(part, native, sink))
            })
        }
    }
}

/// The native encoding of a value.
pub(super) fn leaf<'n>(name: Title, leaf: &Leaf, cursor: &mut Cursor<'n>) -> Result<&'n [u8], DecodeError> {
    let start = cursor.clone();
    leaf.check(cursor).map_err(|rule| start.error(rule, name))?;
    Ok(start.up_to(cursor))
}

/// Writes a value, from its native encoding.
fn write(leaf: &Leaf, native: &[u8], sink: &mut Sink<'_>) {
    match *leaf {
        Leaf::Number(_) | Leaf::Ranged { .. } | Leaf::Closed { .. } => {
            sink.head(Major::Unsigned, number(native))
        }
        Leaf::Bool => sink.head(Major::Simple, if number(native) == 0 { FALSE } else { TRUE }),
        Leaf::Exact(_) => sink.string(Major::Bytes, native),
        Leaf::Bytes { max, .. } => sink.string(Major::Bytes, behind_prefix(native, max)),
        Leaf::Text { max, .. } => sink.string(Major::Text, behind_prefix(native, max)),
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// What stands behind the length of bytes or text, whose upper bound is `max`.
pub(super) fn behind_prefix(native: &[u8], max: u16) -> &[u8] {
    native.get(usize::from(prefix_size(max))..).unwrap_or_default()
}
