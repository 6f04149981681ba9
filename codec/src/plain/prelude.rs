//! What the generated files need.

pub(super) use crate::{
    DecodeError, EncodeError, Extensions, List, Message, Name,
    message::{self, CodecRule},
    shape::Title,
    wire::{Writer, check},
};
pub(super) use alloc::{string::String, vec::Vec};
pub(super) use serde::{Deserialize, Deserializer, Serialize};

#[cfg(feature = "arbitrary")]
pub(super) use super::arbitrary::{self, Arbitrary, Unstructured};
#[cfg(feature = "proptest")]
pub(super) use super::strategy::{self, BoxedStrategy, Generate, Strategy};

/// The name that a plain value holds as text.
pub(super) fn name<'a>(text: &'a str, field: &'static str) -> Result<Name<'a>, EncodeError> {
    Name::new(text).ok_or(EncodeError::Invalid {
        rule: CodecRule::Text,
        field: Title::new(field),
    })
}

/// Whether a generated value fits its place: it keeps all other bounds.
#[cfg(any(feature = "arbitrary", feature = "proptest"))]
pub(super) fn is_small_enough(value: &impl super::Plain) -> bool {
    value.encode().is_ok()
}

/// What is given is a value: a known extension is left out, or is there, and never null.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}
