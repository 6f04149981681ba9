//! What clients may use of readers, and clients that may use nothing any more.

use super::{
    LIFETIME_MAX, Registry, RegistryError, SERVICES_MAX, now,
    readers::{Admission, admission},
};
use crate::{
    cloud::audit::{AuditEvent, Entry},
    identity::check_name,
};
use cardwire_codec::message::ServiceId;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// How long the grants of a login last that grants nothing.
const EMPTY_LIFETIME: u32 = 3600;
/// How a revocation names all readers.
const ALL_READERS: &str = "";

/// Which services a client may use of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    /// Every service that the reader has.
    All,
    /// These.
    Services(Vec<ServiceId>),
}

/// What a client may use of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRecord {
    /// The reader.
    pub reader: String,
    /// The client.
    pub client: String,
    /// Which services.
    pub granted: Granted,
    /// For how many seconds after a login.
    pub lifetime: u32,
    /// Until when the grants of the last login last, in seconds since 1970; none where it has passed.
    pub lasts_until: Option<i64>,
}

/// A client that was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedClient {
    /// The client.
    pub client: String,
    /// For which reader; none stands for all.
    pub reader: Option<String>,
    /// When, in seconds since 1970.
    pub at: i64,
}

impl Registry {
    /// Says which services a client may use of a reader from its next login on, and for how many seconds after it.
    ///
    /// # Errors
    /// No such reader, one that is revoked, a client that is, or grants that no login result can state.
    pub fn grant(
        &self,
        reader: &str,
        client: &str,
        granted: &Granted,
        lifetime: u32,
    ) -> Result<(), RegistryError> {
        check_name(client)?;
        let mut services = match granted {
            Granted::All => vec![None],
            Granted::Services(services) => services.iter().map(|service| Some(service.0)).collect(),
        };
        services.sort_unstable();
        services.dedup();
        if !(1..=LIFETIME_MAX).contains(&lifetime) || services.len() > SERVICES_MAX {
            return Err(RegistryError::Grants);
        }
        self.write(|transaction| {
            if admission(transaction, reader)? == Admission::Revoked {
                return Err(RegistryError::RevokedReader {
                    reader: reader.into(),
                });
            }
            if is_revoked(transaction, reader, client)? {
                return Err(RegistryError::RevokedClient {
                    client: client.into(),
                });
            }
            let wanted: Vec<_> = services.iter().map(|service| (*service, lifetime)).collect();
            if !wanted.is_empty() && stored(transaction, reader, client)? == wanted {
                // A cloud that starts says again what it said before.
                return Ok(());
            }
            let old = "DELETE FROM permission WHERE reader = ?1 AND client = ?2";
            transaction.execute(old, params![reader, client])?;
            for service in &services {
                let row =
                    "INSERT INTO permission (reader, client, service, lifetime) VALUES (?1, ?2, ?3, ?4)";
                transaction.execute(row, params![reader, client, service, lifetime])?;
            }
            let outcome = if services.is_empty() {
                "taken away"
            } else {
                "granted"
            };
            let detail = format!("{}, {lifetime} s", listed(granted));
            Entry {
                reader: Some(reader),
                client: Some(client),
                detail: &detail,
                ..Entry::of(AuditEvent::Grant, outcome)
            }
            .append(transaction, self.actor())
        })
    }

