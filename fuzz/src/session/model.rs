//! What everybody may know of a reader: the states of the schema's machines `session` and `job`, from what was sent and
//! answered so far. Nothing of it comes from the reader's own state.

use super::services;
use crate::world::{
    ends::{ClientEnd, CloudEnd},
    people::PEOPLE,
};
use cardwire_codec::message::{
    JobState, JobStatusAnswer, Offer, Outcome, ServiceId, SessionState,
    limits::{JOB_MEMORY, T_BACKOFF_MS, T_IDLE_MS},
};

/// A frame that the client has sealed, and what it says.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Its number.
    pub number: u64,
    /// The payload of the frame.
    pub payload: Vec<u8>,
    /// The message.
    pub message: Vec<u8>,
}

/// A session that is open.
#[derive(Clone, Debug)]
pub struct Live {
    /// The client's keys.
    pub end: ClientEnd,
    /// Which of the clients it is.
    pub client: usize,
    /// The state of the machine `session`.
    pub state: SessionState,
    /// The number of the next request.
    pub next: u64,
    /// The payload of the last request's frame and that of its answer.
    pub last: Option<(Vec<u8>, Vec<u8>)>,
    /// All that the client has sealed: whatever is not among it, nobody has.
    pub sealed: Vec<Sealed>,
    /// Frames that were dropped.
    pub failures: usize,
    /// When the last request came.
    pub heard: u64,
    /// The number of the last event.
    pub event: Option<u64>,
    /// How far a login is.
    pub login: Login,
    /// Until when it has to be finished.
    pub login_deadline: Option<u64>,
    /// What the client offers.
    pub offers: Vec<Offer>,
    /// The interfaces that are enabled.
    pub enabled: Vec<Offer>,
    /// When the grants end.
    pub expiry: Option<u64>,
    /// Number and payload of the connect, and the payload of its answer.
    pub connect: (u64, Vec<u8>, Vec<u8>),
    /// All that the cloud has sealed in this login: number, sealed, and the message.
    pub relayed: Vec<Sealed>,
}

/// Outcomes that need a card, a module or a storage that does something wrong.
const BLAMES: [Outcome; 9] = [
    Outcome::CARD_ABSENT,
    Outcome::CARD_MUTE,
    Outcome::CARD_REMOVED,
    Outcome::MODULE_FAILED,
    Outcome::MODULE_TIMEOUT,
    Outcome::CARD_DAMAGED,
    Outcome::LOGIC_FAULT,
    Outcome::STORAGE_FAILED,
    Outcome::NOT_CONFIRMED,
];

/// How far a login is.
#[derive(Clone, Debug)]
pub enum Login {
    /// None is open.
    None,
    /// The reader has begun one: its header and handshake message, and the cloud's answer, where it was made.
    Begun(Vec<u8>, Vec<u8>, Option<(Vec<u8>, CloudEnd)>),
    /// login_confirm is out.
    Confirming(CloudEnd),
    /// The channel with the cloud is open.
    Open(CloudEnd),
}

/// A job that was accepted.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: [u8; 16],
    /// Its service.
    pub service: ServiceId,
    /// What it was instructed with.
    pub parameters: Vec<u8>,
    /// Whether it runs, as far as was told.
    pub runs: bool,
    /// Outcome, status word and length of data, where it was told that it is done.
    pub done: Option<(u16, u16, u16)>,
    /// Whether the reader may have forgotten it: a reset came between, or as many jobs as it has to remember.
    pub forgettable: bool,
    /// As many jobs as a reader has to remember came after it: also one that is journalled may be forgotten.
    pub pushed_out: bool,
    /// A reset came after it was accepted.
    pub before_reset: bool,
    /// It has written to the card.
    pub wrote: bool,
    /// It was instructed with what its service takes.
    pub typical: bool,
    /// Nobody has had a job before it: the card is as it came.
    pub first: bool,
}

/// All that is known.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The session.
    pub live: Option<Live>,
    /// The answer to a hello of this version, until something changes it.
    pub hello_answer: Option<Vec<u8>>,
    /// The challenge in it, where it was told.
    pub challenge: Option<[u8; 16]>,
    /// All challenges that were told: none comes again.
    pub challenges: Vec<[u8; 16]>,
    /// Boots so far.
    pub boots: u32,
    /// Jobs in the order of their acceptance.
    pub jobs: Vec<Job>,
    /// When a back-off is over for sure.
    pub backed_off: u64,
    /// Connects have failed since the last one that was accepted.
    pub failed: bool,
    /// The storage or the random source fails, or has since the reader has booted.
    pub faulted: bool,
    /// The storage has failed since the last job began to write.
    pub journal_lost: bool,
    /// Card in each slot, and how often it has changed.
    pub slots: [(bool, u32); 2],
    /// The counter of logic that is in force.
    pub counter: u32,
    /// Updates that were put into force, as places in the list of packages.
    pub installed: Vec<usize>,
    /// Card, modules or storage have done something that a job may blame.
    pub blamable: bool,
    /// A job was accepted, ever.
    pub worked: bool,
}

impl Job {
    /// What became of it with a card and modules that do what is right.
    fn is_nobodys_fault(&self, outcome: Outcome, status_word: u16) {
        let expected = services::on_new_card(self.service);
        assert!(
            expected.is_some_and(|(expected, _)| outcome == expected) || !BLAMES.contains(&outcome),
            "{outcome:?} of a card and modules that do what is right"
        );
        let cut_off = [Outcome::ABORTED, Outcome::CLIENT_LOST].contains(&outcome);
        assert!(
            !self.first || cut_off || expected.is_none_or(|expected| (outcome, status_word) == expected),
            "{outcome:?} {status_word:04x} of a card as it came"
        );
    }
}

