//! The board with two slots for software, in QEMU: updated over the protocol by the project's own client and cloud.

mod bench;

use super::image::{self, Image};
use super::{IDENTITIES, qemu};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail, ensure};
use bench::{Bench, Board};
use cardwire_first_stage::{map, seal};
use core::net::SocketAddr;
use core::time::Duration;
use ed25519_dalek::SigningKey;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{fs, thread};

/// How long the check goes on.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often the power goes in the middle of an update
    #[arg(long, default_value_t = 20)]
    kills: u32,
    /// Other moments for other seeds
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The program that has client and cloud; built where none is given
    #[arg(long, value_name = "FILE")]
    cardwire: Option<PathBuf>,
}

impl Options {
    /// What is done for every change.
    pub(super) const CHECK: Self = Self {
        kills: 5,
        seed: 1,
        cardwire: None,
    };
}

/// The version that the board is updated to.
const NEW: &str = "0.2.0-update";

/// Runs the board until it is stopped.
pub(super) fn run(workspace: &Workspace, listen: SocketAddr, state: &Path) -> Result<()> {
    fs::create_dir_all(state).with_context(|| format!("{} can't be made", state.display()))?;
    let flash = state.join(bench::FLASH);
    if !flash.exists() {
        let authority = image::authority(&workspace.root.join(IDENTITIES))?;
        fs::write(&flash, Image::build(workspace, None, &authority)?.new_flash()?)?;
    }
    println!(
        "the reader listens on tcp:{listen}, for one client at a time; its flash is in {}",
        state.display()
    );
    qemu::become_it(bench::board(workspace, state, listen))
}

/// Holds updates of software to what the book says of them.
pub(super) fn check(workspace: &Workspace, options: &Options) -> Result<()> {
    let authority = image::authority(&workspace.root.join(IDENTITIES))?;
    let old = Image::build(workspace, None, &authority)?;
    let new = Image::build(workspace, Some(NEW), &authority)?;
    let bench = Bench::prepare(workspace, options.cardwire.as_deref(), &old)?;

    let took = update(&bench, &old, &new)?;
    try_once(&bench, &old, &new)?;
    go_back(&bench, &old, &new)?;
    refuse(&bench, &new, &authority)?;
    lose_power(&bench, &old, &new, took, options)
}

/// What was published runs, also after the power was off; tells how long that took.
fn update(bench: &Bench<'_>, old: &Image, new: &Image) -> Result<f64> {
    let mut board = bench.new_board()?;
    board.runs(&old.name)?;
    bench.publish(new, 1)?;
    let start = Instant::now();
    let software = bench.visit(&mut board)?;
    let took = start.elapsed().as_secs_f64();
    ensure!(software == new.name, "after the update {software} runs");
    ensure!(bench.counter()? == 1, "the update is not confirmed");
    let mut board = board.power_cycle()?;
    board.runs(&new.name)?;
    drop(board);
    println!(
        "updated from {} to {} in {took:.1} s, confirmed, and there after power was off",
        old.name, new.name
    );
    bench.keep("updated")?;
    Ok(took)
}

/// Software on trial runs, and is gone with the power, where no login has confirmed it.
fn try_once(bench: &Bench<'_>, old: &Image, new: &Image) -> Result<()> {
    let mut board = bench.new_board()?;
    bench.publish(new, 1)?;
    drop(bench.bring_on_trial(&mut board)?);
    board.runs(&new.name)?;
    for _ in 0..2 {
        board = board.power_cycle()?;
        board.runs(&old.name)?;
    }
    println!(
        "{} ran on trial, and was given up when the power went: {} runs",
        new.name, old.name
    );
    Ok(())
}

/// Of two updates that were confirmed the one before starts where the last one is damaged, and none where both are.
fn go_back(bench: &Bench<'_>, old: &Image, new: &Image) -> Result<()> {
    let mut board = bench.back_to("updated")?;
    // The next update: the software that the factory had, under a counter of its own.
    bench.publish(old, 2)?;
    let software = bench.visit(&mut board)?;
    ensure!(software == old.name, "after the second update {software} runs");
    drop(board);
    bench.spoil(|flash| flash[map::SLOT_A as usize + 0x1234] ^= 0x10)?;
    let mut board = bench.start()?;
    board.runs(&new.name)?;
    println!("of the software in force one bit was flipped: the one before it runs");
    drop(board);
    bench.spoil(|flash| flash[(map::SLOT_A + map::SLOT) as usize + 0x1234] ^= 0x10)?;
    bench.start()?.says("neither slot holds software that may run")?;
    println!("of both: nothing runs");
    Ok(())
}

