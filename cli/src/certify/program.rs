//! `cardwire certify client` and `codec`: is what is behind this program one of the protocol?

use super::{
    Common, evidence, exit, failure,
    watch::{self, Told, Watch},
};
use crate::{
    failure::{Exit, Failure, Outcome},
    forms::void,
    interrupt,
    terminal::print,
};
use cardwire_conformance::{
    RunError, Subject, Way, client,
    codec::{self, GENERATED},
    ics::{FormError, Kind as Form, Statement},
    subject::{CaseResult, Head, Options, Progress, Run},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Cases that are shown with all that is known of them; the report has the others.
const SHOWN: usize = 20;
/// Characters of a request or an answer that are shown.
const WIDTH: usize = 1000;

pub(super) const CLIENT: &str = "\
Examples:
  cardwire certify client --ics my-client.toml -- ./my-client --upper-tester
  cardwire certify client --ics my-client.toml --filter 'client.login.*' -- python3 my_client.py
  cardwire certify client --ics my-client.toml --shard 1/2 --report part-1 -- ./my-client --upper-tester
  cardwire certify client --ics my-client.toml --replay client.login.relays-unchanged@0 -- ./my-client --upper-tester
  cardwire certify client --ics my-client.toml --expected known.toml --sign-key lab.pem -- ./my-client --upper-tester
  cardwire certify client                                  the project's own client, started for it

The program has a client in it, reads one JSON request a line on its standard input, has the client do that, and tells
on its standard output what the client's user would be told; the book's chapter `Testing a client` describes them. The
suite plays the reader and the cloud, on two ports of this machine. No shell looks at the program's arguments: write
`-- sh -c '...'` for one.

A client is held to what its vendor claims of it: `cardwire ics new --of client` asks, and writes the statement down.

A case hangs on a positive twin, which runs before it whatever was chosen. Ctrl-C stops a run, and its report says how far it
came; --resume goes on with it.

Exit codes: 0 certified, or all chosen cases passed, or all failures are those of --expected; 1 not certified; 2 wrong
usage; 3 program not started; 4 fault of the tester; 130 interrupted.";

pub(super) const CODEC: &str = "\
Examples:
  cardwire certify codec -- ./my-codec --adapter
  cardwire certify codec --filter 'codec.decode.hello.*' -- python3 my_codec.py
  cardwire certify codec --cases 100000 --seed 7 --expected known.toml -- node codec.js
  cardwire certify codec --replay codec.generated.17@7 -- node codec.js
  cardwire certify codec --list --filter 'codec.frame.*'

The program reads one JSON request a line on its standard input and answers one a line on its standard output; the
book's chapter `Testing a codec` describes them. No shell looks at its arguments: write `-- sh -c '...'` for one.

A case hangs on a positive twin, which runs before it whatever was chosen. Ctrl-C stops a run, and its report says how far it
came; --resume goes on with it.

Exit codes: 0 certified, or all chosen cases passed, or all failures are those of --expected; 1 not certified; 2 wrong
usage; 3 program not started; 4 fault of the tester; 130 interrupted.";

/// What is claimed of the project's own client.
const OWN: &str = include_str!("../../../conformance/adapters/client/ics.toml");

/// A client behind a program.
#[derive(Debug, clap::Args)]
pub(super) struct Client {
    /// The vendor's statement of conformance, to which the client is held; `cardwire ics new --of client` makes one
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
    /// The program and its arguments; the project's own client where left out
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// A codec behind a program.
#[derive(Debug, clap::Args)]
pub(super) struct Codec {
    /// How many generated cases to run; fewer than those of a whole run certify nothing
    #[arg(long, value_name = "N", default_value_t = GENERATED)]
    cases: u32,
    /// The program and its arguments
    #[arg(last = true, required_unless_present = "list", value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) fn certify_client(common: &Common, arguments: &Client) -> Outcome {
    let own = arguments.command.is_empty();
    let command = if own {
        own_client()?
    } else {
        arguments.command.clone()
    };
    let ics = match (&arguments.ics, own) {
        (Some(ics), _) => Statement::load_of_client(ics),
        (None, true) => {
            Statement::parse_of_client("conformance/adapters/client/ics.toml", OWN).map_err(FormError::Void)
        }
        // A list needs no client, and what is listed no claims.
        (None, false) => return Err(no_statement()),
    };
    let ics = ics.map_err(|error| void(Form::ClientIcs, error, Exit::Usage))?;
    let options = Options {
        ics: Some(Arc::new(ics)),
        ..options(common, &command)?
    };
    run(Subject::Client, common, options, client::certify)
}

pub(super) fn certify_codec(common: &Common, arguments: &Codec) -> Outcome {
    let options = Options {
        generated: arguments.cases,
        ..options(common, &arguments.command)?
    };
    run(Subject::Codec, common, options, codec::certify)
}

/// The project's own client, which is a part of this program.
fn own_client() -> Result<Vec<String>, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        let what = format!("the project's own client can't be started: {error}");
        Failure::new(Exit::Unreached, what, "Name a program behind `--`.")
    })?;
    Ok(vec![
        program.display().to_string(),
        "client".into(),
        "--upper-tester".into(),
    ])
}

