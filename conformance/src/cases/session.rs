//! Sealed frames: numbers, repeats, forgeries, and the ways a session ends.

use super::programs;
use crate::{
    case::Case,
    tester::{Reply, Start, Tester},
    verdict::{Step, Stop},
};
use cardwire_peers::Timers;
use core::time::Duration;
use serde_json::json;

mod ends;
mod hostile;
mod relink;

pub(super) use ends::is_locked;

/// The request reader_status, encoded.
const STATUS: [u8; 1] = [0x0A];

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        Case::code(
            "session.repeat-has-the-same-bytes",
            &["CW-SESS-004", "CW-SESS-003"],
            "A repeated reader_status has the same answer byte for byte, although time has passed",
            repeat_has_the_same_bytes,
        ),
        Case::code(
            "session.repeated-instruction-runs-once",
            &["CW-SESS-003", "CW-SESS-004"],
            "An instruction whose frame is repeated runs once, as diagnostics show",
            repeated_instruction_runs_once,
        ),
        Case::code(
            "session.repeat-of-any-request",
            &["CW-SESS-004"],
            "Answers, errors and relayed bytes are repeated like any other, also after a hello in between",
            repeat_of_any_request,
        ),
        Case::code(
            "session.numbers-ahead-are-dropped",
            &["CW-SESS-005", "CW-SESS-002"],
            "An authentic request with a number that was skipped to is dropped, and the next one is answered",
            numbers_ahead_are_dropped,
        ),
        Case::code(
            "session.old-numbers-are-dropped",
            &["CW-SESS-005", "CW-SESS-003"],
            "A request from further back, and another request under the last number, are dropped",
            old_numbers_are_dropped,
        ),
        Case::code(
            "session.forged-frames-are-dropped",
            &["CW-SESS-005", "CW-SESS-001"],
            "Frames with a flipped bit, of another key, cut short or reflected get no answer",
            forged_frames_are_dropped,
        ),
        Case::code(
            "session.requests-in-a-row",
            &["CW-SESS-015", "CW-SESS-002"],
            "Requests that arrive together are answered one after the other, in their order",
            requests_in_a_row,
        ),
        Case::code(
            "session.answers-in-time-while-a-service-runs",
            &["CW-SESS-008"],
            "Every request is answered within T_answer while a service runs",
            answers_in_time,
        ),
        Case::code(
            "session.events-ascend",
            &["CW-SESS-013"],
            "Events are authentic and carry numbers from 2^63 on that ascend strictly",
            events_ascend,
        ),
    ];
    all.extend(ends::cases());
    all.extend(hostile::cases());
    all.extend(relink::cases());
    all
}

fn repeat_has_the_same_bytes(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let first = tester.status()?;
    for _ in 0..3 {
        // The uptime counts milliseconds: executed again, the request would have another answer.
        tester.let_pass(Duration::from_millis(20))?;
        same_as(tester, &first.line)?;
    }
    let second = tester.status()?;
    let moved = second.number("uptime")? != first.number("uptime")?;
    tester.check("CW-SESS-011");
    tester.demand(moved, "an uptime that has moved on", second.describe())
}

fn same_as(tester: &mut Tester, line: &[u8]) -> Step {
    match tester.repeat()? {
        Reply::Sealed(again) => tester.demand(
            again.line == line,
            "the same bytes as before, since a repeat is answered from what was kept and never executed again",
            format!("others, so that it was executed again: {}", again.describe()),
        ),
        Reply::Refusal(_) => tester.fail("the same bytes as before", "the refusal"),
    }
}

fn repeated_instruction_runs_once(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::failing("whole-service")?)?;
    let mark = tester.mark()?;
    let id = tester.job_id();
    let answer = tester.ask(
        "instruct",
        json!({ "job": id, "service": service, "parameters": "" }),
    )?;
    tester.demand(
        answer.name == "instruct_answer",
        "instruct_answer",
        answer.describe(),
    )?;
    for _ in 0..3 {
        same_as(tester, &answer.line)?;
        tester.let_pass(Duration::from_millis(20))?;
    }
    tester.wait_for(&id)?;
    tester.check("CW-SESS-003");
    let records = tester.records(mark)?;
    let enabled = records
        .service_modules()
        .iter()
        .filter(|(_, state)| *state == "enabled")
        .count();
    // The logic calls its one module once: it is enabled, and enabled again when it has answered.
    let busy = records
        .service_modules()
        .iter()
        .filter(|(_, state)| *state == "busy")
        .count();
    tester.demand(
        busy == 1,
        "one call of the module",
        format!("{busy}, and {enabled} times enabled"),
    )
}

