//! The audit log: who decided what, and what came of it. Rows are added and never changed.
//!
//! Each row holds the digest of itself and of the row before. So a row that was changed, taken out or put in between is
//! found, and a cut at the end too, as the last digest stands in a table of its own. Whoever can write the whole file can
//! make a new chain: against that, keep the last number and digest elsewhere, and have [`Registry::verify_audit`]
//! compare.

use super::registry::{Registry, RegistryError, now};
use core::fmt;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

/// What the first row follows.
const BEGIN: [u8; 32] = [0; 32];

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditEvent {
    /// A reader was registered.
    Registered,
    /// A reader is admitted, denied or revoked.
    Admission,
    /// What a client may use of a reader was changed.
    Grant,
    /// A client was revoked, or is admitted again.
    Revocation,
    /// A reader's login was accepted, denied or refused.
    Login,
    /// A campaign was published, or its state or stage has changed.
    Campaign,
    /// A campaign has come further with a reader.
    Delivery,
    /// Secrets of a card were stored, removed, given for a job or refused.
    Secret,
}

impl AuditEvent {
    /// The word that stands in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Admission => "admission",
            Self::Grant => "grant",
            Self::Revocation => "revocation",
            Self::Login => "login",
            Self::Campaign => "campaign",
            Self::Delivery => "delivery",
            Self::Secret => "secret",
        }
    }
}

impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is to be written down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) event: AuditEvent,
    pub(super) reader: Option<&'a str>,
    pub(super) client: Option<&'a str>,
    pub(super) campaign: Option<i64>,
    pub(super) outcome: &'a str,
    /// More; never a secret.
    pub(super) detail: &'a str,
}

impl<'a> Entry<'a> {
    pub(super) const fn of(event: AuditEvent, outcome: &'a str) -> Self {
        Self {
            event,
            reader: None,
            client: None,
            campaign: None,
            outcome,
            detail: "",
        }
    }

    /// Adds the row, in the transaction of the decision that it is about.
    pub(super) fn append(&self, connection: &Connection, actor: &str) -> Result<(), RegistryError> {
        let last = head(connection)?;
        let row = AuditRow {
            number: last.number + 1,
            at: now(),
            actor: actor.into(),
            event: self.event.name().into(),
            reader: self.reader.map(Into::into),
            client: self.client.map(Into::into),
            campaign: self.campaign,
            outcome: self.outcome.into(),
            detail: self.detail.into(),
            hash: BEGIN,
        };
        let hash = row.hash_after(&last.hash);
        connection
            .prepare(
                "INSERT INTO audit (number, at, actor, event, reader, client, campaign, outcome, detail, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                row.number,
                row.at,
                row.actor,
                row.event,
                row.reader,
                row.client,
                row.campaign,
                row.outcome,
                row.detail,
                hash
            ])?;
        connection
            .prepare("INSERT OR REPLACE INTO audit_head (only, number, hash) VALUES (1, ?1, ?2)")?
            .execute(params![row.number, hash])?;
        Ok(())
    }
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1.
    pub number: i64,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Who decided: `cloud`, or an operator.
    pub actor: String,
    /// What it is about, an [`AuditEvent`]'s name.
    pub event: String,
    /// The reader.
    pub reader: Option<String>,
    /// The client.
    pub client: Option<String>,
    /// The campaign.
    pub campaign: Option<i64>,
    /// What came of it.
    pub outcome: String,
    /// More.
    pub detail: String,
    /// The digest of this row and of the one before.
    pub hash: [u8; 32],
}

impl AuditRow {
    /// The digest of this row behind one of that digest. Every text stands behind its length, so that no two rows have the
    /// same bytes.
    fn hash_after(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(before);
        hash.update(self.number.to_be_bytes());
        hash.update(self.at.to_be_bytes());
        for text in [
            Some(&self.actor),
            Some(&self.event),
            self.reader.as_ref(),
            self.client.as_ref(),
        ] {
            update_text(&mut hash, text.map(String::as_str));
        }
        // 0 is no campaign's number.
        hash.update(self.campaign.unwrap_or_default().to_be_bytes());
        update_text(&mut hash, Some(&self.outcome));
        update_text(&mut hash, Some(&self.detail));
        hash.finalize().into()
    }
}

fn update_text(hash: &mut Sha256, text: Option<&str>) {
    // One more than the length, and 0 where there is none.
    let length = text.map_or(0, |text| text.len() as u64 + 1);
    hash.update(length.to_be_bytes());
    hash.update(text.unwrap_or_default());
}

/// Number and digest of a row: of the last one, or of one that somebody has kept elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The number; 0 of an empty log.
    pub number: i64,
    /// The digest.
    pub hash: [u8; 32],
}

/// Which rows to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those from this time on, in seconds since 1970.
    pub since: Option<i64>,
    /// Only those about this reader.
    pub reader: Option<String>,
    /// Only those about this client.
    pub client: Option<String>,
}

impl Registry {
    /// Rows of the log, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>, RegistryError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT number, at, actor, event, reader, client, campaign, outcome, detail, hash FROM audit
             WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR reader = ?2) AND (?3 IS NULL OR client = ?3)
             ORDER BY number",
        )?;
        let rows = statement.query_map(params![filter.since, filter.reader, filter.client], audit_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Checks the whole chain, and that `kept`, a row's number and digest from an earlier time, is still part of it.
    /// Gives the last row's.
    ///
    /// # Errors
    /// [`RegistryError::Audit`] names the first row that is wrong.
    pub fn verify_audit(&self, kept: Option<AuditHead>) -> Result<AuditHead, RegistryError> {
        let mut connection = self.lock();
        // One view of it, whatever is added meanwhile.
        let transaction = connection.transaction()?;
        let mut last = AuditHead {
            number: 0,
            hash: BEGIN,
        };
        let mut seen = kept.is_none_or(|kept| kept == last);
        {
            let mut statement = transaction.prepare(
                "SELECT number, at, actor, event, reader, client, campaign, outcome, detail, hash FROM audit
                 ORDER BY number",
            )?;
            for row in statement.query_map([], audit_row)? {
                let row = row?;
                let expected = last.number + 1;
                let wrong = |what| RegistryError::Audit {
                    number: expected,
                    what,
                };
                if row.number != expected {
                    return Err(wrong("is missing"));
                }
                if row.hash_after(&last.hash) != row.hash {
                    return Err(wrong("was changed, or the one before it was"));
                }
                last = AuditHead {
                    number: row.number,
                    hash: row.hash,
                };
                seen |= kept == Some(last);
            }
        }
        if head(&transaction)? != last {
            return Err(RegistryError::Audit {
                number: last.number + 1,
                what: "was cut off",
            });
        }
        match kept {
            Some(kept) if !seen => Err(RegistryError::Audit {
                number: kept.number,
                what: "is not the one that was kept",
            }),
            Some(_) | None => Ok(last),
        }
    }
}

fn head(connection: &Connection) -> Result<AuditHead, RegistryError> {
    let found = connection
        .prepare("SELECT number, hash FROM audit_head")?
        .query_row([], |row| {
            Ok(AuditHead {
                number: row.get(0)?,
                hash: row.get(1)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or(AuditHead {
        number: 0,
        hash: BEGIN,
    }))
}

fn audit_row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        number: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        event: row.get(3)?,
        reader: row.get(4)?,
        client: row.get(5)?,
        campaign: row.get(6)?,
        outcome: row.get(7)?,
        detail: row.get(8)?,
        hash: row.get(9)?,
    })
}

#[cfg(test)]
mod tests;
