//! `agree`: see the library; `cargo xtask agree` builds and starts it.

use anyhow::{Context as _, Result, bail};
use cardwire_agreement::{
    Generated, Input, Interpreter, Judge, Options, Subject, run,
    shrink::{disagree, shrink},
};
use cardwire_spec::{Protocol, interpret::hex};
use clap::Parser;
use std::{
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    thread,
};

/// Hold the generated codec against the interpreter of the schema
#[derive(Debug, Parser)]
#[command(name = "cargo xtask agree", bin_name = "cargo xtask agree")]
struct Arguments {
    /// How many inputs to show to both
    #[arg(long, default_value_t = 10_000_000)]
    inputs: u64,
    /// From which all inputs follow
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many threads [default: one for each core]
    #[arg(long)]
    threads: Option<usize>,
    /// Show only this input: what the bytes are taken for, as in `request`, `document:logic`, `cbor:hello`, `line` or
    /// `stream`
    #[arg(long, value_name = "PLACE", requires = "hex")]
    at: Option<String>,
    /// The bytes, for `--at`
    #[arg(requires = "at")]
    hex: Option<String>,
    /// The schema
    #[arg(long, default_value = "spec/protocol.toml")]
    schema: PathBuf,
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
    let protocol = cardwire_spec::load(&arguments.schema)?;
    let interpreter = Interpreter(&protocol);
    let judges: [&dyn Judge; 2] = [&Generated, &interpreter];
    if let (Some(at), Some(hex)) = (&arguments.at, &arguments.hex) {
        return show(&protocol, judges, at, hex);
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        inputs: arguments.inputs,
        seed: arguments.seed,
        threads: arguments.threads.unwrap_or(cores),
    };
    let on_terminal = std::io::stderr().is_terminal();
    let report = run(&protocol, judges, options, |shown| {
        if on_terminal {
            // A line that can't be written is no reason to stop.
            let _ = write!(std::io::stderr(), "\r{shown} of {}", options.inputs);
        }
    });
    if on_terminal {
        eprintln!();
    }
    let found = match report {
        Ok(report) => {
            println!("{report} (seed {})", arguments.seed);
            return Ok(());
        }
        Err(found) => found,
    };
    let least = shrink(&found, judges);
    let [generated, interpreted] = &least.verdicts;
    bail!(
        "the two codecs do not agree on input {} of seed {}: {}\nthe smallest of its kind: {}\n  generated codec: \
         {generated}\n  interpreter:     {interpreted}\nto see it again: cargo xtask agree --at {}",
        least.number,
        arguments.seed,
        found.input,
        least.input,
        least.input
    )
}

/// Shows one input to both.
fn show(protocol: &Protocol, judges: [&dyn Judge; 2], at: &str, hex: &str) -> Result<()> {
    let subject = Subject::parse(protocol, at).with_context(|| {
        format!("`{at}` is nothing to take bytes for: name a place, as in `request` or `document:logic`, a message in CBOR, as in `cbor:hello`, or `line`, or `stream`")
    })?;
    let bytes = hex::decode(hex).with_context(|| format!("`{hex}` is not hexadecimal"))?;
    let input = Input { subject, bytes };
    let [generated, interpreted] = judges.map(|judge| judge.judge(&input, true));
    println!("generated codec: {generated}\ninterpreter:     {interpreted}");
    match disagree(&input, judges) {
        Some(_) => bail!("the two codecs do not agree"),
        None => Ok(()),
    }
}
