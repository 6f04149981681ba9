//! The sealed requests: what each does, and in which state of the session it has its place.

use super::{
    MainControl, deviant,
    jobs::{Job, instruction_digest},
};
use crate::{deviation::Deviation, env::Env, logic::SERVICES_MAX, modules::SERVICE_MODULES, time::Instant};
use cardwire_codec::{
    DecodeError, EncodeError, List, Message,
    message::{
        DiagnosticRecord, Diagnostics, DiagnosticsAnswer, DisconnectAnswer, ErrorAnswer, ErrorCode, Format,
        FrameKind, Instruct, InstructAnswer, JobData, JobDataAnswer, JobState, JobStatusAnswer, ModuleEntry,
        ModuleId, Outcome, Provisioning, ReaderStatusAnswer, Request, ServiceData, ServiceEntry, ServiceId,
        ServiceList, ServiceListAnswer, SessionState, Subject, WorkingState,
        limits::{MESSAGE_MAX, TAG_SIZE},
    },
};

/// Bytes of service data in one part.
const PART: usize = 400;
/// Services in one service_list_answer; the schema's bound.
const LISTED_MAX: usize = 6;
/// Records in one diagnostics_answer; the schema's bound.
const RECORDS_MAX: usize = 32;

/// Why a request is refused, as the error message says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: ErrorCode,
    pub(super) detail: u16,
    pub(super) offset: u16,
}

impl From<ErrorCode> for Refused {
    fn from(code: ErrorCode) -> Self {
        Self {
            code,
            detail: 0,
            offset: 0,
        }
    }
}

impl From<DecodeError> for Refused {
    //= spec/book/src/codec.md#cw-codec-009
    //# A reader MUST answer an authenticated request that breaks a rule of the codec with the error `malformed`, the rule and the offset, and change nothing.
    fn from(error: DecodeError) -> Self {
        Self {
            code: ErrorCode::MALFORMED,
            detail: u16::from(error.rule.value()),
            offset: u16::try_from(error.offset).unwrap_or(u16::MAX),
        }
    }
}

impl From<EncodeError> for Refused {
    /// An answer that has no encoding is this reader's own fault; it says that it can't do what was asked.
    fn from(_: EncodeError) -> Self {
        ErrorCode::NOT_SUPPORTED.into()
    }
}

impl<E: Env> MainControl<E> {
    /// Executes one authenticated request and seals its answer.
    pub(super) fn handle_request(&mut self, now: Instant, message: &[u8]) {
        let mut out = [0; MESSAGE_MAX];
        let length = match self.execute(now, message, &mut out) {
            Ok(length) => length,
            Err(refused) => self.encode_error(message, refused, &mut out),
        };
        let mut sealed = [0; MESSAGE_MAX + TAG_SIZE];
        let Some(session) = self.session.as_ref() else {
            return;
        };
        if let Some(end) = session.channel.seal_answer(&out[..length], &mut sealed) {
            self.output
                .put_answer(FrameKind::Sealed, session.channel.answer_number(), &sealed[..end]);
        }
        if out[0] == DisconnectAnswer::CODE && !self.deviates(Deviation::StaysConnected) {
            self.end_session(now);
        }
        // A service begins only now: its instruction is answered before it runs (CW-JOB-001).
        let (run, mut around) = self.split(now);
        run.advance(&mut around);
        self.report_end();
    }

    fn encode_error(&self, message: &[u8], refused: Refused, out: &mut [u8]) -> usize {
        let Refused {
            mut code,
            mut detail,
            mut offset,
        } = refused;
        if code == ErrorCode::MALFORMED && self.deviates(Deviation::HidesCodecRules) {
            (code, detail, offset) = (ErrorCode::UNEXPECTED, 0, 0);
        }
        if code == ErrorCode::MALFORMED && self.deviates(Deviation::StatesWrongOffset) {
            offset += 1;
        }
        let request = message.first().copied().unwrap_or(0);
        // The message has fixed size and no bounds, so that it always fits.
        ErrorAnswer {
            request,
            code,
            detail,
            offset,
            extensions: Default::default(),
        }
        .encode(out)
        .unwrap_or(0)
    }

    fn execute(&mut self, now: Instant, message: &[u8], out: &mut [u8]) -> Result<usize, Refused> {
        let request = if self.deviates(Deviation::TakesTrailingBytes) {
            deviant::decode_leniently(message)?
        } else {
            Request::decode(message)?
        };
        if self.deviates(Deviation::RefusesExtensions) {
            deviant::refuse_extensions(message, &request)?;
        }
        self.check_state(&request)?;
        match request {
            Request::PlatformAuth(request) => self.platform_auth(now, &request, out),
            Request::Relay(request) => self.relay(now, &request, out),
            Request::ServiceList(request) => self.service_list(&request, out),
            Request::Instruct(request) => self.instruct(&request, out),
            Request::JobData(request) => self.job_data(&request, out),
            Request::JobStatus(request) => Ok(self.encode_job(request.job, out)?),
            Request::JobAbort(request) => self.job_abort(now, request.job, out),
            Request::ReaderStatus(_) => Ok(self.encode_status(now, out)?),
            Request::Diagnostics(request) => self.diagnostics(&request, out),
            Request::Disconnect(_) => Ok(DisconnectAnswer {
                extensions: Default::default(),
            }
            .encode(out)?),
        }
    }

