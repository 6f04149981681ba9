//! Services over a line that spoils a tenth of its frames, as the core's tests run them, on readers whose core does something
//! twice: it is noticed.
// Test modules of the core: nothing is public beyond them, and this is only a part of what they are for.
#![allow(unreachable_pub, dead_code)]

#[path = "../../core/tests/hostile/mod.rs"]
mod hostile;
#[path = "../../core/tests/lossy/services.rs"]
mod services;
#[path = "common/weak.rs"]
mod weak;
#[path = "../../core/tests/lossy/world.rs"]
mod world;

use hostile::board::Weakness;
use services::is_noticed;

#[test]
fn a_reader_that_does_something_twice_is_noticed() {
    for fault in ["ForgetsJobs", "ExecutesRepeats", "RepeatsEventNumbers"] {
        is_noticed(Weakness::Core(fault));
    }
}
