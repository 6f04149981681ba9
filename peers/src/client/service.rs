//! Services: the list, a job from instruction to outcome, and its data.

use super::{ClientError, ConfigurationFault, OwnedAnswer, ReaderEvent, ReaderFault, Session, data};
use crate::{identity::random, link::Link};
use cardwire_codec::{
    Extensions, Message,
    message::{
        Format, Instruct, InstructAnswer, Item, ItemKind, JobAbort, JobData, JobDataAnswer, JobState,
        JobStatus, JobStatusAnswer, Outcome, Policy, ServiceEntry, ServiceId, ServiceList, ServiceListAnswer,
        WorkingState, limits::JOB_DATA_MAX,
    },
};
use core::{borrow::BorrowMut, time::Duration};

/// The shortest and the longest pause between two questions how a job stands.
const PAUSE: core::ops::RangeInclusive<Duration> = Duration::from_millis(20)..=Duration::from_millis(250);

/// A job's id: random, chosen by the client.
pub type JobId = [u8; 16];

/// A service of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The service.
    pub service: ServiceId,
    /// Its name.
    pub name: String,
    /// Version of its execution logic.
    pub logic_version: u16,
    /// Its module policy.
    pub policy: Policy,
    /// Whether its interface is enabled in this session.
    pub interface: WorkingState,
    /// SHA-256 of its execution logic.
    pub logic_digest: [u8; 32],
}

impl From<ServiceEntry<'_>> for Service {
    fn from(entry: ServiceEntry<'_>) -> Self {
        let ServiceEntry {
            service,
            name,
            logic_version,
            policy,
            interface,
            logic_digest,
        } = entry;
        Self {
            service,
            name: name.as_str().into(),
            logic_version,
            policy,
            interface,
            logic_digest: *logic_digest,
        }
    }
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobReport {
    /// Its state.
    pub state: JobState,
    /// The service that it runs.
    pub service: ServiceId,
    /// SHA-256 of the execution logic that it runs.
    pub logic_digest: [u8; 32],
    /// Instructions executed so far.
    pub step: u16,
    /// How it ended, where it is done.
    pub outcome: Outcome,
    /// The last status word of the card.
    pub status_word: u16,
    /// Length of its service data in bytes.
    pub data_length: u16,
}

/// What a service gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceResult {
    /// The job.
    pub job: JobId,
    /// The service.
    pub service: ServiceId,
    /// How it ended; [`Outcome::remedy`] says what to do about it.
    pub outcome: Outcome,
    /// The last status word of the card.
    pub status_word: u16,
    /// SHA-256 of the execution logic that ran.
    pub logic_digest: [u8; 32],
    /// The service data, in the format of the interface.
    pub data: Vec<u8>,
    /// The named values, where the format is `native` or `cbor`; else none.
    pub items: Vec<ServiceItem>,
}

/// One named value of service data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceItem {
    /// Its name.
    pub name: String,
    /// What the value is.
    pub kind: ItemKind,
    /// The value.
    pub value: Vec<u8>,
}

impl From<Item<'_>> for ServiceItem {
    fn from(item: Item<'_>) -> Self {
        Self {
            name: item.name.as_str().into(),
            kind: item.kind,
            value: item.value.to_vec(),
        }
    }
}

impl<L: BorrowMut<Link>> Session<L> {
    /// The reader's services, in ascending order (CW-INTF-004).
    ///
    /// # Errors
    /// The reader's error; a list that does not come to an end or does not ascend.
    pub fn services(&mut self) -> Result<Vec<Service>, ClientError> {
        let mut services: Vec<Service> = Vec::new();
        loop {
            // The total has one byte, so that there are no more.
            let from = services.len() as u8;
            let answer = self.request(ServiceList {
                from,
                extensions: Extensions::NONE,
            })?;
            let part: ServiceListAnswer<'_> = answer.read()?;
            services.extend(part.services.iter().map(Service::from));
            if !services.is_sorted_by(|one, next| one.service < next.service) {
                return Err(list_fault("services"));
            }
            if services.len() == usize::from(part.total) {
                return Ok(services);
            }
            if part.services.is_empty() || services.len() > usize::from(part.total) {
                return Err(list_fault("total"));
            }
        }
    }

    /// Runs a service as a job of its own and fetches what it gave. A job that ended without success is a result, too.
    ///
    /// # Errors
    /// The reader's error, such as `unknown-service` or `interface-disabled`; a job that does not end.
    pub fn run(&mut self, service: ServiceId, parameters: &[u8]) -> Result<ServiceResult, ClientError> {
        let job = self.new_job()?;
        self.run_job(job, service, parameters)
    }

