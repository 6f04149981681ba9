//! The tester: plays client and cloud against one device, right or wrong as a case wants it.
//!
//! It keeps the way in (CW-CONN, CW-LOGIN) and judges everything that the device sends with the interpreter of the
//! specification; each step names the requirement under which it fails.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`line`] | bytes to and from the device |
//! | [`frames`] | frames of any content, what comes back, silence |
//! | [`clear`] | hello and what else travels in clear |
//! | [`connect`] | connect, right or wrong |
//! | [`session`] | sealed requests, repeats, events |
//! | [`exchange`] | one thing sent and one answer or none, in any state |
//! | [`login`] | the login, step by step |
//! | [`cloud`] | what the cloud says after it |
//! | [`update`] | manifests, and updates as a whole |
//! | [`job`] | instructions, and what becomes of them |
//! | [`diagnostics`] | the recorded changes of working states |
//! | [`hostile`] | handshakes with hostile keys |
//! | [`numbers`] | which numbers a device may send |
//! | [`stage`] | the states that cases start in |
//! | [`bench`] | what moves the device itself: a reset, a card in and out |

mod answer;
mod bench;
mod cbor;
mod clear;
mod cloud;
mod connect;
mod diagnostics;
mod exchange;
mod frames;
mod hostile;
mod job;
mod line;
mod login;
mod numbers;
mod session;
mod software;
mod stage;
mod supply;
mod update;

pub(crate) use answer::{Answer, Reply};
pub(crate) use bench::Bench;
pub(crate) use clear::{Greeting, encode, hello};
pub(crate) use connect::{Attempt, Outcome, Prologue};
#[cfg(test)]
pub(crate) use diagnostics::Change;
pub(crate) use diagnostics::{Records, list};
pub(crate) use exchange::Silence;
pub(crate) use frames::encode as frame;
pub(crate) use hostile::{LOW_ORDER, reader_message};
pub(crate) use job::{Ended, Job};
pub(crate) use login::{Begun, Login};
pub(crate) use stage::Start;
pub(crate) use supply::Supply;
pub(crate) use update::{Manifest, assemble, digest, no_error, service_number};

use crate::{
    model::Coverage,
    random::{self, Random},
    trace::Trace,
    verdict::{Finding, Step, Stop},
};
use cardwire_peers::{
    Identities,
    client::channel::Opener,
    cloud::Channel,
    identity::{ClientIdentity, CloudIdentity, Key},
};
use core::{
    fmt::{self, Display},
    sync::atomic::AtomicBool,
    time::Duration,
};
use serde::{Deserialize, Serialize};
use std::{io, sync::Arc, time::Instant};

/// The least that is waited for beyond a timer is this part of `T_answer`.
const SLACKEST: u32 = 4;
/// How late the tester may be on a machine that is busy.
const LATENESS: Duration = Duration::from_secs(1);

/// What a device tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its identity, from hello.
    pub reader_id: Option<String>,
    /// The versions of the protocol that it speaks, from hello.
    pub versions: Vec<u64>,
    /// The largest frame that it takes, from hello.
    pub max_frame: Option<u64>,
    /// Its class of hardware, from reader_status: a registered name or a number.
    pub hardware_class: Option<String>,
    /// Its software, from reader_status.
    pub software: Option<String>,
    /// What kind of identity it holds, from reader_status.
    pub provisioning: Option<String>,
}

impl Device {
    /// Whether the other one is of the same kind, as far as both have told: all but their identities.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let kind = |device: &Self| {
            let Self {
                reader_id: _,
                versions,
                max_frame,
                hardware_class,
                software,
                provisioning,
            } = device.clone();
            (versions, max_frame, hardware_class, software, provisioning)
        };
        kind(self) == kind(other)
    }
}

impl Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".into());
        write!(
            f,
            "{} with {} on {}",
            told(&self.reader_id),
            told(&self.software),
            told(&self.hardware_class)
        )
    }
}

