//! Runs what is measured. `cargo xtask bench` starts it and makes the tables; each line is a cell, tab-separated.
//!
//! - `codec-bench count`, under callgrind: runs all cells three times, one after another.
//! - `codec-bench time`: median nanoseconds of each cell over many rounds, in which all cells have their turn.

use cardwire_codec_benches::{Cell, cells};
use core::hint::black_box;
use core::time::Duration;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

/// Of which the second and the third are compared: the first one pays for what happens once in a process.
const COUNTED_ROUNDS: usize = 3;

/// Each of them gives one time to each cell.
const TIMED_ROUNDS: usize = 301;

/// How often a cell runs for one time: long enough for the clock, and short enough that disturbances hit few rounds.
const BATCH: u32 = 200;

fn main() -> ExitCode {
    let mut cells = cells();
    match std::env::args().nth(1).as_deref() {
        Some("count") => {
            count(&mut cells);
            print(&cells, &[]);
        }
        Some("time") => {
            let medians = time(&mut cells);
            print(&cells, &medians);
        }
        _ => {
            eprintln!("usage: codec-bench count|time; see `cargo xtask bench --help`");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn count(cells: &mut [Cell]) {
    for _ in 0..COUNTED_ROUNDS {
        for cell in &mut *cells {
            black_box(cell.run());
        }
    }
}

fn time(cells: &mut [Cell]) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(TIMED_ROUNDS); cells.len()];
    for _ in 0..TIMED_ROUNDS {
        for (cell, times) in cells.iter_mut().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..BATCH {
                black_box(cell.run());
            }
            times.push(start.elapsed());
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e9 / f64::from(BATCH)
    };
    times.into_iter().map(median).collect()
}

fn print(cells: &[Cell], medians: &[f64]) {
    let mut out = std::io::stdout().lock();
    for (at, cell) in cells.iter().enumerate() {
        let time = medians.get(at).map_or(String::new(), |ns| format!("{ns:.2}"));
        // A reader that has gone away needs no lines.
        let _ = writeln!(
            out,
            "{}\t{}\t{}\t{}\t{time}",
            cell.operation.name(),
            cell.codec,
            cell.message,
            cell.size
        );
    }
}
