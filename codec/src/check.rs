//! Why bytes were refused.
//!
//! Decoders only tell that something is wrong: nothing on their way carries names or offsets. What is wrong, and where,
//! is found out here, by walking over the bytes once more along the shape of the message, in the order of CW-CODEC-011.
//! One walk serves all messages, so that naming a fault costs no message any code.

use crate::{
    DecodeError,
    message::CodecRule,
    shape::{Extension, Field, Form, Leaf, Shape, Title},
    wire::Cursor,
};

/// What extensions are called in errors.
pub(crate) const EXTENSIONS: Title = Title::new("extensions");

/// Set in the tag of an extension that must not be passed over by who does not know it.
pub(crate) const CRITICAL: u16 = 0x8000;

/// The first rule that `bytes`, which a decoder has refused, break as a message of this shape.
//= spec/book/src/codec.md#cw-codec-011
//# Of the rules that a message breaks, a decoder MUST name the one that it meets first when it checks the code, the size, the fields in order and the extensions in order.
#[cold]
#[inline(never)]
pub(crate) fn fault(shape: &Shape, bytes: &[u8]) -> DecodeError {
    match message(shape, bytes) {
        Err(error) => error,
        // Not reached: the walk refuses what decoders refuse, which the tests hold it to for every message.
        Ok(_) => DecodeError {
            rule: CodecRule::MessageType,
            field: Title::new("message"),
            offset: 0,
        },
    }
}

/// The first rule that an instruction which begins at `cursor` breaks.
#[cold]
#[inline(never)]
pub(crate) fn instruction(known: &[Shape], mut cursor: Cursor<'_>) -> DecodeError {
    const OPCODE: Title = Title::new("opcode");
    let unknown = cursor.error(CodecRule::Value, OPCODE);
    let Some(opcode) = cursor.u8() else {
        return cursor.error(CodecRule::Truncated, OPCODE);
    };
    match known.iter().find(|shape| shape.code == opcode) {
        Some(shape) => fields(shape.fields, &mut cursor).err().unwrap_or(unknown),
        None => unknown,
    }
}

/// Walks over one whole message, and gives its extensions.
pub(crate) fn message<'a>(shape: &Shape, bytes: &'a [u8]) -> Result<&'a [u8], DecodeError> {
    let mut cursor = Cursor::new(bytes);
    if bytes.len() > usize::from(shape.place_size) {
        return Err(cursor.error(CodecRule::MessageSize, Title::new("message")));
    }
    let start = cursor.clone();
    if cursor.u8() != Some(shape.code) {
        return Err(start.error(CodecRule::MessageType, Title::new("code")));
    }
    fields(shape.fields, &mut cursor)?;
    let behind_fields = cursor.rest();
    extensions(shape.extensions, &mut cursor)?;
    Ok(behind_fields)
}

/// Walks over fields, or the operands of an instruction.
fn fields(fields: &[&Field], cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
    fields.iter().try_for_each(|one| field(one, cursor))
}

fn field(field: &Field, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
    let Some(count) = field.count else {
        return item(field.name, &field.form, cursor);
    };
    let start = cursor.clone();
    let many = count.read(cursor).map_err(|rule| start.error(rule, field.name))?;
    let mut previous: Option<&[u8]> = None;
    for _ in 0..many {
        let start = cursor.clone();
        item(field.name, &field.form, cursor)?;
        let encoded = start.up_to(cursor);
        //= spec/book/src/codec.md#cw-codec-006
        //# The encoded items of a list that the schema calls ascending MUST ascend strictly, compared byte by byte from the first.
        if count.ascending && previous.is_some_and(|previous| previous >= encoded) {
            return Err(start.error(CodecRule::Order, field.name));
        }
        previous = Some(encoded);
    }
    Ok(())
}

fn item(name: Title, form: &Form, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
    let mut leaf = |name, leaf: &Leaf| {
        let start = cursor.clone();
        leaf.check(cursor).map_err(|rule| start.error(rule, name))
    };
    match form {
        Form::Leaf(one) => leaf(name, one),
        Form::Structure(parts) => parts.iter().try_for_each(|(name, part)| leaf(*name, part)),
    }
}

/// Walks over extensions up to the end of the message.
//= spec/book/src/codec.md#cw-codec-007
//# Extensions MUST stand in strictly ascending order of their tag's lower fifteen bits, up to the end of the message.
#[cold]
#[inline(never)]
pub(crate) fn extensions(known: &[Extension], cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
    let mut previous = None;
    while !cursor.rest().is_empty() {
        let start = cursor.clone();
        let refused = |rule| start.error(rule, EXTENSIONS);
        let tag = cursor.u16().ok_or(refused(CodecRule::Truncated))?;
        let number = tag & !CRITICAL;
        if previous.is_some_and(|previous| previous >= number) {
            return Err(refused(CodecRule::ExtensionOrder));
        }
        previous = Some(number);
        let length = cursor.u16().ok_or(refused(CodecRule::Truncated))?;
        let mut value = cursor
            .within(usize::from(length))
            .ok_or(refused(CodecRule::Truncated))?;
        match known.iter().find(|known| known.tag & !CRITICAL == number) {
            Some(known) => {
                //= spec/book/src/codec.md#cw-codec-012
                //# A decoder MUST refuse a known extension whose critical bit is not that of the schema with rule `extension-bit`, and one with bytes behind its value with rule `extension-tail`.
                if known.tag != tag {
                    return Err(refused(CodecRule::ExtensionBit));
                }
                field(&known.field, &mut value)?;
                if !value.rest().is_empty() {
                    return Err(refused(CodecRule::ExtensionTail));
                }
            }
            //= spec/book/src/codec.md#cw-codec-010
            //# A decoder MUST refuse an unknown critical extension with rule `extension-critical` and keep or pass over one that is not critical.
            None if tag & CRITICAL != 0 => return Err(refused(CodecRule::ExtensionCritical)),
            None => {}
        }
    }
    Ok(())
}
