//! Chores of the workspace: `cargo xtask --help`.
//!
//! Everything that continuous integration does is a step here, so that each can be run at home, alone.

mod adapters;
mod agree;
mod bench;
mod book;
mod certify;
mod changes;
mod citations;
mod copies;
mod core_mutants;
mod coverage;
mod false_alarms;
mod faults;
mod figures;
mod firmware;
mod fleet;
mod footprint;
mod fuzz;
mod generate;
mod hostile;
mod image;
mod interop;
mod kept;
mod linked;
mod listening;
mod llvm;
mod mutants;
mod panic_free;
mod parts;
mod power_cuts;
mod proof;
mod python;
mod report;
mod setup;
mod steps;
mod toolchain;
mod tools;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use steps::Step;
use workspace::Workspace;

/// Chores of the Cardwire workspace.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install what the steps need and this machine lacks
    ///
    /// Debian packages by apt-get (as root or by sudo); cargo-deny, duvet, mdbook, lychee and cargo-fuzz by cargo into
    /// target/tools. Never a Rust toolchain. What is there already is left alone.
    Setup,
    /// Run setup and then every step, stopping at the first that fails
    ///
    /// This is what continuous integration runs.
    Test,
    /// Build what later steps of `test` need, as it has done beside its tests
    #[command(hide = true)]
    BuildAhead,
    /// Run one step of `test`, without setup
    Step {
        /// Which one
        #[arg(value_enum)]
        step: Step,
    },
    /// Write the files that are generated from spec/protocol.toml
    Generate {
        /// Write nothing; fail and list the files that are stale
        #[arg(long)]
        check: bool,
    },
    /// Measure the codec beside its peers; print the table of what it has to reach, and write it into book and README
    ///
    /// Instruction counts decide, which repeat exactly; times are taken in the same run and stand beside them.
    Bench(bench::Options),
    /// Build the book as HTML into target/book
    Book,
    /// Hold the generated codec against the interpreter of the schema, on inputs that follow from a seed
    ///
    /// What they do not agree on is made as small as can be, and printed with the command that shows it again.
    Agree {
        /// Options of the program: `cargo xtask agree -- --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION")]
        options: Vec<String>,
    },
    /// Have 200 readers log in to one cloud at once and take an update, and kill the cloud in the middle
    ///
    /// Prints rate, latencies and memory; fails where a reader is stranded or the cloud has forgotten what it told.
    Fleet {
        /// Options of the program: `cargo xtask fleet -- --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION")]
        options: Vec<String>,
    },
    /// Measure how many lines of the codec its own tests run, and fail below the bar
    Coverage,
    /// Leave out one rule of the codec after the other, and demand that a vector notices
    ///
    /// The mutants stand in codec/mutants.toml.
    CodecMutants(mutants::Options),
    /// Change the reader core in one small thing after the other, and have each certified: does the suite alone notice?
    ///
    /// A sample of what cargo-mutants lists, drawn by a seed. It takes an hour or two, and goes on where it was. Score and
    /// survivors stand in conformance/mutants.toml.
    CoreMutants(core_mutants::Options),
    /// Show that the codec can't panic, and print how deep its stack is
    ///
    /// Links it alone, for a Cortex-M3 and for this machine, and looks at what is in the images.
    PanicFree,
    /// Cut the power of a reader's flash at every operation, and again while it recovers; then in a million random runs
    ///
    /// Prints how many cuts were tried. What is not survived is printed with the seed that shows it again.
    PowerCuts {
        /// Options of the program: `cargo xtask power-cuts -- --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION")]
        options: Vec<String>,
    },
    /// Print the attack table: every threat of the book, its attacks on the real reader core, and how often they tried
    Attacks,
    /// Run services over a line that loses, repeats and corrupts a tenth of its frames, and print what came of them
    ///
    /// 10,000 in virtual time, and 200 over TCP.
    Lossy,
    /// Prove that the suite catches every faulty reader, and hold what is found to spec/evidence.json
    ///
    /// A whole run takes some minutes; while you write a case or a fault, run a part.
    Proof(proof::Options),
    /// Edit the faulty readers of the core, which are patches of its sources
    #[command(subcommand)]
    Faults(faults::Command),
    /// Certify the sound reader again and again, with other seeds, on busy processors: whatever fails is a false alarm
    ///
    /// 200 runs take more than an hour; it goes on where it was. Prints each alarm with what shows it again.
    FalseAlarms(false_alarms::Options),
    /// Print what the conformance suite has to reach: each figure, its bar, and whether it holds
    ///
    /// Times are measured, and want a quiet machine; what takes hours is read from what those commands have left.
    Figures,
    /// Print what the reader's core takes of a Cortex-M3: flash, static RAM, and how deep its stack gets
    ///
    /// Links it alone and looks at the image: the stack is a bound that holds for every input.
    Footprint,
    /// Fuzz: campaigns on the targets in fuzz/, and what becomes of what they find
    #[command(subcommand)]
    Fuzz(fuzz::Command),
    /// The reference reader on a Cortex-M3, in QEMU
    #[command(subcommand)]
    Firmware(firmware::Command),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    if let Command::Firmware(command) = &arguments.command
        && let Some(done) = command.run_anywhere()
    {
        return done;
    }
    let workspace = Workspace::find()?;
    match arguments.command {
        Command::Setup => setup::run(&workspace),
        Command::Test => steps::run_all(&workspace),
        Command::BuildAhead => steps::build_ahead(&workspace),
        Command::Step { step } => step.run(&workspace),
        Command::Generate { check: false } => generate::write(&workspace),
        Command::Generate { check: true } => generate::check(&workspace),
        Command::Bench(options) => bench::run(&workspace, &options),
        Command::Book => book::build(&workspace).map(|_| ()),
        Command::Agree { options } => agree::run(&workspace, &options),
        Command::Fleet { options } => fleet::run(&workspace, &options),
        Command::Coverage => coverage::run(&workspace),
        Command::CodecMutants(options) => mutants::run(&workspace, &options),
        Command::CoreMutants(options) => core_mutants::run(&workspace, &options),
        Command::PanicFree => panic_free::run(&workspace),
        Command::PowerCuts { options } => power_cuts::run(&workspace, &options),
        Command::Attacks => hostile::attacks(&workspace),
        Command::Lossy => hostile::lossy(&workspace),
        Command::Proof(options) => proof::run(&workspace, &options),
        Command::Faults(command) => command.run(&workspace),
        Command::FalseAlarms(options) => false_alarms::run(&workspace, &options),
        Command::Figures => figures::run(&workspace),
        Command::Footprint => footprint::run(&workspace),
        Command::Fuzz(command) => command.run(&workspace),
        Command::Firmware(command) => command.run(&workspace),
    }
}
