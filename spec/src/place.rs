//! Where a message is met: the messages of one place share one decoder.

use crate::model::{Channel, Direction, Message};
use core::fmt;

/// Where bytes are met, and so which messages they can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place<'n> {
    /// Client to reader, in clear.
    ClearRequest,
    /// Reader to client, in clear.
    ClearAnswer,
    /// Client to reader, sealed.
    Request,
    /// Reader to client, sealed, asked for.
    Answer,
    /// Reader to client, sealed, unasked.
    Event,
    /// Client to cloud.
    CloudRequest,
    /// Cloud to client.
    CloudAnswer,
    /// Cloud to reader, relayed.
    ChannelRequest,
    /// Reader to cloud, relayed.
    ChannelAnswer,
    /// Where the document of this name stands, and nothing else.
    Document(&'n str),
    /// Anywhere: the code alone tells messages and documents apart.
    Any,
}

impl<'n> Place<'n> {
    /// The places of messages, in order.
    pub const MESSAGES: [Place<'static>; 9] = [
        Place::ClearRequest,
        Place::ClearAnswer,
        Place::Request,
        Place::Answer,
        Place::Event,
        Place::CloudRequest,
        Place::CloudAnswer,
        Place::ChannelRequest,
        Place::ChannelAnswer,
    ];

    /// The place that is written so: the inverse of `to_string`, as in `clear-request`, `document:logic`, `any`.
    #[must_use]
    pub fn parse(text: &'n str) -> Option<Self> {
        match text.split_once(':') {
            Some(("document", name)) => Some(Self::Document(name)),
            Some(_) => None,
            None if text == "any" => Some(Self::Any),
            None => Self::MESSAGES.into_iter().find(|place| place.to_string() == text),
        }
    }

    /// What is met here, in one sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::ClearRequest => "A message from client to reader, in clear.",
            Self::ClearAnswer => "A message from reader to client, in clear.",
            Self::Request => "A sealed message from client to reader.",
            Self::Answer => "A sealed message from reader to client that answers a request.",
            Self::Event => "A sealed message that a reader sends unasked.",
            Self::CloudRequest => "A message from client to cloud.",
            Self::CloudAnswer => "A message from cloud to client.",
            Self::ChannelRequest => "A message from cloud to reader.",
            Self::ChannelAnswer => "A message from reader to cloud.",
            Self::Document(_) => "A document.",
            Self::Any => "A message or a document.",
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClearRequest => "clear-request",
            Self::ClearAnswer => "clear-answer",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Event => "event",
            Self::CloudRequest => "cloud-request",
            Self::CloudAnswer => "cloud-answer",
            Self::ChannelRequest => "channel-request",
            Self::ChannelAnswer => "channel-answer",
            Self::Document(name) => return write!(f, "document:{name}"),
            Self::Any => "any",
        })
    }
}

impl Message {
    /// The place where this message is met, or `None` where its channel does not join its two ends.
    #[must_use]
    pub const fn place(&self) -> Option<Place<'static>> {
        Some(match (self.channel, self.direction) {
            (Channel::Clear, Direction::ClientToReader) => Place::ClearRequest,
            (Channel::Clear, Direction::ReaderToClient) => Place::ClearAnswer,
            (Channel::Sealed, Direction::ClientToReader) => Place::Request,
            (Channel::Sealed, Direction::ReaderToClient) if self.event => Place::Event,
            (Channel::Sealed, Direction::ReaderToClient) => Place::Answer,
            (Channel::Tls, Direction::ClientToCloud) => Place::CloudRequest,
            (Channel::Tls, Direction::CloudToClient) => Place::CloudAnswer,
            (Channel::Relayed, Direction::CloudToReader) => Place::ChannelRequest,
            (Channel::Relayed, Direction::ReaderToCloud) => Place::ChannelAnswer,
            _ => return None,
        })
    }
}
