//! Keys of one role each, and what follows from them.

use crate::{
    failure::{Exit, Failure, Outcome},
    identity,
    terminal::{print, say, warn},
};
use cardwire_codec::message::Provisioning;
use cardwire_peers::{
    Identities,
    identity::{Authority, ClientIdentity, CloudIdentity, IdentityError, Key},
};
use std::path::Path;

pub(super) fn client(id: &str, out: &Path) -> Outcome {
    let clients = vec![ClientIdentity::generate(id)?];
    save(
        &Identities {
            clients,
            ..Identities::empty()
        },
        out,
    )
}

pub(super) fn cloud(out: &Path) -> Outcome {
    let cloud = CloudIdentity {
        static_key: fresh()?,
        readers: Vec::new(),
    };
    save(
        &Identities {
            cloud: Some(cloud),
            ..Identities::empty()
        },
        out,
    )
}

pub(super) fn authority(out: &Path) -> Outcome {
    let authority = Authority {
        signing_key: fresh()?,
    };
    save(
        &Identities {
            authority: Some(authority),
            ..Identities::empty()
        },
        out,
    )
}

pub(super) fn derive(client: &Path, reader: &str, out: &Path) -> Outcome {
    let identities = load_clients(client)?;
    let derived = identities.clients.iter().map(|client| client.derive(reader));
    let derived = derived.collect::<Result<_, _>>()?;
    save(
        &Identities {
            provisioning: identities.provisioning,
            derived,
            ..Identities::empty()
        },
        out,
    )
}

pub(super) fn rotate(client: &Path, out: &Path) -> Outcome {
    let identities = load_clients(client)?;
    if identities.provisioning == Provisioning::Certification {
        return Err(Failure::new(
            Exit::Usage,
            "the published certification identities are not rotated",
            "Make a client of your own with `cardwire keys new-client`.",
        ));
    }
    let mut clients = Vec::new();
    for client in &identities.clients {
        let rotated = client.rotated().map_err(IdentityError::Random)?;
        clients.push(rotated.ok_or_else(|| {
            Failure::new(
                Exit::Failed,
                format!("client {} has the last generation that there is", client.id),
                "Make a client with another name with `cardwire keys new-client`.",
            )
        })?);
    }
    save(
        &Identities {
            clients,
            ..Identities::empty()
        },
        out,
    )?;
    say(format_args!(
        "Keep {} until the readers have the new key: a reader ends the old one when the new one has opened a session.",
        client.display()
    ));
    Ok(Exit::Done)
}

pub(super) fn export(file: &Path, out: &Path) -> Outcome {
    let identities = Identities::load(file)?;
    let public = identities.public_parts();
    if public.public.is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            format!("{} holds no key that has a public half", file.display()),
            "Give the file of a reader, a cloud or an authority; a client has a secret only, see `cardwire keys derive`.",
        ));
    }
    save(&public, out)
}

/// The identities of a file that holds clients' secrets.
fn load_clients(path: &Path) -> Result<Identities, Failure> {
    let identities = Identities::load(path)?;
    if identities.clients.is_empty() {
        return Err(identity::lacks("[[client]]"));
    }
    Ok(identities)
}

/// Writes a new file, and says so where anybody has its keys.
pub(super) fn save(identities: &Identities, out: &Path) -> Outcome {
    if identities.provisioning == Provisioning::Certification {
        warn(format_args!(
            "these are the PUBLISHED certification identities; whoever has this software has them too"
        ));
    }
    identities.save_as(out)?;
    print(out.display());
    Ok(Exit::Done)
}

fn fresh() -> Result<Key, Failure> {
    Ok(Key::generate().map_err(IdentityError::Random)?)
}
