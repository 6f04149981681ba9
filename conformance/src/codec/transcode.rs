//! The seam to the interpreter's second encoding: everything that the suite knows of CBOR goes through here.

use super::request::Encoding;
use crate::embedded::protocol;
use cardwire_spec::{
    Protocol,
    interpret::{self, Fault},
};

/// From one encoding of the message or document of this name to the other.
type Convert = fn(&Protocol, &str, &[u8]) -> Result<Vec<u8>, Fault>;

/// The interpreter's two directions; without them there are no cases, and programs that declare `transcode` are told.
const CONVERSIONS: Option<Conversions> = Some(Conversions {
    to_cbor: interpret::to_cbor,
    from_cbor: interpret::from_cbor,
});

#[derive(Clone, Copy)]
struct Conversions {
    to_cbor: Convert,
    from_cbor: Convert,
}

/// Whether this suite can judge what a program transcodes.
pub(super) const fn is_judged() -> bool {
    CONVERSIONS.is_some()
}

/// What the interpreter makes of an encoding; `None` where it knows one encoding only.
pub(super) fn transcode(message: &str, from: Encoding, bytes: &[u8]) -> Option<Result<Vec<u8>, Fault>> {
    let Conversions { to_cbor, from_cbor } = CONVERSIONS?;
    let convert = match from {
        Encoding::Native => to_cbor,
        Encoding::Cbor => from_cbor,
    };
    Some(convert(protocol(), message, bytes))
}
