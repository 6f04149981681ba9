//! The codec beside its peers: instruction counts that repeat exactly, times, sizes, and the flash of a Cortex-M.
//!
//! Counts decide. They are callgrind's, of the programs in `codec/benches`; times are medians of one run and only stand
//! beside them. What was measured is written into the book and quoted in the README.

mod bars;
mod flash;
pub(crate) mod flash_model;
mod measure;
mod page;

use crate::workspace::Workspace;
use anyhow::{Context as _, Result, ensure};
use bars::Bar;
use measure::Measurements;
use std::collections::BTreeSet;
use std::fs;

/// The bars that were held when they were measured last: what `--check` holds the codec to.
const HELD: &str = "codec/benches/held.toml";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Print the exact counts of each codec for each message; measure no times and no flash
    #[arg(long)]
    instructions: bool,
    /// Write nothing; fail if a bar of instruction counts or sizes that is recorded as held is held no longer
    #[arg(long)]
    check: bool,
}

impl Options {
    /// What continuous integration runs: it has no quiet machine, and counts need none.
    pub(crate) const CHECK: Self = Self {
        instructions: false,
        check: true,
    };
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let program = measure::build(workspace)?;
    let mut measurements = measure::counts(workspace, &program)?;
    if options.check {
        return check(workspace, &bars::of_counts(&measurements)?);
    }
    if options.instructions {
        println!("{}", page::counts(&measurements));
        println!("{}", page::bars(&bars::of_counts(&measurements)?));
        return page::write_counts(workspace, &measurements);
    }
    measure::times(&program, &mut measurements)?;
    let weights = flash::weigh(workspace)?;
    let mut all = bars::of_counts(&measurements)?;
    all.extend(bars::of_flash(&weights));
    print(&measurements, &weights, &all);
    page::write(workspace, &measurements, &weights, &all)?;
    record(workspace, &all)
}

fn print(measurements: &Measurements, weights: &flash::Weights, all: &[Bar]) {
    println!("{}", page::counts(measurements));
    println!("{}", page::times(measurements));
    println!("{}", page::flash(weights));
    println!("{}", page::bars(all));
}

/// Fails where a bar that is recorded as held is not.
fn check(workspace: &Workspace, bars: &[Bar]) -> Result<()> {
    println!("{}", page::bars(bars));
    let held = recorded(workspace)?;
    let lost: Vec<String> = bars
        .iter()
        .filter(|bar| held.contains(bar.name) && !bar.is_held())
        .filter_map(|bar| {
            let at_most = bar.at_most?;
            Some(format!(
                "{} is {:.3}, at most {at_most:.2} was held",
                bar.name, bar.value
            ))
        })
        .collect();
    ensure!(
        lost.is_empty(),
        "the codec has become slower or larger: {}; see `cargo xtask bench --instructions` for the counts",
        lost.join("; ")
    );
    println!("every bar that is recorded as held is held");
    Ok(())
}

fn recorded(workspace: &Workspace) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(workspace.root.join(HELD))
        .with_context(|| format!("{HELD} can't be read; `cargo xtask bench` writes it"))?;
    let table: toml::Table = text.parse()?;
    let names = table.get("held").and_then(toml::Value::as_array);
    let names = names.with_context(|| format!("{HELD} has no list `held`"))?;
    Ok(names
        .iter()
        .filter_map(toml::Value::as_str)
        .map(str::to_owned)
        .collect())
}

fn record(workspace: &Workspace, bars: &[Bar]) -> Result<()> {
    let names = bars.iter().filter(|bar| bar.is_held());
    let lines: String = names.map(|bar| format!("    \"{}\",\n", bar.name)).collect();
    let text = format!(
        "# The bars that were held when `cargo xtask bench` ran last, which writes this file; CI holds the codec to them.\n\
         held = [\n{lines}]\n"
    );
    fs::write(workspace.root.join(HELD), text).with_context(|| format!("{HELD} can't be written"))
}
