//! Documents `authentication`: prepared ones, ones of parts that the fuzzer chooses, and bytes that may be none.

use super::{
    acts::READERS,
    keys::{AUTHORITIES, CLOUDS},
};
use crate::world::encoded;
use arbitrary::{Result, Unstructured};
use cardwire_codec::{
    List, Message, Name,
    message::{
        Authentication, AuthorityKey, ClientKey, CloudKey, Entitlement, KeyChange, Revocation, ServiceId,
    },
};

/// Names of clients: short and long ones, such as differ in one letter only, and that of a reader without one.
pub const CLIENTS: [&str; 8] = [
    "CLIENT-1",
    "A",
    "A-CLIENT-OF-THIRTY-TWO-LETTERS-1",
    "A-CLIENT-OF-THIRTY-TWO-LETTERS-2",
    "A-CLIENT-OF-THIRTY-TWO-LETTERS.2",
    "client-1",
    "CLIENT-11",
    READERS[3],
];
/// Generations of keys.
pub const GENERATIONS: [u32; 6] = [0, 1, 2, 3, 4, u32::MAX];
/// Counts of services that a client is entitled to.
const SERVICES: [u8; 6] = [0, 1, 2, 15, 16, 17];
/// Most clients and revocations that a document has.
const MOST: usize = 4;
/// Most bytes of a document that is none.
const BYTES_MAX: usize = 47;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paper {
    /// Of these parts.
    Parts(Parts),
    /// The same with a byte altered: the place, and what is altered in it.
    Altered(Parts, u8, u8),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// The parts of a document, each of them a place in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// New keys.
    pub clients: Vec<Part>,
    /// Keys that are revoked: client and generation.
    pub revoked: Vec<(u8, u8)>,
    /// A key of the cloud in [`CLOUDS`], and logins that the old one is good for.
    pub cloud: Option<(u8, u8)>,
    /// A key of the authority in [`AUTHORITIES`].
    pub authority: Option<u8>,
}

/// A client's new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The client.
    pub client: u8,
    /// The generation.
    pub generation: u8,
    /// Whether it is rotated.
    pub rotate: bool,
    /// Whether it is limited.
    pub limited: bool,
    /// How many services it is entitled to, a place in a table: 4 for 16, 5 for 17.
    pub services: u8,
    /// What its key is made of; also the logins that an old one is good for.
    pub secret: u8,
}

/// What a document says; no order of keys is left out of it, as the codec takes only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// New keys.
    pub clients: Vec<Change>,
    /// The place of a client, and a service.
    pub entitlements: Vec<(u8, u16)>,
    /// Clients and generations.
    pub revoked: Vec<(String, u32)>,
    /// The cloud's key, and logins that the old one is good for.
    pub cloud: Option<([u8; 32], u16)>,
    /// The authority's key.
    pub authority: Option<[u8; 32]>,
}

/// A client's new key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The client.
    pub name: String,
    /// Which of its keys.
    pub generation: u32,
    /// Whether it is rotated; else it replaces all others.
    pub rotate: bool,
    /// Logins that the key before it is good for.
    pub logins_left: u16,
    /// The key.
    pub key: [u8; 32],
    /// Whether the client is entitled to some services only.
    pub limited: bool,
}

fn of<T: Copy>(table: &[T], place: u8) -> T {
    table[usize::from(place) % table.len()]
}

impl Paper {
    pub(super) fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let kind: u8 = input.arbitrary()?;
        Ok(match kind % 8 {
            0..=5 => Self::Parts(Parts::read(input)?),
            6 => Self::Altered(Parts::read(input)?, input.arbitrary()?, input.arbitrary()?),
            _ => {
                let length: u8 = input.arbitrary()?;
                let length = usize::from(length) % (BYTES_MAX + 1);
                Self::Bytes((0..length).map(|_| input.arbitrary()).collect::<Result<_>>()?)
            }
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Parts(parts) => {
                out.push(0);
                parts.write(out);
            }
            Self::Altered(parts, at, what) => {
                out.push(6);
                parts.write(out);
                out.extend([at, what]);
            }
            Self::Bytes(bytes) => {
                out.extend([7, bytes.len() as u8]);
                out.extend(bytes);
            }
        }
    }

    /// The document's bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Parts(parts) => parts.changes().encode(),
            Self::Altered(parts, at, what) => {
                let mut bytes = parts.changes().encode();
                let at = usize::from(*at) % bytes.len();
                bytes[at] ^= what;
                bytes
            }
            Self::Bytes(bytes) => bytes.clone(),
        }
    }

    /// What it says; `None` where it is no document.
    #[must_use]
    pub fn changes(&self) -> Option<Changes> {
        match self {
            Self::Parts(parts) => Some(parts.changes()),
            Self::Altered(..) | Self::Bytes(_) => Changes::decode(&self.bytes()),
        }
    }
}

