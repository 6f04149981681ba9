//! `cardwire prove`: can the suite tell? It is put to devices with one known fault each.

use crate::{
    certify::forms,
    failure::{Exit, Failure, Outcome},
    progress,
    terminal::{Format, print, print_json, say},
};
use cardwire_conformance::prove::{
    self, Catalogue, CatalogueError, Forms, Matrix, Options, Progress, ProveError, Scope, Subject, prove,
    suite,
};
use clap::ValueEnum;
use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

/// Problems that are shown; JSON has the others.
const SHOWN: usize = 40;

const EXAMPLE: &str = "\
Examples:
  cardwire prove reader                        every case against every faulty reader: the whole matrix
  cardwire prove reader --fault KeepsChallenge
  cardwire prove reader --unproven --case 'states.*'   what of it catches nothing yet, against every faulty reader
  cardwire prove codec --part --sample 10 --seed 7
  cardwire prove client --list                 the cases and the faults; runs nothing
  cardwire prove reader -- ./my-faulty-readers --format json

The devices are one program, the catalogue: with --list it tells as JSON what it can be, with --fault NAME, --null NAME
or --sound it is that on standard input and output. Without a command it is the one of this project, which
stands beside this program: `cargo build --release --workspace` in the sources builds it.

What is found of a device is kept in the folder of --out as soon as it is known: a proof that was cut short goes on where
it was, with the same programs, seed and cases.

Exit codes: 0 every fault is caught, every case catches one, what has no fault passes, what is no device does not;
1 something of that does not hold; 2 wrong usage; 3 the catalogue is not there; 4 fault of the tester.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// What the faulty devices are
    #[arg(value_enum)]
    kind: Kind,
    /// Only devices with this fault; may be repeated
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Only cases whose id fits this pattern of `*` and `?`; may be repeated
    #[arg(long, value_name = "ID")]
    case: Vec<String>,
    /// List cases and faults with the requirements that they check and break, and run nothing
    #[arg(long, conflicts_with_all = ["fault", "case", "part", "slow"])]
    list: bool,
    /// Only cases that no evidence shows to catch anything yet
    #[arg(long, conflicts_with = "part")]
    unproven: bool,
    /// To each fault only the cases that are known to catch it, and those of --sample
    #[arg(long)]
    part: bool,
    /// Of all other pairs of case and fault one in so many, drawn by the seed
    #[arg(long, value_name = "N", requires = "part", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// What the draw and random values follow from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Cases in which time must pass run with every fault
    #[arg(long)]
    slow: bool,
    /// Devices at a time; 4 for each processor where left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// What is claimed of the readers, if it is not what is claimed of the reference reader
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
    /// Keep in this folder what is found
    #[arg(long, value_name = "DIR", default_value = "cardwire-proof")]
    out: PathBuf,
    /// How to tell the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The program that is the faulty devices, and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// What the faulty devices are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Readers
    Reader,
    /// Codecs
    Codec,
    /// Clients
    Client,
}

