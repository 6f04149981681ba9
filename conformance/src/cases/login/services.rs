//! Which services a login enables, and what it leaves alone: offers of all kinds, nothing in common, a service that runs.

use super::{super::programs, IDENTIFY, SUBSCRIBER, enabled, had, instruct_refused};
use crate::{
    case::Case,
    cases::jobs::running,
    tester::{Login, Start, Tester},
    verdict::Step,
};
use serde_json::json;

/// The format `native`.
const NATIVE: u64 = 0x01;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "login.first-offer-of-a-service-counts",
            &["CW-LOGIN-017", "CW-LOGIN-021"],
            "Of forty offers of one service in different formats the first counts, and they crowd out no other service",
            first_offer_counts,
        ),
        Case::code(
            "login.strange-offers-take-no-room",
            &["CW-LOGIN-021", "CW-LOGIN-017"],
            "Offers of many services that the reader does not have leave every interface to those that it has",
            strange_offers,
        ),
        Case::code(
            "login.nothing-in-common-succeeds",
            &["CW-LOGIN-018", "CW-LOGIN-006"],
            "A login without offers, without grants, or with others than the offers succeeds with no interface enabled",
            nothing_in_common,
        ),
        Case::code(
            "login.leaves-a-running-service",
            &["CW-LOGIN-020"],
            "A service that runs goes on when a login begins, when it fails, and when the grants end",
            leaves_a_running_service,
        )
        .slow(),
    ]
}

fn enabled_are(tester: &mut Tester, expected: &[u64]) -> Step {
    let enabled = enabled(tester)?;
    tester.demand(
        enabled == expected,
        format!("the interfaces {expected:?} enabled"),
        format!("{enabled:?}"),
    )
}

fn first_offer_counts(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let mut offers: Vec<_> = (NATIVE..NATIVE + 40).map(|format| (IDENTIFY, format)).collect();
    offers.push((SUBSCRIBER, NATIVE));
    offers.push((SUBSCRIBER, 0xFE));
    tester.login(&Login {
        offers,
        ..Login::default()
    })?;
    tester.check("CW-LOGIN-017");
    enabled_are(tester, &[IDENTIFY, SUBSCRIBER])?;
    // Every reader speaks the format that was offered first.
    for service in [IDENTIFY, SUBSCRIBER] {
        let id = tester.job_id();
        let instruct = json!({ "job": id, "service": service, "parameters": "" });
        tester.expect("instruct", instruct, "instruct_answer")?;
        tester.wait_for(&id)?;
    }
    Ok(())
}

fn strange_offers(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let last = tester.provide(&programs::echo("last")?)?;
    let had = had(tester)?;
    let strange = (0x0100..last).filter(|service| !had.contains(service)).take(20);
    let offers = [IDENTIFY]
        .into_iter()
        .chain(strange)
        .chain([last])
        .map(|service| (service, NATIVE))
        .collect();
    tester.login(&Login {
        offers,
        ..Login::default()
    })?;
    tester.check("CW-LOGIN-021");
    enabled_are(tester, &[IDENTIFY, last])?;
    tester.run(last).map(drop)
}

fn nothing_in_common(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    for (offers, grants) in [
        (vec![], None),
        (vec![], Some(vec![])),
        (vec![(IDENTIFY, NATIVE)], Some(vec![])),
        (vec![(IDENTIFY, NATIVE)], Some(vec![SUBSCRIBER])),
        (vec![(0xF0F0, NATIVE)], None),
    ] {
        tester.check("CW-LOGIN-018");
        let begun = tester.begin_login(&offers)?;
        tester.confirm(&begun)?;
        let result = tester.login_result(&Login {
            grants,
            ..Login::default()
        })?;
        let answer = tester.relay(&result)?;
        let right = answer.fields["state"] == "serving";
        tester.demand(right, "relay_answer with the state serving", answer.describe())?;
        tester.state_is("serving")?;
        enabled_are(tester, &[])?;
        for service in [IDENTIFY, SUBSCRIBER] {
            instruct_refused(tester, service, "interface-disabled")?;
        }
        // Such a client may still bring updates.
        tester.query(b"no manifest")?;
    }
    Ok(())
}

fn leaves_a_running_service(tester: &mut Tester) -> Step {
    let (lifetime, pause) = tester.short_lifetime();
    for what in ["login", "failure", "end of grants"] {
        tester.reach(Start::Serving)?;
        tester.provide(&programs::long()?)?;
        if what == "end of grants" {
            tester.login(&Login {
                lifetime,
                ..Login::default()
            })?;
        }
        let (job, _) = running(tester, false)?;
        tester.check("CW-LOGIN-020");
        match what {
            "failure" => {
                tester.begin_login(&[])?;
                tester.relay_refused(&[0x5A; 48], &["cloud-not-authenticated"])?;
            }
            "end of grants" => {
                tester.let_pass(pause)?;
                tester.state_is("connected")?;
            }
            _ => {}
        }
        tester.login(&Login::default())?;
        tester.check("CW-LOGIN-020");
        tester.finish(&job, "success")?;
        tester.disconnect()?;
    }
    Ok(())
}
