//! What the cloud knows: readers, who may use them, and the updates that are under way. An SQLite database.

use crate::identity::{IdentityError, check_name};
use cardwire_codec::message::{HardwareClass, ServiceId, UpdateKind};
use core::time::Duration;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

/// The version of `schema.sql`, as the database states it.
const SCHEMA_VERSION: u32 = 1;
/// How long another process may hold the database.
const BUSY_PATIENCE: Duration = Duration::from_secs(5);
/// How long the grants of a login last that grants nothing.
const EMPTY_LIFETIME: u32 = 3600;
/// The longest lifetime that a login result can state, in seconds: a week.
const LIFETIME_MAX: u32 = 604_800;
/// The most services that a login result can list.
const SERVICES_MAX: usize = 64;

/// Why the registry can't do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The database failed.
    #[error("the cloud's database: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database was made by another version of this software.
    #[error("the cloud's database has schema version {found}; this software works with {SCHEMA_VERSION}")]
    Version {
        /// The version found.
        found: u32,
    },
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
    /// Grants that no login result can state.
    #[error("grants last 1 to {LIFETIME_MAX} seconds and list {SERVICES_MAX} services at most")]
    Grants,
    /// There is a campaign of this kind, class and counter.
    #[error("there is an update of kind {kind} with counter {counter} for this class of hardware already")]
    CounterTaken {
        /// The kind.
        kind: UpdateKind,
        /// The counter.
        counter: u32,
    },
}

/// Which services a client may use of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    /// Every service that the reader has.
    All,
    /// These.
    Services(Vec<ServiceId>),
}

/// The update counters of a reader, or the latest ones that the cloud knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Of the software.
    pub software: u32,
    /// Of the authentication information.
    pub authentication: u32,
    /// Of the service logic.
    pub logic: u32,
}

impl Counters {
    /// The counter of a kind, where that is one of this version.
    pub fn of(&mut self, kind: UpdateKind) -> Option<&mut u32> {
        match kind {
            UpdateKind::SOFTWARE => Some(&mut self.software),
            UpdateKind::AUTHENTICATION => Some(&mut self.authentication),
            UpdateKind::LOGIC => Some(&mut self.logic),
            UpdateKind(_) => None,
        }
    }
}

/// What a reader has authenticated with its login_confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginFacts {
    /// The reader.
    pub reader_id: String,
    /// The client that it authenticated.
    pub client_id: String,
    /// Its class of hardware.
    pub hardware_class: HardwareClass,
    /// How often it has booted.
    pub boot_counter: u32,
    /// Name and version of its software.
    pub software: String,
    /// Its update counters.
    pub counters: Counters,
}

/// What the cloud decides on a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the reader is admitted.
    pub admitted: bool,
    /// Which services this client may use.
    pub granted: Granted,
    /// For how many seconds.
    pub lifetime: u32,
    /// The latest update counters for this class of hardware.
    pub latest: Counters,
}

/// What the cloud knows of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderRecord {
    /// Its identity.
    pub id: String,
    /// Its X25519 public key.
    pub public_key: [u8; 32],
    /// Whether it is admitted.
    pub admitted: bool,
    /// Its class of hardware, as it said at its last login.
    pub hardware_class: Option<HardwareClass>,
    /// Name and version of its software, as it said at its last login.
    pub software: Option<String>,
    /// Its update counters, as it said at its last login or when it took an update since.
    pub counters: Counters,
    /// The client of its last login.
    pub client: Option<String>,
    /// When that was, in seconds since 1970.
    pub last_login: Option<i64>,
    /// How often it has logged in.
    pub logins: u32,
}

/// The database.
#[derive(Debug)]
pub struct Registry(Mutex<Connection>);

impl Registry {
    /// Opens the database, and makes it where there is none.
    ///
    /// # Errors
    /// A file that is no such database.
    pub fn open(path: &Path) -> Result<Self, RegistryError> {
        let connection = Connection::open(path)?;
        // Readers of the database don't wait for a login, and a login not for the disk; a power cut costs the last
        // ones, and the readers say again what they know.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
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
        connection.busy_timeout(BUSY_PATIENCE)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match found {
            SCHEMA_VERSION => {}
            0 => {
                transaction.execute_batch(include_str!("schema.sql"))?;
                transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            }
            found => return Err(RegistryError::Version { found }),
        }
        transaction.commit()?;
        Ok(Self(Mutex::new(connection)))
    }

    /// The database for one operation. A thread that panicked in one has rolled it back.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a reader, admitted. The same reader with the same key may come again.
    ///
    /// # Errors
    /// The reader is registered with another key.
    pub fn add_reader(&self, id: &str, public_key: &[u8; 32]) -> Result<(), RegistryError> {
        check_name(id)?;
        let added = "INSERT INTO reader (id, public_key) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";
        self.lock().execute(added, params![id, public_key])?;
        match self.reader_key(id)? {
            Some(key) if key == *public_key => Ok(()),
            _ => Err(RegistryError::OtherKey { reader: id.into() }),
        }
    }

    /// Admits a reader, or denies its logins from now on.
    ///
    /// # Errors
    /// No such reader.
    pub fn admit(&self, id: &str, admitted: bool) -> Result<(), RegistryError> {
        let changed = self.lock().execute(
            "UPDATE reader SET admitted = ?2 WHERE id = ?1",
            params![id, admitted],
        )?;
        if changed == 1 {
            Ok(())
        } else {
            Err(RegistryError::UnknownReader { reader: id.into() })
        }
    }

