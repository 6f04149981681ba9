//! Secrets of a card, from the cloud for one job: used once, in that job and no other, and never told.

use super::programs::{IDENTIFY, SERVICE};
use crate::{
    case::Case,
    hex,
    tester::{Answer, Job, Login, Start, Tester, assemble, encode},
    verdict::{Step, Stop},
};
use cardwire_peers::Timers;
use serde_json::{Value, json};

/// The second service that needs a secret.
const OTHER: u64 = 0xFF10;
const NATIVE: u64 = 0x01;
/// The limit `job_memory`, and one more.
const FORGETTING: usize = 5;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "jobs.secrets-serve-their-job",
            &["CW-JOB-014"],
            "A service that needs a secret of the cloud runs with the one that was sent for its job, and not without one",
            serve_their_job,
        ),
        Case::code(
            "jobs.secrets-are-for-one-job",
            &["CW-JOB-014"],
            "Secrets that were sent for one job are none for another one, and stay there for their own",
            for_one_job,
        ),
        Case::code(
            "jobs.secrets-are-for-one-service",
            &["CW-JOB-014"],
            "Secrets that were sent for one service are none for another one under the same job id",
            for_one_service,
        ),
        Case::code(
            "jobs.secrets-are-used-once",
            &["CW-JOB-014"],
            "Secrets that a job has used are gone, also when its id is forgotten and comes again",
            used_once,
        ),
        Case::code(
            "jobs.secrets-that-do-not-fit-are-refused",
            &["CW-JOB-014"],
            "Secrets that the service does not take, or that are for no job to come, are refused, and those held stay",
            do_not_fit,
        ),
        Case::code(
            "jobs.secrets-come-from-the-cloud-alone",
            &["CW-INTF-006"],
            "A value that the cloud should bring is refused in an instruction, whether the cloud has sent it or not",
            from_the_cloud_alone,
        ),
        Case::code(
            "jobs.secrets-are-not-told",
            &["CW-LOGIC-004", "CW-LOGIC-009"],
            "A secret of the cloud can't become service data, nor what was copied, joined, split or converted out of it",
            not_told,
        ),
        Case::code(
            "jobs.secrets-end-with-session-and-login",
            &["CW-JOB-015"],
            "Secrets are gone with the session, with the login, and with the channel that they came through",
            end_with_the_login,
        ),
        Case::code(
            "jobs.secrets-end-in-time",
            &["CW-JOB-015"],
            "Secrets that no instruction has used are gone after T_handshake",
            end_in_time,
        )
        .slow(),
    ]
}

/// Logic that compares the secret `key` with the client's `guess`: `success` where they are alike, else `not-found`.
fn comparing(service: u64) -> Step<Vec<u8>> {
    logic(
        service,
        "parameter \"key\" r0\nparameter \"guess\" r1\nwhen-equal r0 r1 alike\nend not-found\nalike:\nend success",
    )
}

fn logic(service: u64, code: &str) -> Step<Vec<u8>> {
    let name = if service == SERVICE {
        "certification.echo"
    } else {
        "certification.other"
    };
    assemble(&format!(
        "service {name} {service:#06X}\nversion 1\npolicy whole-service\non-client-loss abort\n\
         takes \"key\" bytes cloud required 4 8\ntakes \"guess\" bytes client optional 4 8\nbudget 64\n{code}\n"
    ))
}

/// A reader that serves, with a service that needs a secret.
fn begin(tester: &mut Tester) -> Step<[u8; 8]> {
    tester.reach(Start::Serving)?;
    tester.provide(&comparing(SERVICE)?)?;
    Ok(tester.random.array())
}

fn key(name: &str, value: &[u8]) -> Step<String> {
    let item = json!({ "name": name, "kind": "bytes", "value": hex::encode(value) });
    Ok(hex::encode(&encode("service_data", &json!({ "items": [item] }))?))
}

fn secrets(job: &str, service: u64, parameters: &str) -> Value {
    json!({ "job": job, "service": service, "parameters": parameters })
}

/// Sends a secret for a job, which the reader must take.
fn send(tester: &mut Tester, job: &str, service: u64, value: &[u8]) -> Step {
    let fields = secrets(job, service, &key("key", value)?);
    let answer = tester.cloud_ask("job_secrets", &fields)?;
    if refused_with(&answer, "not-supported") {
        return Err(Stop::NotApplicable(
            "the reader takes no secrets from a cloud".into(),
        ));
    }
    let right = answer.name == "job_secrets_answer" && answer.fields["job"] == *job;
    tester.demand(
        right,
        format!("job_secrets_answer for the job {job}"),
        answer.describe(),
    )
}

