//! Cases × faults: what catches what, and what is wrong with it.

use super::{
    attribute,
    catalogue::{Catalogue, suite},
    device::{CONTROL, CONTROL_IN_PRODUCTION, CONTROL_OVER_TCP, Outcome},
};
use crate::ledger::Subject;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a proof has found.
#[derive(Clone, Debug, Serialize)]
pub struct Matrix {
    /// What the devices are.
    pub kind: Subject,
    /// Every case was put to every fault.
    pub whole: bool,
    /// The faults, in the order of the catalogue.
    pub faults: Vec<FaultRow>,
    /// The cases that the control passed, by id.
    pub cases: Vec<CaseRow>,
    /// What is no device.
    pub nulls: Vec<NullRow>,
    /// What is wrong with the suite or with the devices; nothing, where the proof holds.
    pub problems: Vec<String>,
}

/// One fault.
#[derive(Clone, Debug, Serialize)]
pub struct FaultRow {
    /// Its name.
    pub id: String,
    /// The requirement that it is about.
    pub requirement: String,
    /// All requirements that it breaks.
    pub requirements: Vec<String>,
    /// Cases that failed and check one of them.
    pub caught_by: BTreeSet<String>,
    /// Cases that failed and check others.
    pub also_caught_by: BTreeSet<String>,
    /// For each case that met the fault and said something: the requirements that this proves.
    pub proves: BTreeMap<String, BTreeSet<String>>,
    /// Whether a right client got in all the same.
    pub keeps_way_in: bool,
}

/// One case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseRow {
    /// Its id.
    pub id: String,
    /// The requirements that it checks.
    pub requirements: BTreeSet<String>,
    /// The faults that it catches at one of them.
    pub catches: BTreeSet<String>,
}

/// Something that is no device.
#[derive(Clone, Debug, Serialize)]
pub struct NullRow {
    /// Its name.
    pub id: String,
    /// The outcome of its run.
    pub outcome: String,
    /// Cases that it passed: there may be none.
    pub passed: BTreeSet<String>,
}

impl Matrix {
    pub(super) fn new(catalogue: &Catalogue, outcomes: BTreeMap<String, Outcome>, whole: bool) -> Self {
        let control = outcomes.get(CONTROL);
        let mut sound = control.map(Outcome::passed).unwrap_or_default();
        for control in [CONTROL_OVER_TCP, CONTROL_IN_PRODUCTION] {
            sound.extend(outcomes.get(control).map(Outcome::passed).unwrap_or_default());
        }
        let all = suite(catalogue.kind);
        let mut cases: BTreeMap<&str, CaseRow> = sound
            .iter()
            .filter_map(|id| Some((*id, all.get(*id)?)))
            .map(|(id, requirements)| {
                let row = CaseRow {
                    id: id.to_owned(),
                    requirements: requirements.clone(),
                    catches: BTreeSet::new(),
                };
                (id, row)
            })
            .collect();
        let mut faults = Vec::new();
        for fault in &catalogue.faults {
            let Some(outcome) = outcomes.get(&fault.id) else {
                continue;
            };
            let breaks: BTreeSet<_> = fault.requirements.iter().cloned().collect();
            let keeps_way_in = outcome.keeps_way_in(catalogue.kind);
            let mut row = FaultRow {
                id: fault.id.clone(),
                requirement: fault.requirements.first().cloned().unwrap_or_default(),
                requirements: fault.requirements.clone(),
                caught_by: BTreeSet::new(),
                also_caught_by: BTreeSet::new(),
                proves: BTreeMap::new(),
                keeps_way_in,
            };
            for case in outcome.cases.iter().filter(|case| case.says_something()) {
                let Some(of_case) = cases.get_mut(case.id.as_str()) else {
                    continue;
                };
                let proven = attribute::proven(case, &of_case.requirements, &breaks, keeps_way_in);
                if !proven.is_empty() {
                    of_case.catches.insert(fault.id.clone());
                }
                if case.is_caught() {
                    let is_of_it = !of_case.requirements.is_disjoint(&breaks);
                    let by = if is_of_it {
                        &mut row.caught_by
                    } else {
                        &mut row.also_caught_by
                    };
                    by.insert(case.id.clone());
                }
                row.proves.entry(case.id.clone()).or_default().extend(proven);
            }
            faults.push(row);
        }
        let nulls = catalogue.nulls.iter().filter_map(|id| {
            let outcome = outcomes.get(id)?;
            Some(NullRow {
                id: id.clone(),
                outcome: outcome.outcome.clone(),
                passed: outcome.passed().into_iter().map(str::to_owned).collect(),
            })
        });
        let mut matrix = Self {
            kind: catalogue.kind,
            whole,
            faults,
            nulls: nulls.collect(),
            cases: cases.into_values().collect(),
            problems: Vec::new(),
        };
        matrix.problems = matrix.judged(control);
        matrix
    }

