//! `cardwire cloud clients`: clients that may not be used any more.

use super::{manage::Database, readers::tell_lease, time::time};
use crate::{
    failure::Failure,
    terminal::{Format, print, print_json, table},
};
use clap::Subcommand;
use serde_json::{Value, json};

const EXAMPLE: &str = "\
Examples:
  cardwire cloud clients revoke COUNTER-7 --db cloud.db
  cardwire cloud clients revoke COUNTER-7 --reader BRANCH-7-READER-1 --db cloud.db
  cardwire cloud clients list --db cloud.db
  cardwire cloud clients admit COUNTER-7 --db cloud.db

A revoked client is out at once, also where it talks to a running cloud, and what was granted to it is gone. Grants that a
reader was told before last for their time. What admits it again is undone for whom it was revoked: for one reader, or for
all; nothing is granted to it then.";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// List the clients that are revoked
    #[command(after_help = EXAMPLE)]
    List {
        #[command(flatten)]
        database: Database,
        /// How to tell it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Revoke a client, for one reader or for all
    #[command(after_help = EXAMPLE)]
    Revoke {
        /// The client's name
        client: String,
        /// The reader that it may not use any more; all of them where none is given
        #[arg(long, value_name = "ID")]
        reader: Option<String>,
        #[command(flatten)]
        database: Database,
    },
    /// Admit a client again that was revoked; nothing is granted to it
    #[command(after_help = EXAMPLE)]
    Admit {
        /// The client's name
        client: String,
        /// The reader that it was revoked for; for all of them where none is given
        #[arg(long, value_name = "ID")]
        reader: Option<String>,
        #[command(flatten)]
        database: Database,
    },
}

pub(super) fn run(action: &Action) -> Result<(), Failure> {
    match action {
        Action::List { database, format } => {
            let revoked = database.open()?.revoked_clients()?;
            match format {
                Format::Text => {
                    let rows = revoked.iter().map(|revoked| {
                        let reader = revoked.reader.clone().unwrap_or_else(|| "all".into());
                        vec![revoked.client.clone(), reader, time(revoked.at)]
                    });
                    print(table(&["client", "reader", "revoked"], rows));
                }
                Format::Json => print_json(
                    &revoked
                        .iter()
                        .map(|revoked| {
                            json!({ "client": revoked.client, "reader": revoked.reader, "revoked": revoked.at })
                        })
                        .collect::<Value>(),
                ),
            }
        }
        Action::Revoke {
            client,
            reader,
            database,
        } => tell_lease(database.open()?.revoke_client(client, reader.as_deref())?),
        Action::Admit {
            client,
            reader,
            database,
        } => database.open()?.readmit_client(client, reader.as_deref())?,
    }
    Ok(())
}
