//! The steps of `cargo xtask test`, in order: what is quick and fails often comes first.

use crate::toolchain::Toolchain;
use crate::tools::CARGO_DENY;
use crate::workspace::{self, Workspace};
use crate::{
    adapters, agree, bench, book, certify, citations, coverage, firmware, fleet, fuzz, generate, hostile,
    interop, mutants, panic_free, power_cuts, proof, report, setup,
};
use anyhow::{Context as _, Result, anyhow, ensure};
use clap::ValueEnum;
use core::time::Duration;
use std::{
    process::{Child, Command, Output, Stdio},
    thread,
    time::Instant,
};

/// One thing that has to hold before a change is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Every file is formatted
    Format,
    /// No warning of the compiler or of clippy
    Lint,
    /// Tests of every crate, documentation tests included; in some, programs of others see the simulated card through PC/SC,
    /// and the reference reader works on it there and is certified
    Tests,
    /// Documentation builds without a warning
    Docs,
    /// Generated files are what spec/protocol.toml says
    Generated,
    /// The book builds without a warning, and no link leads nowhere
    Book,
    /// Citations of requirements in code and tests say what the book says
    Citations,
    /// The generated codec and the interpreter of the schema agree on many inputs
    Agree,
    /// Every fuzz target builds, with a nightly compiler, and runs for a moment
    Fuzz,
    /// The codec's own tests run nearly all of its lines
    Coverage,
    /// Vectors notice every rule that the codec leaves out
    CodecMutants,
    /// Codec, core, card, store and first stage build for a Cortex-M3, without std and without an allocator
    NoStd,
    /// The codec, linked alone, holds nothing that panics or recurs, and its stack is bounded
    PanicFree,
    /// What a reader stores survives power cuts at every flash operation, and a second one after each
    PowerCuts,
    /// The firmware is small enough, keeps the hardware contract, and answers hello, in QEMU; what it is updated to is what runs,
    /// and nothing else
    Firmware,
    /// The reader on the board is certified over its serial line, in QEMU; it outlives power cuts in the middle of updates,
    /// and hostile bytes
    CertifyFirmware,
    /// Ten thousand services over a bad line: each executed once, or reported as failed
    Lossy,
    /// Licences, sources, duplicates and known weaknesses of dependencies
    Deny,
    /// The codec takes no more instructions and bytes, in relation to its peers, than it is recorded to take
    Bench,
    /// The adapters of codecs are certified, ours and the one in Python
    CertifyCodec,
    /// Many readers at once log in to one cloud and take an update, whatever becomes of the cloud in between
    Fleet,
    /// The reference reader is certified, over standard input and output, TCP and a serial line
    Certify,
    /// A reader in Python that was written from the book is certified, and the reference client gets from it what it gets
    /// from the reference reader
    Interop,
    /// Reports are readable in a browser, by keyboard and on a phone, and by programs of others
    Report,
    /// The suite catches every faulty reader and null device, and no requirement is proven less than before
    Proof,
}

/// Steps whose programs wait most of the time, for readers and for a browser: they are made one after the other, beside the
/// steps behind them.
const WAITING: [Step; 2] = [Step::Interop, Step::Report];

/// Runs setup and every step, and tells how long each took, also those that passed before one failed.
pub(crate) fn run_all(workspace: &Workspace) -> Result<()> {
    let begun = Instant::now();
    let mut times = Vec::new();
    let made = make_all(workspace, &mut times);
    if made.is_ok() {
        heading("all passed");
    } else {
        heading("not all passed");
    }
    for (name, time) in &times {
        println!("{name:<16} {:>7.1} s", time.as_secs_f64());
    }
    println!("{:<16} {:>7.1} s", "", begun.elapsed().as_secs_f64());
    made
}

/// Builds what steps behind the tests need, and takes longest.
pub(crate) fn build_ahead(workspace: &Workspace) -> Result<()> {
    fuzz::build_short(workspace)?;
    firmware::build_all(workspace)?;
    workspace::run(workspace.cargo().args(["build", "--release"]))
}

