//! How a case ended.

use core::fmt;
use serde::{Deserialize, Serialize};

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// The device does what the requirements say.
    Pass,
    /// The device does what it must, and misses something that it should do.
    NonStrict {
        /// What it misses.
        findings: Vec<Finding>,
    },
    /// The device breaks a requirement.
    Fail {
        /// Which one, and how.
        finding: Finding,
    },
    /// The device breaks a requirement, and does not when it is asked the same once more: never a pass.
    Flaky {
        /// What was found the first time.
        finding: Finding,
        /// How the case ended the second time, in words.
        again: String,
    },
    /// Nothing could be said.
    Inconclusive {
        /// Why.
        reason: String,
    },
    /// The case is not for this device.
    NotApplicable {
        /// What the device, or its bench, declares.
        declaration: String,
    },
    /// The tester is at fault.
    Error {
        /// What went wrong.
        reason: String,
    },
}

impl Verdict {
    /// All names, from the best to the worst.
    pub const NAMES: [&'static str; 7] = [
        "pass",
        "non-strict",
        "not-applicable",
        "inconclusive",
        "flaky",
        "fail",
        "error",
    ];

    /// The name of the verdict, as reports write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::NonStrict { .. } => "non-strict",
            Self::Fail { .. } => "fail",
            Self::Flaky { .. } => "flaky",
            Self::Inconclusive { .. } => "inconclusive",
            Self::NotApplicable { .. } => "not-applicable",
            Self::Error { .. } => "error",
        }
    }

    /// The verdict of a case that ended so, and so when it was put to the device once more.
    pub(crate) fn confirmed_by(self, again: &Self) -> Self {
        match (self, again) {
            (Self::Fail { finding }, Self::Fail { .. }) => Self::Fail { finding },
            (Self::Fail { finding }, again) => Self::Flaky {
                finding,
                again: match again.reason() {
                    Some(reason) => format!("{}: {reason}", again.name()),
                    None => again.name().to_owned(),
                },
            },
            (other, _) => other,
        }
    }

    /// How bad it is: the index in [`Verdict::NAMES`].
    #[must_use]
    pub const fn severity(&self) -> usize {
        match self {
            Self::Pass => 0,
            Self::NonStrict { .. } => 1,
            Self::NotApplicable { .. } => 2,
            Self::Inconclusive { .. } => 3,
            Self::Flaky { .. } => 4,
            Self::Fail { .. } => 5,
            Self::Error { .. } => 6,
        }
    }

    /// What is to be said about it in one line; nothing about a pass.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Pass => None,
            Self::NonStrict { findings } => Some(
                findings
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("; "),
            ),
            Self::Fail { finding } => Some(finding.to_string()),
            Self::Flaky { finding, again } => Some(format!("{finding}; once more: {again}")),
            Self::Inconclusive { reason } | Self::Error { reason } => Some(reason.clone()),
            Self::NotApplicable { declaration } => Some(declaration.clone()),
        }
    }

    /// What was found, where the device breaks or misses something.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::NonStrict { findings } => findings,
            Self::Fail { finding } | Self::Flaky { finding, .. } => core::slice::from_ref(finding),
            Self::Pass | Self::Inconclusive { .. } | Self::NotApplicable { .. } | Self::Error { .. } => &[],
        }
    }
}

/// What a device breaks: the requirement, what it demands here, and what the device did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The requirement's id.
    pub requirement: String,
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            requirement,
            expected,
            seen,
        } = self;
        write!(f, "{requirement}: expected {expected}, seen {seen}")
    }
}

/// Why a case went no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Fail(Finding),
    Inconclusive(String),
    NotApplicable(String),
    Error(String),
}

impl Stop {
    /// The same failure, with what it is the answer to.
    pub(crate) fn about(self, what: &str) -> Self {
        match self {
            Self::Fail(finding) => Self::Fail(Finding {
                expected: format!("{}; this time it is {what}", finding.expected),
                ..finding
            }),
            Self::Inconclusive(_) | Self::NotApplicable(_) | Self::Error(_) => self,
        }
    }
}

/// What a step of a case gives.
pub(crate) type Step<T = ()> = Result<T, Stop>;

impl From<Stop> for Verdict {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Fail(finding) => Self::Fail { finding },
            Stop::Inconclusive(reason) => Self::Inconclusive { reason },
            Stop::NotApplicable(declaration) => Self::NotApplicable { declaration },
            Stop::Error(reason) => Self::Error { reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_severities_agree() {
        let finding = Finding {
            requirement: "CW-LINK-001".into(),
            expected: "a".into(),
            seen: "b".into(),
        };
        let text = String::new;
        for verdict in [
            Verdict::Pass,
            Verdict::NonStrict {
                findings: vec![finding.clone()],
            },
            Verdict::Flaky {
                finding: finding.clone(),
                again: text(),
            },
            Verdict::Fail { finding },
            Verdict::Inconclusive { reason: text() },
            Verdict::NotApplicable { declaration: text() },
            Verdict::Error { reason: text() },
        ] {
            assert_eq!(Verdict::NAMES[verdict.severity()], verdict.name());
            let json = serde_json::to_value(&verdict).unwrap();
            assert_eq!(json["verdict"], verdict.name());
        }
    }
}