    /// A fresh job id.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub fn new_job(&self) -> Result<JobId, ClientError> {
        Ok(random().map_err(ConfigurationFault::Random)?)
    }

    /// Runs a service under a job id of the caller's, who can ask for it again in another session (CW-JOB-006).
    ///
    /// # Errors
    /// As for [`Session::run`].
    pub fn run_job(
        &mut self,
        job: JobId,
        service: ServiceId,
        parameters: &[u8],
    ) -> Result<ServiceResult, ClientError> {
        self.instruct(job, service, parameters)?;
        let report = self.await_job(job)?;
        if report.service != service {
            return Err(contradiction(JobStatusAnswer::NAME, "service", "CW-JOB-003"));
        }
        let data = self.job_data(job, report.data_length)?;
        let items = data::decode_items(self.format_of(service), &data)?;
        let JobReport {
            outcome,
            status_word,
            logic_digest,
            ..
        } = report;
        Ok(ServiceResult {
            job,
            service,
            outcome,
            status_word,
            logic_digest,
            data,
            items,
        })
    }

    /// Starts a job and gives its state: `running`, or that of a job that was instructed before (CW-JOB-002).
    ///
    /// # Errors
    /// As for [`Session::request`].
    pub fn instruct(
        &mut self,
        job: JobId,
        service: ServiceId,
        parameters: &[u8],
    ) -> Result<JobState, ClientError> {
        let answer = self.request(Instruct {
            job: &job,
            service,
            parameters,
            extensions: Extensions::NONE,
        })?;
        let accepted: InstructAnswer<'_> = answer.read()?;
        if *accepted.job != job {
            return Err(contradiction(InstructAnswer::NAME, "job", "CW-JOB-001"));
        }
        Ok(accepted.state)
    }

    /// How a job stands.
    ///
    /// # Errors
    /// As for [`Session::request`].
    pub fn job_status(&mut self, job: JobId) -> Result<JobReport, ClientError> {
        let answer = self.request(JobStatus {
            job: &job,
            extensions: Extensions::NONE,
        })?;
        report(job, &answer)
    }

    /// Asks that a job end before its next module command (CW-JOB-005).
    ///
    /// # Errors
    /// As for [`Session::request`].
    pub fn abort(&mut self, job: JobId) -> Result<JobReport, ClientError> {
        let answer = self.request(JobAbort {
            job: &job,
            extensions: Extensions::NONE,
        })?;
        report(job, &answer)
    }

    /// The service data of a job that is done, part by part (CW-JOB-004).
    ///
    /// # Errors
    /// The reader's error; parts that don't make up the length that the job's status states.
    pub fn job_data(&mut self, job: JobId, length: u16) -> Result<Vec<u8>, ClientError> {
        let mut data = Vec::new();
        let mut last = length == 0;
        for part in 0.. {
            if last {
                break;
            }
            let answer = self.request(JobData {
                job: &job,
                part,
                extensions: Extensions::NONE,
            })?;
            let read: JobDataAnswer<'_> = answer.read()?;
            if (*read.job, read.part) != (job, part) {
                return Err(contradiction(JobDataAnswer::NAME, "part", "CW-JOB-004"));
            }
            data.extend_from_slice(read.data);
            last = read.last;
            // Parts without bytes would go on for ever.
            if data.len() > JOB_DATA_MAX || (read.data.is_empty() && !last) {
                return Err(contradiction(JobDataAnswer::NAME, "data", "CW-JOB-007"));
            }
        }
        if data.len() != usize::from(length) {
            return Err(contradiction(JobStatusAnswer::NAME, "data_length", "CW-JOB-004"));
        }
        Ok(data)
    }

    /// Asks how a job stands until it is done; an event that it has ended cuts a pause short.
    fn await_job(&mut self, job: JobId) -> Result<JobReport, ClientError> {
        let waited = self.job_patience;
        let overdue = self.link.borrow().now() + waited;
        let mut pause = *PAUSE.start();
        loop {
            let report = self.job_status(job)?;
            match report.state {
                JobState::Done => return Ok(report),
                JobState::Interrupted => return Err(ReaderFault::JobInterrupted.into()),
                JobState::Unknown => return Err(ReaderFault::JobForgotten.into()),
                JobState::Running if self.link.borrow().now() > overdue => {
                    return match self.abort(job) {
                        Ok(_) | Err(ClientError::Refused(_)) => {
                            Err(ReaderFault::JobOverdue { waited }.into())
                        }
                        Err(error) => Err(error),
                    };
                }
                JobState::Running => {}
            }
            let wake = self.link.borrow().now() + pause;
            while let Some(event) = self.hear_event(wake)? {
                self.keep_event(event);
                let ended = |state| state != JobState::Running;
                let over = self.link.borrow().now() > wake;
                if over
                    || matches!(event, ReaderEvent::Progress { job: of, state, .. } if of == job && ended(state))
                {
                    break;
                }
            }
            pause = (pause * 2).min(*PAUSE.end());
        }
    }

    fn format_of(&self, service: ServiceId) -> Format {
        let offer = self.offers.iter().find(|offer| offer.service == service);
        offer.map_or(Format::NATIVE, |offer| offer.format)
    }
}

fn report(job: JobId, answer: &OwnedAnswer) -> Result<JobReport, ClientError> {
    let read: JobStatusAnswer<'_> = answer.read()?;
    if *read.job != job {
        return Err(contradiction(JobStatusAnswer::NAME, "job", "CW-JOB-003"));
    }
    Ok(JobReport {
        state: read.state,
        service: read.service,
        logic_digest: *read.logic_digest,
        step: read.step,
        outcome: read.outcome,
        status_word: read.status_word,
        data_length: read.data_length,
    })
}

fn contradiction(message: &'static str, field: &'static str, requirement: &'static str) -> ClientError {
    ReaderFault::Contradiction {
        message,
        field,
        requirement,
    }
    .into()
}

fn list_fault(field: &'static str) -> ClientError {
    contradiction(ServiceListAnswer::NAME, field, "CW-INTF-004")
}
