//! rmp-serde 1: MessagePack by serde's derive, structures as arrays, which is its default.

use super::serde_model::byte_strings;
use crate::mix::Kind;
use crate::model::{Codec, Visit};

/// See the module.
pub(crate) enum RmpSerde {}

impl Codec for RmpSerde {
    const NAME: &'static str = "rmp-serde";

    type Value = byte_strings::Message<'static>;

    fn value(kind: Kind) -> Self::Value {
        byte_strings::value(kind)
    }

    #[inline(always)]
    fn decode(bytes: &[u8], visit: &mut impl Visit) -> Option<()> {
        let message = rmp_serde::from_slice(bytes).ok()?;
        byte_strings::visit(&message, visit);
        Some(())
    }

    #[inline(always)]
    fn encode(value: &Self::Value, out: &mut [u8]) -> Option<usize> {
        let room = out.len();
        let mut rest = out;
        rmp_serde::encode::write(&mut rest, value).ok()?;
        Some(room - rest.len())
    }
}
