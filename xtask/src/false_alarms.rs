//! False alarms: the reference reader has no fault that the suite knows, so whatever case fails on it is wrong itself.
//!
//! Run after run of the whole suite, each with another seed, while busy threads take the processors from reader and tester.
//! A run that was made with the same program is not made again, and one in which the processors had nothing to do does not count.

use crate::{
    certify::Report,
    copies,
    kept::Kept,
    workspace::{self, Workspace},
};
use anyhow::{Result, bail, ensure};
use core::{
    hint,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Instant,
};

/// How many runs the bar asks for.
pub(crate) const RUNS: u64 = 200;
/// How many threads are busy meanwhile.
const LOAD: u8 = 2;
/// Processors that have nothing to do for more than this part of a run are under no load.
const IDLE_MAX: f64 = 0.05;

/// What is run: it holds suite and reader, with their specification and vectors.
const PROGRAM: &str = "release/cardwire";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many runs there shall be, those of the same program that were made before included
    #[arg(long, value_name = "N", default_value_t = RUNS)]
    runs: u64,
    /// How many threads take the processors from reader and tester meanwhile; 0 where something else does, as a campaign of fuzzing
    #[arg(long, value_name = "N", default_value_t = LOAD)]
    load: u8,
    /// The seed of the first run; the others follow
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// What came of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Made {
    /// Cases that ran.
    cases: usize,
    seconds: f64,
    /// For which part of the run the processors had nothing to do; `None` where the system does not tell.
    idle: Option<f64>,
    alarms: Vec<Alarm>,
}

/// A case that did not pass, though the reader is sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Alarm {
    case: String,
    verdict: String,
    /// Shows it again: `cardwire certify --replay TOKEN`.
    token: String,
}

/// Makes the runs that are missing, and tells of all.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let suite = Suite::build(workspace)?;
    let mut kept = Kept::<Made>::open(&results(workspace)?)?;
    let seeds = options.seed..options.seed.saturating_add(options.runs);
    let missing: Vec<_> = seeds
        .clone()
        .filter(|seed| !kept.known.get(&seed.to_string()).is_some_and(Made::counts))
        .collect();
    println!(
        "{} runs beside {} busy threads, {} of them made before",
        options.runs,
        options.load,
        seeds.clone().count() - missing.len()
    );
    {
        let _load = Load::of(options.load);
        for seed in missing {
            let made = suite.run(seed)?;
            made.tell(seed);
            kept.add(&seed.to_string(), made)?;
        }
    }
    let made: Vec<_> = seeds
        .filter_map(|seed| Some((seed, kept.known.get(&seed.to_string())?)))
        .collect();
    conclude(&made)?;
    let idle = made.iter().filter(|(_, made)| !made.counts()).count();
    ensure!(
        idle == 0,
        "the processors were under no load in {idle} of these runs: give --load, and make them again"
    );
    Ok(())
}

/// What continuous integration runs: three runs, made anew.
pub(crate) fn short(workspace: &Workspace) -> Result<()> {
    let suite = Suite::build(workspace)?;
    let _load = Load::of(LOAD);
    let mut made = Vec::new();
    for seed in 0..3 {
        let run = suite.run(seed)?;
        run.tell(seed);
        made.push((seed, run));
    }
    conclude(&made.iter().map(|(seed, run)| (*seed, run)).collect::<Vec<_>>())
}

/// How many runs of the program as it was built last there are, and how many of them raised a false alarm.
pub(crate) fn known(workspace: &Workspace) -> Result<(u64, u64)> {
    let kept = Kept::<Made>::open(&results(workspace)?)?;
    let counted = kept.known.values().filter(|made| made.counts());
    let alarms = kept.known.values().filter(|made| !made.alarms.is_empty());
    Ok((counted.count() as u64, alarms.count() as u64))
}

fn results(workspace: &Workspace) -> Result<PathBuf> {
    let digest = copies::digest(&workspace.target, &[PROGRAM])?;
    let folder = workspace.target.join("false-alarms");
    Ok(folder.join(format!("runs-{digest:016x}.jsonl")))
}

fn conclude(made: &[(u64, &Made)]) -> Result<()> {
    let seconds: f64 = made.iter().map(|(_, made)| made.seconds).sum();
    let wrong: Vec<_> = made.iter().filter(|(_, made)| !made.alarms.is_empty()).collect();
    println!(
        "{} runs, {} false alarms; {:.1} s a run",
        made.len(),
        wrong.len(),
        seconds / (made.len().max(1) as f64)
    );
    for (seed, made) in &wrong {
        made.tell(*seed);
    }
    ensure!(
        wrong.is_empty(),
        "a sound reader was not certified in {} of {} runs",
        wrong.len(),
        made.len()
    );
    Ok(())
}

impl Made {
    /// Whether the processors were under load, so that the run says something. An alarm says something anyway.
    fn counts(&self) -> bool {
        !self.alarms.is_empty() || self.idle.is_none_or(|idle| idle <= IDLE_MAX)
    }

    fn tell(&self, seed: u64) {
        let Self {
            cases,
            seconds,
            idle,
            alarms,
        } = self;
        let verdict = if alarms.is_empty() {
            "certified"
        } else {
            "FALSE ALARM"
        };
        let idle = idle.map(|idle| format!(", processors idle {:.1} %", idle * 100.0));
        println!(
            "seed {seed}: {verdict}, {cases} cases, {seconds:.1} s{}",
            idle.unwrap_or_default()
        );
        for Alarm { case, verdict, token } in alarms {
            println!("  {verdict}  {case}  again: cardwire certify --replay {token}");
        }
    }
}

/// The suite, with the sound reader that it starts.
struct Suite {
    command: PathBuf,
    folder: PathBuf,
}

