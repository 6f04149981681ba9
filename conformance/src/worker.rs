//! One device of a run: cases are put to it until none is left, or until it is lost.

use crate::{
    case::{Case, Group},
    certify::Options,
    model::Coverage,
    plan::{Place, Plan, Planned, Queue},
    run::CaseResult,
    tester::{Bench, Device, Tester},
    verdict::{Finding, Stop, Verdict},
};
use cardwire_peers::{Endpoint, Identities};
use std::{
    collections::BTreeSet,
    io,
    sync::mpsc::{Receiver, Sender},
    time::Instant,
};

/// What happens to a device, in order.
pub(crate) enum Event {
    /// Its link was opened, or not. Nothing else comes before all devices have told this.
    Opened { device: usize, opened: io::Result<()> },
    /// A case begins.
    Begins(Case),
    /// A case has ended.
    Ended(Place, Box<CaseResult>),
    /// What the device has told of itself so far.
    Told {
        device: usize,
        told: Device,
        /// What the walks of the model have exercised since then.
        walked: Box<Coverage>,
    },
    /// Nothing more is put to it.
    Done(Done),
}

/// Why nothing more is put to a device.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    /// All cases have been put to one.
    Finished,
    /// The run was stopped.
    Stopped,
    /// It is not what it was, or not there any more.
    Lost(String),
}

/// What one device needs to know of the run.
pub(crate) struct Worker<'r> {
    pub(crate) options: &'r Options,
    pub(crate) plan: &'r Plan,
    pub(crate) queue: &'r Queue,
    /// Which device it is, from 1.
    pub(crate) device: usize,
    pub(crate) events: Sender<Event>,
}

