//! The reader's core linked alone for the Cortex-M3: what it takes of flash, RAM and stack.
//!
//! `reference-reader/core/footprint` makes every call that a board makes, on a board that nobody knows. The stack is a
//! bound that holds for every input, and no measurement: `cargo xtask firmware probe` measures one run.

use crate::{
    linked::{Calls, Depth, depths},
    toolchain::{TARGET, Toolchain},
    workspace::{self, Workspace},
};
use anyhow::{Context as _, Result};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionKind};
use std::path::Path;

const PACKAGE: &str = "cardwire-core-footprint";
const PROGRAM: &str = "core-footprint";
/// The module of the entry points.
const ENTRIES: &str = "core_footprint::entries::";
/// A constant that is as large as a reader.
const READER: &str = "core_footprint::entries::READER";

/// Builds the image and prints what is in it.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut cargo = Toolchain::find_or_explain()?.cargo_rustc(workspace);
    // Sizes of stack frames are not stable yet; nothing but these figures depends on them.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    cargo.args(["--quiet", "--package", PACKAGE, "--", "--cfg", "footprint_image"]);
    cargo.args(["-Zemit-stack-sizes", "-Clink-arg=--emit-relocs"]);
    workspace::run(&mut cargo)?;
    let image = workspace.target.join(TARGET).join("release").join(PROGRAM);

    let (flash, ram) = sizes(&image)?;
    println!("the core alone, on a Cortex-M3, in bytes:");
    println!("  flash       {flash:>6}   code and constants, with its cryptography");
    println!("  static RAM  {ram:>6}   one reader; the core has no other variable");
    let calls = Calls::read(&image)?;
    let entries = depths(&calls, ENTRIES)?;
    println!("  stack, at most, whatever comes in:");
    for entry in &entries {
        println!("    {:<14} {:>6}", entry.name, entry.bytes);
    }
    let deepest = entries.iter().max_by_key(|entry| entry.bytes);
    print_way(deepest.context("the image has no entry points")?);
    Ok(())
}

fn print_way(deepest: &Depth<'_>) {
    println!("  the deepest, {}, by way of:", deepest.name);
    for (name, frame) in &deepest.way {
        println!("    {frame:>6}  {name}");
    }
}

/// Flash of the code and its constants, and RAM of the reader.
fn sizes(image: &Path) -> Result<(u64, u64)> {
    let bytes = std::fs::read(image).with_context(|| format!("{} can't be read", image.display()))?;
    let file = object::File::parse(&*bytes)?;
    let kept = [SectionKind::Text, SectionKind::ReadOnlyData, SectionKind::Data];
    let flash: u64 = file
        .sections()
        .filter(|section| kept.contains(&section.kind()))
        .map(|section| section.size())
        .sum();
    let is_reader = |name: &str| format!("{:#}", rustc_demangle::demangle(name)) == READER;
    let reader = file
        .symbols()
        .find(|symbol| symbol.name().is_ok_and(is_reader))
        .context("the image does not tell how large a reader is")?;
    // The constant that tells it is no part of the core.
    Ok((flash - reader.size(), reader.size()))
}
