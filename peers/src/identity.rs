//! Identities: who a reader, its clients, its cloud and its update authority are, and the keys that prove it.
//!
//! An identity file is TOML with a section for each role; a role's own file holds its own section only, so that a
//! reader's secret never lies beside a client's. The published certification identities are the exception: they are
//! public, and every program of the conformance suite holds all of them.

mod carried;
mod file;
mod secret;

pub use carried::{DerivedKey, PublicKey, Role};
pub use file::IdentityError;
pub(crate) use file::check_name;
pub use secret::{CLIENT_SECRET_MAX, CLIENT_SECRET_MIN, ClientSecret, Key};
pub(crate) use secret::{is_low_order, random};

use cardwire_codec::message::Provisioning;
use ed25519_dalek::{Signer, SigningKey};
use serde::Deserialize;
use std::io;

/// What an Ed25519 signature over a manifest begins with (CW-UPD-001).
const MANIFEST_LABEL: &[u8] = b"cardwire/1 manifest";

/// The published file, as it stands in the repository.
const CERTIFICATION: &str = include_str!("../../vectors/identities/certification.toml");

/// What an identity file holds: some or all of the roles.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identities {
    /// Whether these are identities of their own or the published ones.
    #[serde(deserialize_with = "file::provisioning")]
    pub provisioning: Provisioning,
    /// What a reader is provisioned with.
    pub reader: Option<ReaderIdentity>,
    /// What clients hold.
    #[serde(rename = "client", default)]
    pub clients: Vec<ClientIdentity>,
    /// What the cloud holds.
    pub cloud: Option<CloudIdentity>,
    /// What the update authority holds.
    pub authority: Option<Authority>,
    /// Keys of clients for certain readers, on their way to those.
    #[serde(rename = "derived", default)]
    pub derived: Vec<DerivedKey>,
    /// Public keys, of whomever.
    #[serde(rename = "public", default)]
    pub public: Vec<PublicKey>,
}

/// What a reader is provisioned with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderIdentity {
    /// The reader's identity.
    pub id: String,
    /// Its own X25519 key.
    pub static_key: Key,
    /// The X25519 public key of its cloud, pinned.
    #[serde(deserialize_with = "secret::hex_32")]
    pub cloud_public_key: [u8; 32],
    /// The Ed25519 public key of its update authority.
    #[serde(deserialize_with = "secret::hex_32")]
    pub authority_public_key: [u8; 32],
    /// The clients that it lets in.
    #[serde(rename = "client", default)]
    pub clients: Vec<ReaderClient>,
}

/// What a reader stores of a client.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderClient {
    /// The client's identity.
    pub id: String,
    /// Which of its keys this is.
    pub generation: u32,
    /// Derived from the client's secret for this reader alone.
    pub pre_shared_key: Key,
}

/// What a client holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientIdentity {
    /// The client's identity.
    pub id: String,
    /// Which of its secrets this is.
    pub generation: u32,
    /// What the keys that readers store follow from.
    pub secret: ClientSecret,
}

impl ClientIdentity {
    /// A client with a fresh secret, of the first generation.
    ///
    /// # Errors
    /// A name that is none, or an operating system without random bytes.
    pub fn generate(id: &str) -> Result<Self, IdentityError> {
        check_name(id)?;
        Ok(fresh_client(id)?)
    }

    /// The same client with a fresh secret, of the next generation; `None` where there is none.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub fn rotated(&self) -> io::Result<Option<Self>> {
        let Some(generation) = self.generation.checked_add(1) else {
            return Ok(None);
        };
        Ok(Some(Self {
            generation,
            ..fresh_client(&self.id)?
        }))
    }

    /// Its key for a reader, on the way there.
    ///
    /// # Errors
    /// A name that is none.
    pub fn derive(&self, reader_id: &str) -> Result<DerivedKey, IdentityError> {
        check_name(reader_id)?;
        Ok(DerivedKey {
            reader: reader_id.into(),
            id: self.id.clone(),
            generation: self.generation,
            pre_shared_key: self.pre_shared_key(reader_id),
        })
    }

    /// The key that a reader stores of this client.
    #[must_use]
    pub fn pre_shared_key(&self, reader_id: &str) -> Key {
        self.secret.pre_shared_key(&self.id, reader_id, self.generation)
    }
}

/// What the cloud holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudIdentity {
    /// Its X25519 key.
    pub static_key: Key,
    /// The readers that it knows from the start.
    #[serde(rename = "reader", default)]
    pub readers: Vec<RegisteredReader>,
}

/// What the cloud knows of a reader.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredReader {
    /// The reader's identity.
    pub id: String,
    /// The X25519 public key that it must prove to hold.
    #[serde(deserialize_with = "secret::hex_32")]
    pub public_key: [u8; 32],
}

/// What the update authority holds: not the cloud's key, and not held by the cloud.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Its Ed25519 key.
    pub signing_key: Key,
}

impl Authority {
    /// Signs a manifest as readers demand it (CW-UPD-001).
    #[must_use]
    pub fn sign(&self, manifest: &[u8]) -> [u8; 64] {
        self.key().sign(&[MANIFEST_LABEL, manifest].concat()).to_bytes()
    }

    /// The Ed25519 public key that readers are provisioned with.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.key().verifying_key().to_bytes()
    }

    fn key(&self) -> SigningKey {
        SigningKey::from_bytes(self.signing_key.as_bytes())
    }
}

