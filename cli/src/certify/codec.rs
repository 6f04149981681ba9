//! `cardwire certify codec`: is the codec behind this program one of the protocol?

use super::{Common, REPORT_ELSEWHERE, evidence, exit};
use crate::{
    failure::{Exit, Failure, Outcome},
    interrupt, progress,
    terminal::{Format, print, print_json, say},
};
use cardwire_conformance::{
    Verdict, Way,
    codec::{self, CaseResult, GENERATED, Options, Progress, Run, RunError, TIMEOUT},
};
use std::{collections::BTreeMap, path::Path};

/// Cases that are shown with all that is known of them; the report has the others.
const SHOWN: usize = 20;
/// Characters of a request or an answer that are shown.
const WIDTH: usize = 1000;

pub(super) const EXAMPLE: &str = "\
Examples:
  cardwire certify codec -- ./my-codec --adapter
  cardwire certify codec --case 'codec.decode.hello.*' -- python3 my_codec.py
  cardwire certify codec --cases 100000 --seed 7 --expected known.toml -- node codec.js
  cardwire certify codec --list --case 'codec.frame.*'

The program reads one JSON request a line on its standard input and answers one a line on its standard output; the
book's chapter `Testing a codec` describes them. No shell looks at its arguments: write `-- sh -c '...'` for one.

Exit codes: 0 certified, or all chosen cases passed, or all failures are those of --expected; 1 not certified; 2 wrong
usage; 3 program not started; 4 fault of the tester; 130 interrupted.";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run only cases whose id fits this pattern of `*` and `?`, and their positive twins; may be repeated
    #[arg(long, value_name = "ID")]
    case: Vec<String>,
    /// How many generated cases to run; fewer than those of a whole run certify nothing
    #[arg(long, value_name = "N", default_value_t = GENERATED)]
    cases: u32,
    /// The program and its arguments
    #[arg(last = true, required_unless_present = "list", value_name = "COMMAND")]
    command: Vec<String>,
}

impl Arguments {
    /// The patterns of all kinds.
    pub(super) fn filter(&self, common: &Common) -> Vec<String> {
        [self.case.as_slice(), &common.filter].concat()
    }
}

pub(super) fn certify(common: &Common, arguments: &Arguments) -> Outcome {
    let options = Options {
        filter: arguments.filter(common),
        seed: common.seed,
        generated: arguments.cases,
        timeout: TIMEOUT.mul_f64(common.scale()),
        expected: common.known()?,
        report: Some(common.report.clone()),
        stop: interrupt::mark(),
        ..Options::new(arguments.command.clone())
    };
    let mut watch = Watch {
        progress: progress::Progress::begin("starting the program"),
        cases: 0,
        ended: 0,
    };
    let run = codec::certify(&options, &mut watch).map_err(failure)?;
    drop(watch);
    match common.format {
        Format::Text => tell(&run, &common.report),
        Format::Json => print_json(&run.to_json()),
    }
    Ok(exit(run.exit_code()))
}

fn failure(error: RunError) -> Failure {
    let (exit, next) = match &error {
        RunError::Usage(_) => (Exit::Usage, "Look at `cardwire certify codec --help`."),
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
        match &result.verdict {
            Verdict::Inconclusive { reason } => *left_out.entry(group_of(reason)).or_default() += 1,
            _ if run.is_expected(result) => {}
            verdict => {
                let Some(text) = evidence::told(&result.case.id, &result.case.title, verdict) else {
                    continue;
                };
                if shown == SHOWN {
                    more += 1;
                    continue;
                }
                shown += 1;
                print(format_args!(
                    "{text}{}  replay    {}\n",
                    lines(result),
                    run.replay(&result.case)
                ));
            }
        }
    }
    if more > 0 {
        print(format_args!(
            "and {more} more that failed; the report has them all\n"
        ));
    }
    for (reason, cases) in left_out {
        print(format_args!(
            "inconclusive  {cases} cases were not run: {reason}\n"
        ));
    }
    let expected = run
        .results
        .iter()
        .filter(|result| run.is_expected(result))
        .count();
    if expected > 0 {
        print(format_args!("{expected} cases failed as expected\n"));
    }
    for problem in run.problems() {
        print(format_args!("problem  {problem}\n"));
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

/// Reasons that differ by the case that they name are one.
fn group_of(reason: &str) -> &str {
    match reason.split_once(": codec.") {
        Some((reason, _)) => reason,
        None => reason,
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

/// Shows how far the run is.
struct Watch {
    progress: progress::Progress,
    cases: usize,
    ended: usize,
}

impl Progress for Watch {
    fn begin(&mut self, cases: usize, seed: u64) {
        self.cases = cases;
        say(format_args!("{cases} cases, seed {seed}"));
    }

    fn case_ends(&mut self, result: &CaseResult) {
        self.ended += 1;
        let (ended, cases) = (self.ended, self.cases);
        self.progress
            .step(&format!("case {ended} of {cases}: {}", result.case.id));
    }
}
