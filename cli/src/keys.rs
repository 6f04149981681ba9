//! `cardwire keys`: identities, made, changed and shown.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`make`] | keys of one role each, the next generation of a client's, what a reader stores of it, public parts |
//! | [`change`] | changes of a reader's keys, as an update brings them |
//! | [`show`] | what is public of a file |

pub(crate) mod change;
mod make;
mod show;

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::{BOLD, Format, print, say},
};
use cardwire_peers::Identities;
use clap::Subcommand;
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
const EACH: &str = "\
Examples, each at its own end; only files that say so travel:
  cardwire keys new-authority --out authority.toml
  cardwire keys new-cloud --out cloud.toml
  cardwire keys new-client COUNTER-7 --out client.toml
  cardwire keys export cloud.toml --out cloud.pub            (travels)
  cardwire keys derive client.toml --reader BRANCH-7-READER-1 --out counter-7.key   (travels to that reader only)
  cardwire provision new reader.flash --reader BRANCH-7-READER-1 --cloud cloud.pub --authority authority.pub \\
    --client counter-7.key

Files can be read by their owner only, and none is overwritten.";
const ROTATE: &str = "\
Example:
  cardwire keys rotate client.toml --out client-2.toml
  cardwire keys derive client-2.toml --reader BRANCH-7-READER-1 --out counter-7-2.key
  cardwire provision client rotate reader.flash --client counter-7-2.key

The client keeps its old file until its readers have the new key; a reader ends the old key when the new one has opened a
session.";
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
    /// Make the secret of one client
    #[command(after_help = EACH)]
    NewClient {
        /// The client's name
        id: String,
        /// The file; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make the static key of a cloud
    #[command(after_help = EACH)]
    NewCloud {
        /// The file; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make the signing key of an update authority
    #[command(after_help = EACH)]
    NewAuthority {
        /// The file; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make what a client has a certain reader store of it
    #[command(after_help = EACH)]
    Derive {
        /// The file with the client's secret
        client: PathBuf,
        /// The reader's name
        #[arg(long, value_name = "ID")]
        reader: String,
        /// The file; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make a client's secret of the next generation
    #[command(after_help = ROTATE)]
    Rotate {
        /// The file with the client's present secret
        client: PathBuf,
        /// The file; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Write the public keys of an identity file to a file of their own
    #[command(after_help = EACH)]
    Export {
        /// The file
        file: PathBuf,
        /// The file with the public keys; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make a change of a reader's keys that its cloud can send it
    #[command(after_help = change::EXAMPLE)]
    Change(change::Arguments),
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
        Action::NewClient { id, out } => make::client(id, out),
        Action::NewCloud { out } => make::cloud(out),
        Action::NewAuthority { out } => make::authority(out),
        Action::Derive { client, reader, out } => make::derive(client, reader, out),
        Action::Rotate { client, out } => make::rotate(client, out),
        Action::Export { file, out } => make::export(file, out),
        Action::Change(arguments) => change::run(arguments),
        Action::Show { file, format } => show::run(file.as_deref(), *format),
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
