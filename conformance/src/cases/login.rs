//! The login with the cloud: what counts, what does not, what ends it.

use super::programs::{IDENTIFY, SUBSCRIBER};
use crate::{
    case::Case,
    hex,
    tester::{Login, Start, Tester},
    verdict::Step,
};
use cardwire_peers::{Timers, cloud::Responder, identity::Key};
use serde_json::json;

mod combinations;
mod refused;
mod services;

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        Case::code(
            "login.right-way",
            &[
                "CW-LOGIN-006",
                "CW-LOGIN-002",
                "CW-LOGIN-005",
                "CW-LOGIN-019",
                "CW-LOGIN-021",
            ],
            "Both clients log the reader in; header and login_confirm name reader, client and session",
            right_way,
        ),
        Case::code(
            "login.nothing-counts-before-the-result",
            &["CW-LOGIN-006", "CW-INTF-001"],
            "Before the login result, and on login_confirm alone, no service is open",
            nothing_counts_before_the_result,
        ),
        Case::code(
            "login.begins-anew",
            &["CW-LOGIN-001"],
            "A second platform_auth drops the login that is open",
            begins_anew,
        ),
        Case::code(
            "login.new-login-disables-service-interfaces",
            &["CW-LOGIN-001", "CW-DIAG-001"],
            "platform_auth while serving disables every service interface at once, as diagnostics show",
            new_login_disables_service_interfaces,
        ),
        Case::code(
            "login.grants-are-kept-to",
            &["CW-LOGIN-006", "CW-LOGIN-018", "CW-LOGIN-021", "CW-INTF-002"],
            "Services that the cloud grants are enabled, and only these",
            grants_are_kept_to,
        ),
        Case::code(
            "login.offers-are-kept-to",
            &["CW-LOGIN-006", "CW-LOGIN-018", "CW-LOGIN-021", "CW-INTF-002"],
            "Services that the client offers are enabled, and only these, even if all are granted",
            offers_are_kept_to,
        ),
        Case::code(
            "login.strange-services-do-no-harm",
            &["CW-LOGIN-006", "CW-LOGIN-017"],
            "Offers and grants of services that the reader does not have enable nothing and disable nothing",
            strange_services_do_no_harm,
        ),
        Case::code(
            "login.grants-expire",
            &["CW-LOGIN-009"],
            "Service interfaces are disabled when the lifetime of the grants, one second, has passed",
            grants_expire,
        )
        .slow(),
        Case::code(
            "login.unfinished-login-is-dropped",
            &["CW-LOGIN-008"],
            "A login that is not finished after T_handshake is dropped",
            unfinished_login_is_dropped,
        )
        .slow(),
        Case::code(
            "login.cloud-key-is-pinned",
            &["CW-LOGIN-015", "CW-LOGIN-002", "CW-LOGIN-019"],
            "The reader's handshake message opens for the pinned key only",
            cloud_key_is_pinned,
        ),
        Case::code(
            "login.ephemeral-keys-are-fresh",
            &["CW-LOGIN-011"],
            "No ephemeral key comes twice, in connects and logins",
            ephemeral_keys_are_fresh,
        ),
        Case::code(
            "login.ephemeral-keys-are-fresh-after-a-reset",
            &["CW-LOGIN-011"],
            "No ephemeral key from before a reset comes again",
            ephemeral_keys_after_a_reset,
        ),
    ];
    all.extend(refused::cases());
    all.extend(services::cases());
    all.extend(combinations::cases());
    all
}

fn enabled(tester: &mut Tester) -> Step<Vec<u64>> {
    let services = tester.services()?;
    let enabled = services.iter().filter(|entry| entry["interface"] == "enabled");
    Ok(enabled
        .filter_map(|entry| crate::tester::service_number(&entry["service"]))
        .collect())
}

/// The services that this reader has.
fn had(tester: &mut Tester) -> Step<Vec<u64>> {
    let services = tester.services()?;
    Ok(services
        .iter()
        .filter_map(|entry| crate::tester::service_number(&entry["service"]))
        .collect())
}

