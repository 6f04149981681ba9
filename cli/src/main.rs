//! The `cardwire` command.
fn main() {}
