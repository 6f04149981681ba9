//! `cardwire certify reader`: does this reader keep to the protocol?

use super::{
    Common,
    bench::Bench,
    evidence, exit, failure, forms, own,
    watch::{self, Told, Watch},
};
use crate::{
    failure::{Exit, Failure, Outcome},
    interrupt,
    terminal::{print, say},
};
use cardwire_conformance::{Case, CaseResult, Options, Progress, Run, Station, Subject, list};
use cardwire_peers::Endpoint;
use core::num::NonZero;
use std::path::{Path, PathBuf};

const ENDPOINT: &str = "Where it is: tcp:HOST:PORT, serial:PATH[@BAUD] or exec:COMMAND; reference readers where left out. \
                        Several are of one kind, and share the cases";

/// Cases that a reference reader gets at least, before another one is started.
const CASES_OF_A_READER: usize = 8;
/// What stands for the number of the device, from 1, in commands.
const DEVICE: &str = "{device}";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(help = ENDPOINT, value_name = "ENDPOINT")]
    pub(super) endpoints: Vec<Endpoint>,
    #[command(flatten)]
    pub(super) choices: Choices,
}

/// What is asked of a run of readers.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Choices {
    /// Start so many devices behind exec: at once, which share the cases; `{device}` in their command and in those of the
    /// bench is the number of the device
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<u8>>,
    /// For labs: the clock of the device runs so many times as fast, as with `cardwire reader --clock-rate`; the tester's
    /// patience for answers stays
    #[arg(long, value_name = "N", conflicts_with = "replay")]
    clock_rate: Option<NonZero<u16>>,
    /// Play this session vector instead of the suite's cases, as a walk of the model leaves one; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with_all = ["filter", "shard", "replay"])]
    sequence: Vec<PathBuf>,
    /// Leave out cases in which time must pass; certifies nothing
    #[arg(long)]
    skip_slow: bool,
    /// Go on where the device does not even answer hello
    #[arg(long)]
    keep_going: bool,
    /// The vendor's statement of conformance, which decides the cases that apply; `cardwire ics new` makes one
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
    /// The laboratory's information for testing: endpoint, identity, bench, card; `cardwire ixit new` makes one
    #[arg(long, value_name = "FILE")]
    ixit: Option<PathBuf>,
    #[command(flatten)]
    bench: Bench,
}

impl Choices {
    /// These, and where they say nothing, the others.
    pub(super) fn or(&self, others: &Self) -> Self {
        let (own, others) = (self.clone(), others.clone());
        Self {
            jobs: own.jobs.or(others.jobs),
            clock_rate: own.clock_rate.or(others.clock_rate),
            sequence: [own.sequence, others.sequence].concat(),
            skip_slow: own.skip_slow || others.skip_slow,
            keep_going: own.keep_going || others.keep_going,
            ics: own.ics.or(others.ics),
            ixit: own.ixit.or(others.ixit),
            bench: Bench(own.bench.0.or(others.bench.0)),
        }
    }

    /// The name of an option that is given.
    pub(super) fn given(&self) -> Option<String> {
        let Self {
            jobs,
            clock_rate,
            sequence,
            skip_slow,
            keep_going,
            ics,
            ixit,
            bench: Bench(bench),
        } = self;
        let options = [
            ("--jobs", jobs.is_some()),
            ("--clock-rate", clock_rate.is_some()),
            ("--sequence", !sequence.is_empty()),
            ("--skip-slow", *skip_slow),
            ("--keep-going", *keep_going),
            ("--ics", ics.is_some()),
            ("--ixit", ixit.is_some()),
        ];
        let given = options.into_iter().find(|(_, is_given)| *is_given);
        let of_bench = || bench.first().map(|name| format!("--{name}"));
        given.map(|(option, _)| option.to_owned()).or_else(of_bench)
    }

