//! Heads: what every data item of CBOR begins with (RFC 8949, section 3).

use crate::{DecodeError, message::CodecRule, shape::Title, wire::Cursor};

/// A type of CBOR, as the upper three bits of a head state it: those that messages are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Major {
    /// An integer from 0 on.
    Unsigned = 0,
    /// An integer below 0: of keys only.
    Negative = 1,
    Bytes = 2,
    Text = 3,
    Array = 4,
    /// Of whole messages only.
    Map = 5,
    /// Of which there are [`FALSE`] and [`TRUE`] only.
    Simple = 7,
}

/// The numbers of the simple values that booleans are.
pub(super) const FALSE: u64 = 20;
pub(super) const TRUE: u64 = 21;

impl Major {
    pub(super) const fn number(self) -> u8 {
        self as u8
    }

    /// Whether a data item that begins with this byte is of the type.
    const fn begins_with(self, first: u8) -> bool {
        let is_of_type = first >> 5 == self.number();
        match self {
            // Both are all in their first byte: a number that follows would be a float, or a simple value of no use.
            Self::Simple => is_of_type && matches!((first & LOW) as u64, FALSE | TRUE),
            Self::Unsigned | Self::Negative | Self::Bytes | Self::Text | Self::Array | Self::Map => {
                is_of_type
            }
        }
    }
}

/// The bits of a head's first byte that say what its number is, or how many bytes it has.
const LOW: u8 = 0x1F;

/// Reads the head of a data item that must be of one of these types; `field` names it in errors.
//= spec/book/src/cbor.md#cw-cbor-002
//# A decoder MUST refuse a head that is longer than its number needs, or reserved, with rule `cbor-head`, and one of indefinite length with rule `cbor-indefinite`.
//= spec/book/src/cbor.md#cw-cbor-003
//# A decoder MUST refuse a data item of another type than its place in the message wants with rule `cbor-type`.
pub(super) fn read(
    cursor: &mut Cursor<'_>,
    field: Title,
    types: &[Major],
) -> Result<(Major, u64), DecodeError> {
    let start = cursor.clone();
    let refused = |rule| start.error(rule, field);
    let first = cursor.u8().ok_or(refused(CodecRule::Truncated))?;
    let of_type = types.iter().find(|major| major.begins_with(first));
    let major = *of_type.ok_or(refused(CodecRule::CborType))?;
    let number = match first & LOW {
        low @ 0..=23 => return Ok((major, u64::from(low))),
        24 => cursor.u8().map(|number| (u64::from(number), 24)),
        25 => cursor.u16().map(|number| (u64::from(number), 0x100)),
        26 => cursor.u32().map(|number| (u64::from(number), 0x1_0000)),
        27 => cursor.u64().map(|number| (number, 0x1_0000_0000)),
        28..=30 => return Err(refused(CodecRule::CborHead)),
        31.. => return Err(refused(CodecRule::CborIndefinite)),
    };
    match number.ok_or(refused(CodecRule::Truncated))? {
        (number, least) if number >= least => Ok((major, number)),
        // A shorter head would have done.
        _ => Err(refused(CodecRule::CborHead)),
    }
}

/// Reads a head of this one type, and gives its number.
pub(super) fn of(cursor: &mut Cursor<'_>, field: Title, major: Major) -> Result<u64, DecodeError> {
    read(cursor, field, &[major]).map(|(_, number)| number)
}
