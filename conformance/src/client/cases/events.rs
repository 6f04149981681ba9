//! Events: hints that come at any time, each at most once, and of which nothing hangs on any.

use super::{SANITY, before_all, is_sealed, link::works};
use crate::{
    client::{
        bench::Bench,
        case::Case,
        lower::{
            script::{Act, Ask, message},
            tape::End,
        },
        request::Op,
        services,
    },
    verdict::Step,
};
use serde_json::{Value, json};

/// The number of a session's first event.
const FIRST: u64 = 1 << 63;

pub(super) fn cases() -> Vec<Case> {
    let case = |id, requirements: &[&str], title, body| Case::new(id, requirements, title, body).twin(SANITY);
    vec![
        case(
            "client.session.events-before-answers",
            &["CW-SESS-013", "CW-SESS-020"],
            "takes an answer behind events",
            |bench| {
                bench.reader(before_all(|ask| {
                    let events = (0..5).map(|step| Act::Event {
                        gap: 0,
                        message: progress(step),
                    });
                    if is_sealed(ask) {
                        events.collect()
                    } else {
                        Vec::new()
                    }
                }))?;
                works(bench)
            },
        ),
        case(
            "client.session.events-are-told",
            &["CW-SESS-013"],
            "takes events whose numbers ascend, gaps or not",
            |bench| {
                bench.reader(status_with(|_| {
                    vec![
                        Act::Event {
                            gap: 0,
                            message: progress(1),
                        },
                        Act::Event {
                            gap: 1000,
                            message: progress(2),
                        },
                    ]
                }))?;
                told(bench, &[1, 2])
            },
        )
        .needs(Op::Events)
        .needs(Op::Status),
        case(
            "client.session.event-that-comes-again",
            &["CW-SESS-013"],
            "takes no event whose number is not above that of the last one",
            |bench| {
                bench.reader(status_with(|_| {
                    vec![
                        Act::Event {
                            gap: 5,
                            message: progress(1),
                        },
                        Act::EventUnder {
                            number: FIRST + 5,
                            message: progress(1),
                        },
                        Act::EventUnder {
                            number: FIRST + 2,
                            message: progress(3),
                        },
                        Act::Event {
                            gap: 0,
                            message: progress(2),
                        },
                    ]
                }))?;
                told(bench, &[1, 2])
            },
        )
        .needs(Op::Events)
        .needs(Op::Status),
        case(
            "client.session.unauthentic-event",
            &["CW-SESS-013"],
            "takes no event that does not authenticate, and its number counts for nothing",
            |bench| {
                bench.reader(status_with(|_| {
                    vec![
                        Act::Unsealed {
                            number: FIRST + 900,
                            payload: [progress(7), vec![0; 16]].concat(),
                        },
                        Act::Event {
                            gap: 0,
                            message: progress(1),
                        },
                    ]
                }))?;
                told(bench, &[1])
            },
        )
        .needs(Op::Events)
        .needs(Op::Status),
        case(
            "client.session.event-below-the-events",
            &["CW-SESS-013"],
            "takes no event under the number of a request",
            |bench| {
                bench.reader(status_with(|ask| {
                    vec![
                        Act::EventUnder {
                            number: ask.number + 40,
                            message: progress(7),
                        },
                        Act::Event {
                            gap: 0,
                            message: progress(1),
                        },
                    ]
                }))?;
                told(bench, &[1])
            },
        )
        .needs(Op::Events)
        .needs(Op::Status),
        case(
            "client.session.unknown-event",
            &["CW-VER-004"],
            "passes over an authentic event of a code that it does not know",
            |bench| {
                bench.reader(before_all(|ask| {
                    let unknown = Act::Event {
                        gap: 0,
                        message: vec![0x5E, 1, 2, 3],
                    };
                    if is_sealed(ask) { vec![unknown] } else { Vec::new() }
                }))?;
                works(bench)
            },
        ),
        case(
            "client.session.unknown-event-counts",
            &["CW-VER-004", "CW-SESS-013"],
            "counts the number of an event that it does not know like that of any other",
            |bench| {
                bench.reader(status_with(|_| {
                    vec![
                        Act::Event {
                            gap: 10,
                            message: vec![0x5E],
                        },
                        Act::EventUnder {
                            number: FIRST + 4,
                            message: progress(7),
                        },
                        Act::Event {
                            gap: 0,
                            message: progress(1),
                        },
                    ]
                }))?;
                told(bench, &[1])
            },
        )
        .needs(Op::Events)
        .needs(Op::Status),
        case(
            "client.session.event-is-no-answer",
            &["CW-SESS-020"],
            "goes by the status of a job, and not by an event that says that it is done",
            event_is_no_status,
        ),
    ]
}

fn progress(step: u16) -> Vec<u8> {
    message(
        "progress",
        &json!({ "job": "00".repeat(16), "state": "running", "step": step }),
    )
}

/// Says these before the answer to the first reader_status.
fn status_with(events: fn(&Ask) -> Vec<Act>) -> impl FnMut(&Ask) -> Vec<Act> + Send + 'static {
    before_all(move |ask| {
        if ask.first("reader_status", 0) {
            events(ask)
        } else {
            Vec::new()
        }
    })
}

/// The client has taken these events, by their steps, and no others.
fn told(bench: &mut Bench<'_>, steps: &[u64]) -> Step {
    bench.opens()?;
    bench.do_op(Op::Events)?;
    let status = bench.do_op(Op::Status)?;
    bench.done(&status, "the reader's status")?;
    let told = bench.do_op(Op::Events)?;
    let events = bench
        .done(&told, "a list of events")?
        .get("events")
        .cloned()
        .unwrap_or_default();
    let seen: Vec<_> = events
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|event| event["step"].as_u64())
        .collect();
    bench.holds(
        seen == steps,
        &format!("the events {steps:?}"),
        format!("{seen:?}: {events}"),
    )
}

/// The job runs on for a while after an event has said that it is done.
fn event_is_no_status(bench: &mut Bench<'_>) -> Step {
    bench.reader(before_all(|ask| {
        let job = ask.message.get(1..17).map(crate::hex::encode);
        let event = |job: String| {
            let done: Value = json!({ "job": job, "state": "done", "step": 9 });
            Act::Event {
                gap: 0,
                message: message("progress", &done),
            }
        };
        match job {
            Some(job) if ask.is("instruct") => vec![event(job)],
            Some(_) | None => Vec::new(),
        }
    }))?;
    bench.opens()?;
    bench.runs(services::READ)?;
    let asked = bench.count(End::Reader, "job_status");
    bench.holds(
        asked >= 4,
        "job_status until it says that the job is done",
        format!("{asked} of them"),
    )
}
