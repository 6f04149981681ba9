//! Time as the core is told it.

/// Milliseconds since boot, monotonic. Every function that acts on time takes it as an argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// This many milliseconds after boot.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since boot.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This many milliseconds later.
    #[must_use]
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The lower 32 bits, as messages carry it; wraps after 49 days.
    #[must_use]
    pub const fn tick(self) -> u32 {
        self.0 as u32
    }
}
