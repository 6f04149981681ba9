//! Secrets of cards: which the cloud has, and who gets what sealed for a reader.
//!
//! Values leave this module sealed for a reader and in no other way: neither the audit log nor an error names one.

use super::{Registry, RegistryError};
use crate::{
    cloud::audit::{AuditEvent, Entry},
    encoded,
    identity::check_name,
};
use cardwire_codec::{
    Extensions, List, Name,
    message::{Item, ItemKind, ServiceData, ServiceId},
};
use rusqlite::{Connection, params};
use zeroize::{Zeroize, Zeroizing};

/// The most bytes that one job's secrets have, as service data.
const SECRETS_MAX: usize = 400;

/// The most characters that name a card.
const CARD_MAX: usize = 20;

/// A named secret of a card.
#[derive(Clone, PartialEq, Eq)]
pub struct CardSecret {
    /// The name of the service's parameter.
    pub name: String,
    /// What the value is.
    pub kind: ItemKind,
    /// The value.
    pub value: Vec<u8>,
}

// Its value is nothing for a log.
impl core::fmt::Debug for CardSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "CardSecret({})", self.name)
    }
}

impl Drop for CardSecret {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

/// Which secrets of a card there are, without their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRecord {
    /// The ICCID of the card.
    pub card: String,
    /// The service that they are for.
    pub service: ServiceId,
    /// Their names.
    pub names: Vec<String>,
}

/// For whom secrets are asked.
#[derive(Clone, Copy, Debug)]
pub(in crate::cloud) struct Asked<'a> {
    pub(in crate::cloud) reader: &'a str,
    pub(in crate::cloud) client: &'a str,
    pub(in crate::cloud) card: &'a str,
    pub(in crate::cloud) service: ServiceId,
    pub(in crate::cloud) job: &'a [u8; 16],
}

impl Registry {
    /// Gives the cloud what a service needs of a card, in the place of what it had for them; nothing takes it away.
    ///
    /// # Errors
    /// A card or parameter that is no name, or more than a job can carry.
    pub fn put_secrets(
        &self,
        card: &str,
        service: ServiceId,
        secrets: &[CardSecret],
    ) -> Result<(), RegistryError> {
        check_name(card)?;
        for secret in secrets {
            check_name(&secret.name)?;
        }
        let fits = document(secrets).is_some_and(|document| document.len() <= SECRETS_MAX);
        if card.len() > CARD_MAX || !fits {
            return Err(RegistryError::Secrets);
        }
        self.write(|transaction| {
            let old = "DELETE FROM card_secret WHERE card = ?1 AND service = ?2";
            transaction.execute(old, params![card, service.0])?;
            for CardSecret { name, kind, value } in secrets {
                let row =
                    "INSERT INTO card_secret (card, service, name, kind, value) VALUES (?1, ?2, ?3, ?4, ?5)";
                transaction.execute(row, params![card, service.0, name, kind.value(), value])?;
            }
            let outcome = if secrets.is_empty() { "removed" } else { "stored" };
            let names: Vec<_> = secrets.iter().map(|secret| secret.name.as_str()).collect();
            Entry {
                detail: &format!("{service} of card {card}: {}", names.join(", ")),
                ..Entry::of(AuditEvent::Secret, outcome)
            }
            .append(transaction, self.actor())
        })
    }

    /// Which secrets there are, by card and service.
    ///
    /// # Errors
    /// The database's.
    pub fn secrets(&self) -> Result<Vec<SecretRecord>, RegistryError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare("SELECT card, service, name FROM card_secret ORDER BY card, service, name")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut records: Vec<SecretRecord> = Vec::new();
        for row in rows {
            let (card, service, name): (String, u16, String) = row?;
            match records.last_mut() {
                Some(last) if last.card == card && last.service.0 == service => last.names.push(name),
                _ => records.push(SecretRecord {
                    card,
                    service: ServiceId(service),
                    names: vec![name],
                }),
            }
        }
        Ok(records)
    }

    /// The secrets that are asked for, as service data; `None` where there are none, or none for this client: both are the
    /// same to whoever asks. What is given, and what is not, is in the audit log before anybody has it.
    pub(in crate::cloud) fn give_secrets(
        &self,
        asked: Asked<'_>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, RegistryError> {
        let Asked {
            reader,
            client,
            card,
            service,
            job,
        } = asked;
        self.write(|transaction| {
            let secrets = stored(transaction, card, service)?;
            let refused = if secrets.is_empty() {
                Some("there are none")
            } else if !is_granted_by_name(transaction, asked)? {
                Some("the client is not granted the service by its name")
            } else {
                None
            };
            let given = document(&secrets).filter(|_| refused.is_none());
            let job: String = job.iter().map(|byte| format!("{byte:02x}")).collect();
            let reason = refused.map_or_else(String::new, |reason| format!(": {reason}"));
            Entry {
                reader: Some(reader),
                client: Some(client),
                detail: &format!("{service} of card {card}, job {job}{reason}"),
                ..Entry::of(
                    AuditEvent::Secret,
                    if given.is_some() { "given" } else { "refused" },
                )
            }
            .append(transaction, self.actor())?;
            Ok(given)
        })
    }

    /// Writes down what a reader says to the secrets that it was sent.
    pub(in crate::cloud) fn note_secrets(
        &self,
        reader: &str,
        client: &str,
        outcome: &str,
        detail: &str,
    ) -> Result<(), RegistryError> {
        self.write(|transaction| {
            Entry {
                reader: Some(reader),
                client: Some(client),
                detail,
                ..Entry::of(AuditEvent::Secret, outcome)
            }
            .append(transaction, self.actor())
        })
    }
}

/// A grant of all services is none for secrets: whoever says *all* may not know which there are.
fn is_granted_by_name(connection: &Connection, asked: Asked<'_>) -> Result<bool, RegistryError> {
    Ok(connection
        .prepare("SELECT 1 FROM permission WHERE reader = ?1 AND client = ?2 AND service = ?3")?
        .exists(params![asked.reader, asked.client, asked.service.0])?)
}

fn stored(connection: &Connection, card: &str, service: ServiceId) -> Result<Vec<CardSecret>, RegistryError> {
    let mut statement = connection.prepare(
        "SELECT name, kind, value FROM card_secret WHERE card = ?1 AND service = ?2 ORDER BY name",
    )?;
    let rows = statement.query_map(params![card, service.0], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    let mut secrets = Vec::new();
    for row in rows {
        let (name, kind, value): (String, u8, Vec<u8>) = row?;
        // The table takes no other kinds.
        let kind = ItemKind::from_value(kind).ok_or(RegistryError::Secrets)?;
        secrets.push(CardSecret { name, kind, value });
    }
    Ok(secrets)
}

/// The document `service_data` of these secrets.
fn document(secrets: &[CardSecret]) -> Option<Zeroizing<Vec<u8>>> {
    let items: Vec<_> = secrets
        .iter()
        .map(|CardSecret { name, kind, value }| Item {
            name: Name::from_text(name),
            kind: *kind,
            value,
        })
        .collect();
    encoded(&ServiceData {
        items: List::from_items(&items),
        extensions: Extensions::NONE,
    })
    .ok()
    .map(Zeroizing::new)
}
