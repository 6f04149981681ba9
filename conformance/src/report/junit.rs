//! The run as JUnit XML: a suite for each group.

use crate::{
    case::Group,
    run::{CaseResult, Run},
    verdict::Verdict,
};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::io;

/// JUnit XML; groups of which no case ran are left out.
pub(super) fn render(run: &Run) -> io::Result<String> {
    let mut report = Report::new(format!("cardwire certify reader: {}", run.outcome().words()));
    report.set_timestamp(run.started).set_time(run.duration);
    for group in Group::ALL {
        let mut suite = TestSuite::new(group.name());
        for result in run.results.iter().filter(|result| result.case.group == group) {
            suite.add_test_case(test_case(run, result));
        }
        if suite.tests > 0 {
            report.add_test_suite(suite);
        }
    }
    report.to_string().map_err(io::Error::other)
}

fn test_case(run: &Run, result: &CaseResult) -> TestCase {
    let CaseResult { case, verdict, duration, .. } = result;
    let mut status = match verdict {
        Verdict::Pass | Verdict::NonStrict { .. } => TestCaseStatus::success(),
        Verdict::Fail { .. } => TestCaseStatus::non_success(NonSuccessKind::Failure),
        // Nothing could be said: a reader of this file must not take it for a success.
        Verdict::Inconclusive { .. } | Verdict::Error { .. } => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        Verdict::NotApplicable { .. } => TestCaseStatus::skipped(),
    };
    if let Some(reason) = verdict.reason() {
        let replay = run.replay(case);
        status.set_type(verdict.name()).set_message(reason).set_description(format!("replay: {replay}"));
    }
    let mut test = TestCase::new(case.id.clone(), status);
    test.set_classname(case.requirements.join(" ")).set_time(*duration);
    test
}
