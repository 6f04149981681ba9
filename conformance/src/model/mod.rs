//! The model: the schema's state machines walk the device, by system and by chance.
//!
//! It knows nothing of any reader. What an event does in a state, and what is answered, is looked up in the machines of
//! `protocol.toml`; what a guard asks for is known from what was sent and answered so far. Where several answers are
//! legal all of them pass, and the state follows the one that came. A walk that fails is shrunk on the device itself, and
//! becomes a session vector.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`machines`] | the rows of the schema's machines, and what their words come to |
//! | [`moves`] | what a walk can do |
//! | [`state`] | what is known of a device |
//! | [`legal`] | the legal answers to a move in a state, and the states after them |
//! | [`walker`] | does moves, and judges |
//! | [`plan`] | the way to a state, or through a row |
//! | [`random`] | which move comes next, by chance |
//! | [`shrink`] | the shortest walk that still fails |
//! | [`vector`] | a walk as a session vector |
//! | [`coverage`] | what was exercised |
//! | [`cases`] | all of it as cases |

mod cases;
mod coverage;
mod legal;
mod machines;
mod moves;
mod plan;
mod random;
mod shrink;
mod state;
mod vector;
mod walker;

pub(crate) use cases::{Plan, cases, prepare};
pub use coverage::Coverage;
pub(crate) use vector::to_toml;
