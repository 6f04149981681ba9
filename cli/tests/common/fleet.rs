//! A fleet: real readers in threads, a client for each over TCP, and one cloud as a process that can be killed.

use super::{Listening, run};
use cardwire_codec::message::{Format, Offer, ServiceId};
use cardwire_host::{Control, Host, HostEnv, Listener, Options, Times};
use cardwire_peers::{
    Client, Endpoint, Identities, Link,
    client::{ClientError, CloudLink, Service, Session},
    cloud::{CloudAddress, DeliveryState, Granted, Registry},
    identity::{Authority, CloudIdentity, Key, ReaderClient, ReaderIdentity, RegisteredReader},
};
use core::time::Duration;
use std::{
    fs,
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
    time::Instant,
};

/// The client of every reader.
const CLIENT: &str = "COUNTER";
/// How long a client waits before it tries again to reach a cloud that is down.
const PAUSE: Duration = Duration::from_millis(20);

/// Who is who, and where the cloud keeps what it knows.
pub struct Fleet {
    folder: tempfile::TempDir,
    pub db: PathBuf,
    identities: Identities,
    readers: Vec<ReaderIdentity>,
}

impl Fleet {
    /// Identities for so many readers, registered with a cloud that grants their client everything.
    pub fn new(readers: usize) -> Self {
        let mut identities = Identities::generate("FIRST", CLIENT).unwrap();
        let client = identities.clients[0].clone();
        let authority = identities.authority.as_ref().map(Authority::public_key).unwrap();
        let cloud_key = identities.cloud.as_ref().unwrap().static_key.clone();
        let reader = |number| {
            let id = format!("READER-{number:04}");
            ReaderIdentity {
                static_key: Key::generate().unwrap(),
                cloud_public_key: cloud_key.x25519_public(),
                authority_public_key: authority,
                clients: vec![ReaderClient {
                    id: CLIENT.into(),
                    generation: client.generation,
                    pre_shared_key: client.pre_shared_key(&id),
                }],
                id,
            }
        };
        let readers: Vec<_> = (0..readers).map(reader).collect();
        let registered = |reader: &ReaderIdentity| RegisteredReader {
            id: reader.id.clone(),
            public_key: reader.static_key.x25519_public(),
        };
        identities.reader = None;
        identities.cloud = Some(CloudIdentity {
            static_key: cloud_key,
            readers: readers.iter().map(registered).collect(),
        });
        let folder = tempfile::tempdir().unwrap();
        identities.save(folder.path()).unwrap();
        let fleet = Self {
            db: folder.path().join("cloud.db"),
            folder,
            identities,
            readers,
        };
        let registry = fleet.registry();
        for reader in &fleet.readers {
            registry
                .add_reader(&reader.id, &reader.static_key.x25519_public())
                .unwrap();
            registry.grant(&reader.id, CLIENT, &Granted::All, 3600).unwrap();
        }
        fleet
    }

