//! A bench at which readers are provisioned.

use super::{Ended, Listening, run};
use cardwire_host::HostEnv;
use cardwire_peers::Identities;
use core::time::Duration;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A folder with the keys of all ends, and a reader's flash.
pub struct Bench {
    pub folder: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for action in [
            &["new-authority"][..],
            &["new-cloud"],
            &["new-client", "COUNTER-7"],
            &["new-client", "COUNTER-8"],
        ] {
            let name = action.last().unwrap();
            bench
                .keys(&[action, &["--out", &bench.path(name)]].concat())
                .succeeded();
        }
        bench.export("new-cloud", "cloud.pub");
        bench.export("new-authority", "authority.pub");
        bench.derive("COUNTER-7", "READER-1", "7.key");
        bench
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub fn keys(&self, arguments: &[&str]) -> Ended {
        run(&[&["keys"], arguments].concat())
    }

    pub fn export(&self, from: &str, to: &str) {
        self.keys(&["export", &self.path(from), "--out", &self.path(to)])
            .succeeded();
    }

    pub fn derive(&self, client: &str, reader: &str, to: &str) {
        let arguments = ["derive", &self.path(client), "--reader", reader];
        self.keys(&[&arguments[..], &["--out", &self.path(to)]].concat())
            .succeeded();
    }

    pub fn rotate(&self, from: &str, to: &str) {
        self.keys(&["rotate", &self.path(from), "--out", &self.path(to)])
            .succeeded();
    }

    /// `cardwire provision`, where `=NAME` is a file of this folder.
    pub fn provision(&self, arguments: &str) -> Ended {
        let words = arguments.split(' ').map(|word| match word.strip_prefix('=') {
            Some(name) => self.path(name),
            None => word.to_owned(),
        });
        let words: Vec<String> = words.collect();
        run(&[
            &["provision"],
            &words.iter().map(String::as_str).collect::<Vec<_>>()[..],
        ]
        .concat())
    }

    /// A production reader that lets COUNTER-7 in.
    pub fn make(&self) {
        self.provision(NEW).succeeded();
    }

    pub fn shown(&self) -> Value {
        self.provision("show =flash --format json").succeeded().json()
    }

    pub fn reader(&self) -> Listening {
        Listening::reader(&["--state", &self.path("flash")])
    }

    /// A client with the secret of this file runs a service.
    pub fn service(&self, reader: &Listening, cloud: &Listening, client: &str) -> Ended {
        let identity = self.path(client);
        run(&[
            "client",
            &reader.place,
            "--cloud",
            &cloud.place,
            "--identity",
            &identity,
            "run",
            "card.identify",
        ])
    }

    /// The pre-shared key that the reader stores of the client in this file.
    pub fn stored_key(&self, client: &str) -> [u8; 32] {
        let identities = Identities::load(Path::new(&self.path(client))).unwrap();
        *identities.clients[0].pre_shared_key("READER-1").as_bytes()
    }

    pub fn static_key(&self) -> [u8; 32] {
        let mut env = HostEnv::with_state_file(&PathBuf::from(self.path("flash"))).unwrap();
        env.kept().unwrap().unwrap().static_key.unwrap().0
    }

    pub fn flash_holds(&self, key: &[u8]) -> bool {
        let bytes = fs::read(self.path("flash")).unwrap();
        bytes.windows(key.len()).any(|found| found == key)
    }
}

/// As long as a reader refuses all after a connect that failed, and a little.
pub const BACKOFF: Duration = Duration::from_millis(2100);

pub const NEW: &str =
    "new =flash --reader READER-1 --cloud =cloud.pub --authority =authority.pub --client =7.key";

impl Bench {
    /// Whether the flash keeps an identity, or keys of others.
    pub fn flash_holds_anything(&self) -> bool {
        match fs::exists(self.path("flash")) {
            Ok(true) => {
                self.shown()["state"] != "unprovisioned" || self.flash_holds(&self.stored_key("COUNTER-7"))
            }
            _ => false,
        }
    }
}
