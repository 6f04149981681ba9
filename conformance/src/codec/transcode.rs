//! What the interpreter makes of one encoding in the other.

use super::request::Encoding;
use crate::embedded::protocol;
use cardwire_spec::interpret::{self, Fault};

/// From the encoding of the message or document of this name to the other one.
///
/// # Errors
/// The first rule that the bytes break.
pub(super) fn transcode(message: &str, from: Encoding, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    match from {
        Encoding::Native => interpret::to_cbor(protocol(), message, bytes),
        Encoding::Cbor => interpret::from_cbor(protocol(), message, bytes),
    }
}
