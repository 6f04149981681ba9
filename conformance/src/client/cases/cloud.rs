//! The connection to the cloud: silence, refusals, wrong answers, and that nothing is ever repeated on it.

use super::{SANITY, always};
use crate::{
    client::{
        bench::Bench,
        case::Case,
        lower::{
            script::{Act, Ask, message},
            tape::End,
        },
    },
    verdict::Step,
};
use serde_json::{Value, json};

pub(super) fn cases() -> Vec<Case> {
    let case = |id, requirements: &[&str], title, body| Case::new(id, requirements, title, body).twin(SANITY);
    vec![
        case(
            "client.cloud.frames",
            &["CW-LINK-013", "CW-LINK-006"],
            "speaks to the cloud in clear frames, each under a number of its own",
            |bench| {
                bench.scene()?.updates = 3;
                bench.opens()
            },
        )
        .alone(),
        case(
            "client.cloud.answer-of-another-number",
            &["CW-LINK-004", "CW-LINK-013"],
            "drops an answer of the cloud that has another number",
            |bench| {
                bench.cloud(super::before_all(|ask| {
                    let message = message("cloud_error", &json!({ "code": "unreachable" }));
                    vec![Act::Clear {
                        number: ask.number.wrapping_add(1),
                        message,
                    }]
                }))?;
                bench.opens()
            },
        ),
        case(
            "client.cloud.garbage-costs-nothing",
            &["CW-LINK-005"],
            "takes the cloud's frame behind bytes that are none",
            |bench| {
                bench.cloud(super::before_all(|_| {
                    vec![Act::Bytes(vec![0x02, 0x03, 0xFF, 0x00])]
                }))?;
                bench.opens()
            },
        ),
        case(
            "client.cloud.answers-in-pieces",
            &["CW-LINK-001"],
            "takes the cloud's frames where their bytes come one by one",
            |bench| {
                bench.cloud(|_| vec![Act::Pieces])?;
                bench.opens()
            },
        ),
        case(
            "client.cloud.silent-at-open",
            &["CW-LOGIN-023"],
            "gives up a cloud that does not answer cloud_open, and repeats nothing",
            |bench| silent(bench, "cloud_open"),
        ),
        case(
            "client.cloud.silent-at-relay",
            &["CW-LOGIN-023"],
            "gives up a cloud that does not answer cloud_relay, and repeats nothing",
            |bench| silent(bench, "cloud_relay"),
        ),
        case(
            "client.cloud.slow",
            &["CW-LOGIN-023"],
            "waits for a cloud that takes longer than a reader may",
            |bench| {
                let slow = bench.timers.repeat.mul_f64(1.3);
                bench.cloud(always("cloud_open", move |_| vec![Act::Pause(slow), Act::Right]))?;
                bench.opens()
            },
        ),
        case(
            "client.cloud.closes-at-open",
            &["CW-LOGIN-023"],
            "is not logged in where the cloud closes the connection at cloud_open",
            |bench| closes(bench, "cloud_open"),
        ),
        case(
            "client.cloud.closes-at-relay",
            &["CW-LOGIN-023"],
            "is not logged in where the cloud closes the connection at cloud_relay",
            |bench| closes(bench, "cloud_relay"),
        ),
        case(
            "client.cloud.refuses-the-reader",
            &["CW-SESS-022", "CW-LOGIN-023"],
            "tells its user that the cloud does not know the reader",
            |bench| errors(bench, "cloud_open", json!("reader-unknown")),
        ),
        case(
            "client.cloud.refuses-the-session",
            &["CW-SESS-022", "CW-LOGIN-023"],
            "tells its user that the cloud finds two sessions put together",
            |bench| errors(bench, "cloud_open", json!("client-mismatch")),
        ),
        case(
            "client.cloud.refuses-the-version",
            &["CW-SESS-022", "CW-LOGIN-023"],
            "tells its user that the cloud does not speak the version",
            |bench| errors(bench, "cloud_open", json!("not-supported")),
        ),
        case(
            "client.cloud.refuses-the-confirmation",
            &["CW-SESS-022", "CW-LOGIN-023"],
            "tells its user that the cloud does not take the reader's word",
            |bench| errors(bench, "cloud_relay", json!("login-mismatch")),
        ),
        case(
            "client.cloud.unknown-error",
            &["CW-SESS-022", "CW-LOGIN-023"],
            "tells its user of an error of the cloud that it does not know",
            |bench| errors(bench, "cloud_open", json!(0xFFEE)),
        ),
        case(
            "client.cloud.malformed-answer",
            &["CW-CODEC-002", "CW-LOGIN-004"],
            "relays nothing of an answer of the cloud that breaks a rule of the codec",
            |bench| {
                says(bench, "cloud_open", |ask| {
                    ask.right[..ask.right.len() - 1].to_vec()
                })
            },
        ),
        case(
            "client.cloud.answer-to-another-request",
            &["CW-LOGIN-004"],
            "relays nothing of an answer to another kind of request",
            |bench| {
                says(bench, "cloud_open", |_| {
                    message("cloud_relay_answer", &json!({ "payload": "5a".repeat(48) }))
                })
            },
        ),
        case(
            "client.cloud.relay-answered-as-open",
            &["CW-LOGIN-004"],
            "relays nothing of cloud_open_answer where it asked for more",
            |bench| {
                says(bench, "cloud_relay", |_| {
                    message("cloud_open_answer", &json!({ "handshake": "5a".repeat(48) }))
                })
            },
        ),
        case(
            "client.cloud.too-few-bytes",
            &["CW-LOGIN-004", "CW-CODEC-003"],
            "relays no message of the cloud that has 1 to 15 bytes",
            |bench| {
                says(bench, "cloud_relay", |_| {
                    message("cloud_relay_answer", &json!({ "payload": "5a".repeat(15) }))
                })
            },
        ),
        case(
            "client.cloud.nothing-at-login",
            &["CW-SESS-022"],
            "is not logged in where the cloud has no login_result for the reader",
            |bench| {
                says(bench, "cloud_relay", |_| {
                    message("cloud_relay_answer", &json!({ "payload": "" }))
                })
            },
        ),
        case(
            "client.cloud.another-cloud",
            &["CW-SESS-022", "CW-LOGIN-004"],
            "relays the handshake of a cloud that is another one, and tells its user that the reader refuses it",
            |bench| {
                says(bench, "cloud_open", |ask| {
                    ask.edited(|answer| answer["handshake"] = json!("5a".repeat(48)))
                })?;
                let relayed = bench.count(End::Reader, "relay");
                bench.holds(relayed >= 1, "a relay: the client can't tell", "none")
            },
        ),
    ]
}

fn silent(bench: &mut Bench<'_>, request: &'static str) -> Step {
    bench.cloud(always(request, |_| Vec::new()))?;
    not_logged_in(bench, &format!("the cloud does not answer {request}"))
}

fn closes(bench: &mut Bench<'_>, request: &'static str) -> Step {
    bench.cloud(always(request, |_| vec![Act::Close]))?;
    not_logged_in(bench, &format!("the cloud closes the connection at {request}"))
}

fn errors(bench: &mut Bench<'_>, request: &'static str, code: Value) -> Step {
    bench.cloud(always(request, move |_| {
        vec![Act::Say(message("cloud_error", &json!({ "code": code })))]
    }))?;
    not_logged_in(bench, &format!("the cloud answers {request} with an error"))
}

fn says(bench: &mut Bench<'_>, request: &'static str, wrong: fn(&Ask) -> Vec<u8>) -> Step {
    bench.cloud(always(request, move |ask| vec![Act::Say(wrong(ask))]))?;
    not_logged_in(bench, &format!("the cloud answers {request} wrongly"))
}

fn not_logged_in(bench: &mut Bench<'_>, why: &str) -> Step {
    let told = bench.open()?;
    bench.failed(&told, why)
}
