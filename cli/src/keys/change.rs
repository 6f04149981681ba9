//! Changes of a reader's keys: the document `authentication`, for an update or for the bench.

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::{from_hex, print, warn},
};
use cardwire_codec::{
    Extensions, List, Message, Name,
    message::{Authentication, AuthorityKey, ClientKey, CloudKey, KeyChange, Provisioning, Revocation},
};
use cardwire_peers::{
    Identities,
    identity::{DerivedKey, Role},
};
use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

pub(super) const EXAMPLE: &str = "\
Examples:
  cardwire keys change --reader BRANCH-7-READER-1 --rotate client-2.toml --out change.bin
  cardwire keys change --reader BRANCH-7-READER-1 --add new-client.toml --revoke COUNTER-7:1 --out change.bin
  cardwire keys change --reader BRANCH-7-READER-1 --cloud cloud-2.pub --out change.bin
  cardwire cloud publish authentication change.bin --counter 3 --reader BRANCH-7-READER-1 --authority authority.toml --db cloud.db

The file is the document `authentication`, the content of an update. It holds keys that clients have with this one reader:
whoever has the file can connect to that reader as they do. The update authority signs it, the cloud sends it. A document
with keys of clients is for one reader; one with revocations and public keys only is for a whole class.";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The reader that it is for
    #[arg(long, value_name = "ID")]
    reader: String,
    /// A client that the reader is to let in: its own file, or what `cardwire keys derive` has made of it
    #[arg(long, value_name = "FILE")]
    add: Vec<PathBuf>,
    /// A client's key of a later generation, beside the one that the reader has
    #[arg(long, value_name = "FILE")]
    rotate: Vec<PathBuf>,
    /// A key that ends: client and generation
    #[arg(long, value_name = "ID:GENERATION")]
    revoke: Vec<String>,
    /// The key of the cloud from now on: 64 hexadecimal digits, or a file that holds it
    #[arg(long, value_name = "KEY")]
    cloud: Option<String>,
    /// The key of the update authority from now on: 64 hexadecimal digits, or a file that holds it
    #[arg(long, value_name = "KEY")]
    authority: Option<String>,
    /// Logins that replaced keys are still good for, 0 for no bound
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    logins_left: u16,
    /// The file; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut change = Change {
        logins_left: arguments.logins_left,
        ..Change::default()
    };
    for (files, how) in [
        (&arguments.add, KeyChange::Replace),
        (&arguments.rotate, KeyChange::Rotate),
    ] {
        for file in files {
            let (keys, kind) = client_keys(file, &arguments.reader)?;
            if kind == Provisioning::Certification {
                warn(format_args!(
                    "{} holds PUBLISHED certification identities; whoever has this software has them too",
                    file.display()
                ));
            }
            change.clients.extend(keys.into_iter().map(|key| (key, how)));
        }
    }
    for revoked in &arguments.revoke {
        let parsed = revoked.split_once(':').and_then(|(id, generation)| {
            let generation = generation.parse().ok()?;
            is_name(id).then(|| (id.to_owned(), generation))
        });
        change.revoked.push(parsed.ok_or_else(|| {
            let what = format!("`{revoked}` is no key of a client");
            Failure::new(
                Exit::Usage,
                what,
                "Give client and generation, such as COUNTER-7:1.",
            )
        })?);
    }
    let key =
        |role, given: &Option<String>| given.as_deref().map(|given| public_key(role, given)).transpose();
    change.cloud = key(Role::Cloud, &arguments.cloud)?;
    change.authority = key(Role::Authority, &arguments.authority)?;
    if change.is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            "the change changes nothing",
            "Give --add, --rotate, --revoke, --cloud or --authority.",
        ));
    }
    write_private(&arguments.out, &change.document()?).map_err(|error| {
        let what = format!("{} can't be written: {error}", arguments.out.display());
        Failure::new(
            Exit::Usage,
            what,
            "Give a file that does not exist, in a folder that you may write to.",
        )
    })?;
    print(arguments.out.display());
    Ok(Exit::Done)
}

