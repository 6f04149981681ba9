//! The Cardwire conformance suite: tester, cases, verdicts, evidence, reports.
