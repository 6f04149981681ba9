//! Time as the core is told it.

use core::{fmt, num::NonZero};

/// Milliseconds since boot, monotonic. Every function that acts on time takes it as an argument.
// Counted from 1, so that an instant that may be missing takes no more room than one that is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(NonZero<u64>);

impl Instant {
    /// This many milliseconds after boot; the last that there is where they are more.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(NonZero::<u64>::MIN.saturating_add(millis))
    }

    /// Milliseconds since boot.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0.get() - 1
    }

    /// This many milliseconds later.
    // Not inlined: a sum of two words that stops at the largest is longer than a call.
    #[inline(never)]
    #[must_use]
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The lower 32 bits, as messages carry it; wraps after 49 days.
    #[must_use]
    pub const fn tick(self) -> u32 {
        self.as_millis() as u32
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Instant").field(&self.as_millis()).finish()
    }
}

impl Default for Instant {
    fn default() -> Self {
        Self::from_millis(0)
    }
}
