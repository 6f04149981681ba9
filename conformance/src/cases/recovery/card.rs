//! The card is pulled out in each state of a session, and put in again.

use crate::{
    cases::programs::{self, IDENTIFY},
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Login, Start, Tester},
    verdict::{Step, Stop},
};

pub(super) static MATRIX: Matrix = Matrix {
    id: "recovery.card",
    title: "The card is pulled out and put in again; both are counted, and the next service has it",
    requirements: &["CW-MOD-008", "CW-SVC-003", "CW-SESS-011", "CW-MOD-009"],
    factors: &[Factor {
        name: "while",
        values: &[
            "locked",
            "connected",
            "logging-in",
            "serving",
            "serving-another-service",
            "after-a-service",
        ],
    }],
    cover: Cover::All,
    allows: |_| true,
    run,
};

fn run(tester: &mut Tester, row: &Row) -> Step {
    tester.reach(Start::Connected)?;
    let before = generation(tester)?;
    match row.of("while") {
        "connected" => {}
        "locked" => tester.disconnect()?,
        "logging-in" => {
            tester.begin_login(&Login::default().offers)?;
        }
        "serving" => tester.login(&Login::default())?,
        // One that has no business with the card is not in its way.
        "serving-another-service" => {
            tester.login(&Login::default())?;
            let service = tester.provide(&programs::long()?)?;
            let job = tester.instruct(service)?;
            tester.move_card(false)?;
            let status = tester.job_status(&job.id);
            tester.move_card(true)?;
            tester.ask("job_abort", serde_json::json!({ "job": job.id }))?;
            tester.wait_for(&job.id)?;
            tester.check("CW-MOD-009");
            let status = status?;
            let unharmed = status.fields["state"] == "running" || status.fields["outcome"] == "success";
            tester.demand(
                unharmed,
                "a service without the card that goes on",
                status.describe(),
            )?;
            return counted(tester, before);
        }
        "after-a-service" => {
            tester.login(&Login::default())?;
            tester.run(IDENTIFY)?;
        }
        other => return Err(Stop::Error(format!("there is no state {other}"))),
    }
    tester.move_card(false)?;
    let absent = absent(tester, row);
    tester.move_card(true)?;
    absent?;
    if !row.is("while", "locked") {
        tester.card_is("present")?;
        tester.disconnect()?;
    }
    tester.reach(Start::Connected)?;
    tester.card_is("present")?;
    counted(tester, before)?;
    tester.login(&Login::default())?;
    tester.check("CW-SVC-001");
    tester.run(IDENTIFY).map(drop)
}

/// What is told while the slot is empty.
fn absent(tester: &mut Tester, row: &Row) -> Step {
    match row.of("while") {
        "locked" => {
            tester.hello()?;
            tester.reach(Start::Serving)?;
            tester.card_is("absent")?;
            let job = tester.instruct(IDENTIFY)?;
            let status = tester.wait_for(&job.id)?;
            tester.check("CW-SVC-003");
            let right = status.fields["outcome"] == "card-absent";
            tester.demand(right, "the outcome card-absent", status.describe())?;
            tester.disconnect()
        }
        "serving" | "after-a-service" => {
            tester.card_is("absent")?;
            let job = tester.instruct(IDENTIFY)?;
            let status = tester.wait_for(&job.id)?;
            tester.check("CW-SVC-003");
            let right = status.fields["outcome"] == "card-absent";
            tester.demand(right, "the outcome card-absent", status.describe())
        }
        _ => tester.card_is("absent").map(drop),
    }
}

/// How often cards came and went.
fn generation(tester: &mut Tester) -> Step<u64> {
    let status = tester.card_is("present")?;
    let slots = status.items("slots")?;
    let generation = slots.first().and_then(|slot| slot["generation"].as_u64());
    generation.ok_or_else(|| Stop::NotApplicable("the reader has no slot".into()))
}

fn counted(tester: &mut Tester, before: u64) -> Step {
    let after = generation(tester)?;
    tester.check("CW-MOD-008");
    tester.demand(
        after == before + 2,
        format!("{} insertions and removals", before + 2),
        after,
    )
}
