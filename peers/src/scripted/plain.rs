//! Answers that keep to the protocol: login, services with canned data, updates. A script may put faults into them.

use super::{ReaderSession, login::ReaderLogin, reply, update::Updates};
use crate::{
    client::{JobId, ServiceItem, encode_items},
    cloud::channel::Channel,
    identity::ReaderIdentity,
};
use cardwire_codec::{
    Extensions, List, Name,
    message::{
        ChannelRequest, DisconnectAnswer, ErrorAnswer, ErrorCode, Format, HardwareClass, Instruct,
        InstructAnswer, JobDataAnswer, JobState, JobStatusAnswer, LoginConfirm, LoginHeader, LoginOutcome,
        LoginResult, Offer, Outcome, PlatformAuthAnswer, Policy, Provisioning, ReaderStatusAnswer,
        RelayAnswer, Request, ServiceEntry, ServiceId, ServiceListAnswer, SessionState, Suite, UpdateKind,
        WorkingState,
        limits::{PROTOCOL_VERSION, RELAYED_MAX},
    },
};

/// Bytes of service data in one part: few, so that there are several.
const PART: usize = 16;
const LOGIC_DIGEST: [u8; 32] = [0xD1; 32];

/// A service with canned data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannedService {
    /// The service.
    pub service: ServiceId,
    /// Its name.
    pub name: &'static str,
    /// How its jobs end.
    pub outcome: Outcome,
    /// What they give.
    pub items: Vec<ServiceItem>,
    /// How often a job's status is `running`.
    pub running: u32,
}

/// Answers that keep to the protocol.
#[derive(Debug)]
pub struct PlainReader {
    identity: ReaderIdentity,
    services: Vec<CannedService>,
    session: [u8; 32],
    state: SessionState,
    login: Option<ReaderLogin>,
    cloud: Option<Channel>,
    offers: Vec<Offer>,
    granted: Option<Vec<ServiceId>>,
    jobs: Vec<Job>,
    updates: Updates,
}

#[derive(Debug)]
struct Job {
    id: JobId,
    service: usize,
    running: u32,
    data: Vec<u8>,
}

impl PlainReader {
    /// A reader with these services, which ascend.
    #[must_use]
    pub fn new(identity: ReaderIdentity, services: Vec<CannedService>) -> Self {
        Self {
            identity,
            services,
            session: [0; 32],
            state: SessionState::Connected,
            login: None,
            cloud: None,
            offers: Vec::new(),
            granted: None,
            jobs: Vec::new(),
            updates: Updates::default(),
        }
    }

    /// Kind, counter and bytes of each update in force, in the order in which they came.
    #[must_use]
    pub fn updates(&self) -> &[(UpdateKind, u32, Vec<u8>)] {
        &self.updates.in_force
    }

    /// Where the session stands.
    #[must_use]
    pub fn state(&self) -> SessionState {
        self.state
    }

    /// The answer to a request of this session; an error where it is none, or not now.
    #[must_use]
    pub fn answer(&mut self, session: &ReaderSession, request: &[u8]) -> Vec<u8> {
        if self.session != session.session {
            self.session = session.session;
            self.state = SessionState::Connected;
            (self.login, self.cloud) = (None, None);
        }
        let code = request.first().copied().unwrap_or_default();
        let answered = Request::decode(request)
            .map_err(|_| ErrorCode::MALFORMED)
            .and_then(|request| self.answer_request(session, &request));
        answered.unwrap_or_else(|error| {
            let (detail, offset, extensions) = (0, 0, Extensions::NONE);
            reply(&ErrorAnswer {
                request: code,
                code: error,
                detail,
                offset,
                extensions,
            })
        })
    }

    fn answer_request(
        &mut self,
        session: &ReaderSession,
        request: &Request<'_>,
    ) -> Result<Vec<u8>, ErrorCode> {
        match request {
            Request::PlatformAuth(auth) => {
                self.offers = auth.offers.iter().collect();
                self.begin_login(session)
            }
            Request::Relay(relay) => self.relay(session, relay.payload),
            Request::ReaderStatus(_) => Ok(self.status()),
            Request::Disconnect(_) => Ok(reply(&DisconnectAnswer {
                extensions: Extensions::NONE,
            })),
            Request::Diagnostics(_) => Err(ErrorCode::NOT_SUPPORTED),
            Request::ServiceList(_)
            | Request::Instruct(_)
            | Request::JobStatus(_)
            | Request::JobAbort(_)
            | Request::JobData(_)
                if self.state != SessionState::Serving =>
            {
                Err(ErrorCode::NOT_LOGGED_IN)
            }
            Request::ServiceList(list) => Ok(self.list(usize::from(list.from))),
            Request::Instruct(instruct) => self.instruct(instruct),
            Request::JobStatus(status) => Ok(self.job_status(status.job)),
            Request::JobAbort(abort) => Ok(self.job_status(abort.job)),
            Request::JobData(wanted) => self.job_data(wanted.job, wanted.part),
        }
    }

