//! A job whose client is lost: when it was accepted, while it runs, when it has ended, between two parts of its data.

use super::{CUT, cut, is_reset, serves_again};
use crate::{
    cases::{jobs::running, programs},
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Answer, Job, Start, Tester, list},
    verdict::Step,
};
use serde_json::json;

pub(super) static MATRIX: Matrix = Matrix {
    id: "recovery.job",
    title: "The client of a job is lost; the job is told as it was, and not run twice",
    requirements: &[
        "CW-JOB-006",
        "CW-JOB-002",
        "CW-JOB-011",
        "CW-MOD-003",
        "CW-SESS-014",
        "CW-SESS-007",
    ],
    factors: &[
        CUT,
        Factor {
            name: "when",
            values: &["accepted", "running", "done", "half-fetched"],
        },
    ],
    cover: Cover::All,
    allows: |_| true,
    run,
};

fn run(tester: &mut Tester, row: &Row) -> Step {
    tester.reach(Start::Serving)?;
    let (job, ended, data) = match row.of("when") {
        "accepted" => {
            let service = tester.provide(&programs::long()?)?;
            (tester.instruct(service)?, None, Vec::new())
        }
        "running" => (running(tester, false)?.0, None, Vec::new()),
        when => {
            let service = tester.provide(&programs::much_data()?)?;
            let job = tester.instruct(service)?;
            let ended = tester.finish(&job, "success")?;
            if when == "half-fetched" {
                let part = json!({ "job": job.id, "part": 0 });
                let answer = tester.expect("job_data", part, "job_data_answer")?;
                tester.demand(
                    answer.fields["last"] == false,
                    "more than one part",
                    answer.describe(),
                )?;
            }
            (job, Some(ended.status), ended.data)
        }
    };
    cut(tester, row)?;
    tester.reach(Start::Serving)?;
    match ended {
        Some(ended) => is_kept(tester, row, &job, &ended, &data)?,
        None => is_ended(tester, row, &job)?,
    }
    tester.check("CW-MOD-003");
    tester.all_modules_off()?;
    tester.disconnect()?;
    serves_again(tester)
}

/// A job that had ended is what it was, also its data; after a reset it may be forgotten.
fn is_kept(tester: &mut Tester, row: &Row, job: &Job, ended: &Answer, data: &[u8]) -> Step {
    let status = tester.job_status(&job.id)?;
    tester.check("CW-JOB-006");
    if is_reset(row) && status.fields["state"] == "unknown" {
        return Ok(());
    }
    tester.demand(status.fields == ended.fields, ended.describe(), status.describe())?;
    if !is_reset(row) {
        let again = tester.fetch(&job.id, data.len() as u64)?;
        tester.check("CW-JOB-004");
        tester.demand(
            again == data,
            "the same data for a later session",
            format!("{} bytes", again.len()),
        )?;
    }
    not_twice(tester, job)
}

/// A job that ran has ended with its client, or before; after a reset it is forgotten, since it wrote nothing.
fn is_ended(tester: &mut Tester, row: &Row, job: &Job) -> Step {
    if is_reset(row) {
        let status = tester.job_status(&job.id)?;
        tester.check("CW-JOB-009");
        let told = ["unknown", "interrupted", "done"]
            .iter()
            .any(|state| status.fields["state"] == *state);
        return tester.demand(told, "a job that runs no more", status.describe());
    }
    let status = tester.wait_for(&job.id)?;
    tester.check("CW-JOB-011");
    let lost = ["client-lost", "success"]
        .iter()
        .any(|outcome| status.fields["outcome"] == *outcome);
    tester.demand(
        lost,
        "the outcome client-lost, or success if it had ended before",
        status.describe(),
    )?;
    not_twice(tester, job)
}

/// The same instruction again runs nothing.
fn not_twice(tester: &mut Tester, job: &Job) -> Step {
    let mark = tester.mark()?;
    tester.check("CW-JOB-002");
    let again = tester.instruct_as(&job.id, job.service)?;
    tester.check("CW-JOB-002");
    tester.demand(
        again.state == "done",
        "the state done of a job that is known",
        &again.state,
    )?;
    let records = tester.records(mark)?;
    let touched = records.service_modules();
    tester.demand(touched.is_empty(), "no module touched", list(&touched))
}
