//! `cardwire certify`: does a reader keep to the protocol, or a client, or a codec?

mod client;
mod codec;
mod evidence;
pub(crate) mod forms;

use crate::{
    client::timeout_scale,
    failure::{Exit, Failure, Outcome},
    progress,
    terminal::{Format, print, print_json, say},
};
use cardwire_conformance::{Case, CaseResult, Options, Progress, Run, RunError, Verdict};
use cardwire_peers::Endpoint;
use clap::Subcommand;
use core::str::FromStr;
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

const EXAMPLE: &str = "\
Examples:
  cardwire certify                                       the reference reader, started for it
  cardwire certify client -- ./my-client --upper-tester
  cardwire certify reader serial:/dev/ttyACM0 --ics my-reader.toml --report report
  cardwire certify reader 'exec:my-reader --stdio' --ics my-reader.toml --filter 'link.*' --filter 'session.*'
  cardwire certify reader --ics my-reader.toml --ixit bench-7.toml
  cardwire certify codec -- python3 my_codec.py
  cardwire certify reader tcp:192.0.2.7:4000 --ics my-reader.toml --reset 'power-cycle 7' \
    --remove-card 'arm out' --insert-card 'arm in'

A reader is held to what its vendor claims of it: `cardwire ics new` asks, and writes the statement down. `cardwire ixit
new` does the same with what the laboratory must know; options go before what stands there.

Provision the reader with the published certification identity before, and put the certification card, or one like
it, into its slot. Whoever holds that identity can log in: a reader that leaves the house must not.

Exit codes: 0 certified, or all chosen cases passed; 1 not certified; 2 wrong usage; 3 device not reached; 4 fault of
the tester.";

const ENDPOINT: &str =
    "Where it is: tcp:HOST:PORT, serial:PATH[@BAUD] or exec:COMMAND; the reference reader where left out";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    device: Option<Device>,
    /// Run only cases whose id fits this pattern of `*` and `?`; may be repeated
    #[arg(long, value_name = "GLOB", global = true)]
    filter: Vec<String>,
    /// The vendor's statement of conformance, which decides the cases that apply; `cardwire ics new` makes one
    #[arg(long, value_name = "FILE", global = true)]
    ics: Option<PathBuf>,
    /// The laboratory's information for testing: endpoint, identity, bench, card; `cardwire ixit new` makes one
    #[arg(long, value_name = "FILE", global = true)]
    ixit: Option<PathBuf>,
    /// What random values follow from
    #[arg(long, value_name = "N", default_value_t = 0, global = true)]
    seed: u64,
    /// Wait this many times as long as the protocol says; as the IXIT says, or once, where left out
    #[arg(long, value_name = "FACTOR", value_parser = timeout_scale, global = true)]
    timeout_scale: Option<u32>,
    /// Write the reports into this folder; they replace those of the run before
    #[arg(long, value_name = "DIR", default_value = "cardwire-report", global = true)]
    report: PathBuf,
    /// How to tell the result
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
    /// Leave out cases in which time must pass; certifies nothing
    #[arg(long, global = true)]
    skip_slow: bool,
    /// Go on where the device does not even answer hello
    #[arg(long, global = true)]
    keep_going: bool,
    /// A program, with its arguments, that resets the device; one behind exec: is started anew without it
    #[arg(long, value_name = "COMMAND", global = true)]
    reset: Option<Words>,
    /// A program, with its arguments, that takes the supply away; cases that cut the power do not apply without
    #[arg(long, value_name = "COMMAND", requires = "power_on", global = true)]
    power_off: Option<Words>,
    /// A program, with its arguments, that gives the supply back
    #[arg(long, value_name = "COMMAND", requires = "power_off", global = true)]
    power_on: Option<Words>,
    /// A program, with its arguments, that pulls the card out; cases that need it do not apply without
    #[arg(long, value_name = "COMMAND", requires = "insert_card", global = true)]
    remove_card: Option<Words>,
    /// A program, with its arguments, that puts the card in again
    #[arg(long, value_name = "COMMAND", requires = "remove_card", global = true)]
    insert_card: Option<Words>,
}

