//! Relayed bytes that a reader refuses: spliced, replayed, forged, denied, for somebody else.

use super::super::programs::IDENTIFY;
use crate::{
    case::Case,
    hex,
    tester::{LOW_ORDER, Login, Start, Tester, encode},
    vectors,
    verdict::{Step, Stop},
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "login.spliced-handshake-is-refused",
            &["CW-LOGIN-007", "CW-LOGIN-002", "CW-LOGIN-016"],
            "The cloud's answer to a login of another session is refused, and the login dropped",
            spliced_handshake,
        ),
        Case::code(
            "login.forged-handshake-is-refused",
            &["CW-LOGIN-007", "CW-LOGIN-016", "CW-SEC-002"],
            "A cloud's handshake message with a flipped bit, or of random bytes, is refused, and the login dropped",
            forged_handshake,
        ),
        Case::code(
            "login.handshake-with-a-payload-is-refused",
            &["CW-LOGIN-019", "CW-LOGIN-007"],
            "A cloud's handshake message that is right but for a payload is refused",
            handshake_with_a_payload,
        ),
        Case::code(
            "login.key-of-low-order-is-refused",
            &["CW-CONN-011"],
            "A cloud's handshake message with a public key of low order is refused",
            key_of_low_order,
        ),
        Case::code(
            "login.forged-result-is-refused",
            &["CW-LOGIN-007", "CW-LOGIN-006", "CW-LOGIN-016"],
            "A login result with a flipped bit is refused, and the login dropped",
            forged_result,
        ),
        Case::code(
            "login.replayed-result-is-refused",
            &["CW-LOGIN-007", "CW-LOGIN-016"],
            "A login result that was right in a login before is refused",
            replayed_result,
        ),
        Case::code(
            "login.denied-result-is-taken-as-such",
            &["CW-LOGIN-007", "CW-LOGIN-016"],
            "A login result with the outcome denied leaves the reader connected, without service interfaces",
            denied_result,
        ),
        Case::code(
            "login.result-for-another-is-refused",
            &["CW-LOGIN-007", "CW-LOGIN-006", "CW-LOGIN-016"],
            "A login result that names another reader or another client is refused, also where it is denied",
            result_for_another,
        ),
        Case::code(
            "login.malformed-result-is-refused",
            &[
                "CW-LOGIN-012",
                "CW-LOGIN-016",
                "CW-LOGIN-007",
                "CW-CODEC-004",
                "CW-CODEC-005",
                "CW-CODEC-003",
            ],
            "A login result that breaks a rule of the codec enables nothing",
            malformed_result,
        ),
        Case::code(
            "login.other-message-is-no-result",
            &["CW-LOGIN-012", "CW-LOGIN-016", "CW-LOGIN-007"],
            "An authentic message of the cloud that is no login result enables nothing",
            other_message,
        ),
        Case::code(
            "login.second-result-is-unexpected",
            &["CW-LOGIN-012"],
            "A login result after login is answered with channel_error unexpected, and channel and grants stay",
            second_result,
        ),
        Case::code(
            "login.forgery-after-login-ends-the-cloud-channel-only",
            &["CW-LOGIN-010"],
            "A forged relay after login ends the channel with the cloud; session and service interfaces stay",
            forgery_after_login,
        ),
    ]
}

/// Refused bytes have dropped the login: no service is open, and what is right comes too late.
fn is_dropped(tester: &mut Tester, late: &[u8]) -> Step {
    tester.check("CW-LOGIN-007");
    tester.state_is("connected")?;
    let id = tester.job_id();
    let instruct = json!({ "job": id, "service": IDENTIFY, "parameters": "" });
    tester.refused("instruct", instruct, &["not-logged-in"])?;
    tester.relay_refused(late, &["login-expired"])?;
    Ok(())
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[at % bytes.len()] ^= 0x04;
    flipped
}

