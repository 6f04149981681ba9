//! The sanity case: it runs before, between groups and after, so that a device that a case has damaged is found out.

use crate::{
    case::Case,
    tester::{Start, Tester},
    verdict::Step,
};

/// The id of its first run.
pub(crate) const ID: &str = "sanity.way-in";

/// Whether this is the id of a sanity case, whenever and on whichever device it runs.
pub(crate) fn is(id: &str) -> bool {
    id.starts_with(ID)
}

/// The sanity case under an id of its own for each of its runs.
pub(crate) fn case(when: &str) -> Case {
    Case::code(
        &format!("{ID}{when}"),
        &[
            "CW-LOGIN-006",
            "CW-CONN-001",
            "CW-CONN-005",
            "CW-SESS-010",
            "CW-SEC-002",
        ],
        "A right client gets in, logs the reader in, and leaves",
        way_in,
    )
}

fn way_in(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.state_is("connected")?;
    tester.login(&crate::tester::Login::default())?;
    tester.state_is("serving")?;
    tester.disconnect()
}
