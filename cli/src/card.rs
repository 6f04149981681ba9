//! `cardwire card`: the simulated card of a running reference reader.

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::print,
};
use clap::Subcommand;
use core::str::FromStr;
use std::path::PathBuf;

const EXAMPLE: &str = "\
Example:
  cardwire reader --listen tcp:127.0.0.1:7000 --control unix:reader.control
  cardwire card remove --control unix:reader.control
  cardwire card insert --control unix:reader.control

Prints `ok`, or `unchanged` where the card was there, or gone, before.";

/// The Unix socket of a reader.
#[derive(Clone, Debug)]
pub(crate) struct ControlPath(pub(crate) PathBuf);

impl FromStr for ControlPath {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let path = given.strip_prefix("unix:").filter(|path| !path.is_empty());
        path.map(|path| Self(path.into())).ok_or("expected unix:PATH")
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Put the card into the slot
    #[command(after_help = EXAMPLE)]
    Insert {
        /// The reader's socket
        #[arg(long, value_name = "unix:PATH")]
        control: ControlPath,
        /// Print nothing
        #[arg(long, short)]
        quiet: bool,
    },
    /// Pull the card out of the slot, whatever it is doing
    #[command(after_help = EXAMPLE)]
    Remove {
        /// The reader's socket
        #[arg(long, value_name = "unix:PATH")]
        control: ControlPath,
        /// Print nothing
        #[arg(long, short)]
        quiet: bool,
    },
}

pub(crate) fn run(action: &Action) -> Outcome {
    let (ControlPath(path), quiet, line) = match action {
        Action::Insert { control, quiet } => (control, *quiet, "insert"),
        Action::Remove { control, quiet } => (control, *quiet, "remove"),
    };
    let answer = tell(path, line).map_err(|error| {
        let what = format!("the reader at unix:{} can't be reached: {error}", path.display());
        Failure::new(
            Exit::Unreached,
            what,
            "Start a reader with --control and this path.",
        )
    })?;
    if !quiet {
        print(answer);
    }
    Ok(Exit::Done)
}

#[cfg(unix)]
use cardwire_host::tell;

#[cfg(not(unix))]
fn tell(_path: &std::path::Path, _line: &str) -> std::io::Result<String> {
    Err(std::io::ErrorKind::Unsupported.into())
}
