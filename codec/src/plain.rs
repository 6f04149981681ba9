//! Plain values: messages and documents that own what they hold.
//!
//! They are for tools, vectors and tests, which have an allocator: a reader works on the views of [`crate::message`]. A
//! plain value is read from a view and encoded through one, so that there is one codec. Its JSON form, by `serde`, is the
//! one that the specification describes for tools.
//!
//! ```
//! use cardwire_codec::plain::{Any, Plain, ServiceList};
//!
//! let list = ServiceList::decode(&[0x05, 0x02]).unwrap();
//! assert_eq!(serde_json::to_string(&list).unwrap(), r#"{"from":2}"#);
//! assert_eq!(list.encode().unwrap(), [0x05, 0x02]);
//!
//! let any = Any::decode("request", &[0x05, 0x02]).unwrap().unwrap();
//! assert_eq!(any, Any::ServiceList(list));
//! ```

mod answers;
mod any;
#[cfg(feature = "arbitrary")]
mod arbitrary;
mod channel;
mod clear;
mod cloud;
mod documents;
mod events;
mod hex;
mod prelude;
mod registered;
mod requests;
#[cfg(feature = "proptest")]
mod strategy;
mod structures;

pub use crate::message::{DiagnosticRecord, Entitlement, ModuleEntry, Offer, Slot};
pub use answers::*;
pub use any::Any;
pub use channel::*;
pub use clear::*;
pub use cloud::*;
pub use documents::*;
pub use events::*;
pub(crate) use registered::RegisteredVisitor;
pub use requests::*;
#[cfg(feature = "proptest")]
pub use strategy::Generate;
pub use structures::*;

use crate::{
    DecodeError, EncodeError, Message,
    check::{self, CRITICAL},
    extension::ExtensionWriter,
    message::CodecRule,
    shape::Shape,
};
use alloc::{vec, vec::Vec};
use serde::{Deserialize, Serialize};

/// A plain value of a message or document.
pub trait Plain: Sized {
    /// What it is read from, and encoded through.
    type View<'a>: Message<'a>;

    /// The plain value of a view.
    fn from_view(view: &Self::View<'_>) -> Self;

    /// Gives `take` this value as a view.
    ///
    /// # Errors
    /// Text that is no name, or a known extension whose value has no encoding.
    fn with_view<R>(&self, take: impl FnOnce(&Self::View<'_>) -> R) -> Result<R, EncodeError>;

    /// Decodes exactly one message from all of `bytes`.
    ///
    /// # Errors
    /// The first rule that the bytes break, with field and offset.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::View::decode(bytes).map(|view| Self::from_view(&view))
    }

    /// The encoding of this value.
    ///
    /// # Errors
    /// A value that no decoder would take.
    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        self.with_view(|view| {
            let fields = Self::View::MAX_SIZE.max(Self::View::PLACE_SIZE);
            let mut out = vec![0; fields + view.extensions().as_bytes().len()];
            let length = view.encode(&mut out)?;
            out.truncate(length);
            Ok(out)
        })?
    }
}

/// An extension that the schema does not define.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// Its tag, critical bit included.
    pub tag: u16,
    /// Its value.
    #[serde(with = "hex")]
    pub value: Vec<u8>,
}

impl Extension {
    const fn number(tag: u16) -> u16 {
        tag & !CRITICAL
    }

    /// Whether the schema defines an extension of this number for messages of this shape.
    fn is_known(tag: u16, shape: &Shape) -> bool {
        let mut known = shape.extensions.iter();
        known.any(|known| Self::number(known.tag) == Self::number(tag))
    }

    /// The extensions of a message that the schema does not define for it.
    fn unknown<'a, M: Message<'a>>(message: &M) -> Vec<Self> {
        let all = message.extensions();
        all.iter()
            .filter(|(tag, _)| !Self::is_known(*tag, M::SHAPE))
            .map(|(tag, value)| Self {
                tag,
                value: value.to_vec(),
            })
            .collect()
    }

    /// Makes generated extensions such as may stand in a message of this shape: in order, each once, none that it knows.
    #[cfg(any(feature = "arbitrary", feature = "proptest"))]
    fn arrange(mut all: Vec<Self>, shape: &Shape) -> Vec<Self> {
        all.retain(|extension| !Self::is_known(extension.tag, shape));
        all.sort_by_key(|extension| extension.tag);
        all.dedup_by_key(|extension| extension.tag);
        all
    }

