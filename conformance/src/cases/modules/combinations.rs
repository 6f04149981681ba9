//! Policy, modules, the way a service ends, the format and what the client does then, together.

use super::{is_per_step, is_whole_service, legal_changes};
use crate::{
    case::Case,
    cases::{programs, recovery::of_matrices},
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Job, Login, Start, Tester, list},
    verdict::{Step, Stop},
};
use serde_json::json;

static MATRIX: Matrix = Matrix {
    id: "modules.run",
    title: "Modules are on as the policy says, and off behind every end",
    requirements: &[
        "CW-MOD-003",
        "CW-MOD-004",
        "CW-MOD-005",
        "CW-MOD-001",
        "CW-MOD-006",
    ],
    factors: &[
        Factor {
            name: "policy",
            values: &["whole-service", "per-step"],
        },
        Factor {
            name: "modules",
            values: &["indicator", "contact-card", "both"],
        },
        Factor {
            name: "end",
            values: &[
                "success",
                "card-status",
                "logic-fault",
                "data-too-large",
                "aborted",
            ],
        },
        Factor {
            name: "format",
            values: &["native", "cbor"],
        },
        Factor {
            name: "then",
            values: &["stays", "leaves", "logs-in-again"],
        },
    ],
    cover: Cover::Pairs,
    allows: |_| true,
    run,
};

pub(super) fn cases() -> Vec<Case> {
    of_matrices(&[&MATRIX])
}

/// Logic of this combination: each module's part, then the end.
fn logic(row: &Row) -> Step<Vec<u8>> {
    let long = row.is("end", "aborted");
    let again = |call: &str| match long {
        true => format!("loop 255\nloop 3\n{call}\nagain\nagain\n"),
        false => format!("{call}\n{call}\n"),
    };
    let done = |module: &str| match row.is("policy", "per-step") {
        true => format!("done {module}\n"),
        false => String::new(),
    };
    let indicator = format!("{}{}", again("show 1"), done("indicator"));
    let card = format!(
        "reset r0\n{}{}",
        again("apdu 80F2000000 r1"),
        done("contact-card")
    );
    let (modules, calls) = match row.of("modules") {
        "indicator" => ("indicator", indicator),
        "contact-card" => ("contact-card", card),
        "both" => ("contact-card indicator", format!("{indicator}{card}")),
        other => return Err(Stop::Error(format!("there are no modules {other}"))),
    };
    let end = match row.of("end") {
        "card-status" => "end card-status".to_owned(),
        "logic-fault" => "set r2 AA\nslice r2 4 1\nend success".to_owned(),
        "data-too-large" => {
            let text = "0123456789abcdef".repeat(15);
            format!("set r2 \"{text}\"\nloop 8\nemit \"more\" text none r2\nagain\nend success")
        }
        _ => "end success".to_owned(),
    };
    programs::program(row.of("policy"), modules, 4096, &format!("{calls}{end}"))
}

fn run(tester: &mut Tester, row: &Row) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&logic(row)?)?;
    let (format, nothing) = if row.is("format", "cbor") {
        (2, "80")
    } else {
        (1, "")
    };
    tester.login(&Login {
        offers: vec![(service, format)],
        ..Login::default()
    })?;
    let mark = tester.mark()?;
    let id = tester.job_id();
    let fields = json!({ "job": id, "service": service, "parameters": nothing });
    let answer = tester.expect("instruct", fields, "instruct_answer")?;
    let state = answer.text("state")?.to_owned();
    let job = Job { id, service, state };
    if row.is("end", "aborted") {
        tester.ask("job_abort", json!({ "job": job.id }))?;
    }
    let status = tester.wait_for(&job.id)?;
    if status.fields["outcome"] == "card-absent" {
        return Err(Stop::Inconclusive("no card is in the slot".into()));
    }
    tester.check("CW-LOGIC-009");
    let wanted = row.of("end");
    let right = status.fields["outcome"] == wanted;
    tester.demand(right, format!("the outcome {wanted}"), status.describe())?;
    match row.of("then") {
        "leaves" => {
            tester.disconnect()?;
            tester.reach(Start::Connected)?;
        }
        "logs-in-again" => tester.login(&Login::default())?,
        _ => {}
    }
    tester.check("CW-MOD-003");
    tester.all_modules_off()?;
    let records = tester.records(mark)?;
    // Of a long service only the newest records are kept.
    if row.is("end", "aborted") {
        return Ok(());
    }
    legal_changes(tester, &records)?;
    let changes = records.service_modules();
    let both: &[&str] = match row.of("modules") {
        "both" => &["indicator", "contact-card"],
        "indicator" => &["indicator"],
        _ => &["contact-card"],
    };
    let (requirement, right) = match row.of("policy") {
        "per-step" => ("CW-MOD-005", is_per_step(&changes, both)),
        _ => ("CW-MOD-004", is_whole_service(&changes, both)),
    };
    tester.check(requirement);
    tester.demand(
        right,
        format!("{} on and off as {} says", both.join(" and "), row.of("policy")),
        list(&changes),
    )
}
