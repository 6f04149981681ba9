//! The peers of a Cardwire reader: client, cloud, and the links between them.
//!
//! ```text
//! client ── link ──▶ reader          TCP, a serial port, or a program's standard input and output
//!    └──── TLS ────▶ cloud           or TCP on the loopback interface
//! ```
//!
//! | part | what it does |
//! | --- | --- |
//! | [`Endpoint`], [`link`] | how a reader is reached, and the frames on the way; waiting has a deadline everywhere |
//! | [`client`] | hello, connect, session, login, services; [`client::handshake`] and [`client::channel`] step by step |
//! | [`cloud`] | registry, login, grants, updates; [`cloud::channel`] step by step |
//! | [`identity`] | identity files, the published certification identities, fresh ones; secrets that are never printed |
//! | [`scripted`] | the reader's half of everything, for testing clients |
//!
//! Both Noise channels are those of `snow`, while readers of this project use another library: each handshake in a
//! test crosses two implementations. Nothing here depends on the reader.
//!
//! Errors say who is at fault, and each has a [remedy](client::ClientError::remedy): a sentence that says what to do
//! next.
//!
//! Not supported: client formats other than `native` in
//! [`ServiceResult::items`](client::ServiceResult::items) (the bytes are given as they are), cloud fields of services,
//! and the erasing of session keys when a session ends, which `snow` does not do; long-lived secrets are erased.

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
