//! What the harness needs to know of faults in the core: there are none. The tests of `reference-reader/faulty` have another
//! file in the place of this one, and with it the readers whose core is weak in one place.

use crate::hostile::board::HostileEnv;

/// The environment of a board.
pub type BoardEnv = HostileEnv;

/// The environment as it is.
pub fn with_fault(env: HostileEnv, fault: Option<&str>) -> BoardEnv {
    assert_eq!(fault, None, "this core has no faults");
    env
}
