//! The ledger: each requirement, the cases that check it, the faulty products that those cases catch, the verdict.

use super::{Book, Evidence, Level, Requirement, Subject};
use core::fmt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far it is proven that the suite can tell a product that breaks a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Cases check it, and of each kind of product that they are for they catch a faulty one at it.
    Killed,
    /// Cases check it, and no faulty product of their kind shows that they can fail for it.
    Unproven,
    /// No case checks it.
    Gap,
    /// Nobody can check it from outside; the book says why.
    NotTestable,
    /// It binds the cloud alone, which the suite does not certify yet.
    Cloud,
}

/// One requirement in the ledger. Serialized, it is one flat object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row<'l> {
    /// The requirement.
    #[serde(flatten)]
    pub requirement: &'l Requirement,
    /// What checks readers for it.
    pub reader: Checks<'l>,
    /// What checks clients for it.
    pub client: Checks<'l>,
    /// What checks codecs for it.
    pub codec: Checks<'l>,
    /// How far it is proven.
    #[serde(rename = "verdict")]
    pub proof: Proof,
}

/// What checks products of one kind for a requirement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checks<'l> {
    /// The cases, in ascending order.
    pub cases: Vec<&'l str>,
    /// The faulty products that those cases catch at it, in ascending order.
    pub kills: Vec<&'l str>,
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
    /// Those that are [`Proof::Cloud`].
    pub cloud: usize,
}

/// Every requirement of the book with what the evidence says of it, in ascending order.
#[must_use]
pub fn ledger<'l>(book: &'l Book, evidence: &'l Evidence) -> Vec<Row<'l>> {
    let [mut reader, mut client, mut codec] = Subject::ALL.map(|subject| checks(evidence, subject));
    let row = |requirement: &'l Requirement| {
        let id = requirement.id.as_str();
        let of = |checks: &mut BTreeMap<&str, Checks<'l>>| checks.remove(id).unwrap_or_default();
        let mut row = Row {
            requirement,
            reader: of(&mut reader),
            client: of(&mut client),
            codec: of(&mut codec),
            proof: Proof::Gap,
        };
        row.proof = match (&requirement.not_testable, requirement.binds_cloud) {
            (Some(_), _) => Proof::NotTestable,
            (None, true) => Proof::Cloud,
            (None, false) => row.proven(&Subject::ALL),
        };
        row
    };
    book.requirements.iter().map(row).collect()
}

/// Of each requirement what checks products of this kind for it.
fn checks(evidence: &Evidence, subject: Subject) -> BTreeMap<&str, Checks<'_>> {
    let mut checks: BTreeMap<&str, Checks<'_>> = BTreeMap::new();
    for (id, case) in &evidence.of(subject).cases {
        for requirement in &case.requirements {
            checks.entry(requirement).or_default().cases.push(id);
        }
        for (fault, killed) in &case.kills {
            for requirement in killed.intersection(&case.requirements) {
                checks.entry(requirement).or_default().kills.push(fault);
            }
        }
    }
    for checks in checks.values_mut() {
        checks.kills.sort_unstable();
        checks.kills.dedup();
    }
    checks
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
            Proof::Cloud => &mut counts.cloud,
        } += 1;
    }
    counts
}

impl Counts {
    /// Those that somebody can check, and that bind what the suite certifies.
    #[must_use]
    pub const fn testable(&self) -> usize {
        self.killed + self.unproven + self.gaps
    }

    /// How many of a thousand testable ones are killed, rounded down: it is 1,000 only where all of them are.
    #[must_use]
    pub const fn per_mille(&self) -> usize {
        match self.testable() {
            0 => 1_000,
            testable => self.killed * 1_000 / testable,
        }
    }
}

/// The figure in a sentence.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (killed, testable, per_mille) = (self.killed, self.testable(), self.per_mille());
        write!(
            f,
            "{killed} of {testable} testable ones are covered by a killing case ({}.{} %); not counted: {} not \
             testable, {} that bind the cloud",
            per_mille / 10,
            per_mille % 10,
            self.not_testable,
            self.cloud
        )
    }
}

impl<'l> Row<'l> {
    /// What checks products of this kind.
    #[must_use]
    pub const fn of(&self, subject: Subject) -> &Checks<'l> {
        match subject {
            Subject::Reader => &self.reader,
            Subject::Client => &self.client,
            Subject::Codec => &self.codec,
        }
    }

    /// The same row as far as it is about products of this kind; nothing, where no case checks them for it.
    #[must_use]
    pub fn only(&self, subject: Subject) -> Option<Self> {
        let checks = |of: Subject| match of == subject {
            true => self.of(of).clone(),
            false => Checks::default(),
        };
        let proof = match self.proof {
            Proof::Killed | Proof::Unproven | Proof::Gap => self.proven(&[subject]),
            Proof::NotTestable | Proof::Cloud => self.proof,
        };
        (!self.of(subject).cases.is_empty()).then(|| Self {
            requirement: self.requirement,
            reader: checks(Subject::Reader),
            client: checks(Subject::Client),
            codec: checks(Subject::Codec),
            proof,
        })
    }

    /// How far it is proven for products of these kinds.
    fn proven(&self, subjects: &[Subject]) -> Proof {
        let checked = subjects.iter().map(|subject| self.of(*subject));
        let checked: Vec<_> = checked.filter(|checks| !checks.cases.is_empty()).collect();
        match (
            checked.is_empty(),
            checked.iter().any(|checks| checks.kills.is_empty()),
        ) {
            (true, _) => Proof::Gap,
            (false, true) => Proof::Unproven,
            (false, false) => Proof::Killed,
        }
    }

    /// The cases that check it, of whatever products: with what they check.
    pub fn cases(&self) -> impl Iterator<Item = (Subject, &'l str)> {
        let of = |subject: Subject| self.of(subject).cases.iter().map(move |case| (subject, *case));
        Subject::ALL.into_iter().flat_map(of)
    }

    /// The faulty products that those cases catch at it.
    pub fn kills(&self) -> impl Iterator<Item = (Subject, &'l str)> {
        let of = |subject: Subject| self.of(subject).kills.iter().map(move |fault| (subject, *fault));
        Subject::ALL.into_iter().flat_map(of)
    }

    /// Whether something is missing: a case, or a faulty product that a case catches.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.proof {
            Proof::Unproven | Proof::Gap => true,
            Proof::Killed | Proof::NotTestable | Proof::Cloud => false,
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
            Self::Cloud => "binds the cloud",
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
