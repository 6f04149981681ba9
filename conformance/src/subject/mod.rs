//! What the runs of all subjects share, readers, clients and codecs, and the one run of those behind a program.
//!
//! A subject has **cases**, some of which hang on a *positive twin*. A **choice** (patterns, a part, one case alone) makes a
//! plan of them. A run puts the plan to the subject, case by case; each ends with a **verdict**. What came out is held to a
//! list of expected failures, gives an **outcome** and an exit code, and is kept as a report, over and over while the run
//! goes on, so that one that was broken off can go on from there.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`Kind`] | what is tested, and which groups and ops there are of it |
//! | [`Head`], [`list`] | what a case of any subject is, but for what is done in it |
//! | `choice` | which cases a run consists of |
//! | `description` | what a program tells of the client or codec that is behind it |
//! | `options` | what to test behind a program, and how |
//! | `certify` | the run: the program is started, each case is put to it |
//! | `run`, `sheet` | what came out, and as reports show it |
//! | `kept` | what a run left that was broken off |
//!
//! Readers are opened and moved by a bench, several share the cases, and a sanity case looks behind each group: their run
//! ([`crate::certify()`]) is another one, of the same parts.

mod certify;
mod choice;
mod description;
mod head;
mod kept;
mod kind;
mod options;
mod run;
mod sheet;

pub(crate) use certify::{Put, Subject, certify};
pub(crate) use choice::{Choice, with_twins};
pub use description::Description;
pub use head::{Head, list, list_to_json};
pub(crate) use head::{heads, is_known};
pub use kind::Kind;
pub(crate) use kind::Parts;
pub use options::{Options, Progress};
pub use run::{CaseResult, Run};
pub(crate) use sheet::{chapters, requirements_to_json};
