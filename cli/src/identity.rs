//! Whose keys are used: those of a file, or the published ones with a warning.

use crate::{
    failure::{Exit, Failure},
    terminal::{WARNING, say, warn},
};
use cardwire_codec::message::Provisioning;
use cardwire_host::{HostEnv, Identity, identity, provision::Kept};
use cardwire_peers::{Identities, identity::Key};
use std::path::Path;

/// The identities of client, cloud and authority.
pub(crate) fn peers(file: Option<&Path>) -> Result<Identities, Failure> {
    match file {
        Some(path) => Ok(Identities::load(path)?),
        None => {
            warn(format_args!(
                "the PUBLISHED certification identities are used; they are for tests only (--identity FILE)"
            ));
            Ok(Identities::certification())
        }
    }
}

/// What a reader is provisioned with: what its flash keeps; where that was never provisioned a file, or the published
/// identity.
pub(crate) fn reader(file: Option<&Path>, env: &mut HostEnv) -> Result<Identity, Failure> {
    let given = file
        .map(|path| identity::load(path).map_err(|error| Failure::new(Exit::Usage, &error, error.remedy())))
        .transpose()?;
    let kept = env
        .kept()
        .map_err(|error| Failure::new(Exit::Usage, &error, error.remedy()))?;
    let identity = match (kept, given) {
        (Some(kept), given) => of_flash(kept, given, env)?,
        (None, Some(given)) => given,
        (None, None) => identity::certification(),
    };
    if identity.provisioning == Provisioning::Certification {
        say(format_args!(
            "{WARNING}\
             warning: this reader holds the PUBLISHED certification identity. Whoever has this software can connect\n\
             warning: to it and run its services. Use it for tests only; for anything else make an identity with\n\
             warning: `cardwire keys new` and give it with --identity.{WARNING:#}"
        ));
    }
    Ok(identity)
}

fn of_flash(mut kept: Kept, given: Option<Identity>, env: &mut HostEnv) -> Result<Identity, Failure> {
    kept.boot(env).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("the reader can't make its key: {error}"),
            "Check that its state file can be written.",
        )
    })?;
    let own = identity::of_flash(&kept);
    if !own.is_provisioned() {
        say(format_args!(
            "{WARNING}warning: this reader is unprovisioned and lets nobody in: `cardwire provision new`{WARNING:#}"
        ));
    }
    if let Some(given) = given {
        let same = given.reader_id == own.reader_id
            && given.provisioning == own.provisioning
            && public(&given) == public(&own);
        if !same {
            let what = format!(
                "--identity is that of {}, {}, and the flash is that of {}, {}",
                given.reader_id.as_str(),
                given.provisioning,
                own.reader_id.as_str(),
                own.provisioning,
            );
            let next = "Leave --identity away: a reader that was provisioned runs with what its flash keeps.";
            return Err(Failure::new(Exit::Usage, what, next));
        }
    }
    Ok(own)
}

fn public(identity: &Identity) -> [u8; 32] {
    Key::new(identity.static_key.0).x25519_public()
}

/// A section that a file should have and has not.
pub(crate) fn lacks(section: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("the identity file has no section {section}"),
        "Give the file that `cardwire keys new` has made for this end.",
    )
}
