//! Bugs that vendors have shipped: each is not only caught, but explained so that the report alone names it.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::{fs, path::Path};

/// One bug, the faulty reader that has it, and what the report has to say of it.
pub(super) struct Bug {
    pub(super) fault: &'static str,
    /// The case that it is about.
    pub(super) case: &'static str,
    /// The requirement that it breaks, and words of what was expected and seen.
    requirement: &'static str,
    expected: &'static str,
    seen: &'static str,
    /// It shows when the link is reset alone, which a child's can't be.
    pub(super) over_tcp: bool,
}

const fn bug(
    fault: &'static str,
    case: &'static str,
    requirement: &'static str,
    [expected, seen]: [&'static str; 2],
) -> Bug {
    Bug {
        fault,
        case,
        requirement,
        expected,
        seen,
        over_tcp: false,
    }
}

pub(super) const BUGS: [Bug; 8] = [
    // A module left on after an aborted service.
    bug(
        "LeavesModulesOnAfterFailure",
        "modules.off-after-abort",
        "CW-MOD-003",
        [
            "every module disabled while no service runs",
            "indicator is enabled",
        ],
    ),
    // A service interface open before the login result.
    bug(
        "ServesWithoutLoginResult",
        "login.nothing-counts-before-the-result",
        "CW-LOGIN-006",
        [
            "no service interface enabled, until the cloud's login result has come",
            "serving before any login result",
        ],
    ),
    // A repeated request executed twice after a link reset.
    Bug {
        over_tcp: true,
        ..bug(
            "ExecutesAfterLinkReset",
            "session.repeat-after-a-link-reset-is-not-executed",
            "CW-SESS-003",
            [
                "an instruct that is repeated after a reset of the link",
                "executed twice, the second time after the reset of the link",
            ],
        )
    },
    // An older version of service logic accepted.
    bug(
        "TakesOldCounter",
        "updates.old-counter-is-refused",
        "CW-UPD-003",
        ["update-counter to a manifest with the counter", "it was accepted"],
    ),
    // A back-off lost at a reset.
    bug(
        "ForgetsFailures",
        "connection.failures-survive-a-reset",
        "CW-CONN-012",
        [
            "counted before the reset and kept over it",
            "the back-off that follows from it, was lost at the reset",
        ],
    ),
    // An overlong length accepted: of parameters in cbor, and of a frame.
    bug(
        "TakesLooseCbor",
        "interfaces.cbor-parameters-have-one-form",
        "CW-INTF-009",
        ["parameters-refused to an overlong count", "instruct_answer"],
    ),
    bug(
        "MendsEncodings",
        "link.needless-block-is-refused",
        "CW-LINK-002",
        [
            "no answer to a frame whose COBS is not the shortest",
            "hello_answer",
        ],
    ),
    // An answer that reveals whether a client id exists.
    bug(
        "TellsUnknownClients",
        "connection.refusals-are-identical",
        "CW-CONN-007",
        [
            "the same whatever is refused and why; this time it is an unknown client",
            "a refusal that tells more",
        ],
    ),
];

impl Bug {
    /// Holds a report to naming the bug.
    pub(super) fn is_named_in(&self, report: &Path) -> Result<()> {
        let document: Value = serde_json::from_slice(&fs::read(report.join("report.json"))?)?;
        let mut cases = document["cases"].as_array().into_iter().flatten();
        let case = cases.find(|case| case["id"] == self.case);
        let case = case.with_context(|| format!("{}: {} did not run", self.fault, self.case))?;
        let finding = &case["findings"][0];
        let says =
            |member: &str, words: &str| finding[member].as_str().is_some_and(|text| text.contains(words));
        ensure!(
            case["verdict"] == "fail"
                && says("requirement", self.requirement)
                && says("expected", self.expected)
                && says("seen", self.seen),
            "{}: the report does not name the bug: {} {finding:#}",
            self.fault,
            case["verdict"]
        );
        // What went over the line, and how to see it again, belong to it.
        let entries = case["trace"]["entries"].as_array().map_or(0, Vec::len);
        ensure!(
            entries > 4
                && case["replay"]
                    .as_str()
                    .is_some_and(|line| line.contains(self.case)),
            "{}: no evidence",
            self.fault
        );
        println!("{}: {}: {}", self.fault, finding["requirement"], finding["seen"]);
        Ok(())
    }
}