impl Identities {
    /// The published certification identities. Whoever has this software can log in to a device that holds them.
    ///
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "the file is part of this library, and a test reads it"
    )]
    pub fn certification() -> Self {
        match Self::parse(CERTIFICATION) {
            Ok(identities) => identities,
            Err(error) => panic!("the embedded certification identities don't load: {error}"),
        }
    }

    /// Fresh identities for one reader, one client, their cloud and their update authority.
    ///
    /// # Errors
    /// A name that is none, or an operating system without random bytes.
    pub fn generate(reader_id: &str, client_id: &str) -> Result<Self, IdentityError> {
        for id in [reader_id, client_id] {
            check_name(id)?;
        }
        let authority = Authority {
            signing_key: Key::generate()?,
        };
        let cloud_key = Key::generate()?;
        let static_key = Key::generate()?;
        let client = fresh_client(client_id)?;
        let registered = RegisteredReader {
            id: reader_id.into(),
            public_key: static_key.x25519_public(),
        };
        let reader = ReaderIdentity {
            id: reader_id.into(),
            static_key,
            cloud_public_key: cloud_key.x25519_public(),
            authority_public_key: authority.public_key(),
            clients: vec![ReaderClient {
                id: client_id.into(),
                generation: client.generation,
                pre_shared_key: client.pre_shared_key(reader_id),
            }],
        };
        Ok(Self {
            provisioning: Provisioning::Production,
            reader: Some(reader),
            clients: vec![client],
            cloud: Some(CloudIdentity {
                static_key: cloud_key,
                readers: vec![registered],
            }),
            authority: Some(authority),
            ..Self::empty()
        })
    }

    /// Identities of nobody, not of the published kind.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            provisioning: Provisioning::Production,
            reader: None,
            clients: Vec::new(),
            cloud: None,
            authority: None,
            derived: Vec::new(),
            public: Vec::new(),
        }
    }

    /// What is public of them, the published kind included: keys of readers, cloud and authority.
    #[must_use]
    pub fn public_parts(&self) -> Self {
        let key = |role, id, key| PublicKey { role, id, key };
        let mut public = self.public.clone();
        if let Some(reader) = &self.reader {
            let id = Some(reader.id.clone());
            public.push(key(Role::Reader, id, reader.static_key.x25519_public()));
        }
        if let Some(cloud) = &self.cloud {
            public.push(key(Role::Cloud, None, cloud.static_key.x25519_public()));
        }
        if let Some(authority) = &self.authority {
            public.push(key(Role::Authority, None, authority.public_key()));
        }
        Self {
            provisioning: self.provisioning,
            public,
            ..Self::empty()
        }
    }

    /// The client of this identity, or the first one where none is named.
    #[must_use]
    pub fn client(&self, id: Option<&str>) -> Option<&ClientIdentity> {
        self.clients
            .iter()
            .find(|client| id.is_none_or(|id| client.id == id))
    }
}

fn fresh_client(id: &str) -> io::Result<ClientIdentity> {
    Ok(ClientIdentity {
        id: id.into(),
        generation: 1,
        secret: ClientSecret::generate()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signature, VerifyingKey};

    /// Public keys and pre-shared keys of the published file follow from its private keys and secrets.
    #[test]
    fn the_published_identities_belong_together() {
        let Identities {
            provisioning,
            reader,
            clients,
            cloud,
            authority,
            ..
        } = Identities::certification();
        let (reader, cloud, authority) = (reader.unwrap(), cloud.unwrap(), authority.unwrap());
        assert_eq!(provisioning, Provisioning::Certification);
        assert_eq!(reader.cloud_public_key, cloud.static_key.x25519_public());
        assert_eq!(reader.authority_public_key, authority.public_key());
        assert_eq!(
            cloud.readers,
            [RegisteredReader {
                id: reader.id.clone(),
                public_key: reader.static_key.x25519_public()
            }]
        );
        assert_eq!(clients.len(), reader.clients.len());
        for (client, stored) in clients.iter().zip(&reader.clients) {
            assert_eq!((&client.id, client.generation), (&stored.id, stored.generation));
            assert_eq!(client.pre_shared_key(&reader.id), stored.pre_shared_key);
            assert_ne!(client.pre_shared_key("ANOTHER"), stored.pre_shared_key);
        }
    }

    //= spec/book/src/updates.md#cw-upd-001
    //= type=test
    //# A reader MUST accept an offer only if its manifest is signed by the update authority that the reader was provisioned with.
    #[test]
    fn the_authority_signs_label_and_manifest() {
        let authority = Authority {
            signing_key: Key::new([3; 32]),
        };
        let public = VerifyingKey::from_bytes(&authority.public_key()).unwrap();
        let signature = Signature::from_bytes(&authority.sign(b"manifest"));
        public
            .verify_strict(b"cardwire/1 manifestmanifest", &signature)
            .unwrap();
        assert!(public.verify_strict(b"manifest", &signature).is_err());
    }

    #[test]
    fn fresh_identities_belong_together_and_differ() {
        let one = Identities::generate("R-1", "C-1").unwrap();
        let two = Identities::generate("R-1", "C-1").unwrap();
        assert_eq!(one.provisioning, Provisioning::Production);
        let reader = one.reader.as_ref().unwrap();
        assert_eq!(
            reader.clients[0].pre_shared_key,
            one.client(None).unwrap().pre_shared_key("R-1")
        );
        assert_eq!(
            reader.cloud_public_key,
            one.cloud.as_ref().unwrap().static_key.x25519_public()
        );
        assert_ne!(reader.static_key, two.reader.as_ref().unwrap().static_key);
        assert!(one.client(Some("C-1")).is_some() && one.client(Some("C-2")).is_none());
        assert!(matches!(
            Identities::generate("R 1", "C-1"),
            Err(IdentityError::Name { .. })
        ));
    }
}
