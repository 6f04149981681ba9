//! JUnit: a suite for each group, a test case for each case.

use super::sheet::{Row, Sheet};
use crate::verdict::Verdict;
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

pub(super) fn render(sheet: &Sheet<'_>) -> Result<String, SerializeError> {
    let mut report = Report::new(format!("cardwire conformance: {}", sheet.outcome.words()));
    report.set_timestamp(sheet.started).set_time(sheet.duration);
    for group in &sheet.groups {
        let mut suite = TestSuite::new(*group);
        for (name, value) in &sheet.properties {
            suite.add_property((*name, value.as_str()));
        }
        for row in sheet.rows.iter().filter(|row| row.group == *group) {
            suite.add_test_case(case(row));
        }
        if !suite.test_cases.is_empty() {
            report.add_test_suite(suite);
        }
    }
    if !sheet.problems.is_empty() {
        let mut suite = TestSuite::new("run");
        for problem in sheet.problems {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(problem);
            suite.add_test_case(TestCase::new(problem.clone(), status));
        }
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn case(row: &Row<'_>) -> TestCase {
    let verdict = row.verdict;
    let mut status = match verdict {
        Verdict::Pass | Verdict::NonStrict { .. } => TestCaseStatus::success(),
        Verdict::NotApplicable { .. } => TestCaseStatus::skipped(),
        Verdict::Fail { .. } | Verdict::Flaky { .. } => TestCaseStatus::non_success(NonSuccessKind::Failure),
        // A case that says nothing must not look like one that passed.
        Verdict::Inconclusive { .. } | Verdict::Error { .. } => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    let reason = verdict.reason();
    if let Some(reason) = &reason {
        status.set_message(reason).set_type(verdict.name());
        let replay = row.replay.as_deref().unwrap_or_default();
        status.set_description(format!("{reason}\n\nreplay: {replay}"));
    }
    let mut test = TestCase::new(row.id, status);
    test.set_classname(row.group).set_time(row.duration);
    for requirement in row.requirements {
        test.add_property(("requirement", requirement.as_str()));
    }
    if let (Verdict::NonStrict { .. }, Some(reason)) = (verdict, reason) {
        test.set_system_out(format!("non-strict: {reason}"));
    }
    test
}
