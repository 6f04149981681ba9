//! Secrets of a card that the cloud has sent for one job, until that job is instructed.
//!
//! They are in volatile memory only, in one place: those of the job that was named last. The run takes a copy of its own
//! and erases it when it ends.

use super::{MainControl, requests::Refused, session::Login};
use crate::{
    env::Env,
    logic::parameters::{are_of_their_kinds, are_taken},
    time::Instant,
};
use cardwire_codec::{
    Message,
    message::{
        ChannelAnswer, ChannelError, ErrorCode, JobSecrets, JobSecretsAnswer, ParameterSource, ServiceData,
        ServiceId, limits::T_HANDSHAKE_MS,
    },
};
use zeroize::Zeroize;

/// The most bytes of them: the schema's bound.
pub(crate) const SECRETS_MAX: usize = 400;

/// The secrets of one job.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(super) struct Secrets {
    job: [u8; 16],
    service: ServiceId,
    /// The document `service_data`.
    parameters: [u8; SECRETS_MAX],
    length: usize,
    /// Until when they wait for their job; `None` where there are none.
    until: Option<Instant>,
}

impl Secrets {
    #[inline(always)]
    pub(super) fn none() -> Self {
        Self {
            job: [0; 16],
            service: ServiceId(0),
            parameters: [0; SECRETS_MAX],
            length: 0,
            until: None,
        }
    }

    /// Those for a run of this service as this job.
    //= spec/book/src/jobs.md#cw-job-014
    //# A reader MUST use secrets of the cloud in one run of the job and the service that they were sent for, and in no other.
    pub(super) fn of(&self, job: &[u8; 16], service: ServiceId) -> Option<&[u8]> {
        let mine = self.job == *job && self.service == service;
        self.until.filter(|_| mine)?;
        self.parameters.get(..self.length)
    }

    /// When they are to be erased.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.until
    }

    /// Leaves nothing of them.
    pub(super) fn erase(&mut self) {
        self.parameters.zeroize();
        self.length = 0;
        self.until = None;
    }

    fn hold(&mut self, secrets: &JobSecrets<'_>, until: Instant) -> Option<()> {
        self.erase();
        let held = self.parameters.get_mut(..secrets.parameters.len())?;
        held.copy_from_slice(secrets.parameters);
        self.length = secrets.parameters.len();
        self.job = *secrets.job;
        self.service = secrets.service;
        self.until = Some(until);
        Some(())
    }
}

impl<E: Env> MainControl<E> {
    /// Answers secrets that the cloud sends.
    #[inline(never)]
    pub(super) fn answer_secrets(
        &mut self,
        now: Instant,
        secrets: &JobSecrets<'_>,
        out: &mut [u8],
    ) -> Result<usize, Refused> {
        let answer = match self.take_secrets(now, secrets) {
            Ok(()) => ChannelAnswer::JobSecretsAnswer(JobSecretsAnswer {
                job: secrets.job,
                extensions: Default::default(),
            }),
            Err(code) => ChannelAnswer::ChannelError(ChannelError {
                request: JobSecrets::CODE,
                code,
                detail: 0,
                extensions: Default::default(),
            }),
        };
        Ok(answer.encode(out)?)
    }

    /// Takes secrets for a job that is to come. What is refused changes nothing.
    fn take_secrets(&mut self, now: Instant, secrets: &JobSecrets<'_>) -> Result<(), ErrorCode> {
        if self.jobs.find(secrets.job).is_some() {
            return Err(ErrorCode::JOB_CONFLICT);
        }
        self.logic
            .entry(secrets.service)
            .ok_or(ErrorCode::UNKNOWN_SERVICE)?;
        self.interface
            .format(secrets.service)
            .ok_or(ErrorCode::INTERFACE_DISABLED)?;
        let given = ServiceData::decode(secrets.parameters).map_err(|_| ErrorCode::PARAMETERS_REFUSED)?;
        let Self { logic, env, .. } = self;
        let taken = logic.with_logic(env, secrets.service, |logic| {
            Some(are_taken(logic.parameters, given.items, ParameterSource::Cloud))
        });
        let taken = taken.ok_or(ErrorCode::STORAGE_FAILED)? && are_of_their_kinds(given.items);
        if !taken {
            return Err(ErrorCode::PARAMETERS_REFUSED);
        }
        self.secrets
            .hold(secrets, now.plus_millis(T_HANDSHAKE_MS))
            .ok_or(ErrorCode::NOT_SUPPORTED)
    }

    /// Erases secrets that have waited too long, or whose login is over.
    //= spec/book/src/jobs.md#cw-job-015
    //# A reader MUST erase secrets of the cloud that no instruction has used `T_handshake` after they came, and earlier when the session or its channel with the cloud ends.
    pub(super) fn forget_secrets(&mut self, now: Instant) {
        let overdue = self.secrets.deadline().is_some_and(|until| now >= until);
        let has_cloud = self
            .session
            .as_ref()
            .is_some_and(|session| matches!(session.login, Login::Open(_)));
        if overdue || !has_cloud {
            self.secrets.erase();
        }
    }
}
