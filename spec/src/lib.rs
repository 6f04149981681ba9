//! The Cardwire protocol as data: loads, checks, interprets and renders protocol.toml.

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
