//! An input: bytes, and what they are taken for.

use cardwire_spec::{Place, Protocol, interpret::hex};
use core::fmt;

/// What bytes are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'p> {
    /// A message or document, met here.
    Message(Place<'p>),
    /// The message or document of this name, in CBOR.
    Cbor(&'p str),
    /// What stands between two delimiters on the line.
    Line,
    /// A piece of the line, delimiters and all.
    Stream,
}

impl<'p> Subject<'p> {
    /// All that bytes can be taken for.
    pub fn all(protocol: &'p Protocol) -> impl Iterator<Item = Self> {
        let places = places(protocol).map(Self::Message);
        let messages = protocol.messages.iter().map(|message| &message.name);
        let documents = protocol.documents.iter().map(|document| &document.name);
        let names = messages.chain(documents).map(|name| Self::Cbor(name));
        places.chain(names).chain([Self::Line, Self::Stream])
    }

    /// The subject that is written so: a place, as in `request` and `document:logic`, or a message in CBOR, as in
    /// `cbor:hello`, or `line`, or `stream`. `None` where it is none, or nothing that the schema has.
    #[must_use]
    pub fn parse(protocol: &'p Protocol, text: &str) -> Option<Self> {
        Self::all(protocol).find(|subject| subject.to_string() == text)
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(place) => place.fmt(f),
            Self::Cbor(name) => write!(f, "cbor:{name}"),
            Self::Line => f.write_str("line"),
            Self::Stream => f.write_str("stream"),
        }
    }
}

/// Where messages and documents are met.
pub(crate) fn places(protocol: &Protocol) -> impl Iterator<Item = Place<'_>> {
    let documents = protocol.documents.iter();
    Place::MESSAGES
        .into_iter()
        .chain(documents.map(|document| Place::Document(&document.name)))
}

/// Bytes that both codecs judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input<'p> {
    /// What they are taken for.
    pub subject: Subject<'p>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Display for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} '{}'", self.subject, hex::encode(&self.bytes))
    }
}
