//! `cardwire keys`: identities, made and shown.

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::{BOLD, Format, hex, print, print_json, say, table},
};
use cardwire_peers::Identities;
use clap::Subcommand;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const NEW: &str = "\
Example:
  cardwire keys new --reader BRANCH-7-READER-1 --client COUNTER-7 --dir keys
  cardwire reader --listen tcp:127.0.0.1:7000 --identity keys/reader.toml
  cardwire cloud --listen tcp:127.0.0.1:7001 --identity keys/cloud.toml --db cloud.db
  cardwire cloud readers grant BRANCH-7-READER-1 COUNTER-7 --db cloud.db
  cardwire client tcp:127.0.0.1:7000 --identity keys/client.toml --cloud tcp:127.0.0.1:7001 run card.identify

The cloud that is started with these identities registers the reader in its database; what the client may use there is
then granted.

Each file holds what its own end needs to know, and no more. Nothing is overwritten.";
const SHOW: &str = "\
Example:
  cardwire keys show keys/reader.toml

Secrets are never shown.";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Make identities for one reader, one client, their cloud and their update authority
    #[command(after_help = NEW)]
    New {
        /// The reader's name: 1 to 32 letters, digits, `.`, `-` and `_`
        #[arg(long, value_name = "ID")]
        reader: String,
        /// The client's name
        #[arg(long, value_name = "ID")]
        client: String,
        /// The folder for the files; made where it does not exist
        #[arg(long)]
        dir: PathBuf,
    },
    /// Show the public parts of an identity file, or of the published certification identities
    #[command(after_help = SHOW)]
    Show {
        /// The file
        file: Option<PathBuf>,
        /// How to tell it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(crate) fn run(action: &Action) -> Outcome {
    match action {
        Action::New { reader, client, dir } => new(reader, client, dir),
        Action::Show { file, format } => show(file.as_deref(), *format),
    }
}

fn new(reader: &str, client: &str, dir: &Path) -> Outcome {
    let identities = Identities::generate(reader, client)?;
    std::fs::create_dir_all(dir).map_err(|error| {
        let what = format!("the folder {} can't be made: {error}", dir.display());
        Failure::new(Exit::Usage, what, "Give a folder that you may write to.")
    })?;
    for path in identities.save(dir)? {
        print(path.display());
    }
    say(format_args!(
        "Carry each file to its own end and delete it here. The cloud grants nothing yet:\n  \
         {BOLD}cardwire cloud readers grant {reader} {client} --db cloud.db{BOLD:#}   once the reader is in its database"
    ));
    Ok(Exit::Done)
}

fn show(file: Option<&Path>, format: Format) -> Outcome {
    let identities = match file {
        Some(path) => Identities::load(path).map_err(|error| Failure::from(error).told_as(format))?,
        None => Identities::certification(),
    };
    match format {
        Format::Text => {
            print(format_args!("provisioning: {}\n", identities.provisioning));
            print(table(&["role", "identity", "what", "public"], rows(&identities)));
        }
        Format::Json => print_json(&document(&identities)),
    }
    Ok(Exit::Done)
}

fn rows(identities: &Identities) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut add = |role: &str, id: &str, what: &str, public: String| {
        rows.push(vec![role.to_owned(), id.to_owned(), what.to_owned(), public]);
    };
    if let Some(reader) = &identities.reader {
        add(
            "reader",
            &reader.id,
            "static key, X25519",
            hex(&reader.static_key.x25519_public()),
        );
        add(
            "reader",
            &reader.id,
            "its cloud, X25519",
            hex(&reader.cloud_public_key),
        );
        add(
            "reader",
            &reader.id,
            "its authority, Ed25519",
            hex(&reader.authority_public_key),
        );
        for client in &reader.clients {
            add(
                "reader",
                &reader.id,
                "lets in",
                format!("{}, generation {}", client.id, client.generation),
            );
        }
    }
    for client in &identities.clients {
        add("client", &client.id, "generation", client.generation.to_string());
    }
    if let Some(cloud) = &identities.cloud {
        add(
            "cloud",
            "",
            "static key, X25519",
            hex(&cloud.static_key.x25519_public()),
        );
        for reader in &cloud.readers {
            add(
                "cloud",
                "",
                "knows",
                format!("{}, {}", reader.id, hex(&reader.public_key)),
            );
        }
    }
    if let Some(authority) = &identities.authority {
        add(
            "authority",
            "",
            "signing key, Ed25519",
            hex(&authority.public_key()),
        );
    }
    rows
}

fn document(identities: &Identities) -> Value {
    let reader = identities.reader.as_ref().map(|reader| {
        let client = |client: &cardwire_peers::identity::ReaderClient| {
            json!({ "id": client.id, "generation": client.generation })
        };
        json!({
            "id": reader.id,
            "public_key": hex(&reader.static_key.x25519_public()),
            "cloud_public_key": hex(&reader.cloud_public_key),
            "authority_public_key": hex(&reader.authority_public_key),
            "clients": reader.clients.iter().map(client).collect::<Vec<_>>(),
        })
    });
    let cloud = identities.cloud.as_ref().map(|cloud| {
        let reader = |reader: &cardwire_peers::identity::RegisteredReader| {
            json!({ "id": reader.id, "public_key": hex(&reader.public_key) })
        };
        json!({
            "public_key": hex(&cloud.static_key.x25519_public()),
            "readers": cloud.readers.iter().map(reader).collect::<Vec<_>>(),
        })
    });
    let client = |client: &cardwire_peers::identity::ClientIdentity| json!({ "id": client.id, "generation": client.generation });
    json!({
        "provisioning": identities.provisioning.name(),
        "reader": reader,
        "clients": identities.clients.iter().map(client).collect::<Vec<_>>(),
        "cloud": cloud,
        "authority": identities.authority.as_ref().map(|key| json!({ "public_key": hex(&key.public_key()) })),
    })
}
