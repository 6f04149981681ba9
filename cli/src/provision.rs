//! `cardwire provision`: what a laboratory or a factory writes into the flash of a reader that does not run.
//!
//! Nothing here goes over the protocol. The rules are the core's, [`cardwire_host::provision`]: this gathers keys, asks for
//! the change, and tells what became of it.

mod image;
mod show;

use crate::{
    failure::{Exit, Failure, Outcome},
    keys::change::{Change, client_keys, public_key},
    terminal::Format,
};
use cardwire_codec::message::KeyChange;
use cardwire_peers::identity::{DerivedKey, Role};
use clap::Subcommand;
use image::Image;
use std::path::PathBuf;

const NEW: &str = "\
Examples:
  cardwire provision new reader.flash --reader BRANCH-7-READER-1 --cloud cloud.pub --authority authority.pub \\
    --client counter-7.key
  cardwire provision show reader.flash
  cardwire cloud readers add BRANCH-7-READER-1 PUBLIC-KEY --db cloud.db
  cardwire provision latch reader.flash --confirm BRANCH-7-READER-1
  cardwire reader --listen tcp:127.0.0.1:7000 --state reader.flash
  cardwire provision new lab.flash --certification

The reader makes its static key itself at its first boot; nobody else ever has it. A file that does not exist is made. What
a lab has left on the flash is erased: a reader with the certification identity becomes a production reader so, and there
is no way back.";
const CHANGE: &str = "\
Examples:
  cardwire provision client add reader.flash --client counter-8.key
  cardwire provision client rotate reader.flash --client counter-7-2.key
  cardwire provision client revoke reader.flash COUNTER-7 --generation 1
  cardwire provision cloud reader.flash cloud-2.pub
  cardwire provision authority reader.flash authority-2.pub

A latched reader takes such changes from its cloud only, in updates that its authority has signed: `cardwire keys
change`.";
const END: &str = "\
Examples:
  cardwire provision latch reader.flash --confirm BRANCH-7-READER-1
  cardwire provision retire reader.flash --confirm BRANCH-7-READER-1

