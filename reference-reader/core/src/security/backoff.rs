//! Slows down who guesses, without locking anybody out (CW-CONN-009, CW-CONN-012).

use crate::{
    env::{Env, Record},
    time::Instant,
};
use cardwire_codec::message::limits::T_BACKOFF_MS;

/// The first wait after a failed connect; it doubles with each further one up to `T_backoff`.
const FIRST_WAIT_MS: u64 = 25;

/// Counts failed connects and tells when the next one may be looked at.
#[derive(Debug)]
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Backoff {
    failures: u16,
    /// Failures before the last accepted connect.
    preceding: u16,
    /// There were failures before the reset. How many is known to a power of two only, so that every wait is the longest
    /// one: else whoever cuts the power would gain tries by it.
    carried: bool,
    until: Instant,
}

impl Backoff {
    /// No failures.
    pub(crate) fn none(now: Instant) -> Self {
        Self {
            failures: 0,
            preceding: 0,
            carried: false,
            until: now,
        }
    }

    /// Takes up the count from before the reset; a wait is applied once.
    pub(crate) fn new(env: &mut impl Env, now: Instant) -> Self {
        let mut stored = [0; 2];
        let failures = match env.load(Record::FailedConnects, &mut stored) {
            Some(2) => u16::from_be_bytes(stored),
            _ => 0,
        };
        let mut backoff = Self {
            failures,
            preceding: 0,
            carried: failures > 0,
            until: now,
        };
        if backoff.carried {
            backoff.until = now.plus_millis(backoff.wait());
        }
        backoff
    }

    /// Failed connects since the accepted one before the last: those before this session, and those in it.
    //= spec/book/src/connection.md#cw-conn-013
    //# A reader MUST state in reader_status how many connects have failed since the accepted connect before the one that opened the session.
    pub(crate) fn stated_failures(&self) -> u16 {
        self.preceding.saturating_add(self.failures)
    }

    /// Whether a connect may be looked at now.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }

    /// Counts a failed connect. Storage is written when the count reaches a power of two, so that an attacker can't
    /// wear it out.
    pub(crate) fn failed(&mut self, env: &mut impl Env, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if self.failures.is_power_of_two() {
            // A count that can't be stored only shortens one wait after the next reset.
            let _ = env.store(Record::FailedConnects, &self.failures.to_be_bytes());
        }
        self.until = now.plus_millis(self.wait());
    }

    /// Forgets the failures: a client was accepted.
    pub(crate) fn succeeded(&mut self, env: &mut impl Env, now: Instant) {
        if self.failures > 0 {
            let _ = env.store(Record::FailedConnects, &0_u16.to_be_bytes());
        }
        self.preceding = self.failures;
        self.failures = 0;
        self.carried = false;
        self.until = now;
    }

    fn wait(&self) -> u64 {
        if self.carried {
            return T_BACKOFF_MS;
        }
        let doublings = u32::from(self.failures.saturating_sub(1)).min(16);
        (FIRST_WAIT_MS << doublings).min(T_BACKOFF_MS)
    }
}
