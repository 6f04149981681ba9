//! The formal codec of Cardwire: link frames and messages.
//!
//! Everything here is `no_std`, works without allocation and without `unsafe`, and borrows from its input. It is
//! **canonical**: one value has one encoding, and every other byte string is refused with the rule that it breaks,
//! the field, and the offset ([`DecodeError`]).
//!
//! | part | what it holds |
//! | --- | --- |
//! | [`frame`] | link frames: COBS, CRC-32C, kind and number; [`frame::Deframer`] finds them in a byte stream |
//! | [`message`] | every message, document and registry of the protocol, generated from `spec/protocol.toml` |
//! | [`wire`] | the leaf parsers and writers that the generated types are made of |
//! | [`shape`] | messages as tables: what is looked up when bytes are refused |
//! | [`cbor`] | every message and document in CBOR, to and from its native encoding |
//! | [`list`], [`extension`] | repeated parts and optional parts as views over validated bytes |
//!
//! ```
//! use cardwire_codec::{List, Message, message::Hello};
//!
//! let hello = Hello { versions: List::from_items(&[1]), max_frame: 512, extensions: Default::default() };
//! let mut bytes = [0; 16];
//! let length = hello.encode(&mut bytes).unwrap();
//! assert_eq!(bytes[..length], [0x01, 0x01, 0x01, 0x02, 0x00]);
//! assert_eq!(Hello::decode(&bytes[..length]).unwrap(), hello);
//!
//! // One value has one encoding: a byte too many is refused, and the error says where and why.
//! let error = Hello::decode(&[0x01, 0x01, 0x01, 0x02, 0x00, 0xFF]).unwrap_err();
//! assert_eq!(error.to_string(), "truncated: extensions at offset 5");
//! ```
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `plain` | [`plain`]: values that own what they hold, and their JSON form; needs an allocator |
//! | `names` | the schema's names of fields in errors |
//! | `arbitrary`, `proptest` | plain values for fuzzers and for property tests |
#![no_std]

#[cfg(feature = "plain")]
extern crate alloc;

pub mod cbor;
mod check;
pub mod error;
pub mod extension;
pub mod frame;
pub mod list;
pub mod message;
mod name;
mod place;
#[cfg(feature = "plain")]
pub mod plain;
mod registry;
pub mod shape;
pub mod wire;

pub use error::{DecodeError, EncodeError};
pub use extension::Extensions;
pub use frame::Frame;
pub use list::List;
pub use name::Name;
pub use wire::Message;
