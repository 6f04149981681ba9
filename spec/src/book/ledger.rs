//! The ledger: each requirement, the cases that check it, the faulty readers that those cases catch, the verdict.

use super::{Book, Evidence, Level, Requirement};
use core::fmt;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How far it is proven that the suite can tell a device that breaks a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// A case checks it, and catches a faulty reader at it.
    Killed,
    /// Cases check it, and no faulty reader shows that they can fail for it.
    Unproven,
    /// No case checks it.
    Gap,
    /// Nobody can check it from outside; the book says why.
    NotTestable,
}

/// One requirement in the ledger. Serialized, it is one flat object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row<'l> {
    /// The requirement.
    #[serde(flatten)]
    pub requirement: &'l Requirement,
    /// The cases that check it, in ascending order.
    pub cases: Vec<&'l str>,
    /// The faulty readers that those cases catch at it, in ascending order.
    pub kills: Vec<&'l str>,
    /// How far it is proven.
    #[serde(rename = "verdict")]
    pub proof: Proof,
}

/// How many requirements there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub all: usize,
    /// Those that are [`Proof::Killed`].
    pub killed: usize,
    /// Those that are [`Proof::Unproven`].
    pub unproven: usize,
    /// Those that are [`Proof::Gap`].
    pub gaps: usize,
    /// Those that are [`Proof::NotTestable`].
    pub not_testable: usize,
}

/// Every requirement of the book with what the evidence says of it, in ascending order.
#[must_use]
pub fn ledger<'l>(book: &'l Book, evidence: &'l Evidence) -> Vec<Row<'l>> {
    let mut cases: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut kills: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, case) in &evidence.cases {
        for requirement in &case.requirements {
            cases.entry(requirement).or_default().push(id);
        }
        for (fault, killed) in &case.kills {
            for requirement in killed.intersection(&case.requirements) {
                kills.entry(requirement).or_default().insert(fault);
            }
        }
    }
    let row = |requirement: &'l Requirement| {
        let id = requirement.id.as_str();
        let cases = cases.remove(id).unwrap_or_default();
        let kills: Vec<_> = kills.remove(id).unwrap_or_default().into_iter().collect();
        let proof = match (&requirement.not_testable, cases.is_empty(), kills.is_empty()) {
            (Some(_), _, _) => Proof::NotTestable,
            (None, true, _) => Proof::Gap,
            (None, false, true) => Proof::Unproven,
            (None, false, false) => Proof::Killed,
        };
        Row {
            requirement,
            cases,
            kills,
            proof,
        }
    };
    book.requirements.iter().map(row).collect()
}

/// How many rows of this level there are of each kind.
#[must_use]
pub fn counts(rows: &[Row<'_>], level: Level) -> Counts {
    let mut counts = Counts::default();
    for row in rows.iter().filter(|row| row.requirement.level == level) {
        counts.all += 1;
        *match row.proof {
            Proof::Killed => &mut counts.killed,
            Proof::Unproven => &mut counts.unproven,
            Proof::Gap => &mut counts.gaps,
            Proof::NotTestable => &mut counts.not_testable,
        } += 1;
    }
    counts
}

impl Row<'_> {
    /// Whether something is missing: a case, or a faulty reader that a case catches.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.proof {
            Proof::Unproven | Proof::Gap => true,
            Proof::Killed | Proof::NotTestable => false,
        }
    }
}

impl Proof {
    /// The verdict in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Unproven => "unproven",
            Self::Gap => "gap",
            Self::NotTestable => "not testable",
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
