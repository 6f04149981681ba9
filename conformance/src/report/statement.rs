//! The signed statement of a report: an in-toto statement (version 1) about every file of the folder, in a DSSE
//! envelope.
//!
//! Its predicate repeats what the report says of the run as a whole: outcome, device, suite, claims. A lab that files
//! the folder, or a vendor who hands it on, so gives everybody the means to see that it is what was signed.

use super::{
    dsse,
    keys::{PublicKey, Signer},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::Path,
};

/// The file of the statement, beside those that it is about.
pub const STATEMENT: &str = "statement.dsse.json";

/// The type of what is stated, described in the book's chapter on certification.
pub(crate) const PREDICATE: &str = "urn:cardwire:attestation:conformance:1";

const TYPE: &str = "https://in-toto.io/Statement/v1";

/// Members of `report.json` that the predicate leaves out: the file itself is signed.
const LEFT_OUT: [&str; 4] = ["cases", "requirements", "model", "expected"];

/// An in-toto statement.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    pub(crate) subject: Vec<Subject>,
    predicate_type: String,
    pub(crate) predicate: Predicate,
}

/// One file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) digest: BTreeMap<String, String>,
}

/// What is stated of the files: the run as a whole, and by whom.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Predicate {
    pub(crate) run: Map<String, Value>,
    /// The public key, so that whoever has none can at least see that nothing was changed.
    pub(crate) public_key: String,
}

/// Signs the report in a folder: writes the statement beside its files, in place of one that is there.
///
/// # Errors
/// What the system says, or a folder without a report.
pub fn sign(folder: &Path, signer: &Signer) -> io::Result<()> {
    let document = fs::read(folder.join("report.json"))?;
    let document = serde_json::from_slice(&document)?;
    let statement = Statement {
        kind: TYPE.to_owned(),
        subject: subjects(folder)?,
        predicate_type: PREDICATE.to_owned(),
        predicate: Predicate {
            run: summary(&document),
            public_key: signer.public().to_pem(),
        },
    };
    let payload = statement.to_json()?;
    // Whole or not at all.
    let fresh = folder.join(format!("{STATEMENT}.new"));
    fs::write(&fresh, dsse::seal(&payload, signer))?;
    fs::rename(fresh, folder.join(STATEMENT))
}

/// What a report says of its run as a whole.
pub(crate) fn summary(document: &Value) -> Map<String, Value> {
    let members = document.as_object().into_iter().flatten();
    members
        .filter(|(key, _)| !LEFT_OUT.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

impl Statement {
    /// From the payload of an envelope.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, String> {
        let statement: Self = serde_json::from_slice(payload)
            .map_err(|error| format!("its payload is no statement: {error}"))?;
        if statement.kind != TYPE || statement.predicate_type != PREDICATE {
            return Err(format!(
                "it states something else ({} of the type {}); expected {PREDICATE} in a statement of the type {TYPE}",
                statement.predicate_type, statement.kind
            ));
        }
        Ok(statement)
    }

    /// The payload of an envelope.
    pub(crate) fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    /// The key that it says it was signed with.
    pub(crate) fn public_key(&self) -> Option<PublicKey> {
        PublicKey::from_pem(&self.predicate.public_key).ok()
    }
}

fn subjects(folder: &Path) -> io::Result<Vec<Subject>> {
    let subject = |name: String| {
        let digest = BTreeMap::from([("sha256".to_owned(), digest(&folder.join(&name))?)]);
        Ok(Subject { name, digest })
    };
    names(folder)?.into_iter().map(subject).collect()
}

/// The names of what is in a folder, the statement aside.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != STATEMENT {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The SHA-256 of a file, in hexadecimal digits.
pub(crate) fn digest(path: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    io::copy(&mut File::open(path)?, &mut digest)?;
    Ok(format!("{:x}", digest.finalize()))
}