impl Model {
    /// A job by its id.
    #[must_use]
    pub fn job(&self, id: &[u8; 16]) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == *id)
    }

    /// The same, to be changed.
    pub fn job_mut(&mut self, id: &[u8; 16]) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == *id)
    }

    /// The job that runs, as far as was told.
    #[must_use]
    pub fn running(&self) -> Option<&Job> {
        self.jobs.iter().find(|job| job.runs)
    }

    /// A job was accepted.
    pub fn accept(&mut self, id: [u8; 16], service: ServiceId, parameters: &[u8], typical: bool) {
        self.jobs.retain(|job| job.id != id);
        for job in &mut self.jobs {
            job.runs = false;
        }
        let newer = |place: usize, all: usize| all - place;
        let all = self.jobs.len();
        for (place, job) in self.jobs.iter_mut().enumerate() {
            job.pushed_out |= newer(place, all) >= JOB_MEMORY;
            job.forgettable |= job.pushed_out;
        }
        // Who writes what he likes to a card may leave there what no service can work on.
        self.blamable |= !typical;
        self.jobs.push(Job {
            id,
            service,
            parameters: parameters.to_vec(),
            runs: true,
            done: None,
            forgettable: false,
            pushed_out: false,
            before_reset: false,
            wrote: false,
            typical,
            first: !core::mem::replace(&mut self.worked, true),
        });
    }

    /// What was told of a job.
    ///
    /// # Panics
    /// Where it contradicts what was told before.
    pub fn told(&mut self, status: &JobStatusAnswer<'_>) {
        let JobStatusAnswer {
            job,
            state,
            service,
            outcome,
            status_word,
            data_length,
            ..
        } = *status;
        let lost = self.faulted || self.journal_lost;
        let last_writer = self.jobs.iter().rev().find(|job| job.wrote).map(|job| job.id);
        let Some(known) = self.jobs.iter_mut().find(|known| known.id == *job) else {
            assert_eq!(
                state,
                JobState::Unknown,
                "a job that nobody instructed is unknown"
            );
            return;
        };
        let kept = !known.forgettable
            || (last_writer == Some(*job) && known.before_reset && !known.pushed_out && !lost);
        match state {
            JobState::Unknown => {
                assert!(!kept, "a job is not forgotten before its time");
                let id = known.id;
                self.jobs.retain(|known| known.id != id);
                return;
            }
            JobState::Running => {
                assert!(known.runs, "a job that has ended does not run again");
            }
            JobState::Interrupted => {
                assert!(known.before_reset, "only a reset interrupts a job");
                assert!(known.done.is_none(), "a job that was done was not interrupted");
            }
            JobState::Done => {
                let told = (outcome.0, status_word, data_length);
                // Of what a reset has left the data are gone.
                let same = known.done.is_none_or(|before| {
                    before == told || (known.before_reset && (before.0, before.1) == (told.0, told.1))
                });
                assert!(same, "what became of a job does not change");
                known.done = Some(told);
                known.runs = false;
                if known.typical && !self.blamable {
                    known.is_nobodys_fault(outcome, status_word);
                }
            }
        }
        assert_eq!(
            service, known.service,
            "a job is of the service that it was instructed for"
        );
    }

    /// The session ends, in whatever way.
    pub fn end_session(&mut self) {
        self.live = None;
    }

    /// What a reset leaves.
    pub fn boot(&mut self, now: u64) {
        // Whoever cuts the power gains nothing by it: the wait begins again.
        if self.failed {
            self.backed_off = now + T_BACKOFF_MS;
        }
        self.end_session();
        self.forget_challenge();
        self.boots += 1;
        self.journal_lost |= self.faulted;
        self.faulted = false;
        for job in &mut self.jobs {
            job.runs = false;
            job.forgettable = true;
            job.before_reset = true;
        }
        for (present, generation) in &mut self.slots {
            (*present, *generation) = (false, 0);
        }
    }

    /// The challenge is another one from now on.
    pub fn forget_challenge(&mut self) {
        (self.hello_answer, self.challenge) = (None, None);
    }

    /// What has happened by this time.
    pub fn time(&mut self, now: u64) {
        let Some(live) = &mut self.live else { return };
        if now >= live.heard + T_IDLE_MS {
            self.end_session();
            return;
        }
        if live.login_deadline.is_some_and(|deadline| now >= deadline) {
            live.drop_login();
        }
        if live.expiry.is_some_and(|expiry| now >= expiry) {
            live.enabled.clear();
            live.expiry = None;
            live.drop_login();
        }
    }
}

impl Live {
    /// The login is dropped: connected, as before it.
    pub fn drop_login(&mut self) {
        self.login = Login::None;
        self.login_deadline = None;
        self.state = SessionState::Connected;
    }

    /// The identity of its client.
    #[must_use]
    pub fn client_id(&self) -> &'static str {
        &PEOPLE.all.clients[self.client].id
    }

    /// How the client offered a service whose interface is enabled.
    #[must_use]
    pub fn enabled(&self, service: ServiceId) -> Option<Offer> {
        self.enabled
            .iter()
            .find(|offer| offer.service == service)
            .copied()
    }
}
