//! Authentic answers that are none of those that are right: the reader is at fault, and nobody acts on them.

use super::{SANITY, always, link::works, session::run_fails};
use crate::{
    client::{
        bench::Bench,
        case::Case,
        lower::script::{Act, Ask, message},
    },
    verdict::Step,
};
use serde_json::{Value, json};

/// The id of a job that nobody instructed.
const OTHER_JOB: &str = "0f0e0d0c0b0a09080706050403020100";

pub(super) fn cases() -> Vec<Case> {
    let case = |id, requirements: &[&str], title, body| Case::new(id, requirements, title, body).twin(SANITY);
    vec![
        case(
            "client.session.answer-cut-short",
            &["CW-SESS-021"],
            "does not act on an answer that lacks its last byte",
            |bench| says(bench, "instruct", |ask| ask.right[..ask.right.len() - 1].to_vec()),
        ),
        case(
            "client.session.answer-with-more-bytes",
            &["CW-SESS-021"],
            "does not act on an answer with a byte too many",
            |bench| says(bench, "instruct", |ask| [ask.right.as_slice(), &[0]].concat()),
        ),
        case(
            "client.session.answer-of-no-bytes",
            &["CW-SESS-021"],
            "does not act on an answer of no bytes",
            |bench| says(bench, "instruct", |_| Vec::new()),
        ),
        case(
            "client.session.answer-with-a-wrong-value",
            &["CW-SESS-021"],
            "does not act on a job state that there is not",
            |bench| {
                says(bench, "instruct", |ask| {
                    let mut bytes = ask.right.clone();
                    if let Some(state) = bytes.get_mut(17) {
                        *state = 0x7E;
                    }
                    bytes
                })
            },
        ),
        case(
            "client.session.answer-with-a-critical-extension",
            &["CW-SESS-021"],
            "does not act on an answer with a critical extension that it does not know",
            |bench| says(bench, "instruct", |ask| extended(ask, 0xFF01)),
        ),
        case(
            "client.session.answer-with-an-extension",
            &["CW-CODEC-010"],
            "passes over an extension that it does not know and that is not critical",
            |bench| {
                bench.reader(|ask| {
                    if super::is_sealed(ask) {
                        vec![Act::Say(extended(ask, 0x7F01))]
                    } else {
                        vec![Act::Right]
                    }
                })?;
                works(bench)
            },
        ),
        case(
            "client.session.answer-to-another-request",
            &["CW-SESS-021"],
            "does not act on the answer to another kind of request",
            |bench| says(bench, "instruct", |_| message("disconnect_answer", &json!({}))),
        ),
        case(
            "client.session.answer-of-an-unknown-code",
            &["CW-SESS-021"],
            "does not act on an answer of a code that there is not",
            |bench| says(bench, "instruct", |_| vec![0xEE]),
        ),
        case(
            "client.session.error-for-another-request",
            &["CW-SESS-021"],
            "gives up a session in which an error names another request",
            |bench| {
                says(bench, "instruct", |_| {
                    message(
                        "error",
                        &json!({ "request": 5, "code": "busy", "detail": 0, "offset": 0 }),
                    )
                })
            },
        ),
        case(
            "client.session.instruct-answer-of-another-job",
            &["CW-SESS-021"],
            "does not act on the acceptance of another job",
            |bench| edits(bench, "instruct", |answer| answer["job"] = json!(OTHER_JOB)),
        ),
        case(
            "client.session.status-of-another-job",
            &["CW-SESS-021"],
            "does not act on the status of another job",
            |bench| edits(bench, "job_status", |answer| answer["job"] = json!(OTHER_JOB)),
        ),
        case(
            "client.session.data-of-another-job",
            &["CW-SESS-021", "CW-JOB-004"],
            "does not act on the data of another job",
            |bench| edits(bench, "job_data", |answer| answer["job"] = json!(OTHER_JOB)),
        ),
        case(
            "client.session.data-of-another-part",
            &["CW-SESS-021", "CW-JOB-004"],
            "does not act on another part than it asked for",
            |bench| {
                edits(bench, "job_data", |answer| {
                    let part = answer["part"].as_u64().unwrap_or_default();
                    answer["part"] = json!(part ^ 1);
                })
            },
        ),
        case(
            "client.session.login-answered-wrongly",
            &["CW-SESS-021"],
            "does not act on a wrong answer to platform_auth",
            |bench| {
                bench.reader(always("platform_auth", |_| {
                    vec![Act::Say(message("disconnect_answer", &json!({})))]
                }))?;
                let told = bench.open()?;
                bench.failed(&told, "platform_auth is answered with disconnect_answer")
            },
        ),
    ]
}

fn says(bench: &mut Bench<'_>, request: &'static str, wrong: fn(&Ask) -> Vec<u8>) -> Step {
    bench.reader(always(request, move |ask| vec![Act::Say(wrong(ask))]))?;
    run_fails(bench, &format!("{request} is answered wrongly"))
}

fn edits(bench: &mut Bench<'_>, request: &'static str, edit: fn(&mut Value)) -> Step {
    bench.reader(always(request, move |ask| vec![Act::Say(ask.edited(edit))]))?;
    run_fails(bench, &format!("{request} is answered wrongly"))
}

/// The right answer with an extension of two bytes behind it, byte by byte: the interpreter would not write a critical
/// one that nobody knows.
fn extended(ask: &Ask, tag: u16) -> Vec<u8> {
    [ask.right.as_slice(), &tag.to_be_bytes(), &[0, 2, 1, 2]].concat()
}
