//! What a reader is given of a campaign, piece by piece, and what it makes of it.

use super::{CampaignId, DeliveryState, PIECE};
use crate::cloud::{
    audit::{AuditEvent, Entry},
    registry::{Registry, RegistryError, now},
    rollout,
};
use cardwire_codec::message::{ErrorCode, UpdateKind};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// How often an update that failed on its way is offered again, at later logins.
pub(in crate::cloud) const ATTEMPTS_MOST: u32 = 3;

/// Bytes of an update that one message carries.
pub(super) const CHUNK: u32 = 400;

/// A campaign that is on its way to a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cloud) struct Campaign {
    pub(in crate::cloud) id: CampaignId,
    pub(in crate::cloud) manifest: Vec<u8>,
    pub(in crate::cloud) signature: [u8; 64],
    pub(in crate::cloud) digest: [u8; 32],
    pub(in crate::cloud) size: u32,
    /// Whether the reader has taken all of it, and not confirmed it.
    pub(in crate::cloud) on_trial: bool,
}

impl Registry {
    /// The next campaign for a reader that is not in `passed`: the one that is on trial, then those of lower counters first, as
    /// a reader takes none after a higher one (CW-UPD-003). It is written down that the reader is offered it.
    pub(in crate::cloud) fn next_campaign(
        &self,
        reader: &str,
        passed: &[CampaignId],
    ) -> Result<Option<Campaign>, RegistryError> {
        let Some(id) = self.find_next(reader, passed)? else {
            return Ok(None);
        };
        self.write(|transaction| {
            let offered = transaction.execute(
                "UPDATE delivery SET state = 'delivering', changed = ?3
                 WHERE campaign = ?1 AND reader = ?2 AND state IN ('pending', 'failed')",
                params![id, reader, now()],
            )?;
            if offered == 1 {
                Entry {
                    reader: Some(reader),
                    campaign: Some(id),
                    ..Entry::of(AuditEvent::Delivery, "offered")
                }
                .append(transaction, self.actor())?;
            }
            let found = "SELECT id, manifest, signature, digest, size, delivery.state = 'trial' FROM campaign
                         JOIN delivery ON delivery.campaign = id AND delivery.reader = ?2 WHERE id = ?1";
            Ok(Some(transaction.query_row(
                found,
                params![id, reader],
                campaign,
            )?))
        })
    }

