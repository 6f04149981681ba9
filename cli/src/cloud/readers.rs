//! `cardwire cloud readers`: readers, and what clients may use of them.

use super::{manage::Database, time::time};
use crate::{
    failure::{Exit, Failure},
    terminal::{Format, from_hex, hex, print, print_json, say, table},
};
use cardwire_codec::message::ServiceId;
use cardwire_peers::cloud::{Admission, GrantRecord, Granted, ReaderRecord};
use clap::Subcommand;
use serde_json::{Value, json};

const EXAMPLE: &str = "\
Examples:
  cardwire cloud readers list --db cloud.db
  cardwire cloud readers add BRANCH-7-READER-1 31256b33…496100 --db cloud.db
  cardwire cloud readers grant BRANCH-7-READER-1 COUNTER-7 --service card.identify --db cloud.db
  cardwire cloud readers grants --reader BRANCH-7-READER-1 --db cloud.db
  cardwire cloud readers revoke BRANCH-7-READER-1 --db cloud.db

`cardwire keys show` tells a reader's public key. A denied reader keeps what is granted on it, a revoked one does not.
Both end at once, also where a client talks to a running cloud; what a reader was granted before lasts for its time.";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// List the readers
    #[command(after_help = EXAMPLE)]
    List {
        #[command(flatten)]
        database: Database,
        /// How to tell it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Register a reader
    #[command(after_help = EXAMPLE)]
    Add {
        /// The reader's name
        id: String,
        /// Its public key, 64 hexadecimal digits
        public_key: String,
        #[command(flatten)]
        database: Database,
    },
    /// Let a client use services of a reader
    #[command(after_help = EXAMPLE)]
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
    /// Deny a reader from now on, until it is admitted
    #[command(after_help = EXAMPLE)]
    Deny {
        /// The reader's name
        id: String,
        #[command(flatten)]
        database: Database,
    },
    /// Admit a reader again; after a revocation nothing is granted on it
    #[command(after_help = EXAMPLE)]
    Admit {
        /// The reader's name
        id: String,
        #[command(flatten)]
        database: Database,
    },
    /// List what is granted, and until when the grants of the last login last
    #[command(after_help = EXAMPLE)]
    Grants {
        /// Only those of this reader
        #[arg(long, value_name = "ID")]
        reader: Option<String>,
        /// Only those of this client
        #[arg(long, value_name = "ID")]
        client: Option<String>,
        #[command(flatten)]
        database: Database,
        /// How to tell it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Revoke a reader that is lost or stolen: it is out at once, and what is granted on it is gone
    #[command(after_help = EXAMPLE)]
    Revoke {
        /// The reader's name
        id: String,
        #[command(flatten)]
        database: Database,
    },
}

pub(super) fn run(action: &Action) -> Result<(), Failure> {
    match action {
        Action::List { database, format } => {
            let readers = database.open()?.readers()?;
            match format {
                Format::Text => {
                    let header = [
                        "reader",
                        "admission",
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
        Action::Add {
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
        Action::Grant {
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
        Action::Grants {
            reader,
            client,
            database,
            format,
        } => {
            let wanted =
                |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
            let mut grants = database.open()?.grants()?;
            grants.retain(|grant| wanted(reader, &grant.reader) && wanted(client, &grant.client));
            match format {
                Format::Text => {
                    let header = ["reader", "client", "services", "lifetime", "lasts until"];
                    print(table(&header, grants.iter().map(grant_row)));
                }
                Format::Json => print_json(&grants.iter().map(grant_json).collect()),
            }
        }
        Action::Revoke { id, database } => tell_lease(database.open()?.revoke_reader(id)?),
        Action::Deny { id, database } => database.open()?.admit(id, false)?,
        Action::Admit { id, database } => database.open()?.admit(id, true)?,
    }
    Ok(())
}

/// The service of this registered name or this number.
pub(super) fn registered_service(name: &str) -> Result<ServiceId, Failure> {
    crate::client::registered_service(name).ok_or_else(|| {
        let known: Vec<_> = ServiceId::ALL
            .iter()
            .filter_map(|service| service.name())
            .collect();
        let next = format!("Give one of {}, or a number such as 0xF001.", known.join(", "));
        Failure::new(Exit::Usage, format!("no service is registered as `{name}`"), next)
    })
}

fn reader_row(reader: &ReaderRecord) -> Vec<String> {
    let or_never = |text: &Option<String>| text.clone().unwrap_or_else(|| "never".into());
    vec![
        reader.id.clone(),
        reader.admission.to_string(),
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
        "admitted": reader.admission == Admission::Admitted,
        "admission": reader.admission.to_string(),
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

/// Tells until when grants last that can't be taken back.
pub(super) fn tell_lease(until: Option<i64>) {
    if let Some(until) = until {
        say(format_args!(
            "grants of a login before this last until {}: a reader learns of a revocation at its next login",
            time(until)
        ));
    }
}

fn services(granted: &Granted) -> Vec<String> {
    match granted {
        Granted::All => vec!["all".into()],
        Granted::Services(services) => services.iter().map(ToString::to_string).collect(),
    }
}

fn grant_row(grant: &GrantRecord) -> Vec<String> {
    vec![
        grant.reader.clone(),
        grant.client.clone(),
        services(&grant.granted).join(", "),
        format!("{} s", grant.lifetime),
        grant.lasts_until.map_or_else(|| "-".into(), time),
    ]
}

fn grant_json(grant: &GrantRecord) -> Value {
    json!({
        "reader": grant.reader,
        "client": grant.client,
        "services": services(&grant.granted),
        "lifetime": grant.lifetime,
        "lasts_until": grant.lasts_until,
    })
}