/// One device under test, and both its peers.
pub(crate) struct Tester {
    pub(crate) bench: Bench,
    pub(crate) device: Device,
    pub(crate) trace: Trace,
    pub(crate) random: Random,
    /// What no other run has: job ids are new ones, although the same seed draws the same values again.
    salt: [u8; 16],
    identities: Identities,
    line: line::Line,
    /// The requirement under which a step fails now.
    under: String,
    /// The requirement that the case checks now, whatever step it does for that.
    checked: String,
    /// What the device should do and does not.
    missed: Vec<Finding>,
    /// What is sent now holds secrets of the card, which no trace shows.
    secret: bool,
    session: Option<session::Session>,
    /// Opens what the session before has left on the line.
    retired: Option<Opener>,
    /// Seals as the session before did.
    former: Option<exchange::Former>,
    /// A session may be open on the device, whether or not its keys are still known here.
    maybe_open: bool,
    /// Whether a hello to clear the line went without its answer, which may still come.
    owed: bool,
    cloud: Option<Channel>,
    /// The number of the connect that was sent last, until another clear frame is sent.
    connecting: Option<u64>,
    last_wrong_connect: Option<Instant>,
    /// A job that was accepted, and of which nobody has seen the end.
    unfinished: Option<String>,
    /// Software was put on trial in this case: the next login may confirm it, and raise counters then.
    on_trial: bool,
    /// The device's update counter of service logic, as login_confirm stated it or a commit raised it.
    logic_counter: u64,
    /// The same of authentication information.
    authentication_counter: u64,
    /// The same of software, as login_confirm stated it.
    software_counter: u64,
    /// What the walks of this run have exercised.
    pub(crate) coverage: Coverage,
    /// The shortest walk that fails, of the case that has just ended.
    pub(crate) vector: Option<String>,
    /// The time that is left in this run for finding the shortest walks.
    pub(crate) shrinking: Duration,
}

/// The time that a run has for finding shortest walks: a device that fails everywhere must not take for ever.
const SHRINKING: Duration = Duration::from_secs(120);

