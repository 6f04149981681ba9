//! Which cases check which requirement, and which faulty readers show that they can fail for it: computed, not written.

use crate::{case::cases, embedded};
pub use cardwire_spec::book::{Counts, Proof, Row, counts};
use cardwire_spec::book::{Evidence, ledger as joined};
use std::sync::LazyLock;

/// Every requirement of the book, the cases that check it, and the faulty readers that those cases catch, in ascending
/// order.
#[must_use]
pub fn ledger() -> Vec<Row<'static>> {
    joined(embedded::book(), evidence())
}

/// What the proof has found, for the cases of this very suite.
fn evidence() -> &'static Evidence {
    static EVIDENCE: LazyLock<Evidence> = LazyLock::new(|| {
        let suite = cases().iter().map(|case| {
            let requirements = case.requirements.iter().map(String::as_str);
            (case.id.as_str(), requirements)
        });
        embedded::evidence().with_cases(suite)
    });
    &EVIDENCE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirement::{Level, requirements};

    /// The committed evidence is of this suite and this book, and says of each requirement what follows from it.
    #[test]
    fn the_evidence_is_of_this_suite_and_book() {
        let help = "`cargo xtask proof --map` brings spec/evidence.json up to date";
        let committed = embedded::evidence();
        for (id, case) in &evidence().cases {
            assert_eq!(committed.cases.get(id), Some(case), "{id}: {help}");
        }
        for id in committed.cases.keys() {
            assert!(evidence().cases.contains_key(id), "there is no case {id}: {help}");
        }
        for row in ledger() {
            let id = &row.requirement.id;
            assert_eq!(committed.requirements.get(id), Some(&row.proof), "{id}: {help}");
        }
        assert_eq!(committed.requirements.len(), requirements().len(), "{help}");
        for (id, case) in &committed.cases {
            for fault in case.kills.keys() {
                assert!(
                    committed.faults.contains_key(fault),
                    "{id} catches {fault}: {help}"
                );
            }
        }
    }

    /// What nobody can test from outside is the exception, and is what it says: no case checks it.
    #[test]
    fn few_requirements_are_not_testable() {
        let rows = ledger();
        let musts = counts(&rows, Level::Must);
        assert!(musts.not_testable * 10 <= musts.all, "{musts:?}");
        for row in rows.iter().filter(|row| row.proof == Proof::NotTestable) {
            let id = &row.requirement.id;
            assert!(
                row.cases.is_empty(),
                "{id} is checked by {:?}: it is testable",
                row.cases
            );
        }
    }
}
