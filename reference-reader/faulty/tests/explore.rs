//! Everything that may happen to a reader, as the core's tests try it, on readers whose core is weak: it is found.
// Test modules of the core: nothing is public beyond them, and this is only a part of what they are for.
#![allow(unreachable_pub, dead_code)]

#[path = "../../core/tests/hostile/mod.rs"]
mod hostile;
#[path = "../../core/tests/explore/model.rs"]
mod model;
#[path = "../../core/tests/explore/run.rs"]
mod run;
#[path = "common/weak.rs"]
mod weak;

use hostile::board::Weakness;
use model::{STEPS, find};

#[test]
fn seeded_bugs_are_found() {
    // To write again takes a step more than the others: instructed, settled, reset, its line set.
    for (fault, steps) in [
        ("ServesBeforeLogin", STEPS),
        ("ExecutesRepeats", STEPS),
        ("ForgetsJobs", STEPS + 1),
        ("LeavesModulesOnAfterFailure", STEPS),
        ("LocksOut", STEPS),
    ] {
        find(Weakness::Core(fault), steps);
    }
}