    fn begin_login(&mut self, session: &ReaderSession) -> Result<Vec<u8>, ErrorCode> {
        let header = LoginHeader {
            version: PROTOCOL_VERSION,
            suite: Suite::NOISE_IK,
            reader_id: Name::from_text(&self.identity.id),
            hardware_class: HardwareClass::REFERENCE_HOST,
            boot_counter: 1,
            client_id: Name::from_text(&session.client_id),
            session: &session.session,
            extensions: Extensions::NONE,
        };
        let login =
            ReaderLogin::begin(&self.identity, reply(&header)).map_err(|_| ErrorCode::NOT_SUPPORTED)?;
        let (header, handshake) = (&*login.header, &login.first);
        let answer = reply(&PlatformAuthAnswer {
            header,
            handshake,
            extensions: Extensions::NONE,
        });
        (self.login, self.cloud, self.state) = (Some(login), None, SessionState::Login);
        Ok(answer)
    }

    fn relay(&mut self, session: &ReaderSession, payload: &[u8]) -> Result<Vec<u8>, ErrorCode> {
        let payload = if let Some(login) = self.login.take() {
            let mut channel = login
                .finish(payload)
                .map_err(|_| ErrorCode::CLOUD_NOT_AUTHENTICATED)?;
            let confirm = self.confirm(session);
            let sealed = channel.seal(&confirm).ok_or(ErrorCode::NOT_SUPPORTED)?;
            self.cloud = Some(channel);
            sealed
        } else {
            let mut channel = self.cloud.take().ok_or(ErrorCode::LOGIN_EXPIRED)?;
            let message = channel.open(payload).ok_or(ErrorCode::CLOUD_NOT_AUTHENTICATED)?;
            let request = ChannelRequest::decode(&message).map_err(|_| ErrorCode::MALFORMED)?;
            let answer = match &request {
                ChannelRequest::LoginResult(result) if self.state == SessionState::Login => {
                    self.take_result(session, result)?;
                    Vec::new()
                }
                request => {
                    let mut bytes = [0; RELAYED_MAX];
                    let length = self.updates.answer(request, |answer| answer.encode(&mut bytes));
                    let sealed = channel.seal(&bytes[..length.map_err(|_| ErrorCode::NOT_SUPPORTED)?]);
                    sealed.ok_or(ErrorCode::NOT_SUPPORTED)?
                }
            };
            self.cloud = Some(channel);
            answer
        };
        let (state, payload) = (self.state, &*payload);
        Ok(reply(&RelayAnswer {
            state,
            payload,
            extensions: Extensions::NONE,
        }))
    }

    fn confirm(&self, session: &ReaderSession) -> Vec<u8> {
        let counter = |kind| self.updates.counter(kind);
        reply(&LoginConfirm {
            reader_id: Name::from_text(&self.identity.id),
            client_id: Name::from_text(&session.client_id),
            software: Name::from_text("scripted-1"),
            software_counter: counter(UpdateKind::SOFTWARE),
            authentication_counter: counter(UpdateKind::AUTHENTICATION),
            logic_counter: counter(UpdateKind::LOGIC),
            extensions: Extensions::NONE,
        })
    }

    fn take_result(&mut self, session: &ReaderSession, result: &LoginResult<'_>) -> Result<(), ErrorCode> {
        self.state = SessionState::Connected;
        if (result.reader_id, result.client_id)
            != (
                Name::from_text(&self.identity.id),
                Name::from_text(&session.client_id),
            )
        {
            return Err(ErrorCode::LOGIN_MISMATCH);
        }
        match result.outcome {
            LoginOutcome::Denied => Err(ErrorCode::LOGIN_DENIED),
            LoginOutcome::Success => {
                self.granted = (!result.all_services).then(|| result.services.iter().collect());
                self.state = SessionState::Serving;
                Ok(())
            }
        }
    }

