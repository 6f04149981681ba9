//! `cardwire cloud campaigns`: how updates are rolled out.

use super::{manage::Database, time::time};
use crate::{
    failure::Failure,
    terminal::{Format, pairs, print, print_json, table},
};
use cardwire_codec::message::UpdateKind;
use cardwire_peers::cloud::{
    CampaignCommand, CampaignId, CampaignRecord, Component, Delivery, DeliveryState, Registry, Rollout, Share,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

const EXAMPLE: &str = "\
Examples:
  cardwire cloud publish logic card.identify.logic --counter 3 --db cloud.db --stages 1,10%,100% --halt-after 5%
  cardwire cloud campaigns list --db cloud.db
  cardwire cloud campaigns show 3 --db cloud.db
  cardwire cloud campaigns pause 3 --db cloud.db
  cardwire cloud campaigns resume 3 --db cloud.db

A campaign is a draft, running, paused, halted because too many readers failed, done, or cancelled. While it runs a stage
opens by itself when enough readers of the one before have the update; `advance` opens the next one by hand, and the first
one of a draft. What stops a campaign stops it at once, also for readers that are at it: they keep what they have of it,
and go on from there. `resume` after a halt forgives the failures so far.";
pub(super) const UPDATES: &str = "\
Example:
  cardwire cloud updates --db cloud.db";

/// How an update is rolled out, on the command line.
#[derive(Debug, Args)]
pub(crate) struct RolloutArguments {
    /// Open it for these shares of the readers, one after the other: numbers, or percent of those of its class
    ///
    /// Which readers come first is chosen anew for each update.
    #[arg(long, value_name = "SHARES", value_delimiter = ',', default_value = "100%")]
    stages: Vec<Share>,
    /// Open the next stage when so many readers of the one that is open have the update
    #[arg(long, value_name = "SHARE", default_value = "90%")]
    successes: Share,
    /// Halt when more readers of the stage fail than these; never where none is given
    #[arg(long, value_name = "SHARE")]
    halt_after: Option<Share>,
    /// Open no stage yet: `cardwire cloud campaigns advance` does
    #[arg(long)]
    draft: bool,
    /// For this reader only; client keys are always for one reader
    #[arg(long, value_name = "ID")]
    reader: Option<String>,
}

impl RolloutArguments {
    pub(super) fn rollout(&self) -> Rollout {
        Rollout {
            stages: self.stages.clone(),
            successes: self.successes,
            halt_after: self.halt_after,
            draft: self.draft,
            only: self.reader.clone(),
        }
    }

    /// The one reader that it is for.
    pub(super) fn reader(&self) -> Option<&str> {
        self.reader.as_deref()
    }
}

/// Which database to list, and how.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    #[command(flatten)]
    database: Database,
    /// How to tell it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// One campaign of a database.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The campaign's number
    id: CampaignId,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// List the campaigns, and how many readers have their updates
    #[command(after_help = EXAMPLE)]
    List(Listing),
    /// Show one campaign, with each reader that it is open for
    #[command(after_help = EXAMPLE)]
    Show {
        #[command(flatten)]
        which: Which,
        /// How to tell it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Open the first stage of a draft, or the next one of a running campaign
    #[command(after_help = EXAMPLE)]
    Advance(Which),
    /// Stop a campaign for a while
    #[command(after_help = EXAMPLE)]
    Pause(Which),
    /// Let a campaign go on that was paused or has halted
    #[command(after_help = EXAMPLE)]
    Resume(Which),
    /// End a campaign for good
    #[command(after_help = EXAMPLE)]
    Cancel(Which),
}

pub(super) fn run(action: &Action) -> Result<(), Failure> {
    match action {
        Action::List(Listing { database, format }) => {
            let campaigns = database.open()?.campaigns()?;
            match format {
                Format::Text => {
                    let header = [
                        "update",
                        "kind",
                        "class",
                        "counter",
                        "service",
                        "state",
                        "stage",
                        "readers",
                        "installed",
                        "failed",
                        "open",
                    ];
                    print(table(&header, campaigns.iter().map(summary)));
                }
                Format::Json => print_json(&campaigns.iter().map(document).collect()),
            }
        }
        Action::Show { which, format } => {
            let found = which.database.open()?.campaign(which.id);
            let campaign = found.map_err(|error| Failure::from(error).told_as(*format))?;
            match format {
                Format::Text => show(&campaign),
                Format::Json => print_json(&document(&campaign)),
            }
        }
        Action::Advance(which) => steer(which, CampaignCommand::Advance)?,
        Action::Pause(which) => steer(which, CampaignCommand::Pause)?,
        Action::Resume(which) => steer(which, CampaignCommand::Resume)?,
        Action::Cancel(which) => steer(which, CampaignCommand::Cancel)?,
    }
    Ok(())
}

/// `cardwire cloud updates`: a line for each update and reader.
pub(super) fn updates(listing: &Listing) -> Result<(), Failure> {
    let updates = listing.database.open()?.campaigns()?;
    match listing.format {
        Format::Text => {
            let header = ["update", "kind", "class", "counter", "service", "reader", "state"];
            print(table(&header, updates.iter().flat_map(update_rows)));
        }
        Format::Json => print_json(&updates.iter().map(document).collect()),
    }
    Ok(())
}

fn steer(which: &Which, command: CampaignCommand) -> Result<(), Failure> {
    let registry: Registry = which.database.open()?;
    registry.steer(which.id, command)?;
    let campaign = registry.campaign(which.id)?;
    print(format_args!(
        "campaign {}: {}, stage {}",
        which.id,
        campaign.state,
        stage(&campaign)
    ));
    Ok(())
}

fn stage(campaign: &CampaignRecord) -> String {
    let stages = &campaign.rollout.stages;
    let share = stages.get(campaign.stage as usize).map(ToString::to_string);
    format!(
        "{} of {} ({})",
        campaign.stage + 1,
        stages.len(),
        share.unwrap_or_default()
    )
}

/// What all components of an update say to one question.
fn of_components(campaign: &CampaignRecord, ask: impl Fn(&Component) -> String) -> String {
    campaign.components.iter().map(ask).collect::<Vec<_>>().join(", ")
}

fn names(campaign: &CampaignRecord) -> Vec<String> {
    vec![
        campaign.id.to_string(),
        of_components(campaign, |component| component.kind.to_string()),
        campaign.hardware_class.to_string(),
        of_components(campaign, |component| component.counter.to_string()),
        of_components(campaign, |component| {
            service(component).unwrap_or_else(|| "-".into())
        }),
    ]
}

/// The service of logic.
fn service(component: &Component) -> Option<String> {
    (component.kind == UpdateKind::LOGIC).then(|| component.service.to_string())
}

fn counts(campaign: &CampaignRecord) -> [usize; 4] {
    use DeliveryState::{Delivering, Failed, Installed, Pending, Refused, Trial, Withdrawn};
    let count = |states: &[DeliveryState]| states.iter().map(|state| campaign.count(*state)).sum();
    let all = campaign.deliveries.len() - campaign.count(Withdrawn);
    [
        all,
        count(&[Installed]),
        count(&[Failed, Refused]),
        count(&[Pending, Delivering, Trial]),
    ]
}

fn summary(campaign: &CampaignRecord) -> Vec<String> {
    let mut row = names(campaign);
    row.extend([campaign.state.to_string(), stage(campaign)]);
    row.extend(counts(campaign).map(|count| count.to_string()));
    row
}

fn show(campaign: &CampaignRecord) {
    let Rollout {
        stages,
        successes,
        halt_after,
        ..
    } = &campaign.rollout;
    let stages: Vec<_> = stages.iter().map(ToString::to_string).collect();
    let [id, kind, class, counter, service]: [String; 5] = names(campaign).try_into().unwrap_or_default();
    let [all, installed, failed, open] = counts(campaign);
    print(pairs([
        ("update", id),
        ("kind", kind),
        ("class", class),
        ("counter", counter),
        ("service", service),
        ("bytes", campaign.size.to_string()),
        ("published", time(campaign.published)),
        ("state", campaign.state.to_string()),
        (
            "for",
            campaign
                .rollout
                .only
                .clone()
                .unwrap_or_else(|| "every reader of its class".into()),
        ),
        ("stage", stage(campaign)),
        ("stages", stages.join(", ")),
        ("next stage at", format!("{successes} of a stage")),
        (
            "halts above",
            halt_after.map_or_else(|| "never".into(), |share| format!("{share} of a stage")),
        ),
        (
            "readers",
            format!("{all}: {installed} installed, {failed} failed, {open} open"),
        ),
    ]));
    let rows = campaign.deliveries.iter().map(|delivery| {
        vec![
            delivery.reader.clone(),
            (delivery.stage + 1).to_string(),
            told(delivery),
            delivery.next_offset.to_string(),
            time(delivery.changed),
        ]
    });
    print(format_args!(
        "\n{}",
        table(&["reader", "stage", "state", "bytes", "since"], rows)
    ));
}

const fn state_name(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "not offered yet",
        DeliveryState::Delivering => "on its way",
        DeliveryState::Trial => "on trial",
        DeliveryState::Failed => "failed",
        DeliveryState::Installed => "installed",
        DeliveryState::Refused => "refused",
        DeliveryState::Withdrawn => "withdrawn",
    }
}

