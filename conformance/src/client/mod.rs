//! Is this program a client of the protocol? Certification of a client as a black box.
//!
//! The program is started as it is, with the client and its **upper tester** in it: a few lines that have the client do
//! what a JSON request says, and tell what its user would be told. The book's chapter *Testing a client* describes both.
//! The client connects to two ports of the suite, which plays the reader and the cloud, right and wrong. Everything that
//! the client sends is judged with the interpreter of the specification.
//!
//! ```no_run
//! use cardwire_conformance::client::{Options, certify};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let options = Options::new(["./my-client", "--upper-tester"].map(String::from).into());
//! let run = certify(&options, &mut ())?;
//! println!("{}", run.table());
//! std::process::exit(run.exit_code().into());
//! # }
//! ```
//!
//! | part | what it does |
//! | --- | --- |
//! | [`certify()`] | starts the program, puts the cases to it, writes the reports |
//! | [`Case`], [`cases()`] | what the client meets, and what it has to do then |
//! | [`Run`] | what came out, as of a codec |

mod bench;
mod case;
mod cases;
mod judge;
mod lower;
mod request;
mod services;
mod subject;

pub use crate::{
    certify::RunError,
    subject::{CaseResult, Description, Options, Progress, Run},
};
pub use case::{Case, Group};
pub(crate) use cases::SANITY;
pub use cases::cases;
pub use request::Op;
pub use subject::{TIMEOUT, certify};
