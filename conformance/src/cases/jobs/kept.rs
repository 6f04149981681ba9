//! What a reader keeps of jobs: outcomes longer than data, and interrupted ones like all others.

use super::{TRIES, interrupted, running, runs_no_more};
use crate::{
    case::Case,
    cases::programs,
    tester::{Start, Tester, service_number},
    verdict::{Step, Stop},
};
use serde_json::json;

/// The limit `job_memory`: so many jobs that ended are remembered.
const MEMORY: usize = 4;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "jobs.interrupted-is-remembered",
            &["CW-JOB-009", "CW-JOB-006"],
            "A job that a reset interrupted is known behind other jobs, and still runs no more",
            interrupted_is_remembered,
        ),
        Case::code(
            "jobs.outcomes-stay-while-another-job-runs",
            &["CW-JOB-006"],
            "The outcomes of the last four jobs are known while a fifth one runs",
            outcomes_stay,
        ),
        Case::code(
            "jobs.data-are-those-of-the-last-job",
            &["CW-JOB-004"],
            "Data of a running job, and of one before the last, are not there; those of an unknown job are an error of \
             their own",
            data_of_the_last,
        ),
    ]
}

fn interrupted_is_remembered(tester: &mut Tester) -> Step {
    let job = interrupted(tester)?;
    let service = tester.provide(&programs::echo("after a reset")?)?;
    for count in 1..MEMORY {
        tester.run(service)?;
        tester.check("CW-JOB-009");
        let status = tester.job_status(&job.id)?;
        let known = status.fields["state"] == "interrupted"
            && service_number(&status.fields["service"]) == Some(job.service);
        tester.demand(
            known,
            format!("the job interrupted still, with {count} jobs after the reset"),
            status.describe(),
        )?;
    }
    runs_no_more(tester, &job)
}

fn outcomes_stay(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let long = tester.provide(&programs::long()?)?;
    for _ in 0..TRIES {
        let mut jobs = Vec::new();
        for _ in 0..MEMORY {
            let job = tester.instruct(long)?;
            tester.ask("job_abort", json!({ "job": job.id }))?;
            let status = tester.wait_for(&job.id)?;
            jobs.push((job, status));
        }
        let last = tester.instruct(long)?;
        tester.check("CW-JOB-006");
        let mut seen = Vec::new();
        for (job, _) in &jobs {
            seen.push(tester.job_status(&job.id)?);
        }
        let still = tester.job_status(&last.id)?.fields["state"] == "running";
        tester.ask("job_abort", json!({ "job": last.id }))?;
        tester.wait_for(&last.id)?;
        if !still {
            continue;
        }
        tester.check("CW-JOB-006");
        for ((_, first), status) in jobs.iter().zip(&seen) {
            tester.demand(status.fields == first.fields, first.describe(), status.describe())?;
        }
        return Ok(());
    }
    Err(Stop::Inconclusive(
        "no service runs long enough on this reader to be caught running".into(),
    ))
}

fn data_of_the_last(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("data of the last")?)?;
    let first = tester.instruct(service)?;
    tester.finish(&first, "success")?;
    tester.run(service)?;
    tester.check("CW-JOB-004");
    let of_first = json!({ "job": first.id, "part": 0 });
    tester.refused("job_data", of_first, &["no-such-part"])?;
    let of_none = json!({ "job": tester.job_id(), "part": 0 });
    tester.refused("job_data", of_none, &["unknown-job"])?;
    for _ in 0..TRIES {
        let (job, _) = running(tester, false)?;
        let answer = tester.ask("job_data", json!({ "job": job.id, "part": 0 }))?;
        let still = tester.job_status(&job.id)?.fields["state"] == "running";
        tester.ask("job_abort", json!({ "job": job.id }))?;
        tester.wait_for(&job.id)?;
        if still {
            tester.check("CW-JOB-004");
            return tester.demand_error(&answer, &["no-such-part"], "job_data for a job that runs");
        }
    }
    Err(Stop::Inconclusive(
        "every job had ended before its data were asked for".into(),
    ))
}
