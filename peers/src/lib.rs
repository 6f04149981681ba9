//! The peers of a Cardwire reader: client, cloud, and the links between them.

pub mod client;
mod encode;
mod endpoint;
pub mod identity;
pub mod link;
mod noise;
mod timers;

pub use client::Client;
pub(crate) use encode::encoded;
pub use endpoint::{DEFAULT_BAUD, Endpoint, EndpointError};
pub use identity::Identities;
pub use link::Link;
pub use noise::HandshakeError;
pub use timers::Timers;
