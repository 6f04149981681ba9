//! JUnit: a suite for each group, a test case for each case.

use crate::{
    case::Group,
    run::{CaseResult, Run},
    verdict::Verdict,
};
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

pub(super) fn render(run: &Run) -> Result<String, SerializeError> {
    let mut report = Report::new(format!("cardwire conformance: {}", run.outcome().words()));
    report.set_timestamp(run.started).set_time(run.duration);
    for group in Group::ALL {
        let mut suite = TestSuite::new(group.name());
        suite.add_property(("seed", run.seed.to_string().as_str()));
        suite.add_property(("endpoint", run.endpoint.to_string().as_str()));
        for result in run.results.iter().filter(|result| result.case.group == group) {
            suite.add_test_case(case(run, result));
        }
        if !suite.test_cases.is_empty() {
            report.add_test_suite(suite);
        }
    }
    report.to_string()
}

fn case(run: &Run, result: &CaseResult) -> TestCase {
    let CaseResult {
        case,
        verdict,
        duration,
        ..
    } = result;
    let mut status = match verdict {
        Verdict::Pass | Verdict::NonStrict { .. } => TestCaseStatus::success(),
        Verdict::NotApplicable { .. } => TestCaseStatus::skipped(),
        Verdict::Fail { .. } => TestCaseStatus::non_success(NonSuccessKind::Failure),
        // A case that says nothing must not look like one that passed.
        Verdict::Inconclusive { .. } | Verdict::Error { .. } => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    let reason = verdict.reason();
    if let Some(reason) = &reason {
        status.set_message(reason).set_type(verdict.name());
        status.set_description(format!("{reason}\n\nreplay: {}", run.replay(case)));
    }
    let mut test = TestCase::new(case.id.clone(), status);
    test.set_classname(case.group.name()).set_time(*duration);
    for requirement in &case.requirements {
        test.add_property(("requirement", requirement.as_str()));
    }
    if let (Verdict::NonStrict { .. }, Some(reason)) = (verdict, reason) {
        test.set_system_out(format!("non-strict: {reason}"));
    }
    test
}