impl Suite {
    fn build(workspace: &Workspace) -> Result<Self> {
        workspace::run(workspace.cargo().args(["build", "--release"]))?;
        let folder = workspace.target.join("false-alarms");
        fs::create_dir_all(&folder)?;
        Ok(Self {
            command: workspace.target.join(PROGRAM),
            folder,
        })
    }

    /// One run. The report of one that raised an alarm stays.
    fn run(&self, seed: u64) -> Result<Made> {
        let report = self.folder.join("report");
        let mut command = Command::new(&self.command);
        command
            .args(["certify", "--seed", &seed.to_string(), "--report"])
            .arg(&report)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let (begun, before) = (Instant::now(), Processors::now());
        let status = command.status()?;
        let idle = Processors::idle_since(before);
        // What a signal ends, or what the tester itself makes wrong, says nothing of the reader.
        let Some(0 | 1 | 4) = status.code() else {
            bail!("`cardwire certify --seed {seed}` ended with {status}: run it alone to see why");
        };
        let made = Made {
            idle,
            ..Made::read(&report, seed, begun.elapsed())?
        };
        ensure!(
            status.success() == made.alarms.is_empty(),
            "`cardwire certify --seed {seed}` ended with {status}, and its report says otherwise"
        );
        if !made.alarms.is_empty() {
            let kept = self.folder.join(format!("seed-{seed}"));
            let _ = fs::remove_dir_all(&kept);
            fs::rename(&report, &kept)?;
            println!("report in {}", kept.display());
        }
        Ok(made)
    }
}

impl Made {
    fn read(folder: &Path, seed: u64, took: Duration) -> Result<Self> {
        let report = Report::read(folder)?;
        let alarm = |case: &crate::certify::Case| Alarm {
            case: case.id.clone(),
            verdict: case.verdict.clone(),
            token: case.token.clone().unwrap_or_default(),
        };
        let wrong = report.cases.iter().filter(|case| !case.is_right());
        let mut alarms: Vec<_> = wrong.map(alarm).collect();
        if alarms.is_empty() && report.outcome != "certified" {
            alarms.push(Alarm {
                case: "the run as a whole".into(),
                verdict: report.outcome,
                token: format!("(none: cardwire certify --seed {seed})"),
            });
        }
        let ran = report
            .cases
            .iter()
            .filter(|case| case.verdict != "not-applicable");
        Ok(Self {
            cases: ran.count(),
            seconds: took.as_secs_f64(),
            idle: None,
            alarms,
        })
    }
}

/// What the system has counted of its processors since it started.
struct Processors {
    idle: u64,
    all: u64,
}

impl Processors {
    /// `None` where the system is not Linux.
    fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let times: Vec<u64> = stat
            .lines()
            .next()?
            .split_whitespace()
            .filter_map(|time| time.parse().ok())
            .collect();
        Some(Self {
            idle: *times.get(3)?,
            all: times.iter().sum(),
        })
    }

    /// For which part of the time since then they had nothing to do.
    fn idle_since(before: Option<Self>) -> Option<f64> {
        let (before, now) = (before?, Self::now()?);
        let idle = now.idle.saturating_sub(before.idle);
        let all = now.all.saturating_sub(before.all);
        (all > 0).then(|| idle as f64 / all as f64)
    }
}

/// Threads that do nothing useful, until this goes out of use.
struct Load {
    over: &'static AtomicBool,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Load {
    fn of(threads: u8) -> Self {
        static OVER: AtomicBool = AtomicBool::new(false);
        OVER.store(false, Ordering::Relaxed);
        let busy = || {
            while !OVER.load(Ordering::Relaxed) {
                hint::spin_loop();
            }
        };
        Self {
            over: &OVER,
            threads: (0..threads).map(|_| thread::spawn(busy)).collect(),
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made of a report with this outcome and this one case.
    fn made(outcome: &str, verdict: &str, token: &str) -> Made {
        // Tests run beside each other, each in a thread of its own.
        let test = thread::current().id();
        let folder = std::env::temp_dir().join(format!("cardwire-alarms-{}-{test:?}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let report = format!(
            r#"{{ "outcome": "{outcome}", "seconds": 1.0, "model": {{ "steps": 1, "steps_per_second": 1.0 }},
                "cases": [{{ "id": "a.b", "group": "a", "verdict": "{verdict}", "token": {token} }}] }}"#
        );
        fs::write(folder.join("report.json"), report).expect("a report");
        let made = Made::read(&folder, 7, Duration::from_secs(1)).expect("it is a report");
        fs::remove_dir_all(folder).expect("it was there");
        made
    }

    #[test]
    fn what_is_not_certified_is_an_alarm_with_what_shows_it_again() {
        let sound = made("certified", "pass", "null");
        assert!(conclude(&[(7, &sound)]).is_ok());
        let flaky = made("not-certified", "flaky", r#""a.b@7,clock=10""#);
        assert_eq!(flaky.alarms[0].token, "a.b@7,clock=10");
        assert!(conclude(&[(6, &sound), (7, &flaky)]).is_err());
        // Every case is right, and still the run is not.
        let as_a_whole = made("incomplete", "pass", "null");
        assert_eq!(as_a_whole.alarms[0].verdict, "incomplete");
    }

    #[test]
    fn a_run_beside_which_nothing_took_the_processors_does_not_count() {
        let with = |idle, made: Made| Made { idle, ..made }.counts();
        let sound = made("certified", "pass", "null");
        assert!(with(Some(0.01), sound.clone()) && with(None, sound.clone()));
        assert!(!with(Some(0.3), sound));
        let flaky = made("not-certified", "flaky", r#""a.b@7""#);
        assert!(with(Some(0.3), flaky), "what it has shown it has shown");
    }
}
