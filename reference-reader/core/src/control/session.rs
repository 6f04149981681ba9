//! The session with a client, from its accepted connect to its end.

use crate::{
    identity::Name,
    security::{
        channel::Channel,
        client::ClientAuthenticated,
        platform::{CloudAuthenticated, Pending},
    },
    time::Instant,
};
use cardwire_codec::message::{SessionState, limits::T_HANDSHAKE_MS};

/// How far the login with the cloud has come.
// The handshake's state is large and short-lived; without an allocator it has no other place to be.
#[allow(clippy::large_enum_variant)]
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) enum Login {
    /// None was begun, or it was dropped.
    None,
    /// The cloud's handshake message is waited for.
    Handshake(Pending),
    /// login_confirm is out, login_result is waited for.
    Confirming(CloudAuthenticated),
    /// The reader is logged in and its channel with the cloud is open.
    Open(CloudAuthenticated),
}

/// One session. It can be made of an authenticated client only.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Session {
    pub(crate) client: Name,
    /// The generation of the key that the client has shown.
    pub(crate) generation: u32,
    /// Handshake hash: what the login header binds the cloud's channel to.
    pub(crate) hash: [u8; 32],
    pub(crate) channel: Channel,
    pub(crate) state: SessionState,
    pub(crate) login: Login,
    /// Until when the login must be finished.
    pub(crate) login_deadline: Option<Instant>,
    /// When the client was heard last.
    pub(crate) heard: Instant,
}

impl Session {
    pub(crate) fn new(proof: ClientAuthenticated, now: Instant) -> Self {
        Self {
            client: proof.client,
            generation: proof.generation,
            hash: proof.keys.hash,
            channel: Channel::new(proof.keys),
            state: SessionState::Connected,
            login: Login::None,
            login_deadline: None,
            heard: now,
        }
    }

    /// Begins a login, dropping one that is open.
    pub(crate) fn begin_login(&mut self, pending: Pending, now: Instant) {
        self.login = Login::Handshake(pending);
        self.login_deadline = Some(now.plus_millis(T_HANDSHAKE_MS));
        self.state = SessionState::Login;
    }

    /// Ends the handshake with the cloud's message; `None` where it is not the cloud's, or no handshake has begun. Whatever
    /// it was, there is no login afterwards.
    // Not inlined, as a handshake takes half a KiB: where it is over, the stack is not to hold it.
    #[inline(never)]
    pub(crate) fn finish_handshake(&mut self, message: &[u8]) -> Option<CloudAuthenticated> {
        match core::mem::replace(&mut self.login, Login::None) {
            Login::Handshake(pending) => pending.finish(message),
            Login::None | Login::Confirming(_) | Login::Open(_) => None,
        }
    }

    /// Takes the channel with the cloud out of the session, which is without a login then.
    #[inline(never)]
    pub(crate) fn take_cloud(&mut self) -> Option<CloudAuthenticated> {
        match core::mem::replace(&mut self.login, Login::None) {
            Login::Confirming(cloud) | Login::Open(cloud) => Some(cloud),
            Login::None | Login::Handshake(_) => None,
        }
    }

    /// Drops the login: the session is connected again, without service interfaces.
    pub(crate) fn drop_login(&mut self) {
        self.login = Login::None;
        self.login_deadline = None;
        self.state = SessionState::Connected;
    }

    /// The login result is in: the channel with the cloud stays open for updates.
    pub(crate) fn finish_login(&mut self, cloud: CloudAuthenticated) {
        self.login = Login::Open(cloud);
        self.login_deadline = None;
        self.state = SessionState::Serving;
    }
}
