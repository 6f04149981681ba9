//! The book: its requirements, and the threats and origin lines that they are there for.
//!
//! A requirement has a heading of its own, `### CW-LINK-007`, beneath it one normative sentence on one line, and for
//! every MUST a line `*Prevents:*` that says what goes wrong without it. One that nobody can check from outside says
//! why, in a line `*Not testable:*`; one that binds the cloud alone says so, in a line `*Binds:* cloud.`. Threats (`### T-1`, `### U-1`) and origin lines (`### O-1`) have headings as well,
//! and beneath them a title in bold letters.
//!
//! [`parse`] takes a book that keeps to this and names everything that does not; what is known of each requirement's
//! cases and faulty products is [`Evidence`], and [`ledger`](ledger()) joins the two.

mod chapter;
mod evidence;
mod ledger;
mod prevents;
mod read;
mod subject;
mod words;

pub use evidence::{CaseEvidence, Evidence, FaultEvidence, Findings};
pub use ledger::{Checks, Counts, Proof, Row, counts, ledger};
pub use read::{parse, read};
pub use subject::Subject;

use crate::Error;
use core::fmt;
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// Where the chapters stand, below the root of the workspace.
const FOLDER: &str = "spec/book/src";

/// Each area of requirements and the chapter that is its home.
const AREAS: [(&str, &str); 16] = [
    ("LINK", "link"),
    ("CODEC", "codec"),
    ("CBOR", "cbor"),
    ("VER", "versions"),
    ("CONN", "connection"),
    ("SESS", "session"),
    ("LOGIN", "login"),
    ("SEC", "security"),
    ("INTF", "interfaces"),
    ("MOD", "modules"),
    ("LOGIC", "logic"),
    ("SVC", "services"),
    ("JOB", "jobs"),
    ("UPD", "updates"),
    ("DIAG", "diagnostics"),
    ("CERT", "certification"),
];

/// What the book demands, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Its requirements, in ascending order.
    pub requirements: Vec<Requirement>,
    /// Its threats: those to the channel and the services (`T-1`), then those to updates (`U-1`).
    pub threats: Vec<Concern>,
    /// The lines of the origin (`O-1`).
    pub origins: Vec<Concern>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// Its id, such as `CW-LINK-004`.
    pub id: String,
    /// How strongly it binds.
    pub level: Level,
    /// Its normative sentence.
    pub sentence: String,
    /// The book's chapter, by file name without ending.
    pub chapter: String,
    /// What goes wrong without it.
    pub prevents: Prevents,
    /// Why nobody can check it from outside, where that is so.
    pub not_testable: Option<String>,
    /// It binds the cloud alone, which is not certified yet.
    pub binds_cloud: bool,
}

/// How strongly a requirement binds, and with it a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A reader that misses it is not certified.
    Must,
    /// A reader that misses it is not strict.
    Should,
    /// It is permitted.
    May,
}

/// What goes wrong without a requirement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Prevents {
    /// Ids of threats.
    pub threats: Vec<String>,
    /// Ids of origin lines.
    pub origins: Vec<String>,
    /// What two products would fail at together.
    pub interoperability: Option<String>,
}

/// A threat or an origin line: what requirements are there for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Concern {
    /// Its id, such as `T-14`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The book's chapter, by file name without ending.
    pub chapter: String,
}

impl Book {
    /// Loads the book of the workspace at `root`.
    ///
    /// # Errors
    /// A chapter can't be read, or breaks the format; all problems are named.
    pub fn load(root: &Path) -> Result<Self, Error> {
        let chapters = chapters(root)?;
        Ok(parse(
            chapters.iter().map(|(name, text)| (name.as_str(), text.as_str())),
        )?)
    }

    /// The requirement of this id.
    #[must_use]
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        let found = self
            .requirements
            .binary_search_by(|requirement| requirement.id.as_str().cmp(id));
        found.ok().map(|index| &self.requirements[index])
    }

    /// The requirements that are there for this threat or origin line.
    pub fn against<'b>(&'b self, id: &'b str) -> impl Iterator<Item = &'b Requirement> {
        self.requirements
            .iter()
            .filter(move |requirement| requirement.prevents.names(id))
    }
}

impl Requirement {
    /// Where its area stands in the book, and its id: requirements in the order of the book.
    #[must_use]
    pub fn place(&self) -> (usize, &str) {
        let area = AREAS
            .iter()
            .position(|(area, _)| words::area(&self.id) == Some(*area));
        (area.unwrap_or(AREAS.len()), &self.id)
    }
}

impl Prevents {
    /// Whether nothing is prevented.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.threats.is_empty() && self.origins.is_empty() && self.interoperability.is_none()
    }

    /// Whether this threat or origin line is among what is prevented.
    #[must_use]
    pub fn names(&self, id: &str) -> bool {
        self.threats
            .iter()
            .chain(&self.origins)
            .any(|prevented| prevented == id)
    }
}

impl Level {
    /// All of them, from the strongest.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::May];

    /// The word that makes a sentence a requirement of this level.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}

/// The chapters of the workspace at `root`, by path below it, with their texts; what is generated is not among them.
///
/// # Errors
/// The folder or a chapter can't be read.
pub fn chapters(root: &Path) -> Result<Vec<(String, String)>, Error> {
    let folder = root.join(FOLDER);
    let unread = |source| Error::Read {
        path: folder.clone(),
        source,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unread)? {
        names.extend(entry.map_err(unread)?.file_name().into_string().ok());
    }
    names.retain(|name| name.ends_with(".md"));
    names.sort();
    let chapter = |name: String| {
        let path = folder.join(&name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok((format!("{FOLDER}/{name}"), text)),
            Err(source) => Err(Error::Read { path, source }),
        }
    };
    names.into_iter().map(chapter).collect()
}