Neither can be undone. A retired reader is unprovisioned; if it was latched it never takes the certification identity.
Take it out of the cloud too: `cardwire cloud readers revoke`.";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Give a reader its identity
    #[command(after_help = NEW)]
    New {
        /// The file with the reader's flash
        image: PathBuf,
        /// The reader's name
        #[arg(long, value_name = "ID", required_unless_present = "certification")]
        reader: Option<String>,
        /// The key of its cloud: 64 hexadecimal digits, or a file that holds it
        #[arg(long, value_name = "KEY", required_unless_present = "certification")]
        cloud: Option<String>,
        /// The key of its update authority: 64 hexadecimal digits, or a file that holds it
        #[arg(long, value_name = "KEY", required_unless_present = "certification")]
        authority: Option<String>,
        /// A client that it lets in: its own file, or what `cardwire keys derive` has made of it; may be repeated
        #[arg(
            long = "client",
            value_name = "FILE",
            required_unless_present = "certification"
        )]
        clients: Vec<PathBuf>,
        /// Give it the published certification identity, for a lab
        #[arg(long, conflicts_with_all = ["reader", "cloud", "authority", "clients"])]
        certification: bool,
    },
    /// Show what is public of a reader's identity; secrets are never shown
    #[command(after_help = NEW)]
    Show {
        /// The file with the reader's flash
        image: PathBuf,
        /// How to tell it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Change which clients the reader lets in
    Client {
        #[command(subcommand)]
        action: Client,
    },
    /// Give the reader another cloud
    #[command(after_help = CHANGE)]
    Cloud {
        /// The file with the reader's flash
        image: PathBuf,
        /// The cloud's key: 64 hexadecimal digits, or a file that holds it
        key: String,
    },
    /// Give the reader another update authority
    #[command(after_help = CHANGE)]
    Authority {
        /// The file with the reader's flash
        image: PathBuf,
        /// The authority's key: 64 hexadecimal digits, or a file that holds it
        key: String,
    },
    /// Make it a production reader for good: nothing of it is changed at the bench any more
    #[command(after_help = END)]
    Latch {
        /// The file with the reader's flash
        image: PathBuf,
        /// The reader's name once more, so that it is not the wrong one
        #[arg(long, value_name = "ID")]
        confirm: String,
    },
    /// Erase every key and record; the reader is unprovisioned then
    #[command(after_help = END)]
    Retire {
        /// The file with the reader's flash
        image: PathBuf,
        /// The reader's name once more, so that it is not the wrong one
        #[arg(long, value_name = "ID")]
        confirm: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Let one more client in
    #[command(after_help = CHANGE)]
    Add {
        /// The file with the reader's flash
        image: PathBuf,
        /// The client's own file, or what `cardwire keys derive` has made of it
        #[arg(long, value_name = "FILE")]
        client: PathBuf,
    },
    /// Give the reader a client's key of a later generation; the old one ends when the new one has opened a session
    #[command(after_help = CHANGE)]
    Rotate {
        /// The file with the reader's flash
        image: PathBuf,
        /// The client's new file, or what `cardwire keys derive` has made of it
        #[arg(long, value_name = "FILE")]
        client: PathBuf,
    },
    /// End a client's keys, which are erased
    #[command(after_help = CHANGE)]
    Revoke {
        /// The file with the reader's flash
        image: PathBuf,
        /// The client's name
        id: String,
        /// This generation only; all that the reader has where none is given
        #[arg(long, value_name = "NUMBER")]
        generation: Option<u32>,
    },
}

pub(crate) fn run(action: &Action) -> Outcome {
    match action {
        Action::New {
            image,
            certification: true,
            ..
        } => Image::open_or_make(image)?.certify(),
        Action::New {
            image,
            reader,
            cloud,
            authority,
            clients,
            certification: false,
        } => {
            let [reader, cloud, authority] =
                [reader, cloud, authority].map(|given| given.as_deref().unwrap_or_default());
            let change = Change {
                clients: keys_of(clients, reader, KeyChange::Replace)?,
                cloud: Some(public_key(Role::Cloud, cloud)?),
                authority: Some(public_key(Role::Authority, authority)?),
                ..Change::default()
            };
            Image::open_or_make(image)?.provision(reader, &change)
        }
        Action::Show { image, format } => {
            let mut image = Image::open(image)?;
            show::show(&image.kept.clone(), &mut image.env, *format);
            Ok(Exit::Done)
        }
        Action::Client { action } => client(action),
        Action::Cloud { image, key } => Image::open(image)?.change(&Change {
            cloud: Some(public_key(Role::Cloud, key)?),
            ..Change::default()
        }),
        Action::Authority { image, key } => Image::open(image)?.change(&Change {
            authority: Some(public_key(Role::Authority, key)?),
            ..Change::default()
        }),
        Action::Latch { image, confirm } => Image::open(image)?.latch(confirm),
        Action::Retire { image, confirm } => Image::open(image)?.retire(confirm),
    }
}

fn client(action: &Client) -> Outcome {
    let (image, file, how) = match action {
        Client::Add { image, client } => (image, client, KeyChange::Replace),
        Client::Rotate { image, client } => (image, client, KeyChange::Rotate),
        Client::Revoke {
            image,
            id,
            generation,
        } => return Image::open(image)?.revoke(id, *generation),
    };
    let mut image = Image::open(image)?;
    let reader = image.named()?;
    let clients = keys_of(core::slice::from_ref(file), reader.as_str(), how)?;
    if how == KeyChange::Replace {
        let known = image.clients()?;
        let again = clients
            .iter()
            .find(|(key, _)| known.iter().any(|(id, _)| id.as_str() == key.id));
        if let Some((key, _)) = again {
            return Err(Failure::new(
                Exit::Failed,
                format!("the reader lets client {} in already", key.id),
                "Give it the next generation with `cardwire keys rotate` and `cardwire provision client rotate`.",
            ));
        }
    }
    image.change(&Change {
        clients,
        ..Change::default()
    })
}

fn keys_of(files: &[PathBuf], reader: &str, how: KeyChange) -> Result<Vec<(DerivedKey, KeyChange)>, Failure> {
    let mut keys = Vec::new();
    for file in files {
        keys.extend(client_keys(file, reader)?.0.into_iter().map(|key| (key, how)));
    }
    Ok(keys)
}
