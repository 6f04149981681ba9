//! Who gets an update when: stages, what opens the next one, and what halts a campaign.
//!
//! A stage is open for a share of the readers of the campaign's class. Which ones follows from a digest of campaign and
//! reader, so that it is another sample for each campaign and the same whenever it is asked for. Who was chosen stays so:
//! the choice is a row of `delivery`. Everything here happens in the transaction of what caused it.

mod plan;

use super::{
    audit::{AuditEvent, Entry},
    campaign::{CampaignCommand, CampaignId, CampaignState, DeliveryState, Happening},
    registry::{Registry, RegistryError, now},
};
use cardwire_codec::message::{ErrorCode, HardwareClass};
use plan::Plan;
use rusqlite::{OptionalExtension, Transaction, params};

impl Registry {
    /// Does to a campaign what an operator wants, and gives its state after that.
    ///
    /// # Errors
    /// No such campaign, or one that can't do this as it stands.
    pub fn steer(&self, id: CampaignId, command: CampaignCommand) -> Result<CampaignState, RegistryError> {
        self.write(|transaction| {
            let plan = Plan::load(transaction, id)?.ok_or(RegistryError::UnknownCampaign { id })?;
            let state = plan.state;
            let next = state
                .after(command)
                .ok_or(RegistryError::Steering { id, state, command })?;
            match (command, state) {
                (CampaignCommand::Advance, CampaignState::Running) => {
                    if plan.is_last() {
                        return Err(RegistryError::LastStage { id });
                    }
                    plan.open(transaction, self.actor(), plan.stage + 1, "by hand")?;
                }
                (CampaignCommand::Resume, CampaignState::Halted) => {
                    let forgiven = plan.tally(transaction)?.failures;
                    transaction.execute(
                        "UPDATE campaign SET forgiven = ?2 WHERE id = ?1",
                        params![id, forgiven],
                    )?;
                    plan.turn(
                        transaction,
                        self.actor(),
                        next,
                        &format!("{forgiven} failures are forgiven"),
                    )?;
                }
                (
                    CampaignCommand::Advance
                    | CampaignCommand::Pause
                    | CampaignCommand::Resume
                    | CampaignCommand::Cancel,
                    _,
                ) => plan.turn(transaction, self.actor(), next, "by hand")?,
            }
            assess(transaction, id, self.actor())?;
            Ok(Plan::load(transaction, id)?.map_or(next, |plan| plan.state))
        })
    }
}

/// Notes how far a campaign has come with a reader, and what follows for the campaign.
pub(super) fn record(
    transaction: &Transaction<'_>,
    actor: &str,
    (campaign, reader): (CampaignId, &str),
    state: DeliveryState,
    next_offset: u32,
    (error, detail): (ErrorCode, u16),
) -> Result<(), RegistryError> {
    let of = "SELECT state FROM delivery WHERE campaign = ?1 AND reader = ?2";
    let before: Option<String> = transaction
        .query_row(of, params![campaign, reader], |row| row.get(0))
        .optional()?;
    // A reader that was revoked, or has a later update, is not brought back by a word that was on its way.
    if before
        .as_deref()
        .is_none_or(|before| before == DeliveryState::Withdrawn.name())
    {
        return Ok(());
    }
    transaction
        .prepare(
            "UPDATE delivery SET state = ?3, next_offset = ?4, error = ?5, detail = ?6,
                    attempts = attempts + (?3 = 'failed'), changed = ?7
             WHERE campaign = ?1 AND reader = ?2",
        )?
        .execute(params![
            campaign,
            reader,
            state.name(),
            next_offset,
            error.0,
            detail,
            now()
        ])?;
    if before.as_deref() == Some(state.name()) && state != DeliveryState::Failed {
        return Ok(());
    }
    let why = if error.0 == 0 {
        String::new()
    } else {
        format!("{error}, detail {detail}")
    };
    Entry {
        reader: Some(reader),
        campaign: Some(campaign),
        detail: &why,
        ..Entry::of(AuditEvent::Delivery, state.name())
    }
    .append(transaction, actor)?;
    // Only one that is gone leaves room for another: nobody else needs the fleet to be looked through.
    judge(transaction, campaign, actor, state == DeliveryState::Withdrawn)
}

/// A reader has logged in and said what it has: settles what is under way for it, and counts it where it is new.
pub(super) fn arrive(
    transaction: &Transaction<'_>,
    reader: &str,
    class: HardwareClass,
    actor: &str,
) -> Result<(), RegistryError> {
    for (campaign, state) in settled(transaction, reader, class)? {
        record(
            transaction,
            actor,
            (campaign, reader),
            state,
            0,
            (ErrorCode(0), 0),
        )?;
    }
    // Campaigns that it would be for and that are not open for it: its coming may make room in a stage.
    let mut statement = transaction.prepare(
        "SELECT id FROM campaign WHERE hardware_class = ?1 AND state IN ('running', 'done')
           AND NOT EXISTS (SELECT 1 FROM delivery WHERE campaign = id AND reader = ?2)",
    )?;
    let campaigns = statement.query_map(params![class.0, reader], |row| row.get(0))?;
    for campaign in campaigns.collect::<Result<Vec<_>, _>>()? {
        assess(transaction, campaign, actor)?;
    }
    Ok(())
}

