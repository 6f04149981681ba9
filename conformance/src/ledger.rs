//! Which cases check which requirement, and which faulty products show that they can fail for it: computed, not written.

use crate::{case::cases, client, embedded};
pub use cardwire_spec::book::{Checks, Counts, Findings, Proof, Row, Subject, counts};
use cardwire_spec::book::{Evidence, ledger as joined};
use std::sync::LazyLock;

/// Every requirement of the book, the cases that check it, and the faulty products that those cases catch, in ascending
/// order.
#[must_use]
pub fn ledger() -> Vec<Row<'static>> {
    joined(embedded::book(), evidence())
}

/// What the proof has found with products of this kind, for the cases of this very suite.
#[must_use]
pub fn findings(subject: Subject) -> &'static Findings {
    evidence().of(subject)
}

/// What the proof has found, for the cases of this very suite. Those of codecs are so many that the committed ones are
/// taken as they are; a test holds them to the suite.
fn evidence() -> &'static Evidence {
    static EVIDENCE: LazyLock<Evidence> = LazyLock::new(|| {
        let readers = cases().iter().map(|case| {
            let requirements = case.requirements.iter().map(String::as_str);
            (case.id.as_str(), requirements)
        });
        let clients = client::cases().iter().map(|case| {
            let requirements = case.requirements.iter().map(String::as_str);
            (case.id.as_str(), requirements)
        });
        let committed = embedded::evidence();
        Evidence {
            requirements: committed.requirements.clone(),
            reader: committed.reader.with_cases(readers),
            client: committed.client.with_cases(clients),
            codec: committed.codec.clone(),
        }
    });
    &EVIDENCE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        prove::suite,
        requirement::{Level, requirements},
    };
    use std::collections::{BTreeMap, BTreeSet};

    const HELP: &str = "`cargo xtask proof --map` brings spec/evidence.json up to date";

    /// The committed evidence is of this suite and this book, and says of each requirement what follows from it.
    #[test]
    fn the_evidence_is_of_this_suite_and_book() {
        let committed = embedded::evidence();
        for subject in Subject::ALL {
            let found = committed.of(subject);
            let suite = by_entry(subject);
            let evident: BTreeMap<_, _> = found
                .cases
                .iter()
                .map(|(id, case)| (id, &case.requirements))
                .collect();
            for (id, requirements) in &suite {
                assert_eq!(evident.get(id), Some(&requirements), "{subject}: {id}: {HELP}");
            }
            for id in evident.keys() {
                assert!(
                    suite.contains_key(*id),
                    "{subject}: there is no case {id}: {HELP}"
                );
            }
            for (id, case) in &found.cases {
                for (fault, killed) in &case.kills {
                    assert!(found.faults.contains_key(fault), "{id} catches {fault}: {HELP}");
                    assert!(
                        killed.is_subset(&case.requirements),
                        "{id} catches {fault}: {HELP}"
                    );
                }
            }
            assert!(!found.faults.is_empty(), "{subject}: {HELP}");
        }
        for row in ledger() {
            let id = &row.requirement.id;
            assert_eq!(committed.requirements.get(id), Some(&row.proof), "{id}: {HELP}");
        }
        assert_eq!(committed.requirements.len(), requirements().len(), "{HELP}");
    }

    /// The cases of a suite under the names of the evidence, with all that they check.
    fn by_entry(subject: Subject) -> BTreeMap<String, BTreeSet<String>> {
        let mut entries: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (id, requirements) in suite(subject) {
            entries
                .entry(subject.entry(id).into_owned())
                .or_default()
                .extend(requirements.iter().cloned());
        }
        entries
    }

    /// What nobody can test from outside is the exception, and is what it says: no case checks it. Nor does a case check
    /// what binds the cloud, which is none of these products.
    #[test]
    fn few_requirements_are_not_testable() {
        let rows = ledger();
        let musts = counts(&rows, Level::Must);
        assert!((musts.not_testable + musts.cloud) * 10 <= musts.all, "{musts:?}");
        for row in &rows {
            let is_left_out = matches!(row.proof, Proof::NotTestable | Proof::Cloud);
            if let (true, Some((subject, case))) = (is_left_out, row.cases().next()) {
                panic!(
                    "{} ({}) is checked by {case} of {subject}s",
                    row.requirement.id, row.proof
                );
            }
        }
    }

    /// A case that no faulty client has failed may not be able to fail, and a fault that no case has caught may be none.
    #[test]
    fn every_case_of_clients_and_codecs_catches_and_every_fault_is_caught() {
        for subject in [Subject::Client, Subject::Codec] {
            let found = findings(subject);
            assert_eq!(found.idle().collect::<Vec<_>>(), [""; 0], "{subject}s");
            assert_eq!(found.missed().collect::<Vec<_>>(), [""; 0], "{subject}s");
        }
    }
}