fn no_statement() -> Failure {
    Failure::new(
        Exit::Usage,
        "nobody claims anything of the client: without its statement (ICS) there is nothing to hold it to",
        "Write one with `cardwire ics new my-client.toml --of client`, and give it with `--ics my-client.toml`; that of the \
         project's own client is conformance/adapters/client/ics.toml.",
    )
}

fn options(common: &Common, command: &[String]) -> Result<Options, Failure> {
    let options = Options {
        filter: common.filter.clone(),
        shard: common.shard,
        seed: common.seed,
        timeout_scale: common.scale(),
        expected: common.known()?,
        report: Some(common.report.clone()),
        resume: common.resume,
        rerun_failed: !common.no_rerun,
        stop: interrupt::mark(),
        ..Options::new(command.to_vec())
    };
    Ok(match &common.replay {
        Some(token) => options.replaying(token),
        None => options,
    })
}

fn run(
    kind: Subject,
    common: &Common,
    options: Options,
    certify: impl FnOnce(&Options, &mut dyn Progress) -> Result<Run, RunError>,
) -> Outcome {
    let mut watch = Watch::new("starting the program", common, &options.stop);
    match certify(&options, &mut watch) {
        Ok(run) => {
            watch.print_document();
            Ok(exit(run.exit_code()))
        }
        // What came out is told all the same, if anything did.
        Err(error) => Err(match watch.take_document() {
            Some(document) => failure(kind, &error).with_document(document),
            None => failure(kind, &error),
        }),
    }
}

impl Progress for Watch<'_> {
    fn begin(&mut self, cases: usize, seed: u64) {
        Watch::begin(self, cases, seed);
    }

    fn case_begins(&mut self, case: &Head) {
        Watch::case_begins(self, &case.id);
    }

    fn case_ends(&mut self, result: &CaseResult) {
        Watch::case_ends(self, &result.case.id, &result.verdict, &result.trace);
    }

    fn end(&mut self, run: &Run) {
        let seconds = self.seconds();
        Watch::end(self, |report| tell(run, report, seconds), || run.to_json());
    }
}

fn tell(run: &Run, report: &Path, seconds: f64) {
    let told = run.results.iter().map(|result| Told {
        verdict: &result.verdict,
        trace: &result.trace,
        is_expected: run.is_expected(result),
    });
    let evidence = |place| evidence_of(run, &run.results[place]);
    watch::tell(told, evidence, SHOWN, run.problems());
    let undeclared = run
        .description
        .as_ref()
        .map(|told| told.undeclared())
        .unwrap_or_default();
    if !undeclared.is_empty() {
        let undeclared = undeclared.join(", ");
        print(format_args!("not declared, and so not tested: {undeclared}\n"));
    }
    print(run.table());
    print(format_args!("{seconds:.1} s, reports in {}", report.display()));
}

/// What is known of a case that did not pass: of a client what went over its lines, of a codec the request and its answer.
fn evidence_of(run: &Run, result: &CaseResult) -> Option<String> {
    let (case, replay) = (&result.case, run.replay(&result.case));
    match run.kind {
        Subject::Codec => {
            let text = evidence::told(&case.id, &case.title, &result.verdict)?;
            Some(format!("{text}{}  replay    {replay}\n", lines(result)))
        }
        Subject::Client | Subject::Reader => {
            evidence::shown((&case.id, &case.title, &result.verdict), &result.trace, &replay)
        }
    }
}

/// The request and the answer.
fn lines(result: &CaseResult) -> String {
    let lines = result.trace.entries.iter().filter_map(|entry| {
        let way = match entry.direction {
            Way::Sent => "request ",
            Way::Received => "answer  ",
            // The finding has said it.
            Way::Note => return None,
        };
        let line = entry.note.as_deref().unwrap_or_default();
        let cut: String = line
            .chars()
            .take(WIDTH)
            .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
            .collect();
        let mark = if cut.len() < line.len() { "…" } else { "" };
        Some(format!("  {way}  {cut}{mark}\n"))
    });
    lines.collect()
}