impl Tester {
    /// Opens the link to a device.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) fn open(bench: Bench, identities: Identities, stop: Arc<AtomicBool>) -> io::Result<Self> {
        let line = line::Line::open(&bench.endpoint, stop)?;
        Ok(Self {
            line,
            device: Device::default(),
            trace: Trace::new(),
            random: Random::new(0, ""),
            salt: random::salt(),
            identities,
            under: String::new(),
            checked: String::new(),
            missed: Vec::new(),
            secret: false,
            session: None,
            retired: None,
            former: None,
            maybe_open: false,
            owed: false,
            cloud: None,
            connecting: None,
            last_wrong_connect: None,
            unfinished: None,
            on_trial: false,
            logic_counter: 0,
            authentication_counter: 0,
            software_counter: 0,
            coverage: Coverage::default(),
            vector: None,
            shrinking: SHRINKING,
            bench,
        })
    }

    /// Whether the run shall stop: what is seen from then on says nothing about the device.
    pub(crate) fn is_stopped(&self) -> bool {
        self.line.is_stopped()
    }

    /// Begins a case: an empty trace, the case's own random values.
    pub(crate) fn begin(&mut self, seed: u64, case: &str, requirement: &str) {
        self.trace = Trace::new();
        self.random = Random::new(seed, case);
        self.missed.clear();
        self.vector = None;
        self.check(requirement);
    }

    fn line_is_open(&self) -> bool {
        self.line.is_open()
    }

    /// What the device is provisioned for.
    pub(crate) const fn identities(&self) -> &Identities {
        &self.identities
    }

    /// When a connect was wrong.
    pub(crate) fn last_wrong_connect(&self) -> Option<Instant> {
        self.last_wrong_connect
    }

    /// What the device should do and did not since the case began.
    pub(crate) fn take_missed(&mut self) -> Vec<Finding> {
        core::mem::take(&mut self.missed)
    }

    /// Puts back what was taken, so that it is told in the end.
    pub(crate) fn put_back_missed(&mut self, missed: Vec<Finding>) {
        self.missed = missed;
    }

    /// The requirement that the case checks now.
    pub(crate) fn checked(&self) -> &str {
        &self.checked
    }

    /// From here on, steps fail under this requirement.
    pub(crate) fn check(&mut self, requirement: &str) {
        requirement.clone_into(&mut self.under);
        requirement.clone_into(&mut self.checked);
    }

    /// Does a step under a requirement of its own.
    pub(crate) fn under<T>(&mut self, requirement: &str, act: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        let before = core::mem::replace(&mut self.under, requirement.to_owned());
        let result = act(self);
        self.under = before;
        result
    }

    /// Does a step whose request holds secrets of the card.
    pub(crate) fn secretly<T>(&mut self, act: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        self.secret = true;
        let result = act(self);
        self.secret = false;
        result
    }

    /// A failure under the present requirement.
    pub(crate) fn failure(&self, expected: impl Display, seen: impl Display) -> Stop {
        Stop::Fail(Finding {
            requirement: self.under.clone(),
            expected: expected.to_string(),
            seen: seen.to_string(),
        })
    }

    /// A device that has lost the session has not failed in the step that found it out, but in what the case checks.
    pub(crate) fn session_lost<T>(&self) -> Step<T> {
        self.fail_checked("a sealed answer", "the refusal, as if there were no session")
    }

    /// The same holds of one that does not answer.
    pub(crate) fn no_answer<T>(&self) -> Step<T> {
        self.fail_checked("an answer within T_answer (CW-SESS-008)", "none")
    }

    fn fail_checked<T>(&self, expected: &str, seen: &str) -> Step<T> {
        let requirement = self.checked.clone();
        Err(Stop::Fail(Finding {
            requirement,
            expected: expected.into(),
            seen: seen.into(),
        }))
    }

    /// Ends the case with a failure under the present requirement.
    pub(crate) fn fail<T>(&self, expected: impl Display, seen: impl Display) -> Step<T> {
        Err(self.failure(expected, seen))
    }

    /// Fails unless `holds`.
    pub(crate) fn demand(&self, holds: bool, expected: impl Display, seen: impl Display) -> Step {
        if holds { Ok(()) } else { self.fail(expected, seen) }
    }

    /// Notes what the device should do, unless `holds`.
    pub(crate) fn should(
        &mut self,
        requirement: &str,
        holds: bool,
        expected: impl Display,
        seen: impl Display,
    ) {
        if !holds {
            self.missed.push(Finding {
                requirement: requirement.to_owned(),
                expected: expected.to_string(),
                seen: seen.to_string(),
            });
        }
    }

    /// The certification client of this number, from 0.
    pub(crate) fn client(&self, number: usize) -> Step<ClientIdentity> {
        let client = self.identities.clients.get(number).cloned();
        client.ok_or_else(|| Stop::Error(format!("there is no certification client {number}")))
    }

    /// The key with which the cloud of the tester answers.
    pub(crate) fn own_cloud_key(&self) -> Step<Key> {
        Ok(self.cloud_identity()?.static_key)
    }

    /// From now on the cloud of the tester answers with this key.
    pub(crate) fn use_cloud_key(&mut self, key: Key) {
        if let Some(cloud) = &mut self.identities.cloud {
            cloud.static_key = key;
        }
    }

    fn cloud_identity(&self) -> Step<CloudIdentity> {
        let cloud = self.identities.cloud.clone();
        cloud.ok_or_else(|| Stop::Error("there is no certification cloud".into()))
    }

    /// The device's update counter of service logic.
    pub(crate) fn logic_counter(&self) -> u64 {
        self.logic_counter
    }

    /// The device's update counter of authentication information.
    pub(crate) fn authentication_counter(&self) -> u64 {
        self.authentication_counter
    }

    /// Waits until `duration` has passed, taking what comes: events of the session, and nothing else.
    pub(crate) fn let_pass(&mut self, duration: Duration) -> Step {
        let deadline = Instant::now() + duration;
        self.trace
            .note(format!("{} ms are let pass", duration.as_millis()));
        while let Some(seen) = self.next_frame(deadline)? {
            self.take_event(&seen)?;
        }
        Ok(())
    }

    /// A bound of the specification that must have passed on the device: no slack is taken from it.
    pub(crate) fn certainly_past(&self, timer: Duration) -> Duration {
        let slack = self.bench.timers.answer / u32::from(self.bench.clock_rate).min(SLACKEST);
        self.on_device(timer) + slack
    }

    /// A pause that stays below a bound of the specification, whatever the scale.
    pub(crate) fn certainly_below(&self, timer: Duration) -> Duration {
        let bound = self.on_device(timer).min(timer);
        // However fast the device's clock is, the tester may be late by that much.
        bound - (bound / 10).max(LATENESS.min(bound / 2))
    }

    /// How long a timer of the device runs by the clock on the wall.
    pub(crate) fn on_device(&self, timer: Duration) -> Duration {
        timer.mul_f64(self.bench.scale) / u32::from(self.bench.clock_rate)
    }

    /// The shortest lifetime of grants, in seconds of the device, in which something can be done about them; and how long
    /// it takes until it has certainly passed.
    pub(crate) fn short_lifetime(&self) -> (u64, Duration) {
        let seconds = u64::from(self.bench.clock_rate);
        (seconds, self.certainly_past(Duration::from_secs(seconds)))
    }
}