fn spliced_handshake(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let begun = tester.begin_login(&Login::default().offers)?;
    let (of_first_session, _) = tester.answer_as_cloud(&begun)?;
    tester.connect_as(1)?;
    let begun = tester.begin_login(&Login::default().offers)?;
    let (right, _) = tester.answer_as_cloud(&begun)?;
    tester.check("CW-LOGIN-007");
    tester.relay_refused(&of_first_session, &["cloud-not-authenticated"])?;
    is_dropped(tester, &right)?;
    tester.login(&Login::default())
}

fn forged_handshake(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.login(&Login::default())?;
    for at in [0, 31, 32, 47, 1000] {
        let begun = tester.begin_login(&Login::default().offers)?;
        let (right, _) = tester.answer_as_cloud(&begun)?;
        let forged = if at < 48 {
            flipped(&right, at)
        } else {
            tester.random.bytes(48)
        };
        tester.check("CW-LOGIN-007");
        tester.relay_refused(&forged, &["cloud-not-authenticated"])?;
        is_dropped(tester, &right)?;
    }
    for length in [16, 47, 49, 479] {
        let begun = tester.begin_login(&Login::default().offers)?;
        let (right, _) = tester.answer_as_cloud(&begun)?;
        let forged = right.iter().copied().cycle().take(length).collect::<Vec<_>>();
        tester.check("CW-LOGIN-007");
        tester.relay_refused(&forged, &["cloud-not-authenticated"])?;
        is_dropped(tester, &right)?;
    }
    tester.login(&Login::default())
}

fn handshake_with_a_payload(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.login(&Login::default())?;
    for length in [1, 16, 48] {
        let begun = tester.begin_login(&Login::default().offers)?;
        let message = tester.cloud_message_with_payload(&begun, &vec![0x5A; length])?;
        tester.check("CW-LOGIN-019");
        tester.relay_refused(&message, &["cloud-not-authenticated"])?;
        tester.state_is("connected")?;
    }
    tester.login(&Login::default())
}

fn key_of_low_order(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.login(&Login::default())?;
    for point in LOW_ORDER {
        let begun = tester.begin_login(&Login::default().offers)?;
        let hostile = tester.hostile_cloud_message(&begun, point)?;
        tester.check("CW-CONN-011");
        tester.relay_refused(&hostile, &["cloud-not-authenticated"])?;
        tester.state_is("connected")?;
    }
    tester.login(&Login::default())
}

fn forged_result(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    for at in [0, 20, usize::MAX] {
        let begun = tester.begin_login(&Login::default().offers)?;
        tester.confirm(&begun)?;
        let right = tester.login_result(&Login::default())?;
        let forged = flipped(&right, at.min(right.len() - 1));
        tester.check("CW-LOGIN-007");
        tester.relay_refused(&forged, &["cloud-not-authenticated"])?;
        is_dropped(tester, &right)?;
    }
    tester.login(&Login::default())
}

fn replayed_result(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let begun = tester.begin_login(&Login::default().offers)?;
    tester.confirm(&begun)?;
    let recorded = tester.login_result(&Login::default())?;
    tester.relay(&recorded)?;
    tester.state_is("serving")?;
    let begun = tester.begin_login(&Login::default().offers)?;
    tester.confirm(&begun)?;
    let right = tester.login_result(&Login::default())?;
    tester.check("CW-LOGIN-007");
    tester.relay_refused(&recorded, &["cloud-not-authenticated"])?;
    is_dropped(tester, &right)?;
    tester.login(&Login::default())
}

/// Logs in with a result that the reader must refuse with this error.
fn result_refused(tester: &mut Tester, login: &Login, errors: &[&str]) -> Step {
    let begun = tester.begin_login(&login.offers)?;
    tester.confirm(&begun)?;
    let result = tester.login_result(login)?;
    let late = tester.login_result(&Login::default())?;
    tester.check("CW-LOGIN-016");
    tester.relay_refused(&result, errors)?;
    is_dropped(tester, &late)
}

