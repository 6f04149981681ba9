//! The Cardwire conformance suite: is this reader one? Is this codec?
//!
//! A reader is tested as a black box, over TCP, a serial port, or a child's standard input and output: the suite plays
//! client and cloud with the published certification identities, right and wrong, and judges everything that the
//! reader sends with the interpreter of the specification, never with the codec that a reader may use.
//!
//! ```no_run
//! use cardwire_conformance::{Options, certify};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let options = Options { seed: 7, ..Options::new("tcp:127.0.0.1:7000".parse()?) };
//! let run = certify(&options, &mut ())?;
//! println!("{}", run.table());
//! std::process::exit(run.exit_code().into());
//! # }
//! ```
//!
//! | part | what it does |
//! | --- | --- |
//! | [`certify()`] | runs the cases against one device or several, writes the reports |
//! | [`Case`], [`cases()`] | what is tested |
//! | [`Run`] | what came out: verdicts, table, JSON |
//! | [`ics`] | the forms of vendor and laboratory: what a reader claims, how it is reached |
//! | [`Expected`], [`Shard`], [`Token`] | failures that are known, a part of a run, a case to be run once more |
//! | [`sign()`], [`verify()`], [`merge()`], [`diff()`] | reports that are signed, checked, merged, compared |
//! | [`Requirement`], [`ledger()`] | the book's requirements, and which cases check them |
//! | [`documents`] | the texts that others hand to this suite, read and written again |
//! | [`vectors`] | vectors of messages and frames, made from the schema |
//! | [`client`], [`codec`] | the same for a client, and for a codec in any language, behind a program |
//! | [`subject`] | what the runs of all three share |
//! | [`prove`] | the proof that the suite can tell: it is put to devices with one known fault each |
//! | [`book`] | the worked examples of the book, made the same way |
//!
//! The model of the schema's machines walks the device as well, by system and by chance (cases `states.*` and `walk.*`).
//! Cases that are sequences of messages are data in `vectors/session`; `vectors/README.md` describes them.

mod bench;
pub mod book;
mod case;
mod cases;
mod certify;
pub mod client;
pub mod codec;
pub mod documents;
mod embedded;
mod expected;
mod glob;
pub mod ics;
mod kept;
mod ledger;
mod lock;
mod matrix;
mod model;
mod plan;
mod program;
pub mod prove;
mod random;
mod report;
mod requirement;
mod run;
mod sequence;
mod stage;
mod standstill;
pub mod subject;
mod suite;
mod tester;
mod token;
mod trace;
pub mod vectors;
mod verdict;
mod worker;

pub use bench::{BenchCommand, BenchCommands};
use cardwire_spec::interpret::hex;
pub use case::{Case, Group, cases};
pub use certify::{Options, Progress, RunError, Station, certify};
pub use expected::{Expected, ExpectedError, WILDCARD_MAX, parse_expected};
pub use ledger::{Checks, Counts, Findings, Proof, Row, Subject, counts, findings, ledger};
pub use model::Coverage;
pub use plan::{NoShard, Shard};
pub use report::{
    Change, DiffError, Difference, Differences, KeyError, MergeError, Merged, Outcome, PublicKey, STATEMENT,
    Signer, Verified, VerifyError, diff, merge, sign, verify,
};
pub use requirement::{Level, Requirement, requirement, requirements};
pub use run::{CaseResult, INTERRUPTED, Run, Tested};
pub use subject::{list, list_to_json};
pub use tester::Device;
pub use token::{NoToken, Token};
pub use trace::{Entry, FrameHead, Trace, Way};
pub use verdict::{Finding, Verdict};

/// The revision of the specification that this suite is of.
#[must_use]
pub fn revision() -> &'static str {
    &embedded::protocol().about.revision
}
