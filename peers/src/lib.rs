//! The peers of a Cardwire reader: client, cloud, and the links between them.

pub mod client;
pub mod cloud;
mod encode;
mod endpoint;
pub mod identity;
pub mod link;
pub mod login_header;
mod noise;
pub mod scripted;
mod stream;
mod timers;
mod tls;

pub use client::Client;
pub use cloud::Cloud;
pub(crate) use encode::encoded;
pub use endpoint::{DEFAULT_BAUD, Endpoint, EndpointError};
pub use identity::Identities;
pub use link::Link;
pub use noise::HandshakeError;
pub use timers::Timers;
pub use tls::TlsError;
