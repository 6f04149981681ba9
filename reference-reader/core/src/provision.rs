//! Provisioning: who a reader is, as its flash keeps it, and how a place of trust puts that there.
//!
//! No message of the protocol leads here. A laboratory or a factory calls this on the flash of a reader that does not run:
//! of a host reader on its file, of a board over the debug port, which is locked afterwards.
//!
//! | record | holds |
//! | --- | --- |
//! | [`Record::Identity`] | the reader's name, class of hardware, static key, kind and latch: a [`Kept`] |
//! | [`Record::Authentication`] | the keys in force: those from here, until an update of authentication information changes them |
//!
//! So each key stands in one place only, and one that ends by an update is not left in another.
//!
//! The two records are written one after the other. The reader is unprovisioned until the last of them is there, and a
//! reader that is unprovisioned lets nobody in, whatever its other records hold.

mod stored;

use crate::{
    codec::message::{AuthenticationRule, HardwareClass, Provisioning},
    env::{Env, Record, StoreFailed},
    identity::{Identity, MAX_CLIENTS, Name, SecretKey},
    security::{
        entropy::Entropy,
        keyring::{KEYS_MAX, Keyring},
    },
    update::changed_keys,
};
use core::fmt;

/// The name under which a reader without an identity answers hello; no reader is provisioned with it.
pub const UNPROVISIONED: &str = "UNPROVISIONED";
/// No public key: a point that no key can be.
const NO_KEY: [u8; 32] = [0; 32];

/// What a reader keeps of its own identity.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its name and kind, where it is provisioned.
    pub identity: Option<(Name, Provisioning)>,
    /// Its class of hardware.
    pub hardware_class: HardwareClass,
    /// Its own X25519 key, from its first boot on.
    pub static_key: Option<SecretKey>,
    /// Whether it is a production reader for good.
    pub latched: bool,
}

/// What a reader is provisioned with for the first time, the keys of others aside.
#[derive(Clone, Debug)]
pub struct New {
    /// Its name.
    pub reader_id: Name,
    /// Its kind.
    pub provisioning: Provisioning,
    /// The published key, for the certification identity only: every other reader makes its own.
    pub published_key: Option<SecretKey>,
}

/// What is public of the keys in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Update counter of the authentication information; 0 from provisioning.
    pub counter: u32,
    /// The cloud's key.
    pub cloud: [u8; 32],
    /// The cloud's key before that, while it is good too.
    pub old_cloud: Option<[u8; 32]>,
    /// The authority's key.
    pub authority: [u8; 32],
    /// Clients with their generations.
    pub clients: [Option<(Name, u32)>; KEYS_MAX],
}

/// Why a reader is not provisioned so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It has no identity.
    Unprovisioned,
    /// It has one.
    Provisioned(Provisioning),
    /// It is a production reader for good.
    Latched,
    /// A production reader can't become a certification reader.
    ProductionForGood,
    /// Only a production reader is latched.
    NoProduction,
    /// The name is that of readers without one.
    Name,
    /// An update waits to be put into force.
    Pending,
    /// The keys break this rule of authentication information.
    Rule(AuthenticationRule),
    /// The random source failed.
    Random,
    /// The flash failed.
    Store,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unprovisioned => f.write_str("the reader is unprovisioned"),
            Self::Provisioned(kind) => write!(f, "the reader has a {kind} identity already"),
            Self::Latched => f.write_str("the reader is latched: a production reader for good"),
            Self::ProductionForGood => {
                f.write_str("a production reader can't be given the certification identity")
            }
            Self::NoProduction => f.write_str("only a reader with a production identity is latched"),
            Self::Name => write!(f, "`{UNPROVISIONED}` is the name of readers without an identity"),
            Self::Pending => f.write_str("the reader has an update that is not in force yet"),
            Self::Rule(rule) => f.write_str(match rule {
                AuthenticationRule::Document => "the change names a client or a key twice, or nothing at all",
                AuthenticationRule::Client => "the reader has no such key of that client",
                AuthenticationRule::Generation => {
                    "the reader has a key of that client of the same or a later generation"
                }
                AuthenticationRule::Room => "the reader has no room for one more key",
                AuthenticationRule::LastClient => "the reader would be left without a client",
                AuthenticationRule::Key => {
                    "the public key of cloud or authority is no point that a key can be"
                }
            }),
            Self::Random => f.write_str("the random source failed"),
            Self::Store => f.write_str("the flash does not take it"),
        }
    }
}

impl core::error::Error for Refused {}

impl From<StoreFailed> for Refused {
    fn from(StoreFailed: StoreFailed) -> Self {
        Self::Store
    }
}

impl From<AuthenticationRule> for Refused {
    fn from(rule: AuthenticationRule) -> Self {
        Self::Rule(rule)
    }
}

impl Kept {
    /// A reader that has never run.
    #[must_use]
    pub const fn blank(hardware_class: HardwareClass) -> Self {
        Self {
            identity: None,
            hardware_class,
            static_key: None,
            latched: false,
        }
    }

    /// What the flash keeps; `None` where nothing was stored, or it can't be read: the board knows which of the two.
    pub fn load(env: &mut impl Env) -> Option<Self> {
        stored::load(env)
    }

    /// Stores it, after which nothing else is in force.
    ///
    /// # Errors
    /// Storage that failed.
    pub fn store(&self, env: &mut impl Env) -> Result<(), StoreFailed> {
        stored::store(env, self)
    }

