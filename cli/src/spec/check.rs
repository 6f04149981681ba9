//! `cardwire spec check`: everything that is wrong with a schema.

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::print,
};
use cardwire_spec::Error;
use std::path::Path;

pub(super) fn run(file: &Path) -> Outcome {
    let protocol = cardwire_spec::load(file).map_err(|error| match &error {
        Error::Read { .. } => Failure::new(Exit::Usage, &error, "Check the path."),
        Error::Broken(_) | Error::Format { .. } | Error::Unsupported { .. } => {
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
