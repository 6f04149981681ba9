//! Jobs: run once, told apart, fetched part by part, aborted.

use super::programs;
use crate::{
    case::Case,
    tester::{Answer, Job, Start, Tester},
    verdict::{Step, Stop},
};
use serde_json::json;

mod kept;
mod secrets;

/// How often a case tries to catch a service while it runs.
const TRIES: usize = 8;

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        Case::code(
            "jobs.accepted-before-it-runs",
            &["CW-JOB-001"],
            "An instruction is answered with the state running, before the service has run",
            accepted_before_it_runs,
        ),
        Case::code(
            "jobs.same-instruction-again-runs-nothing",
            &["CW-JOB-002"],
            "The same instruction under a known id is answered with the job's state, in this session and the next",
            same_instruction_again,
        ),
        Case::code(
            "jobs.other-instruction-is-a-conflict",
            &["CW-JOB-002"],
            "Another service under a known id is a job-conflict, and changes nothing",
            other_instruction,
        ),
        Case::code(
            "jobs.data-comes-part-by-part",
            &["CW-JOB-004", "CW-JOB-007"],
            "Data of several parts comes in order, the same bytes however often, and no part behind the last",
            data_part_by_part,
        ),
        Case::code(
            "jobs.data-has-a-limit",
            &["CW-JOB-007"],
            "A service that gives more than 1024 bytes ends with data-too-large",
            data_has_a_limit,
        ),
        Case::code(
            "jobs.abort-ends-it",
            &["CW-JOB-005", "CW-MOD-003"],
            "A running job that is aborted ends with the outcome aborted, and its modules are off",
            abort_ends_it,
        ),
        Case::code(
            "jobs.abort-of-an-ended-job-changes-nothing",
            &["CW-JOB-005"],
            "A job that has ended keeps its outcome when it is aborted",
            abort_of_an_ended_job,
        ),
        Case::code(
            "jobs.one-at-a-time",
            &["CW-JOB-010"],
            "While a job runs another instruction is refused with busy, and its own again is not",
            one_at_a_time,
        ),
        Case::code(
            "jobs.four-outcomes-are-kept",
            &["CW-JOB-006", "CW-JOB-003"],
            "The outcomes of the last four jobs are known, in this session and the next",
            four_outcomes,
        ),
        Case::code(
            "jobs.end-is-told",
            &["CW-JOB-008"],
            "A progress event tells that a job has ended",
            end_is_told,
        )
        .should(),
        Case::code(
            "jobs.reset-while-writing-interrupts",
            &["CW-JOB-009"],
            "A job that had begun to write when the reader was reset is interrupted, and runs no more",
            reset_while_writing,
        ),
    ];
    all.extend(kept::cases());
    all.extend(secrets::cases());
    all
}

/// Starts a long job and gives it as soon as a status has shown it running. A reader may be too fast for it.
pub(super) fn running(tester: &mut Tester, with_card: bool) -> Step<(Job, Answer)> {
    let logic = if with_card {
        programs::long_with_card()?
    } else {
        programs::long()?
    };
    let service = tester.provide(&logic)?;
    for _ in 0..TRIES {
        let job = tester.instruct(service)?;
        let status = tester.job_status(&job.id)?;
        if status.fields["state"] == "running" {
            return Ok((job, status));
        }
        tester.finish(&job, "success")?;
    }
    if with_card {
        Err(Stop::Inconclusive(
            "no service runs long enough on this reader to be caught running".into(),
        ))
    } else {
        running(tester, true)
    }
}

fn accepted_before_it_runs(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("job")?)?;
    for _ in 0..5 {
        let job = tester.instruct(service)?;
        tester.check("CW-JOB-001");
        tester.demand(
            job.state == "running",
            "instruct_answer with the state running",
            &job.state,
        )?;
        tester.finish(&job, "success")?;
    }
    Ok(())
}

fn same_instruction_again(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::failing("whole-service")?)?;
    let mark = tester.mark()?;
    let job = tester.instruct(service)?;
    let first = tester.wait_for(&job.id)?;
    tester.check("CW-JOB-002");
    for round in 0..3 {
        if round == 2 {
            tester.disconnect()?;
            tester.reach(Start::Serving)?;
        }
        let again = tester.instruct_as(&job.id, job.service)?;
        tester.demand(
            again.state == "done",
            "the state done of a job that has ended",
            &again.state,
        )?;
        let status = tester.job_status(&job.id)?;
        tester.demand(status.fields == first.fields, first.describe(), status.describe())?;
    }
    let records = tester.records(mark)?;
    let calls = records
        .service_modules()
        .iter()
        .filter(|(_, state)| *state == "busy")
        .count();
    tester.demand(calls == 1, "one call of the module in all", calls)
}

