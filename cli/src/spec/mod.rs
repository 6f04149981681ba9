//! `cardwire spec`: the protocol's schema.

mod check;
mod diff;
mod render;
mod trace;

use crate::{failure::Outcome, terminal::Format};
use clap::Subcommand;
use std::path::PathBuf;

const CHECK: &str = "\
Example:
  cardwire spec check spec/protocol.toml";

const TRACE: &str = "\
Examples:
  cardwire spec trace
  cardwire spec trace --gaps
  cardwire spec trace --subject client
  cardwire spec trace --format json

A requirement is killed where cases check it and, of each kind of product that they are for, catch a faulty one that breaks
it, unproven where they don't, a gap where no case checks it. What nobody can test from outside, and what binds the cloud,
which is not certified yet, is counted apart.

Exit codes: 0; with --gaps, 1 where a MUST is a gap or unproven.";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Find everything that is wrong with a schema
    #[command(after_help = CHECK)]
    Check {
        /// The schema
        file: PathBuf,
    },
    /// Compare two schemas: what a change breaks, why, and what to do instead
    Diff(diff::DiffArguments),
    /// Write the tables, drawings, JSON Schemas and the CDDL that are made from a schema
    Render(render::RenderArguments),
    /// Show for each requirement of the book which cases check it, and which faulty products they catch
    #[command(after_help = TRACE)]
    Trace {
        /// How to tell the result
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Show gaps and unproven requirements only, and fail where a MUST is among them
        #[arg(long)]
        gaps: bool,
        /// Only what is checked of these products; all of them where it is left out
        #[arg(long, value_enum)]
        subject: Option<trace::Of>,
    },
}

pub(crate) fn run(action: &Action) -> Outcome {
    match action {
        Action::Check { file } => check::run(file),
        Action::Diff(arguments) => diff::run(arguments),
        Action::Render(arguments) => render::run(arguments),
        Action::Trace {
            format,
            gaps,
            subject,
        } => trace::run(*format, *gaps, *subject),
    }
}
