//! Flash in memory whose power is cut where a test wants it, and what is done with it.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`MockFlash`] | the flash |
//! | [`Scenario`], [`sweep`] | every cut of something that is done on it, and every second cut of what comes after |
//! | [`ordinary`] | the ordinary writes of a reader as scenarios |
//! | [`runs`] | random steps with two cuts, against a model; what fails is made small |

mod flash;
mod machine;
pub mod ordinary;
mod random;
pub mod runs;
mod sweep;

pub use flash::{Cut, MockError, MockFlash, Moment, Wear};
pub use machine::{Machine, Step};
pub use random::Random;
pub use sweep::{Counts, Failure, Inside, Scenario, sweep, sweep_some};
