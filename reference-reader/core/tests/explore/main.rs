//! Everything that an attacker, a line, a card and the power may do to a reader, one after the other, in every order up to
//! some depth: stateright chooses, the real reader core does it.
//!
//! A reader can't be copied, so that a state is the way to it; two ways are one state where nobody can see a difference.
//! One thread: the shortest way to a state comes first, so that what may follow it is never cut short.
// Test modules: nothing is public beyond them.
#![allow(unreachable_pub)]

#[path = "../hostile/mod.rs"]
mod hostile;
mod model;
mod run;
#[path = "../hostile/sound.rs"]
mod weak;

use cardwire_core::env::Record;
use hostile::board::Weakness;
use model::{BEGINNINGS, Reader, STEPS, find};
use stateright::{Checker, Model};
use std::time::Instant;

#[test]
fn nothing_that_may_happen_breaks_a_reader() {
    let steps = std::env::var("CARDWIRE_STEPS").map_or(STEPS, |text| text.parse().unwrap());
    let start = Instant::now();
    let checker = Reader {
        weakness: None,
        steps,
    }
    .checker()
    .threads(1)
    .spawn_bfs()
    .join();
    println!(
        "{} states, {} ways to them, {steps} actions behind {} beginnings, in {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        BEGINNINGS.len(),
        start.elapsed().as_secs_f64()
    );
    if let Some(path) = checker.discovery("nothing is broken") {
        let last = path.last_state();
        panic!("{}: {:?}", last.broken.unwrap_or_default(), last.way);
    }
    checker.assert_any_discovery("a job writes");
    checker.assert_any_discovery("a job is interrupted");
}

#[test]
fn a_journal_that_is_lost_is_found() {
    // To write again takes a step more than what else is found: instructed, settled, reset, its line set.
    find(Weakness::Loses(Record::Journal), STEPS + 1);
}
