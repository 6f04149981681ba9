//! Clients with one fault each, for the proof that `cardwire certify client` catches them.
//!
//! It is one small client, written apart from the project's own: it shares link, codec and cryptographic libraries with
//! that, and none of its decisions. Each decision that a [`Fault`] turns around stands where the client takes it. Without
//! a fault it is right, and is certified: [`FAULTS`] names for each fault the case that catches it.

mod client;
mod faults;
mod jobs;
mod line;
mod login;
mod nulls;
mod session;
mod way_in;

pub use client::FaultyClient;
pub use faults::{Entry, FAULTS, Fault};
pub use nulls::Null;
