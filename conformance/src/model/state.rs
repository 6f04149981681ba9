//! The device as the tester knows it: the states of the schema's machines, and what the guards between them ask for.

use super::moves::{Move, Service};
use crate::sequence::Act;
use core::time::Duration;
use std::time::Instant;

/// What is known of a device.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) session: Session,
    pub(crate) login: Login,
    /// Sealed frames of this session that were dropped.
    pub(crate) dropped: u64,
    /// What a repeat would repeat.
    pub(crate) repeatable: Repeatable,
    /// When a connect was wrong; a back-off may run since.
    pub(crate) wrong_at: Option<Instant>,
    pub(crate) offered: Vec<Service>,
    /// The services whose interfaces are enabled.
    pub(crate) enabled: Vec<Service>,
    /// Jobs by number; there is none of a number that was not accepted.
    pub(crate) jobs: Vec<Option<Job>>,
    pub(crate) running: Running,
    /// The job whose data may be there.
    pub(crate) latest: Option<u8>,
    pub(crate) update: Update,
    /// The counter of service logic, where it is known.
    pub(crate) counter: Option<u64>,
    /// The counter that the tester goes by where it offers updates: what it was told last, by whichever walk.
    pub(crate) told_counter: u64,
    /// That counter when the walk began: patterns name counters by how far they are above it.
    pub(crate) first_counter: u64,
    /// The counter of the manifest that the tester offered last.
    pub(crate) offered_counter: Option<u64>,
    /// Accepted connects and boots so far: the challenge is another one after each.
    pub(crate) challenges: u32,
    /// Boots so far.
    pub(crate) boots: u32,
    /// How long after a wrong connect a right one may be refused.
    pub(crate) patience: Duration,
    /// Closing the link resets the device behind it.
    pub(crate) link_is_device: bool,
    /// The link can be reset, which a pseudo-terminal can't.
    pub(crate) link_resets: bool,
}

/// The state of the machine `session`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Session {
    Locked,
    Connected,
    Login,
    Serving,
}

/// How far a login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Login {
    None,
    /// The second handshake message is waited for.
    Second,
    /// login_result is waited for.
    Result,
    /// The channel with the cloud stands.
    Open,
}

/// What a repeat would repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Repeatable {
    Nothing,
    Connect,
    Request,
}

/// A job that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Job {
    pub(crate) service: Service,
    pub(crate) phase: Phase,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Phase {
    /// It runs, or has ended since.
    Running,
    /// It has ended, and its status was told.
    Done,
    /// It may be forgotten: a reset came between, or as many jobs as a reader has to remember.
    Lost,
}

/// Whether a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Running {
    No,
    /// This job may run; none: one of which the walk does not know.
    Maybe(Option<u8>),
}

/// The update that a reader keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Update {
    /// Not known: a reset came between.
    Unknown,
    None,
    Receiving {
        counter: u64,
        next: u64,
    },
    Received {
        counter: u64,
    },
    Installed {
        counter: u64,
    },
}