fn refused_with(answer: &Answer, code: &str) -> bool {
    answer.name == "channel_error" && answer.fields["code"] == code
}

/// Instructs with this guess, and demands how it ends.
fn run(tester: &mut Tester, job: &str, service: u64, guess: &[u8], outcome: &str) -> Step {
    let fields = secrets(job, service, &key("guess", guess)?);
    let answer = tester.expect("instruct", fields, "instruct_answer")?;
    let job = Job {
        id: job.to_owned(),
        service,
        state: answer.text("state")?.to_owned(),
    };
    tester.finish(&job, outcome).map(drop)
}

/// Instructs where the secret is missing.
fn missing(tester: &mut Tester, job: &str, service: u64, guess: &[u8]) -> Step {
    let fields = secrets(job, service, &key("guess", guess)?);
    tester.refused("instruct", fields, &["secrets-missing"])?;
    let status = tester.job_status(job)?;
    let unknown = status.fields["state"] == "unknown";
    tester.demand(
        unknown,
        "a refused instruction that leaves no job",
        status.describe(),
    )
}

fn serve_their_job(tester: &mut Tester) -> Step {
    let value = begin(tester)?;
    let (first, second) = (tester.job_id(), tester.job_id());
    send(tester, &first, SERVICE, &value)?;
    tester.check("CW-JOB-014");
    run(tester, &first, SERVICE, &value, "success")?;
    // What was sent last counts.
    let other = value.map(|byte| !byte);
    send(tester, &second, SERVICE, &value)?;
    send(tester, &second, SERVICE, &other)?;
    tester.check("CW-JOB-014");
    run(tester, &second, SERVICE, &value, "not-found")?;
    let third = tester.job_id();
    missing(tester, &third, SERVICE, &value)?;
    // The instruction that was refused was none: its id is free.
    send(tester, &third, SERVICE, &value)?;
    run(tester, &third, SERVICE, &value, "success")
}

fn for_one_job(tester: &mut Tester) -> Step {
    let value = begin(tester)?;
    let (job, other) = (tester.job_id(), tester.job_id());
    send(tester, &job, SERVICE, &value)?;
    tester.check("CW-JOB-014");
    missing(tester, &other, SERVICE, &value)?;
    run(tester, &job, SERVICE, &value, "success")
}

fn for_one_service(tester: &mut Tester) -> Step {
    let value = begin(tester)?;
    let other = comparing(OTHER)?;
    tester.provide(&other)?;
    tester.login(&Login {
        offers: vec![(SERVICE, NATIVE), (OTHER, NATIVE)],
        ..Login::default()
    })?;
    let job = tester.job_id();
    for (sent, instructed) in [(SERVICE, OTHER), (OTHER, SERVICE)] {
        send(tester, &job, sent, &value)?;
        tester.check("CW-JOB-014");
        missing(tester, &job, instructed, &value)?;
    }
    run(tester, &job, OTHER, &value, "success")
}

fn used_once(tester: &mut Tester) -> Step {
    let value = begin(tester)?;
    let job = tester.job_id();
    send(tester, &job, SERVICE, &value)?;
    run(tester, &job, SERVICE, &value, "success")?;
    for _ in 0..FORGETTING {
        let other = tester.instruct(IDENTIFY)?;
        tester.wait_for(&other.id)?;
    }
    tester.check("CW-JOB-014");
    let fields = secrets(&job, SERVICE, &key("guess", &value)?);
    let answer = tester.ask("instruct", fields)?;
    // A reader may remember more jobs than it has to.
    let known = answer.name == "instruct_answer" && answer.fields["state"] == "done";
    if known {
        return Ok(());
    }
    tester.demand_error(&answer, &["secrets-missing"], "secrets that were used before")
}

