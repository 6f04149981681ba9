//! The suite, put to one device after the other, several at a time: each run mostly waits.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
    process::Command,
    sync::Mutex,
    thread,
};

/// The reader without any fault, started like the faulty ones: what fails with it proves nothing.
pub(super) const CONTROL: &str = "sound";

/// The case that goes the whole way in; it runs under further names between the groups.
pub(super) const SANITY: &str = "sanity.way-in";

/// Faults that only cases in which time must pass can see; the other runs leave those out.
const SLOW: [&str; 5] = [
    "DropsPausedFrames",
    "EndsSessionsEarly",
    "StaysOpenInSilence",
    "LivesOnRepeats",
    "KeepsUnfinishedLogin",
];

/// Runs at a time.
const WORKERS: usize = 8;

/// Which devices the suite is put to, and where things are.
#[derive(Debug)]
pub(super) struct Devices {
    /// The folder of the programs.
    pub(super) release: PathBuf,
    /// The folder for reports, one for each device.
    pub(super) reports: PathBuf,
    /// The devices.
    pub(super) devices: Vec<Device>,
}

/// One device.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) name: String,
    /// The arguments that make `cardwire-faulty` this device.
    pub(super) arguments: String,
    /// Patterns of the cases that run; all of them where there is none.
    pub(super) filter: Vec<String>,
}

/// What became of one device.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The exit code of the run.
    pub(super) exit: i32,
    /// The cases of the run.
    pub(super) cases: Vec<Case>,
}

/// One case of a run, as `report.json` has it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) verdict: String,
    #[serde(default)]
    pub(super) findings: Vec<Finding>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Finding {
    pub(super) requirement: String,
}

#[derive(Debug, Deserialize)]
struct Report {
    cases: Vec<Case>,
}

impl Case {
    /// Whether the device misses something.
    pub(super) fn is_caught(&self) -> bool {
        matches!(self.verdict.as_str(), "fail" | "non-strict")
    }

    /// Whether the verdict says anything.
    pub(super) fn is_judged(&self) -> bool {
        self.is_caught() || self.verdict == "pass"
    }

    /// Its id in the suite: the sanity case is one, however often it ran.
    pub(super) fn name(&self) -> &str {
        if self.id.starts_with(SANITY) {
            SANITY
        } else {
            &self.id
        }
    }
}

impl Outcome {
    /// Cases that failed: what caught the device.
    pub(super) fn caught_by(&self) -> BTreeSet<&str> {
        let failed = self.cases.iter().filter(|case| case.verdict == "fail");
        failed.map(|case| case.id.as_str()).collect()
    }

    /// Cases that passed.
    pub(super) fn passed(&self) -> impl Iterator<Item = &str> {
        let passed = self.cases.iter().filter(|case| case.verdict == "pass");
        passed.map(|case| case.id.as_str())
    }

    /// Whether a right client got in whenever that was tried.
    pub(super) fn keeps_way_in(&self) -> bool {
        let mut tries = self.cases.iter().filter(|case| case.name() == SANITY);
        tries.all(|case| case.verdict == "pass")
    }
}

impl Devices {
    /// Runs all of them. The longest runs come first, so that none of them is waited for at the end.
    pub(super) fn certify(mut self) -> Result<BTreeMap<String, Outcome>> {
        self.devices.sort_by_key(|device| !is_slow(&device.name));
        let queue = Mutex::new(self.devices.iter());
        let outcomes = Mutex::new(BTreeMap::new());
        let work = || -> Result<()> {
            while let Some(device) = queue.lock().ok().and_then(|mut queue| queue.next()) {
                let name = &device.name;
                let outcome = self.certify_one(device).with_context(|| name.clone())?;
                let way_in = if outcome.keeps_way_in() {
                    ""
                } else {
                    ", loses the way in"
                };
                let caught = outcome.caught_by().len();
                println!("{name:<32} exit {} caught by {caught}{way_in}", outcome.exit);
                if let Ok(mut outcomes) = outcomes.lock() {
                    outcomes.insert(name.clone(), outcome);
                }
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| match worker.join() {
                Ok(result) => result,
                Err(_) => bail!("a run of the suite could not be watched"),
            })
        })?;
        Ok(outcomes.into_inner().unwrap_or_default())
    }

    fn certify_one(&self, device: &Device) -> Result<Outcome> {
        let Device {
            name,
            arguments,
            filter,
        } = device;
        // Counters and logic are kept across the resets of one run, and no longer.
        let report = self.reports.join(name);
        let state = report.with_extension("state");
        if state.exists() {
            fs::remove_file(&state)?;
        }
        fs::create_dir_all(&report)?;
        let cardwire = self.release.join("cardwire");
        let faulty = self.release.join("cardwire-faulty");
        let mut endpoint = format!(
            "exec:'{}' {arguments} --state '{}'",
            faulty.display(),
            state.display()
        );
        let mut bench = Vec::new();
        let is_reader = !arguments.starts_with("--null");
        if cfg!(unix) && is_reader {
            // Unix sockets have short names: the folder of reports may be too deep for one.
            let control = env::temp_dir().join(format!("cardwire-proof-{}-{name}", std::process::id()));
            endpoint += &format!(" --control '{}'", control.display());
            for what in ["remove", "insert"] {
                let moves = format!(
                    "'{}' card {what} --quiet --control 'unix:{}'",
                    cardwire.display(),
                    control.display()
                );
                bench.extend([format!("--{what}-card"), moves]);
            }
        }
        let mut command = Command::new(&cardwire);
        command
            .args(["certify", "reader", &endpoint, "--format", "json"])
            .args(bench);
        command.arg("--report").arg(&report);
        command.args(filter.iter().flat_map(|pattern| ["--filter", pattern]));
        if !is_slow(name) {
            command.arg("--skip-slow");
        }
        if arguments.starts_with("--fault") {
            // What comes after a lost way in says whether the cases that are about it tell.
            command.arg("--keep-going");
        }
        let output = command.output()?;
        let exit = output.status.code().context("the suite was ended by a signal")?;
        // A device that was not reached leaves no report.
        let report: Report = match serde_json::from_slice(&output.stdout) {
            Ok(report) => report,
            Err(_) if exit == 3 => Report { cases: Vec::new() },
            Err(error) => bail!(
                "exit {exit}, and no report: {error}: {}",
                String::from_utf8_lossy(&output.stderr)
            ),
        };
        Ok(Outcome {
            exit,
            cases: report.cases,
        })
    }
}

fn is_slow(name: &str) -> bool {
    name == CONTROL || SLOW.contains(&name)
}
