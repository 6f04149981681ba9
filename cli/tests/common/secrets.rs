//! A cloud that holds a card's secret, for services that take one from it.

use super::{Ended, Listening, run_with_input};
use tempfile::TempDir;

/// The certification card, and its administrative key.
pub const CARD: &str = "8900001010123456783";
pub const ADM: &str = "4341524457495245";

/// The service that presents it.
pub const SERVICE: &str = "file.update.admin";

/// EF.SPN of the USIM, which asks for the administrative key.
pub const SPN: [&str; 2] = ["aid=A0000000871002", "path=6F46"];

/// A cloud that listens, and its database, which is managed while it does.
pub struct Keeper {
    pub cloud: Listening,
    folder: TempDir,
}

impl Keeper {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("cloud.db");
        Self {
            cloud: Listening::cloud(&["--db", database.to_str().unwrap()]),
            folder,
        }
    }

    /// `cardwire cloud ... --db`, with what it reads on its standard input.
    pub fn manage(&self, arguments: &[&str], input: &str) -> Ended {
        let database = self.folder.path().join("cloud.db");
        let arguments = [&["cloud"], arguments, &["--db", database.to_str().unwrap()]].concat();
        run_with_input(&arguments, input)
    }

    /// Stores the administrative key of a card.
    pub fn put(&self, card: &str, adm: &str) {
        let put = ["secrets", "put", card, SERVICE, "adm=-"];
        self.manage(&put, &format!("{adm}\n")).succeeded();
    }

    /// Grants these services by their names; a grant of all opens no secret.
    pub fn grant(&self, services: &[&str]) {
        let readers = [
            "readers",
            "grant",
            "CERT-READER-1",
            "CERT-CLIENT-1",
            "--lifetime",
            "600",
        ];
        let services: Vec<_> = services.iter().flat_map(|name| ["--service", name]).collect();
        self.manage(&[&readers[..], &services].concat(), "").succeeded();
    }
}
