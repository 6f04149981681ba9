//! The cloud: it owns the readers, decides who may use them, and updates them.
//!
//! ```
//! use cardwire_peers::{Identities, cloud::{Cloud, Granted, Server}};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let identity = Identities::certification().cloud.ok_or("no cloud")?;
//! let cloud = Cloud::in_memory(&identity)?;
//! cloud.registry().grant("CERT-READER-1", "CERT-CLIENT-1", &Granted::All, 3600)?;
//! let server = Server::start(cloud.into(), &"tcp:127.0.0.1:0".parse()?, None)?;
//! println!("listening on {}", server.address());
//! # Ok(())
//! # }
//! ```
//!
//! | part | what it does |
//! | --- | --- |
//! | [`Registry`] | readers, grants, revocations, campaigns and the audit log in an SQLite database |
//! | [`Conversation`] | one client's connection as messages in and out |
//! | [`Server`] | conversations on a TCP port, with TLS or on the loopback interface |
//! | [`Update`], [`Changes`] | signed updates, and what one changes in a reader's keys |
//! | [`channel`] | the channel with a reader, step by step |

mod address;
mod audit;
mod campaign;
mod changes;
pub mod channel;
mod conversation;
mod delivery;
#[cfg(test)]
mod faults;
mod publish;
mod refusals;
mod registry;
mod rollout;
mod schema;
mod secrets;
mod server;
#[cfg(test)]
mod testing;

pub use address::{CloudAddress, CloudAddressError};
pub use audit::{AuditEvent, AuditFilter, AuditHead, AuditRow};
pub use campaign::{
    CampaignCommand, CampaignId, CampaignRecord, CampaignState, Component, Delivery, DeliveryState, NoShare,
    Rollout, Share,
};
pub use changes::{Changes, NewClient, NewCloud};
pub use channel::{Channel, Responder, prologue};
pub use conversation::Conversation;
pub use publish::{Part, PublishError, Update, software_content};
pub use registry::{
    Admission, CardSecret, Counters, Decision, GrantRecord, Granted, LoginFacts, ReaderRecord, Registry,
    RegistryError, RevokedClient, SecretRecord,
};
pub use server::{Certificate, Limits, ServeError, Server};

use crate::{
    Timers,
    identity::{CloudIdentity, Key},
};
use std::{path::Path, sync::Arc};

/// A cloud: its key and its registry.
#[derive(Debug)]
pub struct Cloud {
    static_key: Key,
    registry: Registry,
    refusals: refusals::Refusals,
    timers: Timers,
}

impl Cloud {
    /// A cloud whose registry is the database at `path`, made where there is none. The readers of the identity are
    /// registered.
    ///
    /// # Errors
    /// A file that is no such database, or a reader that is registered with another key.
    pub fn open(path: &Path, identity: &CloudIdentity) -> Result<Self, RegistryError> {
        Self::over(Registry::open(path)?, identity)
    }

    /// A cloud whose registry is gone when it is dropped.
    ///
    /// # Errors
    /// As for [`Cloud::open`].
    pub fn in_memory(identity: &CloudIdentity) -> Result<Self, RegistryError> {
        Self::over(Registry::in_memory()?, identity)
    }

    fn over(registry: Registry, identity: &CloudIdentity) -> Result<Self, RegistryError> {
        for reader in &identity.readers {
            registry.add_reader(&reader.id, &reader.public_key)?;
        }
        Ok(Self {
            static_key: identity.static_key.clone(),
            registry,
            refusals: refusals::Refusals::default(),
            timers: Timers::SPEC,
        })
    }

    /// The same cloud with other timers.
    #[must_use]
    pub fn with_timers(self, timers: Timers) -> Self {
        Self { timers, ..self }
    }

    /// Readers, grants and campaigns.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A client's connection, without a network.
    #[must_use]
    pub fn conversation(cloud: &Arc<Self>) -> Conversation {
        Conversation::new(Arc::clone(cloud))
    }
}
