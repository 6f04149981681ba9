//! Reports: for programs, for continuous integration, for people.
use crate::run::Run;
use std::{io, path::Path};
/// Write.
pub fn write(_folder: &Path, _run: &Run) -> io::Result<()> { Ok(()) }