    fn status(&self) -> Vec<u8> {
        reply(&ReaderStatusAnswer {
            state: self.state,
            provisioning: Provisioning::Certification,
            hardware_class: HardwareClass::REFERENCE_HOST,
            software: Name::from_text("scripted-1"),
            boot_counter: 1,
            uptime: 0,
            failed_connects: 0,
            slots: List::from_items(&[]),
            modules: List::from_items(&[]),
            extensions: Extensions::NONE,
        })
    }

    fn is_enabled(&self, service: ServiceId) -> bool {
        let granted = self
            .granted
            .as_ref()
            .is_none_or(|granted| granted.contains(&service));
        granted && self.offers.iter().any(|offer| offer.service == service)
    }

    /// Two services in each part, so that there are several.
    fn list(&self, from: usize) -> Vec<u8> {
        let entry = |canned: &CannedService| ServiceEntry {
            service: canned.service,
            name: Name::from_text(canned.name),
            logic_version: 1,
            policy: Policy::PerStep,
            interface: if self.is_enabled(canned.service) {
                WorkingState::Enabled
            } else {
                WorkingState::Disabled
            },
            logic_digest: &LOGIC_DIGEST,
        };
        let entries: Vec<_> = self.services.iter().skip(from).take(2).map(entry).collect();
        let (total, services) = (self.services.len() as u8, List::from_items(&entries));
        reply(&ServiceListAnswer {
            total,
            services,
            extensions: Extensions::NONE,
        })
    }

    fn instruct(&mut self, instruct: &Instruct<'_>) -> Result<Vec<u8>, ErrorCode> {
        let mut services = self.services.iter();
        let service = services.position(|canned| canned.service == instruct.service);
        let service = service.ok_or(ErrorCode::UNKNOWN_SERVICE)?;
        if !self.is_enabled(instruct.service) {
            return Err(ErrorCode::INTERFACE_DISABLED);
        }
        let canned = &self.services[service];
        let offered = self.offers.iter().find(|offer| offer.service == instruct.service);
        let format = offered.map_or(Format::NATIVE, |offer| offer.format);
        let data = if canned.items.is_empty() {
            Ok(Vec::new())
        } else {
            encode_items(format, &canned.items)
        };
        let data = data.map_err(|_| ErrorCode::FORMAT_NOT_SUPPORTED)?;
        self.jobs.push(Job {
            id: *instruct.job,
            service,
            running: canned.running,
            data,
        });
        let (job, state) = (instruct.job, JobState::Running);
        Ok(reply(&InstructAnswer {
            job,
            state,
            extensions: Extensions::NONE,
        }))
    }

    fn job_status(&mut self, id: &JobId) -> Vec<u8> {
        let job = self.jobs.iter_mut().find(|job| job.id == *id);
        let mut answer = JobStatusAnswer {
            job: id,
            state: JobState::Unknown,
            service: ServiceId(0),
            logic_digest: &[0; 32],
            step: 0,
            outcome: Outcome::SUCCESS,
            status_word: 0,
            data_length: 0,
            extensions: Extensions::NONE,
        };
        if let Some(job) = job {
            let canned = &self.services[job.service];
            (answer.service, answer.logic_digest) = (canned.service, &LOGIC_DIGEST);
            if job.running > 0 {
                job.running -= 1;
                answer.state = JobState::Running;
            } else {
                answer.state = JobState::Done;
                (answer.outcome, answer.status_word) = (canned.outcome, 0x9000);
                answer.data_length = job.data.len() as u16;
            }
        }
        reply(&answer)
    }

    fn job_data(&self, id: &JobId, part: u16) -> Result<Vec<u8>, ErrorCode> {
        let job = self
            .jobs
            .iter()
            .find(|job| job.id == *id)
            .ok_or(ErrorCode::UNKNOWN_JOB)?;
        let data = job
            .data
            .chunks(PART)
            .nth(usize::from(part))
            .ok_or(ErrorCode::NO_SUCH_PART)?;
        let last = (usize::from(part) + 1) * PART >= job.data.len();
        Ok(reply(&JobDataAnswer {
            job: id,
            part,
            last,
            data,
            extensions: Extensions::NONE,
        }))
    }
}