fn instruct_refused(tester: &mut Tester, service: u64, error: &str) -> Step {
    let id = tester.job_id();
    tester
        .refused(
            "instruct",
            json!({ "job": id, "service": service, "parameters": "" }),
            &[error],
        )
        .map(drop)
}

fn right_way(tester: &mut Tester) -> Step {
    for client in [0, 1] {
        tester.connect_as(client)?;
        tester.login(&Login::default())?;
        tester.check("CW-LOGIN-006");
        tester.state_is("serving")?;
        let enabled = enabled(tester)?;
        tester.demand(!enabled.is_empty(), "service interfaces enabled", "none")?;
    }
    Ok(())
}

fn nothing_counts_before_the_result(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let mark = tester.mark()?;
    let begun = tester.begin_login(&Login::default().offers)?;
    instruct_refused(tester, IDENTIFY, "not-logged-in")?;
    tester.confirm(&begun)?;
    tester.check("CW-LOGIN-006");
    instruct_refused(tester, IDENTIFY, "not-logged-in")?;
    tester.refused("service_list", json!({ "from": 0 }), &["not-logged-in"])?;
    tester.state_is("login")?;
    let before = tester.records(mark)?;
    let early: Vec<_> = before.of("service-interface");
    tester.demand(
        early.is_empty(),
        "no service interface enabled before the result",
        format!("{early:?}"),
    )?;
    let result = tester.login_result(&Login::default())?;
    tester.relay(&result)?;
    tester.state_is("serving").map(drop)
}

fn begins_anew(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let first = tester.begin_login(&Login::default().offers)?;
    let (answer_to_first, _) = tester.answer_as_cloud(&first)?;
    let second = tester.begin_login(&Login::default().offers)?;
    tester.check("CW-LOGIN-001");
    tester.relay_refused(&answer_to_first, &["cloud-not-authenticated"])?;
    tester.state_is("connected")?;
    let fresh = first.handshake != second.handshake;
    tester.demand(
        fresh,
        "another handshake message for another login",
        "the same one",
    )?;
    tester.login(&Login::default())?;
    tester.state_is("serving").map(drop)
}

fn new_login_disables_service_interfaces(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let enabled = enabled(tester)?;
    tester.demand(!enabled.is_empty(), "service interfaces enabled", "none")?;
    let mark = tester.mark()?;
    tester.begin_login(&[])?;
    tester.check("CW-LOGIN-001");
    instruct_refused(tester, IDENTIFY, "not-logged-in")?;
    let records = tester.records(mark)?;
    let mut disabled: Vec<_> = records.of("service-interface");
    disabled.sort_unstable();
    let expected: Vec<_> = enabled.iter().map(|service| (*service, "disabled")).collect();
    tester.demand(
        disabled == expected,
        format!("{expected:?}"),
        format!("{disabled:?}"),
    )
}

fn grants_are_kept_to(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    for (grants, expected) in [
        (vec![IDENTIFY], vec![IDENTIFY]),
        (vec![SUBSCRIBER], vec![SUBSCRIBER]),
        (vec![], vec![]),
        (vec![IDENTIFY, SUBSCRIBER], vec![IDENTIFY, SUBSCRIBER]),
    ] {
        tester.login(&Login {
            grants: Some(grants.clone()),
            ..Login::default()
        })?;
        tester.check("CW-LOGIN-006");
        let enabled = enabled(tester)?;
        let wanted = format!("the interfaces {expected:?} enabled under the grants {grants:?}");
        tester.demand(enabled == expected, wanted, format!("{enabled:?}"))?;
        for service in [IDENTIFY, SUBSCRIBER]
            .into_iter()
            .filter(|service| !expected.contains(service))
        {
            instruct_refused(tester, service, "interface-disabled")?;
        }
    }
    Ok(())
}

fn offers_are_kept_to(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    for offered in [
        vec![IDENTIFY],
        vec![SUBSCRIBER],
        vec![],
        vec![IDENTIFY, SUBSCRIBER],
    ] {
        let offers: Vec<_> = offered.iter().map(|service| (*service, 0x01)).collect();
        tester.login(&Login {
            offers,
            ..Login::default()
        })?;
        tester.check("CW-LOGIN-006");
        let enabled = enabled(tester)?;
        tester.demand(
            enabled == offered,
            format!("the offered interfaces {offered:?}"),
            format!("{enabled:?}"),
        )?;
        for service in [IDENTIFY, SUBSCRIBER]
            .into_iter()
            .filter(|service| !offered.contains(service))
        {
            instruct_refused(tester, service, "interface-disabled")?;
        }
    }
    Ok(())
}

