//! The schema's timers, as durations that one factor scales.

use cardwire_codec::message::limits;
use core::time::Duration;

/// The timers of `spec/protocol.toml`. A tester scales them all by one factor; nothing else may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// `T_answer`: a reader answers every request within this time (CW-SESS-008).
    pub answer: Duration,
    /// `T_repeat`: a client that got no answer repeats after this time (CW-SESS-009).
    pub repeat: Duration,
    /// `T_handshake`: a half-open login is dropped after this time (CW-LOGIN-008).
    pub handshake: Duration,
    /// `T_idle`: silence for this time ends a session (CW-SESS-017).
    pub idle: Duration,
    /// `T_backoff`: upper bound of the wait after failed connects (CW-CONN-009).
    pub backoff: Duration,
    /// `T_module`: a module that has not answered after this time has failed (CW-MOD-007).
    pub module: Duration,
}

impl Timers {
    /// The timers as the schema states them.
    pub const SPEC: Self = Self {
        answer: Duration::from_millis(limits::T_ANSWER_MS),
        repeat: Duration::from_millis(limits::T_REPEAT_MS),
        handshake: Duration::from_millis(limits::T_HANDSHAKE_MS),
        idle: Duration::from_millis(limits::T_IDLE_MS),
        backoff: Duration::from_millis(limits::T_BACKOFF_MS),
        module: Duration::from_millis(limits::T_MODULE_MS),
    };

    /// All timers times `percent` / 100.
    ///
    /// ```
    /// use cardwire_peers::Timers;
    ///
    /// assert_eq!(Timers::SPEC.scaled(200).answer.as_millis(), 2000);
    /// ```
    #[must_use]
    pub fn scaled(self, percent: u32) -> Self {
        let scale = |duration: Duration| duration * percent / 100;
        Self {
            answer: scale(self.answer),
            repeat: scale(self.repeat),
            handshake: scale(self.handshake),
            idle: scale(self.idle),
            backoff: scale(self.backoff),
            module: scale(self.module),
        }
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self::SPEC
    }
}
