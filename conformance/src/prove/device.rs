//! The suite, put to one device of a catalogue.

use super::catalogue::Catalogue;
use super::listening::Listening;
use crate::{
    Options, Station, Verdict,
    bench::BenchCommands,
    cases::sanity,
    certify, client, codec,
    ics::{Information, Statement},
    ledger::Subject,
};
use cardwire_peers::Endpoint;
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

/// The name of the device without any fault: what fails with it proves nothing.
pub const CONTROL: &str = "sound";

/// The same, reached over TCP.
pub(super) const CONTROL_OVER_TCP: &str = "sound-over-tcp";

/// The same, provisioned for production.
pub(super) const CONTROL_IN_PRODUCTION: &str = "sound-in-production";

/// The timers of clients are multiplied with this, as they are told: a client waits on purpose for most of its time.
const CLIENT_SCALE: f64 = 0.3;

/// How fast the clocks of readers run, so that nobody waits for a minute of silence.
const CLOCK_RATE: u16 = 10;

/// Where files are in memory, on Linux: a disk that others use may take longer for a write than a reader for an answer.
const MEMORY: &str = "/dev/shm";

/// What one device of a catalogue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role<'c> {
    /// The control.
    Sound,
    /// The control once more, for cases that reset the link alone.
    SoundOverTcp,
    /// The control once more, for cases that need a specimen that is provisioned for production.
    SoundInProduction,
    /// The device with this fault.
    Fault(&'c str),
    /// Something that is no device.
    Null(&'c str),
}

impl Role<'_> {
    pub(super) const fn name(&self) -> &str {
        match self {
            Self::Sound => CONTROL,
            Self::SoundOverTcp => CONTROL_OVER_TCP,
            Self::SoundInProduction => CONTROL_IN_PRODUCTION,
            Self::Fault(name) | Self::Null(name) => name,
        }
    }

    fn arguments(&self) -> Vec<String> {
        match self {
            Self::Sound | Self::SoundOverTcp => vec!["--sound".into()],
            Self::SoundInProduction => vec!["--sound".into(), "--production".into()],
            Self::Fault(name) => vec!["--fault".into(), (*name).into()],
            Self::Null(name) => vec!["--null".into(), (*name).into()],
        }
    }
}

/// One case and how it ended, as far as the proof looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The case: generated ones, and repetitions of the sanity case, under one name.
    pub id: String,
    /// The name of its verdict.
    pub verdict: String,
    /// The requirements that were broken or missed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub under: BTreeSet<String>,
}

/// What became of one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The outcome of the run; `not-reached` where there was none.
    pub outcome: String,
    /// The cases of the run.
    pub cases: Vec<Judged>,
}

impl Judged {
    /// Whether the device misses something.
    #[must_use]
    pub fn is_caught(&self) -> bool {
        matches!(self.verdict.as_str(), "fail" | "non-strict")
    }

    /// Whether the verdict says anything.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.is_caught() || self.verdict == "pass"
    }
}

impl Outcome {
    /// The cases that failed: what caught the device.
    #[must_use]
    pub fn caught_by(&self) -> BTreeSet<&str> {
        let failed = self.cases.iter().filter(|case| case.verdict == "fail");
        failed.map(|case| case.id.as_str()).collect()
    }

    /// Cases that passed, every time that they ran.
    #[must_use]
    pub fn passed(&self) -> BTreeSet<&str> {
        let of = |passed: bool| {
            let cases = self.cases.iter();
            cases.filter(move |case| (case.verdict == "pass") == passed)
        };
        let passed: BTreeSet<_> = of(true).map(|case| case.id.as_str()).collect();
        let others: BTreeSet<_> = of(false).map(|case| case.id.as_str()).collect();
        passed.difference(&others).copied().collect()
    }

    /// Whether the way in was kept whenever that was tried: to a reader that of a right client, by a client that to a
    /// right reader. A codec has none, and each of its cases stands for itself.
    #[must_use]
    pub fn keeps_way_in(&self, kind: Subject) -> bool {
        let sanity = match kind {
            Subject::Reader => sanity::ID,
            Subject::Client => client::SANITY,
            Subject::Codec => return true,
        };
        let mut tries = self.cases.iter().filter(|case| case.id == sanity);
        tries.all(|case| case.verdict == "pass")
    }
}

/// What is claimed of the readers of a catalogue, all of which are faulty so that they do not keep to it.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    /// Their implementation conformance statement.
    pub ics: Option<Arc<Statement>>,
    /// What is known of the bench, and of the card in their slot.
    pub ixit: Option<Arc<Information>>,
}

impl Forms {
    fn options(&self, station: Station) -> io::Result<Options> {
        match &self.ics {
            Some(ics) => {
                let endpoints = vec![station.endpoint.clone()];
                let known = Options::with(endpoints, Arc::clone(ics), self.ixit.clone());
                known
                    .map(|known| Options {
                        stations: vec![station],
                        ..known
                    })
                    .map_err(io::Error::other)
            }
            None => Ok(Options::of([station])),
        }
    }
}

