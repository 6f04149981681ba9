//! `cardwire spec`: the protocol's schema.

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::print,
};
use cardwire_spec::Error;
use clap::Subcommand;
use std::path::{Path, PathBuf};

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
        Action::Check { file } => check(file),
    }
}

fn check(file: &Path) -> Outcome {
    let protocol = cardwire_spec::load(file).map_err(|error| match &error {
        Error::Read { .. } => Failure::new(Exit::Usage, &error, "Check the path."),
        Error::Broken(_) | Error::Format { .. } => {
            Failure::new(Exit::Failed, &error, "Correct the lines that are named.")
        }
    })?;
    print(format_args!(
        "{}: {} {}, {} messages, {} documents, {} structures, {} registries, {} instructions: nothing wrong",
        file.display(),
        protocol.about.name,
        protocol.about.revision,
        protocol.messages.len(),
        protocol.documents.len(),
        protocol.structures.len(),
        protocol.registries.len(),
        protocol.instructions.len(),
    ));
    Ok(Exit::Done)
}
