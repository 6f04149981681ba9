//! Update: what the cloud offers after login, checked before it has an effect.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`Update`] | the cloud's messages and their answers, and what a reset leaves of an update |
//! | [`kept`] | what is kept of an accepted manifest |
//! | [`offer`] | whether a manifest is one that this reader takes |
//! | [`stage`] | the bytes on their way in |
//! | [`sealing`] | secrets among them |
//! | [`commit`] | all components into force, or none |
//! | [`software`] | software on trial |
//! | [`authentication`] | what changes in the keys |

mod authentication;
mod commit;
mod kept;
mod offer;
mod sealing;
mod software;
mod stage;

use crate::{
    boot::Other,
    digest::sha256,
    env::{Env, Record},
    identity::Owner,
    logic::LogicStore,
    security::keyring::Keyring,
    time::Instant,
};
pub(crate) use authentication::changed as changed_keys;
use cardwire_codec::message::{
    ChannelAnswer, ChannelError, ChannelRequest, ErrorCode, UpdateChunk, UpdateCommit, UpdateKind,
    UpdateQuery, UpdateResult, UpdateState, UpdateStatus, limits::T_TRIAL_MS,
};
use kept::{Component, Kept};

/// An update on its way into the reader. What has been received survives session and reset: it is taken up by the digest
/// of its manifest.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Update {
    kept: Option<Kept>,
    state: UpdateState,
    /// Bytes that are staged.
    received: u32,
    /// Update counter of the software in force.
    software_counter: u32,
    /// The counter of the software on trial that runs, and until when it has to be confirmed.
    on_trial: Option<(u32, Instant)>,
    /// The update was decided and part of it is in force: the rest follows.
    part_done: bool,
    /// The reader is to reset itself when no job runs.
    reset_due: bool,
}

/// What an update changes, and for whom it has to be.
pub(crate) struct Installed<'r> {
    pub(crate) identity: &'r Owner,
    pub(crate) logic: &'r mut LogicStore,
    pub(crate) keys: &'r mut Keyring,
}

/// The update counters in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) software: u32,
    pub(crate) authentication: u32,
    pub(crate) logic: u32,
}

impl Counters {
    /// The counter of a kind that this reader takes.
    fn of(&self, kind: UpdateKind) -> u32 {
        match kind {
            UpdateKind::SOFTWARE => self.software,
            UpdateKind::AUTHENTICATION => self.authentication,
            UpdateKind(_) => self.logic,
        }
    }
}

/// An error for the cloud, and its detail.
type Refused = (ErrorCode, u16);

impl Update {
    /// What a reset has left, and carried out what was decided before it.
    #[inline(never)]
    pub(crate) fn load(env: &mut impl Env, installed: &mut Installed<'_>, now: Instant) -> Self {
        let mut update = Self::empty();
        update.kept = Kept::load(env);
        let boot = software::load(env);
        update.software_counter = boot.counter;
        commit::recover(&mut update, env, installed);
        if update.state != UpdateState::None {
            return update;
        }
        match boot.other {
            Other::Trial { image, begun } if update.is_kept(&boot.manifest) => {
                update.state = UpdateState::Trial;
                update.received = update.kept.as_ref().map_or(0, Kept::size);
                update.on_trial = begun.then(|| (image.counter, now.plus_millis(T_TRIAL_MS)));
                update.reset_due = !begun;
                return update;
            }
            Other::GivenUp => {
                if update.is_kept(&boot.manifest) {
                    update.drop_received(env);
                }
                software::forget_given_up(env);
            }
            // Software on trial without its manifest can't be confirmed: the next start goes back.
            Other::Trial { .. } => update.reset_due = true,
            Other::None | Other::Before(_) => {}
        }
        update.resume(env, installed);
        if update.kept.is_none() {
            // Of an update that came into force, or was dropped, when the power went.
            sealing::forget(env);
        }
        update
    }

    pub(crate) const fn empty() -> Self {
        Self {
            kept: None,
            state: UpdateState::None,
            received: 0,
            software_counter: 0,
            on_trial: None,
            part_done: false,
            reset_due: false,
        }
    }

    /// Takes up the bytes that were staged before the reset, of an update that is not in force.
    fn resume(&mut self, env: &mut impl Env, installed: &Installed<'_>) {
        let counters = self.counters(installed.logic, installed.keys);
        let is_new = |kept: &Kept| {
            kept.components()
                .all(|component| component.counter > counters.of(component.kind))
        };
        let Some(kept) = self.kept.as_ref().filter(|kept| is_new(kept)) else {
            self.kept = None;
            return;
        };
        self.received = env.stage_length(&kept.digest).min(kept.size());
        self.state = if self.received == kept.size() {
            UpdateState::Received
        } else {
            UpdateState::Receiving
        };
    }

