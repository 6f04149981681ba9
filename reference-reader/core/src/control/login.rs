//! The login with the cloud, and what the cloud sends after it.

use super::{MainControl, requests::Refused, session::Login};
use crate::{
    env::Env,
    identity::Name as Id,
    security::platform::{self, CloudAuthenticated},
    time::Instant,
    update::Installed,
};
use cardwire_codec::{
    Message,
    message::{
        ChannelAnswer, ChannelError, ChannelRequest, ErrorCode, LoginConfirm, LoginHeader, LoginOutcome,
        LoginResult, PlatformAuth, PlatformAuthAnswer, Relay, RelayAnswer, SessionState, Suite,
        limits::{PROTOCOL_VERSION, RELAYED_MAX, TAG_SIZE},
    },
};
use zeroize::Zeroizing;

const HEADER_MAX: usize = 160;

impl<E: Env> MainControl<E> {
    //= spec/book/src/login.md#cw-login-001
    //# platform_auth MUST begin a login, dropping one that is open and disabling all service interfaces.
    #[inline(never)]
    pub(super) fn platform_auth(
        &mut self,
        now: Instant,
        request: &PlatformAuth<'_>,
        out: &mut [u8],
    ) -> Result<usize, Refused> {
        let session = self.session.as_mut().ok_or(ErrorCode::UNEXPECTED)?;
        let (client, hash) = (session.client, session.hash);
        //= spec/book/src/login.md#cw-login-002
        //# The login header MUST state the session's version, the reader's identity and class of hardware, the client that the reader authenticated, and the handshake hash of that client's session.
        let mut header = [0; HEADER_MAX];
        let length = LoginHeader {
            version: PROTOCOL_VERSION,
            suite: Suite::NOISE_IK,
            reader_id: self.identity.reader_id.view(),
            hardware_class: self.identity.hardware_class,
            boot_counter: self.boot_counter,
            client_id: client.view(),
            session: &hash,
            extensions: Default::default(),
        }
        .encode(&mut header)?;
        //= spec/book/src/login.md#cw-login-011
        //# A reader MUST take no ephemeral key twice, also after a reset.
        let ephemeral = self.entropy.draw(&mut self.env, &self.identity.static_key);
        let ephemeral = ephemeral.ok_or(ErrorCode::STORAGE_FAILED)?;
        let cloud = self.keys.begin_login();
        let (pending, handshake) = platform::begin(&self.identity, &header[..length], cloud, &ephemeral)
            .ok_or(ErrorCode::NOT_SUPPORTED)?;
        session.begin_login(pending, now);
        //= spec/book/src/login.md#cw-login-020
        //# The begin of a login, its failure and the end of the grants MUST leave a service that runs as it is.
        self.interface.disable_services(now, &mut self.diagnostics);
        self.interface.remember(request.offers, &self.logic);
        let answer = PlatformAuthAnswer {
            header: &header[..length],
            handshake: &handshake,
            extensions: Default::default(),
        };
        Ok(answer.encode(out)?)
    }

    /// Takes bytes of the cloud that the client relays.
    #[inline(never)]
    pub(super) fn relay(
        &mut self,
        now: Instant,
        request: &Relay<'_>,
        out: &mut [u8],
    ) -> Result<usize, Refused> {
        let session = self.session.as_mut().ok_or(ErrorCode::UNEXPECTED)?;
        let mut payload = [0; RELAYED_MAX + TAG_SIZE];
        let result = match &session.login {
            Login::None => return Err(ErrorCode::LOGIN_EXPIRED.into()),
            Login::Handshake(_) => match session.finish_handshake(request.payload) {
                Some(cloud) => self.confirm(cloud, &mut payload),
                None => Err(ErrorCode::CLOUD_NOT_AUTHENTICATED.into()),
            },
            Login::Confirming(_) => match session.take_cloud() {
                Some(cloud) => self.take_result(now, cloud, request.payload),
                None => Err(ErrorCode::LOGIN_EXPIRED.into()),
            },
            Login::Open(_) => {
                // The cloud is lost with the first bytes that are not its own; the grants last (CW-LOGIN-010).
                let cloud = session.take_cloud().ok_or(ErrorCode::LOGIN_EXPIRED)?;
                let length = self.serve_cloud(now, cloud, request.payload, &mut payload)?;
                return self.encode_relay_answer(&payload[..length], out);
            }
        };
        //= spec/book/src/login.md#cw-login-007
        //# A reader MUST drop a login whose relayed bytes do not authenticate, or whose result is denied or names another reader or client, and stay connected without service interfaces.
        match result {
            Ok(length) => self.encode_relay_answer(&payload[..length], out),
            Err(refused) => {
                if let Some(session) = &mut self.session {
                    session.drop_login();
                }
                Err(refused)
            }
        }
    }

    fn encode_relay_answer(&self, payload: &[u8], out: &mut [u8]) -> Result<usize, Refused> {
        let state = self
            .session
            .as_ref()
            .map_or(SessionState::Locked, |session| session.state);
        Ok(RelayAnswer {
            state,
            payload,
            extensions: Default::default(),
        }
        .encode(out)?)
    }