    /// Encodes extensions in the order of their numbers.
    ///
    /// # Errors
    /// One that is longer than 65535 bytes.
    fn encode(mut all: Vec<Self>) -> Result<Vec<u8>, EncodeError> {
        const HEAD: usize = 4;
        all.sort_by_key(|extension| Self::number(extension.tag));
        let mut bytes = vec![0; all.iter().map(|extension| HEAD + extension.value.len()).sum()];
        let mut writer = ExtensionWriter::new(&mut bytes);
        for extension in &all {
            // There is room for all of them: what does not go in is longer than a length can say.
            writer
                .push(extension.tag, &extension.value)
                .map_err(|_| EncodeError::Invalid {
                    rule: CodecRule::Length,
                    field: check::EXTENSIONS,
                })?;
        }
        let length = writer.finish().as_bytes().len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// Characters of names, for generated ones.
#[cfg(any(feature = "arbitrary", feature = "proptest"))]
const NAME: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

/// The longest value of a generated extension, in bytes.
#[cfg(any(feature = "arbitrary", feature = "proptest"))]
const EXTENSION_MAX: usize = 8;

/// An enum over messages and documents: place, schema's name and type of each.
macro_rules! any_of {
    ($($place:literal $name:literal $message:ident,)+) => {
        /// Any message or document.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Any {
            $(
                #[doc = concat!("`", $name, "`.")]
                $message($message),
            )+
        }

        impl Any {
            /// The schema's name of each, with the place where it is met.
            pub const ALL: &[(&str, &str)] = &[$(($place, $name)),+];

            /// Decodes what is met at a place, by the name that the specification gives it, such as `clear-request` or
            /// `document:logic`; `None` where there is no such place.
            #[must_use]
            pub fn decode(place: &str, bytes: &[u8]) -> Option<Result<Self, DecodeError>> {
                let mut is_place = false;
                $(
                    if place == $place {
                        is_place = true;
                        // A document's reader knows what it wants before it sees the first byte.
                        let is_meant = bytes.first() == Some(&<$message as Plain>::View::CODE);
                        if is_meant || place.starts_with("document:") {
                            return Some($message::decode(bytes).map(Self::$message));
                        }
                    }
                )+
                is_place.then_some(Err(DecodeError {
                    rule: CodecRule::MessageType,
                    field: Title::new("code"),
                    offset: 0,
                }))
            }

            /// Reads the message or document `name` from its JSON form, or another one that `serde` knows; `None` where
            /// the schema has none of this name.
            ///
            /// # Errors
            /// What the deserializer says.
            pub fn deserialize<'de, D: Deserializer<'de>>(name: &str, from: D) -> Result<Option<Self>, D::Error> {
                match name {
                    $($name => $message::deserialize(from).map(|value| Some(Self::$message(value))),)+
                    _ => Ok(None),
                }
            }

            /// The encoding of this value.
            ///
            /// # Errors
            /// A value that no decoder would take.
            pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
                match self {
                    $(Self::$message(value) => value.encode(),)+
                }
            }

            /// The schema's name.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$message(_) => $name,)+
                }
            }

            /// The shape of the message or document `name`, by which it is transcoded; `None` where there is none.
            #[must_use]
            pub fn shape(name: &str) -> Option<&'static $crate::shape::Shape> {
                match name {
                    $($name => Some(<$message as Plain>::View::SHAPE),)+
                    _ => None,
                }
            }

            /// Values of the message or document `name` that keep the schema's bounds; `None` where there is none.
            #[cfg(feature = "proptest")]
            #[must_use]
            pub fn strategy(name: &str) -> Option<BoxedStrategy<Self>> {
                match name {
                    $($name => Some($message::strategy().prop_map(Self::$message).boxed()),)+
                    _ => None,
                }
            }

            /// A value of any of them, as a fuzzer chooses.
            ///
            /// # Errors
            /// The fuzzer's bytes are used up.
            #[cfg(feature = "arbitrary")]
            pub fn arbitrary(bytes: &mut Unstructured<'_>) -> ::arbitrary::Result<Self> {
                let (_, chosen) = bytes.choose(Self::ALL)?;
                $(
                    if *chosen == $name {
                        return $message::arbitrary(bytes).map(Self::$message);
                    }
                )+
                Err(::arbitrary::Error::IncorrectFormat)
            }
        }
    };
}

use any_of;
