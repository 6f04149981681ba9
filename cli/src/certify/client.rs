//! `cardwire certify client`: is the client behind this program one of the protocol?

use super::{Common, REPORT_ELSEWHERE, evidence, exit};
use crate::{
    failure::{Exit, Failure, Outcome},
    interrupt, progress,
    terminal::{Format, print, print_json, say},
};
use cardwire_conformance::{
    Verdict,
    client::{self, Case, CaseResult, Options, Progress, Run, RunError},
};
use std::{collections::BTreeMap, path::Path};

/// Cases that are shown with all that is known of them; the report has the others.
const SHOWN: usize = 20;

pub(super) const EXAMPLE: &str = "\
Examples:
  cardwire certify client -- ./my-client --upper-tester
  cardwire certify client --case 'client.login.*' -- python3 my_client.py
  cardwire certify client                                  the project's own client, started for it

The program has a client in it, reads one JSON request a line on its standard input, has the client do that, and tells
on its standard output what the client's user would be told; the book's chapter `Testing a client` describes them. The
suite plays the reader and the cloud, on two ports of this machine. No shell looks at the program's arguments: write
`-- sh -c '...'` for one.

Exit codes: 0 certified, or all chosen cases passed; 1 not certified; 2 wrong usage; 3 program not started; 4 fault of
the tester.";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run only cases whose id fits this pattern of `*` and `?`, and their positive twins; may be repeated
    #[arg(long, value_name = "ID")]
    case: Vec<String>,
    /// The program and its arguments; the project's own client where left out
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Arguments {
    /// The patterns that choose the cases.
    pub(super) fn filter(&self, common: &Common) -> Vec<String> {
        [self.case.as_slice(), &common.filter].concat()
    }
}

pub(super) fn certify(common: &Common, arguments: &Arguments) -> Outcome {
    let options = Options {
        filter: arguments.filter(common),
        seed: common.seed,
        timeout_scale: common.scale(),
        report: Some(common.report.clone()),
        stop: interrupt::mark(),
        ..Options::new(command(arguments)?)
    };
    let mut watch = Watch {
        progress: progress::Progress::begin("starting the program"),
        cases: 0,
        begun: 0,
    };
    let run = client::certify(&options, &mut watch).map_err(failure)?;
    drop(watch);
    match common.format {
        Format::Text => tell(&run, &common.report),
        Format::Json => print_json(&run.to_json()),
    }
    Ok(exit(run.exit_code()))
}

fn command(arguments: &Arguments) -> Result<Vec<String>, Failure> {
    if !arguments.command.is_empty() {
        return Ok(arguments.command.clone());
    }
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

fn failure(error: RunError) -> Failure {
    let (exit, next) = match &error {
        RunError::Usage(_) => (Exit::Usage, "Look at `cardwire certify client --help`."),
        RunError::Program { .. } => (
            Exit::Unreached,
            "Check its path, and that it may be executed; what needs a shell goes behind `-- sh -c`.",
        ),
        RunError::Report { .. } => (Exit::Tester, REPORT_ELSEWHERE),
    };
    Failure::new(exit, error, next)
}

fn tell(run: &Run, report: &Path) {
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut shown, mut more) = (0, 0);
    for result in &run.results {
        if let Verdict::Inconclusive { reason } = &result.verdict {
            *left_out.entry(reason).or_default() += 1;
            continue;
        }
        let (case, verdict, trace) = (&result.case, &result.verdict, &result.trace);
        let Some(text) = evidence::shown((&case.id, &case.title, verdict), trace, &run.replay(case)) else {
            continue;
        };
        if shown == SHOWN {
            more += 1;
            continue;
        }
        shown += 1;
        print(text);
    }
    if more > 0 {
        print(format_args!(
            "and {more} more that did not pass; the report has them all\n"
        ));
    }
    for (reason, cases) in left_out {
        print(format_args!(
            "inconclusive  {cases} cases were not run: {reason}\n"
        ));
    }
    if let Some(description) = &run.description {
        let undeclared: Vec<_> = description.undeclared().iter().map(|op| op.name()).collect();
        if !undeclared.is_empty() {
            print(format_args!(
                "not declared, and so not tested: {}\n",
                undeclared.join(", ")
            ));
        }
    }
    print(run.table());
    print(format_args!("reports in {}", report.display()));
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
        let (begun, cases) = (self.begun, self.cases);
        self.progress
            .step(&format!("case {begun} of {cases}: {}", case.id));
    }

    fn case_ends(&mut self, result: &CaseResult) {
        let ran = !matches!(
            result.verdict,
            Verdict::Inconclusive { .. } | Verdict::NotApplicable { .. }
        );
        if let Some(reason) = result.verdict.reason().filter(|_| ran) {
            let (verdict, id) = (result.verdict.name(), &result.case.id);
            self.progress.say(format_args!("{verdict}: {id}: {reason}"));
        }
    }
}