    //= spec/book/src/updates.md#cw-upd-013
    //# A reader MUST state in login_confirm the update counters that are in force.
    //= spec/book/src/login.md#cw-login-005
    //# A reader's first transport message MUST be login_confirm with its own identity and that of the authenticated client.
    #[inline(never)]
    fn confirm(&mut self, mut cloud: CloudAuthenticated, payload: &mut [u8]) -> Result<usize, Refused> {
        let session = self.session.as_mut().ok_or(ErrorCode::UNEXPECTED)?;
        let counters = self.update.counters(&self.logic, &self.keys);
        let length = ChannelAnswer::LoginConfirm(LoginConfirm {
            reader_id: self.identity.reader_id.view(),
            client_id: session.client.view(),
            software: self.identity.software.view(),
            software_counter: counters.software,
            authentication_counter: counters.authentication,
            logic_counter: counters.logic,
            extensions: Default::default(),
        })
        .encode(payload)?;
        let length = cloud.seal(payload, length).ok_or(ErrorCode::NOT_SUPPORTED)?;
        session.login = Login::Confirming(cloud);
        Ok(length)
    }

    #[inline(never)]
    fn take_result(
        &mut self,
        now: Instant,
        mut cloud: CloudAuthenticated,
        sealed: &[u8],
    ) -> Result<usize, Refused> {
        let session = self.session.as_mut().ok_or(ErrorCode::UNEXPECTED)?;
        let mut message = [0; RELAYED_MAX];
        let message = cloud
            .open(sealed, &mut message)
            .ok_or(ErrorCode::CLOUD_NOT_AUTHENTICATED)?;
        //= spec/book/src/login.md#cw-login-012
        //# A reader MUST take an authentic message of the cloud that is malformed, or has no place where it arrives, for no login_result before login, and answer it with channel_error inside the channel after login.
        let result = LoginResult::decode(message).map_err(|_| ErrorCode::CLOUD_NOT_AUTHENTICATED)?;
        //= spec/book/src/login.md#cw-login-016
        //# A reader MUST answer relayed bytes for which it drops a login with `cloud-not-authenticated` where they do not authenticate or are no well-formed login_result, else with `login-mismatch` where they name another reader or client, else with `login-denied`.
        let mine =
            result.reader_id == self.identity.reader_id.as_str() && result.client_id == session.client.view();
        if !mine {
            return Err(ErrorCode::LOGIN_MISMATCH.into());
        }
        if result.outcome == LoginOutcome::Denied {
            return Err(ErrorCode::LOGIN_DENIED.into());
        }
        session.finish_login(cloud);
        let (client, generation) = (session.client, session.generation);
        //= spec/book/src/login.md#cw-login-018
        //# A login whose offers, services and grants have nothing in common MUST succeed, with no service interface enabled.
        self.interface.enable_services(
            &self.logic,
            &result,
            |service| self.keys.entitles(client.as_str(), generation, service),
            now,
            &mut self.diagnostics,
        );
        self.login_succeeded(client, generation);
        Ok(0)
    }

    /// What a login that succeeded is a sign of: the cloud's key and the client's work, and so does software on trial.
    fn login_succeeded(&mut self, client: Id, generation: u32) {
        let Self {
            env,
            identity,
            logic,
            keys,
            update,
            ..
        } = self;
        keys.login_succeeded(env, client.as_str(), generation);
        let had_key = keys.client(client.as_str(), generation).is_some();
        update.confirm(
            env,
            Installed {
                identity,
                logic,
                keys,
            },
        );
        self.end_revoked_session(had_key);
    }

    /// Whether the reader has the key under which the session was opened.
    fn has_session_key(&self) -> bool {
        self.session.as_ref().is_some_and(|session| {
            let key = self.keys.client(session.client.as_str(), session.generation);
            key.is_some()
        })
    }

    /// A session whose key has ended with an update ends with the answer that is on its way.
    fn end_revoked_session(&mut self, had_key: bool) {
        if had_key && !self.has_session_key() {
            self.ends_with_answer = true;
        }
    }

    /// Takes a message of the cloud after login and seals the answer into `payload`.
    //= spec/book/src/login.md#cw-login-010
    //# A relayed message that fails authentication after login MUST end the channel with the cloud, and leave the session with the client as it is.
    #[inline(never)]
    fn serve_cloud(
        &mut self,
        now: Instant,
        mut cloud: CloudAuthenticated,
        sealed: &[u8],
        payload: &mut [u8],
    ) -> Result<usize, Refused> {
        // What the cloud sends may be secrets: keys of clients, or of a card.
        let mut message = Zeroizing::new([0; RELAYED_MAX]);
        let message = cloud
            .open(sealed, &mut *message)
            .ok_or(ErrorCode::CLOUD_NOT_AUTHENTICATED)?;
        let length = match ChannelRequest::decode(message) {
            Ok(request) => {
                let had_key = self.has_session_key();
                let length = match &request {
                    ChannelRequest::JobSecrets(secrets) => self.answer_secrets(now, secrets, payload)?,
                    request => self.update_message(request, payload)?,
                };
                self.end_revoked_session(had_key);
                length
            }
            Err(error) => ChannelAnswer::ChannelError(ChannelError {
                request: message.first().copied().unwrap_or(0),
                code: ErrorCode::MALFORMED,
                detail: u16::from(error.rule.value()),
                extensions: Default::default(),
            })
            .encode(payload)?,
        };
        let length = cloud.seal(payload, length).ok_or(ErrorCode::NOT_SUPPORTED)?;
        if let Some(session) = &mut self.session {
            session.login = Login::Open(cloud);
        }
        Ok(length)
    }

    //= spec/book/src/updates.md#cw-upd-016
    //# An update that is put into force while its service runs MUST leave that run, its data and its digest those of the logic that it began with.
    fn update_message(&mut self, request: &ChannelRequest<'_>, out: &mut [u8]) -> Result<usize, Refused> {
        let Self {
            env,
            identity,
            logic,
            keys,
            update,
            ..
        } = self;
        let installed = Installed {
            identity,
            logic,
            keys,
        };
        let length = update.handle(env, installed, request, out);
        Ok(length.ok_or(ErrorCode::NOT_SUPPORTED)?)
    }
}
