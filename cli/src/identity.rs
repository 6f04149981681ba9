//! Whose keys are used: those of a file, or the published ones with a warning.

use crate::{
    failure::{Exit, Failure},
    terminal::{WARNING, say, warn},
};
use cardwire_codec::message::Provisioning;
use cardwire_host::{Identity, identity};
use cardwire_peers::Identities;
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

/// What a reader is provisioned with.
pub(crate) fn reader(file: Option<&Path>) -> Result<Identity, Failure> {
    let identity = match file {
        Some(path) => {
            identity::load(path).map_err(|error| Failure::new(Exit::Usage, &error, error.remedy()))?
        }
        None => identity::certification(),
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

/// A section that a file should have and has not.
pub(crate) fn lacks(section: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("the identity file has no section {section}"),
        "Give the file that `cardwire keys new` has made for this end.",
    )
}