    /// Says which services a client may use of a reader from its next login on, and for how many seconds after it.
    ///
    /// # Errors
    /// No such reader, or grants that no login result can state.
    pub fn grant(
        &self,
        reader: &str,
        client: &str,
        granted: &Granted,
        lifetime: u32,
    ) -> Result<(), RegistryError> {
        check_name(client)?;
        let services = match granted {
            Granted::All => vec![None],
            Granted::Services(services) => services.iter().map(|service| Some(service.0)).collect(),
        };
        if !(1..=LIFETIME_MAX).contains(&lifetime) || services.len() > SERVICES_MAX {
            return Err(RegistryError::Grants);
        }
        self.reader_key(reader)?
            .ok_or_else(|| RegistryError::UnknownReader {
                reader: reader.into(),
            })?;
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute(
            "DELETE FROM permission WHERE reader = ?1 AND client = ?2",
            params![reader, client],
        )?;
        for service in services {
            let row = "INSERT INTO permission (reader, client, service, lifetime) VALUES (?1, ?2, ?3, ?4)";
            transaction.execute(row, params![reader, client, service, lifetime])?;
        }
        Ok(transaction.commit()?)
    }

    /// The registered key of a reader.
    ///
    /// # Errors
    /// The database's.
    pub fn reader_key(&self, id: &str) -> Result<Option<[u8; 32]>, RegistryError> {
        let found = "SELECT public_key FROM reader WHERE id = ?1";
        Ok(self.lock().query_row(found, [id], |row| row.get(0)).optional()?)
    }

    /// Every reader, by its identity.
    ///
    /// # Errors
    /// The database's.
    pub fn readers(&self) -> Result<Vec<ReaderRecord>, RegistryError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT id, public_key, admitted, hardware_class, software, software_counter, authentication_counter,
                    logic_counter, client, last_login, logins
             FROM reader ORDER BY id",
        )?;
        let records = statement.query_map([], reader_record)?;
        Ok(records.collect::<Result<_, _>>()?)
    }

    /// Records an authenticated login and decides on it. Nothing is known of the reader before (CW-LOGIN-003).
    pub(super) fn login(&self, facts: &LoginFacts) -> Result<Decision, RegistryError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let Counters {
            software,
            authentication,
            logic,
        } = facts.counters;
        let admitted = transaction.query_row(
            "UPDATE reader SET hardware_class = ?2, boot_counter = ?3, software = ?4, software_counter = ?5,
                    authentication_counter = ?6, logic_counter = ?7, client = ?8, last_login = ?9,
                    logins = logins + 1
             WHERE id = ?1 RETURNING admitted",
            params![
                facts.reader_id,
                facts.hardware_class.0,
                facts.boot_counter,
                facts.software,
                software,
                authentication,
                logic,
                facts.client_id,
                now()
            ],
            |row| row.get(0),
        )?;
        // The power may have failed between an update's commit and the word of it.
        transaction.execute(
            "UPDATE delivery SET state = 'installed', changed = ?6
             WHERE reader = ?1 AND state = 'delivering' AND campaign IN (
                 SELECT id FROM campaign WHERE hardware_class = ?2
                 AND counter = CASE kind WHEN 1 THEN ?3 WHEN 2 THEN ?4 WHEN 3 THEN ?5 END)",
            params![
                facts.reader_id,
                facts.hardware_class.0,
                software,
                authentication,
                logic,
                now()
            ],
        )?;
        let (granted, lifetime) = granted(&transaction, &facts.reader_id, &facts.client_id)?;
        let latest = latest(&transaction, facts.hardware_class)?;
        transaction.commit()?;
        Ok(Decision {
            admitted,
            granted,
            lifetime,
            latest,
        })
    }
}

/// The grants of a reader and client, and the shortest of their lifetimes.
fn granted(connection: &Connection, reader: &str, client: &str) -> Result<(Granted, u32), RegistryError> {
    let mut statement = connection.prepare(
        "SELECT service, lifetime FROM permission WHERE reader = ?1 AND client = ?2 ORDER BY service",
    )?;
    let rows = statement.query_map([reader, client], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(Option<u16>, u32)> = rows.collect::<Result<_, _>>()?;
    let lifetime = rows
        .iter()
        .map(|(_, lifetime)| *lifetime)
        .min()
        .unwrap_or(EMPTY_LIFETIME);
    let listed: Option<Vec<ServiceId>> = rows.iter().map(|(service, _)| service.map(ServiceId)).collect();
    Ok((listed.map_or(Granted::All, Granted::Services), lifetime))
}

fn latest(connection: &Connection, class: HardwareClass) -> Result<Counters, RegistryError> {
    let mut counters = Counters::default();
    let mut statement = connection
        .prepare("SELECT kind, max(counter) FROM campaign WHERE hardware_class = ?1 GROUP BY kind")?;
    let rows = statement.query_map([class.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for row in rows {
        let (kind, counter) = row?;
        if let Some(latest) = counters.of(UpdateKind(kind)) {
            *latest = counter;
        }
    }
    Ok(counters)
}

fn reader_record(row: &Row<'_>) -> rusqlite::Result<ReaderRecord> {
    Ok(ReaderRecord {
        id: row.get(0)?,
        public_key: row.get(1)?,
        admitted: row.get(2)?,
        hardware_class: row.get::<_, Option<u16>>(3)?.map(HardwareClass),
        software: row.get(4)?,
        counters: Counters {
            software: row.get(5)?,
            authentication: row.get(6)?,
            logic: row.get(7)?,
        },
        client: row.get(8)?,
        last_login: row.get(9)?,
        logins: row.get(10)?,
    })
}

/// Seconds since 1970; 0 on a machine whose clock stands before that.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
