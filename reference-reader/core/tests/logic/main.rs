//! What instructions do, seen through the simulator: right, and every fault.

mod bench;
mod commands;
mod parameters;
mod pin;
mod random;
mod registers;
mod sections;
