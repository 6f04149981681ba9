//! Is this program a codec of the protocol? Certification of a codec in any language.
//!
//! The program is started as it is, reads one JSON request a line and answers one a line: the book's chapter *Testing a
//! codec* describes both. It is never told what is expected. What it answers is judged with the interpreter of the
//! specification and with the vectors, by what it means and not by how it is written: a registered value may be
//! answered by name or by number, a field that holds its default may be left out, hexadecimal digits have either case.
//!
//! ```no_run
//! use cardwire_conformance::codec::{Options, certify};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let options = Options::new(["python3", "my_codec.py"].map(String::from).into());
//! let run = certify(&options, &mut ())?;
//! println!("{}", run.table());
//! std::process::exit(run.exit_code().into());
//! # }
//! ```
//!
//! | part | what it does |
//! | --- | --- |
//! | [`certify()`] | starts the program, puts the cases to it, writes the reports |
//! | [`Case`], [`cases()`] | what is asked, and what follows from it |
//! | [`Expected`] | the list of failures that are known |
//! | [`Run`] | what came out, as of a client |

mod case;
mod cases;
mod judge;
mod request;
mod subject;
mod transcode;

pub use crate::{
    certify::RunError,
    expected::{Expected, ExpectedError, WILDCARD_MAX, parse_expected},
    subject::{CaseResult, Description, Options, Progress, Run},
};
pub use case::{Case, Group};
pub use cases::{GENERATED, GENERATED_MAX, cases};
pub(crate) use cases::{family, number_of, requirements};
pub use request::Op;
pub(crate) use subject::all;
pub use subject::{TIMEOUT, certify};
