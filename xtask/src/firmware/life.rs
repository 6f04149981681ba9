//! A hard life for the reader on the board: an example of `conformance` leads it, in a laboratory.

use super::laboratory::{Kind, Laboratory};
use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What CI does of it.
pub(super) const KILLS_IN_CI: usize = 5;
pub(super) const FRAMES_IN_CI: usize = 5_000;

/// Instructions in a tick of the board's clock, where QEMU gives each of them a nanosecond: the clock has 12.5 MHz.
const INSTRUCTIONS_PER_TICK: u64 = 80;

/// Takes the supply away at so many moments of updates of each kind, on boards that share them.
pub(super) fn kills(
    workspace: &Workspace,
    image: PathBuf,
    kills: usize,
    boards: usize,
    seed: u64,
) -> Result<()> {
    let program = build(workspace)?;
    let boards = boards.clamp(1, kills.max(1));
    let laboratory = open(image, boards, &[])?;
    let address = laboratory.address.to_string();
    let runs = shares(kills, boards).enumerate().map(|(place, share)| {
        let seed = seed + place as u64;
        let board = (place + 1).to_string();
        [
            "kills".to_owned(),
            String::new(),
            address.clone(),
            board,
            share.to_string(),
            seed.to_string(),
        ]
    });
    in_parallel(&program, &laboratory, runs.collect())
}

/// Sends so many hostile frames, to boards that share them.
pub(super) fn hostile(
    workspace: &Workspace,
    image: PathBuf,
    frames: usize,
    boards: usize,
    seed: u64,
) -> Result<()> {
    let program = build(workspace)?;
    let laboratory = open(image, boards, &[])?;
    let runs = shares(frames, boards).enumerate().map(|(place, share)| {
        let seed = seed + place as u64;
        [
            "hostile".to_owned(),
            String::new(),
            share.to_string(),
            seed.to_string(),
        ]
    });
    in_parallel(&program, &laboratory, runs.collect())
}

/// Prints how many instructions each kind of request takes.
pub(super) fn instructions(workspace: &Workspace, image: PathBuf) -> Result<()> {
    let program = build(workspace)?;
    let laboratory = open(image, 1, &["-icount", "shift=0"])?;
    let endpoint = laboratory.endpoints().remove(0);
    let control = laboratory.control().replace("{device}", "1");
    let output = Command::new(&program)
        .args(["steps", &endpoint, &control])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(
        output.status.success(),
        "the steps can't be measured ({})",
        output.status
    );
    println!("instructions on the Cortex-M3, as QEMU counts them, to the nearest {INSTRUCTIONS_PER_TICK}:");
    for line in String::from_utf8(output.stdout)?.lines() {
        let (step, ticks) = line.split_once(' ').context("no figure")?;
        println!(
            "  {step:<14} {:>12}",
            ticks.parse::<u64>()? * INSTRUCTIONS_PER_TICK
        );
    }
    Ok(())
}

fn open(image: PathBuf, boards: usize, options: &'static [&'static str]) -> Result<Laboratory> {
    let kind = Kind {
        image,
        clock_rate: 1,
        options,
    };
    Laboratory::open(&kind, boards)
}

/// As equal as can be.
fn shares(all: usize, boards: usize) -> impl Iterator<Item = usize> {
    (0..boards).map(move |place| all / boards + usize::from(place < all % boards))
}

/// One run for each board, whose endpoint takes the empty place; all have to end well.
fn in_parallel<const N: usize>(
    program: &Path,
    laboratory: &Laboratory,
    runs: Vec<[String; N]>,
) -> Result<()> {
    let mut children = Vec::new();
    for (mut words, endpoint) in runs.into_iter().zip(laboratory.endpoints()) {
        words[1] = endpoint;
        let child = Command::new(program).args(&words).spawn();
        children.push(crate::listening::Running(
            child.context("the example can't be started")?,
        ));
    }
    let mut failed = 0;
    for child in &mut children {
        failed += usize::from(!child.0.wait()?.success());
    }
    for line in laboratory.said() {
        println!("a board said: {line}");
    }
    ensure!(failed == 0, "{failed} boards did not live through it");
    ensure!(laboratory.said().is_empty(), "a board has panicked: see above");
    Ok(())
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "build",
        "--quiet",
        "--package",
        "cardwire-conformance",
        "--example",
        "board",
    ]);
    workspace::run(&mut cargo)?;
    Ok(workspace.target.join("debug/examples/board"))
}
