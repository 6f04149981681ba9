//! The flash image that is worked on: which step is allowed is the core's to say, in which order they come is said here.

use super::show;
use crate::{
    failure::{Exit, Failure, Outcome},
    keys::change::Change,
    terminal::{BOLD, WARNING, say},
};
use cardwire_codec::message::{HardwareClass, KeyChange, Provisioning};
use cardwire_core::identity::{Name, SecretKey};
use cardwire_host::{
    HostEnv,
    provision::{Kept, New, Refused},
};
use cardwire_peers::Identities;
use std::path::{Path, PathBuf};

/// The flash of a reader that does not run.
pub(super) struct Image {
    path: PathBuf,
    pub(super) env: HostEnv,
    pub(super) kept: Kept,
}

impl Image {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        if !path.exists() {
            return Err(Failure::new(
                Exit::Usage,
                format!("there is no flash image {}", path.display()),
                "Check the path; `cardwire provision new` makes one.",
            ));
        }
        Self::open_or_make(path)
    }

    pub(super) fn open_or_make(path: &Path) -> Result<Self, Failure> {
        let failed = |error: cardwire_host::StateError| Failure::new(Exit::Usage, &error, error.remedy());
        let mut env = HostEnv::with_state_file(path).map_err(failed)?;
        let kept = env.kept().map_err(failed)?;
        Ok(Self {
            path: path.into(),
            env,
            kept: kept.unwrap_or(Kept::blank(HardwareClass::REFERENCE_HOST)),
        })
    }

    pub(super) fn certify(mut self) -> Outcome {
        let published = Identities::certification();
        let reader = published.reader.as_ref().ok_or_else(no_published)?;
        let mut clients = Vec::new();
        for client in &published.clients {
            clients.push((client.derive(&reader.id)?, KeyChange::Replace));
        }
        let change = Change {
            clients,
            cloud: Some(reader.cloud_public_key),
            authority: Some(reader.authority_public_key),
            ..Change::default()
        };
        if let Some((_, Provisioning::Production)) = self.kept.identity {
            return Err(refused(Refused::ProductionForGood));
        }
        let new = New {
            reader_id: name(&reader.id)?,
            provisioning: Provisioning::Certification,
            published_key: Some(SecretKey(*reader.static_key.as_bytes())),
        };
        self.begin(&new, &change)?;
        say(format_args!(
            "{WARNING}warning: this reader holds the PUBLISHED certification identity: for tests only{WARNING:#}"
        ));
        Ok(Exit::Done)
    }

    pub(super) fn provision(mut self, reader: &str, change: &Change) -> Outcome {
        self.refuse_published(reader, change)?;
        let new = New {
            reader_id: name(reader)?,
            provisioning: Provisioning::Production,
            published_key: None,
        };
        self.begin(&new, change)?;
        let key = self
            .kept
            .static_key
            .as_ref()
            .map(show::public)
            .unwrap_or_default();
        say(format_args!(
            "reader {BOLD}{reader}{BOLD:#} is provisioned. Have its cloud know it, and latch it when it is tested:\n  \
             cardwire cloud readers add {reader} {key} --db cloud.db\n  \
             cardwire provision latch {} --confirm {reader}",
            self.path.display()
        ));
        Ok(Exit::Done)
    }

    /// Provisions it; what a lab has left is erased before.
    fn begin(&mut self, new: &New, change: &Change) -> Result<(), Failure> {
        let document = change.document()?;
        let replaces = matches!(self.kept.identity, Some((_, Provisioning::Certification)))
            && new.provisioning == Provisioning::Production;
        // On a flash in memory first: what is refused takes nothing away.
        let mut rehearsed = self.kept.clone();
        if replaces {
            rehearsed.identity = None;
        }
        rehearsed
            .provision(&mut HostEnv::in_memory(), new, &document)
            .map_err(refused)?;
        if replaces {
            self.kept
                .forget(&mut self.env)
                .map_err(|error| refused(error.into()))?;
        }
        if self.kept.identity.is_none() {
            self.env.wipe().map_err(|error| refused(error.into()))?;
        }
        self.kept
            .provision(&mut self.env, new, &document)
            .map_err(refused)
    }

    pub(super) fn change(&mut self, change: &Change) -> Outcome {
        let reader = self.named()?;
        if !matches!(self.kept.identity, Some((_, Provisioning::Certification))) {
            self.refuse_published(reader.as_str(), change)?;
        }
        let document = change.document()?;
        self.kept.change(&mut self.env, &document).map_err(refused)?;
        Ok(Exit::Done)
    }

    pub(super) fn revoke(mut self, id: &str, generation: Option<u32>) -> Outcome {
        let known = self.clients()?;
        let revoked: Vec<_> = known
            .iter()
            .filter(|(known, of)| {
                known.as_str() == id && generation.is_none_or(|generation| generation == *of)
            })
            .map(|(_, generation)| (id.to_owned(), *generation))
            .collect();
        if revoked.is_empty() {
            return Err(Failure::new(
                Exit::Failed,
                format!("the reader has no such key of client {id}"),
                "List its clients and their generations with `cardwire provision show`.",
            ));
        }
        self.change(&Change {
            revoked,
            ..Change::default()
        })
    }

    pub(super) fn latch(mut self, confirm: &str) -> Outcome {
        let reader = self.named()?;
        self.confirmed(confirm)?;
        self.kept.latch(&mut self.env).map_err(refused)?;
        say(format_args!(
            "reader {BOLD}{}{BOLD:#} is a production reader for good",
            reader.as_str()
        ));
        Ok(Exit::Done)
    }

    pub(super) fn retire(mut self, confirm: &str) -> Outcome {
        self.confirmed(confirm)?;
        let key = self.kept.static_key.clone();
        let failed = |error: cardwire_core::env::StoreFailed| refused(error.into());
        // First what makes the rest harmless: a loss of power leaves an unprovisioned reader, and this goes on with it.
        self.kept.forget(&mut self.env).map_err(failed)?;
        self.env.wipe().map_err(failed)?;
        if key.is_some_and(|key| self.env.holds(&key.0)) {
            return Err(refused(Refused::Store));
        }
        say(format_args!(
            "reader {BOLD}{confirm}{BOLD:#} is retired: its flash was erased, and read. Have its cloud forget it too:\n  \
             cardwire cloud readers revoke {confirm} --db cloud.db"
        ));
        Ok(Exit::Done)
    }

    pub(super) fn named(&self) -> Result<Name, Failure> {
        let identity = self
            .kept
            .identity
            .ok_or_else(|| refused(Refused::Unprovisioned))?;
        Ok(identity.0)
    }

    pub(super) fn clients(&mut self) -> Result<Vec<(Name, u32)>, Failure> {
        let keys = self.kept.keys(&mut self.env).map_err(refused)?;
        Ok(keys.clients.into_iter().flatten().collect())
    }

    fn confirmed(&self, given: &str) -> Result<(), Failure> {
        let name = self.kept.identity.as_ref().map(|(name, _)| name.as_str());
        let name = name.unwrap_or(cardwire_host::provision::UNPROVISIONED);
        if given == name {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Usage,
            format!("this is the flash of reader {name}, not of {given}"),
            "Check the path, and give the reader's name with --confirm: what follows can't be undone.",
        ))
    }

    /// Refuses keys that anybody has, for a reader that is to be used.
    fn refuse_published(&self, reader: &str, change: &Change) -> Result<(), Failure> {
        let published = Identities::certification();
        let what = published.reader.as_ref().and_then(|own| {
            if reader == own.id {
                Some("the reader's name")
            } else if change.cloud == Some(own.cloud_public_key) {
                Some("the cloud's key")
            } else if change.authority == Some(own.authority_public_key) {
                Some("the authority's key")
            } else {
                None
            }
        });
        let of_client = published.clients.iter().find_map(|client| {
            let key = client.pre_shared_key(reader);
            let found = change
                .clients
                .iter()
                .any(|(given, _)| given.id == client.id || given.pre_shared_key == key);
            found.then_some("a client's key")
        });
        match what.or(of_client) {
            None => Ok(()),
            Some(what) => Err(Failure::new(
                Exit::Usage,
                format!("{what} is that of the PUBLISHED certification identities"),
                "Make one of your own with `cardwire keys`; for a lab use `cardwire provision new --certification`.",
            )),
        }
    }
}

