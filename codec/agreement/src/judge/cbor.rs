//! What both say of messages in CBOR: of such bytes, and of the form that native bytes have.

use super::Verdict;
use cardwire_codec::{
    cbor::{CborError, from_cbor, to_cbor},
    message::limits::FRAME_MAX,
    plain::Any,
    shape::Shape,
};
use cardwire_spec::{
    Protocol,
    interpret::{self, hex},
};

/// The generated codec, of CBOR: what it takes it writes again.
pub(super) fn generated(name: &str, cbor: &[u8]) -> Verdict {
    let shape = shape(name);
    let native = match converted(from_cbor, shape, cbor) {
        Ok(native) => native,
        Err(CborError::Refused(error)) => return Verdict::refused(error),
        Err(error) => return Verdict::rewritten(Err(&error)),
    };
    match converted(to_cbor, shape, &native) {
        Ok(again) if again == cbor => Verdict::told(hex::encode(&native)),
        Ok(again) => Verdict::rewritten(Ok(&again)),
        Err(error) => Verdict::rewritten(Err(&error)),
    }
}

/// The interpreter, likewise.
pub(super) fn interpreted(protocol: &Protocol, name: &str, cbor: &[u8]) -> Verdict {
    let native = match interpret::from_cbor(protocol, name, cbor) {
        Ok(native) => native,
        Err(fault) => return Verdict::found(fault),
    };
    match interpret::to_cbor(protocol, name, &native) {
        Ok(again) if again == cbor => Verdict::told(hex::encode(&native)),
        Ok(again) => Verdict::rewritten(Ok(&again)),
        Err(fault) => Verdict::rewritten(Err(&fault)),
    }
}

/// The CBOR form of native bytes that the generated codec has taken, or why there is none.
///
/// # Errors
/// The form does not lead back to the bytes.
pub(super) fn form(name: &str, native: &[u8]) -> Result<String, Verdict> {
    let shape = shape(name);
    let cbor = match converted(to_cbor, shape, native) {
        Ok(cbor) => cbor,
        Err(CborError::Refused(error)) => return Ok(error.to_string()),
        Err(error) => return Err(Verdict::rewritten(Err(&error))),
    };
    match converted(from_cbor, shape, &cbor) {
        Ok(again) if again == native => Ok(hex::encode(&cbor)),
        Ok(again) => Err(Verdict::rewritten(Ok(&again))),
        Err(error) => Err(Verdict::rewritten(Err(&error))),
    }
}

/// The same of the interpreter.
///
/// # Errors
/// The form does not lead back to the bytes.
pub(super) fn form_as_interpreted(protocol: &Protocol, name: &str, native: &[u8]) -> Result<String, Verdict> {
    let cbor = match interpret::to_cbor(protocol, name, native) {
        Ok(cbor) => cbor,
        Err(fault) => return Ok(fault.to_string()),
    };
    match interpret::from_cbor(protocol, name, &cbor) {
        Ok(again) if again == native => Ok(hex::encode(&cbor)),
        Ok(again) => Err(Verdict::rewritten(Ok(&again))),
        Err(fault) => Err(Verdict::rewritten(Err(&fault))),
    }
}

fn shape(name: &str) -> &'static Shape {
    // The first input for a message that was added to the schema says so, with its name.
    Any::shape(name).unwrap_or_else(|| panic!("the generated codec has no shape for {name}"))
}

type Convert = fn(&Shape, &[u8], &mut [u8]) -> Result<usize, CborError>;

/// What comes out. Without a buffer comes the same, as far as there is room for it.
fn converted(convert: Convert, shape: &Shape, from: &[u8]) -> Result<Vec<u8>, CborError> {
    let mut out = [0; 2 * FRAME_MAX];
    let result = convert(shape, from, &mut out);
    let without = convert(shape, from, &mut []);
    match result {
        Ok(needed) if without == Err(CborError::BufferTooSmall { needed }) => Ok(out[..needed].to_vec()),
        Err(error) if without == Err(error) => Err(error),
        // One of the two is wrong; the interpreter agrees with neither.
        Ok(_) | Err(_) => Err(CborError::BufferTooSmall { needed: 0 }),
    }
}
