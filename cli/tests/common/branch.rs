//! One reader with keys of its own, its clients, its cloud and its update authority.

use super::{Ended, Listening, client, run};
use core::time::Duration;
use serde_json::Value;
use std::{fs, thread};

/// A folder with the identities of a reader, of its client and of its cloud, and what each test makes beside them.
pub struct Branch {
    folder: tempfile::TempDir,
}

pub const READER: &str = "BRANCH-7-READER-1";
pub const CLIENT: &str = "COUNTER-7";

impl Branch {
    /// With a client more, which the reader does not know yet.
    pub fn new() -> Self {
        let branch = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (client, dir) in [(CLIENT, "keys"), ("COUNTER-8", "more")] {
            let dir = branch.path(dir);
            run(&[
                "keys", "new", "--reader", READER, "--client", client, "--dir", &dir,
            ])
            .succeeded();
        }
        branch
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub fn cloud(&self) -> Listening {
        self.cloud_with("keys/cloud.toml")
    }

    pub fn cloud_with(&self, identity: &str) -> Listening {
        let (identity, db) = (self.path(identity), self.path("cloud.db"));
        let cloud = Listening::cloud(&["--identity", &identity, "--db", &db]);
        for client in [CLIENT, "COUNTER-8"] {
            run(&["cloud", "readers", "grant", READER, client, "--db", &db]).succeeded();
        }
        cloud
    }

    pub fn reader(&self, more: &[&str]) -> Listening {
        let (identity, state) = (self.path("keys/reader.toml"), self.path("state"));
        Listening::reader(&[&["--identity", &identity, "--state", &state], more].concat())
    }

    /// The same where it may end before it listens, because its power goes.
    pub fn start_reader(&self, more: &[&str]) -> Option<Listening> {
        let (identity, state) = (self.path("keys/reader.toml"), self.path("state"));
        Listening::try_reader(&[&["--identity", &identity, "--state", &state], more].concat())
    }

    /// Has the reader tell its status after a login by this client's file.
    pub fn visit(&self, reader: &Listening, cloud: &Listening, client_file: &str) -> Ended {
        let identity = self.path(client_file);
        let action = ["--identity", &identity, "--format", "json", "status"];
        run(&client(&reader.place, &cloud.place, &action))
    }

    /// A client's key that the reader does not have opens nothing. Whoever tries has to wait, and so does the next.
    pub fn refuses(&self, reader: &Listening, cloud: &Listening, client_file: &str) {
        let visit = self.visit(reader, cloud, client_file);
        visit.failed(1, &["refused connect"]);
        thread::sleep(Duration::from_millis(200));
    }

    /// Signs with the authority that the reader knows.
    pub fn publish(&self, what: &[&str]) -> Ended {
        let (authority, db) = (self.path("keys/authority.toml"), self.path("cloud.db"));
        run(&[
            &["cloud", "publish"],
            what,
            &["--authority", &authority, "--db", &db],
        ]
        .concat())
    }

    /// The campaign of this number.
    pub fn campaign(&self, number: usize) -> Value {
        let listed = run(&[
            "cloud",
            "campaigns",
            "list",
            "--db",
            &self.path("cloud.db"),
            "--format",
            "json",
        ]);
        listed.json()[number - 1].clone()
    }

    /// Name of the reader's software and its counters, as the cloud knows them.
    pub fn known(&self) -> (Value, [u64; 3]) {
        let listed = run(&[
            "cloud",
            "readers",
            "list",
            "--db",
            &self.path("cloud.db"),
            "--format",
            "json",
        ]);
        let reader = &listed.json()[0];
        let counter = |kind: &str| reader["counters"][kind].as_u64().unwrap();
        let counters = ["software", "authentication", "logic"].map(counter);
        (reader["software"].clone(), counters)
    }

    /// New logic of a service, in a version of its own.
    pub fn logic(&self, service: &str, version: u32) -> String {
        let path = format!("{}/../spec/services/{service}.logic", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).unwrap();
        let new = format!("version {version}");
        self.write(&format!("{service}.logic"), text.replacen("version 1", &new, 1))
    }
}