impl Kind {
    /// The project's own catalogue of this kind.
    const fn program(self) -> &'static str {
        match self {
            Self::Reader => "cardwire-faulty",
            Self::Codec => "cardwire-faulty-codec",
            Self::Client => "cardwire-faulty-clients",
        }
    }

    const fn of(self) -> Subject {
        match self {
            Self::Reader => Subject::Reader,
            Self::Codec => Subject::Codec,
            Self::Client => Subject::Client,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    proven(arguments).map_err(|failure| failure.told_as(arguments.format))
}

fn proven(arguments: &Arguments) -> Outcome {
    let own = std::env::current_exe().map_err(|error| {
        let what = format!("this program does not find itself: {error}");
        Failure::new(Exit::Tester, what, "Start it by its path.")
    })?;
    let command = match arguments.command.as_slice() {
        [] => vec![beside(&own, arguments.kind)?],
        command => command.to_vec(),
    };
    let catalogue = Catalogue::of(command).map_err(no_catalogue)?;
    if catalogue.kind != arguments.kind.of() {
        let what = format!("the catalogue is one of {}s", catalogue.kind.name());
        let next = format!("Write `cardwire prove {}`.", catalogue.kind.name());
        return Err(Failure::new(Exit::Usage, what, next));
    }
    if arguments.list {
        match arguments.format {
            Format::Text => list(&catalogue),
            Format::Json => print_json(&catalogue.to_json()),
        }
        return Ok(Exit::Done);
    }
    let (ics, ixit) = forms::of_reference(arguments.ics.as_deref())?;
    let defaults = Options::new(arguments.out.clone());
    let options = Options {
        forms: Forms {
            ics: Some(ics),
            ixit: Some(ixit),
        },
        mover: cfg!(unix).then_some(own),
        seed: arguments.seed,
        scope: if arguments.part {
            Scope::Part {
                sample: arguments.sample,
            }
        } else {
            Scope::Whole
        },
        faults: arguments.fault.clone(),
        cases: arguments.case.clone(),
        unproven: arguments.unproven,
        slow: arguments.slow,
        workers: arguments.jobs.map_or(defaults.workers, usize::from),
        ..defaults
    };
    let watch = Watch {
        progress: progress::Progress::begin("starting the devices"),
        devices: AtomicUsize::new(0),
        before: AtomicUsize::new(0),
        ended: AtomicUsize::new(0),
        begun: Instant::now(),
    };
    let matrix = prove(&catalogue, &options, &watch).map_err(failure)?;
    drop(watch);
    match arguments.format {
        Format::Text => tell(&matrix),
        Format::Json => print_json(&matrix.to_json()),
    }
    Ok(if matrix.problems.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// The project's own catalogue, which is built beside this program and is no part of it.
fn beside(own: &Path, kind: Kind) -> Result<String, Failure> {
    let name = format!("{}{}", kind.program(), std::env::consts::EXE_SUFFIX);
    let program = own.with_file_name(name);
    if program.is_file() {
        return Ok(program.display().to_string());
    }
    let what = format!("{} is not there", program.display());
    let next = "Build it with `cargo build --release --workspace` in the sources, or name a catalogue of your own behind --.";
    Err(Failure::new(Exit::Unreached, what, next))
}

fn no_catalogue(error: CatalogueError) -> Failure {
    let (exit, next) = match &error {
        CatalogueError::Start { .. } => (Exit::Unreached, "Check its path, and that it may be executed."),
        CatalogueError::List { .. } => (
            Exit::Usage,
            "The book's chapter `The ledger` says what a catalogue lists.",
        ),
    };
    Failure::new(exit, error, next)
}

fn failure(error: ProveError) -> Failure {
    let (exit, next) = match &error {
        ProveError::Usage(_) => (Exit::Usage, "The catalogue's --list names those that there are."),
        ProveError::Keep { .. } => (Exit::Tester, "Give --out a folder that you may write to."),
        ProveError::Stopped { .. } => (Exit::Failed, "Start it again, and it goes on."),
    };
    Failure::new(exit, error, next)
}

fn list(catalogue: &Catalogue) {
    let kind = catalogue.kind;
    for (id, requirements) in suite(kind) {
        let requirements: Vec<_> = requirements.iter().map(String::as_str).collect();
        print(format_args!("case   {id:<60} {}", requirements.join(" ")));
    }
    for fault in &catalogue.faults {
        print(format_args!(
            "fault  {:<60} {}",
            fault.id,
            fault.requirements.join(" ")
        ));
    }
    let (cases, faults) = (suite(kind).len(), catalogue.faults.len());
    print(format_args!("{cases} cases, {faults} faulty {kind}s"));
}

fn tell(matrix: &Matrix) {
    for fault in &matrix.faults {
        let by = match fault.caught_by.first() {
            Some(case) if fault.caught_by.len() > 1 => {
                format!("{case} and {} more", fault.caught_by.len() - 1)
            }
            Some(case) => case.clone(),
            None => "NOTHING that is about it".into(),
        };
        print(format_args!("{:<34} {:<14} {by}", fault.id, fault.requirement));
    }
    let kind = matrix.kind.name();
    let caught = matrix.faults.iter().filter(|fault| !fault.caught_by.is_empty());
    print(format_args!(
        "\n{} of {} faulty {kind}s are caught by a case of what they break",
        caught.count(),
        matrix.faults.len()
    ));
    let catching = matrix.cases.iter().filter(|case| !case.catches.is_empty());
    print(format_args!(
        "{} of {} cases catch a faulty {kind} at what they check{}",
        catching.count(),
        matrix.cases.len(),
        if matrix.whole {
            ""
        } else {
            "; this is a part of the matrix"
        }
    ));
    let nulls = matrix.nulls.iter().filter(|null| null.passed.is_empty());
    if !matrix.nulls.is_empty() {
        print(format_args!(
            "{} of {} that are no {kind}s pass no case",
            nulls.count(),
            matrix.nulls.len()
        ));
    }
    for problem in matrix.problems.iter().take(SHOWN) {
        print(format_args!("problem  {problem}"));
    }
    if matrix.problems.len() > SHOWN {
        let more = matrix.problems.len() - SHOWN;
        print(format_args!("and {more} more; --format json has them all"));
    }
    print(if matrix.problems.is_empty() {
        "proven"
    } else {
        "not proven"
    });
}

/// Shows how far the proof is, and how long it will take.
struct Watch {
    progress: progress::Progress,
    devices: AtomicUsize,
    /// Those that were done before this proof began.
    before: AtomicUsize,
    ended: AtomicUsize,
    begun: Instant,
}

impl Progress for Watch {
    fn begin(&self, devices: usize, done: usize) {
        self.devices.store(devices, Ordering::Relaxed);
        self.before.store(done, Ordering::Relaxed);
        self.ended.store(done, Ordering::Relaxed);
        say(format_args!("{devices} devices, {done} of them done before"));
    }

    fn device_ends(&self, name: &str, outcome: &prove::Outcome) {
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        let devices = self.devices.load(Ordering::Relaxed);
        let now = ended - self.before.load(Ordering::Relaxed);
        self.progress.say(format_args!(
            "{ended} of {devices}{}: {name}: {}, {} cases failed",
            left(self.begun.elapsed(), now, devices - ended),
            outcome.outcome,
            outcome.caught_by().len()
        ));
    }
}

/// How long the devices that are left will take, where some have been seen and more than a minute is left.
fn left(elapsed: Duration, seen: usize, left: usize) -> String {
    const SEEN_MIN: usize = 8;
    if seen < SEEN_MIN {
        return String::new();
    }
    match elapsed.as_secs() * left as u64 / seen as u64 / 60 {
        0 => String::new(),
        minutes => format!(", about {minutes} min left"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_devices_so_far() {
        assert_eq!(left(Duration::from_secs(60), 10, 100), ", about 10 min left");
        assert_eq!(left(Duration::from_secs(60), 2, 100), "", "two say nothing yet");
        assert_eq!(left(Duration::from_secs(60), 100, 10), "");
        assert_eq!(left(Duration::ZERO, 10, 0), "");
    }
}