    //= spec/book/src/session.md#cw-sess-012
    //# A reader MUST answer an authenticated request that has no place in the session's state with the error `unexpected`, for services before login `not-logged-in`, for relayed bytes without a login `login-expired`, and change nothing.
    fn check_state(&self, request: &Request<'_>) -> Result<(), Refused> {
        let state = self
            .session
            .as_ref()
            .map_or(SessionState::Locked, |session| session.state);
        match request {
            Request::PlatformAuth(_)
            | Request::ReaderStatus(_)
            | Request::Diagnostics(_)
            | Request::Disconnect(_) => Ok(()),
            Request::Relay(_) => match state {
                SessionState::Login | SessionState::Serving => Ok(()),
                SessionState::Locked | SessionState::Connected => {
                    let mistakes = self.deviates(Deviation::MistakesRelay);
                    Err(if mistakes {
                        ErrorCode::UNEXPECTED
                    } else {
                        ErrorCode::LOGIN_EXPIRED
                    }
                    .into())
                }
            },
            Request::ServiceList(_)
            | Request::Instruct(_)
            | Request::JobData(_)
            | Request::JobStatus(_)
            | Request::JobAbort(_) => match state {
                SessionState::Serving => Ok(()),
                SessionState::Locked | SessionState::Connected | SessionState::Login => {
                    if self.deviates(Deviation::ServesBeforeLogin) {
                        return Ok(());
                    }
                    Err(ErrorCode::NOT_LOGGED_IN.into())
                }
            },
        }
    }

    //= spec/book/src/interfaces.md#cw-intf-004
    //# A reader MUST list every service that it has, in ascending order, with name, logic version, policy, digest of its logic and the state of its interface.
    fn service_list(&self, request: &ServiceList<'_>, out: &mut [u8]) -> Result<usize, Refused> {
        let empty = ServiceEntry {
            service: ServiceId(0),
            name: "-",
            logic_version: 0,
            policy: cardwire_codec::message::Policy::WholeService,
            interface: WorkingState::Disabled,
            logic_digest: &[0; 32],
        };
        let mut listed = [empty; SERVICES_MAX];
        let mut total = 0;
        for (slot, entry) in listed.iter_mut().zip(self.logic.entries()) {
            let enabled = self.interface.format(entry.service).is_some();
            *slot = ServiceEntry {
                service: entry.service,
                name: entry.name.as_str(),
                logic_version: entry.version,
                policy: entry.policy,
                interface: if enabled {
                    WorkingState::Enabled
                } else {
                    WorkingState::Disabled
                },
                logic_digest: &entry.digest,
            };
            total += 1;
        }
        let listed = &mut listed[..total];
        if self.deviates(Deviation::ListsBackwards) {
            listed.reverse();
        }
        let from = usize::from(request.from).min(total);
        let end = (from + LISTED_MAX).min(total);
        let services = List::from_items(&listed[from..end]);
        let total = total as u8;
        Ok(ServiceListAnswer {
            total,
            services,
            extensions: Default::default(),
        }
        .encode(out)?)
    }

