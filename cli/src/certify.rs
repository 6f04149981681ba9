//! `cardwire certify`: does a reader keep to the protocol, or a client, or a codec?

mod bench;
mod evidence;
pub(crate) mod forms;
mod own;
mod program;
pub(crate) mod reader;
mod watch;

use crate::{
    client::timeout_scale,
    failure::{Exit, Failure, Outcome},
    report::{sign_folder, signer},
    terminal::{Format, print, print_json, read_text, table},
};
use cardwire_conformance::{
    Expected, INTERRUPTED, RunError, Shard, Subject, Token, list, list_to_json, parse_expected,
};
use clap::Subcommand;
use std::path::PathBuf;

const EXAMPLE: &str = "\
Examples:
  cardwire certify                                       the reference reader, several of them started for it
  cardwire certify reader serial:/dev/ttyACM0 --ics my-reader.toml --report report
  cardwire certify reader --ics my-reader.toml --ixit bench-7.toml --filter 'link.*' --filter 'session.*'
  cardwire certify reader tcp:192.0.2.7:4000 tcp:192.0.2.8:4000 --ics my-reader.toml
  cardwire certify reader 'exec:my-reader --stdio --state state-{device}' --ics my-reader.toml --jobs 4
  cardwire certify reader tcp:192.0.2.7:4000 --ics my-reader.toml --reset 'power-cycle 7' \
    --remove-card 'arm out' --insert-card 'arm in'
  cardwire certify client -- ./my-client --upper-tester
  cardwire certify codec -- python3 my_codec.py
  cardwire certify reader tcp:192.0.2.7:4000 --ics my-reader.toml --sign-key lab.pem
  cardwire certify --list --filter 'login.*'

A reader is held to what its vendor claims of it: `cardwire ics new` asks, and writes the statement down. `cardwire ixit
new` does the same with what the laboratory must know; options go before what stands there.

Provision the reader with the published certification identity before, and put the certification card, or one like
it, into its slot. Whoever holds that identity can log in: a reader that leaves the house must not.

Ctrl-C stops a run, and its report says how far it came; --resume goes on with it.

Exit codes: 0 certified, or all chosen cases passed, or all failures are those of --expected; 1 not certified; 2 wrong
usage; 3 device not reached; 4 fault of the tester; 130 interrupted.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    device: Option<Device>,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    reader: reader::Choices,
}

/// What is asked of any run.
#[derive(Debug, clap::Args)]
struct Common {
    /// Run only cases whose id fits this pattern of `*` and `?`; may be repeated
    #[arg(long, alias = "case", value_name = "GLOB", global = true)]
    filter: Vec<String>,
    /// What random values follow from
    #[arg(long, value_name = "N", default_value_t = 0, global = true)]
    seed: u64,
    /// Wait this many times as long as the protocol says; as the IXIT says, or once, where left out
    #[arg(long, value_name = "FACTOR", value_parser = timeout_scale, global = true)]
    timeout_scale: Option<u32>,
    /// Write the reports into this folder; they replace those of the run before
    #[arg(long, value_name = "DIR", default_value = "cardwire-report", global = true)]
    report: PathBuf,
    /// Sign the report with this Ed25519 key, in PEM (PKCS#8); `cardwire verify` checks it
    #[arg(long, value_name = "FILE", global = true)]
    sign_key: Option<PathBuf>,
    /// How to tell the result
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
    /// A file of failures that are known: TOML, a table `[[expected]]` with `case` and `message` for each
    #[arg(long, value_name = "FILE", global = true)]
    expected: Option<PathBuf>,
    /// Run a part of the suite, the Kth of N; `cardwire report merge` makes a whole of all of them
    #[arg(long, value_name = "K/N", global = true)]
    shard: Option<Shard>,
    /// Go on with the run whose report is there: cases that have ended are not run again
    #[arg(long, global = true)]
    resume: bool,
    /// Run one case exactly as it ran then: the token is in the report of its failure
    #[arg(long, value_name = "TOKEN", global = true, conflicts_with_all = ["filter", "seed", "timeout_scale", "shard", "resume"])]
    replay: Option<Token>,
    /// Judge a case that failed by that alone, without running it once more
    #[arg(long, global = true)]
    no_rerun: bool,
    /// End the run with the first case that fails; its report is incomplete
    #[arg(long, global = true)]
    fail_fast: bool,
    /// List the cases, with what they show and the requirements that they check, and run none
    #[arg(long, global = true)]
    list: bool,
}

#[derive(Debug, Subcommand)]
enum Device {
    /// Certify a reader, or several of one kind that share the cases
    #[command(after_help = EXAMPLE)]
    Reader(Box<reader::Arguments>),
    /// Certify a client, behind a program that tells it what to do
    #[command(after_help = program::CLIENT)]
    Client(program::Client),
    /// Out of scope for now: says so
    #[command(after_help = CLOUD)]
    Cloud,
    /// Certify a codec in any language, behind a program that answers requests
    #[command(after_help = program::CODEC)]
    Codec(program::Codec),
}

