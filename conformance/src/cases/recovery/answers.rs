//! An answer that is lost on its way: the client repeats its request, whatever happened on the line meanwhile.

use crate::{
    cases::programs,
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Reply, Start, Tester},
    verdict::{Step, Stop},
};
use cardwire_spec::interpret::frame::DELIMITER;
use serde_json::{Value, json};

pub(super) static MATRIX: Matrix = Matrix {
    id: "recovery.lost-answer",
    title: "A request whose answer is lost is repeated and has the same answer, executed once",
    requirements: &["CW-SESS-004", "CW-SESS-003", "CW-LINK-005"],
    factors: &[
        Factor {
            name: "request",
            values: &[
                "reader_status",
                "diagnostics",
                "service_list",
                "instruct",
                "job_status",
                "job_data",
                "job_abort",
                "relay",
                "platform_auth",
            ],
        },
        Factor {
            name: "meanwhile",
            values: &["nothing", "garbage", "half-of-it", "hello", "twice"],
        },
    ],
    cover: Cover::All,
    allows: |_| true,
    run,
};

fn run(tester: &mut Tester, row: &Row) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::failing("whole-service")?)?;
    let job = tester.job_id();
    let known = tester.run_to_end(service)?;
    let mark = tester.mark()?;
    let request = row.of("request");
    let fields = fields(tester, request, service, &job, &known)?;
    let answer = tester.ask(request, fields)?;
    tester.check("CW-SESS-004");
    match row.of("meanwhile") {
        "nothing" => same(tester, &answer.line)?,
        "garbage" => {
            let mut garbage = tester.random.bytes(300);
            garbage
                .iter_mut()
                .filter(|byte| **byte == DELIMITER)
                .for_each(|byte| *byte = 0xA5);
            garbage.push(DELIMITER);
            tester.send_bytes(&garbage, "300 random bytes")?;
            same(tester, &answer.line)?;
        }
        "half-of-it" => {
            let line = tester.last_line()?;
            tester.send_bytes(&line[..line.len() / 2], "the first half of the request again")?;
            tester.send_bytes(&[DELIMITER], "a delimiter")?;
            same(tester, &answer.line)?;
        }
        "hello" => {
            tester.hello()?;
            same(tester, &answer.line)?;
        }
        "twice" => {
            same(tester, &answer.line)?;
            same(tester, &answer.line)?;
        }
        other => return Err(Stop::Error(format!("nothing is known of {other}"))),
    }
    if request == "instruct" {
        tester.wait_for(&job)?;
        tester.check("CW-SESS-003");
        let records = tester.records(mark)?;
        let changes = records.service_modules();
        let calls = changes.iter().filter(|(_, state)| *state == "busy").count();
        tester.demand(calls == 1, "one call of the module", calls)?;
    }
    // The request that follows is the next one, and no other.
    tester.check("CW-SESS-002");
    tester.status().map(drop)
}

fn fields(tester: &mut Tester, request: &str, service: u64, job: &str, known: &str) -> Step<Value> {
    Ok(match request {
        "diagnostics" | "service_list" => json!({ "from": 0 }),
        "instruct" => json!({ "job": job, "service": service, "parameters": "" }),
        "job_status" | "job_abort" => json!({ "job": known }),
        "job_data" => json!({ "job": known, "part": 0 }),
        // A message of the cloud that stands alone.
        "relay" => {
            let query = crate::tester::encode("update_query", &json!({ "digest": "00".repeat(32) }))?;
            json!({ "payload": crate::hex::encode(&tester.seal_as_cloud(&query)?) })
        }
        "platform_auth" => json!({ "offers": [{ "service": service, "format": 1 }] }),
        _ => json!({}),
    })
}

fn same(tester: &mut Tester, line: &[u8]) -> Step {
    match tester.repeat()? {
        Reply::Sealed(again) => tester.demand(
            again.line == line,
            "the same bytes as before",
            format!("others: {}", again.describe()),
        ),
        Reply::Refusal(_) => tester.fail("the same bytes as before", "the refusal"),
    }
}