fn other_instruction(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("job")?)?;
    let job = tester.instruct(service)?;
    let first = tester.finish(&job, "success")?.status;
    tester.check("CW-JOB-002");
    let other = json!({ "job": job.id, "service": programs::SUBSCRIBER, "parameters": "" });
    let mark = tester.mark()?;
    tester.refused("instruct", other, &["job-conflict"])?;
    let status = tester.job_status(&job.id)?;
    tester.demand(status.fields == first.fields, first.describe(), status.describe())?;
    let records = tester.records(mark)?;
    let touched = records.service_modules();
    tester.demand(touched.is_empty(), "no module touched", format!("{touched:?}"))
}

fn data_part_by_part(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::much_data()?)?;
    let job = tester.instruct(service)?;
    let ended = tester.finish(&job, "success")?;
    let length = ended.data.len() as u64;
    for _ in 0..2 {
        let again = tester.fetch(&job.id, length)?;
        let seen = crate::hex::encode(&again);
        tester.demand(again == ended.data, "the same data again", seen)?;
    }
    let text = "0123456789abcdef".repeat(15);
    let expected = [("one", "text"), ("two", "bytes"), ("three", "text")];
    tester.check("CW-JOB-007");
    let right = expected
        .iter()
        .all(|(name, kind)| ended.item(name, kind) == Some(text.as_bytes()));
    tester.demand(
        right && ended.items.len() == 3,
        "three items of 240 bytes",
        ended.describe(),
    )?;
    tester.check("CW-JOB-004");
    let fields = json!({ "job": job.id, "part": 0xFFFF });
    tester.refused("job_data", fields, &["no-such-part"]).map(drop)
}

fn data_has_a_limit(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::too_much_data()?)?;
    let job = tester.instruct(service)?;
    let status = tester.wait_for(&job.id)?;
    tester.check("CW-JOB-007");
    let right = status.fields["outcome"] == "data-too-large" && status.number("data_length")? <= 1024;
    tester.demand(right, "the outcome data-too-large", status.describe())
}

fn abort_ends_it(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let mut ignored = 0;
    for _ in 0..TRIES {
        let (job, _) = running(tester, false)?;
        tester.check("CW-JOB-005");
        let answer = tester.expect("job_abort", json!({ "job": job.id }), "job_status_answer")?;
        let status = tester.wait_for(&job.id)?;
        tester.all_modules_off()?;
        if status.fields["outcome"] == "aborted" {
            return Ok(());
        }
        // It may have ended just before.
        let whole = status.fields["outcome"] == "success";
        tester.demand(whole, "the outcome aborted", status.describe())?;
        ignored += usize::from(answer.fields["state"] == "running");
    }
    if ignored == 0 {
        return Err(Stop::Inconclusive(
            "every job had ended before it was aborted".into(),
        ));
    }
    tester.fail(
        "a job aborted while it ran to end with the outcome aborted",
        format!("success, {ignored} times"),
    )
}

fn abort_of_an_ended_job(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("job")?)?;
    let job = tester.instruct(service)?;
    let first = tester.finish(&job, "success")?.status;
    tester.check("CW-JOB-005");
    let aborted = tester.expect("job_abort", json!({ "job": job.id }), "job_status_answer")?;
    tester.demand(
        aborted.fields == first.fields,
        first.describe(),
        aborted.describe(),
    )?;
    tester.finish(&job, "success").map(drop)
}