fn denied_result(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    result_refused(
        tester,
        &Login {
            outcome: "denied",
            ..Login::default()
        },
        &["login-denied"],
    )?;
    tester.login(&Login::default())
}

fn result_for_another(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let longer = tester.device.reader_id.clone().map(|id| format!("{id}X"));
    let other_client = tester.client(1)?.id;
    for login in [
        Login {
            reader_id: Some("ANOTHER-READER".into()),
            ..Login::default()
        },
        Login {
            reader_id: longer,
            ..Login::default()
        },
        Login {
            client_id: Some(other_client),
            ..Login::default()
        },
        Login {
            client_id: Some("ANOTHER-CLIENT".into()),
            ..Login::default()
        },
        // Whatever its outcome.
        Login {
            client_id: Some("ANOTHER-CLIENT".into()),
            outcome: "denied",
            ..Login::default()
        },
    ] {
        result_refused(tester, &login, &["login-mismatch"])?;
    }
    tester.login(&Login::default())
}

fn malformed_result(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    for vector in vectors::invalid("login_result").filter(|vector| !vector.is_too_large()) {
        let begun = tester.begin_login(&Login::default().offers)?;
        tester.confirm(&begun)?;
        let message =
            hex::decode(&vector.hex).ok_or_else(|| Stop::Error(format!("{}: no hex", vector.name)))?;
        no_result(tester, &message, &format!("a login result, {}", vector.name))?;
    }
    tester.login(&Login::default())
}

fn other_message(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let digest = "00".repeat(32);
    for name in ["update_query", "update_commit"] {
        let begun = tester.begin_login(&Login::default().offers)?;
        tester.confirm(&begun)?;
        let message = encode(name, &json!({ "digest": digest }))?;
        no_result(tester, &message, &format!("{name} instead of a login result"))?;
    }
    tester.login(&Login::default())
}

/// It is as good as bytes that do not authenticate: a relay that watches learns nothing of what they hold.
fn no_result(tester: &mut Tester, message: &[u8], what: &str) -> Step {
    let sealed = tester.seal_as_cloud(message)?;
    tester.check("CW-LOGIN-012");
    let answer = tester.ask("relay", json!({ "payload": hex::encode(&sealed) }))?;
    tester.demand_error(&answer, &["cloud-not-authenticated"], what)?;
    tester.state_is("connected")?;
    tester
        .refused("service_list", json!({ "from": 0 }), &["not-logged-in"])
        .map(drop)
}

fn second_result(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    // It would take every grant away.
    let second = json!({
        "outcome": "denied", "reader_id": tester.device.reader_id, "client_id": tester.session_client()?,
        "all_services": false, "services": [], "lifetime": 1,
        "software_latest": 0, "authentication_latest": 0, "logic_latest": 0,
    });
    tester.check("CW-LOGIN-012");
    let answer = tester.cloud_ask("login_result", &second)?;
    let right = answer.name == "channel_error" && answer.fields["code"] == "unexpected";
    tester.demand(right, "channel_error with the code unexpected", answer.describe())?;
    let query = json!({ "digest": "00".repeat(32) });
    tester.cloud_expect("update_query", &query, "update_status")?;
    let job = tester.instruct(IDENTIFY)?;
    tester.wait_for(&job.id).map(drop)
}

fn forgery_after_login(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let query = encode("update_query", &json!({ "digest": "00".repeat(32) }))?;
    let answer = tester.cloud_ask_bytes(&query)?;
    tester.demand(answer.name == "update_status", "update_status", answer.describe())?;
    let right = tester.seal_as_cloud(&query)?;
    let forged = flipped(&right, 3);
    tester.relay_refused(&forged, &["cloud-not-authenticated"])?;
    tester.relay_refused(&right, &["login-expired"])?;
    tester.state_is("serving")?;
    let services = tester.services()?;
    let enabled = services.iter().any(|entry| entry["interface"] == "enabled");
    tester.demand(enabled, "service interfaces that stay enabled", json!(services))
}