    /// The session vectors that run instead of the suite's cases.
    fn sequences(&self) -> Result<Vec<String>, Failure> {
        let read = |file: &PathBuf| {
            std::fs::read_to_string(file).map_err(|error| {
                let what = format!("the sequence {} can't be read: {error}", file.display());
                let next = "Give --sequence a file like those in vectors/session.";
                Failure::new(Exit::Usage, what, next)
            })
        };
        self.sequence.iter().map(read).collect()
    }

    /// What moves a device at this endpoint.
    fn station(&self, endpoint: &Endpoint, number: usize) -> Station {
        Station {
            endpoint: match endpoint {
                Endpoint::Exec { command } => Endpoint::Exec {
                    command: command.iter().map(|word| numbered(word, number)).collect(),
                },
                other => other.clone(),
            },
            commands: self.bench.0.clone().map(|word| numbered(&word, number)),
        }
    }

    /// A run against devices that are not ours, as their forms and the command line say, which goes before the IXIT.
    fn named(&self, endpoints: &[Endpoint]) -> Result<Options, Failure> {
        let known = forms::options(endpoints.to_vec(), self.ics.as_deref(), self.ixit.as_deref())?;
        let endpoints: Vec<_> = known
            .stations
            .iter()
            .map(|station| station.endpoint.clone())
            .collect();
        let given = self.stations(&endpoints)?;
        let stated = known.stations.first().map(|station| station.commands.clone());
        let stations = (1..).zip(given).map(|(number, given)| {
            let stated = stated.clone().unwrap_or_default();
            let stated = stated.map(|word| numbered(&word, number));
            Station {
                commands: given.commands.or(stated),
                ..given
            }
        });
        Ok(Options {
            stations: stations.collect(),
            ..known
        })
    }

    /// The devices that are named on the command line.
    fn stations(&self, endpoints: &[Endpoint]) -> Result<Vec<Station>, Failure> {
        let usage = |what: &str, next: &str| Err(Failure::new(Exit::Usage, what, next));
        let jobs = self.jobs.map(|jobs| usize::from(jobs.get()));
        let endpoints = match (endpoints, jobs) {
            ([one @ Endpoint::Exec { .. }], Some(jobs)) => vec![one; jobs],
            ([_], Some(2..)) => {
                return usage(
                    "one device can do one job at a time",
                    "Name as many devices of its kind as there shall be jobs.",
                );
            }
            (several, Some(jobs)) if jobs != several.len() => {
                return usage(
                    &format!("{} devices can't do {jobs} jobs", several.len()),
                    "Leave --jobs out: each device that is named does one.",
                );
            }
            (several, _) => several.iter().collect(),
        };
        let stations = (1..).zip(endpoints);
        Ok(stations
            .map(|(number, endpoint)| self.station(endpoint, number))
            .collect())
    }
}

fn numbered(word: &str, number: usize) -> String {
    word.replace(DEVICE, &number.to_string())
}

