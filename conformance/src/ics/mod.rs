//! ICS and IXIT (ISO/IEC 9646): what a vendor claims of a reader, and what a laboratory must know of the one on its bench.
//!
//! All are TOML files; the questions about readers stand in the schema, those about clients beside this suite. A form is read whole or not at all: half a form would test
//! half a reader.
//!
//! | part | what it does |
//! | --- | --- |
//! | `question` | the questions of both forms, as one thing |
//! | `answer` | whether an answer answers its question |
//! | `read` | a form from TOML: everything that is wrong with it, at once |
//! | `write` | a form as TOML, with the questions as comments |
//! | `statement` | a whole ICS, which decides the cases that apply |
//! | `information` | a whole IXIT, which says how this sample is reached |
//! | `need` | what a case needs of a reader |
//! | `probe` | what a device tells of itself, as a start for its ICS |
//! | `apply` | what an IXIT does to a run |

mod answer;
mod apply;
mod information;
mod need;
mod probe;
mod question;
mod read;
mod statement;
#[cfg(test)]
mod tests;
mod write;

pub use answer::Complaint;
pub use cardwire_spec::model::Answer;
pub use information::{Card, Information, Pin, Software};
pub use need::{Need, needs};
pub use probe::probe;
pub use question::{Kind, Question};
pub use read::{FORM_MAX, Form, FormError, Mismatch};
pub use statement::Statement;
pub(crate) use write::quoted;