    /// What is granted, by reader and client.
    ///
    /// # Errors
    /// The database's.
    pub fn grants(&self) -> Result<Vec<GrantRecord>, RegistryError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT DISTINCT permission.reader, permission.client, until FROM permission
             LEFT JOIN lease ON lease.reader = permission.reader AND lease.client = permission.client AND until > ?1
             ORDER BY permission.reader, permission.client",
        )?;
        let rows = statement.query_map([now()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut records = Vec::new();
        for row in rows {
            let (reader, client, lasts_until): (String, String, _) = row?;
            let (granted, lifetime) = granted(&connection, &reader, &client)?;
            records.push(GrantRecord {
                reader,
                client,
                granted,
                lifetime,
                lasts_until,
            });
        }
        Ok(records)
    }

    /// Revokes a client for one reader or, where none is named, for all: from the next message on that comes through it
    /// nothing is answered but that its login is over, and what was granted to it is gone. Gives until when, in seconds
    /// since 1970, grants last that a reader was told before.
    ///
    /// # Errors
    /// No such reader, or a client that is no name.
    pub fn revoke_client(&self, client: &str, reader: Option<&str>) -> Result<Option<i64>, RegistryError> {
        check_name(client)?;
        self.write(|transaction| {
            if let Some(reader) = reader {
                admission(transaction, reader)?;
            }
            let row = "INSERT OR IGNORE INTO revocation (client, reader, at) VALUES (?1, ?2, ?3)";
            let values = params![client, reader.unwrap_or(ALL_READERS), now()];
            if transaction.execute(row, values)? == 1 {
                transaction.execute(
                    "DELETE FROM permission WHERE client = ?1 AND (?2 IS NULL OR reader = ?2)",
                    params![client, reader],
                )?;
                let entry = Entry { reader, client: Some(client), ..Entry::of(AuditEvent::Revocation, "revoked") };
                entry.append(transaction, self.actor())?;
            }
            let until = "SELECT max(until) FROM lease WHERE client = ?1 AND (?2 IS NULL OR reader = ?2) AND until > ?3";
            Ok(transaction.query_row(until, params![client, reader, now()], |row| row.get(0))?)
        })
    }

    /// Admits a client again that was revoked for this reader or for all. Nothing is granted to it.
    ///
    /// # Errors
    /// A client that is not revoked so.
    pub fn readmit_client(&self, client: &str, reader: Option<&str>) -> Result<(), RegistryError> {
        self.write(|transaction| {
            let gone = transaction.execute(
                "DELETE FROM revocation WHERE client = ?1 AND reader = ?2",
                params![client, reader.unwrap_or(ALL_READERS)],
            )?;
            if gone == 0 {
                return Err(RegistryError::NotRevoked {
                    client: client.into(),
                    reader: reader.map(Into::into),
                });
            }
            Entry {
                reader,
                client: Some(client),
                detail: "was revoked: a new admission",
                ..Entry::of(AuditEvent::Revocation, "admitted")
            }
            .append(transaction, self.actor())
        })
    }

    /// The clients that are revoked.
    ///
    /// # Errors
    /// The database's.
    pub fn revoked_clients(&self) -> Result<Vec<RevokedClient>, RegistryError> {
        let connection = self.lock();
        let mut statement = connection
            .prepare("SELECT client, nullif(reader, ''), at FROM revocation ORDER BY client, reader")?;
        let rows = statement.query_map([], |row| {
            Ok(RevokedClient {
                client: row.get(0)?,
                reader: row.get(1)?,
                at: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether a login of this reader and client, however old, is over because one of them was denied or revoked.
    pub(in crate::cloud) fn is_barred(&self, reader: &str, client: &str) -> Result<bool, RegistryError> {
        let connection = self.lock();
        let admitted = connection
            .prepare("SELECT admitted FROM reader WHERE id = ?1")?
            .query_row([reader], |row| row.get(0))
            .optional()?;
        Ok(!admitted.unwrap_or(false) || is_revoked(&connection, reader, client)?)
    }
}

/// Whether a client is revoked for this reader or for all.
pub(super) fn is_revoked(connection: &Connection, reader: &str, client: &str) -> Result<bool, RegistryError> {
    let found = connection
        .prepare("SELECT 1 FROM revocation WHERE client = ?1 AND reader IN (?2, ?3)")?
        .exists(params![client, reader, ALL_READERS])?;
    Ok(found)
}

/// The rows of a reader and client: services, none standing for all of them, and lifetimes.
fn stored(
    connection: &Connection,
    reader: &str,
    client: &str,
) -> Result<Vec<(Option<u16>, u32)>, RegistryError> {
    let mut statement = connection.prepare(
        "SELECT service, lifetime FROM permission WHERE reader = ?1 AND client = ?2 ORDER BY service",
    )?;
    let rows = statement.query_map([reader, client], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The grants of a reader and client, and the shortest of their lifetimes.
pub(super) fn granted(
    connection: &Connection,
    reader: &str,
    client: &str,
) -> Result<(Granted, u32), RegistryError> {
    let rows = stored(connection, reader, client)?;
    let lifetime = rows
        .iter()
        .map(|(_, lifetime)| *lifetime)
        .min()
        .unwrap_or(EMPTY_LIFETIME);
    let listed: Option<Vec<ServiceId>> = rows.iter().map(|(service, _)| service.map(ServiceId)).collect();
    Ok((listed.map_or(Granted::All, Granted::Services), lifetime))
}

/// Notes until when the grants of a login last.
pub(super) fn lease(
    transaction: &Transaction<'_>,
    reader: &str,
    client: &str,
    lifetime: u32,
) -> Result<(), RegistryError> {
    let row = "INSERT OR REPLACE INTO lease (reader, client, until) VALUES (?1, ?2, ?3)";
    transaction.execute(row, params![reader, client, now() + i64::from(lifetime)])?;
    Ok(())
}

/// Grants as the audit log names them.
pub(super) fn listed(granted: &Granted) -> String {
    match granted {
        Granted::All => "all services".into(),
        Granted::Services(services) if services.is_empty() => "no service".into(),
        Granted::Services(services) => {
            let names: Vec<_> = services.iter().map(ToString::to_string).collect();
            names.join(" ")
        }
    }
}
