//! What the programs that were built say of themselves: cases and their requirements, faults and what they break.

use anyhow::{Context as _, Result, ensure};
use cardwire_spec::book::{Evidence, FaultEvidence};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

/// The suite, and the faults that it is put to.
#[derive(Debug)]
pub(super) struct Suite {
    /// Cases by id, with the requirements that they check.
    pub(super) cases: BTreeMap<String, BTreeSet<String>>,
    /// Faults by name, with the requirements that they break.
    pub(super) faults: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Deserialize)]
struct Trace {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Deserialize)]
struct Requirement {
    id: String,
    cases: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct List {
    faults: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
struct Fault {
    id: String,
    requirements: BTreeSet<String>,
}

impl Suite {
    pub(super) fn read(release: &Path) -> Result<Self> {
        let trace =
            output(Command::new(release.join("cardwire")).args(["spec", "trace", "--format", "json"]))?;
        let trace: Trace = serde_json::from_str(&trace).context("`cardwire spec trace` gives no ledger")?;
        let mut cases: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for requirement in trace.requirements {
            for case in requirement.cases {
                cases.entry(case).or_default().insert(requirement.id.clone());
            }
        }
        let list = output(Command::new(release.join("cardwire-faulty")).arg("--list"))?;
        let list: List = serde_json::from_str(&list).context("`cardwire-faulty --list` lists no faults")?;
        let fault = |fault: Fault| (fault.id, fault.requirements);
        Ok(Self {
            cases,
            faults: list.faults.into_iter().map(fault).collect(),
        })
    }

    /// Evidence with the cases and faults that there are; what it says of others is dropped.
    pub(super) fn mapped(&self, evidence: &Evidence) -> Evidence {
        let cases = self
            .cases
            .iter()
            .map(|(id, requirements)| (id.as_str(), requirements.iter().map(String::as_str)));
        let mut evidence = evidence.with_cases(cases);
        for case in evidence.cases.values_mut() {
            case.kills.retain(|fault, _| self.faults.contains_key(fault));
        }
        let fault = |(name, breaks): (&String, &BTreeSet<String>)| {
            let before = evidence.faults.get(name);
            let fault = FaultEvidence {
                breaks: breaks.clone(),
                keeps_way_in: before.is_none_or(|before| before.keeps_way_in),
            };
            (name.clone(), fault)
        };
        evidence.faults = self.faults.iter().map(fault).collect();
        evidence
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
