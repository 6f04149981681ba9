//! Sealed requests: numbers, repeats, what is an answer and what is none, and the end of patience.

use super::{SANITY, always, before_all, is_sealed, link::works, once};
use crate::{
    client::{
        bench::Bench,
        case::Case,
        lower::{
            script::{Act, Ask, message},
            tape::End,
        },
        services,
    },
    verdict::Step,
};
use serde_json::json;
use std::collections::BTreeSet;

pub(super) fn cases() -> Vec<Case> {
    let case = |id, requirements: &[&str], title, body| Case::new(id, requirements, title, body).twin(SANITY);
    vec![
        case(
            "client.session.numbers-ascend",
            &["CW-SESS-002", "CW-SESS-001"],
            "seals requests under 0, 1, 2 and so on, in every session",
            |bench| {
                for _ in 0..2 {
                    works(bench)?;
                    bench.runs(services::READ)?;
                }
                Ok(())
            },
        )
        .alone(),
        case(
            "client.session.repeats-a-lost-answer",
            &["CW-SESS-009", "CW-SESS-019"],
            "repeats a request whose answer was lost, byte for byte",
            |bench| repeats(bench, Vec::new()),
        )
        .should(),
        case(
            "client.session.repeats-a-damaged-answer",
            &["CW-SESS-009", "CW-SESS-019"],
            "repeats a request whose answer was damaged on the line",
            |bench| repeats(bench, vec![Act::Damaged]),
        )
        .should(),
        case(
            "client.session.one-request-at-a-time",
            &["CW-SESS-019"],
            "sends nothing else while an answer is late",
            |bench| {
                let late = bench.timers.answer.mul_f64(0.8);
                bench.reader(always("instruct", move |_| vec![Act::Pause(late), Act::Right]))?;
                works(bench)
            },
        )
        .alone(),
        case(
            "client.session.late-answers",
            &["CW-SESS-020", "CW-SESS-019"],
            "drops the second answer where a repeat and an answer have crossed",
            |bench| {
                let late = bench.timers.repeat.mul_f64(1.3);
                bench.reader(once("instruct", move |_| vec![Act::Pause(late), Act::Right]))?;
                works(bench)
            },
        ),
        case(
            "client.session.answers-come-twice",
            &["CW-SESS-020"],
            "drops answers to earlier requests",
            |bench| {
                bench.reader(|_| vec![Act::Right, Act::Right])?;
                works(bench)
            },
        ),
        case(
            "client.session.answer-of-another-number",
            &["CW-SESS-020"],
            "takes no answer that has another number than its request",
            |bench| {
                bench.reader(before_all(|ask| other_number(ask, 1)))?;
                works(bench)
            },
        ),
        case(
            "client.session.answer-of-the-number-before",
            &["CW-SESS-020"],
            "takes no answer that has the number of the request before",
            |bench| {
                bench.reader(before_all(|ask| {
                    if ask.number == 0 {
                        Vec::new()
                    } else {
                        other_number(ask, u64::MAX)
                    }
                }))?;
                works(bench)
            },
        ),
        case(
            "client.session.answer-under-another-nonce",
            &["CW-SESS-020", "CW-SESS-001"],
            "takes no answer that is sealed under another number than its frame's",
            |bench| {
                bench.reader(before_all(|ask| {
                    let (number, nonce, message) = (ask.number, ask.number + 1, busy(ask));
                    sealed_only(
                        ask,
                        Act::Under {
                            number,
                            nonce,
                            message,
                        },
                    )
                }))?;
                works(bench)
            },
        ),
        case(
            "client.session.unauthentic-answer",
            &["CW-SESS-020"],
            "drops an answer that does not authenticate, and takes the right one",
            |bench| {
                bench.reader(before_all(|ask| sealed_only(ask, Act::Unauthentic)))?;
                works(bench)
            },
        ),
        case(
            "client.session.unauthentic-for-ever",
            &["CW-SESS-020"],
            "has no answer where none authenticates",
            |bench| {
                bench.reader(always("instruct", |_| vec![Act::Unauthentic]))?;
                run_fails(bench, "no answer authenticates")
            },
        ),
        case(
            "client.session.unsealed-answer",
            &["CW-SESS-020", "CW-SESS-001"],
            "takes no answer that is not sealed, in whatever frame it comes",
            |bench| {
                bench.reader(before_all(|ask| {
                    let (number, payload) = (ask.number, ask.right.clone());
                    let mut acts = sealed_only(ask, Act::Unsealed { number, payload });
                    let (number, message) = (ask.number, ask.right.clone());
                    acts.extend(sealed_only(ask, Act::Clear { number, message }));
                    acts
                }))?;
                works(bench)
            },
        ),
        case(
            "client.session.clear-answers-for-ever",
            &["CW-SESS-020"],
            "has no answer where it comes in clear",
            |bench| {
                bench.reader(always("instruct", |ask| {
                    let (number, message) = (ask.number, ask.right.clone());
                    vec![Act::Clear { number, message }]
                }))?;
                run_fails(bench, "the answers are not sealed")
            },
        ),
        case(
            "client.session.echo",
            &["CW-SESS-020", "CW-SESS-001"],
            "does not take its own frames for answers",
            |bench| {
                bench.reader(before_all(|ask| sealed_only(ask, Act::Bytes(ask.line.clone()))))?;
                works(bench)
            },
        ),
        case(
            "client.session.one-refusal-is-a-hint",
            &["CW-SESS-020"],
            "repeats its request where a refusal comes, which anybody can forge",
            |bench| {
                bench.reader(once("instruct", |ask| refusal(ask.number)))?;
                works(bench)
            },
        ),
        case(
            "client.session.refusals-are-no-answer",
            &["CW-SESS-020"],
            "takes nothing for done where every answer is the refusal",
            |bench| {
                bench.reader(always("instruct", |ask| refusal(ask.number)))?;
                run_fails(bench, "every answer to the instruction is the refusal")
            },
        ),
        case(
            "client.session.silence-is-an-end",
            &["CW-SESS-009", "CW-SESS-019", "CW-SESS-022"],
            "tells its user when the reader falls silent, and sends nothing new in that session",
            |bench| {
                bench.reader(always("instruct", |_| Vec::new()))?;
                run_fails(bench, "the reader answers no instruction")
            },
        ),
        case(
            "client.session.closed-link",
            &["CW-JOB-002"],
            "instructs nothing anew where the link was closed under an instruction",
            |bench| {
                bench.reader(always("instruct", |_| vec![Act::Close]))?;
                bench.opens()?;
                bench.run(services::IDENTIFY, &[])?;
                let instructed = bench.heard(End::Reader, "instruct");
                let jobs: BTreeSet<_> = instructed
                    .iter()
                    .map(|(_, heard)| heard.fields["job"].to_string())
                    .collect();
                bench.holds(jobs.len() == 1, "one job", format!("{} jobs", jobs.len()))
            },
        ),
        case(
            "client.session.error-is-an-answer",
            &["CW-SESS-022"],
            "tells its user of an error, and goes on",
            |bench| error_then_right(bench, json!("busy")),
        ),
        case(
            "client.session.unknown-error",
            &["CW-SESS-022"],
            "tells its user of an error that it does not know, and goes on",
            |bench| error_then_right(bench, json!(0xFFEE)),
        ),
    ]
}