impl Worker<'_> {
    /// Opens the device, waits for the others, and works. Nobody listens any more where an event can't be told.
    pub(crate) fn run(&self, bench: Bench, go: &Receiver<()>) {
        let (device, stop) = (self.device, self.options.stop.clone());
        let identities = self.options.identities.clone();
        let identities = identities.unwrap_or_else(Identities::certification);
        let (opened, mut tester) = match Tester::open(bench, identities, stop) {
            Ok(tester) => (Ok(()), Some(tester)),
            Err(error) => (Err(error), None),
        };
        let _ = self.events.send(Event::Opened { device, opened });
        if let (Some(tester), Ok(())) = (&mut tester, go.recv()) {
            let done = self.work(tester);
            let _ = self.events.send(Event::Done(done));
        }
    }

    fn work(&self, tester: &mut Tester) -> Done {
        let mut was_sane = false;
        if let Some(first) = self.plan.first_sanity(self.device) {
            match self.put(tester, &first, true) {
                Ok(verdict) => was_sane = verdict == Verdict::Pass,
                Err(done) => return done,
            }
        }
        let mut group: Option<Group> = None;
        let mut behind: BTreeSet<Group> = BTreeSet::new();
        while let Some(planned) = self.queue.next() {
            let next = planned.case.group;
            // Where devices share the cases a group may come up again: one look behind it is enough.
            let left = group
                .replace(next)
                .filter(|left| *left != next && behind.insert(*left));
            let between = left.and_then(|left| self.plan.sanity_between(self.device, left));
            if let Some(between) = between
                && let Err(done) = self.put(tester, &between, was_sane)
            {
                return self.give_back(done, &planned);
            }
            if let Err(done) = self.put(tester, &planned, was_sane) {
                return done;
            }
        }
        let last = self.plan.last_sanity(self.device);
        match last.map(|last| self.put(tester, &last, was_sane)) {
            Some(Err(done)) => done,
            Some(Ok(_)) | None => Done::Finished,
        }
    }

    /// A case that was taken and not put to the device says why.
    fn give_back(&self, done: Done, planned: &Planned) -> Done {
        if let Done::Lost(why) = &done {
            self.tell(planned, CaseResult::without_run(&planned.case, why));
        }
        done
    }

    /// Puts a case to the device and tells how it ended; an error where nothing more is to be put to it.
    fn put(&self, tester: &mut Tester, planned: &Planned, was_sane: bool) -> Result<Verdict, Done> {
        if tester.is_stopped() {
            return Err(Done::Stopped);
        }
        let case = &planned.case;
        let _ = self.events.send(Event::Begins(case.clone()));
        if self.options.skip_slow && case.slow {
            self.tell(
                planned,
                CaseResult::without_run(case, "left out: time must pass in it"),
            );
            return Ok(Verdict::Pass);
        }
        if let Some(declaration) = self.does_not_apply(case) {
            self.tell(planned, CaseResult::not_applicable(case, declaration));
            return Ok(Verdict::Pass);
        }
        let (result, mut lost) = self.run_case(tester, case);
        if tester.is_stopped() {
            // What was seen meanwhile may be the stop itself.
            return Err(Done::Stopped);
        }
        let verdict = result.verdict.clone();
        if case.group == Group::Sanity && matches!(verdict, Verdict::Fail { .. }) {
            lost = lost
                .or_else(|| is_stranger(&result))
                .or_else(|| is_lost(tester, case, was_sane));
        }
        self.tell(planned, result);
        let (device, told) = (self.device, tester.device.clone());
        let walked = Box::new(core::mem::take(&mut tester.coverage));
        let _ = self.events.send(Event::Told { device, told, walked });
        match lost {
            Some(why) if !self.options.keep_going => Err(Done::Lost(why)),
            Some(_) | None => Ok(verdict),
        }
    }

    /// What the vendor states for which a case is not for this device.
    fn does_not_apply(&self, case: &Case) -> Option<String> {
        self.options.ics.as_ref()?.unmet(&case.needs)
    }

    fn tell(&self, planned: &Planned, result: CaseResult) {
        let result = CaseResult {
            device: self.device,
            ..result
        };
        let _ = self.events.send(Event::Ended(planned.place, Box::new(result)));
    }

    /// Runs a case, and once more where it failed; and why the device is lost, if it is.
    fn run_case(&self, tester: &mut Tester, case: &Case) -> (CaseResult, Option<String>) {
        let (first, mut lost) = self.run_once(tester, case);
        let twice = self.options.rerun_failed && case.group != Group::Sanity && lost.is_none();
        if !twice || !matches!(first.verdict, Verdict::Fail { .. }) {
            return (first, lost);
        }
        let (second, lost_then) = self.run_once(tester, case);
        lost = lost.or(lost_then);
        let result = CaseResult {
            verdict: first.verdict.confirmed_by(&second.verdict),
            duration: first.duration + second.duration,
            ..first
        };
        (result, lost)
    }

    fn run_once(&self, tester: &mut Tester, case: &Case) -> (CaseResult, Option<String>) {
        let requirement = case.requirements.first().map_or("", String::as_str);
        tester.begin(self.options.seed, &case.id, requirement);
        let begun = Instant::now();
        let verdict = match tester.reset() {
            Ok(()) => {
                tester.check(requirement);
                case.run(tester)
            }
            Err(stop) => {
                let lost = is_gone(&stop);
                let (duration, trace) = (begun.elapsed(), tester.trace.clone());
                return (CaseResult::new(case, stop.into(), duration, trace), lost);
            }
        };
        let (duration, trace) = (begun.elapsed(), tester.trace.clone());
        let mut lost = None;
        if !matches!(verdict, Verdict::Pass | Verdict::NonStrict { .. }) {
            // It ended before its last step, maybe with a service that runs. What else comes of it is the next case's
            // matter.
            let calmed = tester.reset().and_then(|()| tester.calm());
            lost = calmed.err().as_ref().and_then(is_gone);
        }
        let result = CaseResult {
            vector: tester.vector.take(),
            ..CaseResult::new(case, verdict, duration, trace)
        };
        (result, lost)
    }
}

/// Why a device whose link can't be opened any more is not asked a hundred times more.
fn is_gone(stop: &Stop) -> Option<String> {
    match stop {
        Stop::Inconclusive(reason) => Some(format!("the device is gone: {reason}")),
        Stop::Fail(_) | Stop::NotApplicable(_) | Stop::Error(_) => None,
    }
}

/// Why a reader that refuses the first right connect is not asked a hundred times more.
fn is_stranger(result: &CaseResult) -> Option<String> {
    let refused =
        |finding: &Finding| finding.expected.contains("connect") && finding.seen.contains("refusal");
    result.verdict.findings().iter().any(refused).then(|| {
        "the reader refuses the published certification identity: provision it with \
         vectors/identities/certification.toml first"
            .into()
    })
}

/// Why a device that has failed the sanity case is not asked a hundred times more.
fn is_lost(tester: &mut Tester, case: &Case, was_sane: bool) -> Option<String> {
    let answers = tester.settle().is_ok() || (tester.reopen_link().is_ok() && tester.wake().is_ok());
    if !answers {
        let over_tcp = matches!(tester.bench.endpoint, Endpoint::Tcp { .. });
        let never = tester.device == Device::default();
        return Some(if over_tcp && never {
            "the device does not answer hello: a reader serves one connection at a time, and somebody else may hold it"
                .into()
        } else {
            "the device does not answer hello any more".into()
        });
    }
    // A reader in the making, which is not sane from the start, is told all that can be told of it.
    was_sane.then(|| {
        format!(
            "{} failed: the device is not what it was, and what comes would say nothing",
            case.id
        )
    })
}
