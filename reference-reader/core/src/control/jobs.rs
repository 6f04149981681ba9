//! Jobs: what was instructed, how it stands, how it ended.

use crate::{
    digest::Sha256,
    env::{Env, Record, StoreFailed},
    identity::SecretKey,
};
use cardwire_codec::message::{JobState, Outcome, ServiceId, limits::JOB_MEMORY};

/// The running job and those whose outcome is kept.
const CAPACITY: usize = JOB_MEMORY + 1;

/// What is journalled of a job: id, service, instruction, logic digest, state, outcome, status word, steps.
const JOURNAL: usize = 16 + 2 + 32 + 32 + 1 + 2 + 2 + 2;

/// A job from its instruction on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) id: [u8; 16],
    pub(crate) service: ServiceId,
    /// Digest of service and parameters: tells a repeated instruction from another one under the same id.
    pub(crate) instruction: [u8; 32],
    pub(crate) logic_digest: [u8; 32],
    pub(crate) state: JobState,
    pub(crate) outcome: Outcome,
    pub(crate) status_word: u16,
    pub(crate) step: u16,
    pub(crate) data_length: u16,
    /// Counts jobs from 1, so that the one that was accepted first is forgotten first.
    pub(super) sequence: u32,
}

/// The jobs that a reader knows.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Jobs {
    table: [Option<Job>; CAPACITY],
    sequence: u32,
}

/// Digest of what an instruction asks for, under the reader's own key: it goes into the journal, and of parameters with a PIN
/// a plain one would tell the PIN to whoever tries all of them.
pub(crate) fn instruction_digest(device: &SecretKey, service: ServiceId, parameters: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::default();
    digest.update(&device.0);
    digest.update(&service.0.to_be_bytes());
    digest.update(parameters);
    digest.finish()
}

impl Jobs {
    /// No jobs.
    #[inline(always)]
    pub(crate) fn empty() -> Self {
        Self {
            table: [None; CAPACITY],
            sequence: 0,
        }
    }

    /// The jobs that a reset has left: the last one that began to write to a card. If it had not ended it never will
    /// (CW-JOB-009). It counts like one that has just been accepted: what comes later is forgotten later.
    pub(crate) fn load(env: &mut impl Env) -> Self {
        let mut jobs = Self::empty();
        let mut record = [0; JOURNAL];
        if env.load(Record::Journal, &mut record) == Some(JOURNAL) {
            jobs.sequence = 1;
            jobs.table[0] = Some(from_record(&record, jobs.sequence));
        }
        jobs
    }

    /// A job by its id.
    pub(crate) fn find(&self, id: &[u8; 16]) -> Option<&Job> {
        self.table.iter().flatten().find(|job| job.id == *id)
    }

    /// A job by its id, to be changed.
    pub(crate) fn find_mut(&mut self, id: &[u8; 16]) -> Option<&mut Job> {
        self.table.iter_mut().flatten().find(|job| job.id == *id)
    }

    /// Takes up a job, forgetting the one that was accepted first of those that are known.
    //= spec/book/src/jobs.md#cw-job-006
    //# A reader MUST keep the outcome of the last `job_memory` jobs that ended, also across sessions.
    pub(crate) fn start(
        &mut self,
        id: [u8; 16],
        service: ServiceId,
        instruction: [u8; 32],
        digest: [u8; 32],
    ) {
        self.sequence = self.sequence.wrapping_add(1);
        let job = Job {
            id,
            service,
            instruction,
            logic_digest: digest,
            state: JobState::Running,
            outcome: Outcome::SUCCESS,
            status_word: 0,
            step: 0,
            data_length: 0,
            sequence: self.sequence,
        };
        // An empty slot comes before every job.
        let oldest = self
            .table
            .iter_mut()
            .min_by_key(|slot| slot.map(|job| job.sequence));
        if let Some(slot) = oldest {
            *slot = Some(job);
        }
    }
}

/// Journals a job: before its first writing step, and again when it has ended.
///
/// # Errors
/// Storage that failed.
//= spec/book/src/jobs.md#cw-job-009
//# After a reset a reader MUST answer the status of a job that had begun to write and not ended with `interrupted`, and run it no more.
pub(crate) fn journal(env: &mut impl Env, job: &Job) -> Result<(), StoreFailed> {
    let mut record = [0; JOURNAL];
    record[..16].copy_from_slice(&job.id);
    record[16..18].copy_from_slice(&job.service.0.to_be_bytes());
    record[18..50].copy_from_slice(&job.instruction);
    record[50..82].copy_from_slice(&job.logic_digest);
    record[82] = job.state.value();
    record[83..85].copy_from_slice(&job.outcome.0.to_be_bytes());
    record[85..87].copy_from_slice(&job.status_word.to_be_bytes());
    record[87..89].copy_from_slice(&job.step.to_be_bytes());
    env.store(Record::Journal, &record)
}

fn from_record(record: &[u8; JOURNAL], sequence: u32) -> Job {
    let number = |at: usize| u16::from_be_bytes([record[at], record[at + 1]]);
    let digest = |at: usize| {
        let mut digest = [0; 32];
        digest.copy_from_slice(&record[at..at + 32]);
        digest
    };
    let mut id = [0; 16];
    id.copy_from_slice(&record[..16]);
    let ended = JobState::from_value(record[82]) == Some(JobState::Done);
    Job {
        id,
        service: ServiceId(number(16)),
        instruction: digest(18),
        logic_digest: digest(50),
        state: if ended {
            JobState::Done
        } else {
            JobState::Interrupted
        },
        outcome: Outcome(number(83)),
        status_word: number(85),
        step: number(87),
        data_length: 0,
        sequence,
    }
}