fn told(delivery: &Delivery) -> String {
    let state = state_name(delivery.state);
    delivery
        .error
        .map_or(state.into(), |error| format!("{state}: {error}"))
}

/// A row for each reader that the update is for, or one that says that it is for none yet.
fn update_rows(update: &CampaignRecord) -> Vec<Vec<String>> {
    let row = |reader: &str, state: String| [names(update), vec![reader.to_owned(), state]].concat();
    if update.deliveries.is_empty() {
        return vec![row("", "not offered yet".into())];
    }
    let rows = update
        .deliveries
        .iter()
        .map(|delivery| row(&delivery.reader, told(delivery)));
    rows.collect()
}

fn document(campaign: &CampaignRecord) -> Value {
    let components = campaign.components.iter().map(|component| {
        json!({
            "kind": component.kind.to_string(),
            "service": service(component),
            "counter": component.counter,
        })
    });
    let deliveries = campaign.deliveries.iter().map(|delivery| {
        json!({
            "reader": delivery.reader,
            "state": state_name(delivery.state),
            "stage": delivery.stage + 1,
            "bytes": delivery.next_offset,
            "error": delivery.error.map(|error| error.to_string()),
            "failures": delivery.attempts,
            "since": delivery.changed,
        })
    });
    let [readers, installed, failed, open] = counts(campaign);
    json!({
        "id": campaign.id,
        "hardware_class": campaign.hardware_class.to_string(),
        "components": components.collect::<Vec<_>>(),
        "bytes": campaign.size,
        "published": campaign.published,
        "state": campaign.state.name(),
        "stage": campaign.stage + 1,
        "stages": campaign.rollout.stages.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "successes": campaign.rollout.successes.to_string(),
        "reader": campaign.rollout.only,
        "halt_after": campaign.rollout.halt_after.map(|share| share.to_string()),
        "readers": readers,
        "installed": installed,
        "failed": failed,
        "open": open,
        "deliveries": deliveries.collect::<Vec<_>>(),
    })
}
