//! What was found when the suite was put to readers with one known fault each: `spec/evidence.json`.

use super::{Book, Proof, ledger};
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

/// Which cases check which requirements, and which faulty readers they catch at it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The requirements of the book, and how far the rest of the evidence proves them.
    pub requirements: BTreeMap<String, Proof>,
    /// The cases of the suite, by id.
    pub cases: BTreeMap<String, CaseEvidence>,
    /// The faulty readers, by the name of their fault.
    pub faults: BTreeMap<String, FaultEvidence>,
}

/// One case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseEvidence {
    /// The requirements that it checks.
    pub requirements: BTreeSet<String>,
    /// The faulty readers that fail it, and the requirements of this case that this proves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kills: BTreeMap<String, BTreeSet<String>>,
}

/// One faulty reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultEvidence {
    /// The requirements that it breaks.
    pub breaks: BTreeSet<String>,
    /// Whether a right client gets in all the same: what else it fails then shows that fault, not a lost way in.
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

    /// The text of the file: one line for each requirement, case and fault, so that a reviewer sees what changed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let sections = [
            ("requirements", lines(&self.requirements)),
            ("cases", lines(&self.cases)),
            ("faults", lines(&self.faults)),
        ];
        let sections = sections.map(|(name, lines)| format!("  \"{name}\": {{\n{}\n  }}", lines.join(",\n")));
        format!("{{\n{}\n}}\n", sections.join(",\n"))
    }

    /// The same evidence for a suite of these cases, which check these requirements: cases that are new have caught
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
            ..self.clone()
        }
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

fn lines<T: Serialize>(entries: &BTreeMap<String, T>) -> Vec<String> {
    let line = |(name, entry): (&String, &T)| {
        // Sets, maps, texts and truths have a form in JSON; a name is one of them.
        let json = |value: serde_json::Result<String>| value.unwrap_or_default();
        let (name, entry) = (
            json(serde_json::to_string(name)),
            json(serde_json::to_string(entry)),
        );
        format!("    {name}: {entry}")
    };
    entries.iter().map(line).collect()
}