/// What is not sealed by the authority, or is other than what it has sealed, never runs: it is given up, though the manifest is
/// right and the reader has taken it. So is software that is sealed and comes to nothing.
fn refuse(bench: &Bench<'_>, new: &Image, authority: &SigningKey) -> Result<()> {
    let (flat, _) = new
        .bytes
        .split_at_checked(new.bytes.len() - seal::SIZE)
        .context("an image has a seal")?;
    let mut flipped = new.bytes.clone();
    flipped[flat.len() / 2] ^= 1;
    let refused = [
        ("with a flipped bit", flipped),
        ("without a seal", flat.to_vec()),
        (
            "sealed by another key",
            image::sealed(flat, &SigningKey::from_bytes(&[7; 32])),
        ),
        ("made for another place", image::sealed(&hangs(0x400), authority)),
        (
            "that hangs",
            image::sealed(&hangs(map::SOFTWARE.start + 64), authority),
        ),
    ];
    let mut board = bench.back_to("updated")?;
    for (counter, (what, bytes)) in (2..).zip(refused) {
        let image = Image {
            name: "cardwire-firmware-wrong".to_owned(),
            bytes,
        };
        bench.publish(&image, counter)?;
        board = stays(bench, board, new, &format!("software {what}"))?;
    }
    bench.publish_by_stranger(new, 99)?;
    stays(bench, board, new, "a manifest by another authority").map(drop)
}

/// That what was published last comes to nothing, and is told so.
fn stays<'b>(bench: &Bench<'_>, mut board: Board<'b>, image: &Image, what: &str) -> Result<Board<'b>> {
    // A client may give up a line that is dead for as long as the watchdog takes; the next visit tells the cloud.
    let first = bench.visit(&mut board).unwrap_or_else(|_| image.name.clone());
    for (visit, software) in [("first", first), ("second", bench.visit(&mut board)?)] {
        ensure!(
            software == image.name,
            "{software} runs after the {visit} visit with {what}"
        );
    }
    ensure!(bench.failed()? == 1, "the cloud counts no failure of {what}");
    ensure!(bench.counter()? == 1, "a counter rose by {what}");
    let mut board = board.power_cycle()?;
    board.runs(&image.name)?;
    println!("{what}: refused, and {} runs on", image.name);
    Ok(board)
}

/// Software that does nothing, for ever, whatever it is asked by interrupts and faults; it begins at this address.
fn hangs(begins: u32) -> Vec<u8> {
    const VECTORS: u32 = 16;
    let handler = map::SOFTWARE.start + 4 * VECTORS;
    let branch_to_itself = [0xfe, 0xe7, 0xfe, 0xe7];
    let mut vectors = vec![handler | 1; VECTORS as usize];
    vectors[0] = map::STACK.end();
    vectors[1] = begins | 1;
    let vectors = vectors.iter().flat_map(|vector| vector.to_le_bytes());
    vectors.chain(branch_to_itself).collect()
}

/// The power goes at any moment of an update, up to the login that confirms it: afterwards the old or the new software runs, and
/// the next visit brings it to its end, or the next update, where it was given up.
fn lose_power(bench: &Bench<'_>, old: &Image, new: &Image, took: f64, options: &Options) -> Result<()> {
    drop(bench.new_board()?);
    bench.publish(new, 1)?;
    bench.keep("published")?;
    let mut random = options.seed;
    let mut left = [0_u32; 2];
    let mut given_up = 0;
    for kill in 1..=options.kills {
        let mut board = bench.back_to("published")?;
        board.runs(&old.name)?;
        // splitmix64
        random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (random ^ (random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let share = (mixed >> 40) as f64 / f64::from(1 << 24);
        // Every other time while bytes come in, and else when they are committed: reset, trial and confirmation.
        let (visit, wait) = if kill % 2 == 0 {
            (bench.bring_on_trial(&mut board)?, took / 2.0)
        } else {
            (bench.begin(&mut board)?, took)
        };
        thread::sleep(Duration::from_secs_f64(wait * share));
        let mut board = board.power_cycle()?;
        drop(visit);
        let software = board.software()?;
        let which = [&old.name, &new.name].iter().position(|name| **name == software);
        let Some(which) = which else {
            bail!("{software} runs after kill {kill} of --seed {}", options.seed);
        };
        left[which] += 1;
        let mut software = bench.visit(&mut board)?;
        if software == old.name && bench.failed()? == 1 {
            // The power went while it was on trial: the cloud counts that as any trial that is not passed.
            given_up += 1;
            bench.publish(new, 2)?;
            software = bench.visit(&mut board)?;
        }
        ensure!(
            software == new.name,
            "{software} runs after kill {kill} of --seed {} and a visit",
            options.seed
        );
    }
    println!(
        "power went {} times during an update: the old software ran afterwards {} times, {given_up} of them as a trial was \
         given up, and the new one {} times; all could be brought to their end",
        options.kills, left[0], left[1]
    );
    Ok(())
}
