//! The second codec: decodes and encodes anything from the schema alone.
//!
//! It shares no line with the codec that the schema is turned into, so that each can be held against the other: for
//! every byte string both give the same value, or name the same rule, field and offset. It favours plainness over
//! speed, allocates, and keeps the place of every value.
//!
//! ```
//! use cardwire_spec::{Place, interpret};
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/protocol.toml");
//! let protocol = cardwire_spec::load(path.as_ref())?;
//!
//! let tree = interpret::decode(&protocol, Place::ClearRequest, &[0x01, 0x01, 0x01, 0x02, 0x00])?;
//! assert_eq!(tree.name, "hello");
//! assert_eq!(interpret::to_json(&tree).to_string(), r#"{"versions":[1],"max_frame":512}"#);
//!
//! let hello = serde_json::json!({ "versions": [1], "max_frame": 512 });
//! assert_eq!(interpret::encode(&protocol, "hello", &hello)?, [0x01, 0x01, 0x01, 0x02, 0x00]);
//!
//! let fault = interpret::decode(&protocol, Place::ClearRequest, &[0x01, 0x01, 0x01, 0x02]).unwrap_err();
//! assert_eq!(fault.to_string(), "truncated: max_frame at offset 3");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cbor;
mod decode;
mod encode;
mod explain;
mod extension;
mod fault;
pub mod frame;
pub mod hex;
mod json;
mod reader;
mod tree;
mod wanted;

pub use cbor::{from_cbor, to_cbor};
pub use decode::decode;
pub use encode::encode;
pub(crate) use encode::write_field;
pub(crate) use explain::INSTRUCTIONS;
pub use explain::{Explanation, Held, Part, Refusal, Subject, explain};
pub use fault::{Detail, EncodeError, Fault, Rule};
pub use json::to_json;
pub(crate) use reader::{Reader, is_of_charset};
pub use tree::{Data, Extension, Node, Tree};