impl Parts {
    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let [counts, cloud, authority]: [u8; 3] = input.arbitrary()?;
        let count = |bits: u8| usize::from(bits & 7) % (MOST + 1);
        let clients = (0..count(counts)).map(|_| Part::read(input));
        let clients = clients.collect::<Result<_>>()?;
        let revoked = (0..count(counts >> 3)).map(|_| {
            let [client, generation]: [u8; 2] = input.arbitrary()?;
            Ok((client % CLIENTS.len() as u8, generation % GENERATIONS.len() as u8))
        });
        let chosen = |byte: u8, most: usize| (byte & 15).checked_sub(1).map(|place| place % most as u8);
        Ok(Self {
            clients,
            revoked: revoked.collect::<Result<_>>()?,
            cloud: chosen(cloud, CLOUDS.len()).map(|place| (place, cloud >> 4)),
            authority: chosen(authority, AUTHORITIES.len()),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push((self.clients.len() | self.revoked.len() << 3) as u8);
        out.push(self.cloud.map_or(0, |(place, left)| (place + 1) | left << 4));
        out.push(self.authority.map_or(0, |place| place + 1));
        self.clients.iter().for_each(|client| out.extend(client.write()));
        for (client, generation) in &self.revoked {
            out.extend([client, generation]);
        }
    }

    fn changes(&self) -> Changes {
        let mut entitlements = Vec::new();
        for (place, client) in self.clients.iter().enumerate() {
            // 64 are the most that a document can have.
            let count = u16::from(of(&SERVICES, client.services)).min(64 - entitlements.len() as u16);
            entitlements.extend((0..count).map(|service| (place as u8, 0xF100 + service)));
        }
        Changes {
            clients: self.clients.iter().map(|client| client.change()).collect(),
            entitlements,
            revoked: self
                .revoked
                .iter()
                .map(|(client, generation)| (of(&CLIENTS, *client).to_owned(), of(&GENERATIONS, *generation)))
                .collect(),
            cloud: self
                .cloud
                .map(|(place, left)| (of(&CLOUDS, place), u16::from(left))),
            authority: self.authority.map(|place| of(&AUTHORITIES, place).0),
        }
    }
}

impl Part {
    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let [who, how, secret]: [u8; 3] = input.arbitrary()?;
        Ok(Self {
            client: who & 7,
            generation: (who >> 3) % GENERATIONS.len() as u8,
            rotate: how & 1 != 0,
            limited: how & 2 != 0,
            services: (how >> 2) % SERVICES.len() as u8,
            secret,
        })
    }

    fn write(self) -> [u8; 3] {
        [
            self.client | self.generation << 3,
            u8::from(self.rotate) | u8::from(self.limited) << 1 | self.services << 2,
            self.secret,
        ]
    }

    fn change(self) -> Change {
        Change {
            name: of(&CLIENTS, self.client).to_owned(),
            generation: of(&GENERATIONS, self.generation),
            rotate: self.rotate,
            logins_left: u16::from(self.secret),
            key: [self.secret; 32],
            limited: self.limited,
        }
    }
}

impl Changes {
    fn decode(bytes: &[u8]) -> Option<Self> {
        let document = Authentication::decode(bytes).ok()?;
        let clients = document.clients.iter().map(|client| Change {
            name: client.client_id.as_str().to_owned(),
            generation: client.generation,
            rotate: client.change == KeyChange::Rotate,
            logins_left: client.logins_left,
            key: *client.pre_shared_key,
            limited: client.limited,
        });
        let entitled = document.entitlements.iter();
        let revoked = document.revoked.iter();
        Some(Self {
            clients: clients.collect(),
            entitlements: entitled.map(|one| (one.client, one.service.0)).collect(),
            revoked: revoked
                .map(|one| (one.client_id.as_str().to_owned(), one.generation))
                .collect(),
            cloud: document
                .cloud
                .iter()
                .next()
                .map(|cloud| (*cloud.public_key, cloud.logins_left)),
            authority: document.authority.iter().next().map(|key| *key.public_key),
        })
    }

    fn encode(&self) -> Vec<u8> {
        let clients = self.clients.iter().map(|client| ClientKey {
            client_id: Name::from_text(&client.name),
            generation: client.generation,
            change: [KeyChange::Replace, KeyChange::Rotate][usize::from(client.rotate)],
            logins_left: client.logins_left,
            pre_shared_key: &client.key,
            limited: client.limited,
        });
        let entitled = self.entitlements.iter().map(|(client, service)| Entitlement {
            client: *client,
            service: ServiceId(*service),
        });
        let revoked = self.revoked.iter().map(|(name, generation)| Revocation {
            client_id: Name::from_text(name),
            generation: *generation,
        });
        let cloud = self.cloud.iter().map(|(public_key, logins_left)| CloudKey {
            public_key,
            logins_left: *logins_left,
        });
        let authority = self
            .authority
            .iter()
            .map(|public_key| AuthorityKey { public_key });
        encoded(&Authentication {
            clients: List::from_items(&clients.collect::<Vec<_>>()),
            entitlements: List::from_items(&entitled.collect::<Vec<_>>()),
            revoked: List::from_items(&revoked.collect::<Vec<_>>()),
            cloud: List::from_items(&cloud.collect::<Vec<_>>()),
            authority: List::from_items(&authority.collect::<Vec<_>>()),
            extensions: Default::default(),
        })
    }
}
