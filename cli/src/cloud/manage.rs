//! What manages a cloud's database: readers, clients, secrets of cards, updates, campaigns, the audit log.

use super::{audit, campaigns, clients, publish, readers, secrets};
use crate::failure::{Exit, Failure, Outcome};
use cardwire_peers::cloud::Registry;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Manage readers and what is granted on them
    Readers {
        #[command(subcommand)]
        action: readers::Action,
    },
    /// Revoke clients, and admit them again
    Clients {
        #[command(subcommand)]
        action: clients::Action,
    },
    /// Store what services need of cards and no client may see
    Secrets {
        #[command(subcommand)]
        action: secrets::Action,
    },
    /// Publish an update for readers: software, keys, service logic, or several of them as one
    Publish {
        #[command(subcommand)]
        what: publish::Publish,
    },
    /// Show how updates are rolled out, and steer that
    Campaigns {
        #[command(subcommand)]
        action: campaigns::Action,
    },
    /// List the updates that were published, and how far they have come with each reader
    #[command(after_help = campaigns::UPDATES)]
    Updates(campaigns::Listing),
    /// Show who decided what, or check that nobody has changed what was written down
    #[command(after_help = audit::EXAMPLE)]
    Audit(audit::Arguments),
}

#[derive(Debug, Args)]
pub(crate) struct Database {
    /// The cloud's database; made where it does not exist
    #[arg(long, value_name = "FILE")]
    db: PathBuf,
}

impl Database {
    /// Opens the database for whoever has started this program.
    pub(super) fn open(&self) -> Result<Registry, Failure> {
        let named = |name: &str| std::env::var(name).ok().filter(|name| !name.is_empty());
        let user = named("USER").or_else(|| named("USERNAME"));
        let operator = user.map_or_else(|| "operator".into(), |user| format!("operator {user}"));
        Ok(Registry::open(&self.db)?.acting_as(&operator))
    }
}

pub(super) fn run(action: &Action) -> Outcome {
    match action {
        Action::Readers { action } => readers::run(action)?,
        Action::Clients { action } => clients::run(action)?,
        Action::Secrets { action } => secrets::run(action)?,
        Action::Publish { what } => publish::run(what)?,
        Action::Campaigns { action } => campaigns::run(action)?,
        Action::Updates(listing) => campaigns::updates(listing)?,
        Action::Audit(arguments) => audit::run(arguments)?,
    }
    Ok(Exit::Done)
}