pub(super) fn certify(common: &Common, endpoints: &[Endpoint], choices: &Choices) -> Outcome {
    // The folder lives as long as the run.
    let folder;
    let token_rate = common
        .replay
        .as_ref()
        .and_then(|token| NonZero::new(token.clock_rate));
    let own = endpoints.is_empty() && choices.ixit.is_none();
    let (known, clock_rate) = if own {
        folder = own::folder().map_err(|error| own::fault(&error))?;
        let clock_rate = token_rate.or(choices.clock_rate).unwrap_or(own::CLOCK_RATE);
        let jobs = choices
            .jobs
            .map_or_else(|| jobs(common), |jobs| jobs.get().into());
        let readers = own::readers(folder.path(), jobs, clock_rate)?;
        let readers = readers.into_iter().map(|own| Station {
            commands: choices.bench.0.clone().or(own.commands),
            ..own
        });
        (forms::own(readers.collect(), choices.ics.as_deref())?, clock_rate)
    } else {
        let clock_rate = token_rate.or(choices.clock_rate).unwrap_or(NonZero::<u16>::MIN);
        (choices.named(endpoints)?, clock_rate)
    };
    if own {
        let readers = match known.stations.len() {
            1 => "a reference reader".into(),
            several => format!("{several} reference readers"),
        };
        say(format_args!("{readers}, clock {clock_rate} times as fast"));
    }
    let options = Options {
        filter: common.filter.clone(),
        sequences: choices.sequences()?,
        shard: common.shard,
        seed: common.seed,
        timeout_scale: common
            .timeout_scale
            .map_or(known.timeout_scale, |_| common.scale()),
        clock_rate: clock_rate.get(),
        report: Some(common.report.clone()),
        resume: common.resume,
        expected: common.known()?,
        skip_slow: choices.skip_slow,
        keep_going: choices.keep_going,
        rerun_failed: !common.no_rerun,
        stop: interrupt::mark(),
        ..known
    };
    let options = match &common.replay {
        Some(token) => options.replaying(token),
        None => options,
    };
    let mut watched = Watched {
        watch: Watch::new("opening the device", common, &options.stop),
        own,
    };
    match cardwire_conformance::certify(&options, &mut watched) {
        Ok(run) => {
            watched.watch.print_document();
            Ok(exit(run.exit_code()))
        }
        // What came out is told all the same, if anything did.
        Err(error) => Err(match watched.watch.take_document() {
            Some(document) => failure(Subject::Reader, &error).with_document(document),
            None => failure(Subject::Reader, &error),
        }),
    }
}

/// How many reference readers it takes where nobody says how many.
fn jobs(common: &Common) -> usize {
    if common.replay.is_some() {
        return 1;
    }
    let shards = common.shard.map_or(1, |shard| shard.of as usize);
    let cases = list(Subject::Reader, &common.filter).len() / shards;
    (cases / CASES_OF_A_READER).clamp(1, own::JOBS)
}

/// A run of readers that is watched.
struct Watched<'a> {
    watch: Watch<'a>,
    /// The devices are reference readers that were started for the run.
    own: bool,
}

impl Progress for Watched<'_> {
    fn begin(&mut self, cases: usize, seed: u64) {
        self.watch.begin(cases, seed);
    }

    fn case_begins(&mut self, case: &Case) {
        self.watch.case_begins(&case.id);
    }

    fn case_ends(&mut self, result: &CaseResult) {
        self.watch
            .case_ends(&result.case.id, &result.verdict, &result.trace);
    }

    fn end(&mut self, run: &Run) {
        let (own, seconds) = (self.own, self.watch.seconds());
        self.watch
            .end(|report| tell(run, own, report, seconds), || run.to_json());
    }
}

fn tell(run: &Run, own: bool, report: &Path, seconds: f64) {
    let told = run.results.iter().map(|result| Told {
        verdict: &result.verdict,
        trace: &result.trace,
        is_expected: run.is_expected(result),
    });
    let replay = |result: &CaseResult| replay(run, result, own);
    let evidence = |place| evidence::of(&run.results[place], replay);
    watch::tell(told, evidence, usize::MAX, run.problems());
    print(run.table());
    if let Some(summary) = run.model.summary() {
        print(summary);
    }
    if run.clock_rate != 1 {
        print(format_args!(
            "the device's clock was scaled: {} times as fast",
            run.clock_rate
        ));
    }
    let devices = run.devices.len();
    let on = if devices > 1 {
        format!(" on {devices} devices")
    } else {
        String::new()
    };
    print(format_args!(
        "{seconds:.1} s{on}, reports in {}",
        report.display()
    ));
}

/// The command that replays a case exactly. The reference reader and its bench are made anew for it, without being
/// named.
fn replay(run: &Run, result: &CaseResult, own: bool) -> String {
    if own {
        format!("cardwire certify --replay {}", run.token(&result.case))
    } else {
        run.replay(result)
    }
}
