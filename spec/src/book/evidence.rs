//! What was found when the suite was put to products with one known fault each: `spec/evidence.json`.

use super::{Book, Proof, Subject, ledger};
use crate::{
    Error,
    problem::{Problem, Problems},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Which cases check which requirements, and which faulty products they catch at it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The requirements of the book, and how far the rest of the evidence proves them.
    pub requirements: BTreeMap<String, Proof>,
    /// What was found with readers.
    pub reader: Findings,
    /// What was found with clients.
    pub client: Findings,
    /// What was found with codecs.
    pub codec: Findings,
}

/// What was found with products of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// The cases of the suite, by [the name](Subject::entry) under which the evidence knows them.
    pub cases: BTreeMap<String, CaseEvidence>,
    /// The faulty products, by the name of their fault.
    pub faults: BTreeMap<String, FaultEvidence>,
}

/// One case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseEvidence {
    /// The requirements that it checks.
    pub requirements: BTreeSet<String>,
    /// The faulty products that fail it, and the requirements of this case that this proves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kills: BTreeMap<String, BTreeSet<String>>,
}

/// One faulty product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultEvidence {
    /// The requirements that it breaks.
    pub breaks: BTreeSet<String>,
    /// Whether the way in is kept all the same: what else it fails then shows that fault, not a lost way in.
    pub keeps_way_in: bool,
}

impl Evidence {
    /// Where the evidence stands, below the root of the workspace.
    pub const FILE: &str = "spec/evidence.json";

    /// Loads the evidence of the workspace at `root`.
    ///
    /// # Errors
    /// The file can't be read, or is not what it should be.
    pub fn load(root: &Path) -> Result<Self, Error> {
        let path = root.join(Self::FILE);
        let text = fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
        Ok(Self::parse(Self::FILE, &text)?)
    }

    /// Reads evidence from text; `file` names the text in problems.
    ///
    /// # Errors
    /// The first place where the text is not what it should be.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        serde_json::from_str(text).map_err(|error| {
            Problems(vec![Problem {
                file: file.to_owned(),
                line: error.line(),
                column: error.column(),
                path: String::new(),
                message: error.to_string(),
                help: "`cargo xtask proof --accept` writes it; nobody does by hand".into(),
            }])
        })
    }

    /// What was found with products of this kind.
    #[must_use]
    pub const fn of(&self, subject: Subject) -> &Findings {
        match subject {
            Subject::Reader => &self.reader,
            Subject::Client => &self.client,
            Subject::Codec => &self.codec,
        }
    }

    /// The same, to be changed.
    pub const fn of_mut(&mut self, subject: Subject) -> &mut Findings {
        match subject {
            Subject::Reader => &mut self.reader,
            Subject::Client => &mut self.client,
            Subject::Codec => &mut self.codec,
        }
    }

    /// The text of the file: one line for each requirement, case and fault, so that a reviewer sees what changed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{{\n  \"requirements\": {{\n{}\n  }}",
            lines("    ", &self.requirements)
        );
        for subject in Subject::ALL {
            let Findings { cases, faults } = self.of(subject);
            let (cases, faults) = (lines("      ", cases), lines("      ", faults));
            text += &format!(
                ",\n  \"{subject}\": {{\n    \"cases\": {{\n{cases}\n    }},\n    \"faults\": {{\n{faults}\n    }}\n  }}"
            );
        }
        text + "\n}\n"
    }

    /// The same evidence for a book: states of each of its requirements how far it is proven.
    #[must_use]
    pub fn with_book(&self, book: &Book) -> Self {
        let proofs = ledger(book, self)
            .into_iter()
            .map(|row| (row.requirement.id.clone(), row.proof));
        Self {
            requirements: proofs.collect(),
            ..self.clone()
        }
    }
}

impl Findings {
    /// The same findings for a suite of these cases, which check these requirements: cases that are new have caught
    /// nothing yet, and what a case does not check any more it does not prove.
    #[must_use]
    pub fn with_cases<'c, R>(&self, suite: impl IntoIterator<Item = (&'c str, R)>) -> Self
    where
        R: IntoIterator<Item = &'c str>,
    {
        let case = |(id, requirements): (&str, R)| {
            let requirements: BTreeSet<_> = requirements.into_iter().map(str::to_owned).collect();
            let kept = |(fault, killed): (&String, &BTreeSet<String>)| {
                let killed: BTreeSet<_> = killed.intersection(&requirements).cloned().collect();
                (!killed.is_empty()).then(|| (fault.clone(), killed))
            };
            let before = self.cases.get(id);
            let kills = before.map(|case| case.kills.iter().filter_map(kept).collect());
            let kills = kills.unwrap_or_default();
            (id.to_owned(), CaseEvidence { requirements, kills })
        };
        Self {
            cases: suite.into_iter().map(case).collect(),
            faults: self.faults.clone(),
        }
    }

    /// Cases that have caught no faulty product at what they check.
    pub fn idle(&self) -> impl Iterator<Item = &str> {
        let idle = self.cases.iter().filter(|(_, case)| case.kills.is_empty());
        idle.map(|(id, _)| id.as_str())
    }

    /// Faulty products that no case has caught.
    pub fn missed(&self) -> impl Iterator<Item = &str> {
        let caught: BTreeSet<_> = self.cases.values().flat_map(|case| case.kills.keys()).collect();
        let missed = self.faults.keys().filter(move |fault| !caught.contains(fault));
        missed.map(String::as_str)
    }
}

fn lines<T: Serialize>(indent: &str, entries: &BTreeMap<String, T>) -> String {
    let line = |(name, entry): (&String, &T)| {
        // Sets, maps, texts and truths have a form in JSON; a name is one of them.
        let json = |value: serde_json::Result<String>| value.unwrap_or_default();
        let (name, entry) = (
            json(serde_json::to_string(name)),
            json(serde_json::to_string(entry)),
        );
        format!("{indent}{name}: {entry}")
    };
    entries.iter().map(line).collect::<Vec<_>>().join(",\n")
}
