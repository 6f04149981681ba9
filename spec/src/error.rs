//! What can go wrong around the schema.

use crate::problem::Problems;
use core::fmt;
use std::{io, path::PathBuf};

/// Why the schema can't be loaded or rendered.
#[derive(Debug)]
pub enum Error {
    /// A file can't be read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The schema, or a service's logic, is broken.
    Broken(Problems),
    /// Generated source can't be formatted.
    Format {
        /// What the formatter says.
        what: String,
    },
    /// The schema says something that can't be rendered.
    Unsupported {
        /// What, where, and what to do about it.
        what: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(f, "{} can't be read: {source}", path.display()),
            Self::Broken(problems) => problems.fmt(f),
            Self::Format { what } => write!(f, "generated source can't be formatted: {what}"),
            Self::Unsupported { what } => f.write_str(what),
        }
    }
}

impl core::error::Error for Error {}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::Broken(problems)
    }
}