    fn find_next(&self, reader: &str, passed: &[CampaignId]) -> Result<Option<CampaignId>, RegistryError> {
        let connection = self.lock();
        // What becomes of a trial is told before anything else is offered.
        let mut statement = connection.prepare(
            "SELECT campaign.id, delivery.state = 'trial' FROM delivery
             JOIN campaign ON campaign.id = delivery.campaign
             WHERE delivery.reader = ?1 AND campaign.state = 'running'
               AND (delivery.state IN ('pending', 'delivering', 'trial')
                    OR (delivery.state = 'failed' AND attempts < ?2))
             ORDER BY delivery.state = 'trial' DESC,
                      (SELECT min(kind) FROM component WHERE component.campaign = campaign.id),
                      (SELECT min(counter) FROM component WHERE component.campaign = campaign.id)",
        )?;
        let rows = statement.query_map(params![reader, ATTEMPTS_MOST], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let mut waiting = Vec::new();
        for row in rows {
            let (id, is_on_trial) = row?;
            if passed.contains(&id) {
                continue;
            }
            if is_on_trial {
                return Ok(Some(id));
            }
            waiting.push(Waiting::load(&connection, id)?);
        }
        let free = |one: &&Waiting| !waiting.iter().any(|other| one.comes_behind(other));
        // Where each has to wait for another one, some are shut out whichever comes first.
        Ok(waiting.iter().find(free).or(waiting.first()).map(|next| next.id))
    }

    /// Whether a campaign goes on with a reader: it was not stopped, and not taken from this reader.
    pub(in crate::cloud) fn goes_on(&self, id: CampaignId, reader: &str) -> Result<bool, RegistryError> {
        let connection = self.lock();
        let found = connection
            .prepare(
                "SELECT 1 FROM delivery JOIN campaign ON campaign.id = delivery.campaign
                 WHERE campaign.id = ?1 AND delivery.reader = ?2 AND campaign.state = 'running'
                   AND delivery.state IN ('delivering', 'trial')",
            )?
            .exists(params![id, reader])?;
        Ok(found)
    }

    /// The bytes of a campaign's content from `offset` on: as many as a chunk carries, fewer at the end of a piece.
    pub(in crate::cloud) fn content(&self, id: CampaignId, offset: u32) -> Result<Vec<u8>, RegistryError> {
        let part = "SELECT substr(bytes, ?3, ?4) FROM content WHERE campaign = ?1 AND piece = ?2";
        let connection = self.lock();
        let mut statement = connection.prepare(part)?;
        // SQL counts bytes from 1.
        let values = params![id, offset / PIECE, offset % PIECE + 1, CHUNK];
        Ok(statement
            .query_row(values, |row| row.get(0))
            .optional()?
            .unwrap_or_default())
    }

    /// Records how far a campaign has come with a reader, and what follows for the campaign. A reader that has it in force
    /// has raised its counters.
    pub(in crate::cloud) fn record(
        &self,
        campaign: CampaignId,
        reader: &str,
        state: DeliveryState,
        next_offset: u32,
        reason: (ErrorCode, u16),
    ) -> Result<(), RegistryError> {
        self.write(|transaction| {
            if state == DeliveryState::Installed {
                raise(transaction, campaign, reader)?;
            }
            rollout::record(
                transaction,
                self.actor(),
                (campaign, reader),
                state,
                next_offset,
                reason,
            )
        })
    }
}

/// A campaign that waits for a reader, and the counters that it raises, by kind.
struct Waiting {
    id: CampaignId,
    raises: Vec<(u8, u32)>,
}

impl Waiting {
    fn load(connection: &Connection, id: CampaignId) -> Result<Self, RegistryError> {
        let components = "SELECT kind, counter FROM component WHERE campaign = ?1";
        let mut statement = connection.prepare(components)?;
        let raises = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self {
            id,
            raises: raises.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a reader that has this one can't take the other one any more (CW-UPD-003).
    fn shuts_out(&self, other: &Self) -> bool {
        let late = |(kind, counter): &(u8, u32)| {
            self.raises
                .iter()
                .any(|(own, own_counter)| own == kind && counter <= own_counter)
        };
        other.raises.iter().any(late)
    }

    /// Whether it has to wait for the other one, which does not have to wait for it.
    fn comes_behind(&self, other: &Self) -> bool {
        self.shuts_out(other) && !other.shuts_out(self)
    }
}

/// Raises the reader's counters to those of a campaign.
fn raise(connection: &Connection, campaign: CampaignId, reader: &str) -> Result<(), RegistryError> {
    let highest = "SELECT max(counter) FROM component WHERE campaign = ?1 AND kind = ?2";
    for (kind, raise) in [
        (
            UpdateKind::SOFTWARE,
            "UPDATE reader SET software_counter = max(software_counter, ?2) WHERE id = ?1",
        ),
        (
            UpdateKind::AUTHENTICATION,
            "UPDATE reader SET authentication_counter = max(authentication_counter, ?2) WHERE id = ?1",
        ),
        (
            UpdateKind::LOGIC,
            "UPDATE reader SET logic_counter = max(logic_counter, ?2) WHERE id = ?1",
        ),
    ] {
        let counter: Option<u32> =
            connection.query_row(highest, params![campaign, kind.0], |row| row.get(0))?;
        if let Some(counter) = counter {
            connection.execute(raise, params![reader, counter])?;
        }
    }
    Ok(())
}

fn campaign(row: &Row<'_>) -> rusqlite::Result<Campaign> {
    Ok(Campaign {
        id: row.get(0)?,
        manifest: row.get(1)?,
        signature: row.get(2)?,
        digest: row.get(3)?,
        size: row.get(4)?,
        on_trial: row.get(5)?,
    })
}