fn repeat_of_any_request(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let job = tester.job_id();
    let requests = [
        ("service_list", json!({ "from": 0 })),
        ("job_status", json!({ "job": job })),
        ("job_abort", json!({ "job": job })),
        ("relay", json!({ "payload": "00".repeat(64) })),
        ("platform_auth", json!({ "offers": [] })),
        ("diagnostics", json!({ "from": 0 })),
    ];
    for (name, fields) in requests {
        let answer = tester.ask(name, fields)?;
        same_as(tester, &answer.line)?;
        tester.hello()?;
        tester.check("CW-SESS-004");
        same_as(tester, &answer.line)?;
    }
    Ok(())
}

fn numbers_ahead_are_dropped(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.status()?;
    let next = tester.next_number()?;
    for number in [
        next + 1,
        next + 2,
        next + 1000,
        (1 << 63) - 1,
        1 << 63,
        u64::MAX - 1,
    ] {
        tester.send_sealed(number, &STATUS)?;
        tester.silence(&format!(
            "a request with the number {number} where {next} is next"
        ))?;
    }
    tester.status().map(drop)
}

fn old_numbers_are_dropped(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let mut lines = Vec::new();
    for _ in 0..3 {
        let number = tester.next_number()?;
        let sealed = tester.seal(number, &STATUS)?;
        lines.push((number, sealed));
        tester.status()?;
    }
    for (number, sealed) in lines.iter().take(2) {
        tester.send_frame("sealed", *number, sealed)?;
        tester.silence(&format!("the request {number} again, which is not the last one"))?;
    }
    let last = tester.next_number()? - 1;
    let other = crate::hex::decode("0b00000000").unwrap_or_default();
    tester.send_sealed(last, &other)?;
    tester.silence(&format!("another request under the number {last}"))?;
    tester.status().map(drop)
}

fn forged_frames_are_dropped(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let answer = tester.status()?;
    let number = tester.next_number()?;
    let sealed = tester.seal(number, &STATUS)?;
    for at in 0..sealed.len() {
        let mut forged = sealed.clone();
        forged[at] ^= 1 << tester.random.below(8);
        tester.send_frame("sealed", number, &forged)?;
        tester.silence("a sealed frame with a flipped bit")?;
    }
    for length in [0, 1, 15, 16, sealed.len() - 1] {
        tester.send_frame("sealed", number, &sealed[..length])?;
        tester.silence(&format!("a sealed frame of {length} bytes"))?;
    }
    let random = tester.random.bytes(40);
    tester.send_frame("sealed", number, &random)?;
    tester.silence("a sealed frame of random bytes")?;
    // What the reader has sealed itself must open nothing on the way back: each direction has its own key.
    let reflected = [&answer.line[..], &[0x00]].concat();
    tester.send_bytes(&reflected, "the reader's own answer, reflected")?;
    tester.silence("the reader's own answer, reflected")?;
    // A right payload under another number does not open either.
    tester.send_frame("sealed", number + 1, &sealed)?;
    tester.silence("a right payload under another number")?;
    tester.status().map(drop)
}

fn requests_in_a_row(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.status()?;
    for times in [2, 3, 8] {
        for answer in tester.ask_in_a_row(&STATUS, times)? {
            let right = answer.name == "reader_status_answer";
            tester.demand(right, "reader_status_answer", answer.describe())?;
        }
    }
    tester.status().map(drop)
}

fn answers_in_time(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::long()?)?;
    let job = tester.instruct(service)?;
    for _ in 0..50 {
        tester.status()?;
        tester.services()?;
        if tester.job_status(&job.id)?.fields["state"] != "running" {
            break;
        }
    }
    tester.ask("job_abort", json!({ "job": job.id }))?;
    tester.wait_for(&job.id).map(drop)
}

fn events_ascend(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("event")?)?;
    // Each event is judged when it comes: authentic, ascending, well formed.
    for _ in 0..5 {
        tester.run(service)?;
        tester.let_pass(Duration::from_millis(20))?;
    }
    if tester.events()?.is_empty() {
        return Err(Stop::NotApplicable("the reader sent no event".into()));
    }
    Ok(())
}
