//! The C code that the book shows: it compiles without a warning, keeps to the golden vectors and the worked examples,
//! loses nothing when the power goes, and makes a reader that the suite finds nothing wrong with.
//!
//! What the book leaves to a vendor stands in `tests/c`: cryptography, a simulated card, a process around the reader.
//! Without a C compiler nothing of this runs, and each test says so.
#![cfg(unix)]

mod logic;
mod program;
mod reader;
mod vectors;
