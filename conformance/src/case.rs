//! Cases: what is tested, under which name, and for which requirements.

use crate::{
    cases as groups,
    ics::{self, Need},
    matrix::{Matrix, Row},
    model::Plan,
    requirement::Level,
    sequence::Sequence,
    tester::Tester,
    verdict::{Step, Verdict},
};
use core::{fmt, panic::AssertUnwindSafe};
use serde::Serialize;
use std::{panic::catch_unwind, sync::LazyLock};

/// What cases are about; they run in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Group {
    Sanity,
    Claims,
    Link,
    Codec,
    Connection,
    Session,
    Login,
    Interfaces,
    Services,
    Jobs,
    Modules,
    Logic,
    Updates,
    Recovery,
    Timing,
    Security,
    Robustness,
    Diagnostics,
    States,
    Walk,
}

impl Group {
    /// Every group, in the order in which they run.
    pub const ALL: [Self; 20] = [
        Self::Sanity,
        Self::Claims,
        Self::Link,
        Self::Codec,
        Self::Connection,
        Self::Session,
        Self::Login,
        Self::Interfaces,
        Self::Services,
        Self::Jobs,
        Self::Modules,
        Self::Logic,
        Self::Updates,
        Self::Recovery,
        Self::Timing,
        Self::Security,
        Self::Robustness,
        Self::Diagnostics,
        Self::States,
        Self::Walk,
    ];

