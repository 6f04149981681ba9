//! Optional parts behind the fields of a message.
//!
//! An extension is a tag (u16: the critical bit 0x8000 and a number), a length (u16) and a value (CW-CODEC-007). This
//! version of the protocol defines none, so that all are unknown here: those that are not critical are kept as they
//! are, a critical one is refused.

use crate::{DecodeError, message::CodecRule, wire::Cursor};

const FIELD: &str = "extensions";
const CRITICAL: u16 = 0x8000;

/// The extensions of a message: a view over bytes that were validated once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    bytes: &'a [u8],
}

impl<'a> Extensions<'a> {
    /// No extensions.
    pub const NONE: Extensions<'static> = Extensions { bytes: &[] };

    /// Reads extensions up to the end of the message.
    ///
    /// # Errors
    /// `truncated`, `extension-order`, `extension-critical`.
    //= spec/book/src/codec.md#cw-codec-007
    //# Extensions MUST stand in strictly ascending order of their tag's lower fifteen bits, up to the end of the message.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, DecodeError> {
        let bytes = cursor.rest();
        let mut previous = None;
        while !cursor.rest().is_empty() {
            let start = cursor.clone();
            let tag = cursor.u16(FIELD)?;
            let number = tag & !CRITICAL;
            if previous.is_some_and(|previous| previous >= number) {
                return Err(start.error(CodecRule::ExtensionOrder, FIELD));
            }
            let length = cursor
                .u16(FIELD)
                .map_err(|_| start.error(CodecRule::Truncated, FIELD))?;
            cursor
                .skip(FIELD, usize::from(length))
                .map_err(|_| start.error(CodecRule::Truncated, FIELD))?;
            if tag & CRITICAL != 0 {
                return Err(start.error(CodecRule::ExtensionCritical, FIELD));
            }
            previous = Some(number);
        }
        Ok(Self { bytes })
    }

    /// The encoded extensions.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Tag and value of each extension in order.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let mut cursor = Cursor::new(self.bytes);
        core::iter::from_fn(move || {
            let tag = cursor.u16(FIELD).ok()?;
            let length = cursor.u16(FIELD).ok()?;
            Some((tag, cursor.skip(FIELD, usize::from(length)).ok()?))
        })
    }
}
