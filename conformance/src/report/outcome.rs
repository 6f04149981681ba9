//! What a run says of what it tested.

/// What a run says of its device or program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// At least one case ran in every group, none failed, none that is mandatory was inconclusive, the tester made no
    /// error.
    Certified,
    /// All cases ran, and something is missing.
    NotCertified,
    /// Cases failed, all of them as a list of expected failures says: nothing is new, and nothing is certified.
    AsExpected,
    /// A part of the cases was chosen: whatever came out certifies nothing.
    Partial,
    /// The run was interrupted, or still goes on.
    Incomplete,
}

impl Outcome {
    /// The name, as reports write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certified => "certified",
            Self::NotCertified => "not-certified",
            Self::AsExpected => "as-expected",
            Self::Partial => "partial",
            Self::Incomplete => "incomplete",
        }
    }

    /// The outcome in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Certified => "certified",
            Self::NotCertified => "not certified",
            Self::AsExpected => "failures as expected: certifies nothing",
            Self::Partial => "partial run: certifies nothing",
            Self::Incomplete => "incomplete run: certifies nothing",
        }
    }
}