fn name(given: &str) -> Result<Name, Failure> {
    Name::new(given).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!("`{given}` is no identity: expected 1 to 32 letters, digits, `.`, `-` and `_`"),
            "Choose another name.",
        )
    })
}

fn no_published() -> Failure {
    Failure::new(
        Exit::Tester,
        "the published identities have no reader",
        "Report it: this software lacks a part.",
    )
}

fn refused(refused: Refused) -> Failure {
    let next = match refused {
        Refused::Unprovisioned => "Provision it with `cardwire provision new`.",
        Refused::Provisioned(_) => {
            "Change what is to be changed, or take the identity away with `cardwire provision retire`."
        }
        Refused::Latched => {
            "Send it a signed change with `cardwire keys change` and its cloud, or end its life with \
             `cardwire provision retire`."
        }
        Refused::ProductionForGood => "Use another reader for the lab: there is no way back.",
        Refused::NoProduction => "Give it a production identity with `cardwire provision new` before.",
        Refused::Name => "Choose another name.",
        Refused::Pending => {
            "Start the reader once with `cardwire reader --state`, so that it puts the update into force."
        }
        Refused::Rule(_) => "Look at what the reader has with `cardwire provision show`, and give what fits.",
        Refused::Random => "Check the operating system's source of random bytes.",
        Refused::Store => "Check that the file can be written, and do it again.",
    };
    Failure::new(Exit::Failed, refused, next)
}
