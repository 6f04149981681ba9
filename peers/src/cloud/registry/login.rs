//! A login: what the reader has authenticated is written down, and decided on.

use super::{
    Registry, RegistryError,
    clients::{Granted, granted, is_revoked, lease, listed},
    now,
};
use crate::cloud::{
    audit::{AuditEvent, Entry},
    rollout,
};
use cardwire_codec::message::{HardwareClass, UpdateKind};
use rusqlite::{Connection, params};

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
    /// Whether the reader is admitted, with this client.
    pub admitted: bool,
    /// Which services this client may use.
    pub granted: Granted,
    /// For how many seconds.
    pub lifetime: u32,
    /// The counters of the latest updates that the cloud has for this reader.
    pub latest: Counters,
}

impl Registry {
    /// Records an authenticated login and decides on it. Nothing is known of the reader before (CW-LOGIN-003).
    pub(in crate::cloud) fn login(&self, facts: &LoginFacts) -> Result<Decision, RegistryError> {
        let LoginFacts {
            reader_id,
            client_id,
            hardware_class,
            boot_counter,
            software,
            counters,
        } = facts;
        self.write(|transaction| {
            let (admitted, revoked): (bool, Option<i64>) = transaction
                .prepare(
                    "UPDATE reader SET hardware_class = ?2, boot_counter = ?3, software = ?4, software_counter = ?5,
                            authentication_counter = ?6, logic_counter = ?7, client = ?8, last_login = ?9,
                            logins = logins + 1
                     WHERE id = ?1 RETURNING admitted, revoked",
                )?
                .query_row(
                    params![
                        reader_id,
                        hardware_class.0,
                        boot_counter,
                        software,
                        counters.software,
                        counters.authentication,
                        counters.logic,
                        client_id,
                        now()
                    ],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?;
            let refused = match (admitted, revoked) {
                (false, Some(_)) => Some("the reader is revoked"),
                (false, None) => Some("the reader is denied"),
                (true, _) if is_revoked(transaction, reader_id, client_id)? => Some("the client is revoked"),
                (true, _) => None,
            };
            if admitted {
                rollout::arrive(transaction, reader_id, *hardware_class, self.actor())?;
            }
            let (granted, lifetime) = granted(transaction, reader_id, client_id)?;
            let told = listed(&granted);
            let (outcome, detail) = match refused {
                Some(reason) => ("denied", reason),
                None => ("accepted", told.as_str()),
            };
            if refused.is_none() {
                lease(transaction, reader_id, client_id, lifetime)?;
            }
            Entry {
                reader: Some(reader_id),
                client: Some(client_id),
                detail,
                ..Entry::of(AuditEvent::Login, outcome)
            }
            .append(transaction, self.actor())?;
            Ok(Decision {
                admitted: refused.is_none(),
                granted,
                lifetime,
                latest: latest(transaction, reader_id)?,
            })
        })
    }

    /// Writes down that a login is over whose reader or client was denied or revoked since.
    pub(in crate::cloud) fn ended(&self, reader: &str, client: &str) -> Result<(), RegistryError> {
        self.write(|transaction| {
            Entry {
                reader: Some(reader),
                client: Some(client),
                detail: "the reader or the client was denied or revoked since",
                ..Entry::of(AuditEvent::Login, "ended")
            }
            .append(transaction, self.actor())
        })
    }

    /// Writes down a login that was refused before anything was authenticated: the names are what somebody said.
    pub(in crate::cloud) fn refused(
        &self,
        reader: &str,
        client: &str,
        reason: &str,
    ) -> Result<(), RegistryError> {
        let named = |name: &'_ str| !name.is_empty();
        self.write(|transaction| {
            Entry {
                reader: Some(reader).filter(|name| named(name)),
                client: Some(client).filter(|name| named(name)),
                detail: reason,
                ..Entry::of(AuditEvent::Login, "refused")
            }
            .append(transaction, self.actor())
        })
    }
}

/// The latest counters that are meant for a reader.
fn latest(connection: &Connection, reader: &str) -> Result<Counters, RegistryError> {
    let mut counters = Counters::default();
    let mut statement = connection.prepare(
        "SELECT kind, max(counter) FROM component JOIN campaign ON campaign.id = component.campaign
         JOIN delivery ON delivery.campaign = campaign.id AND delivery.reader = ?1
         WHERE campaign.state IN ('running', 'done') AND delivery.state != 'withdrawn' GROUP BY kind",
    )?;
    let rows = statement.query_map([reader], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for row in rows {
        let (kind, counter) = row?;
        if let Some(latest) = counters.of(UpdateKind(kind)) {
            *latest = counter;
        }
    }
    Ok(counters)
}
