//! Security: connects and logins that are wrong in one thing each, in each state of the reader; and attacks of the
//! threat model that take more than one message.
//!
//! A wrong connect or login is refused as the specification says, whatever it is that is wrong, and costs nobody else
//! anything: neither the session that is open, nor the next right client.

use super::recovery::of_matrices;
use crate::case::Case;

mod attacks;
mod connects;
mod logins;
mod work;

pub(super) fn cases() -> Vec<Case> {
    let mut all = of_matrices(&[&connects::MATRIX, &logins::MATRIX]);
    all.extend(attacks::cases());
    all.extend(work::cases());
    all
}

#[cfg(test)]
mod tests {
    use crate::ledger;
    use std::collections::BTreeSet;

    /// Threats that no client or cloud can try on a reader: the cloud's own, and what only a bench of instruments sees.
    const NOT_OF_READERS: [&str; 2] = ["T-4", "T-19"];

    #[test]
    fn every_threat_to_a_reader_has_a_case() {
        let threats: BTreeSet<String> = (1..=27).map(|number| format!("T-{number}")).collect();
        let mut tried = BTreeSet::new();
        for row in ledger().iter().filter(|row| !row.reader.cases.is_empty()) {
            tried.extend(row.requirement.prevents.threats.iter().cloned());
        }
        let open: Vec<_> = threats
            .iter()
            .filter(|threat| !tried.contains(*threat) && !NOT_OF_READERS.contains(&threat.as_str()))
            .collect();
        assert!(open.is_empty(), "no case tries {open:?}");
    }
}
