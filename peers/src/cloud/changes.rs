//! Changes of authentication information, as the operator of a fleet makes them: the document that an update brings.

use super::publish::PublishError;
use crate::{
    encoded,
    identity::{ClientIdentity, check_name},
};
use cardwire_codec::{
    Extensions, List, Name,
    message::{
        Authentication, AuthorityKey, ClientKey, CloudKey, Entitlement, KeyChange, Revocation, ServiceId,
    },
};
use zeroize::Zeroizing;

/// What changes in the keys of a reader. What is not named stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// New keys of clients.
    pub clients: Vec<NewClient>,
    /// Keys that end: the client, and which of its keys.
    pub revoked: Vec<(String, u32)>,
    /// A new key of the cloud.
    pub cloud: Option<NewCloud>,
    /// The Ed25519 public key of a new update authority.
    pub authority: Option<[u8; 32]>,
}

/// A client's new key.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// The client, with the secret that the key follows from.
    pub identity: ClientIdentity,
    /// Whether it takes the place of all keys of this client, or comes beside the present one.
    pub change: KeyChange,
    /// Where it is rotated: logins that the old key is good for after the commit, 0 for no bound.
    pub logins_left: u16,
    /// What the client is entitled to; every service where this is `None`.
    pub services: Option<Vec<ServiceId>>,
}

/// A new key of the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewCloud {
    /// The X25519 public key.
    pub public_key: [u8; 32],
    /// Logins that the old key is good for after the commit, 0 for no bound.
    pub logins_left: u16,
}

impl Changes {
    /// Whether they hold keys that are of use with one reader only.
    #[must_use]
    pub fn are_for_one_reader(&self) -> bool {
        !self.clients.is_empty()
    }

    /// The document `authentication` for this reader. It holds secrets.
    ///
    /// # Errors
    /// More of one sort than the document takes, or a name that is none.
    pub fn document(&self, reader: &str) -> Result<Zeroizing<Vec<u8>>, PublishError> {
        let names = self.clients.iter().map(|client| &client.identity.id);
        for name in names.chain(self.revoked.iter().map(|(id, _)| id)) {
            check_name(name).map_err(|_| PublishError::ClientName { given: name.clone() })?;
        }
        let keys: Vec<_> = self
            .clients
            .iter()
            .map(|client| client.identity.pre_shared_key(reader))
            .collect();
        let clients: Vec<_> = self
            .clients
            .iter()
            .zip(&keys)
            .map(|(client, key)| ClientKey {
                client_id: Name::from_text(&client.identity.id),
                generation: client.identity.generation,
                change: client.change,
                logins_left: client.logins_left,
                pre_shared_key: key.as_bytes(),
                limited: client.services.is_some(),
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
        let cloud = self.cloud.as_ref().map(|cloud| CloudKey {
            public_key: &cloud.public_key,
            logins_left: cloud.logins_left,
        });
        let authority = self
            .authority
            .as_ref()
            .map(|public_key| AuthorityKey { public_key });
        let document = encoded(&Authentication {
            clients: List::from_items(&clients),
            entitlements: List::from_items(&self.entitlements()),
            revoked: List::from_items(&revoked),
            cloud: List::from_items(cloud.as_slice()),
            authority: List::from_items(authority.as_slice()),
            extensions: Extensions::NONE,
        });
        document.map(Zeroizing::new).map_err(PublishError::Changes)
    }

    fn entitlements(&self) -> Vec<Entitlement> {
        let mut all = Vec::new();
        // The encoder refuses more clients than can be counted here.
        for (place, client) in (0_u8..).zip(&self.clients) {
            let mut services = client.services.clone().unwrap_or_default();
            services.sort_unstable();
            services.dedup();
            all.extend(services.into_iter().map(|service| Entitlement {
                client: place,
                service,
            }));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identities;
    use cardwire_codec::{Message, message::CodecRule};

    fn client(generation: u32) -> NewClient {
        let client = Identities::certification().client(None).cloned();
        NewClient {
            identity: ClientIdentity {
                generation,
                ..client.unwrap()
            },
            change: KeyChange::Rotate,
            logins_left: 3,
            services: Some(vec![ServiceId(9), ServiceId(2), ServiceId(9)]),
        }
    }

    #[test]
    fn the_document_holds_what_the_reader_is_to_store() {
        let changes = Changes {
            clients: vec![client(2)],
            revoked: vec![("OLD".into(), 7)],
            cloud: Some(NewCloud {
                public_key: [1; 32],
                logins_left: 4,
            }),
            authority: Some([2; 32]),
        };
        assert!(changes.are_for_one_reader());
        let document = changes.document("R-1").unwrap();
        let read = Authentication::decode(&document).unwrap();
        let key = read.clients.iter().next().unwrap();
        assert_eq!(
            (
                key.client_id.as_str(),
                key.generation,
                key.change,
                key.logins_left,
                key.limited
            ),
            ("CERT-CLIENT-1", 2, KeyChange::Rotate, 3, true)
        );
        let expected = changes.clients[0].identity.pre_shared_key("R-1");
        assert_eq!(key.pre_shared_key, expected.as_bytes());
        let services: Vec<_> = read.entitlements.iter().map(|one| one.service).collect();
        assert_eq!(services, [ServiceId(2), ServiceId(9)]);
        let revoked = read.revoked.iter().next().unwrap();
        assert_eq!((revoked.client_id.as_str(), revoked.generation), ("OLD", 7));
        assert_eq!(read.cloud.iter().next().unwrap().public_key, &[1; 32]);
        assert_eq!(read.authority.iter().next().unwrap().public_key, &[2; 32]);
    }

    #[test]
    fn what_no_document_takes_is_refused() {
        let many = Changes {
            clients: vec![client(2); 5],
            ..Changes::default()
        };
        match many.document("R-1") {
            Err(PublishError::Changes(error)) => {
                assert!(error.to_string().contains("clients"), "{error}");
                assert!(matches!(
                    error,
                    cardwire_codec::EncodeError::Invalid {
                        rule: CodecRule::Count,
                        ..
                    }
                ));
            }
            other => panic!("{other:?}"),
        }
        let strange = Changes {
            revoked: vec![("no name".into(), 1)],
            ..Changes::default()
        };
        assert!(matches!(
            strange.document("R-1"),
            Err(PublishError::ClientName { .. })
        ));
    }
}
