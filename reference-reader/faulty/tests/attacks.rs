//! The attack table of the core's tests, on readers whose core is weak in the one place that an attack aims at: it works.
// Test modules of the core: nothing is public beyond them, and this is only a part of what they are for.
#![allow(unreachable_pub, dead_code)]

#[path = "../../core/tests/hostile/mod.rs"]
mod hostile;
#[path = "common/weak.rs"]
mod weak;

#[path = "../../core/tests/attacks/authors.rs"]
mod authors;
#[path = "../../core/tests/attacks/capture.rs"]
mod capture;
#[path = "../../core/tests/attacks/clouds.rs"]
mod clouds;
#[path = "../../core/tests/attacks/ended.rs"]
mod ended;
#[path = "../../core/tests/attacks/field.rs"]
mod field;
#[path = "../../core/tests/attacks/guesses.rs"]
mod guesses;
#[path = "../../core/tests/attacks/handshakes.rs"]
mod handshakes;
#[path = "../../core/tests/attacks/jobs.rs"]
mod jobs;
#[path = "../../core/tests/attacks/modules.rs"]
mod modules;
#[path = "../../core/tests/attacks/noise.rs"]
mod noise;
#[path = "../../core/tests/attacks/readers.rs"]
mod readers;
#[path = "../../core/tests/attacks/scene.rs"]
mod scene;
#[path = "../../core/tests/attacks/sealed.rs"]
mod sealed;
#[path = "../../core/tests/attacks/shut.rs"]
mod shut;
#[path = "../../core/tests/attacks/staged.rs"]
mod staged;
#[path = "../../core/tests/attacks/table.rs"]
mod table;
#[path = "../../core/tests/attacks/updates.rs"]
mod updates;

use hostile::board::Weakness;

#[test]
fn every_attack_works_on_a_reader_whose_core_is_weak_there() {
    let (shown, wrong) = table::show_weak(|weakness| matches!(weakness, Weakness::Core(_)));
    assert!(shown > 50 && wrong.is_empty(), "{shown} were shown; {wrong:#?}");
}
