//! The requests of service interfaces: what there is, instructions, and what becomes of their jobs.

use super::{
    MainControl,
    jobs::{Job, instruction_digest},
    requests::Refused,
};
use crate::{
    env::Env,
    interface::{PARAMETERS_MAX, ServiceFormat},
    logic::parameters::are_taken,
    time::Instant,
};
use cardwire_codec::{
    EncodeError, List, Message, Name,
    message::{
        ErrorCode, Instruct, InstructAnswer, JobData, JobDataAnswer, JobState, JobStatusAnswer, Outcome,
        ParameterSource, ServiceData, ServiceEntry, ServiceId, ServiceList, ServiceListAnswer, WorkingState,
        limits::JOB_DATA_MAX,
    },
};

/// Bytes of service data in one part.
const PART: usize = 400;
/// Services in one service_list_answer; the schema's bound.
const LISTED_MAX: usize = 6;

impl<E: Env> MainControl<E> {
    //= spec/book/src/interfaces.md#cw-intf-004
    //# A reader MUST list every service that it has, in ascending order, with name, logic version, policy, digest of its logic and the state of its interface.
    #[inline(never)]
    pub(super) fn service_list(
        &mut self,
        request: &ServiceList<'_>,
        out: &mut [u8],
    ) -> Result<usize, Refused> {
        let mut found = [const { None }; LISTED_MAX];
        let asked = self.logic.entries().skip(usize::from(request.from));
        for (slot, entry) in found.iter_mut().zip(asked) {
            let about = self.logic.about(&mut self.env, entry.service);
            *slot = Some((entry.service, about.ok_or(ErrorCode::STORAGE_FAILED)?));
        }
        let empty = ServiceEntry {
            service: ServiceId(0),
            name: Name::from_text("-"),
            logic_version: 0,
            policy: cardwire_codec::message::Policy::WholeService,
            interface: WorkingState::Disabled,
            logic_digest: &[0; 32],
        };
        let mut listed = [empty; LISTED_MAX];
        let mut count = 0;
        for (slot, (service, about)) in listed.iter_mut().zip(found.iter().flatten()) {
            slot.service = *service;
            slot.name = about.name.view();
            slot.logic_version = about.version;
            slot.policy = about.policy;
            if self.interface.format(*service).is_some() {
                slot.interface = WorkingState::Enabled;
            }
            slot.logic_digest = &about.digest;
            count += 1;
        }
        Ok(ServiceListAnswer {
            total: self.logic.entries().count() as u8,
            services: List::from_items(&listed[..count]),
            extensions: Default::default(),
        }
        .encode(out)?)
    }

    #[inline(never)]
    pub(super) fn instruct(&mut self, request: &Instruct<'_>, out: &mut [u8]) -> Result<usize, Refused> {
        let instruction = instruction_digest(&self.identity.static_key, request.service, request.parameters);
        //= spec/book/src/jobs.md#cw-job-002
        //# A reader MUST NOT run a job twice: an instruction with the id of a job it knows is answered with that job's state if service and parameters are the same, and with `job-conflict` if not.
        if let Some(job) = self.jobs.find(request.job) {
            if job.instruction != instruction {
                return Err(ErrorCode::JOB_CONFLICT.into());
            }
            return self.answer_instruct(request.job, job.state, out);
        }
        //= spec/book/src/interfaces.md#cw-intf-002
        //# A reader MUST refuse an instruction for a service that it has and whose interface is disabled with `interface-disabled`, and for one that it does not have with `unknown-service`.
        if self.logic.entry(request.service).is_none() {
            return Err(ErrorCode::UNKNOWN_SERVICE.into());
        }
        let offered = self.interface.format(request.service);
        let offered = offered.ok_or(ErrorCode::INTERFACE_DISABLED)?;
        //= spec/book/src/interfaces.md#cw-intf-005
        //# A reader MUST refuse an instruction on an interface that was offered in a format it does not speak with `format-not-supported`.
        let format = ServiceFormat::of(offered).ok_or(ErrorCode::FORMAT_NOT_SUPPORTED)?;
        //= spec/book/src/jobs.md#cw-job-010
        //# A reader MUST refuse an instruction while another job runs with `busy`.
        if self.run.is_running() {
            return Err(ErrorCode::BUSY.into());
        }
        let mut room = [0; PARAMETERS_MAX];
        // No bytes are no parameters, and so are service data without items.
        let given = match format.take(request.parameters, &mut room) {
            Some(data) => data.items,
            None if request.parameters.is_empty() => List::default(),
            None => return Err(ErrorCode::PARAMETERS_REFUSED.into()),
        };
        let Self {
            logic,
            env,
            run,
            secrets,
            ..
        } = self;
        let about = logic
            .about(env, request.service)
            .ok_or(ErrorCode::STORAGE_FAILED)?;
        let sealed = secrets.of(request.job, request.service).unwrap_or_default();
        logic
            .with_logic(env, request.service, |logic| {
                if !are_taken(logic.parameters, given, ParameterSource::Client) {
                    return Some(Err(ErrorCode::PARAMETERS_REFUSED));
                }
                // Where none came there are none, which is enough for logic that demands none.
                let items = match sealed {
                    [] => List::default(),
                    sealed => ServiceData::decode(sealed).ok()?.items,
                };
                if !are_taken(logic.parameters, items, ParameterSource::Cloud) {
                    return Some(Err(ErrorCode::SECRETS_MISSING));
                }
                run.load(*request.job, format, logic, given, sealed).map(Ok)
            })
            .ok_or(ErrorCode::STORAGE_FAILED)??;
        self.secrets.erase();
        self.run.begin();
        self.modules.serve(request.service);
        self.jobs
            .start(*request.job, request.service, instruction, about.digest);
        self.answer_instruct(request.job, JobState::Running, out)
    }

