//! The proof that the suite can tell: it is put to devices with one known fault each, and to devices that are none.
//!
//! A catalogue is a program: it lists its faults, and is any of them on its standard input and output. Every fault has to
//! be caught by a case of a requirement that it breaks, every case has to catch a fault, the same device without a fault
//! has to pass, and what is no device at all may pass no case.
//!
//! | part | what it does |
//! | --- | --- |
//! | `catalogue` | the program, and what it says of itself |
//! | `device` | the suite, put to one of the devices |
//! | `run` | the suite, put to all of them, side by side; what is done is not done again |
//! | `attribute` | which requirements a caught fault proves |
//! | `matrix` | cases × faults, and what is wrong with them |

mod attribute;
mod catalogue;
mod device;
mod listening;
mod matrix;
mod run;

pub use crate::ledger::Subject;
pub use catalogue::{Catalogue, CatalogueError, Fault, suite};
pub use device::{CONTROL, Forms, Judged, Outcome};
pub use matrix::Matrix;
pub use run::{Options, Progress, ProveError, Scope, prove};
