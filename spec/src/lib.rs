//! The Cardwire protocol as data: loads, checks, interprets and renders `protocol.toml`.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`load()`], [`parse`] | read the schema into a [`Protocol`] and name everything that is wrong with it |
//! | [`book`] | reads the book's requirements, and joins them with their cases and faulty readers |
//! | [`model`], [`kind`], [`place`] | the schema as types, what its names stand for, where messages are met |
//! | [`interpret`] | decodes and encodes any message, document or frame from the schema alone |
//! | [`logic`] | assembles and disassembles the execution logic of services |
//! | [`mod@diff`] | what changes from one schema to another, and whom that breaks |
//! | [`render`], [`generated()`] | what is made from the schema and committed |
//!
//! The crate knows none of the others: what it says about bytes can be held against them.
//!
//! Not supported yet: extensions that the schema defines in the generated codec.

pub mod book;
pub mod diff;
pub mod error;
pub mod generate;
pub mod interpret;
pub mod kind;
mod load;
pub mod logic;
pub mod model;
pub mod place;
pub mod problem;
pub mod render;
mod source;
mod validate;

pub use error::Error;
pub use generate::generated;
pub use load::{load, parse};
pub use model::Protocol;
pub use place::Place;