fn do_not_fit(tester: &mut Tester) -> Step {
    let value = begin(tester)?;
    let (job, known) = (tester.job_id(), tester.job_id());
    send(tester, &known, SERVICE, &value)?;
    run(tester, &known, SERVICE, &value, "success")?;
    send(tester, &job, SERVICE, &value)?;
    let one = json!({ "name": "key", "kind": "bytes", "value": hex::encode(&value) });
    let twice = hex::encode(&encode("service_data", &json!({ "items": [one, one] }))?);
    let text = json!({ "name": "key", "kind": "text", "value": hex::encode(b"abcd") });
    let text = hex::encode(&encode("service_data", &json!({ "items": [text] }))?);
    let (right, guess) = (key("key", &value)?, key("guess", &value)?);
    let (short, long) = (key("key", &value[..3])?, key("key", &[0x31; 9])?);
    let free = tester.job_id();
    for (id, service, parameters, error) in [
        (&known, SERVICE, right.as_str(), "job-conflict"),
        (&free, 0xF0FF, &right, "unknown-service"),
        (&free, SERVICE, &guess, "parameters-refused"),
        (&free, SERVICE, &short, "parameters-refused"),
        (&free, SERVICE, &long, "parameters-refused"),
        (&free, SERVICE, &twice, "parameters-refused"),
        (&free, SERVICE, &text, "parameters-refused"),
        (&free, SERVICE, "6100", "parameters-refused"),
        (&free, SERVICE, "61", "parameters-refused"),
        (&free, SERVICE, "80", "parameters-refused"),
    ] {
        tester.check("CW-JOB-014");
        let answer = tester.cloud_ask("job_secrets", &secrets(id, service, parameters))?;
        let expected = format!("channel_error {error} to {parameters} for the service {service:04x}");
        tester.demand(refused_with(&answer, error), expected, answer.describe())?;
    }
    missing(tester, &free, SERVICE, &value)?;
    run(tester, &job, SERVICE, &value, "success")?;
    // A service whose interface is disabled takes none, and what is held is for whom it was.
    tester.login(&Login {
        grants: Some(vec![IDENTIFY]),
        ..Login::default()
    })?;
    tester.check("CW-JOB-014");
    let answer = tester.cloud_ask("job_secrets", &secrets(&free, SERVICE, &right))?;
    let disabled = refused_with(&answer, "interface-disabled");
    tester.demand(disabled, "channel_error interface-disabled", answer.describe())
}

fn from_the_cloud_alone(tester: &mut Tester) -> Step {
    let value = begin(tester)?;
    let job = tester.job_id();
    let in_clear = secrets(&job, SERVICE, &key("key", &value)?);
    tester.check("CW-INTF-006");
    tester.refused("instruct", in_clear.clone(), &["parameters-refused"])?;
    send(tester, &job, SERVICE, &value)?;
    tester.check("CW-INTF-006");
    tester.refused("instruct", in_clear, &["parameters-refused"])?;
    // The twin: without it the job runs.
    run(tester, &job, SERVICE, &value, "success")
}

fn not_told(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let value: [u8; 8] = tester.random.array();
    for code in [
        "",
        "copy r1 r0\ncopy r0 r1\n",
        "set r1 \"x\"\njoin r1 r0\ncopy r0 r1\n",
        "split r0 2 r1\ncopy r0 r1\n",
        "slice r0 0 1\n",
        "slice r0 0 4\nconvert number r0\n",
    ] {
        let code = format!(
            "parameter \"key\" r0\n{code}parameter \"guess\" r2\nemit \"told\" bytes none r0\nend success"
        );
        tester.provide(&logic(SERVICE, &code)?)?;
        let job = tester.job_id();
        send(tester, &job, SERVICE, &value)?;
        tester.check("CW-LOGIC-004");
        run(tester, &job, SERVICE, &value, "logic-fault")?;
    }
    // The twin: what the client gave itself it may have back, also from where a secret was.
    let code = "parameter \"key\" r0\nparameter \"guess\" r0\nemit \"told\" bytes none r0\nend success";
    tester.provide(&logic(SERVICE, code)?)?;
    let job = tester.job_id();
    send(tester, &job, SERVICE, &value)?;
    run(tester, &job, SERVICE, &value, "success")
}

fn end_with_the_login(tester: &mut Tester) -> Step {
    let value = begin(tester)?;
    let job = tester.job_id();
    for what in ["session", "login", "channel"] {
        send(tester, &job, SERVICE, &value)?;
        match what {
            "session" => {
                tester.disconnect()?;
                tester.reach(Start::Serving)?;
            }
            "login" => tester.login(&Login::default())?,
            _ => drop(tester.relay_refused(&[0x5A; 32], &["cloud-not-authenticated"])?),
        }
        tester.check("CW-JOB-015");
        missing(tester, &job, SERVICE, &value)?;
    }
    tester.login(&Login::default())?;
    send(tester, &job, SERVICE, &value)?;
    run(tester, &job, SERVICE, &value, "success")
}

fn end_in_time(tester: &mut Tester) -> Step {
    let value = begin(tester)?;
    let (early, late) = (tester.job_id(), tester.job_id());
    send(tester, &early, SERVICE, &value)?;
    run(tester, &early, SERVICE, &value, "success")?;
    send(tester, &late, SERVICE, &value)?;
    let pause = tester.certainly_past(Timers::SPEC.handshake);
    tester.let_pass(pause)?;
    tester.check("CW-JOB-015");
    missing(tester, &late, SERVICE, &value)?;
    send(tester, &late, SERVICE, &value)?;
    run(tester, &late, SERVICE, &value, "success")
}
