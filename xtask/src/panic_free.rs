//! The codec linked alone: nothing that is left of it panics or calls itself, and its stack is bounded.
//!
//! `codec/panic-free` does to bytes that nobody knows all that the codec can do. What can't be reached is not linked,
//! so what is in the image could be reached as far as compiler and linker can tell. A second image with one index that
//! may be out of bounds shows that a panic would be seen.

use crate::{
    linked::{Calls, depths},
    toolchain::{TARGET, Toolchain},
    workspace::{self, Workspace},
};
use anyhow::{Context as _, Result, ensure};
use std::{collections::BTreeMap, path::PathBuf, process::Command};

const PACKAGE: &str = "cardwire-panic-free";
const PROGRAM: &str = "panic-free";
/// The entry point of the control that panics.
const CONTROL: &str = "panic_free::entries::control";
/// The module of the entry points.
const ENTRIES: &str = "panic_free::entries::";
/// What every panic comes to.
const A_PANIC: &str = "panic_free::reachable::a_panic";

/// More stack than this, in bytes on a Cortex-M3, is a mistake to look into.
const STACK_LIMIT: u64 = 1024;

/// Looks at the codec for the Cortex-M3, small, and for this machine, fast.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let on_chip = look(workspace, &format!("{TARGET}, size"), |control| {
        chip(workspace, control)
    })?;
    let on_host = look(workspace, "this machine, speed", |control| {
        host(workspace, control)
    })?;
    check_stack(&on_chip)?;
    ensure!(
        on_chip.panics(A_PANIC).is_empty() && on_host.panics(A_PANIC).is_empty(),
        "the codec can panic, see above: use what returns an option or a result (`get`, `split_at_checked`, \
         `checked_add`), or shape the code so that the compiler sees why it can't happen"
    );
    Ok(())
}

/// Reads an image and its control, and prints what panics; returns who calls whom in the image.
fn look(workspace: &Workspace, what: &str, build: impl Fn(bool) -> Result<PathBuf>) -> Result<Calls> {
    let folder = workspace.target.join(PROGRAM);
    std::fs::create_dir_all(&folder)?;
    let read = |control| -> Result<Calls> {
        let built = build(control)?;
        // The next build overwrites it.
        let kept = folder.join(if control { "control.elf" } else { "image.elf" });
        std::fs::copy(built, &kept)?;
        Calls::read(&kept)
    };
    let control = read(true)?;
    ensure!(
        control
            .panics(A_PANIC)
            .iter()
            .any(|(caller, _)| *caller == CONTROL),
        "{what}: the image that can panic does not show it, so that the other one proves nothing"
    );
    let calls = read(false)?;
    let panics = calls.panics(A_PANIC);
    println!(
        "{what}: {} functions, in which there are {} ways to panic; the control was found out",
        calls.functions.len(),
        panics.len()
    );
    for (caller, callee) in panics {
        println!("  {caller} -> {callee}");
    }
    Ok(calls)
}

fn chip(workspace: &Workspace, control: bool) -> Result<PathBuf> {
    let mut cargo = Toolchain::find_or_explain()?.cargo_rustc(workspace);
    // Sizes of stack frames are not stable yet; nothing but these figures depends on them.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    flags(&mut cargo, control).args(["-Zemit-stack-sizes", "-Clink-arg=--emit-relocs"]);
    workspace::run(&mut cargo)?;
    Ok(workspace.target.join(TARGET).join("release").join(PROGRAM))
}

fn host(workspace: &Workspace, control: bool) -> Result<PathBuf> {
    // Apart from what is built for use: the profile is another.
    let target = workspace.target.join(PROGRAM).join("host");
    let mut cargo = workspace.cargo();
    cargo.args(["rustc", "--release", "--target-dir"]).arg(&target);
    cargo
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3")
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort");
    // Copying and comparing memory is the C library's here.
    flags(&mut cargo, control).args([
        "-Clink-arg=-nostartfiles",
        "-Clink-arg=-lc",
        "-Clink-arg=-Wl,--emit-relocs",
    ]);
    workspace::run(&mut cargo)?;
    Ok(target.join("release").join(PROGRAM))
}

fn flags(cargo: &mut Command, control: bool) -> &mut Command {
    cargo.args(["--quiet", "--package", PACKAGE, "--", "--cfg", "panic_free_image"]);
    if control {
        cargo.args(["--cfg", "panic_free_control"]);
    }
    cargo
}

/// Prints how deep the stack gets, and fails where that is above the limit.
fn check_stack(calls: &Calls) -> Result<()> {
    let entries = depths(calls, ENTRIES)?;
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for entry in &entries {
        let (place, what) = entry.name.split_once("::").unwrap_or((entry.name, ""));
        let depth = format!("{what} {}", entry.bytes).trim().to_owned();
        rows.entry(place).or_default().push(depth);
    }
    println!("stack on a Cortex-M3, at most, in bytes:");
    for (place, depths) in &rows {
        println!("  {place:<16} {}", depths.join(", "));
    }
    let deepest = entries.iter().max_by_key(|entry| entry.bytes);
    let deepest = deepest.context("the image has no entry points")?;
    println!(
        "deepest: {} of {STACK_LIMIT} allowed; nothing calls itself",
        deepest.bytes
    );
    ensure!(
        deepest.bytes <= STACK_LIMIT,
        "{} takes {} bytes of stack, and {STACK_LIMIT} are allowed; if it is worth them, raise STACK_LIMIT",
        deepest.name,
        deepest.bytes
    );
    Ok(())
}