    /// The first part of the ids of its cases.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sanity => "sanity",
            Self::Claims => "claims",
            Self::Link => "link",
            Self::Codec => "codec",
            Self::Connection => "connection",
            Self::Session => "session",
            Self::Login => "login",
            Self::Interfaces => "interfaces",
            Self::Services => "services",
            Self::Jobs => "jobs",
            Self::Modules => "modules",
            Self::Logic => "logic",
            Self::Updates => "updates",
            Self::Recovery => "recovery",
            Self::Timing => "timing",
            Self::Security => "security",
            Self::Robustness => "robustness",
            Self::Diagnostics => "diagnostics",
            Self::States => "states",
            Self::Walk => "walk",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One case.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Group and name, such as `connection.locked-refuses-services`; it never changes.
    pub id: String,
    /// What it is about.
    pub group: Group,
    /// How strongly the requirements bind.
    pub level: Level,
    /// What it shows, in one line.
    pub title: String,
    /// The requirements that it checks; the first one is the one that it is about.
    pub requirements: Vec<String>,
    /// Time must pass in it: it takes longer than ten seconds.
    pub slow: bool,
    /// What a reader has to claim for it to apply.
    pub needs: Vec<Need>,
    #[serde(skip)]
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Code(fn(&mut Tester) -> Step),
    Sequence(&'static Sequence),
    Model(Plan),
    /// Every vector of this message that breaks this rule.
    Malformed {
        message: &'static str,
        rule: &'static str,
    },
    /// One combination of parameters.
    Combination {
        matrix: &'static Matrix,
        row: Row,
    },
    /// The same as code, for one of several subjects.
    About {
        run: fn(&mut Tester, &'static str) -> Step,
        subject: &'static str,
    },
}

impl Case {
    /// A case as code. The group is the first part of the id.
    pub(crate) fn code(id: &str, requirements: &[&str], title: &str, run: fn(&mut Tester) -> Step) -> Self {
        Self::new(id, requirements, title, Body::Code(run))
    }

    /// A case over all vectors of a message that break a rule.
    pub(crate) fn malformed(
        id: &str,
        requirements: &[&str],
        title: &str,
        message: &'static str,
        rule: &'static str,
    ) -> Self {
        Self::new(id, requirements, title, Body::Malformed { message, rule })
    }

    /// A case over one combination of parameters; its id and title name the combination.
    pub(crate) fn combination(matrix: &'static Matrix, row: &Row) -> Self {
        let id = format!("{}.{}", matrix.id, row.id());
        let title = format!("{}: {}", matrix.title, row.describe(matrix));
        let row = row.clone();
        Self::new(
            &id,
            matrix.requirements,
            &title,
            Body::Combination { matrix, row },
        )
    }

    /// A case as code that is run for several subjects: services, messages, rules.
    pub(crate) fn about(
        id: &str,
        requirements: &[&str],
        title: &str,
        run: fn(&mut Tester, &'static str) -> Step,
        subject: &'static str,
    ) -> Self {
        Self::new(id, requirements, title, Body::About { run, subject })
    }

    /// A case in which the model walks the device.
    pub(crate) fn model(id: &str, requirements: &[&str], title: &str, plan: Plan) -> Self {
        Self::new(id, requirements, title, Body::Model(plan))
    }

    /// A case that is a sequence of messages.
    pub(crate) fn sequence(sequence: &'static Sequence) -> Self {
        let requirements: Vec<_> = sequence.requirements.iter().map(String::as_str).collect();
        let body = Body::Sequence(sequence);
        Self {
            level: sequence.level,
            ..Self::new(&sequence.id, &requirements, &sequence.title, body)
        }
    }

    fn new(id: &str, requirements: &[&str], title: &str, body: Body) -> Self {
        let group = id.split('.').next().unwrap_or_default();
        let group = Group::ALL.into_iter().find(|known| known.name() == group);
        Self {
            id: id.to_owned(),
            // A test holds every id to beginning with its group.
            group: group.unwrap_or(Group::Sanity),
            level: Level::Must,
            title: title.to_owned(),
            requirements: requirements.iter().map(|&id| id.to_owned()).collect(),
            slow: false,
            needs: ics::needs(id),
            body,
        }
    }

    /// The same case, bound less strongly.
    pub(crate) fn should(self) -> Self {
        Self {
            level: Level::Should,
            ..self
        }
    }

    /// The same case, in which time must pass.
    pub(crate) fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    /// Runs this case against a device that is locked.
    pub(crate) fn run(&self, tester: &mut Tester) -> Verdict {
        let act = AssertUnwindSafe(|| match &self.body {
            Body::Code(run) => run(tester),
            Body::Sequence(sequence) => sequence.play(tester),
            Body::Model(plan) => plan.run(tester, &self.id),
            Body::Malformed { message, rule } => groups::codec::run_malformed(tester, message, rule),
            Body::Combination { matrix, row } => matrix.run(row, tester),
            Body::About { run, subject } => run(tester, subject),
        });
        // A tester that is at fault says so, and goes on with the next case.
        let result = catch_unwind(act)
            .unwrap_or_else(|_| Err(crate::verdict::Stop::Error("the case panicked".into())));
        let missed = tester.take_missed();
        match result {
            Err(stop) => stop.into(),
            Ok(()) if missed.is_empty() => Verdict::Pass,
            Ok(()) => Verdict::NonStrict { findings: missed },
        }
    }
}

/// All cases in the order in which they run, the sanity case aside: by group, slow ones last, then by name.
#[must_use]
pub fn cases() -> &'static [Case] {
    static ALL: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let mut all = groups::all();
        all.sort_by(|one, other| (one.group, one.slow, &one.id).cmp(&(other.group, other.slow, &other.id)));
        all
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ledger, requirement::requirement};
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_begin_with_their_group() {
        let ids: BTreeSet<_> = cases().iter().map(|case| &case.id).collect();
        assert_eq!(ids.len(), cases().len());
        for case in cases() {
            let (group, name) = case.id.split_once('.').unwrap();
            assert_eq!(group, case.group.name(), "{}", case.id);
            let legal =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
            assert!(!name.is_empty() && name.chars().all(legal), "{}", case.id);
        }
    }

    #[test]
    fn there_are_enough_cases_in_every_group() {
        assert!(cases().len() >= 500, "{}", cases().len());
        for group in Group::ALL.into_iter().skip(1) {
            let count = cases().iter().filter(|case| case.group == group).count();
            println!("{group}: {count}");
            assert!(count >= 3, "{group}");
        }
    }

    #[test]
    fn every_requirement_of_a_case_is_in_the_book() {
        for case in cases() {
            assert!(!case.requirements.is_empty(), "{}", case.id);
            for id in &case.requirements {
                assert!(requirement(id).is_some(), "{} names {id}", case.id);
            }
        }
    }

    /// What the suite can't see from outside, or only on a bench with a hand in it. Printed, not demanded.
    #[test]
    fn requirements_without_a_case_are_listed() {
        for row in ledger().iter().filter(|row| row.cases().next().is_none()) {
            println!(
                "{} ({}): {}",
                row.requirement.id, row.requirement.level, row.requirement.sentence
            );
        }
    }
}