/// The campaigns whose end a reader's counters tell: the power may have failed between an update's commit and the word of
/// it; where a counter is beyond the campaign's, the reader can't take it any more; and where all are below those of an
/// update that it had, it was provisioned anew, and needs it again.
fn settled(
    transaction: &Transaction<'_>,
    reader: &str,
    class: HardwareClass,
) -> Result<Vec<(CampaignId, DeliveryState)>, RegistryError> {
    let mut statement = transaction.prepare(
        "SELECT delivery.campaign, delivery.state, campaign.hardware_class = ?2,
                (SELECT min(highest = reader_counter.counter) FROM
                    (SELECT kind, max(counter) AS highest FROM component
                     WHERE component.campaign = delivery.campaign GROUP BY kind) AS wanted
                    LEFT JOIN reader_counter ON reader_counter.reader = ?1 AND reader_counter.kind = wanted.kind),
                (SELECT max(component.counter <= reader_counter.counter) FROM component
                    JOIN reader_counter ON reader_counter.reader = ?1 AND reader_counter.kind = component.kind
                    WHERE component.campaign = delivery.campaign)
         FROM delivery JOIN campaign ON campaign.id = delivery.campaign
         WHERE delivery.reader = ?1 AND (delivery.state IN ('pending', 'delivering', 'trial', 'failed')
               OR (delivery.state = 'installed' AND campaign.state IN ('running', 'done')))",
    )?;
    let rows = statement.query_map(params![reader, class.0], |row| {
        let (id, state): (_, String) = (row.get(0)?, row.get(1)?);
        let of_class: bool = row.get(2)?;
        let reached = row.get::<_, Option<bool>>(3)?.unwrap_or(false);
        let beyond = row.get::<_, Option<bool>>(4)?.unwrap_or(false);
        let installed = state == DeliveryState::Installed.name();
        let next = if installed {
            (of_class && !reached && !beyond).then_some(DeliveryState::Pending)
        } else if of_class && reached && state != DeliveryState::Pending.name() {
            Some(DeliveryState::Installed)
        } else {
            (!of_class || beyond).then_some(DeliveryState::Withdrawn)
        };
        Ok(next.map(|next| (id, next)))
    })?;
    Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

/// A reader was revoked: no update waits for it, and no stage for it.
pub(super) fn withdraw(
    transaction: &Transaction<'_>,
    reader: &str,
    actor: &str,
) -> Result<(), RegistryError> {
    let open = "SELECT campaign FROM delivery WHERE reader = ?1
                AND state IN ('pending', 'delivering', 'trial', 'failed')";
    let mut statement = transaction.prepare(open)?;
    let campaigns = statement
        .query_map([reader], |row| row.get(0))?
        .collect::<Result<Vec<_>, _>>()?;
    for campaign in campaigns {
        record(
            transaction,
            actor,
            (campaign, reader),
            DeliveryState::Withdrawn,
            0,
            (ErrorCode(0), 0),
        )?;
    }
    Ok(())
}

/// A reader is admitted anew: it is a newcomer for every campaign that it was taken from.
pub(super) fn readmit(transaction: &Transaction<'_>, reader: &str) -> Result<(), RegistryError> {
    let gone = "DELETE FROM delivery WHERE reader = ?1 AND state = 'withdrawn'";
    transaction.execute(gone, [reader])?;
    Ok(())
}

/// Looks at a campaign where its readers or its state have changed: fills its stage, and judges it.
pub(super) fn assess(
    transaction: &Transaction<'_>,
    id: CampaignId,
    actor: &str,
) -> Result<(), RegistryError> {
    judge(transaction, id, actor, true)
}

/// Halts a running campaign, opens its next stage, or ends it. Its stage is filled before where that may have room.
fn judge(
    transaction: &Transaction<'_>,
    id: CampaignId,
    actor: &str,
    mut has_room: bool,
) -> Result<(), RegistryError> {
    // Each turn opens a stage or is the last one.
    while let Some(plan) = Plan::load(transaction, id)? {
        match plan.state {
            CampaignState::Running => {}
            CampaignState::Done => {
                if has_room {
                    plan.fill(transaction)?;
                }
                if plan.tally(transaction)?.open == 0 {
                    return Ok(());
                }
                let Some(next) = plan.state.on(Happening::Newcomer) else {
                    return Ok(());
                };
                plan.turn(transaction, actor, next, "a reader came that it is for")?;
                continue;
            }
            CampaignState::Draft
            | CampaignState::Paused
            | CampaignState::Halted
            | CampaignState::Cancelled => {
                return Ok(());
            }
        }
        if has_room {
            plan.fill(transaction)?;
        }
        let tally = plan.tally(transaction)?;
        let may_fail = plan.halt_after.map(|share| share.at_most(tally.readers));
        let failures = tally.failures.saturating_sub(plan.forgiven);
        if may_fail.is_some_and(|may_fail| failures > may_fail) {
            let Some(next) = plan.state.on(Happening::Halt) else {
                return Ok(());
            };
            let why = format!("{failures} of {} readers failed", tally.readers);
            return plan.turn(transaction, actor, next, &why);
        }
        if tally.readers == 0 {
            return Ok(());
        }
        if plan.is_last() {
            if tally.open > 0 {
                return Ok(());
            }
            let Some(next) = plan.state.on(Happening::Finish) else {
                return Ok(());
            };
            let why = format!("{} of {} readers have it", tally.installed, tally.readers);
            return plan.turn(transaction, actor, next, &why);
        }
        if tally.installed < plan.successes.at_least(tally.readers) {
            return Ok(());
        }
        let why = format!("{} of {} readers have it", tally.installed, tally.readers);
        plan.open(transaction, actor, plan.stage + 1, &why)?;
        has_room = true;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
