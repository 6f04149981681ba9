//! Who takes part: the published certification identities, and what must never be heard of them.

use cardwire_codec::message::{HardwareClass, Provisioning};
use cardwire_core::{
    Identity,
    identity::{ClientKey, Name, SecretKey},
};
use cardwire_peers::{
    Identities,
    identity::{Authority, ReaderIdentity},
};
use std::sync::LazyLock;

/// Everybody, read once: reading them takes as long as a handshake.
pub static PEOPLE: LazyLock<People> = LazyLock::new(People::new);

/// Everybody who takes part.
#[derive(Debug)]
pub struct People {
    /// What they all hold.
    pub all: Identities,
    /// The reader's identity, as it goes by it.
    pub reader_id: String,
    /// What the reader is provisioned with.
    pub identity: Identity,
    /// The keys of the reader's clients for it, in their order.
    pub client_keys: Vec<[u8; 32]>,
    /// The cloud's static key.
    pub cloud_key: [u8; 32],
    /// The update authority.
    pub authority: Authority,
    /// Keys that nobody may ever hear in clear.
    pub secrets: Vec<[u8; 32]>,
}

impl People {
    fn new() -> Self {
        let all = Identities::certification();
        let reader = all
            .reader
            .as_ref()
            .expect("the published identities have a reader");
        let cloud = all.cloud.as_ref().expect("and a cloud");
        let authority = all.authority.clone().expect("and an update authority");
        let client_keys: Vec<[u8; 32]> = all
            .clients
            .iter()
            .map(|client| *client.pre_shared_key(&reader.id).as_bytes())
            .collect();
        let cloud_key = *cloud.static_key.as_bytes();
        let mut secrets = client_keys.clone();
        secrets.extend([
            *reader.static_key.as_bytes(),
            cloud_key,
            *authority.signing_key.as_bytes(),
        ]);
        Self {
            reader_id: reader.id.clone(),
            identity: provisioned(reader),
            client_keys,
            cloud_key,
            authority,
            secrets,
            all,
        }
    }
}

fn provisioned(reader: &ReaderIdentity) -> Identity {
    let name = |text: &str| Name::new(text).expect("a name of the right characters");
    let mut clients = reader.clients.iter().map(|client| ClientKey {
        id: name(&client.id),
        generation: client.generation,
        pre_shared_key: SecretKey(*client.pre_shared_key.as_bytes()),
    });
    Identity {
        reader_id: name(&reader.id),
        hardware_class: HardwareClass::REFERENCE_HOST,
        provisioning: Provisioning::Certification,
        software: name("cardwire-fuzz"),
        static_key: SecretKey(*reader.static_key.as_bytes()),
        cloud_public_key: reader.cloud_public_key,
        authority_public_key: reader.authority_public_key,
        clients: core::array::from_fn(|_| clients.next()),
    }
}
