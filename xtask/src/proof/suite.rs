//! What the suite says of itself: cases and their requirements, faults and what they break.

use anyhow::{Context as _, Result, ensure};
use cardwire_spec::book::{FaultEvidence, Findings, Subject};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

/// The suite for one kind of product, and the faults that it is put to.
#[derive(Debug)]
pub(super) struct Suite {
    /// Cases by the names under which the evidence knows them, with the requirements that they check.
    cases: BTreeMap<String, BTreeSet<String>>,
    /// Faults by name, with the requirements that they break.
    faults: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Deserialize)]
struct List {
    cases: Vec<Entry>,
    faults: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    id: String,
    requirements: BTreeSet<String>,
}

impl Suite {
    /// What `cardwire prove SUBJECT --list` tells.
    pub(super) fn read(release: &Path, subject: Subject) -> Result<Self> {
        let mut command = Command::new(release.join("cardwire"));
        command.args(["prove", subject.name(), "--list", "--format", "json"]);
        let list: List = serde_json::from_str(&output(&mut command)?)
            .with_context(|| format!("`cardwire prove {subject} --list` lists no suite"))?;
        let mut cases: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for case in list.cases {
            let name = subject.entry(&case.id).into_owned();
            cases.entry(name).or_default().extend(case.requirements);
        }
        let fault = |fault: Entry| (fault.id, fault.requirements);
        Ok(Self {
            cases,
            faults: list.faults.into_iter().map(fault).collect(),
        })
    }

    /// Findings with the cases and faults that there are; what they say of others is dropped.
    pub(super) fn mapped(&self, findings: &Findings) -> Findings {
        let cases = self
            .cases
            .iter()
            .map(|(id, requirements)| (id.as_str(), requirements.iter().map(String::as_str)));
        let mut findings = findings.with_cases(cases);
        for case in findings.cases.values_mut() {
            case.kills.retain(|fault, _| self.faults.contains_key(fault));
        }
        let fault = |(name, breaks): (&String, &BTreeSet<String>)| {
            let before = findings.faults.get(name);
            let fault = FaultEvidence {
                breaks: breaks.clone(),
                keeps_way_in: before.is_none_or(|before| before.keeps_way_in),
            };
            (name.clone(), fault)
        };
        findings.faults = self.faults.iter().map(fault).collect();
        findings
    }
}

fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("{program} can't be started"))?;
    ensure!(
        output.status.success(),
        "{program} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