/// The same beside the tests, which leave a processor idle half of the time, and at the lowest priority: the tests come first.
/// Nothing is lost where it fails: a step builds what is not there, and waits for what is being built.
struct Ahead(Option<Child>);

impl Ahead {
    fn start(workspace: &Workspace) -> Self {
        let cargo = workspace.cargo();
        let mut command = workspace.command("nice");
        command.args(["-n", "19"]).arg(cargo.get_program());
        command.args(["xtask", "build-ahead"]);
        for (kept_from_it, _) in cargo.get_envs().filter(|(_, value)| value.is_none()) {
            command.env_remove(kept_from_it);
        }
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok())
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may be over, which is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Setup and every step, with what those took that passed.
fn make_all(workspace: &Workspace, times: &mut Vec<(String, Duration)>) -> Result<()> {
    heading("setup");
    let start = Instant::now();
    setup::run(workspace).context("run it alone with `cargo xtask setup`")?;
    times.push(("setup".to_owned(), start.elapsed()));

    let mut beside = None;
    let mut ahead = None;
    for step in Step::value_variants() {
        if *step == Step::Tests {
            ahead.get_or_insert_with(|| Ahead::start(workspace));
        }
        if WAITING.contains(step) {
            beside.get_or_insert_with(|| thread::spawn(|| WAITING.map(Beside::run)));
            continue;
        }
        heading(&step.name());
        let start = Instant::now();
        step.run(workspace).with_context(|| alone(&step.name()))?;
        times.push((step.name(), start.elapsed()));
    }
    let made = beside.map(thread::JoinHandle::join).transpose();
    let made = made.map_err(|_| anyhow!("the steps beside the others could not be watched"))?;
    // All of them tell, also behind one that failed.
    let told = made.into_iter().flatten().map(|step| {
        times.push(step?.tell()?);
        Ok(())
    });
    told.fold(Ok(()), Result::and)
}

/// A step that was made by a process of its own, which told nobody so far.
struct Beside {
    name: String,
    output: Output,
    took: Duration,
}

impl Beside {
    /// Cargo starts it: the file of the program that runs here may have been built anew since.
    fn run(step: Step) -> Result<Self> {
        let name = step.name();
        let begun = Instant::now();
        let mut command = Workspace::find()?.cargo();
        let output = command
            .args(["xtask", "step", &name])
            .output()
            .with_context(|| format!("cargo can't be started for step {name}"))?;
        Ok(Self {
            name,
            output,
            took: begun.elapsed(),
        })
    }