const CLOUD: &str = "\
Example:
  cardwire certify client -- ./my-client --upper-tester    plays the cloud, and judges its client

Clouds are not certified in this revision. The requirements that bind them stand in the book's chapter `Login`.";

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let common = &arguments.common;
    let signer = match common.sign_key.as_deref().map(signer).transpose() {
        Ok(signer) => signer,
        Err(failure) => return Err(failure.told_as(common.format)),
    };
    let ended = device(common, arguments);
    // The key was read before the run: nobody runs for minutes to be told that it is none.
    let ended = ended.and_then(|exit| {
        if let Some(signer) = signer.filter(|_| !common.list) {
            sign_folder(&common.report, &signer)?;
        }
        Ok(exit)
    });
    ended.map_err(|failure| failure.told_as(common.format))
}

fn device(common: &Common, arguments: &Arguments) -> Outcome {
    let kind = match &arguments.device {
        Some(Device::Client(_)) => Subject::Client,
        Some(Device::Codec(_)) => Subject::Codec,
        Some(Device::Reader(_)) | None => Subject::Reader,
        Some(Device::Cloud) => {
            return Err(Failure::new(
                Exit::Usage,
                "clouds are not certified: they are out of scope for now",
                "Hold the cloud against the table `What the cloud checks` of the book's chapter `Login`.",
            ));
        }
    };
    if let Some(option) = arguments.reader.given().filter(|_| kind != Subject::Reader) {
        let what = format!("{option} is for readers, and a {kind} is none");
        let next = match (option.as_str(), kind) {
            ("--ics", Subject::Client) => {
                "Write it behind the word `client`: that of a client is another form."
            }
            _ => "Leave it out.",
        };
        return Err(Failure::new(Exit::Usage, what, next));
    }
    if common.list {
        return Ok(tell_list(common, kind));
    }
    match &arguments.device {
        Some(Device::Client(client)) => program::certify_client(common, client),
        Some(Device::Codec(codec)) => program::certify_codec(common, codec),
        Some(Device::Reader(reader)) => {
            reader::certify(common, &reader.endpoints, &reader.choices.or(&arguments.reader))
        }
        Some(Device::Cloud) | None => reader::certify(common, &[], &arguments.reader),
    }
}

fn tell_list(common: &Common, kind: Subject) -> Exit {
    let list = list(kind, &common.filter);
    match common.format {
        Format::Text => {
            let rows = list.into_iter();
            let rows = rows.map(|head| vec![head.id, head.requirements.join(" "), head.title]);
            print(table(&["case", "requirements", "shows"], rows));
        }
        Format::Json => print_json(&list_to_json(&list)),
    }
    Exit::Done
}

/// What a run ends with that is none.
pub(crate) fn failure(kind: Subject, error: &RunError) -> Failure {
    let usage;
    let (exit, next) = match error {
        RunError::Usage(_) => {
            usage = format!("Look at `cardwire certify {kind} --help`.");
            (Exit::Usage, usage.as_str())
        }
        RunError::Device { .. } => (
            Exit::Unreached,
            "Check the endpoint, and that nobody else uses the device.",
        ),
        RunError::Program { .. } => (
            Exit::Unreached,
            "Check its path, and that it may be executed; what needs a shell goes behind `-- sh -c`.",
        ),
        RunError::Report { .. } => (Exit::Tester, REPORT_ELSEWHERE),
    };
    Failure::new(exit, error, next)
}

/// What a program ends with whose run has this exit code.
fn exit(code: u8) -> Exit {
    match code {
        0 => Exit::Done,
        1 => Exit::Failed,
        INTERRUPTED => Exit::Interrupted,
        _ => Exit::Tester,
    }
}

impl Common {
    /// What the timers are multiplied with.
    fn scale(&self) -> f64 {
        f64::from(self.timeout_scale.unwrap_or(100)) / 100.0
    }

    /// The failures that are known.
    fn known(&self) -> Result<Vec<Expected>, Failure> {
        let Some(file) = &self.expected else {
            return Ok(Vec::new());
        };
        parse_expected(&read_text(file)?).map_err(|error| {
            let what = format!(
                "{}: {}",
                file.display(),
                error.to_string().trim_end().replace('\n', " ")
            );
            let next = "Write a table [[expected]] with `case` and `message` for each failure.";
            Failure::new(Exit::Usage, what, next)
        })
    }
}

/// What to do where a report can't be written.
const REPORT_ELSEWHERE: &str = "Give --report a folder that you may write to, on a disk that has room, and that no other run \
                                writes; what stands there is no report of a whole run.";