/// An answer that nobody asked for: who takes it fails, and tells.
fn busy(ask: &Ask) -> Vec<u8> {
    let request = ask.message.first().copied().unwrap_or_default();
    message(
        "error",
        &json!({ "request": request, "code": "busy", "detail": 0, "offset": 0 }),
    )
}

fn sealed_only(ask: &Ask, act: Act) -> Vec<Act> {
    if is_sealed(ask) { vec![act] } else { Vec::new() }
}

fn other_number(ask: &Ask, further: u64) -> Vec<Act> {
    let number = ask.number.wrapping_add(further);
    let message = busy(ask);
    sealed_only(
        ask,
        Act::Under {
            number,
            nonce: number,
            message,
        },
    )
}

fn refusal(number: u64) -> Vec<Act> {
    vec![Act::Clear {
        number,
        message: vec![0xFF],
    }]
}

fn repeats(bench: &mut Bench<'_>, first: Vec<Act>) -> Step {
    bench.reader(once("instruct", move |_| first.clone()))?;
    bench.opens()?;
    let told = bench.run(services::IDENTIFY, &[])?;
    let repeated = bench
        .heard(End::Reader, "instruct")
        .iter()
        .any(|(_, heard)| heard.repeats > 0);
    if !repeated || bench.done(&told, "an outcome").is_err() {
        bench.misses("the same frame again, after `T_repeat`", "a client that gives up");
    }
    Ok(())
}

/// The client gets in, and the service that it is to run fails.
pub(super) fn run_fails(bench: &mut Bench<'_>, why: &str) -> Step {
    bench.opens()?;
    let told = bench.run(services::IDENTIFY, &[])?;
    no_success(bench, &told, why)
}

/// What was told is a failure, or an outcome that is no success.
pub(super) fn no_success(bench: &Bench<'_>, told: &crate::client::request::Told, why: &str) -> Step {
    match told {
        crate::client::request::Told::Done(answer) => bench.holds(
            answer.get("success") == Some(&json!(false)),
            &format!("no success, because {why}"),
            crate::client::bench::shown(answer),
        ),
        crate::client::request::Told::Failed { .. } => Ok(()),
    }
}

fn error_then_right(bench: &mut Bench<'_>, code: serde_json::Value) -> Step {
    bench.reader(move |ask| {
        if ask.is("instruct") && ask.nth == 0 {
            let error = json!({ "request": 6, "code": code, "detail": 0, "offset": 0 });
            return vec![Act::Say(message("error", &error))];
        }
        vec![Act::Right]
    })?;
    bench.opens()?;
    // A client may try again by itself.
    let told = bench.run(services::EMPTY, &[])?;
    let instructed = bench.count(End::Reader, "instruct");
    if instructed == 1 {
        bench.failed(&told, "the reader refuses the instruction")?;
    }
    bench.runs(services::IDENTIFY).map(|_| ())
}
