//! `cardwire cloud secrets`: what services need of cards and no client may see.

use super::manage::Database;
use crate::{
    catalogue,
    client::registered_service,
    failure::{Exit, Failure},
    parameters::{self, Parameter},
    terminal::{Format, print, print_json, table},
};
use cardwire_codec::message::{ItemKind, ParameterSource, ServiceId};
use cardwire_peers::cloud::CardSecret;
use clap::Subcommand;
use serde_json::{Value, json};

/// The parameter that names the card which secrets are for, in services that ask for it.
const CARD: &str = "card";

const EXAMPLE: &str = "\
Examples:
  cardwire cloud secrets put 8900001010123456783 file.update.admin adm=- --db cloud.db
  cardwire cloud secrets list --db cloud.db
  cardwire cloud secrets remove 8900001010123456783 file.update.admin --db cloud.db

A card is named by its ICCID. Its secrets go to a reader, sealed, when a client asks for a job of this service that it was
granted by name; a grant of all services is none for them. Where a service compares the card in the slot with the
one that its secrets are for (its parameter `card`), that is the ICCID unless another is given. Values stand in the database in
clear: keep the file as one keeps keys.";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Store what a service needs of a card, in the place of what was stored
    #[command(after_help = EXAMPLE)]
    Put {
        /// The card's ICCID
        card: String,
        /// The service, by name or number
        service: String,
        #[arg(required = true, value_name = "NAME=VALUE", help = parameters::HELP)]
        secrets: Vec<Parameter>,
        #[command(flatten)]
        database: Database,
    },
    /// Remove what is stored of a card for a service
    #[command(after_help = EXAMPLE)]
    Remove {
        /// The card's ICCID
        card: String,
        /// The service, by name or number
        service: String,
        #[command(flatten)]
        database: Database,
    },
    /// List which secrets are stored; never their values
    #[command(after_help = EXAMPLE)]
    List {
        #[command(flatten)]
        database: Database,
        /// How to tell it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(super) fn run(action: &Action) -> Result<(), Failure> {
    match action {
        Action::Put {
            card,
            service,
            secrets,
            database,
        } => {
            let service = named(service)?;
            let secrets = secrets_of(card, service, secrets)?;
            database.open()?.put_secrets(card, service, &secrets)?;
        }
        Action::Remove {
            card,
            service,
            database,
        } => database.open()?.put_secrets(card, named(service)?, &[])?,
        Action::List { database, format } => {
            let records = database.open()?.secrets()?;
            match format {
                Format::Text => {
                    let rows = records.iter().map(|record| {
                        let (card, service) = (record.card.clone(), record.service.to_string());
                        vec![card, service, record.names.join(" ")]
                    });
                    print(table(&["card", "service", "secrets"], rows));
                }
                Format::Json => print_json(
                    &records
                        .iter()
                        .map(|record| json!({ "card": record.card, "service": record.service.0, "secrets": record.names }))
                        .collect::<Value>(),
                ),
            }
        }
    }
    Ok(())
}

fn secrets_of(card: &str, service: ServiceId, given: &[Parameter]) -> Result<Vec<CardSecret>, Failure> {
    let declared = catalogue::parameters(service);
    let items = parameters::items(given, &declared)?;
    let mut secrets: Vec<_> = items
        .into_iter()
        .map(|item| CardSecret {
            name: item.name,
            kind: item.kind,
            value: item.value,
        })
        .collect();
    let by_cloud = |name: &str| {
        let mut all = declared.iter();
        all.any(|declared| declared.name == name && declared.source == ParameterSource::Cloud)
    };
    // Nothing is known of services that are not in the catalogue.
    if let Some(strange) = secrets
        .iter()
        .find(|secret| !declared.is_empty() && !by_cloud(&secret.name))
    {
        let names: Vec<_> = declared
            .iter()
            .filter(|declared| declared.source == ParameterSource::Cloud)
            .map(|declared| declared.name.as_str())
            .collect();
        let next = match names.as_slice() {
            [] => format!("{service} takes nothing from the cloud."),
            names => format!("{service} takes from it: {}.", names.join(", ")),
        };
        let what = format!("{service} has no `{}` from the cloud", strange.name);
        return Err(Failure::new(Exit::Usage, what, next));
    }
    if by_cloud(CARD) && secrets.iter().all(|secret| secret.name != CARD) {
        secrets.push(CardSecret {
            name: CARD.into(),
            kind: ItemKind::Text,
            value: card.into(),
        });
    }
    Ok(secrets)
}

fn named(service: &str) -> Result<ServiceId, Failure> {
    registered_service(service).ok_or_else(|| {
        let next = "Give a name of the catalogue, or a number such as 0xF001.";
        Failure::new(Exit::Usage, format!("there is no service `{service}`"), next)
    })
}
