//! Whole readers on a flash whose power is cut: before, inside and after every flash operation of a session that writes and of
//! every kind of update, and once more at every operation of the recovery.
//!
//! After each cut the reader starts, what is in force is the old or the new, all of it, nothing is lost of which anybody was
//! told, what has nothing to do with it is as it was, and the update goes on to its end. Boards that are weak in one place
//! show that this would be noticed. `cargo xtask power-cuts` does it with every second cut, and prints the table.
// Test modules: nothing is public beyond them.
#![allow(unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;

mod board;
mod kinds;
mod session;
mod table;
mod update;

use cardwire_store::{
    Fault,
    mock::{Inside, sweep, sweep_some},
};
use session::Session;
use table::Depth;

//= spec/book/src/jobs.md#cw-job-009
//= type=test
//# After a reset a reader MUST answer the status of a job that had begun to write and not ended with `interrupted`, and run it no more.
#[test]
fn a_session_that_is_cut_twice_forgets_no_boot_and_no_job_that_wrote() {
    let Depth { inside, every } = Depth::asked_for();
    let every = every.min(11);
    let counts = sweep_some(&Session { fault: None }, inside, every);
    let counts = counts.unwrap_or_else(|failure| panic!("{failure}"));
    println!("{counts:?}");
    assert!(counts.operations > 15 && counts.second[0] > 50, "{counts:?}");
}

/// The sweep sees a store that is wrong through the whole reader.
#[test]
fn a_reader_on_a_faulty_store_is_caught() {
    let inside = Inside { first: 2, second: 1 };
    let fault = Some(Fault::ReusesTorn);
    let failure = sweep(&Session { fault }, inside).expect_err("it writes where a cut has written");
    assert!(failure.first.is_some(), "{failure}");
}

#[test]
fn updates_that_are_cut_twice_leave_the_old_or_the_new() {
    let table = table::make(&Depth::asked_for()).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{table}");
    table.check();
}

/// The sweep sees boards that are wrong in one place.
#[test]
fn weak_boards_are_caught() {
    for (weakness, what, kind) in table::WEAKNESSES {
        let caught = table::catch(weakness, kind);
        let caught = caught.unwrap_or_else(|| panic!("not caught: {what}"));
        println!("{what}\n    {caught}");
    }
}
