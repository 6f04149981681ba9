//! A campaign as it is rolled out: whom its stages are for, and how they stand.

use crate::cloud::{
    audit::{AuditEvent, Entry},
    campaign::{ATTEMPTS_MOST, CampaignId, CampaignState, Share, read_stages, unreadable},
    registry::{RegistryError, now},
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

/// A campaign as it is rolled out.
pub(super) struct Plan {
    pub(super) id: CampaignId,
    pub(super) class: u16,
    pub(super) state: CampaignState,
    pub(super) stage: u32,
    pub(super) stages: Vec<Share>,
    pub(super) successes: Share,
    pub(super) halt_after: Option<Share>,
    pub(super) forgiven: u32,
}

/// How the readers of a campaign stand.
pub(super) struct Tally {
    /// All that it is open for, those aside that it was taken from.
    pub(super) readers: u32,
    pub(super) installed: u32,
    pub(super) failures: u32,
    /// Those that may still take it.
    pub(super) open: u32,
}

impl Plan {
    pub(super) fn load(connection: &Connection, id: CampaignId) -> Result<Option<Self>, RegistryError> {
        let found = connection
            .prepare(
                "SELECT id, hardware_class, state, stage, stages, successes, halt_after, forgiven FROM campaign
                 WHERE id = ?1",
            )?
            .query_row([id], |row| {
                let halt_after: Option<String> = row.get(6)?;
                Ok(Self {
                    id: row.get(0)?,
                    class: row.get(1)?,
                    state: CampaignState::named(&row.get::<_, String>(2)?).ok_or_else(|| unreadable(2))?,
                    stage: row.get(3)?,
                    stages: read_stages(&row.get::<_, String>(4)?).map_err(|_| unreadable(4))?,
                    successes: row.get::<_, String>(5)?.parse().map_err(|_| unreadable(5))?,
                    halt_after: halt_after.map(|share| share.parse()).transpose().map_err(|_| unreadable(6))?,
                    forgiven: row.get(7)?,
                })
            })
            .optional()?;
        Ok(found)
    }

    pub(super) fn is_last(&self) -> bool {
        self.stage as usize + 1 >= self.stages.len()
    }

    /// Opens a stage.
    pub(super) fn open(
        &self,
        transaction: &Transaction<'_>,
        actor: &str,
        stage: u32,
        why: &str,
    ) -> Result<(), RegistryError> {
        transaction.execute(
            "UPDATE campaign SET stage = ?2 WHERE id = ?1",
            params![self.id, stage],
        )?;
        let share = self
            .stages
            .get(stage as usize)
            .map(ToString::to_string)
            .unwrap_or_default();
        Entry {
            campaign: Some(self.id),
            detail: &format!(
                "stage {} of {} opens, {share}: {why}",
                stage + 1,
                self.stages.len()
            ),
            ..Entry::of(AuditEvent::Campaign, "stage")
        }
        .append(transaction, actor)
    }

    pub(super) fn turn(
        &self,
        transaction: &Transaction<'_>,
        actor: &str,
        next: CampaignState,
        why: &str,
    ) -> Result<(), RegistryError> {
        transaction.execute(
            "UPDATE campaign SET state = ?2 WHERE id = ?1",
            params![self.id, next.name()],
        )?;
        Entry {
            campaign: Some(self.id),
            detail: &format!("was {}: {why}", self.state),
            ..Entry::of(AuditEvent::Campaign, next.name())
        }
        .append(transaction, actor)
    }

    /// Chooses as many readers as the stages up to this one are for, and gives how many came new.
    pub(super) fn fill(&self, transaction: &Transaction<'_>) -> Result<u32, RegistryError> {
        let mut members = transaction
            .prepare("SELECT count(*) FROM delivery WHERE campaign = ?1 AND state <> 'withdrawn'")?;
        let members: u32 = members.query_row([self.id], |row| row.get(0))?;
        let mut others = transaction.prepare(
            "SELECT id FROM reader WHERE hardware_class = ?2 AND admitted
               AND id = coalesce((SELECT only_reader FROM campaign WHERE campaign.id = ?1), id)
               AND NOT EXISTS (SELECT 1 FROM delivery WHERE campaign = ?1 AND delivery.reader = reader.id)
               AND (SELECT min(component.counter > reader_counter.counter) FROM component
                    JOIN reader_counter ON reader_counter.kind = component.kind
                    WHERE component.campaign = ?1 AND reader_counter.reader = reader.id)",
        )?;
        let others = others.query_map(params![self.id, self.class], |row| row.get(0))?;
        let mut others: Vec<String> = others.collect::<Result<_, _>>()?;
        // A fleet of four thousand million readers has other cares.
        let known = members.saturating_add(u32::try_from(others.len()).unwrap_or(u32::MAX));
        let so_far = self.stages.iter().take(self.stage as usize + 1);
        let target = so_far.map(|share| share.at_least(known)).max().unwrap_or(0);
        let missing = target.saturating_sub(members);
        if missing == 0 {
            return Ok(0);
        }
        others.sort_by_cached_key(|reader| place(self.id, reader));
        let mut row = transaction.prepare(
            "INSERT INTO delivery (campaign, reader, state, stage, changed) VALUES (?1, ?2, 'pending', ?3, ?4)",
        )?;
        let mut came = 0;
        for reader in others.iter().take(missing as usize) {
            row.execute(params![self.id, reader, self.stage, now()])?;
            came += 1;
        }
        Ok(came)
    }

    pub(super) fn tally(&self, connection: &Connection) -> Result<Tally, RegistryError> {
        let tally = connection
            .prepare(
                "SELECT count(*),
                        count(*) FILTER (WHERE state = 'installed'),
                        count(*) FILTER (WHERE state IN ('failed', 'refused')),
                        count(*) FILTER (WHERE state IN ('pending', 'delivering', 'trial')
                                            OR (state = 'failed' AND attempts < ?2))
                 FROM delivery WHERE campaign = ?1 AND state <> 'withdrawn'",
            )?
            .query_row(params![self.id, ATTEMPTS_MOST], |row| {
                Ok(Tally {
                    readers: row.get(0)?,
                    installed: row.get(1)?,
                    failures: row.get(2)?,
                    open: row.get(3)?,
                })
            })?;
        Ok(tally)
    }
}

/// Where a reader stands in the order in which a campaign reaches readers.
fn place(campaign: CampaignId, reader: &str) -> [u8; 32] {
    Sha256::new_with_prefix(campaign.to_be_bytes())
        .chain_update(reader)
        .finalize()
        .into()
}
