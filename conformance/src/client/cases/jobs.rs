//! Jobs: outcomes, data part by part, states, and the end of one that is cancelled.

use super::{SANITY, always, session::run_fails};
use crate::{
    client::{
        bench::Bench,
        case::Case,
        lower::{
            script::{Act, Ask},
            tape::End,
        },
        request::Op,
        services,
    },
    verdict::Step,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn cases() -> Vec<Case> {
    let case = |id, requirements: &[&str], title, body| Case::new(id, requirements, title, body).twin(SANITY);
    vec![
        case(
            "client.jobs.unknown-outcome",
            &["CW-JOB-013"],
            "takes an outcome that it does not know for no success, and shows its number",
            |bench| ends_with(bench, services::UNKNOWN, services::UNKNOWN_OUTCOME.into()),
        ),
        case(
            "client.jobs.outcome-without-success",
            &["CW-JOB-013"],
            "shows an outcome that is no success",
            |bench| ends_with(bench, services::FAILS, 1),
        ),
        case(
            "client.jobs.waits-for-the-end",
            &["CW-JOB-003"],
            "asks how a job stands until it is done",
            |bench| {
                bench.opens()?;
                bench.runs(services::READ)?;
                let asked = bench.count(End::Reader, "job_status");
                bench.holds(
                    asked >= 4,
                    "job_status until the job is done",
                    format!("{asked} of them"),
                )
            },
        ),
        case(
            "client.jobs.interrupted",
            &["CW-JOB-009"],
            "takes an interrupted job for no success, and asks for no data",
            |bench| state(bench, "interrupted"),
        ),
        case(
            "client.jobs.forgotten",
            &["CW-JOB-003"],
            "takes a job that the reader does not know for no success",
            |bench| state(bench, "unknown"),
        ),
        case(
            "client.jobs.fresh-ids",
            &["CW-JOB-002"],
            "takes a fresh id for every job",
            fresh_ids,
        ),
        case(
            "client.jobs.data-end-early",
            &["CW-JOB-004"],
            "shows nothing of data that end before their length, whole as they may look",
            |bench| length(bench, 1),
        ),
        case(
            "client.jobs.data-cut-off",
            &["CW-JOB-004"],
            "shows nothing of data of which the first part is said to be the last",
            |bench| data(bench, |answer| answer["last"] = json!(true)),
        ),
        case(
            "client.jobs.data-without-end",
            &["CW-JOB-004"],
            "does not fetch data for ever",
            |bench| data(bench, |answer| answer["last"] = json!(false)),
        ),
        case(
            "client.jobs.empty-parts",
            &["CW-JOB-004"],
            "does not fetch empty parts for ever",
            |bench| {
                data(bench, |answer| {
                    answer["last"] = json!(false);
                    answer["data"] = json!("");
                })
            },
        ),
        case(
            "client.jobs.data-of-another-length",
            &["CW-JOB-004"],
            "shows nothing of data that are longer than their length",
            |bench| length(bench, -1),
        ),
        case(
            "client.jobs.status-of-another-service",
            &["CW-JOB-003"],
            "does not show the outcome of another service as that of its own",
            |bench| {
                bench.reader(always("job_status", |ask| {
                    vec![Act::Say(
                        ask.edited(|answer| answer["service"] = json!("subscriber.read")),
                    )]
                }))?;
                run_fails(bench, "the status is that of another service")
            },
        ),
        case(
            "client.jobs.no-such-part",
            &["CW-JOB-004"],
            "shows nothing of data that the reader no longer has",
            |bench| {
                bench.reader(always("job_data", |_| {
                    let error = json!({ "request": 7, "code": "no-such-part", "detail": 0, "offset": 0 });
                    vec![Act::Say(crate::client::lower::script::message("error", &error))]
                }))?;
                run_fails(bench, "the reader does not give the data")
            },
        ),
        case(
            "client.jobs.cancels",
            &["CW-JOB-005"],
            "has a job aborted when its user cancels it, and asks how it ended",
            cancels,
        )
        .needs(Op::Abort),
    ]
}

fn ends_with(bench: &mut Bench<'_>, service: u16, outcome: u64) -> Step {
    bench.opens()?;
    let told = bench.run(service, &[])?;
    let answer = bench.done(&told, "an outcome")?;
    let success = answer.get("success").and_then(Value::as_bool);
    bench.holds(
        success == Some(false),
        "no success",
        crate::client::bench::shown(answer),
    )?;
    let seen = answer.get("outcome").and_then(Value::as_u64);
    bench.holds(
        seen == Some(outcome),
        &format!("the outcome {outcome}"),
        format!("{seen:?}"),
    )
}

fn state(bench: &mut Bench<'_>, state: &'static str) -> Step {
    bench.reader(always("job_status", move |ask| {
        vec![Act::Say(ask.edited(|answer| answer["state"] = json!(state)))]
    }))?;
    run_fails(bench, &format!("the job is {state}"))?;
    let fetched = bench.count(End::Reader, "job_data");
    bench.holds(fetched == 0, "no job_data", format!("{fetched}"))
}

fn fresh_ids(bench: &mut Bench<'_>) -> Step {
    bench.opens()?;
    for _ in 0..4 {
        bench.runs(services::EMPTY)?;
    }
    let heard = bench.heard(End::Reader, "instruct");
    let ids: Vec<_> = heard
        .iter()
        .map(|(_, heard)| heard.fields["job"].to_string())
        .collect();
    let all: BTreeSet<_> = ids.iter().collect();
    bench.holds(all.len() == 4, "four ids for four jobs", format!("{ids:?}"))?;
    // Ids that share most of their digits are counted up, or derived from something.
    let alike = |one: &String, other: &String| one.chars().zip(other.chars()).filter(|(a, b)| a == b).count();
    let most = ids
        .windows(2)
        .map(|pair| alike(&pair[0], &pair[1]))
        .max()
        .unwrap_or(0);
    bench.holds(most < 16, "ids that are drawn at random", format!("{ids:?}"))
}

/// The status states another length than the data have.
fn length(bench: &mut Bench<'_>, more: i64) -> Step {
    bench.reader(always("job_status", move |ask| {
        let other = |answer: &mut Value| {
            let length = answer["data_length"].as_i64().unwrap_or_default();
            answer["data_length"] = json!((length + more).max(0));
        };
        vec![Act::Say(ask.edited(other))]
    }))?;
    run_fails(bench, "the parts do not make data_length")
}

fn data(bench: &mut Bench<'_>, edit: fn(&mut Value)) -> Step {
    bench.reader(always("job_data", move |ask| {
        // Behind the last part there is none; a reader that goes on gives the last one again.
        let right = if ask.right.first() == Some(&0x87) {
            ask.edited(edit)
        } else {
            filler(ask, edit)
        };
        vec![Act::Say(right)]
    }))?;
    run_fails(bench, "the parts do not make the whole")
}

fn filler(ask: &Ask, edit: fn(&mut Value)) -> Vec<u8> {
    let part = ask
        .message
        .get(17..19)
        .map_or(0, |part| u16::from_be_bytes([part[0], part[1]]));
    let job = ask.message.get(1..17).map(crate::hex::encode).unwrap_or_default();
    let mut answer = json!({ "job": job, "part": part, "last": false, "data": "5a".repeat(16) });
    edit(&mut answer);
    crate::client::lower::script::message("job_data_answer", &answer)
}

fn cancels(bench: &mut Bench<'_>) -> Step {
    let mut aborted = false;
    bench.reader(move |ask| {
        aborted |= ask.is("job_abort");
        if aborted && ask.is("job_status") {
            let end = |answer: &mut Value| {
                answer["state"] = json!("done");
                answer["outcome"] = json!("aborted");
            };
            return vec![Act::Say(ask.edited(end))];
        }
        vec![Act::Right]
    })?;
    bench.opens()?;
    let told = bench.abort(services::ENDLESS)?;
    super::session::no_success(bench, &told, "the job was aborted")?;
    let aborts = bench.count(End::Reader, "job_abort");
    bench.holds(aborts == 1, "one job_abort", format!("{aborts}"))
}
