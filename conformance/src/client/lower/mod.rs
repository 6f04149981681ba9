//! The lower tester: reader and cloud of the client under test, each behind a port of the loopback interface.
//!
//! Both are right by themselves; [`Scene`] says what is on them, and which script puts faults into what they say. Whatever
//! goes over the lines is on the [`Tape`](tape::Tape), which the judge reads when the case is over.

mod cloud;
mod opaque;
mod port;
mod reader;
mod say;
pub(crate) mod script;
pub(crate) mod tape;

use crate::random::Random;
use cardwire_peers::{
    Identities,
    cloud::{Cloud as Registry, Granted},
    identity::{ClientIdentity, ReaderIdentity},
    scripted::{CannedService, Half, PlainReader},
};
use cloud::Cloud;
use opaque::Opaque;
use port::Port;
use reader::Reader;
use script::{Script, right};
use std::{collections::BTreeMap, io, sync::Arc};
use tape::{End, Shared};

/// What the client meets.
pub(crate) struct Scene {
    /// Who the client is to be.
    pub(crate) client: ClientIdentity,
    pub(crate) identity: ReaderIdentity,
    /// The reader's versions.
    pub(crate) versions: Vec<u8>,
    pub(crate) services: Vec<CannedService>,
    pub(crate) reader: Script,
    pub(crate) cloud: Script,
    /// How many messages the cloud has for the reader after the login.
    pub(crate) updates: u32,
}

/// Both ends, for one case.
#[derive(Debug)]
pub(crate) struct Lower {
    pub(crate) reader: Port,
    pub(crate) cloud: Port,
}

impl Scene {
    /// A right reader and a right cloud, with the published certification identities.
    pub(crate) fn new(services: Vec<CannedService>) -> io::Result<Self> {
        let identities = Identities::certification();
        let none = || io::Error::other("the certification identities are not whole");
        Ok(Self {
            client: identities.client(None).ok_or_else(none)?.clone(),
            identity: identities.reader.ok_or_else(none)?,
            versions: vec![1],
            services,
            reader: right(),
            cloud: right(),
            updates: 0,
        })
    }

    /// Opens both ports.
    pub(crate) fn open(self, tape: &Shared, seed: u64, label: &str) -> io::Result<Lower> {
        let registry = registry(&self.identity, &self.client).map_err(io::Error::other)?;
        let opaque = |end: &str| Opaque::new(Random::new(seed, &format!("{label} {end}")));
        let mut half = Half::new(self.identity.clone());
        half.versions = self.versions;
        half.challenge = Random::new(seed, &format!("{label} challenge")).array();
        let reader = Reader {
            half,
            plain: PlainReader::new(self.identity, self.services),
            script: self.reader,
            opaque: (self.updates > 0).then(|| opaque("reader")),
            live: None,
            sessions: 0,
            counts: BTreeMap::new(),
            last_clear: None,
            accepted: None,
        };
        let cloud = Cloud {
            conversation: Registry::conversation(&registry),
            registry,
            script: self.cloud,
            updates: (self.updates > 0).then(|| (opaque("cloud"), self.updates)),
            counts: BTreeMap::new(),
            last: None,
        };
        Ok(Lower {
            reader: Port::open(End::Reader, tape.clone(), reader)?,
            cloud: Port::open(End::Cloud, tape.clone(), cloud)?,
        })
    }
}

fn registry(reader: &ReaderIdentity, client: &ClientIdentity) -> Result<Arc<Registry>, String> {
    let identity = Identities::certification().cloud.ok_or("no cloud")?;
    let registry = Registry::in_memory(&identity).map_err(|error| error.to_string())?;
    let key = reader.static_key.x25519_public();
    let known = identity.readers.iter().any(|known| known.id == reader.id);
    if !known {
        let added = registry.registry().add_reader(&reader.id, &key);
        added.map_err(|error| error.to_string())?;
    }
    let granted = registry
        .registry()
        .grant(&reader.id, &client.id, &Granted::All, 3600);
    granted.map_err(|error| error.to_string())?;
    Ok(Arc::new(registry))
}
