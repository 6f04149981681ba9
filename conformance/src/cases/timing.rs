//! Timing: answers under load, back-off, and the ends of what must end. Bounds are those of the specification's timers,
//! scaled by the option of the run.

use super::recovery::of_matrices;
use crate::{
    case::Case,
    cases::{jobs::running, programs},
    matrix::{Cover, Factor, Matrix, Row},
    standstill::{Deadline, Stopwatch},
    tester::{Attempt, Login, Start, Tester, encode, hello},
    verdict::{Step, Stop},
};
use cardwire_peers::identity::Key;
use serde_json::json;

/// Requests of one kind in a case.
const REQUESTS: usize = 5;

static ANSWERS: Matrix = Matrix {
    id: "timing.answer",
    title: "Every request is answered within T_answer",
    requirements: &["CW-SESS-008", "CW-CONN-001", "CW-SESS-015"],
    factors: &[
        Factor {
            name: "to",
            values: &[
                "hello",
                "reader_status",
                "service_list",
                "job_status",
                "diagnostics",
                "relay",
                "platform_auth",
                "instruct",
            ],
        },
        Factor {
            name: "while",
            values: &["idle", "a-service-runs", "a-card-works", "an-update-comes"],
        },
    ],
    cover: Cover::All,
    // A login and a relay would cut off the update that comes through it.
    allows: |row| !(row.is("to", "platform_auth") && row.is("while", "an-update-comes")),
    run: answers,
};

static BACKOFF: Matrix = Matrix {
    id: "timing.back-off",
    title: "A right connect is accepted 2 * T_backoff after the last wrong one, at the latest",
    requirements: &["CW-CONN-009", "CW-CONN-013"],
    factors: &[
        Factor {
            name: "wrong-ones",
            values: &["1", "2", "3"],
        },
        Factor {
            name: "while",
            values: &["locked", "connected", "serving"],
        },
    ],
    cover: Cover::All,
    allows: |_| true,
    run: backoff,
};

pub(super) fn cases() -> Vec<Case> {
    let mut all = of_matrices(&[&ANSWERS, &BACKOFF]);
    all.extend([
        Case::code(
            "timing.uptime-and-ticks-agree",
            &["CW-DIAG-001", "CW-SESS-011"],
            "The ticks of the records never run back, and are none of the future",
            ticks,
        ),
        Case::code(
            "timing.abort-ends-soon",
            &["CW-JOB-005", "CW-MOD-003"],
            "An aborted service ends within T_module, and its modules are off",
            abort_ends_soon,
        ),
        Case::code(
            "timing.client-loss-ends-soon",
            &["CW-JOB-011", "CW-MOD-003"],
            "A service that declares to abort ends within T_module of the loss of its client",
            client_loss_ends_soon,
        ),
    ]);
    all
}

fn answers(tester: &mut Tester, row: &Row) -> Step {
    tester.reach(Start::Serving)?;
    let mut job = None;
    let mut update = None;
    match row.of("while") {
        "idle" => {}
        "a-service-runs" => job = Some(running(tester, false)?.0),
        "a-card-works" => job = Some(running(tester, true)?.0),
        "an-update-comes" => {
            let text = crate::hex::encode(&tester.random.array::<4>());
            let document = programs::echo(&text)?;
            let manifest = tester.manifest(programs::SERVICE, &document)?;
            tester.offer_accepted(&manifest)?;
            update = Some((manifest.encode()?, document));
        }
        other => return Err(Stop::Error(format!("there is no load {other}"))),
    }
    let known = job.as_ref().map_or_else(|| tester.job_id(), |job| job.id.clone());
    for count in 0..REQUESTS {
        if let Some((encoded, document)) = &update {
            // One byte of it before each request.
            let at = count % document.len();
            tester.chunk(encoded, at, &document[at..=at])?;
        }
        tester.check("CW-SESS-008");
        ask(tester, row, &known)?;
    }
    if let Some(job) = job {
        tester.ask("job_abort", json!({ "job": job.id }))?;
        tester.wait_for(&job.id)?;
    }
    Ok(())
}

