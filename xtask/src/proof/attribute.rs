//! What a failed case proves. The rule stands in the book's chapter `ledger`:
//!
//! A faulty reader proves a requirement where a case that checks the requirement catches the reader, and either the
//! reader's fault breaks this requirement, or the case failed under this requirement while a right client still got in.

use super::{
    device::{CONTROL, Case, Outcome},
    suite::Suite,
};
use cardwire_spec::book::Evidence;
use std::collections::{BTreeMap, BTreeSet};

/// How many cases are told of a requirement that they do not list.
const SHOWN: usize = 3;

/// What was found: for each case and fault that met, the requirements that this proves.
#[derive(Debug, Default)]
pub(super) struct Found {
    kills: BTreeMap<(String, String), BTreeSet<String>>,
    keeps_way_in: BTreeMap<String, bool>,
    /// Requirements under which cases failed without naming them.
    unlisted: BTreeSet<(String, String)>,
}

impl Found {
    /// Reads the outcomes; whether a fault keeps the way in is known of a whole run, so that a part of one does not say
    /// otherwise.
    pub(super) fn new(suite: &Suite, outcomes: &BTreeMap<String, Outcome>, committed: &Evidence) -> Self {
        let mut found = Self::default();
        let sound: BTreeSet<_> = outcomes
            .get(CONTROL)
            .map(|control| control.passed().collect())
            .unwrap_or_default();
        for (fault, breaks) in &suite.faults {
            let Some(outcome) = outcomes.get(fault) else {
                continue;
            };
            let before = committed.faults.get(fault);
            let keeps_way_in = outcome.keeps_way_in() && before.is_none_or(|before| before.keeps_way_in);
            found.keeps_way_in.insert(fault.clone(), keeps_way_in);
            let judged = outcome.cases.iter().filter(|case| case.is_judged());
            for case in judged.filter(|case| sound.contains(case.id.as_str())) {
                found.judge(suite, fault, breaks, keeps_way_in, case);
            }
        }
        found
    }

    fn judge(
        &mut self,
        suite: &Suite,
        fault: &str,
        breaks: &BTreeSet<String>,
        keeps_way_in: bool,
        case: &Case,
    ) {
        let Some(checked) = suite.cases.get(case.name()) else {
            return;
        };
        let key = (case.name().to_owned(), fault.to_owned());
        let kills = self.kills.entry(key).or_default();
        if !case.is_caught() {
            return;
        }
        kills.extend(checked.intersection(breaks).cloned());
        if keeps_way_in {
            for finding in &case.findings {
                if checked.contains(&finding.requirement) {
                    kills.insert(finding.requirement.clone());
                } else {
                    self.unlisted
                        .insert((case.name().to_owned(), finding.requirement.clone()));
                }
            }
        }
    }

    /// The evidence with what was found in the place of what it said of the same cases and faults.
    pub(super) fn merged(&self, evidence: &Evidence) -> Evidence {
        let mut merged = evidence.clone();
        for ((case, fault), killed) in &self.kills {
            let Some(case) = merged.cases.get_mut(case) else {
                continue;
            };
            if killed.is_empty() {
                case.kills.remove(fault);
            } else {
                case.kills.insert(fault.clone(), killed.clone());
            }
        }
        for (fault, keeps_way_in) in &self.keeps_way_in {
            if let Some(fault) = merged.faults.get_mut(fault) {
                fault.keeps_way_in = *keeps_way_in;
            }
        }
        merged
    }

    /// Tells what each case proved with each of the faults.
    pub(super) fn tell(&self) {
        for ((case, fault), killed) in self.kills.iter().filter(|(_, killed)| !killed.is_empty()) {
            let killed: Vec<_> = killed.iter().map(String::as_str).collect();
            println!("{case} catches {fault}: {}", killed.join(", "));
        }
        let cases: BTreeSet<_> = self.kills.keys().map(|(case, _)| case).collect();
        let is_idle = |case: &&&String| {
            let mut of_case = self.kills.iter().filter(|((id, _), _)| id == **case);
            of_case.all(|(_, killed)| killed.is_empty())
        };
        for case in cases.iter().filter(is_idle) {
            println!("{case} catches none of them at what it checks");
        }
    }

