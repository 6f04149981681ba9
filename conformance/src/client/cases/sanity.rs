//! The way in, a service, and the way out, with nothing wrong anywhere.

use crate::{
    client::{bench::Bench, case::Case, lower::tape::End, request::item, services},
    verdict::Step,
};
use serde_json::Value;

/// The case that all others hang on.
pub(crate) const SANITY: &str = "client.sanity.the-way-in-and-out";

pub(super) fn cases() -> Vec<Case> {
    vec![Case::new(
        SANITY,
        &[
            "CW-SESS-002",
            "CW-SESS-001",
            "CW-CONN-004",
            "CW-LINK-001",
            "CW-LINK-003",
            "CW-LOGIN-004",
            "CW-INTF-003",
        ],
        "connects, logs in, runs a service, and leaves",
        |bench| {
            bench.opens()?;
            let answer = bench.runs(services::IDENTIFY)?;
            gives(bench, &answer, &services::identify())?;
            let opened = bench.count(End::Cloud, "cloud_open");
            bench.holds(opened == 1, "one login with the cloud", format!("{opened}"))
        },
    )]
}

/// Whether a service gave these items.
pub(super) fn gives(
    bench: &Bench<'_>,
    answer: &crate::program::Answer,
    items: &[cardwire_peers::client::ServiceItem],
) -> Step {
    let expected: Value = items.iter().map(item).collect();
    let seen = answer.get("items").cloned().unwrap_or_default();
    let lower = |value: &Value| value.to_string().to_lowercase();
    bench.holds(
        lower(&seen) == lower(&expected),
        &format!("the items {expected}"),
        crate::program::shown(&seen.to_string()),
    )
}
