//! Measures the codec beside its peers and beside a hand-written one: `cargo xtask bench`.
//!
//! | part | what it holds |
//! | --- | --- |
//! | `mix` | the messages that all codecs encode and decode, and why their values are what they are |
//! | `model` | what a codec has to have to be measured, and how the messages become its values and are visited |
//! | `peers` | one module for each codec |
//! | `frames` | the way in and out through a link frame |
//! | `cells` | what is measured: each operation of each codec on each message |
//!
//! The rules are the same for all. Decoding begins with bytes of which nothing is known, not even which message they
//! are, and ends when each field has been looked at; items of lists too. Encoding begins with a value in the codec's own
//! types and ends with its bytes in a buffer of the caller. Each codec has the types, features and configuration with
//! which it does best, as its documentation advises.

mod cells;
mod frames;
mod mix;
mod model;
mod peers;
mod registries;
#[cfg(test)]
mod tests;

pub use cells::{Cell, Operation, cells};