fn strange_services_do_no_harm(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let had = had(tester)?;
    let strange: Vec<u64> = (0xF0F0..0xF0F4)
        .filter(|service| !had.contains(service))
        .collect();
    let offers = [IDENTIFY]
        .into_iter()
        .chain(strange.iter().copied())
        .map(|service| (service, 0x01))
        .collect();
    let grants = Some([IDENTIFY].into_iter().chain(strange.iter().copied()).collect());
    tester.login(&Login {
        offers,
        grants,
        ..Login::default()
    })?;
    tester.check("CW-LOGIN-006");
    let enabled = enabled(tester)?;
    tester.demand(
        enabled == [IDENTIFY],
        format!("the interface {IDENTIFY} alone"),
        format!("{enabled:?}"),
    )?;
    for service in strange {
        instruct_refused(tester, service, "unknown-service")?;
    }
    Ok(())
}

fn grants_expire(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let (lifetime, pause) = tester.short_lifetime();
    tester.login(&Login {
        lifetime,
        ..Login::default()
    })?;
    tester.check("CW-LOGIN-009");
    let mark = tester.mark()?;
    let opened = enabled(tester)?.len();
    tester.demand(opened > 0, "service interfaces enabled for a second", "none")?;
    tester.let_pass(pause)?;
    instruct_refused(tester, IDENTIFY, "not-logged-in")?;
    tester.state_is("connected")?;
    let records = tester.records(mark)?;
    let disabled = records
        .of("service-interface")
        .iter()
        .filter(|(_, state)| *state == "disabled")
        .count();
    tester.demand(
        disabled == opened,
        format!("{opened} service interfaces disabled"),
        disabled,
    )?;
    tester.login(&Login::default())?;
    tester.state_is("serving").map(drop)
}

fn unfinished_login_is_dropped(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let begun = tester.begin_login(&Login::default().offers)?;
    let (second, _) = tester.answer_as_cloud(&begun)?;
    tester.state_is("login")?;
    let pause = tester.certainly_past(Timers::SPEC.handshake);
    tester.let_pass(pause)?;
    tester.check("CW-LOGIN-008");
    tester.state_is("connected")?;
    tester.relay_refused(&second, &["login-expired"])?;
    tester.login(&Login::default())
}

fn cloud_key_is_pinned(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let begun = tester.begin_login(&Login::default().offers)?;
    // The twin: it opens for the cloud of the certification identity.
    tester.answer_as_cloud(&begun)?;
    let stranger = Key::new(tester.random.array());
    let opened = Responder::read(&stranger, &begun.header, &begun.handshake).is_ok();
    tester.demand(
        !opened,
        "a handshake message that no other key opens",
        "one that opens for another key",
    )
}

/// The ephemeral public keys of a connect and of some logins.
fn ephemerals(tester: &mut Tester, seen: &mut Vec<String>) -> Step {
    let connect = tester.connect()?.answer;
    let mut messages = vec![connect.octets("handshake")?];
    for _ in 0..3 {
        messages.push(tester.begin_login(&[])?.handshake);
    }
    tester.check("CW-LOGIN-011");
    for message in messages {
        let key = hex::encode(message.get(..32).unwrap_or_default());
        tester.demand(
            !seen.contains(&key),
            "an ephemeral key that was not there before",
            &key,
        )?;
        seen.push(key);
    }
    Ok(())
}

fn ephemeral_keys_are_fresh(tester: &mut Tester) -> Step {
    let mut seen = Vec::new();
    for _ in 0..4 {
        ephemerals(tester, &mut seen)?;
    }
    Ok(())
}

fn ephemeral_keys_after_a_reset(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    let mut seen = Vec::new();
    ephemerals(tester, &mut seen)?;
    for _ in 0..2 {
        tester.reset_device()?;
        ephemerals(tester, &mut seen)?;
    }
    Ok(())
}
