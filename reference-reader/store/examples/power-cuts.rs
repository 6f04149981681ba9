//! Cuts the power of a reader's flash wherever it can be cut, and prints how often: `cargo xtask power-cuts` builds and
//! starts it.

use anyhow::{Result, bail, ensure};
use cardwire_store::{
    Fault,
    mock::{Counts, Inside, ordinary, runs, sweep},
};
use clap::Parser;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
    thread,
};

/// Cut the power before, inside and after every flash operation of a reader's ordinary writes, and of the recovery after
/// them; then in random runs; then of whole updates
///
/// Whole updates are cut in every operation and at every second one with 2 ways of being cut inside, unless `--inside` says
/// otherwise; with `--short` 1 of 211 second cuts is tried. The other options are for the writes and the random runs.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask power-cuts", bin_name = "cargo xtask power-cuts")]
struct Arguments {
    /// How many random runs with two cuts each
    #[arg(long, default_value_t = 1_000_000)]
    runs: u64,
    /// From which they follow: this one and those behind it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many threads [default: one for each core]
    #[arg(long)]
    threads: Option<usize>,
    /// Ways of being cut inside that are tried for each operation; of the second cut half as many
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    inside: u64,
    /// Sweep flash with small blocks only: for a quick look
    #[arg(long)]
    short: bool,
    /// Do it with a faulty store, which is to be caught
    #[arg(long, value_parser = fault)]
    fault: Option<Fault>,
}

fn fault(name: &str) -> Result<Fault, String> {
    let found = Fault::ALL.iter().find(|fault| format!("{fault:?}") == name);
    found
        .copied()
        .ok_or_else(|| format!("there is none of this name, but {:?}", Fault::ALL))
}

fn main() -> ExitCode {
    match work(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(arguments: &Arguments) -> Result<()> {
    println!(
        "each cut leaves the old value or the new one, loses nothing that was acknowledged, and harms no neighbour\n"
    );
    println!(
        "{:<16} {:>5} {:>6} {:>6} | {:>7} {:>8} {:>7} | {:>9} {:>9} {:>9}",
        "write", "word", "places", "ops", "before", "inside", "after", "2nd bef.", "2nd ins.", "2nd aft."
    );
    let mut total = Counts::default();
    if arguments.short {
        total.add(table::<4, 256>(arguments)?);
    } else {
        total.add(table::<1, 4096>(arguments)?);
        total.add(table::<4, 4096>(arguments)?);
        total.add(table::<8, 4096>(arguments)?);
        total.add(table::<16, 4096>(arguments)?);
        // Every place in a block, where a block has few.
        total.add(table::<4, 512>(arguments)?);
    }
    row("all", "", "", total);
    println!("\nbricked 0, lost 0");
    random(arguments)
}

fn table<const WORD: usize, const PAGE: usize>(arguments: &Arguments) -> Result<Counts> {
    let inside = Inside {
        first: arguments.inside,
        second: arguments.inside.div_ceil(2),
    };
    let mut total = Counts::default();
    for (name, scenarios) in ordinary::scenarios::<WORD, PAGE>(PAGE < 4096, arguments.fault) {
        let places = scenarios.len();
        let mut counts = Counts::default();
        for scenario in scenarios {
            counts.add(sweep::<WORD, PAGE, _>(&scenario, inside)?);
        }
        row(name, &format!("{WORD}/{PAGE}"), &places.to_string(), counts);
        total.add(counts);
    }
    Ok(total)
}

fn row(name: &str, word: &str, places: &str, counts: Counts) {
    let Counts {
        operations,
        first: [before, inside, after],
        second: [before_2, inside_2, after_2],
    } = counts;
    println!(
        "{name:<16} {word:>7} {places:>4} {operations:>6} | {before:>7} {inside:>8} {after:>7} | {before_2:>9} {inside_2:>9} {after_2:>9}"
    );
}

fn random(arguments: &Arguments) -> Result<()> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = arguments.threads.unwrap_or(cores).max(1) as u64;
    let (done, cuts) = (AtomicU64::new(0), AtomicU64::new(0));
    let on_terminal = std::io::stderr().is_terminal();
    let work = &|thread: u64| -> Result<(), Box<runs::Failed>> {
        for number in (thread..arguments.runs).step_by(threads as usize) {
            let came = runs::run(arguments.seed.wrapping_add(number), arguments.fault)?;
            cuts.fetch_add(came, Relaxed);
            let done = done.fetch_add(1, Relaxed) + 1;
            if on_terminal && done.is_multiple_of(10_000) {
                // A line that can't be written is no reason to stop.
                let _ = write!(std::io::stderr(), "\r{done} of {}", arguments.runs);
            }
        }
        Ok(())
    };
    let failed = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        let results = threads.into_iter().map(|thread| thread.join());
        results.collect::<Result<Vec<_>, _>>()
    });
    if on_terminal {
        eprintln!();
    }
    let Ok(results) = failed else {
        bail!("a run panicked; it says above where");
    };
    for result in results {
        result?;
    }
    let (done, cuts) = (done.into_inner(), cuts.into_inner());
    ensure!(
        done == arguments.runs,
        "only {done} of {} runs were made",
        arguments.runs
    );
    println!(
        "{done} random runs from seed {}, {cuts} cuts came in them: none bricked, none lost",
        arguments.seed
    );
    Ok(())
}
