//! What a run says of what it tested.

use crate::{INTERRUPTED, certify::is_mandatory, requirement::Level, verdict::Verdict};
use std::collections::BTreeSet;

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

/// Whether in each of these groups a case was put to what is tested.
pub(crate) fn every_group_ran<'v>(
    groups: &[&'static str],
    cases: impl Iterator<Item = (&'static str, &'v Verdict)>,
) -> bool {
    let ran: BTreeSet<_> = cases
        .filter(|(_, verdict)| ran(verdict))
        .map(|(group, _)| group)
        .collect();
    groups.iter().all(|group| ran.contains(group))
}

/// What a run that has come to its end says: whether in every group that must a case ran, whether something is wrong beside
/// the cases, whether they came out as they have to, and whether those that did not did as a list says.
pub(crate) const fn of_whole(
    every_group_ran: bool,
    has_problems: bool,
    passed: bool,
    nothing_new: bool,
) -> Outcome {
    match (every_group_ran && !has_problems, passed, nothing_new) {
        (true, true, _) => Outcome::Certified,
        (true, false, true) => Outcome::AsExpected,
        (true, false, false) | (false, _, _) => Outcome::NotCertified,
    }
}

/// The exit code of a program that ends with a run: 4 where the tester made an error; 0 where what was tested is certified,
/// or all failures are expected, or all of the cases that were chosen are passed; [`INTERRUPTED`] where the run was stopped;
/// else 1.
pub(crate) const fn exit_code(outcome: Outcome, made_errors: bool, chosen_passed: bool) -> u8 {
    if made_errors {
        return 4;
    }
    match outcome {
        Outcome::Certified | Outcome::AsExpected => 0,
        Outcome::Partial if chosen_passed => 0,
        Outcome::Partial | Outcome::NotCertified => 1,
        Outcome::Incomplete => INTERRUPTED,
    }
}

/// Whether all cases came out so that a device can be certified: none failed, none that binds was inconclusive.
pub(crate) fn nothing_missing<'v>(mut cases: impl Iterator<Item = (Level, &'v Verdict)>) -> bool {
    cases.all(|(level, verdict)| match verdict {
        Verdict::Pass | Verdict::NonStrict { .. } | Verdict::NotApplicable { .. } => true,
        Verdict::Inconclusive { .. } => !is_mandatory(level),
        Verdict::Fail { .. } | Verdict::Flaky { .. } | Verdict::Error { .. } => false,
    })
}
