//! Which cases check which requirement: computed, not written.

use crate::{
    case::cases,
    requirement::{Requirement, requirements},
};
use serde::Serialize;

/// One requirement and the cases that check it.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The requirement.
    pub requirement: &'static Requirement,
    /// Ids of cases, in the order in which they run.
    pub cases: Vec<&'static str>,
}

/// Every requirement of the book and the cases that check it, in ascending order.
#[must_use]
pub fn ledger() -> Vec<Row> {
    let checks = |id: &str| {
        let checking = cases()
            .iter()
            .filter(|case| case.requirements.iter().any(|checked| checked == id));
        checking.map(|case| case.id.as_str()).collect()
    };
    requirements()
        .iter()
        .map(|requirement| Row {
            requirement,
            cases: checks(&requirement.id),
        })
        .collect()
}
