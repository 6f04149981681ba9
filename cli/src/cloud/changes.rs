//! Changes of keys, as an operator writes them down in TOML.

use super::readers::registered_service;
use crate::{
    failure::{Exit, Failure},
    identity,
    terminal::{from_hex, read, read_text},
};
use cardwire_codec::{
    Message,
    message::{Authentication, KeyChange},
};
use cardwire_peers::{
    Identities,
    cloud::{Changes, NewClient, NewCloud},
};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The document `authentication` of a file for this reader: of the changes that it names, or the file itself.
pub(super) fn document(file: &Path, reader: Option<&str>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let is_text = file.extension().is_some_and(|extension| extension == "toml");
    let (document, needs_reader) = if is_text {
        let changes = changes(file)?;
        let document = changes.document(reader.unwrap_or_default())?;
        (document, changes.are_for_one_reader())
    } else {
        let document = Zeroizing::new(read(file)?);
        let read = Authentication::decode(&document).map_err(|error| {
            let what = format!("{} is no document `authentication`: {error}", file.display());
            Failure::new(
                Exit::Usage,
                what,
                "Give changes in TOML, in a file whose name ends in .toml.",
            )
        })?;
        let has_clients = !read.clients.is_empty();
        (document, has_clients)
    };
    if needs_reader && reader.is_none() {
        return Err(Failure::new(
            Exit::Usage,
            "keys of clients are made for one reader, and none is named",
            "Give the reader that they are for with --reader; every other one would get keys that open nothing.",
        ));
    }
    Ok(document)
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(rename = "client", default)]
    clients: Vec<Client>,
    #[serde(default)]
    revoke: Vec<Revoke>,
    cloud: Option<PublicKey>,
    authority: Option<PublicKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    identity: PathBuf,
    id: Option<String>,
    change: Change,
    #[serde(default)]
    logins_left: u16,
    services: Option<Vec<String>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Change {
    Replace,
    Rotate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    client: String,
    generation: u32,
}

/// A public key, or the identity file of whoever holds its secret half.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicKey {
    public_key: Option<String>,
    identity: Option<PathBuf>,
    #[serde(default)]
    logins_left: u16,
}

fn changes(file: &Path) -> Result<Changes, Failure> {
    let text = read_text(file)?;
    let wrong = |what: String| {
        let what = format!("{}: {what}", file.display());
        Failure::new(
            Exit::Usage,
            what,
            "`cardwire cloud publish authentication --help` shows the form.",
        )
    };
    let text: Text = toml::from_str(&text).map_err(|error| {
        let before = text.bytes().take(error.span().map_or(0, |span| span.start));
        let line = before.filter(|byte| *byte == b'\n').count() + 1;
        wrong(format!("line {line}: {}", error.message()))
    })?;
    let clients = text.clients.iter().map(|client| new_client(file, client));
    let cloud = text.cloud.as_ref().map(|cloud| {
        let public_key = public_key(file, "cloud", cloud, |identities| {
            let cloud = identities.cloud.as_ref();
            cloud.map(|cloud| cloud.static_key.x25519_public())
        })?;
        Ok::<_, Failure>(NewCloud {
            public_key,
            logins_left: cloud.logins_left,
        })
    });
    let authority = text.authority.as_ref().map(|authority| {
        if authority.logins_left != 0 {
            return Err(wrong(
                "authority.logins_left: the authority before it ends at once".into(),
            ));
        }
        public_key(file, "authority", authority, |identities| {
            identities
                .authority
                .as_ref()
                .map(|authority| authority.public_key())
        })
    });
    Ok(Changes {
        clients: clients.collect::<Result<_, _>>()?,
        revoked: text
            .revoke
            .into_iter()
            .map(|revoke| (revoke.client, revoke.generation))
            .collect(),
        cloud: cloud.transpose()?,
        authority: authority.transpose()?,
    })
}

fn new_client(file: &Path, client: &Client) -> Result<NewClient, Failure> {
    let path = beside(file, &client.identity);
    let identities = Identities::load(&path)?;
    let own = identities.client(client.id.as_deref());
    let own = own.ok_or_else(|| match &client.id {
        None => identity::lacks("[[client]]"),
        Some(id) => Failure::new(
            Exit::Usage,
            format!("{} holds no client `{id}`", path.display()),
            "Give one of the names that `cardwire keys show` tells.",
        ),
    })?;
    let services = client.services.as_ref().map(|names| {
        let services = names.iter().map(|name| registered_service(name));
        services.collect::<Result<Vec<_>, _>>()
    });
    Ok(NewClient {
        identity: own.clone(),
        change: match client.change {
            Change::Replace => KeyChange::Replace,
            Change::Rotate => KeyChange::Rotate,
        },
        logins_left: client.logins_left,
        services: services.transpose()?,
    })
}

fn public_key(
    file: &Path,
    section: &str,
    key: &PublicKey,
    of: impl Fn(&Identities) -> Option<[u8; 32]>,
) -> Result<[u8; 32], Failure> {
    match (&key.public_key, &key.identity) {
        (Some(digits), None) => from_hex(digits)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| {
                let what = format!("{}: {section}.public_key is no key of 32 bytes", file.display());
                Failure::new(
                    Exit::Usage,
                    what,
                    "Give the 64 hexadecimal digits that `cardwire keys show` tells.",
                )
            }),
        (None, Some(path)) => {
            let identities = Identities::load(&beside(file, path))?;
            of(&identities).ok_or_else(|| identity::lacks(&format!("[{section}]")))
        }
        (Some(_), Some(_)) | (None, None) => {
            let what = format!(
                "{}: [{section}] needs one of `public_key` and `identity`",
                file.display()
            );
            Err(Failure::new(Exit::Usage, what, "Leave one of them."))
        }
    }
}

/// A path of a file, as seen from the folder that the file is in.
fn beside(file: &Path, path: &Path) -> PathBuf {
    file.parent()
        .map_or_else(|| path.into(), |folder| folder.join(path))
}
