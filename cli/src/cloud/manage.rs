//! What manages a cloud's database: readers, grants, updates.

use crate::{
    failure::{Exit, Failure, Outcome},
    identity,
    protocol::protocol,
    terminal::{Format, from_hex, hex, print, print_json, read, read_text, table},
};
use cardwire_codec::message::{HardwareClass, ServiceId};
use cardwire_peers::cloud::{CampaignRecord, DeliveryState, Granted, ReaderRecord, Registry};
use cardwire_spec::logic;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const READERS: &str = "\
Examples:
  cardwire cloud readers list --db cloud.db
  cardwire cloud readers add BRANCH-7-READER-1 31256b33…496100 --db cloud.db
  cardwire cloud readers grant BRANCH-7-READER-1 COUNTER-7 --service card.identify --db cloud.db

`cardwire keys show` tells a reader's public key.";
const PUBLISH: &str = "\
Example:
  cardwire cloud publish logic card.identify.logic --counter 2 --db cloud.db --authority authority.toml

Readers get it after their next login, if its counter is above their own.";
const UPDATES: &str = "\
Example:
  cardwire cloud updates --db cloud.db";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Manage readers and what is granted on them
    Readers {
        #[command(subcommand)]
        action: Readers,
    },
    /// Publish an update for readers
    Publish {
        #[command(subcommand)]
        what: Publish,
    },
    /// List the updates that were published, and how far they have come
    #[command(after_help = UPDATES)]
    Updates {
        #[command(flatten)]
        database: Database,
        /// How to tell it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Database {
    /// The cloud's database; made where it does not exist
    #[arg(long, value_name = "FILE")]
    db: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Readers {
    /// List the readers
    #[command(after_help = READERS)]
    List {
        #[command(flatten)]
        database: Database,
        /// How to tell it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Register a reader
    #[command(after_help = READERS)]
    Add {
        /// The reader's name
        id: String,
        /// Its public key, 64 hexadecimal digits
        public_key: String,
        #[command(flatten)]
        database: Database,
    },
    /// Let a client use services of a reader
    #[command(after_help = READERS)]
    Grant {
        /// The reader's name
        reader: String,
        /// The client's name
        client: String,
        /// A service, by name or number; may be repeated. All services where none is given
        #[arg(long = "service", value_name = "SERVICE")]
        services: Vec<String>,
        /// How long the grants last after a login
        #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
        lifetime: u32,
        #[command(flatten)]
        database: Database,
    },
    /// Deny a reader's logins from now on
    #[command(after_help = READERS)]
    Deny {
        /// The reader's name
        id: String,
        #[command(flatten)]
        database: Database,
    },
    /// Admit a reader again
    #[command(after_help = READERS)]
    Admit {
        /// The reader's name
        id: String,
        #[command(flatten)]
        database: Database,
    },
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
        database: Database,
    },
}

impl Database {
    fn open(&self) -> Result<Registry, Failure> {
        Ok(Registry::open(&self.db)?)
    }
}

pub(super) fn run(action: &Action) -> Outcome {
    match action {
        Action::Readers { action } => readers(action)?,
        Action::Publish {
            what:
                Publish::Logic {
                    file,
                    counter,
                    class,
                    authority,
                    database,
                },
        } => {
            publish(file, *counter, class, authority.as_deref(), database)?;
        }
        Action::Updates { database, format } => {
            let updates = database.open()?.campaigns()?;
            match format {
                Format::Text => {
                    let rows = updates.iter().flat_map(update_rows);
                    print(table(
                        &["update", "kind", "class", "counter", "service", "reader", "state"],
                        rows,
                    ));
                }
                Format::Json => print_json(&updates.iter().map(update_json).collect()),
            }
        }
    }
    Ok(Exit::Done)
}

fn readers(action: &Readers) -> Result<(), Failure> {
    match action {
        Readers::List { database, format } => {
            let readers = database.open()?.readers()?;
            match format {
                Format::Text => {
                    let header = [
                        "reader",
                        "admitted",
                        "software",
                        "logins",
                        "last client",
                        "public key",
                    ];
                    print(table(&header, readers.iter().map(reader_row)));
                }
                Format::Json => print_json(&readers.iter().map(reader_json).collect()),
            }
        }
        Readers::Add {
            id,
            public_key,
            database,
        } => {
            let key = from_hex(public_key)
                .and_then(|key| key.try_into().ok())
                .ok_or_else(|| {
                    let next =
                        "Give the 64 hexadecimal digits that `cardwire keys show` tells of the reader.";
                    Failure::new(Exit::Usage, "the public key is no key of 32 bytes", next)
                })?;
            database.open()?.add_reader(id, &key)?;
        }
        Readers::Grant {
            reader,
            client,
            services,
            lifetime,
            database,
        } => {
            let granted = if services.is_empty() {
                Granted::All
            } else {
                let services: Result<Vec<_>, _> =
                    services.iter().map(|name| registered_service(name)).collect();
                Granted::Services(services?)
            };
            database.open()?.grant(reader, client, &granted, *lifetime)?;
        }
        Readers::Deny { id, database } => database.open()?.admit(id, false)?,
        Readers::Admit { id, database } => database.open()?.admit(id, true)?,
    }
    Ok(())
}

fn registered_service(name: &str) -> Result<ServiceId, Failure> {
    crate::client::registered_service(name).ok_or_else(|| {
        let known: Vec<_> = ServiceId::ALL
            .iter()
            .filter_map(|service| service.name())
            .collect();
        let next = format!("Give one of {}, or a number such as 0xF001.", known.join(", "));
        Failure::new(Exit::Usage, format!("no service is registered as `{name}`"), next)
    })
}

fn publish(
    file: &Path,
    counter: u32,
    class: &str,
    authority: Option<&Path>,
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
    let id = database
        .open()?
        .publish_logic(&document, counter, *class, authority)?;
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

fn reader_row(reader: &ReaderRecord) -> Vec<String> {
    let or_never = |text: &Option<String>| text.clone().unwrap_or_else(|| "never".into());
    vec![
        reader.id.clone(),
        if reader.admitted {
            "yes".into()
        } else {
            "no".into()
        },
        or_never(&reader.software),
        reader.logins.to_string(),
        or_never(&reader.client),
        hex(&reader.public_key),
    ]
}

fn reader_json(reader: &ReaderRecord) -> Value {
    json!({
        "id": reader.id,
        "public_key": hex(&reader.public_key),
        "admitted": reader.admitted,
        "hardware_class": reader.hardware_class.map(|class| class.to_string()),
        "software": reader.software,
        "counters": {
            "software": reader.counters.software,
            "authentication": reader.counters.authentication,
            "logic": reader.counters.logic,
        },
        "logins": reader.logins,
        "last_login": reader.last_login,
        "last_client": reader.client,
    })
}

const fn state_name(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Delivering => "on its way",
        DeliveryState::Failed => "failed",
        DeliveryState::Installed => "installed",
        DeliveryState::Refused => "refused",
    }
}

/// A row for each reader that was offered the update, or one that says that none was.
fn update_rows(update: &CampaignRecord) -> Vec<Vec<String>> {
    let row = |reader: &str, state: String| {
        vec![
            update.id.to_string(),
            update.kind.to_string(),
            update.hardware_class.to_string(),
            update.counter.to_string(),
            update.service.to_string(),
            reader.to_owned(),
            state,
        ]
    };
    if update.deliveries.is_empty() {
        return vec![row("", "not offered yet".into())];
    }
    let rows = update.deliveries.iter().map(|delivery| {
        let state = state_name(delivery.state);
        row(
            &delivery.reader,
            delivery
                .error
                .map_or(state.into(), |error| format!("{state}: {error}")),
        )
    });
    rows.collect()
}

fn update_json(update: &CampaignRecord) -> Value {
    let deliveries = update.deliveries.iter().map(|delivery| {
        json!({
            "reader": delivery.reader,
            "state": state_name(delivery.state),
            "bytes": delivery.next_offset,
            "error": delivery.error.map(|error| error.to_string()),
        })
    });
    json!({
        "id": update.id,
        "kind": update.kind.to_string(),
        "hardware_class": update.hardware_class.to_string(),
        "counter": update.counter,
        "service": update.service.to_string(),
        "published": update.published,
        "deliveries": deliveries.collect::<Vec<_>>(),
    })
}