    /// The database, beside the cloud that uses it.
    pub fn registry(&self) -> Registry {
        Registry::open(&self.db).unwrap()
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Starts the cloud: on the port that it had, or on any.
    pub fn cloud(&self, place: Option<&str>) -> Listening {
        let (identity, db) = (self.path("cloud.toml"), self.db.display().to_string());
        // All clients are on one machine. Connections of before are there until their threads have seen their end.
        let connections = (2 * self.readers.len() + 16).to_string();
        Listening::start(&[
            "cloud",
            "--listen",
            place.unwrap_or("tcp:127.0.0.1:0"),
            "--identity",
            &identity,
            "--db",
            &db,
            "--connections",
            &connections,
            "--connections-per-address",
            &connections,
        ])
    }

    /// Publishes logic of this version, which is its counter too, for all readers at once.
    pub fn publish(&self, version: u16) {
        let text = self.path(&format!("{version}.logic"));
        let logic = include_str!("../../../spec/services/card.identify.logic");
        let logic = logic.replacen("version 1", &format!("version {version}"), 1);
        fs::write(&text, logic).unwrap();
        let (authority, db) = (self.path("authority.toml"), self.db.display().to_string());
        let version = version.to_string();
        let publish = ["cloud", "publish", "logic", &text, "--counter", &version];
        run(&[&publish[..], &["--authority", &authority, "--db", &db]].concat()).succeeded();
    }

    /// Starts the readers, each with a state of its own in memory.
    pub fn start(&self) -> Vec<Reader> {
        let folder = self.folder.path().join("readers");
        self.readers
            .iter()
            .map(|reader| Reader::start(&self.identities, reader, &folder))
            .collect()
    }

    pub fn client(&self) -> Client {
        Client::new(self.identities.clients[0].clone())
    }

    /// What must hold of the database whenever the cloud is killed: the audit log is whole, and nothing is missing that a
    /// client was told.
    pub fn check(&self, told: &[Told]) {
        let registry = self.registry();
        registry.verify_audit(None).unwrap();
        let readers = registry.readers().unwrap();
        for (reader, told) in readers.iter().zip(told) {
            assert!(
                reader.logins >= told.logins,
                "{} was told of {} logins, and {} are known",
                reader.id,
                told.logins,
                reader.logins
            );
        }
    }

    /// How many deliveries are in this state.
    pub fn count(&self, state: DeliveryState) -> usize {
        let campaigns = self.registry().campaigns().unwrap();
        campaigns.iter().map(|campaign| campaign.count(state)).sum()
    }
}

/// A reader that runs until this is dropped.
pub struct Reader {
    pub endpoint: Endpoint,
    control: Control,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    fn start(identities: &Identities, reader: &ReaderIdentity, folder: &Path) -> Self {
        let own = Identities {
            reader: Some(reader.clone()),
            clients: Vec::new(),
            cloud: None,
            authority: None,
            ..identities.clone()
        };
        let folder = folder.join(&reader.id);
        fs::create_dir_all(&folder).unwrap();
        own.save(&folder).unwrap();
        let identity = cardwire_host::identity::load(&folder.join("reader.toml")).unwrap();
        let listener = Listener::bind(&"tcp:127.0.0.1:0".parse().unwrap()).unwrap();
        let endpoint = listener.to_string().parse().unwrap();
        let options = Options {
            times: Times::NONE,
            ..Options::default()
        };
        let host = Host::new(identity, HostEnv::in_memory(), options);
        let control = host.control();
        let thread = thread::spawn(move || host.run(listener).unwrap());
        Self {
            endpoint,
            control,
            thread: Some(thread),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.control.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the client of a reader was told by the cloud, and how long it took.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Logins that succeeded.
    pub logins: u32,
    /// How often the cloud was lost.
    pub lost: u32,
    /// How long each login took, from its beginning at the reader.
    pub login_times: Vec<Duration>,
    /// How long the updates took behind a login, where they came through in one.
    pub update_times: Vec<Duration>,
}

/// The client of one reader.
pub struct Counter {
    session: Session,
    cloud: CloudLink,
    pub told: Told,
}

impl Counter {
    pub fn connect(client: &Client, reader: &Endpoint, cloud: &CloudAddress) -> Self {
        Self {
            session: client.connect(Link::open(reader).unwrap()).unwrap(),
            cloud: CloudLink::to(cloud, None).unwrap(),
            told: Told::default(),
        }
    }

    /// Logs in and passes on what the cloud has, as often as it takes until it has no more. Calls `seen` behind each step
    /// that went well.
    ///
    /// # Panics
    /// Anybody but the cloud fails, or the deadline passes: the reader is stranded.
    pub fn visit(&mut self, deadline: Instant, seen: impl Fn(&Told)) {
        loop {
            match self.log_in_and_update(&seen) {
                Ok(()) => return,
                Err(error) => {
                    self.told.lost += 1;
                    let of_cloud = matches!(error, ClientError::Cloud(_));
                    assert!(of_cloud, "{}: {error}", self.session.reader_id());
                    assert!(
                        Instant::now() < deadline,
                        "{} is stranded: {error}",
                        self.session.reader_id()
                    );
                    thread::sleep(PAUSE);
                }
            }
        }
    }

    fn log_in_and_update(&mut self, seen: impl Fn(&Told)) -> Result<(), ClientError> {
        let start = Instant::now();
        let offer = Offer {
            service: ServiceId::CARD_IDENTIFY,
            format: Format::NATIVE,
        };
        self.session.login(&mut self.cloud, &[offer])?;
        self.told.logins += 1;
        self.told.login_times.push(start.elapsed());
        seen(&self.told);
        let start = Instant::now();
        if self.session.serve_cloud(&mut self.cloud)? > 0 {
            self.told.update_times.push(start.elapsed());
            seen(&self.told);
        }
        Ok(())
    }

    /// The service as the reader has it.
    pub fn service(&mut self) -> Service {
        let services = self.session.services().unwrap();
        services
            .into_iter()
            .find(|service| service.service == ServiceId::CARD_IDENTIFY)
            .unwrap()
    }
}

/// Choices that a seed repeats: SplitMix64.
pub struct Choices(pub u64);

impl Choices {
    /// A number below this one.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (word ^ (word >> 31)) % bound
    }
}
