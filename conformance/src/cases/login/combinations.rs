//! Offers, grants and what was before them, together: which service interfaces a login enables.

use super::{IDENTIFY, SUBSCRIBER, enabled, had};
use crate::{
    case::Case,
    cases::{programs, recovery::of_matrices},
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Login, Start, Tester},
    verdict::{Step, Stop},
};
use serde_json::json;

/// The formats `native` and `cbor`, and one that nobody has.
const FORMATS: [u64; 3] = [0x01, 0x02, 0x7E];
/// A service that no reader has.
const STRANGE: u64 = 0x7FF0;

static MATRIX: Matrix = Matrix {
    id: "login.rights",
    title: "Exactly those interfaces are enabled that are offered, there and granted",
    requirements: &["CW-LOGIN-006", "CW-LOGIN-021", "CW-LOGIN-017", "CW-INTF-005"],
    factors: &[
        Factor {
            name: "offers",
            values: &[
                "none",
                "one",
                "two",
                "two-in-two-formats",
                "strange-ones-too",
                "one-twice",
            ],
        },
        Factor {
            name: "grants",
            values: &[
                "all",
                "none",
                "the-first",
                "the-second",
                "both",
                "strange-ones-too",
            ],
        },
        Factor {
            name: "format",
            values: &["native", "cbor", "unknown"],
        },
        Factor {
            name: "behind",
            values: &["connect", "a-login", "a-failed-login", "a-service"],
        },
    ],
    cover: Cover::Pairs,
    allows: |_| true,
    run,
};

pub(super) fn cases() -> Vec<Case> {
    of_matrices(&[&MATRIX])
}

fn run(tester: &mut Tester, row: &Row) -> Step {
    tester.reach(Start::Connected)?;
    match row.of("behind") {
        "connect" => {}
        "a-login" => tester.login(&Login::default())?,
        "a-failed-login" => {
            tester.begin_login(&Login::default().offers)?;
            tester.relay_refused(&[0x5A; 48], &["cloud-not-authenticated"])?;
        }
        "a-service" => {
            tester.login(&Login::default())?;
            let service = tester.provide(&programs::echo("before")?)?;
            tester.run_to_end(service)?;
        }
        other => return Err(Stop::Error(format!("there is no {other}"))),
    }
    let format = match row.of("format") {
        "native" => FORMATS[0],
        "cbor" => FORMATS[1],
        _ => FORMATS[2],
    };
    let other_format = if format == FORMATS[0] {
        FORMATS[1]
    } else {
        FORMATS[0]
    };
    let mut offers = match row.of("offers") {
        "none" => vec![],
        "one" => vec![(IDENTIFY, format)],
        "two" => vec![(IDENTIFY, format), (SUBSCRIBER, format)],
        "two-in-two-formats" => vec![(IDENTIFY, format), (SUBSCRIBER, other_format)],
        "strange-ones-too" => vec![(IDENTIFY, format), (STRANGE, format), (STRANGE + 1, format)],
        // The first one counts: offers stand in ascending order.
        "one-twice" => vec![(IDENTIFY, format), (IDENTIFY, other_format)],
        other => return Err(Stop::Error(format!("there are no offers {other}"))),
    };
    offers.sort_unstable();
    let grants = match row.of("grants") {
        "all" => None,
        "none" => Some(vec![]),
        "the-first" => Some(vec![IDENTIFY]),
        "the-second" => Some(vec![SUBSCRIBER]),
        "both" => Some(vec![IDENTIFY, SUBSCRIBER]),
        _ => Some(vec![IDENTIFY, STRANGE]),
    };
    let login = Login {
        offers: offers.clone(),
        grants: grants.clone(),
        ..Login::default()
    };
    tester.login(&login)?;
    let has = had(tester)?;
    let granted = |service: u64| grants.as_ref().is_none_or(|grants| grants.contains(&service));
    let mut expected: Vec<u64> = offers.iter().map(|(service, _)| *service).collect();
    expected.dedup();
    expected.retain(|service| has.contains(service) && granted(*service));
    let enabled = enabled(tester)?;
    let missing = expected.iter().any(|service| !enabled.contains(service));
    tester.check(if missing { "CW-LOGIN-021" } else { "CW-LOGIN-006" });
    tester.demand(
        enabled == expected,
        format!("the interfaces {expected:?} enabled"),
        format!("{enabled:?}"),
    )?;
    for service in [IDENTIFY, SUBSCRIBER] {
        let offered = offers
            .iter()
            .find(|(offered, _)| *offered == service)
            .map(|(_, format)| *format);
        instruct(tester, service, expected.contains(&service), offered)?;
    }
    Ok(())
}

/// What comes of an instruction tells what the interface is.
fn instruct(tester: &mut Tester, service: u64, enabled: bool, format: Option<u64>) -> Step {
    let id = tester.job_id();
    let fields = json!({ "job": id, "service": service, "parameters": "" });
    if !enabled {
        tester.check("CW-INTF-002");
        return tester
            .refused("instruct", fields, &["interface-disabled"])
            .map(drop);
    }
    if format == Some(FORMATS[2]) {
        tester.check("CW-INTF-005");
        return tester
            .refused("instruct", fields, &["format-not-supported"])
            .map(drop);
    }
    tester.check("CW-LOGIN-017");
    tester.expect("instruct", fields, "instruct_answer")?;
    tester.wait_for(&id).map(drop)
}
