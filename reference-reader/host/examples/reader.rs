//! The reference reader with the certification identity on standard input and output, and nothing else: the least that
//! can be certified. `cargo xtask core-mutants` builds it again for each change of the core.
//!
//! Its arguments are how fast its clock runs, the file that it keeps its flash in, and the Unix socket on which its card is
//! moved. A flash without an identity is provisioned first, by the core's own provisioning.

use cardwire_core::codec::{
    Extensions, List, Message as _, Name,
    message::{Authentication, AuthorityKey, ClientKey, CloudKey, HardwareClass, KeyChange},
};
use cardwire_host::{
    Host, HostEnv, Identity, Listen, Listener, Options, identity,
    provision::{Kept, New},
};
use core::error::Error;
use std::{env, path::PathBuf};

/// Bytes that the keys of the published identity have at most.
const DOCUMENT: usize = 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let mut argument = || {
        arguments
            .next()
            .ok_or("expected CLOCK_RATE STATE_FILE CONTROL_SOCKET")
    };
    let clock_rate = argument()?.to_string_lossy().parse()?;
    let mut board = HostEnv::with_state_file(&PathBuf::from(argument()?))?;
    let identity = provisioned(&mut board)?;
    let options = Options {
        clock_rate,
        ..Options::default()
    };
    let host = Host::new(identity, board, options);
    // Held until the reader ends; the file of the socket goes with it.
    #[cfg(unix)]
    let _control = cardwire_host::ControlSocket::open(&PathBuf::from(argument()?), host.control())?;
    let listener = Listener::bind(&"stdio".parse::<Listen>()?)?;
    Ok(host.run(listener)?)
}

/// The identity that the flash keeps, which is the published one from the first start on.
fn provisioned(board: &mut HostEnv) -> Result<Identity, Box<dyn Error>> {
    let mut kept = board
        .kept()?
        .unwrap_or(Kept::blank(HardwareClass::REFERENCE_HOST));
    if kept.identity.is_none() {
        let published = identity::certification();
        let new = New {
            reader_id: published.reader_id,
            provisioning: published.provisioning,
            published_key: Some(published.static_key.clone()),
        };
        kept.provision(board, &new, &keys(&published)?)?;
        kept = board.kept()?.ok_or("the flash has lost its identity")?;
    }
    Ok(identity::of_flash(&kept))
}

/// The document with the keys of others.
fn keys(published: &Identity) -> Result<Vec<u8>, Box<dyn Error>> {
    let clients: Vec<_> = published
        .clients
        .iter()
        .flatten()
        .map(|client| ClientKey {
            client_id: Name::from_text(client.id.as_str()),
            generation: client.generation,
            change: KeyChange::Replace,
            logins_left: 0,
            pre_shared_key: &client.pre_shared_key.0,
            limited: false,
        })
        .collect();
    let cloud = [CloudKey {
        public_key: &published.cloud_public_key,
        logins_left: 0,
    }];
    let authority = [AuthorityKey {
        public_key: &published.authority_public_key,
    }];
    let mut document = vec![0; DOCUMENT];
    let length = Authentication {
        clients: List::from_items(&clients),
        entitlements: List::from_items(&[]),
        revoked: List::from_items(&[]),
        cloud: List::from_items(&cloud),
        authority: List::from_items(&authority),
        extensions: Extensions::NONE,
    }
    .encode(&mut document)?;
    document.truncate(length);
    Ok(document)
}