    /// Tells what it told, and how long it took.
    fn tell(self) -> Result<(String, Duration)> {
        heading(&self.name);
        print!("{}", String::from_utf8_lossy(&self.output.stdout));
        eprint!("{}", String::from_utf8_lossy(&self.output.stderr));
        ensure!(self.output.status.success(), alone(&self.name));
        Ok((self.name, self.took))
    }
}

fn alone(name: &str) -> String {
    format!("step {name} failed; run it alone with `cargo xtask step {name}`")
}

impl Step {
    pub(crate) fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Format => workspace::run(workspace.cargo().args(["fmt", "--all", "--check"])),
            Self::Lint => lint(workspace),
            // Without `--all-targets`, which would leave out the documentation tests.
            Self::Tests => workspace::run(&mut on_host(workspace, "test")),
            Self::Docs => {
                let mut command = on_host(workspace, "doc");
                workspace::run(command.arg("--no-deps").env("RUSTDOCFLAGS", "-D warnings"))
            }
            Self::Generated => generate::check(workspace),
            Self::Book => book::check(workspace),
            Self::Citations => citations::check(workspace),
            Self::Agree => agree::short(workspace),
            Self::Fuzz => fuzz::short(workspace),
            Self::Coverage => coverage::run(workspace),
            Self::CodecMutants => mutants::run(workspace, &mutants::Options::all()),
            Self::NoStd => no_std(workspace),
            Self::PanicFree => panic_free::run(workspace),
            Self::PowerCuts => power_cuts::short(workspace),
            Self::Firmware => firmware::test(workspace),
            Self::CertifyFirmware => firmware::certify(workspace),
            Self::Lossy => hostile::lossy(workspace),
            Self::Deny => deny(workspace),
            Self::Bench => bench::run(workspace, &bench::Options::CHECK),
            Self::CertifyCodec => adapters::certify(workspace),
            Self::Fleet => fleet::run(workspace, &["--kills=3".to_owned()]),
            Self::Certify => certify::run(workspace),
            Self::Interop => interop::run(workspace),
            Self::Report => report::run(workspace),
            Self::Proof => proof::run(workspace, &proof::Options::recorded()),
        }
    }

    fn name(self) -> String {
        // Every variant has a name: none is skipped.
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

/// A cargo command for what builds on any host. The firmware is among it: its portable half is tested here, and the
/// rest compiles to nothing. What libFuzzer drives needs a nightly compiler. The feature `pcsc` is nobody's default, since
/// its library has to be installed; setup has.
fn on_host(workspace: &Workspace, command: &str) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args([command, "--workspace", "--exclude", "cardwire-fuzz-libfuzzer"]);
    cargo.args(["--features", "cardwire-cli/pcsc"]);
    cargo
}

/// Lints the workspace, the codec with each of its features alone, card and firmware as the chip and the laboratory have
/// them, and the command without PC/SC: what builds beside others that bring more with them may not build by itself.
fn lint(workspace: &Workspace) -> Result<()> {
    let mut command = on_host(workspace, "clippy");
    workspace::run(command.args(["--all-targets", "--", "-D", "warnings"]))?;
    for feature in ["names", "plain", "arbitrary", "proptest", "hardware-crc"] {
        let mut command = workspace.cargo();
        command.args(["clippy", "--package", "cardwire-codec", "--features", feature]);
        workspace::run(command.args(["--", "-D", "warnings"]))?;
    }
    for package in [
        &["cardwire-simcard"][..],
        &["cardwire-firmware", "--features", "bench"],
        &["cardwire-cli", "--package", "cardwire-host"],
    ] {
        let mut command = workspace.cargo();
        command.args(["clippy", "--package"]).args(package);
        workspace::run(command.args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

fn no_std(workspace: &Workspace) -> Result<()> {
    let mut command = Toolchain::find_or_explain()?.cargo_build(workspace);
    for package in [
        "cardwire-codec",
        "cardwire-core",
        "cardwire-simcard",
        "cardwire-store",
        "cardwire-first-stage",
        "cardwire-usb",
    ] {
        command.args(["--package", package]);
    }
    workspace::run(&mut command)
}

fn deny(workspace: &Workspace) -> Result<()> {
    let cargo_deny = || -> Result<Command> {
        let mut command = CARGO_DENY.command(workspace)?;
        // It asks cargo for the dependencies, and shall ask the same one.
        command
            .env("CARGO", workspace.cargo().get_program())
            .args(["--workspace"]);
        Ok(command)
    };
    // An exception that is not needed any more is a fault too, so that the list stays what it says.
    let stale = ["-D", "unmatched-skip", "-D", "unnecessary-skip"];
    workspace::run(
        cargo_deny()?
            .arg("check")
            .args(stale)
            .args(["licenses", "bans", "sources"]),
    )?;
    // The database of known weaknesses is a download. Where it can't be reached the rest still counts.
    if workspace::run(cargo_deny()?.args(["fetch", "db"])).is_err() {
        println!("NOTICE: the advisory database can't be reached: advisories are NOT checked in this run");
        return Ok(());
    }
    workspace::run(cargo_deny()?.args(["check", "--disable-fetch", "advisories"]))
}

fn heading(title: &str) {
    println!("\n== {title} ==");
}
