//! What is made from the schema and committed.

pub mod rust;