    fn answer_instruct(&self, job: &[u8; 16], state: JobState, out: &mut [u8]) -> Result<usize, Refused> {
        Ok(InstructAnswer {
            job,
            state,
            extensions: Default::default(),
        }
        .encode(out)?)
    }

    //= spec/book/src/jobs.md#cw-job-004
    //# A reader MUST give the service data of the job that ended last part by part, the same bytes however often they are asked for.
    #[inline(never)]
    pub(super) fn job_data(&mut self, request: &JobData<'_>, out: &mut [u8]) -> Result<usize, Refused> {
        let job = self.jobs.find(request.job).ok_or(ErrorCode::UNKNOWN_JOB)?;
        //= spec/book/src/interfaces.md#cw-intf-010
        //# A reader MUST refuse job_data for a job whose service's interface is disabled with `interface-disabled`.
        if self.interface.format(job.service).is_none() {
            return Err(ErrorCode::INTERFACE_DISABLED.into());
        }
        let is_last = self.run.job() == Some(request.job);
        if job.state != JobState::Done || self.run.is_running() || !is_last {
            return Err(ErrorCode::NO_SUCH_PART.into());
        }
        let mut room = [0; JOB_DATA_MAX];
        let data = self.run.format().give(self.run.data(), &mut room);
        let data = data.ok_or(ErrorCode::NO_SUCH_PART)?;
        let start = usize::from(request.part) * PART;
        // Data whose length is a whole number of parts has no empty part behind it; no data is one empty part.
        if start >= data.len() && request.part > 0 {
            return Err(ErrorCode::NO_SUCH_PART.into());
        }
        let end = (start + PART).min(data.len());
        Ok(JobDataAnswer {
            job: request.job,
            part: request.part,
            last: end == data.len(),
            data: &data[start..end],
            extensions: Default::default(),
        }
        .encode(out)?)
    }

    //= spec/book/src/jobs.md#cw-job-003
    //# A reader MUST answer job_status for every id, with `unknown` for a job that it does not know.
    pub(super) fn encode_job(&self, id: &[u8; 16], out: &mut [u8]) -> Result<usize, EncodeError> {
        let unknown = [0; 32];
        let job = self.jobs.find(id);
        let running = job.is_some_and(|job| job.state == JobState::Running);
        let of = |value: fn(&Job) -> u16| job.map_or(0, value);
        JobStatusAnswer {
            job: id,
            state: job.map_or(JobState::Unknown, |job| job.state),
            service: job.map_or(ServiceId(0), |job| job.service),
            logic_digest: job.map_or(&unknown, |job| &job.logic_digest),
            step: if running {
                self.run.steps()
            } else {
                of(|job| job.step)
            },
            outcome: job.map_or(Outcome::SUCCESS, |job| job.outcome),
            status_word: of(|job| job.status_word),
            data_length: of(|job| job.data_length),
            extensions: Default::default(),
        }
        .encode(out)
    }

    pub(super) fn job_abort(
        &mut self,
        now: Instant,
        id: &[u8; 16],
        out: &mut [u8],
    ) -> Result<usize, Refused> {
        if self.jobs.find(id).is_none() {
            return Err(ErrorCode::UNKNOWN_JOB.into());
        }
        if self.run.job() == Some(id) {
            let (run, mut around) = self.split(now);
            run.abort(&mut around);
        }
        Ok(self.encode_job(id, out)?)
    }
}
