//! postcard 1, by serde's derive.
//!
//! It is here twice, since no one shape does best in everything. As derive has it, ids and digests are arrays, of which
//! serde knows only that they have so many elements: the smallest encoding, and each byte by itself. With `serde_bytes`
//! they are borrowed byte strings: a byte more on the wire, and one step. Bytes are byte strings in both, lists are
//! `heapless`'s, without allocation.

use super::serde_model::{arrays, byte_strings};
use crate::mix::Kind;
use crate::model::{Codec, Visit};

/// Ids and digests as arrays.
pub(crate) enum Postcard {}

/// Ids and digests as byte strings.
pub(crate) enum PostcardBytes {}

impl Codec for Postcard {
    const NAME: &'static str = "postcard";

    type Value = arrays::Message<'static>;

    fn value(kind: Kind) -> Self::Value {
        arrays::value(kind)
    }

    #[inline(always)]
    fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
        let message = postcard::from_bytes(bytes).ok()?;
        arrays::visit(&message, visit);
        Some(())
    }

    #[inline(always)]
    fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize> {
        postcard::to_slice(value, out).ok().map(|encoded| encoded.len())
    }
}

impl Codec for PostcardBytes {
    const NAME: &'static str = "postcard, serde_bytes";

    type Value = byte_strings::Message<'static>;

    fn value(kind: Kind) -> Self::Value {
        byte_strings::value(kind)
    }

    #[inline(always)]
    fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
        let message = postcard::from_bytes(bytes).ok()?;
        byte_strings::visit(&message, visit);
        Some(())
    }

    #[inline(always)]
    fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize> {
        postcard::to_slice(value, out).ok().map(|encoded| encoded.len())
    }
}
