//! What the cloud knows: readers, who may use them, the updates that are under way, and what was decided. An SQLite
//! database.
//!
//! What a reader, a client or an operator is told has been committed, and written to the disk, before. So a cloud that is
//! killed at any moment starts again with everything that anybody was told.

mod clients;
mod login;
mod readers;
mod secrets;

pub use clients::{GrantRecord, Granted, RevokedClient};
pub use login::{Counters, Decision, LoginFacts};
pub use readers::{Admission, ReaderRecord};
pub(super) use secrets::Asked;
pub use secrets::{CardSecret, SecretRecord};

use super::{
    campaign::{CampaignCommand, CampaignId, CampaignState},
    schema,
};
use crate::identity::IdentityError;
use cardwire_codec::{DecodeError, message::UpdateKind};
use core::time::Duration;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

/// How long another process may hold the database.
const BUSY_PATIENCE: Duration = Duration::from_secs(5);
/// The longest lifetime that a login result can state, in seconds: a week.
const LIFETIME_MAX: u32 = 604_800;
/// The most services that a login result can list.
const SERVICES_MAX: usize = 64;
/// Who decides where nobody else is named.
const CLOUD: &str = "cloud";

/// Why the registry can't do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The database failed.
    #[error("the cloud's database: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database was made by a later version of this software.
    #[error(
        "the cloud's database has schema version {found}; this software works with versions up to {}",
        schema::VERSION
    )]
    Version {
        /// The version found.
        found: u32,
    },
    /// The manifest of an update is none.
    #[error("the manifest of the update is none: {0}")]
    Manifest(DecodeError),
    /// An identity is no name.
    #[error(transparent)]
    Name(#[from] IdentityError),
    /// The reader is registered with another key.
    #[error("reader `{reader}` is registered with another key; a reader keeps its key for life")]
    OtherKey {
        /// The reader.
        reader: String,
    },
    /// No such reader.
    #[error("reader `{reader}` is not registered")]
    UnknownReader {
        /// The reader.
        reader: String,
    },
    /// The reader is revoked.
    #[error("reader `{reader}` is revoked")]
    RevokedReader {
        /// The reader.
        reader: String,
    },
    /// The client is revoked, for this reader or for all.
    #[error("client `{client}` is revoked")]
    RevokedClient {
        /// The client.
        client: String,
    },
    /// Nobody has revoked the client.
    #[error("client `{client}` is not revoked for {}", of_reader(reader.as_deref()))]
    NotRevoked {
        /// The client.
        client: String,
        /// The reader; none stands for all.
        reader: Option<String>,
    },
    /// Grants that no login result can state.
    #[error("grants last 1 to {LIFETIME_MAX} seconds and list {SERVICES_MAX} services at most")]
    Grants,
    /// Secrets that no job can carry.
    #[error(
        "a card is named by 20 characters at most, its secrets have names of 1 to 24, values of 255 bytes at most, and 400 bytes all together"
    )]
    Secrets,
    /// There is a campaign of this kind, class and counter.
    #[error("there is an update of kind {kind} with counter {counter} for this class of hardware already")]
    CounterTaken {
        /// The kind.
        kind: UpdateKind,
        /// The counter.
        counter: u32,
    },
    /// No such campaign.
    #[error("there is no campaign {id}")]
    UnknownCampaign {
        /// The number that was given.
        id: CampaignId,
    },
    /// The campaign can't do this in its state.
    #[error("campaign {id} is {state}, and can't {command}")]
    Steering {
        /// The campaign.
        id: CampaignId,
        /// How it stands.
        state: CampaignState,
        /// What was asked for.
        command: CampaignCommand,
    },
    /// The campaign has no further stage.
    #[error("campaign {id} is in its last stage")]
    LastStage {
        /// The campaign.
        id: CampaignId,
    },
    /// The audit log is not what it was.
    #[error("row {number} of the audit log {what}")]
    Audit {
        /// The first row that is wrong.
        number: i64,
        /// What is wrong with it.
        what: &'static str,
    },
}

fn of_reader(reader: Option<&str>) -> String {
    reader.map_or_else(|| "all readers".into(), |reader| format!("reader `{reader}`"))
}

/// The database.
#[derive(Debug)]
pub struct Registry {
    connection: Mutex<Connection>,
    /// Who decides, as the audit log names him.
    actor: String,
}

impl Registry {
    /// Opens the database, and makes it where there is none. One of an earlier version is brought to this one.
    ///
    /// # Errors
    /// A file that is no such database, or one of a later version.
    pub fn open(path: &Path) -> Result<Self, RegistryError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_PATIENCE)?;
        // Whoever reads the database doesn't wait for a login. Every commit waits for the disk: what somebody was told
        // must outlast a loss of power.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Self::over(connection)
    }

    /// A database that is gone when it is dropped.
    ///
    /// # Errors
    /// The library's, which should not be.
    pub fn in_memory() -> Result<Self, RegistryError> {
        Self::over(Connection::open_in_memory()?)
    }

    fn over(mut connection: Connection) -> Result<Self, RegistryError> {
        schema::migrate(&mut connection)?;
        Ok(Self {
            connection: Mutex::new(connection),
            actor: CLOUD.into(),
        })
    }

    /// The same database for decisions of somebody whom the audit log shall name.
    #[must_use]
    pub fn acting_as(self, actor: &str) -> Self {
        let actor = actor.chars().filter(|char| !char.is_control()).take(64).collect();
        Self { actor, ..self }
    }

    pub(super) fn actor(&self) -> &str {
        &self.actor
    }

    /// The database for one operation. A thread that panicked in one has rolled it back.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if !connection.is_autocommit() {
            // What made the operation before fail has made its end fail too. Where this does as well, the next one will.
            let _ = connection.execute_batch("ROLLBACK");
        }
        connection
    }

    /// A change of several rows: all of it or, where `work` fails or the process ends, none of it. It is on the disk when
    /// this returns.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let mut connection = self.lock();
        // Immediate: one that begins by reading can't go on to write when another process has written meanwhile.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

/// Seconds since 1970; 0 on a machine whose clock stands before that.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