/// One request; that its answer comes in time is what every request of the tester is held to.
fn ask(tester: &mut Tester, row: &Row, known: &str) -> Step {
    let begun = Stopwatch::start();
    match row.of("to") {
        "hello" => {
            let number = tester.random.number();
            tester.ask_clear_as(number, &hello(&[1])?)?;
        }
        "service_list" => drop(tester.ask("service_list", json!({ "from": 0 }))?),
        "job_status" => drop(tester.ask("job_status", json!({ "job": known }))?),
        "diagnostics" => drop(tester.ask("diagnostics", json!({ "from": 0 }))?),
        "platform_auth" => {
            let offers = json!([{ "service": programs::SERVICE, "format": 1 }]);
            tester.ask("platform_auth", json!({ "offers": offers }))?;
            tester.login(&Login::default())?;
        }
        "relay" => {
            let query = encode("update_query", &json!({ "digest": "00".repeat(32) }))?;
            tester.cloud_ask_bytes(&query)?;
        }
        // Another service is refused while one runs, and runs where none does: either is an answer.
        "instruct" => {
            let id = tester.job_id();
            let fields = json!({ "job": id, "service": programs::IDENTIFY, "parameters": "" });
            let answer = tester.ask("instruct", fields)?;
            if answer.name == "instruct_answer" {
                tester.wait_for(&id)?;
                return Ok(());
            }
        }
        _ => drop(tester.ask("reader_status", json!({}))?),
    }
    let bound = tester.bench.timers.answer;
    // A login is several requests, each with its own bound.
    let several = row.is("to", "platform_auth");
    let took = begun.elapsed();
    tester.demand(
        several || took <= bound,
        format!("an answer within {} ms", bound.as_millis()),
        format!("one after {} ms", took.as_millis()),
    )
}

fn backoff(tester: &mut Tester, row: &Row) -> Step {
    let start = match row.of("while") {
        "serving" => Start::Serving,
        _ => Start::Connected,
    };
    tester.reach(start)?;
    let wrong = Attempt {
        key: Some(Key::new(tester.random.array())),
        ..Attempt::right(tester.client(0)?)
    };
    let wanted = row.of("wrong-ones").parse().unwrap_or(1_u64);
    let before = tester.status()?.number("failed_connects")?;
    let deadline = Deadline::within(6 * tester.bench.timers.backoff);
    let mut counted = 0;
    while counted < wanted && !deadline.is_past() {
        tester.refused_connect(&wrong, "a wrong key")?;
        tester.check("CW-CONN-013");
        counted = tester.status()?.number("failed_connects")?.saturating_sub(before);
        let pause = tester.bench.timers.backoff / 100;
        tester.let_pass(pause)?;
    }
    tester.check("CW-CONN-013");
    tester.demand(counted == wanted, format!("{wanted} failed connects"), counted)?;
    if row.is("while", "locked") {
        tester.disconnect()?;
    }
    // Connects that come too early are refused and do not prolong it.
    tester.check("CW-CONN-009");
    tester.connect()?;
    tester.check("CW-CONN-013");
    let told = tester.status()?.number("failed_connects")?;
    tester.demand(
        told >= wanted,
        format!("{wanted} failed connects before this session"),
        told,
    )
}

fn ticks(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let mark = tester.mark()?;
    for _ in 0..3 {
        tester.disconnect()?;
        tester.connect()?;
    }
    let records = tester.records(mark)?;
    tester.check("CW-DIAG-001");
    let ticks: Vec<u64> = records.changes.iter().map(|change| change.tick).collect();
    tester.demand(!ticks.is_empty(), "records of three sessions", "none")?;
    // They wrap at 32 bits: a step back is one of more than half of that.
    let runs = ticks
        .windows(2)
        .all(|pair| pair[1].wrapping_sub(pair[0]) & 0xFFFF_FFFF < 1 << 31);
    tester.demand(runs, "ticks that never run back", format!("{ticks:?}"))?;
    let now = tester.status()?.number("uptime")?;
    let last = ticks.last().copied().unwrap_or_default();
    let past = now.wrapping_sub(last) & 0xFFFF_FFFF < 1 << 31;
    tester.demand(past, format!("a last tick before the uptime {now}"), last)
}

fn abort_ends_soon(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let (job, _) = running(tester, false)?;
    let begun = Stopwatch::start();
    tester.ask("job_abort", json!({ "job": job.id }))?;
    let status = tester.wait_for(&job.id)?;
    ends_soon(tester, "CW-JOB-005", begun, &status.describe())
}

fn client_loss_ends_soon(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let (job, _) = running(tester, false)?;
    let begun = Stopwatch::start();
    tester.disconnect()?;
    tester.reach(Start::Serving)?;
    let status = tester.wait_for(&job.id)?;
    ends_soon(tester, "CW-JOB-011", begun, &status.describe())
}

/// The logic of these cases calls its module thousands of times: whoever runs it to its end takes longer.
fn ends_soon(tester: &mut Tester, requirement: &str, begun: Stopwatch, status: &str) -> Step {
    tester.check(requirement);
    let bound = tester.bench.timers.module;
    let took = begun.elapsed();
    tester.demand(
        took < bound && !status.contains("\"outcome\":\"success\""),
        format!("an end within {} ms, before its own", bound.as_millis()),
        format!("{status} after {} ms", took.as_millis()),
    )?;
    tester.check("CW-MOD-003");
    tester.all_modules_off()
}