    /// Tells of cases that fail under a requirement that they do not name: the ledger does not see it. Often it is one
    /// that they only need on their way.
    pub(super) fn tell_unlisted(&self) {
        let mut by_requirement: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (case, requirement) in &self.unlisted {
            by_requirement.entry(requirement).or_default().push(case);
        }
        for (requirement, cases) in by_requirement {
            let shown = cases.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
            let more = match cases.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            println!("without listing {requirement}, these fail under it: {shown}{more}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::device::Finding;

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|&id| id.to_owned()).collect()
    }

    fn case(id: &str, under: &[&str]) -> Case {
        let findings = under.iter().map(|&requirement| Finding {
            requirement: requirement.to_owned(),
        });
        Case {
            id: id.to_owned(),
            verdict: if under.is_empty() { "pass" } else { "fail" }.to_owned(),
            findings: findings.collect(),
        }
    }

    fn suite() -> Suite {
        Suite {
            cases: [
                ("sanity.way-in", set(&["R-0"])),
                ("a", set(&["R-1", "R-2", "R-3"])),
                ("b", set(&["R-2"])),
            ]
            .map(|(id, requirements)| (id.to_owned(), requirements))
            .into(),
            faults: [("F".to_owned(), set(&["R-1"]))].into(),
        }
    }

    /// The outcome of a run with the fault F, which breaks R-1, in which these cases ran.
    fn found(cases: Vec<Case>) -> Evidence {
        let sound = ["sanity.way-in", "a", "b"].map(|id| case(id, &[]));
        let outcomes = [
            (
                CONTROL.to_owned(),
                Outcome {
                    exit: 0,
                    cases: sound.into(),
                },
            ),
            ("F".to_owned(), Outcome { exit: 1, cases }),
        ];
        let suite = suite();
        let none = Evidence::default();
        Found::new(&suite, &outcomes.into(), &none).merged(&suite.mapped(&none))
    }

    #[test]
    fn a_failed_case_proves_what_the_fault_breaks_and_what_it_failed_under() {
        let evidence = found(vec![
            case("sanity.way-in", &[]),
            case("a", &["R-2"]),
            case("b", &["R-9"]),
        ]);
        assert_eq!(evidence.cases["a"].kills["F"], set(&["R-1", "R-2"]));
        assert!(evidence.cases["b"].kills.is_empty(), "it does not name R-9");
        assert!(evidence.faults["F"].keeps_way_in);
    }

    #[test]
    fn behind_a_lost_way_in_only_what_the_fault_breaks_is_proven() {
        let lost = case("sanity.way-in-after-link", &["R-0"]);
        let evidence = found(vec![
            case("sanity.way-in", &[]),
            case("a", &["R-2"]),
            case("b", &["R-2"]),
            lost,
        ]);
        assert_eq!(evidence.cases["a"].kills["F"], set(&["R-1"]));
        assert!(evidence.cases["b"].kills.is_empty() && evidence.cases["sanity.way-in"].kills.is_empty());
        assert!(!evidence.faults["F"].keeps_way_in);
    }

    #[test]
    fn a_part_of_a_run_replaces_its_part_of_the_evidence() {
        let suite = suite();
        let committed = found(vec![case("a", &["R-2"]), case("b", &["R-2"])]);
        let part = [
            (
                CONTROL.to_owned(),
                Outcome {
                    exit: 0,
                    cases: vec![case("a", &[])],
                },
            ),
            (
                "F".to_owned(),
                Outcome {
                    exit: 0,
                    cases: vec![case("a", &[])],
                },
            ),
        ];
        let evidence = Found::new(&suite, &part.into(), &committed).merged(&suite.mapped(&committed));
        assert!(evidence.cases["a"].kills.is_empty(), "it ran, and passed");
        assert_eq!(evidence.cases["b"].kills["F"], set(&["R-2"]), "it did not run");
    }
}
