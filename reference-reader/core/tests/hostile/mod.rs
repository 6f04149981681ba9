//! A reader, the people who mean well with it, and a line on which somebody else sits.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`board`] | the real reader core on a board of memory and virtual time, which may be weak in one place |
//! | [`ends`] | the right client, and the cloud: both are those of `cardwire-peers` |
//! | [`state`] | how everything stands, before an attack and after it |
//! | [`loss`] | what a bad line does to frames |
//! | [`driver`] | an application that does a list of jobs over one |
//! | [`updates`] | the update authority, and a cloud that delivers |
//!
//! Honest ends fail with [`Fallen::Broken`], what an attacker got with [`Fallen::Breach`]: a test that shows that an
//! attack works may not pass because something else broke.
// Each test binary uses its own part of it, and no other crate any.
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod board;
pub mod driver;
pub mod ends;
pub mod loss;
pub mod state;
pub mod updates;

/// Why an attack ended before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fallen {
    /// The attacker got something, or something has changed.
    Breach(String),
    /// Those who mean well could not do what they do: the test is wrong.
    Broken(String),
}

pub type Held<T = ()> = Result<T, Fallen>;

/// A breach, where `held` is false.
pub fn must(held: bool, else_what: impl FnOnce() -> String) -> Held {
    if held {
        Ok(())
    } else {
        Err(Fallen::Breach(else_what()))
    }
}

/// What those who mean well can't do.
pub fn broken<T>(what: &str, why: impl core::fmt::Debug) -> Held<T> {
    Err(Fallen::Broken(format!("{what}: {why:?}")))
}

/// What those who mean well could not do because of an attack is what the attacker got.
pub fn because<T>(done: Held<T>, by: &str) -> Held<T> {
    done.map_err(|error| match error {
        Fallen::Broken(what) => Fallen::Breach(format!("{by}: {what}")),
        breach @ Fallen::Breach(_) => breach,
    })
}