fn one_at_a_time(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    for _ in 0..TRIES {
        let (job, _) = running(tester, false)?;
        let other = tester.job_id();
        let fields = json!({ "job": other, "service": job.service, "parameters": "" });
        let answer = tester.ask("instruct", fields)?;
        let first = tester.job_status(&job.id)?;
        let still = first.fields["state"] == "running";
        tester.check("CW-JOB-010");
        tester.demand(
            still || first.fields["outcome"] == "success",
            "a job that another instruction does not end",
            first.describe(),
        )?;
        if still {
            tester.demand_error(&answer, &["busy"], "an instruction while another job runs")?;
            let again = tester.instruct_as(&job.id, job.service)?;
            tester.demand(
                again.state == "running" || again.state == "done",
                "the running job's state",
                &again.state,
            )?;
            tester.ask("job_abort", json!({ "job": job.id }))?;
            tester.wait_for(&job.id)?;
            let unknown = tester.job_status(&other)?;
            let right = unknown.fields["state"] == "unknown";
            return tester.demand(right, "no job of the refused instruction", unknown.describe());
        }
        tester.wait_for(&job.id)?;
        if answer.name != "error" {
            tester.wait_for(&other)?;
        }
    }
    Err(Stop::Inconclusive(
        "every job had ended before another instruction was answered".into(),
    ))
}

fn four_outcomes(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let mut jobs = Vec::new();
    for index in 0..4 {
        let logic = if index % 2 == 0 {
            programs::echo("job")?
        } else {
            programs::failing("whole-service")?
        };
        let service = tester.provide(&logic)?;
        let job = tester.instruct(service)?;
        let status = tester.wait_for(&job.id)?;
        jobs.push((job, status));
    }
    tester.check("CW-JOB-006");
    for round in 0..2 {
        if round == 1 {
            tester.disconnect()?;
            tester.reach(Start::Serving)?;
        }
        for (job, first) in &jobs {
            let status = tester.job_status(&job.id)?;
            tester.demand(status.fields == first.fields, first.describe(), status.describe())?;
        }
    }
    Ok(())
}

fn end_is_told(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("job")?)?;
    let job = tester.instruct(service)?;
    tester.finish(&job, "success")?;
    let pause = tester.bench.timers.answer / 5;
    tester.let_pass(pause)?;
    let told = tester
        .events()?
        .iter()
        .any(|(name, fields)| name == "progress" && fields["job"] == job.id && fields["state"] == "done");
    tester.should("CW-JOB-008", told, "a progress event with the state done", "none");
    Ok(())
}

fn reset_while_writing(tester: &mut Tester) -> Step {
    let job = interrupted(tester)?;
    runs_no_more(tester, &job)
}

/// Resets the device while a service writes, and gives its job, which must be interrupted.
fn interrupted(tester: &mut Tester) -> Step<Job> {
    tester.needs_reset()?;
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::writing()?)?;
    for _ in 0..TRIES {
        let job = tester.instruct(service)?;
        if !is_writing(tester, &job)? {
            continue;
        }
        tester.reset_device()?;
        tester.reach(Start::Serving)?;
        tester.check("CW-JOB-009");
        let after = tester.job_status(&job.id)?;
        if after.fields["state"] == "done" {
            // It ended between its status and the reset.
            continue;
        }
        // Its journal was written before its first writing command, which is not its first step.
        let right = after.fields["state"] == "interrupted" && after.number("step")? > 0;
        tester.demand(
            right,
            "the job interrupted by the reset, at the step that was journalled",
            after.describe(),
        )?;
        return Ok(job);
    }
    Err(Stop::Inconclusive(
        "no writing service runs long enough on this reader to be reset in it".into(),
    ))
}

/// The instruction of an interrupted job, given again, is answered with its state and touches nothing.
fn runs_no_more(tester: &mut Tester, job: &Job) -> Step {
    tester.check("CW-JOB-009");
    let mark = tester.mark()?;
    let again = tester.instruct_as(&job.id, job.service)?;
    tester.demand(
        again.state == "interrupted",
        "the state interrupted, and no second run",
        &again.state,
    )?;
    let records = tester.records(mark)?;
    let touched = records.service_modules();
    tester.demand(touched.is_empty(), "no module touched", format!("{touched:?}"))
}

/// Waits until a job has sent its first writing command; `false` where it has ended before that was seen.
fn is_writing(tester: &mut Tester, job: &Job) -> Step<bool> {
    loop {
        let status = tester.job_status(&job.id)?;
        if status.fields["outcome"] == "card-absent" {
            return Err(Stop::Inconclusive("no card is in the slot".into()));
        }
        if status.fields["state"] != "running" {
            return Ok(false);
        }
        // The reset of the card and the two loops come before it.
        if status.number("step")? >= 6 {
            return Ok(true);
        }
    }
}
