//! Where an attack takes place: who is there, and which of them is weak.

use crate::hostile::{
    Held,
    board::{Board, Weakness, provisioned},
    ends::Session,
};
use cardwire_codec::message::{Format, Offer, Provisioning, ServiceId};
use cardwire_peers::{
    Cloud, Identities,
    cloud::{Conversation, Granted},
    identity::{Authority, ClientIdentity, CloudIdentity, Key, ReaderIdentity},
};
use std::sync::Arc;

pub const IDENTIFY: ServiceId = ServiceId::CARD_IDENTIFY;
pub const SUBSCRIBER: ServiceId = ServiceId::SUBSCRIBER_READ;
pub const ECHO: ServiceId = ServiceId::CERTIFICATION_ECHO;

/// The services that the right client offers.
pub const OFFERS: [Offer; 3] = [offer(IDENTIFY), offer(SUBSCRIBER), offer(ECHO)];

pub const fn offer(service: ServiceId) -> Offer {
    Offer {
        service,
        format: Format::NATIVE,
    }
}

/// Everybody who takes part, and how often the attacker has tried.
pub struct Scene {
    pub weakness: Option<Weakness>,
    pub people: Identities,
    attempts: u64,
}

impl Scene {
    pub fn new(weakness: Option<Weakness>) -> Self {
        Self {
            weakness,
            people: Identities::certification(),
            attempts: 0,
        }
    }

    /// The attacker tries once more.
    pub fn attempt(&mut self) {
        self.attempts += 1;
    }

    pub fn attempts(&self) -> u64 {
        self.attempts
    }

    pub fn reader(&self) -> ReaderIdentity {
        self.people.reader.clone().unwrap()
    }

    pub fn client(&self) -> ClientIdentity {
        self.people.clients[0].clone()
    }

    /// The other client that the reader knows.
    pub fn other_client(&self) -> ClientIdentity {
        self.people.clients[1].clone()
    }

    pub fn cloud_key(&self) -> Key {
        self.people.cloud.clone().unwrap().static_key
    }

    pub fn authority(&self) -> Authority {
        self.people.authority.clone().unwrap()
    }

    /// Keys of the attacker's own.
    pub fn attackers_key() -> Key {
        Key::new([0x66; 32])
    }

    /// The reader, with its card.
    pub fn board(&self) -> Board {
        self.board_of(&self.reader(), Provisioning::Certification)
    }

    pub fn board_of(&self, reader: &ReaderIdentity, provisioning: Provisioning) -> Board {
        let mut identity = provisioned(reader, provisioning);
        match self.weakness {
            Some(Weakness::PinsAttackersCloud) => {
                identity.cloud_public_key = Self::attackers_key().x25519_public();
            }
            Some(Weakness::TrustsAttackersAuthority) => {
                let attacker = Authority {
                    signing_key: Self::attackers_key(),
                };
                identity.authority_public_key = attacker.public_key();
            }
            Some(Weakness::HasGuessableSecret) => {
                for client in identity.clients.iter_mut().flatten() {
                    client.pre_shared_key = cardwire_core::identity::SecretKey(guess(100));
                }
            }
            _ => {}
        }
        Board::new(identity, self.weakness)
    }

    /// The cloud, which knows the reader and grants both clients everything.
    pub fn cloud(&self) -> Arc<Cloud> {
        let mut identity: CloudIdentity = self.people.cloud.clone().unwrap();
        if self.weakness == Some(Weakness::RegistersAttackersReader) {
            for reader in &mut identity.readers {
                reader.public_key = Self::attackers_key().x25519_public();
            }
        }
        let cloud = Cloud::in_memory(&identity).unwrap();
        for client in &self.people.clients {
            let reader = &self.reader().id;
            cloud
                .registry()
                .grant(reader, &client.id, &Granted::All, 3600)
                .unwrap();
        }
        Arc::new(cloud)
    }

    /// A reader with the right client's session on it.
    pub fn connected(&self) -> Held<(Board, Session)> {
        let mut board = self.board();
        let session = board.connect(&self.client())?;
        Ok((board, session))
    }

    /// A reader that is logged in with the right cloud, which still listens.
    pub fn serving(&self) -> Held<(Board, Session, Conversation)> {
        let (mut board, mut session) = self.connected()?;
        let mut cloud = Cloud::conversation(&self.cloud());
        session.login(&mut board, &mut cloud, &OFFERS)?;
        Ok((board, session, cloud))
    }
}

/// How often the cloud has counted a login.
pub fn logins(cloud: &Cloud) -> u32 {
    let readers = cloud.registry().readers().unwrap();
    readers.iter().map(|reader| reader.logins).sum()
}

/// A key that somebody tries.
pub fn guess(number: u32) -> [u8; 32] {
    let mut key = [0; 32];
    key[28..].copy_from_slice(&number.to_be_bytes());
    key
}

/// Every bit of some bytes, each flipped alone: the byte, the bit, and the bytes.
pub fn flipped(bytes: &[u8]) -> impl Iterator<Item = (usize, u8, Vec<u8>)> + '_ {
    let bits = (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit)));
    bits.map(|(at, bit)| {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1 << bit;
        (at, bit, changed)
    })
}

/// Random numbers that are the same every time.
pub fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}
