//! Whether a report is what was signed, whole, and says that its device is certified.

use super::{
    dsse,
    keys::PublicKey,
    outcome::Outcome,
    statement::{self, STATEMENT, Statement, Subject},
    stored,
};
use serde_json::{Map, Value};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// The largest statement that is read.
const STATEMENT_MAX: u64 = 4 << 20;

/// A report that is what was signed.
#[derive(Debug)]
pub struct Verified {
    /// What the run says of its device.
    pub outcome: Outcome,
    /// What the report says of the run as a whole.
    pub run: Map<String, Value>,
    /// How many files were signed.
    pub files: usize,
    /// The key that signed it, as statements call it.
    pub signer: String,
    /// The key is one that the caller has named: else all that is known of it is that the statement names it itself.
    pub is_known: bool,
}

/// Why a report is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The folder can't be read.
    #[error("{} can't be read: {source}", path.display())]
    Folder {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no statement.
    #[error("{} holds no {STATEMENT}: the report was not signed", path.display())]
    Unsigned {
        /// Where the report is.
        path: PathBuf,
    },
    /// The statement is none.
    #[error("{STATEMENT}: {0}")]
    Statement(String),
    /// It was signed with another key, or changed since.
    #[error(
        "{STATEMENT}: expected the signature of the key {expected}; it names {named}, and no signature of it is right"
    )]
    Signature {
        /// The key that was to have signed.
        expected: String,
        /// The keys that the envelope names.
        named: String,
    },
    /// A file is not what was signed.
    #[error("{name}: {what}")]
    File {
        /// Its name.
        name: String,
        /// What is wrong with it.
        what: String,
    },
}

/// Checks a report: the signature of its statement, the digest of every file, that nothing was added or taken away, and
/// that statement and report say the same, which follows from the cases.
///
/// Without a key the one that the statement names is taken: it shows that nothing was changed, and not by whom it was
/// signed.
///
/// # Errors
/// The first thing that is not as it was signed, by the name of its file.
pub fn verify(folder: &Path, key: Option<&PublicKey>) -> Result<Verified, VerifyError> {
    let sealed = dsse::open(&read_statement(folder)?).map_err(VerifyError::Statement)?;
    let statement = Statement::parse(&sealed.payload).map_err(VerifyError::Statement)?;
    let named = statement.public_key();
    let Some(expected) = key.copied().or(named) else {
        return Err(VerifyError::Statement("it names no public key".into()));
    };
    if !sealed.is_signed_by(&expected) {
        return Err(VerifyError::Signature {
            expected: expected.id(),
            named: sealed.signers(),
        });
    }
    check_files(folder, &statement.subject)?;
    let document = stored::document(folder).map_err(|what| VerifyError::File {
        name: "report.json".into(),
        what,
    })?;
    if statement::summary(&document) != statement.predicate.run {
        return Err(VerifyError::Statement(
            "it says something else than report.json".into(),
        ));
    }
    let outcome = stored::outcome(&document).map_err(|what| VerifyError::File {
        name: "report.json".into(),
        what,
    })?;
    Ok(Verified {
        outcome,
        run: statement.predicate.run,
        files: statement.subject.len(),
        signer: expected.id(),
        is_known: key.is_some(),
    })
}

fn read_statement(folder: &Path) -> Result<String, VerifyError> {
    let path = folder.join(STATEMENT);
    match fs::metadata(&path) {
        Ok(about) if about.len() > STATEMENT_MAX => {
            let most = STATEMENT_MAX >> 20;
            return Err(VerifyError::Statement(format!("it has more than {most} MiB")));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_dir() => {
            return Err(VerifyError::Unsigned { path: folder.into() });
        }
        Ok(_) | Err(_) => {}
    }
    let bytes = fs::read(&path).map_err(|source| VerifyError::Folder { path, source })?;
    String::from_utf8(bytes).map_err(|_| VerifyError::Statement("it is no text".into()))
}

fn check_files(folder: &Path, subjects: &[Subject]) -> Result<(), VerifyError> {
    let file = |name: &str, what: String| {
        let name = name.to_owned();
        VerifyError::File { name, what }
    };
    let there = statement::names(folder).map_err(|source| VerifyError::Folder {
        path: folder.into(),
        source,
    })?;
    let there: BTreeSet<_> = there.iter().map(String::as_str).collect();
    let mut signed = BTreeSet::new();
    for Subject { name, digest } in subjects {
        if !there.contains(name.as_str()) {
            return Err(file(name, "it was signed, and is missing".into()));
        }
        let seen = statement::digest(&folder.join(name))
            .map_err(|error| file(name, format!("it can't be read: {error}")))?;
        if digest.get("sha256") != Some(&seen) {
            return Err(file(name, "it was changed after it was signed".into()));
        }
        signed.insert(name.as_str());
    }
    match there.difference(&signed).next() {
        Some(added) => Err(file(added, "it was added after the report was signed".into())),
        None => Ok(()),
    }
}