    /// Answers a message of the cloud; the answer is encoded into `out` and its length returned.
    pub(crate) fn handle(
        &mut self,
        env: &mut impl Env,
        mut installed: Installed<'_>,
        request: &ChannelRequest<'_>,
        out: &mut [u8],
    ) -> Option<usize> {
        let answer = match request {
            ChannelRequest::UpdateOffer(request) => {
                let digest = sha256(request.manifest);
                let result = offer::take(self, env, &installed, request, digest);
                return self.encode_status(&digest, result, out);
            }
            ChannelRequest::UpdateChunk(UpdateChunk {
                digest, offset, data, ..
            }) => {
                let result = self.chunk(env, digest, *offset, data);
                return self.encode_status(digest, result, out);
            }
            ChannelRequest::UpdateQuery(UpdateQuery { digest, .. }) => {
                return self.encode_status(digest, Ok(()), out);
            }
            ChannelRequest::UpdateCommit(UpdateCommit { digest, .. }) => {
                let result = commit::commit(self, env, &mut installed, digest);
                let (error, detail) = result.err().unwrap_or((ErrorCode(0), 0));
                let counters = self.counters(installed.logic, installed.keys);
                ChannelAnswer::UpdateResult(UpdateResult {
                    digest,
                    state: self.state_of(digest),
                    error,
                    detail,
                    software_counter: counters.software,
                    authentication_counter: counters.authentication,
                    logic_counter: counters.logic,
                    extensions: Default::default(),
                })
                .encode(out)
            }
            // Secrets are the main control's, which has looked at them before.
            ChannelRequest::LoginResult(_) | ChannelRequest::JobSecrets(_) => {
                ChannelAnswer::ChannelError(ChannelError {
                    request: request.code(),
                    code: ErrorCode::UNEXPECTED,
                    detail: 0,
                    extensions: Default::default(),
                })
                .encode(out)
            }
        };
        answer.ok()
    }

    /// A login with the cloud has succeeded.
    pub(crate) fn confirm(&mut self, env: &mut impl Env, mut installed: Installed<'_>) {
        commit::confirm(self, env, &mut installed);
    }

    /// The update counters in force.
    pub(crate) fn counters(&self, logic: &LogicStore, keys: &Keyring) -> Counters {
        Counters {
            software: self.software_counter,
            authentication: keys.counter,
            logic: logic.counter(),
        }
    }

    /// When software on trial has to be confirmed.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.on_trial
            .filter(|_| !self.reset_due)
            .map(|(_, deadline)| deadline)
    }

    /// Does what is due: gives up software that was not confirmed in time.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        if self.deadline().is_some_and(|deadline| now >= deadline) {
            self.reset_due = true;
        }
    }

    /// Whether the reader is to reset itself when no job runs.
    pub(crate) fn is_reset_due(&self) -> bool {
        self.reset_due
    }

    /// Forgets a manifest and its bytes.
    pub(crate) fn drop_received(&mut self, env: &mut impl Env) {
        *self = Self {
            software_counter: self.software_counter,
            on_trial: self.on_trial,
            reset_due: self.reset_due,
            ..Self::empty()
        };
        // Where this fails they are found again after the next reset, and checked like any.
        let _ = env.store(Record::Manifest, &[]);
        sealing::forget(env);
    }

    fn current(&self, digest: &[u8; 32]) -> Result<&Kept, Refused> {
        self.kept
            .as_ref()
            .filter(|kept| kept.digest == *digest)
            .ok_or((ErrorCode::UPDATE_ORDER, 0))
    }

    fn is_kept(&self, digest: &[u8; 32]) -> bool {
        self.current(digest).is_ok()
    }

    /// The update counter of the software that runs, be it on trial.
    fn software_running(&self) -> u32 {
        self.on_trial
            .map_or(self.software_counter, |(counter, _)| counter)
    }

    //= spec/book/src/updates.md#cw-upd-004
    //# A reader MUST take bytes only for the accepted manifest and only at the first offset that is missing, keep what it has when the same manifest is offered again, and check size and digest when all are there.
    #[inline(never)]
    fn chunk(
        &mut self,
        env: &mut impl Env,
        digest: &[u8; 32],
        offset: u32,
        data: &[u8],
    ) -> Result<(), Refused> {
        let kept = self.current(digest)?;
        if self.state != UpdateState::Receiving || offset != self.received {
            return Err((ErrorCode::UPDATE_ORDER, 0));
        }
        // A chunk is at most a message long.
        let end = self.received.saturating_add(data.len() as u32);
        if end > kept.size() {
            return Err((ErrorCode::UPDATE_SIZE, 0));
        }
        let is_last = end == kept.size();
        let taken = stage::append(env, kept, self.received, data).and_then(|()| {
            if is_last {
                stage::check_digests(env, kept)
            } else {
                Ok(())
            }
        });
        if taken.is_err() {
            self.drop_received(env);
            return taken;
        }
        self.received = end;
        if is_last {
            self.state = UpdateState::Received;
        }
        taken
    }

    fn state_of(&self, digest: &[u8; 32]) -> UpdateState {
        if self.is_kept(digest) {
            self.state
        } else {
            UpdateState::None
        }
    }

    fn encode_status(&self, digest: &[u8; 32], result: Result<(), Refused>, out: &mut [u8]) -> Option<usize> {
        let mine = self.is_kept(digest);
        let (error, detail) = result.err().unwrap_or((ErrorCode(0), 0));
        ChannelAnswer::UpdateStatus(UpdateStatus {
            digest,
            state: self.state_of(digest),
            next_offset: if mine { self.received } else { 0 },
            error,
            detail,
            extensions: Default::default(),
        })
        .encode(out)
        .ok()
    }
}