/// What is to change.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) clients: Vec<(DerivedKey, KeyChange)>,
    /// Clients and generations.
    pub(crate) revoked: Vec<(String, u32)>,
    pub(crate) cloud: Option<[u8; 32]>,
    pub(crate) authority: Option<[u8; 32]>,
    pub(crate) logins_left: u16,
}

impl Change {
    pub(crate) fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.revoked.is_empty() && self.cloud.is_none() && self.authority.is_none()
    }

    /// The document `authentication`.
    pub(crate) fn document(&self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let clients: Vec<_> = self
            .clients
            .iter()
            .map(|(key, change)| ClientKey {
                client_id: Name::from_text(&key.id),
                generation: key.generation,
                change: *change,
                logins_left: match change {
                    KeyChange::Replace => 0,
                    KeyChange::Rotate => self.logins_left,
                },
                pre_shared_key: key.pre_shared_key.as_bytes(),
                limited: false,
            })
            .collect();
        let revoked: Vec<_> = self
            .revoked
            .iter()
            .map(|(id, generation)| Revocation {
                client_id: Name::from_text(id),
                generation: *generation,
            })
            .collect();
        let logins_left = self.logins_left;
        let cloud: Vec<_> = self
            .cloud
            .iter()
            .map(|public_key| CloudKey {
                public_key,
                logins_left,
            })
            .collect();
        let authority: Vec<_> = self
            .authority
            .iter()
            .map(|public_key| AuthorityKey { public_key })
            .collect();
        let document = Authentication {
            clients: List::from_items(&clients),
            entitlements: List::from_items(&[]),
            revoked: List::from_items(&revoked),
            cloud: List::from_items(&cloud),
            authority: List::from_items(&authority),
            extensions: Extensions::NONE,
        };
        let mut bytes = Zeroizing::new(vec![0; Authentication::PLACE_SIZE]);
        let length = document.encode(&mut bytes).map_err(|error| {
            Failure::new(
                Exit::Usage,
                format!("the change can't be encoded: {error}"),
                "Change the keys of four clients at most, and revoke four at most, at a time.",
            )
        })?;
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// What a reader is to store of the clients in a file, and whether they are published.
pub(crate) fn client_keys(file: &Path, reader: &str) -> Result<(Vec<DerivedKey>, Provisioning), Failure> {
    let identities = Identities::load(file)?;
    let mut keys = Vec::new();
    for client in &identities.clients {
        keys.push(client.derive(reader)?);
    }
    for derived in identities.derived {
        if derived.reader != reader {
            let what = format!(
                "the key of client {} in {} is for reader {}, not for {reader}",
                derived.id,
                file.display(),
                derived.reader
            );
            let next = format!("Have the client's end run `cardwire keys derive --reader {reader}`.");
            return Err(Failure::new(Exit::Usage, what, next));
        }
        keys.push(derived);
    }
    if keys.is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            format!("{} holds no client", file.display()),
            "Give a client's own file, or what `cardwire keys derive` has made of it.",
        ));
    }
    Ok((keys, identities.provisioning))
}

/// A public key, given by its digits or by a file that holds it or its private half.
pub(crate) fn public_key(role: Role, given: &str) -> Result<[u8; 32], Failure> {
    if let Some(key) = from_hex(given).and_then(|key| key.try_into().ok()) {
        return Ok(key);
    }
    let public = Identities::load(Path::new(given))?.public_parts().public;
    let mut keys = public.iter().filter(|public| public.role == role);
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key.key),
        (found, _) => {
            let fault = found.map_or("holds no key", |_| "holds several keys");
            let what = format!("{given} {fault} of {}", an(role));
            let next =
                "Give 64 hexadecimal digits, or a file that `cardwire keys export` has made of that one.";
            Err(Failure::new(Exit::Usage, what, next))
        }
    }
}

const fn an(role: Role) -> &'static str {
    match role {
        Role::Reader => "a reader",
        Role::Cloud => "a cloud",
        Role::Authority => "an authority",
    }
}

pub(crate) fn is_name(id: &str) -> bool {
    cardwire_core::identity::Name::new(id).is_some()
}

/// Writes a new file that its owner only can read.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
