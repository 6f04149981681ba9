//! What a run says of what it tested.

use crate::{certify::is_mandatory, requirement::Level, verdict::Verdict};

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

    /// The outcome of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Certified,
            Self::NotCertified,
            Self::AsExpected,
            Self::Partial,
            Self::Incomplete,
        ];
        all.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Every case has a verdict: what is missing is missing in the device, and not in the run.
    pub(crate) const fn is_whole(self) -> bool {
        match self {
            Self::Certified | Self::NotCertified | Self::AsExpected => true,
            Self::Partial | Self::Incomplete => false,
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

/// Whether a case was put to the device and says something of it.
pub(crate) fn ran(verdict: &Verdict) -> bool {
    matches!(verdict.name(), "pass" | "non-strict" | "fail" | "flaky")
}

/// Whether all cases came out so that a device can be certified: none failed, none that binds was inconclusive.
pub(crate) fn nothing_missing<'v>(mut cases: impl Iterator<Item = (Level, &'v Verdict)>) -> bool {
    cases.all(|(level, verdict)| match verdict {
        Verdict::Pass | Verdict::NonStrict { .. } | Verdict::NotApplicable { .. } => true,
        Verdict::Inconclusive { .. } => !is_mandatory(level),
        Verdict::Fail { .. } | Verdict::Flaky { .. } | Verdict::Error { .. } => false,
    })
}
