//! The readers of a cloud: registered once, with one key for life; admitted, denied for a while, or revoked.

use super::{Counters, Registry, RegistryError, now};
use crate::{
    cloud::{
        audit::{AuditEvent, Entry},
        rollout,
    },
    identity::check_name,
};
use cardwire_codec::message::HardwareClass;
use core::fmt;
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// Whether a reader may log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Admitted,
    /// It may not until it is admitted; what was granted on it stays.
    Denied,
    /// It is lost or stolen: what was granted on it is gone, and its admission would be a new one.
    Revoked,
}

impl fmt::Display for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Admitted => "admitted",
            Self::Denied => "denied",
            Self::Revoked => "revoked",
        })
    }
}

/// What the cloud knows of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderRecord {
    /// Its identity.
    pub id: String,
    /// Its X25519 public key.
    pub public_key: [u8; 32],
    /// Whether it may log in.
    pub admission: Admission,
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

impl Registry {
    /// Registers a reader, admitted. The same reader with the same key may come again, which changes nothing.
    ///
    /// # Errors
    /// The reader is registered with another key.
    pub fn add_reader(&self, id: &str, public_key: &[u8; 32]) -> Result<(), RegistryError> {
        check_name(id)?;
        // A cloud that starts names all its readers: most are there, and nothing is written for them.
        match self.reader_key(id)? {
            Some(key) if key == *public_key => return Ok(()),
            Some(_) => return Err(RegistryError::OtherKey { reader: id.into() }),
            None => {}
        }
        self.write(|transaction| {
            let added = "INSERT INTO reader (id, public_key) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";
            if transaction.execute(added, params![id, public_key])? == 1 {
                let entry = Entry {
                    reader: Some(id),
                    ..Entry::of(AuditEvent::Registered, "admitted")
                };
                entry.append(transaction, self.actor())?;
            }
            let key: [u8; 32] =
                transaction.query_row("SELECT public_key FROM reader WHERE id = ?1", [id], |row| {
                    row.get(0)
                })?;
            if key == *public_key {
                Ok(())
            } else {
                Err(RegistryError::OtherKey { reader: id.into() })
            }
        })
    }

    /// Admits a reader, or denies it from its next message on. What was granted on it stays. The admission of a revoked
    /// reader is a new one: nothing is granted on it.
    ///
    /// # Errors
    /// No such reader.
    pub fn admit(&self, id: &str, admitted: bool) -> Result<(), RegistryError> {
        self.write(|transaction| {
            let before = admission(transaction, id)?;
            let (after, detail) = match (before, admitted) {
                (Admission::Revoked, false) => return Ok(()),
                (Admission::Revoked, true) => (Admission::Admitted, "was revoked: a new admission"),
                (Admission::Admitted | Admission::Denied, true) => (Admission::Admitted, ""),
                (Admission::Admitted | Admission::Denied, false) => (Admission::Denied, ""),
            };
            if before == after {
                return Ok(());
            }
            transaction.execute(
                "UPDATE reader SET admitted = ?2, revoked = NULL WHERE id = ?1",
                params![id, admitted],
            )?;
            if before == Admission::Revoked {
                rollout::readmit(transaction, id)?;
            }
            let outcome = after.to_string();
            let entry = Entry {
                reader: Some(id),
                detail,
                ..Entry::of(AuditEvent::Admission, &outcome)
            };
            entry.append(transaction, self.actor())
        })
    }

    /// Revokes a reader: from its next message on it gets nothing any more, what was granted on it is gone, and no update
    /// waits for it. Gives until when, in seconds since 1970, grants last that it was told before; a reader that is
    /// offline can't learn of this earlier.
    ///
    /// # Errors
    /// No such reader.
    pub fn revoke_reader(&self, id: &str) -> Result<Option<i64>, RegistryError> {
        self.write(|transaction| {
            let before = admission(transaction, id)?;
            let until = "SELECT max(until) FROM lease WHERE reader = ?1 AND until > ?2";
            let until = transaction.query_row(until, params![id, now()], |row| row.get(0))?;
            if before == Admission::Revoked {
                return Ok(until);
            }
            transaction.execute(
                "UPDATE reader SET admitted = 0, revoked = ?2 WHERE id = ?1",
                params![id, now()],
            )?;
            transaction.execute("DELETE FROM permission WHERE reader = ?1", [id])?;
            let entry = Entry {
                reader: Some(id),
                ..Entry::of(AuditEvent::Admission, "revoked")
            };
            entry.append(transaction, self.actor())?;
            rollout::withdraw(transaction, id, self.actor())?;
            Ok(until)
        })
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
            "SELECT id, public_key, admitted, revoked, hardware_class, software, software_counter,
                    authentication_counter, logic_counter, client, last_login, logins
             FROM reader ORDER BY id",
        )?;
        let records = statement.query_map([], reader_record)?;
        Ok(records.collect::<Result<_, _>>()?)
    }
}

/// Whether a registered reader may log in.
pub(super) fn admission(transaction: &Transaction<'_>, id: &str) -> Result<Admission, RegistryError> {
    transaction
        .query_row(
            "SELECT admitted, revoked FROM reader WHERE id = ?1",
            [id],
            |row| Ok(admission_of(row.get(0)?, row.get(1)?)),
        )
        .optional()?
        .ok_or_else(|| RegistryError::UnknownReader { reader: id.into() })
}

fn admission_of(admitted: bool, revoked: Option<i64>) -> Admission {
    match (admitted, revoked) {
        (true, _) => Admission::Admitted,
        (false, None) => Admission::Denied,
        (false, Some(_)) => Admission::Revoked,
    }
}

fn reader_record(row: &Row<'_>) -> rusqlite::Result<ReaderRecord> {
    Ok(ReaderRecord {
        id: row.get(0)?,
        public_key: row.get(1)?,
        admission: admission_of(row.get(2)?, row.get(3)?),
        hardware_class: row.get::<_, Option<u16>>(4)?.map(HardwareClass),
        software: row.get(5)?,
        counters: Counters {
            software: row.get(6)?,
            authentication: row.get(7)?,
            logic: row.get(8)?,
        },
        client: row.get(9)?,
        last_login: row.get(10)?,
        logins: row.get(11)?,
    })
}
