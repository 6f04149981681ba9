//! What manages a cloud's database: readers, clients, updates, campaigns, the audit log.

use super::{audit, campaigns, clients, readers};
use crate::{
    failure::{Exit, Failure, Outcome},
    identity,
    protocol::protocol,
    terminal::{print, read, read_text},
};
use cardwire_codec::message::HardwareClass;
use cardwire_peers::cloud::{Registry, Update};
use cardwire_spec::logic;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

const PUBLISH: &str = "\
Examples:
  cardwire cloud publish logic card.identify.logic --counter 2 --db cloud.db --authority authority.toml
  cardwire cloud publish logic card.identify.logic --counter 3 --db cloud.db --stages 1,10%,100% --halt-after 5%

Readers get it after their next login, if its counter is above their own. With stages one after the other is opened;
`cardwire cloud campaigns` shows and steers that.";

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
    /// Publish an update for readers
    Publish {
        #[command(subcommand)]
        what: Publish,
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

#[derive(Debug, Subcommand)]
pub(crate) enum Publish {
    /// Publish new execution logic for one service
    #[command(after_help = PUBLISH)]
    Logic {
        /// The logic: text where its name ends in .logic, else the assembled document
        file: PathBuf,
        /// Its update counter, above that of the readers
        #[arg(long)]
        counter: u32,
        /// The class of hardware that it is for
        #[arg(long, default_value = "reference-host")]
        class: String,
        /// The update authority's key; the published one where none is given
        #[arg(long, value_name = "FILE")]
        authority: Option<PathBuf>,
        #[command(flatten)]
        rollout: campaigns::RolloutArguments,
        #[command(flatten)]
        database: Database,
    },
}

pub(super) fn run(action: &Action) -> Outcome {
    match action {
        Action::Readers { action } => readers::run(action)?,
        Action::Clients { action } => clients::run(action)?,
        Action::Publish {
            what:
                Publish::Logic {
                    file,
                    counter,
                    class,
                    authority,
                    rollout,
                    database,
                },
        } => {
            publish(file, *counter, class, authority.as_deref(), rollout, database)?;
        }
        Action::Campaigns { action } => campaigns::run(action)?,
        Action::Updates(listing) => campaigns::updates(listing)?,
        Action::Audit(arguments) => audit::run(arguments)?,
    }
    Ok(Exit::Done)
}

fn publish(
    file: &Path,
    counter: u32,
    class: &str,
    authority: Option<&Path>,
    rollout: &campaigns::RolloutArguments,
    database: &Database,
) -> Result<(), Failure> {
    let class = HardwareClass::ALL
        .iter()
        .find(|known| known.name() == Some(class))
        .ok_or_else(|| {
            let known: Vec<_> = HardwareClass::ALL
                .iter()
                .filter_map(|known| known.name())
                .collect();
            let next = format!("Give one of {}.", known.join(", "));
            Failure::new(
                Exit::Usage,
                format!("no class of hardware is registered as `{class}`"),
                next,
            )
        })?;
    let document = if file.extension().is_some_and(|extension| extension == "logic") {
        assemble(file)?
    } else {
        read(file)?
    };
    let identities = identity::peers(authority)?;
    let authority = identities
        .authority
        .as_ref()
        .ok_or_else(|| identity::lacks("[authority]"))?;
    let update = Update::logic(&document, counter, *class, authority)?;
    let id = database.open()?.publish_in_stages(&update, &rollout.rollout())?;
    print(format_args!(
        "update {id}: {} bytes of logic, counter {counter}, for {class}",
        document.len()
    ));
    Ok(())
}

/// Assembles the text of execution logic.
pub(crate) fn assemble(file: &Path) -> Result<Vec<u8>, Failure> {
    let text = read_text(file)?;
    logic::assemble(protocol(), &file.display().to_string(), &text)
        .map_err(|problems| Failure::new(Exit::Failed, problems, "Correct the lines that are named."))
}
