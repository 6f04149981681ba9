//! What is in a linked image: its functions, who calls whom, and how deep the stack gets.

mod calls;
mod stack;

pub(crate) use calls::Calls;
pub(crate) use stack::{Depth, depths};

use anyhow::{Context as _, Result};
use std::path::Path;

/// Reads a file, and says which one can't be read.
fn bytes(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{} can't be read", file.display()))
}