/// What decides which moves are legal, without times and names: states that agree in it are one state.
pub(crate) type Key = (
    Session,
    Login,
    bool,
    Repeatable,
    Vec<Service>,
    Vec<Service>,
    Running,
    Vec<Option<Job>>,
    (&'static str, bool, bool),
);

impl State {
    /// A device of which nothing is known but that it is locked.
    pub(crate) fn locked(patience: Duration, link_is_device: bool, link_resets: bool) -> Self {
        Self {
            session: Session::Locked,
            login: Login::None,
            dropped: 0,
            repeatable: Repeatable::Nothing,
            wrong_at: None,
            offered: Vec::new(),
            enabled: Vec::new(),
            jobs: Vec::new(),
            running: Running::Maybe(None),
            latest: None,
            // Something of somebody else's may be kept; of what this walk is going to offer there is nothing.
            update: Update::None,
            counter: None,
            told_counter: 0,
            first_counter: 0,
            offered_counter: None,
            challenges: 0,
            boots: 0,
            patience,
            link_is_device,
            link_resets,
        }
    }

    /// What tells this state from others.
    pub(crate) fn key(&self) -> Key {
        (
            self.session,
            self.login,
            self.dropped + 1 >= failures_max(),
            self.repeatable,
            self.offered.clone(),
            self.enabled.clone(),
            self.running,
            self.jobs.iter().take(2).copied().collect(),
            (
                self.update.name(),
                matches!(self.update, Update::Receiving { next: 1.., .. }),
                self.keeps_what_was_offered(),
            ),
        )
    }

    /// A name for people: session, and what stands out in it.
    pub(crate) fn name(&self) -> String {
        let session = self.session.name();
        match (self.session, self.login) {
            (Session::Login, Login::Result) => format!("{session}, login_result awaited"),
            (Session::Serving, Login::None) => format!("{session}, no channel"),
            _ => session.to_owned(),
        }
    }

    pub(crate) fn job(&self, job: u8) -> Option<Job> {
        self.jobs.get(usize::from(job)).copied().flatten()
    }

    pub(crate) fn set_job(&mut self, job: u8, state: Option<Job>) {
        let place = usize::from(job);
        if self.jobs.len() <= place {
            self.jobs.resize(place + 1, None);
        }
        self.jobs[place] = state;
    }

    /// The session ends, in whatever way.
    pub(crate) fn end_session(&mut self) {
        self.session = Session::Locked;
        self.login = Login::None;
        self.dropped = 0;
        self.repeatable = Repeatable::Nothing;
        self.offered.clear();
        self.enabled.clear();
    }

    /// The device is reset.
    pub(crate) fn boot(&mut self) {
        self.end_session();
        for job in self.jobs.iter_mut().flatten() {
            job.phase = Phase::Lost;
        }
        self.running = Running::No;
        self.latest = None;
        self.update = Update::Unknown;
        self.challenges += 1;
        self.boots += 1;
        self.wrong_at = Some(Instant::now());
    }

    /// A job was accepted: the one before has ended, and the oldest may be forgotten.
    pub(crate) fn accept(&mut self, job: u8, service: Service) {
        for known in self.jobs.iter_mut().flatten() {
            if known.phase == Phase::Running {
                known.phase = Phase::Done;
            }
        }
        let memory = usize::try_from(crate::embedded::protocol().limit("job_memory")).unwrap_or_default();
        // The one that is accepted now counts as soon as it has ended.
        let mut newer = 1;
        for known in self.jobs.iter_mut().rev().flatten() {
            newer += 1;
            if newer > memory {
                known.phase = Phase::Lost;
            }
        }
        self.set_job(
            job,
            Some(Job {
                service,
                phase: Phase::Running,
            }),
        );
        self.running = Running::Maybe(Some(job));
        self.latest = Some(job);
    }

    /// A job was said to be done.
    pub(crate) fn done(&mut self, job: u8) {
        if let Some(known) = self.jobs.get_mut(usize::from(job)).and_then(Option::as_mut) {
            known.phase = Phase::Done;
        }
        if self.running == Running::Maybe(Some(job)) {
            self.running = Running::No;
        }
    }

    /// Whether a right connect may be refused, because a back-off may run.
    pub(crate) fn may_back_off(&self) -> bool {
        self.wrong_at.is_some_and(|at| at.elapsed() <= self.patience)
    }

    pub(crate) fn is_enabled(&self, service: Service) -> bool {
        self.enabled.contains(&service)
    }

    /// Whether the update that the reader keeps is the one that was offered last.
    pub(crate) fn keeps_what_was_offered(&self) -> bool {
        self.offered_counter.is_some() && self.update.counter() == self.offered_counter
    }

    /// A counter as a pattern: a name, so that a sequence holds on a device with other counters too.
    pub(crate) fn counter_name(&self, counter: u64) -> Option<String> {
        let above = counter.checked_sub(self.first_counter)?;
        Some(format!("counter{above}"))
    }

    /// The counter of the manifest that this move offers, where it offers one that is right in itself.
    pub(crate) fn offers(&self, mv: Move) -> Option<u64> {
        match mv {
            Move::Act(Act::UpdateOffer) => Some(self.told_counter + 1),
            Move::Act(Act::UpdateOfferOld) if self.told_counter == 0 => Some(1),
            Move::Act(Act::UpdateOfferOther) => Some(self.told_counter + 2),
            Move::Act(Act::UpdateOfferAgain) => Some(self.offered_counter.unwrap_or(self.told_counter + 1)),
            _ => None,
        }
    }

    /// Whether a commit now would put an update into force.
    pub(crate) fn would_commit(&self) -> bool {
        self.session == Session::Serving
            && self.login == Login::Open
            && matches!(self.update, Update::Received { .. } | Update::Unknown)
    }
}

impl Session {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Connected => "connected",
            Self::Login => "login",
            Self::Serving => "serving",
        }
    }
}

impl Phase {
    /// The state of the machine `job`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done | Self::Lost => "done",
        }
    }
}

impl Update {
    /// The state of the machine `update`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Receiving { .. } => "receiving",
            Self::Received { .. } => "received",
            Self::Installed { .. } => "installed",
        }
    }

    pub(crate) const fn counter(self) -> Option<u64> {
        match self {
            Self::Unknown | Self::None => None,
            Self::Receiving { counter, .. } | Self::Received { counter } | Self::Installed { counter } => {
                Some(counter)
            }
        }
    }
}

/// Dropped frames that a session survives, and one more.
pub(crate) fn failures_max() -> u64 {
    crate::embedded::protocol().limit("failures_max")
}