    /// The matrix as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!(self)
    }

    /// Cases that catch no fault at what they check: of a part of the matrix that says nothing.
    pub fn idle(&self) -> impl Iterator<Item = &str> {
        let idle = self
            .cases
            .iter()
            .filter(|case| self.whole && case.catches.is_empty());
        idle.map(|case| case.id.as_str())
    }

    fn judged(&self, control: Option<&Outcome>) -> Vec<String> {
        let mut problems = Vec::new();
        let kind = self.kind.name();
        match control {
            None => problems.push(format!("the {kind} without fault did not run")),
            Some(control) => {
                let failed = control.cases.iter();
                let failed = failed.filter(|case| {
                    let is_right = matches!(case.verdict.as_str(), "pass" | "non-strict" | "not-applicable");
                    !is_right
                });
                problems.extend(failed.map(|case| {
                    format!(
                        "the {kind} without fault does not pass {}: {}",
                        case.id, case.verdict
                    )
                }));
                if control.cases.is_empty() {
                    problems.push(format!("the {kind} without fault was not reached"));
                }
            }
        }
        for fault in self.faults.iter().filter(|fault| fault.caught_by.is_empty()) {
            let also = match fault.also_caught_by.first() {
                Some(case) => format!(", only by others such as {case}"),
                None => String::new(),
            };
            problems.push(format!(
                "{} is not caught by a case of {}{also}",
                fault.id,
                fault.requirements.join(", ")
            ));
        }
        for null in &self.nulls {
            if let Some(case) = null.passed.first() {
                let passed = null.passed.len();
                problems.push(format!(
                    "{} is no {kind}, and passes {passed} cases such as {case}",
                    null.id
                ));
            }
            if null.outcome == "certified" {
                problems.push(format!("{} is no {kind}, and is certified", null.id));
            }
        }
        problems.extend(
            self.idle()
                .map(|case| format!("{case} catches no faulty {kind} at what it checks")),
        );
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prove::{Fault, Judged};

    fn catalogue() -> Catalogue {
        let requirement = suite(Subject::Reader).values().next().unwrap().first().unwrap();
        Catalogue {
            command: Vec::new(),
            kind: Subject::Reader,
            faults: vec![Fault {
                id: "F".into(),
                requirements: vec![requirement.clone()],
                cases: BTreeSet::new(),
                slow: false,
                over_tcp: false,
                production: false,
            }],
            nulls: vec!["silent".into()],
            production: None,
        }
    }

    fn outcome(outcome: &str, verdicts: &[(&str, &str)]) -> Outcome {
        let judged = |(id, verdict): &(&str, &str)| Judged {
            id: (*id).into(),
            verdict: (*verdict).into(),
            under: BTreeSet::new(),
        };
        Outcome {
            outcome: outcome.into(),
            cases: verdicts.iter().map(judged).collect(),
        }
    }

    fn problems(sound: &str, fault: &str, null: &str) -> Vec<String> {
        let (case, _) = suite(Subject::Reader).first_key_value().unwrap();
        let outcomes = [
            (CONTROL, outcome("certified", &[(case, sound)])),
            ("F", outcome("not-certified", &[(case, fault)])),
            ("silent", outcome("not-certified", &[(case, null)])),
        ];
        let outcomes = outcomes.map(|(name, outcome)| (name.to_owned(), outcome));
        Matrix::new(&catalogue(), outcomes.into(), true).problems
    }

    #[test]
    fn a_proof_that_holds_has_no_problem() {
        assert_eq!(problems("pass", "fail", "inconclusive"), [""; 0]);
    }

    #[test]
    fn what_does_not_hold_is_told() {
        let told = problems("fail", "fail", "fail");
        assert!(told[0].contains("without fault does not pass"), "{told:?}");
        let told = problems("pass", "pass", "fail");
        assert!(told[0].contains("F is not caught by a case of"), "{told:?}");
        assert!(told[1].contains("catches no faulty reader"), "{told:?}");
        let told = problems("pass", "fail", "pass");
        assert!(
            told[0].contains("silent is no reader, and passes 1 case"),
            "{told:?}"
        );
    }
}