/// How the suite is put to a device.
#[derive(Clone, Debug)]
pub(super) struct Bench<'b> {
    pub(super) catalogue: &'b Catalogue,
    /// The program that moves the card of a reader, where there is one: `PROGRAM card insert|remove --control SOCKET`.
    pub(super) mover: Option<&'b Path>,
    pub(super) seed: u64,
    /// What is claimed of a reader, and known of its bench.
    pub(super) forms: &'b Forms,
    /// Cases in which time must pass run too.
    pub(super) slow: bool,
    /// The reader is reached over TCP, and not through its standard input and output.
    pub(super) over_tcp: bool,
    /// The reader is provisioned for production.
    pub(super) production: bool,
}

impl Bench<'_> {
    /// Puts these cases, or all of them where there are none, to a device, and stops then: what has not ended by then
    /// says nothing.
    pub(super) fn certify(
        &self,
        role: Role<'_>,
        filter: Vec<String>,
        bound: Option<Duration>,
    ) -> io::Result<Outcome> {
        let stop: Arc<AtomicBool> = Arc::default();
        if let Some(bound) = bound {
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                thread::sleep(bound);
                stop.store(true, Ordering::Relaxed);
            });
        }
        match self.catalogue.kind {
            Subject::Reader => self.certify_reader(role, filter, stop),
            Subject::Codec => Ok(self.certify_codec(role, filter, stop)),
            Subject::Client => Ok(self.certify_client(role, filter, stop)),
        }
    }

    fn certify_reader(
        &self,
        role: Role<'_>,
        filter: Vec<String>,
        stop: Arc<AtomicBool>,
    ) -> io::Result<Outcome> {
        // Counters and logic are kept across the resets of one run, and no longer.
        let folder = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir())?;
        let state = folder.path().join("state");
        let text = |path: PathBuf| path.display().to_string();
        let mut command = [self.catalogue.command.clone(), role.arguments()].concat();
        command.extend(["--state".into(), text(state)]);
        command.extend(["--clock-rate".into(), CLOCK_RATE.to_string()]);
        let mut station = Station::new(Endpoint::Exec { command: Vec::new() });
        if let Some(mover) = self
            .mover
            .filter(|_| cfg!(unix) && !matches!(role, Role::Null(_)))
        {
            let control = text(folder.path().join("control"));
            command.extend(["--control".into(), control.clone()]);
            station.commands = BenchCommands::simulated(&text(mover.to_owned()), &format!("unix:{control}"));
        }
        let listening = self.over_tcp.then(|| Listening::start(&command)).transpose()?;
        station.endpoint = match &listening {
            Some(listening) => listening.place.clone(),
            None => Endpoint::Exec { command },
        };
        let options = Options {
            filter,
            seed: self.seed,
            skip_slow: !self.slow,
            // What comes after a lost way in says whether the cases that are about it tell.
            keep_going: matches!(role, Role::Fault(_)),
            clock_rate: CLOCK_RATE,
            // A fault shows itself or not; twice is once too often.
            rerun_failed: false,
            // That it fails is all that is asked, and a walk takes a minute to shrink.
            explain: false,
            identities: self.catalogue.production.clone().filter(|_| self.production),
            stop,
            ..self.forms.options(station)?
        };
        let Ok(run) = certify(&options, &mut ()) else {
            return Ok(Outcome::not_reached());
        };
        let judged = |result: &crate::CaseResult| {
            let id = match result.case.id.strip_prefix(sanity::ID) {
                Some(_) => sanity::ID,
                None => &result.case.id,
            };
            judged(id, &result.verdict)
        };
        Ok(Outcome {
            outcome: run.outcome().name().into(),
            cases: run.results.iter().map(judged).collect(),
        })
    }

    fn certify_client(&self, role: Role<'_>, filter: Vec<String>, stop: Arc<AtomicBool>) -> Outcome {
        let command = [self.catalogue.command.clone(), role.arguments()].concat();
        let options = client::Options {
            filter,
            seed: self.seed,
            timeout_scale: CLIENT_SCALE,
            rerun_failed: false,
            stop,
            ..client::Options::new(command)
        };
        match client::certify(&options, &mut ()) {
            Ok(run) => Outcome {
                outcome: run.outcome().name().into(),
                cases: run
                    .results
                    .iter()
                    .map(|result| judged(&result.case.id, &result.verdict))
                    .collect(),
            },
            Err(_) => Outcome::not_reached(),
        }
    }

    fn certify_codec(&self, role: Role<'_>, filter: Vec<String>, stop: Arc<AtomicBool>) -> Outcome {
        let command = [self.catalogue.command.clone(), role.arguments()].concat();
        let options = codec::Options {
            filter,
            seed: self.seed,
            rerun_failed: false,
            stop,
            ..codec::Options::new(command)
        };
        match codec::certify(&options, &mut ()) {
            Ok(run) => Outcome {
                outcome: run.outcome().name().into(),
                cases: run
                    .results
                    .iter()
                    .map(|result| judged(codec::family(&result.case.id), &result.verdict))
                    .collect(),
            },
            Err(_) => Outcome::not_reached(),
        }
    }
}

impl Outcome {
    fn not_reached() -> Self {
        Self {
            outcome: "not-reached".into(),
            cases: Vec::new(),
        }
    }
}

fn judged(id: &str, verdict: &Verdict) -> Judged {
    let under = verdict.findings().iter();
    Judged {
        id: id.to_owned(),
        verdict: verdict.name().to_owned(),
        under: under.map(|finding| finding.requirement.clone()).collect(),
    }
}