    /// The first boot: the reader makes its static key, from its own entropy, and keeps it. Later boots change nothing.
    ///
    /// # Errors
    /// The random source or the flash failed.
    pub fn boot(&mut self, env: &mut impl Env) -> Result<(), Refused> {
        if self.static_key.is_none() {
            self.static_key = Some(fresh_key(env)?);
            // A key that is not kept is none: the next boot would make another one.
            if let Err(failed) = self.store(env) {
                self.static_key = None;
                return Err(failed.into());
            }
        }
        Ok(())
    }

    /// The identity with which the reader runs. Cloud, authority and clients are in the other record.
    #[must_use]
    #[inline(never)]
    pub fn identity(&self, software: Name) -> Identity {
        let (reader_id, provisioning) = self.identity.unwrap_or((
            // The constant is of the character set `name`.
            Name::new(UNPROVISIONED).unwrap_or(software),
            Provisioning::Production,
        ));
        Identity {
            reader_id,
            hardware_class: self.hardware_class,
            provisioning,
            software,
            static_key: self.static_key.clone().unwrap_or(SecretKey([0; 32])),
            cloud_public_key: NO_KEY,
            authority_public_key: NO_KEY,
            clients: [const { None }; MAX_CLIENTS],
        }
    }

    /// Gives an unprovisioned reader its identity. `keys` is a document `authentication` with the keys of its cloud, its
    /// authority and at least one client: they have to keep the rules that an update of them has to.
    ///
    /// # Errors
    /// The first rule that is broken; the reader is then still unprovisioned.
    pub fn provision(&mut self, env: &mut impl Env, new: &New, keys: &[u8]) -> Result<(), Refused> {
        let certification = new.provisioning == Provisioning::Certification;
        if self.latched && certification {
            return Err(Refused::ProductionForGood);
        }
        if let Some((_, kind)) = self.identity {
            return Err(if self.latched {
                Refused::Latched
            } else {
                Refused::Provisioned(kind)
            });
        }
        if new.reader_id.as_str() == UNPROVISIONED {
            return Err(Refused::Name);
        }
        let mut ring = changed_keys(&Keyring::provisioned(NO_KEY, NO_KEY), keys, 0)?;
        if ring.cloud == NO_KEY || ring.authority == NO_KEY {
            return Err(AuthenticationRule::Key.into());
        }
        ring.old_cloud = None;
        self.boot(env)?;
        ring.store(env)?;
        let mut after = self.clone();
        if let Some(key) = new.published_key.as_ref().filter(|_| certification) {
            after.static_key = Some(key.clone());
        }
        after.identity = Some((new.reader_id, new.provisioning));
        after.store(env)?;
        *self = after;
        Ok(())
    }

    /// Changes keys as an update with this document `authentication` would; the update counter stays.
    ///
    /// # Errors
    /// The first rule that it breaks; nothing is changed then.
    pub fn change(&self, env: &mut impl Env, document: &[u8]) -> Result<(), Refused> {
        let before = self.ring(env)?;
        if self.latched {
            return Err(Refused::Latched);
        }
        if env
            .load(Record::Commit, &mut [0; 128])
            .is_some_and(|length| length > 0)
        {
            return Err(Refused::Pending);
        }
        let mut after = changed_keys(&before, document, before.counter)?;
        if after.cloud != before.cloud {
            // At the bench there is no login between the two that could fail.
            after.old_cloud = None;
        }
        Ok(after.store(env)?)
    }

    /// Makes a production reader one for good.
    ///
    /// # Errors
    /// It has no production identity.
    pub fn latch(&mut self, env: &mut impl Env) -> Result<(), Refused> {
        match self.identity {
            None => Err(Refused::Unprovisioned),
            Some(_) if self.latched => Err(Refused::Latched),
            Some((_, Provisioning::Certification)) => Err(Refused::NoProduction),
            Some((_, Provisioning::Production)) => {
                let after = Self {
                    latched: true,
                    ..self.clone()
                };
                after.store(env)?;
                *self = after;
                Ok(())
            }
        }
    }

    /// Takes identity and static key from the reader. The latch stays. What other records hold is the board's to erase.
    ///
    /// # Errors
    /// Storage that failed; call it again.
    pub fn forget(&mut self, env: &mut impl Env) -> Result<(), StoreFailed> {
        let after = Self {
            identity: None,
            static_key: None,
            ..self.clone()
        };
        after.store(env)?;
        *self = after;
        Ok(())
    }

    /// What is public of the keys in force.
    ///
    /// # Errors
    /// The reader has none.
    pub fn keys(&self, env: &mut impl Env) -> Result<Keys, Refused> {
        let ring = self.ring(env)?;
        let mut keys = ring.keys().map(|client| (client.id, client.generation));
        Ok(Keys {
            counter: ring.counter,
            cloud: ring.cloud,
            old_cloud: ring.old_cloud.map(|old| old.public_key),
            authority: ring.authority,
            clients: core::array::from_fn(|_| keys.next()),
        })
    }

    fn ring(&self, env: &mut impl Env) -> Result<Keyring, Refused> {
        if self.identity.is_none() {
            return Err(Refused::Unprovisioned);
        }
        // The name of the software is not looked at.
        let none = Name::new(UNPROVISIONED).ok_or(Refused::Name)?;
        let (owner, mut keys) = Keyring::of(self.identity(none));
        keys.load(env, &owner);
        Ok(keys)
    }
}

fn fresh_key(env: &mut impl Env) -> Result<SecretKey, Refused> {
    // No key to mix in yet, and no boot counted: the source alone has to be good, as its health test says.
    let key = Entropy::new(0).draw(env, &SecretKey([0; 32]));
    key.map(|key| SecretKey(*key)).ok_or(Refused::Random)
}