    fn instruct(&mut self, request: &Instruct<'_>, out: &mut [u8]) -> Result<usize, Refused> {
        let instruction = instruction_digest(request.service, request.parameters);
        if self.deviates(Deviation::ForgetsJobs) && !self.run.is_running() {
            self.jobs.forget();
        }
        //= spec/book/src/jobs.md#cw-job-002
        //# A reader MUST NOT run a job twice: an instruction with the id of a job it knows is answered with that job's state if service and parameters are the same, and with `job-conflict` if not.
        if let Some(job) = self.jobs.find(request.job) {
            if job.instruction != instruction && !self.deviates(Deviation::OverlooksJobConflicts) {
                return Err(ErrorCode::JOB_CONFLICT.into());
            }
            return self.answer_instruct(request.job, job.state, out);
        }
        //= spec/book/src/interfaces.md#cw-intf-002
        //# A reader MUST refuse an instruction for a service that it has and whose interface is disabled with `interface-disabled`, and for one that it does not have with `unknown-service`.
        let mistakes = self.deviates(Deviation::MistakesUnknownServices);
        let unknown = if mistakes {
            ErrorCode::NOT_SUPPORTED
        } else {
            ErrorCode::UNKNOWN_SERVICE
        };
        let entry = *self.logic.entry(request.service).ok_or(unknown)?;
        match self.interface.format(request.service) {
            Some(Format::NATIVE) => {}
            Some(_) => return Err(ErrorCode::FORMAT_NOT_SUPPORTED.into()),
            None if self.deviates(Deviation::ServesBeforeLogin) => {}
            None => return Err(ErrorCode::INTERFACE_DISABLED.into()),
        }
        if self.run.is_running() {
            return Err(ErrorCode::BUSY.into());
        }
        if !takes_parameters(request.parameters) && !self.deviates(Deviation::TakesAnyParameters) {
            return Err(ErrorCode::PARAMETERS_REFUSED.into());
        }
        let Self { logic, env, run, .. } = self;
        logic
            .with_logic(env, request.service, |logic| run.load(*request.job, logic))
            .ok_or(ErrorCode::STORAGE_FAILED)?;
        self.run.begin(&self.env);
        self.jobs
            .start(*request.job, request.service, instruction, entry.digest);
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
    fn job_data(&mut self, request: &JobData<'_>, out: &mut [u8]) -> Result<usize, Refused> {
        let job = self.jobs.find(request.job).ok_or(ErrorCode::UNKNOWN_JOB)?;
        if job.state != JobState::Done || self.run.is_running() || self.run.job() != request.job {
            return Err(ErrorCode::NO_SUCH_PART.into());
        }
        let data = self.run.data();
        let start = usize::from(request.part) * PART;
        // Data whose length is a whole number of parts has no empty part behind it; no data is one empty part.
        if start >= data.len() && request.part > 0 {
            return Err(ErrorCode::NO_SUCH_PART.into());
        }
        let end = (start + PART).min(data.len());
        let length = JobDataAnswer {
            job: request.job,
            part: request.part,
            last: end == data.len(),
            data: &data[start..end],
            extensions: Default::default(),
        }
        .encode(out)?;
        if self.deviates(Deviation::GivesDataOnce) {
            self.jobs.forget();
        }
        Ok(length)
    }

    fn encode_job(&self, id: &[u8; 16], out: &mut [u8]) -> Result<usize, EncodeError> {
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

    fn job_abort(&mut self, now: Instant, id: &[u8; 16], out: &mut [u8]) -> Result<usize, Refused> {
        if self.jobs.find(id).is_none() {
            return Err(ErrorCode::UNKNOWN_JOB.into());
        }
        if self.run.job() == id {
            let (run, mut around) = self.split(now);
            run.abort(&mut around);
        }
        Ok(self.encode_job(id, out)?)
    }

    //= spec/book/src/session.md#cw-sess-011
    //# A reader MUST answer reader_status in every state of a session with its state, identity kind, slots and modules as they are.
    pub(super) fn encode_status(&self, now: Instant, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut modules = [ModuleEntry {
            module: ModuleId::SECURITY,
            state: self.security_state,
        }; 1 + SERVICE_MODULES.len()];
        for (entry, (module, state)) in modules[1..].iter_mut().zip(self.modules.states()) {
            *entry = ModuleEntry { module, state };
        }
        let mut state = self
            .session
            .as_ref()
            .map_or(SessionState::Locked, |session| session.state);
        if state == SessionState::Login && self.deviates(Deviation::HidesLogin) {
            state = SessionState::Connected;
        }
        let hides = self.deviates(Deviation::HidesCertification);
        ReaderStatusAnswer {
            state,
            provisioning: if hides {
                Provisioning::Production
            } else {
                self.identity.provisioning
            },
            hardware_class: self.identity.hardware_class,
            software: self.identity.software.as_str(),
            boot_counter: self.boot_counter,
            uptime: (now.as_millis() - self.booted.as_millis()) as u32,
            failed_connects: if self.deviates(Deviation::HidesFailures) {
                0
            } else {
                self.backoff.stated_failures()
            },
            slots: List::from_items(&[self.slot]),
            modules: List::from_items(&modules),
            extensions: Default::default(),
        }
        .encode(out)
    }

    //= spec/book/src/diagnostics.md#cw-diag-003
    //# A reader with a production identity MUST refuse diagnostics with `not-permitted`.
    fn diagnostics(&self, request: &Diagnostics<'_>, out: &mut [u8]) -> Result<usize, Refused> {
        if self.identity.provisioning != Provisioning::Certification {
            return Err(ErrorCode::NOT_PERMITTED.into());
        }
        let blank = DiagnosticRecord {
            number: 0,
            tick: 0,
            subject: Subject::Module,
            id: 0,
            state: WorkingState::Disabled,
        };
        let mut records = [blank; RECORDS_MAX];
        let mut count = 0;
        for (slot, record) in records.iter_mut().zip(self.diagnostics.since(request.from)) {
            *slot = record;
            count += 1;
        }
        if self.deviates(Deviation::RecordsBackwards) {
            records[..count].reverse();
        }
        let hides = self.deviates(Deviation::HidesOverflow);
        Ok(DiagnosticsAnswer {
            overflow: if hides { 0 } else { self.diagnostics.overflow() },
            next: self.diagnostics.next(),
            records: List::from_items(&records[..count]),
            extensions: Default::default(),
        }
        .encode(out)?)
    }
}

/// Whether these are parameters of a service that takes none: no bytes, or service data without items.
fn takes_parameters(parameters: &[u8]) -> bool {
    parameters.is_empty() || ServiceData::decode(parameters).is_ok_and(|data| data.items.is_empty())
}
