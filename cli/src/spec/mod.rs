//! `cardwire spec`: the protocol's schema.

mod check;

use crate::failure::Outcome;
use clap::Subcommand;
use std::path::PathBuf;

const CHECK: &str = "\
Example:
  cardwire spec check spec/protocol.toml";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Find everything that is wrong with a schema
    #[command(after_help = CHECK)]
    Check {
        /// The schema
        file: PathBuf,
    },
}

pub(crate) fn run(action: &Action) -> Outcome {
    match action {
        Action::Check { file } => check::run(file),
    }
}
