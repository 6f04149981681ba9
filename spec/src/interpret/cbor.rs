//! Messages and documents in CBOR, from their native encoding and back.
//!
//! A message is one map, deterministically encoded: its code under key 0, its fields under the keys from 1 on, its
//! extensions under negative keys. Service data have the form that their interfaces have for it. Plain like the rest of
//! the interpreter: it allocates, and says of everything that it refuses what it wanted there.
//!
//! ```
//! use cardwire_spec::interpret;
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/protocol.toml");
//! let protocol = cardwire_spec::load(path.as_ref())?;
//!
//! let native = [0x05, 0x00];
//! let cbor = interpret::to_cbor(&protocol, "service_list", &native)?;
//! assert_eq!(cbor, [0xA2, 0x00, 0x05, 0x01, 0x00]);
//! assert_eq!(interpret::from_cbor(&protocol, "service_list", &cbor)?, native);
//!
//! let fault = interpret::from_cbor(&protocol, "service_list", &[0xA2, 0x00, 0x05, 0x01, 0x18, 0x00]).unwrap_err();
//! assert_eq!(fault.to_string(), "cbor-head: from at offset 4");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod head;
mod map;
mod read;
mod service;
mod write;

use super::{
    decode::{self, Shape, shapes},
    fault::{Detail, Fault, Rule},
    wanted,
};
use crate::model::Protocol;

/// The CBOR form of the message or document `name`, from all of its native encoding.
///
/// # Errors
/// The first rule that the native bytes break, with field and offset in them. Of service data that are right,
/// `cbor-kind` where they have no form in CBOR.
pub fn to_cbor(protocol: &Protocol, name: &str, native: &[u8]) -> Result<Vec<u8>, Fault> {
    let shape = shape(protocol, name)?;
    let is_service_data = shape.name == service::NAME;
    let (_, tree) = decode::read_as(protocol, shape, native).map_err(|refused| refused.fault)?;
    if is_service_data {
        service::write(&tree)
    } else {
        Ok(write::message(&tree))
    }
}

/// The native encoding of the message or document `name`, from all of its CBOR form.
///
/// # Errors
/// The first rule that the CBOR breaks, with field and offset in it; `message-size` last.
pub fn from_cbor(protocol: &Protocol, name: &str, cbor: &[u8]) -> Result<Vec<u8>, Fault> {
    let shape = shape(protocol, name)?;
    let mut reader = read::Reader::new(protocol, cbor);
    let mut native = vec![shape.code];
    if shape.name == service::NAME {
        reader.service_data(&shape, &mut native)?;
    } else {
        reader.message(&shape, &mut native)?;
    }
    reader.end()?;
    if native.len() as u64 > shape.max_size {
        let detail = Detail {
            path: String::from("message"),
            mark: 0..cbor.len(),
            expected: format!("{} at most in the native encoding", wanted::bytes(shape.max_size)),
            found: wanted::bytes(native.len() as u64),
        };
        return Err(Fault::new(Rule::MessageSize, "message", 0, detail));
    }
    Ok(native)
}

fn shape<'p>(protocol: &'p Protocol, name: &str) -> Result<Shape<'p>, Fault> {
    shapes(protocol).find(|shape| shape.name == name).ok_or_else(|| {
        let detail = Detail {
            path: String::from("code"),
            mark: 0..0,
            expected: String::from("the name of a message or document"),
            found: format!("`{name}`"),
        };
        Fault::new(Rule::MessageType, "code", 0, detail)
    })
}
