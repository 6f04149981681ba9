//! What a failed case proves. The rule stands in the book's chapter `ledger`:
//!
//! A faulty device proves a requirement where a case that checks the requirement catches the device, and either the
//! device's fault breaks this requirement, or the case failed under this requirement while a right client still got in.

use super::device::Judged;
use std::collections::BTreeSet;

/// The requirements that a caught device proves at a case that checks `checked`; its fault breaks `breaks`.
pub(super) fn proven(
    case: &Judged,
    checked: &BTreeSet<String>,
    breaks: &BTreeSet<String>,
    keeps_way_in: bool,
) -> BTreeSet<String> {
    if !case.is_caught() {
        return BTreeSet::new();
    }
    let mut proven: BTreeSet<_> = checked.intersection(breaks).cloned().collect();
    if keeps_way_in {
        proven.extend(checked.intersection(&case.under).cloned());
    }
    proven
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|&id| id.to_owned()).collect()
    }

    fn failed_under(ids: &[&str]) -> Judged {
        Judged {
            id: "a".into(),
            verdict: "fail".into(),
            under: set(ids),
        }
    }

    #[test]
    fn a_failed_case_proves_what_the_fault_breaks_and_what_it_failed_under() {
        let (checked, breaks) = (set(&["R-1", "R-2", "R-3"]), set(&["R-1", "R-4"]));
        let proven = |under: &[&str], way_in| proven(&failed_under(under), &checked, &breaks, way_in);
        assert_eq!(proven(&["R-2"], true), set(&["R-1", "R-2"]));
        assert_eq!(
            proven(&["R-9"], true),
            set(&["R-1"]),
            "the case does not check R-9"
        );
    }

    #[test]
    fn behind_a_lost_way_in_only_what_the_fault_breaks_is_proven() {
        let (checked, breaks) = (set(&["R-1", "R-2"]), set(&["R-1"]));
        assert_eq!(
            proven(&failed_under(&["R-2"]), &checked, &breaks, false),
            set(&["R-1"])
        );
    }

    #[test]
    fn a_case_that_passed_proves_nothing() {
        let passed = Judged {
            verdict: "pass".into(),
            ..failed_under(&[])
        };
        let one = set(&["R-1"]);
        assert_eq!(proven(&passed, &one, &one, true), set(&[]));
    }
}
