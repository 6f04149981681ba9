//! Two codecs that share no code, held against each other: the one generated from the schema, and the interpreter of
//! the schema that the suite judges devices with.
//!
//! [`run()`] makes inputs from a seed and shows each to both. They have to give the same verdict, down to rule, field and
//! offset; of what they take, the generated codec has to write the same bytes again, and now and then both have to tell
//! the same values, and the same CBOR for them, which both have to read back. What is wrong with a message in CBOR they
//! have to name alike, too. `cargo xtask agree` is the command.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`input`] | an input: bytes, and what they are taken for |
//! | [`corpus`] | makes inputs: values within and beyond their bounds, natively and in CBOR, changed in every way, frames, and noise |
//! | [`judge`] | the two codecs, as what they say of an input |
//! | [`mod@run`] | shows every input to both, on all cores, with a result that does not depend on their number |
//! | [`shrink`] | the smallest input on which they still disagree |

pub mod corpus;
pub mod input;
pub mod judge;
mod random;
pub mod run;
pub mod shrink;

pub use input::{Input, Subject};
pub use judge::{Generated, Interpreter, Judge, Verdict};
pub use run::{Disagreement, Options, Report, run};
