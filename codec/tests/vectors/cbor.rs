//! Vectors in CBOR: what is right converts there and back, what is wrong is refused for the reason that it states.

use crate::{
    hex,
    read::{Cbor, CborCase},
};
use cardwire_codec::{
    cbor::{CborError, from_cbor, to_cbor},
    message::{limits::FRAME_MAX, shapes},
    shape::Shape,
};

/// What is not as the vector says, behind what it demands and its title; `None` if it is kept.
pub(crate) fn fault(vector: &Cbor) -> Option<String> {
    let named = |shape: &&&Shape| shape.name.as_str() == vector.message;
    let Some(shape) = shapes::ALL.iter().find(named) else {
        panic!("no shape for {}", vector.message);
    };
    let (wanted, kept) = match &vector.case {
        CborCase::Both { native, cbor } => (
            "taken",
            converts(to_cbor, shape, native, cbor).and_then(|()| converts(from_cbor, shape, cbor, native)),
        ),
        CborCase::Refused {
            is_cbor,
            bytes,
            rule,
            field,
            offset,
        } => {
            let convert = if *is_cbor { from_cbor } else { to_cbor };
            let told = format!("{rule}: {field} at offset {offset}");
            (rule.as_str(), is_refused(convert, shape, bytes, &told))
        }
    };
    let why = kept.err()?;
    Some(format!("{wanted}, {}: {why}", vector.title))
}

type Convert = fn(&Shape, &[u8], &mut [u8]) -> Result<usize, CborError>;

/// What comes out, from a buffer with more room than it needs.
fn converted(convert: Convert, shape: &Shape, from: &[u8]) -> Result<Vec<u8>, CborError> {
    let mut out = vec![0xA5; 2 * FRAME_MAX];
    let length = convert(shape, from, &mut out)?;
    out.truncate(length);
    Ok(out)
}

/// It converts to these bytes, and a smaller buffer is told how many they are.
fn converts(convert: Convert, shape: &Shape, from: &[u8], to: &[u8]) -> Result<(), String> {
    match converted(convert, shape, from) {
        Ok(out) if out == to => {}
        Ok(out) => return Err(format!("converted to {}", hex(&out))),
        Err(error) => return Err(error.to_string()),
    }
    let needed = Err(CborError::BufferTooSmall { needed: to.len() });
    for size in [0, to.len() / 2, to.len() - 1] {
        if convert(shape, from, &mut vec![0; size]) != needed {
            return Err(format!("a buffer of {size} bytes is not found too small"));
        }
    }
    Ok(())
}

/// It is refused for this reason, whatever the buffer.
fn is_refused(convert: Convert, shape: &Shape, from: &[u8], told: &str) -> Result<(), String> {
    let error = match converted(convert, shape, from) {
        Ok(out) => return Err(format!("converted to {}", hex(&out))),
        Err(error) => error,
    };
    if error.to_string() != told {
        return Err(error.to_string());
    }
    match convert(shape, from, &mut []) {
        Err(other) if other == error => Ok(()),
        Ok(_) => Err("without a buffer it is taken".to_owned()),
        Err(other) => Err(format!("without a buffer: {other}")),
    }
}
