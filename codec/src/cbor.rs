//! Messages and documents in CBOR, from their native encoding and back.
//!
//! A message in CBOR is one map, deterministically encoded (RFC 8949, section 4.2.1): its code under key 0, its fields
//! under the keys from 1 on, its extensions under negative keys (CW-CBOR-001). The keys ascend as the parts of the native
//! encoding follow each other, so that both ways are one walk over the bytes along the message's [`Shape`], without memory
//! of their own. Service data have the form that interfaces with the format `cbor` take and give.
//!
//! Both are strict: bytes that are not the one encoding of their message are refused with rule, field and offset. That
//! does not depend on the buffer, which may even be empty: then the answer is how large it has to be.
//!
//! ```
//! use cardwire_codec::{cbor, message::shapes};
//!
//! let mut out = [0; 16];
//! let length = cbor::to_cbor(&shapes::SERVICE_LIST, &[0x05, 0x00], &mut out).unwrap();
//! assert_eq!(out[..length], [0xA2, 0x00, 0x05, 0x01, 0x00]);
//!
//! let mut native = [0; 16];
//! let length = cbor::from_cbor(&shapes::SERVICE_LIST, &out[..length], &mut native).unwrap();
//! assert_eq!(native[..length], [0x05, 0x00]);
//!
//! let error = cbor::from_cbor(&shapes::SERVICE_LIST, &[0xA2, 0x00, 0x05, 0x01, 0x18, 0x00], &mut native).unwrap_err();
//! assert_eq!(error.to_string(), "cbor-head: from at offset 4");
//! # extern crate std; use std::string::ToString as _;
//! ```

mod give;
mod head;
mod service;
mod sink;
mod take;

use crate::{
    DecodeError,
    message::CodecRule,
    shape::{Shape, Title},
    wire::Cursor,
};
use core::fmt;
use sink::Sink;

/// Why there is no CBOR for native bytes, or no native bytes for CBOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CborError {
    /// The result does not fit into the buffer given, and is right otherwise.
    BufferTooSmall {
        /// How many bytes it has.
        needed: usize,
    },
    /// The bytes break a rule; the offset counts in those that were given.
    Refused(DecodeError),
}

/// Writes the CBOR form of a message or document to the start of `out`, from all of its native encoding, and returns the
/// length in bytes.
///
/// # Errors
/// The first rule that the native bytes break; of service data that are right, `cbor-kind` where they have no form in
/// CBOR; a buffer that is too small. `out` then holds nothing of use.
//= spec/book/src/cbor.md#cw-cbor-001
//# The CBOR form of a message MUST be one map with the code under key 0, the fields in the schema's order under the keys from 1 on and each extension under the key -1 less its number, and nothing behind it.
pub fn to_cbor(shape: &Shape, native: &[u8], out: &mut [u8]) -> Result<usize, CborError> {
    let mut sink = Sink::new(out);
    match service::Items::of(shape) {
        Some(items) => items.give(shape, native, &mut sink)?,
        None => give::message(shape, native, &mut sink)?,
    }
    sink.finish()
}

/// Writes the native encoding of a message or document to the start of `out`, from all of its CBOR form, and returns the
/// length in bytes.
///
/// # Errors
/// The first rule that the CBOR breaks, `message-size` last; a buffer that is too small. `out` then holds nothing of use.
//= spec/book/src/cbor.md#cw-cbor-005
//# Of the rules that a message in CBOR breaks, a decoder MUST name the one that it meets first when it reads the bytes from front to back, and `message-size` only where there is no other.
pub fn from_cbor(shape: &Shape, cbor: &[u8], out: &mut [u8]) -> Result<usize, CborError> {
    const MESSAGE: Title = Title::new("message");
    let mut cursor = Cursor::new(cbor);
    let mut sink = Sink::new(out);
    sink.number(u64::from(shape.code), 1);
    match service::Items::of(shape) {
        Some(items) => items.take(&mut cursor, &mut sink)?,
        None => take::message(shape, &mut cursor, &mut sink)?,
    }
    if !cursor.rest().is_empty() {
        return Err(cursor.error(CodecRule::CborTail, MESSAGE).into());
    }
    if sink.written() > usize::from(shape.place_size) {
        return Err(Cursor::new(cbor).error(CodecRule::MessageSize, MESSAGE).into());
    }
    sink.finish()
}

impl From<DecodeError> for CborError {
    fn from(error: DecodeError) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Display for CborError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall { needed } => write!(f, "the buffer is too small for {needed} bytes"),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for CborError {}
