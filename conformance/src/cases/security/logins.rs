//! Logins that are wrong in one thing: the first one of a session, and one that takes the place of another.

use crate::{
    cases::programs::IDENTIFY,
    hex,
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Begun, LOW_ORDER, Login, Start, Tester, encode},
    verdict::{Step, Stop},
};
use serde_json::json;

pub(super) static MATRIX: Matrix = Matrix {
    id: "security.login",
    title: "A login that is wrong in one thing enables nothing, and leaves the session connected",
    requirements: &["CW-LOGIN-007", "CW-LOGIN-006", "CW-LOGIN-016", "CW-LOGIN-001"],
    factors: &[
        Factor {
            name: "wrong",
            values: &[
                "random-handshake",
                "flipped-handshake",
                "old-handshake",
                "handshake-payload",
                "low-order",
                "short-handshake",
                "flipped-result",
                "old-result",
                "short-result",
                "other-reader",
                "other-client",
                "denied",
                "no-result",
                "unsealed-result",
            ],
        },
        Factor {
            name: "before-it",
            values: &["no-login", "a-login", "a-dropped-login"],
        },
    ],
    cover: Cover::All,
    allows: |_| true,
    run,
};

fn run(tester: &mut Tester, row: &Row) -> Step {
    tester.reach(Start::Connected)?;
    match row.of("before-it") {
        "no-login" => {}
        "a-login" => tester.login(&Login::default())?,
        "a-dropped-login" => {
            tester.begin_login(&Login::default().offers)?;
        }
        other => return Err(Stop::Error(format!("there is no {other}"))),
    }
    let offers = Login::default().offers;
    // What was right in a login of this session that was dropped.
    let old = tester.begin_login(&offers)?;
    let (old_handshake, _) = tester.answer_as_cloud(&old)?;
    tester.confirm(&old)?;
    let old_result = tester.login_result(&Login::default())?;
    let begun = tester.begin_login(&offers)?;
    let (payload, error) = match row.of("wrong") {
        "flipped-result" | "old-result" | "short-result" | "other-reader" | "other-client" | "denied"
        | "no-result" | "unsealed-result" => {
            tester.confirm(&begun)?;
            wrong_result(tester, row, old_result)?
        }
        _ => (
            wrong_handshake(tester, row, &begun, old_handshake)?,
            "cloud-not-authenticated",
        ),
    };
    tester.check("CW-LOGIN-016");
    tester.relay_refused(&payload, &[error])?;
    tester.check("CW-LOGIN-007");
    tester.state_is("connected")?;
    let instruct = json!({ "job": tester.job_id(), "service": IDENTIFY, "parameters": "" });
    tester.check("CW-LOGIN-006");
    tester.refused("instruct", instruct, &["not-logged-in"])?;
    // The login is over, also for what is right.
    tester.check("CW-LOGIN-007");
    tester.relay_refused(&[0x5A; 48], &["login-expired"])?;
    // The twin: a right login in the same session.
    tester.login(&Login::default())
}

fn wrong_handshake(tester: &mut Tester, row: &Row, begun: &Begun, old: Vec<u8>) -> Step<Vec<u8>> {
    let (right, _) = tester.answer_as_cloud(begun)?;
    Ok(match row.of("wrong") {
        "random-handshake" => tester.random.bytes(48),
        "flipped-handshake" => {
            let mut flipped = right;
            let at = tester.random.below(flipped.len() as u64) as usize;
            // The highest bit of an X25519 key says nothing.
            flipped[at] ^= 0x04;
            flipped
        }
        "old-handshake" => old,
        "handshake-payload" => tester.cloud_message_with_payload(begun, &[0x55])?,
        "low-order" => {
            let at = tester.random.below(LOW_ORDER.len() as u64) as usize;
            tester.hostile_cloud_message(begun, LOW_ORDER[at])?
        }
        "short-handshake" => right[..16 + tester.random.below(32) as usize].to_vec(),
        other => return Err(Stop::Error(format!("nothing is known of a wrong {other}"))),
    })
}

fn wrong_result(tester: &mut Tester, row: &Row, old: Vec<u8>) -> Step<(Vec<u8>, &'static str)> {
    let forged = "cloud-not-authenticated";
    Ok(match row.of("wrong") {
        "flipped-result" => {
            let mut flipped = tester.login_result(&Login::default())?;
            let at = tester.random.below(flipped.len() as u64) as usize;
            flipped[at] ^= 0x10;
            (flipped, forged)
        }
        "old-result" => (old, forged),
        "short-result" => {
            let right = tester.login_result(&Login::default())?;
            (right[..right.len() - 1].to_vec(), forged)
        }
        "other-reader" => {
            let login = Login {
                reader_id: Some("ANOTHER-READER".into()),
                ..Login::default()
            };
            (tester.login_result(&login)?, "login-mismatch")
        }
        "other-client" => {
            let login = Login {
                client_id: Some("ANOTHER-CLIENT".into()),
                ..Login::default()
            };
            (tester.login_result(&login)?, "login-mismatch")
        }
        "denied" => {
            let login = Login {
                outcome: "denied",
                ..Login::default()
            };
            (tester.login_result(&login)?, "login-denied")
        }
        "no-result" => {
            let query = encode("update_query", &json!({ "digest": "00".repeat(32) }))?;
            (tester.seal_as_cloud(&query)?, forged)
        }
        // The message as it is, as if there were no channel.
        "unsealed-result" => {
            let result = json!({
                "outcome": "success", "reader_id": tester.device.reader_id, "client_id": tester.session_client()?,
                "all_services": true, "services": [], "lifetime": 3600,
                "software_latest": 0, "authentication_latest": 0, "logic_latest": 0,
            });
            let message = encode("login_result", &result)?;
            tester.trace.note(format!(
                "a login result that is not sealed, {}",
                hex::encode(&message)
            ));
            (message, forged)
        }
        other => return Err(Stop::Error(format!("nothing is known of a wrong {other}"))),
    })
}