#[derive(Debug, Subcommand)]
enum Device {
    /// Certify a reader
    #[command(after_help = EXAMPLE)]
    Reader {
        #[arg(help = ENDPOINT)]
        endpoint: Option<Endpoint>,
    },
    /// Certify a client, behind a program that tells it what to do
    #[command(after_help = client::EXAMPLE)]
    Client(client::Arguments),
    /// Out of scope for now: says so
    #[command(after_help = CLOUD)]
    Cloud,
    /// Certify a codec in any language, behind a program that answers requests
    #[command(after_help = codec::EXAMPLE)]
    Codec(codec::Arguments),
}

const CLOUD: &str = "\
Example:
  cardwire certify client -- ./my-client --upper-tester    plays the cloud, and judges its client

Clouds are not certified in this revision. The requirements that bind them stand in the book's chapter `Login`.";

fn no_clouds() -> Failure {
    Failure::new(
        Exit::Usage,
        "clouds are not certified: they are out of scope for now",
        "Hold the cloud against the table `What the cloud checks` of the book's chapter `Login`.",
    )
}

/// A program and its arguments, split as a shell does it.
#[derive(Clone, Debug)]
struct Words(Vec<String>);

impl FromStr for Words {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        match format!("exec:{given}").parse() {
            Ok(Endpoint::Exec { command }) => Ok(Self(command)),
            _ => Err("expected a program with its arguments and closed quotes"),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    certify(arguments).map_err(|failure| failure.told_as(arguments.format))
}

fn certify(arguments: &Arguments) -> Outcome {
    // The folder lives as long as the run: a reader that is reset has to find its state again.
    let folder;
    let given = match &arguments.device {
        Some(Device::Client(program)) => return client::certify(arguments, program),
        Some(Device::Cloud) => return Err(no_clouds()),
        Some(Device::Codec(program)) => return codec::certify(arguments, program),
        Some(Device::Reader { endpoint }) => endpoint.clone(),
        None => None,
    };
    let own = given.is_none() && arguments.ixit.is_none();
    let device = match given {
        given if !own => forms::options(given, arguments.ics.as_deref(), arguments.ixit.as_deref())?,
        Some(_) | None => {
            folder = tempfile::tempdir().map_err(|error| tester_fault(&error))?;
            let device = reference_reader(folder.path()).map_err(|error| tester_fault(&error))?;
            forms::own(device, arguments.ics.as_deref())?
        }
    };
    let words = |words: &Option<Words>| words.clone().map(|Words(words)| words);
    let options = Options {
        filter: arguments.filter.clone(),
        seed: arguments.seed,
        timeout_scale: arguments
            .timeout_scale
            .map_or(device.timeout_scale, |percent| f64::from(percent) / 100.0),
        report: Some(arguments.report.clone()),
        skip_slow: arguments.skip_slow,
        keep_going: arguments.keep_going,
        reset: words(&arguments.reset).or(device.reset),
        power_off: words(&arguments.power_off).or(device.power_off),
        power_on: words(&arguments.power_on).or(device.power_on),
        remove_card: words(&arguments.remove_card).or(device.remove_card),
        insert_card: words(&arguments.insert_card).or(device.insert_card),
        ..device
    };
    let mut watch = Watch {
        progress: progress::Progress::begin("opening the device"),
        cases: 0,
        begun: 0,
    };
    let run = cardwire_conformance::certify(&options, &mut watch).map_err(failure)?;
    drop(watch);
    match arguments.format {
        Format::Text => tell(&run, own, &arguments.report),
        Format::Json => print_json(&run.to_json()),
    }
    Ok(match run.exit_code() {
        0 => Exit::Done,
        1 => Exit::Failed,
        _ => Exit::Tester,
    })
}

/// The reference reader as a process of its own, as any other reader is one, on a bench that can move its card.
fn reference_reader(folder: &Path) -> io::Result<Options> {
    let program = std::env::current_exe()?.display().to_string();
    let path = |name: &str| folder.join(name).display().to_string();
    let (state, control) = (path("reader.state"), format!("unix:{}", path("reader.control")));
    let command = |arguments: &[&str]| -> Vec<String> {
        [program.as_str()]
            .iter()
            .chain(arguments)
            .map(|&word| word.to_owned())
            .collect()
    };
    let mut reader = command(&["reader", "--listen", "stdio", "--quiet", "--state", &state]);
    // Unix sockets have short names.
    let card_moves = cfg!(unix) && control.len() < 100;
    if card_moves {
        reader.extend(["--control".into(), control.clone()]);
    }
    let moves = |what| card_moves.then(|| command(&["card", what, "--quiet", "--control", &control]));
    Ok(Options {
        remove_card: moves("remove"),
        insert_card: moves("insert"),
        ..Options::new(Endpoint::Exec { command: reader })
    })
}

fn tester_fault(error: &io::Error) -> Failure {
    let what = format!("the reference reader can't be started: {error}");
    Failure::new(
        Exit::Tester,
        what,
        "Check that there is a folder for temporary files that you may write to.",
    )
}

pub(crate) fn failure(error: RunError) -> Failure {
    let (exit, next) = match &error {
        RunError::Usage(_) => (Exit::Usage, "Look at `cardwire certify --help`."),
        RunError::Device { .. } => (
            Exit::Unreached,
            "Check the endpoint, and that nobody else uses the device.",
        ),
        RunError::Report { .. } => (Exit::Tester, "Give --report a folder that you may write to."),
    };
    Failure::new(exit, error, next)
}

fn tell(run: &Run, own: bool, report: &Path) {
    let replay = |case: &Case| replay(run, case, own);
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for result in &run.results {
        if let Some(reason) = why_not_run(result) {
            *left_out.entry(reason).or_default() += 1;
        } else if let Some(evidence) = evidence::of(result, replay) {
            print(evidence);
        }
    }
    for (reason, cases) in left_out {
        print(format_args!(
            "inconclusive  {cases} cases were not run: {reason}\n"
        ));
    }
    print(run.table());
    print(format_args!("reports in {}", report.display()));
}

/// The command that replays a case exactly. The reference reader and its bench are made anew for it, without being
/// named.
fn replay(run: &Run, case: &Case, own: bool) -> String {
    let command = run.replay(case);
    let Some(from) = command.find(" --filter ").filter(|_| own) else {
        return command;
    };
    let to = command.find(" --remove-card ").unwrap_or(command.len());
    format!("cardwire certify{}", &command[from..to])
}

/// Why a case was not put to the device.
fn why_not_run(result: &CaseResult) -> Option<String> {
    match &result.verdict {
        Verdict::Inconclusive { reason } if result.trace.entries.is_empty() => Some(reason.clone()),
        _ => None,
    }
}

/// Shows which case runs, and tells of each that did not pass as soon as it has ended.
struct Watch {
    progress: progress::Progress,
    cases: usize,
    begun: usize,
}

impl Progress for Watch {
    fn begin(&mut self, cases: usize, seed: u64) {
        self.cases = cases;
        say(format_args!("{cases} cases, seed {seed}"));
    }

    fn case_begins(&mut self, case: &Case) {
        self.begun += 1;
        self.progress
            .step(&format!("case {} of {}: {}", self.begun, self.cases, case.id));
    }

    fn case_ends(&mut self, result: &CaseResult) {
        if let Some(reason) = result.verdict.reason().filter(|_| why_not_run(result).is_none()) {
            let (verdict, id) = (result.verdict.name(), &result.case.id);
            self.progress.say(format_args!("{verdict}: {id}: {reason}"));
        }
    }
}
