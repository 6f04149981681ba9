//! Attacks of the threat model that take more than one message.

use crate::{
    case::Case,
    cases::programs::{self, IDENTIFY, SERVICE, SUBSCRIBER},
    tester::{Login, Reply, Start, Tester, digest, encode, frame, no_error},
    verdict::{Step, Stop},
};
use cardwire_spec::interpret::frame::DELIMITER;
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "security.recorded-session-opens-nothing",
            &["CW-CONN-004", "CW-CONN-008", "CW-SESS-007"],
            "A whole session, recorded and played again, gets refusals and nothing else",
            recorded_session,
        ),
        Case::code(
            "security.reflected-frames-open-nothing",
            &["CW-LINK-007", "CW-SESS-001"],
            "What the reader sent itself, in clear and sealed, is played back to it without an effect",
            reflected_frames,
        ),
        Case::code(
            "security.login-of-another-session-opens-nothing",
            &["CW-LOGIN-007", "CW-SESS-007", "CW-LOGIN-002"],
            "What the cloud said to the login of a client's session is worth nothing in the next client's",
            spliced,
        ),
        Case::code(
            "security.narrowed-rights-hold-at-once",
            &["CW-LOGIN-001", "CW-LOGIN-006"],
            "Rights that a new login does not give are gone with it, and also while it is under way",
            narrowed,
        ),
        Case::code(
            "security.recorded-update-is-old",
            &["CW-UPD-003", "CW-UPD-006"],
            "An update that was right once, recorded and brought again behind a newer one, is refused",
            recorded_update,
        ),
        Case::code(
            "security.recorded-instruction-runs-once",
            &["CW-JOB-002", "CW-SESS-005"],
            "A recorded instruction does not run in a later session, and neither does the same job instructed anew",
            recorded_instruction,
        ),
        Case::code(
            "security.swapped-card-ends-the-job",
            &["CW-MOD-009", "CW-MOD-008", "CW-MOD-003"],
            "A card that is pulled out while a service uses it ends that service, also if one is back at once",
            swapped_card,
        ),
        Case::code(
            "security.clear-copies-do-nothing",
            &["CW-SEC-001", "CW-CONN-003"],
            "Every request of a session, sent in clear beside it, gets the refusal and changes nothing",
            clear_copies,
        ),
        Case::code(
            "security.clients-do-not-share-a-session",
            &["CW-CONN-005", "CW-SESS-001"],
            "A second client's connect ends the first one's session, whose keys then open nothing, and the other way round",
            not_shared,
        ),
        Case::code(
            "security.sealed-for-another-number",
            &["CW-SESS-001", "CW-SESS-005"],
            "An answer or a request moved under another number does not authenticate",
            moved,
        ),
    ]
}

fn recorded_session(tester: &mut Tester) -> Step {
    let outcome = tester.connect()?;
    let recorded_connect = (outcome.number, outcome.message);
    let mut lines = Vec::new();
    for _ in 0..3 {
        tester.status()?;
        lines.push(tester.last_line()?);
    }
    tester.disconnect_and_keep()?;
    lines.push(tester.last_line()?);
    tester.session_has_ended();
    let before = tester.hello()?;
    tester.check("CW-CONN-004");
    let (number, message) = recorded_connect;
    let answer = tester.ask_clear_as(number, &message)?;
    tester.demand(
        answer.name == "refusal",
        "the refusal of a recorded connect",
        answer.describe(),
    )?;
    for (number, line) in (0_u64..).zip(&lines) {
        tester.check("CW-SESS-007");
        tester.send_bytes(line, "a recorded request")?;
        let answer = tester.clear_answer(number)?;
        tester.demand(
            answer.name == "refusal",
            "the refusal of a recorded request",
            answer.describe(),
        )?;
    }
    let after = tester.hello()?;
    tester.check("CW-CONN-008");
    tester.demand(
        after.challenge() == before.challenge(),
        "the challenge as it was",
        after.challenge(),
    )?;
    tester.reach(Start::Serving)
}

fn reflected_frames(tester: &mut Tester) -> Step {
    let greeting = tester.hello()?;
    let outcome = tester.connect()?;
    let status = tester.status()?;
    tester.check("CW-LINK-007");
    for (what, line) in [
        ("its answer to hello", &greeting.answer.line),
        ("its connect_answer", &outcome.answer.line),
    ] {
        tester.send_bytes(
            &[line, &[DELIMITER][..]].concat(),
            &format!("{what}, played back"),
        )?;
        tester.silence(what)?;
    }
    tester.check("CW-SESS-001");
    tester.send_bytes(
        &[&status.line, &[DELIMITER][..]].concat(),
        "its sealed answer, played back",
    )?;
    tester.silence("its own sealed answer")?;
    // As the next request it would have to be the next number's.
    let next = tester.next_number()?;
    let payload = tester.payload_of(&status.line)?;
    tester.send_frame("sealed", next, &payload)?;
    tester.silence("its own sealed answer, under the number of the next request")?;
    tester.state_is("connected").map(drop)
}

fn spliced(tester: &mut Tester) -> Step {
    tester.connect_as(0)?;
    let begun = tester.begin_login(&Login::default().offers)?;
    tester.confirm(&begun)?;
    let result = tester.login_result(&Login::default())?;
    tester.connect_as(1)?;
    tester.check("CW-SESS-007");
    tester.relay_refused(&result, &["login-expired"])?;
    let begun = tester.begin_login(&Login::default().offers)?;
    tester.check("CW-LOGIN-002");
    let named = begun.fields["client_id"] == tester.session_client()?;
    tester.demand(named, "the second client in the login header", &begun.fields)?;
    tester.check("CW-LOGIN-007");
    tester.relay_refused(&result, &["cloud-not-authenticated"])?;
    tester.state_is("connected")?;
    tester.login(&Login::default())
}

fn narrowed(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let instruct = |tester: &mut Tester, service: u64| {
        let fields = json!({ "job": tester.job_id(), "service": service, "parameters": "" });
        tester.ask("instruct", fields)
    };
    tester.check("CW-LOGIN-001");
    let begun = tester.begin_login(&Login::default().offers)?;
    let answer = instruct(tester, IDENTIFY)?;
    tester.demand_error(
        &answer,
        &["not-logged-in"],
        "an instruction while a new login is under way",
    )?;
    tester.confirm(&begun)?;
    let narrow = Login {
        grants: Some(vec![IDENTIFY]),
        ..Login::default()
    };
    let result = tester.login_result(&narrow)?;
    tester.relay(&result)?;
    tester.check("CW-LOGIN-006");
    let answer = instruct(tester, SUBSCRIBER)?;
    tester.demand_error(
        &answer,
        &["interface-disabled"],
        "an instruction that the new login does not grant",
    )?;
    let job = tester.instruct(IDENTIFY)?;
    tester.wait_for(&job.id).map(drop)
}

fn recorded_update(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let old = programs::echo(&crate::hex::encode(&tester.random.array::<4>()))?;
    let recorded = tester.install(SERVICE, &old)?.encode()?;
    let signature = tester.sign(&recorded)?;
    let new = programs::echo(&crate::hex::encode(&tester.random.array::<4>()))?;
    tester.install(SERVICE, &new)?;
    tester.check("CW-UPD-003");
    let status = tester.offer(&recorded, &signature)?;
    let refused = status.fields["error"] == "update-counter" && status.fields["state"] == "none";
    tester.demand(
        refused,
        "update-counter to an update that was recorded",
        status.describe(),
    )?;
    tester.check("CW-UPD-006");
    let chunk = tester.chunk(&recorded, 0, &old[..10])?;
    tester.demand(
        !no_error(&chunk),
        "bytes of a refused manifest refused",
        chunk.describe(),
    )?;
    let result = tester.commit(&recorded)?;
    tester.demand(
        !no_error(&result),
        "the commit of a refused manifest refused",
        result.describe(),
    )?;
    let there = tester.service(SERVICE)?;
    let right = there.is_some_and(|entry| entry["logic_digest"] == crate::hex::encode(&digest(&new)));
    tester.demand(right, "the newer logic in force", "another one")
}

fn recorded_instruction(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::failing("whole-service")?)?;
    let job = tester.instruct(service)?;
    let recorded = tester.last_line()?;
    tester.wait_for(&job.id)?;
    tester.disconnect()?;
    tester.reach(Start::Serving)?;
    let mark = tester.mark()?;
    tester.check("CW-SESS-005");
    tester.send_bytes(
        &recorded,
        "an instruction that was recorded in the session before",
    )?;
    tester.silence("a recorded instruction")?;
    let again = tester.instruct_as(&job.id, service)?;
    tester.check("CW-JOB-002");
    tester.demand(
        again.state == "done",
        "the state done of a known job",
        &again.state,
    )?;
    let records = tester.records(mark)?;
    let calls = records.service_modules().len();
    tester.demand(calls == 0, "no module touched", format!("{calls} changes"))
}

fn swapped_card(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::long_with_card()?)?;
    for _ in 0..4 {
        let job = tester.instruct(service)?;
        let begun = tester.job_status(&job.id)?;
        if begun.fields["outcome"] == "card-absent" {
            return Err(Stop::Inconclusive("no card is in the slot".into()));
        }
        tester.move_card(false)?;
        tester.move_card(true)?;
        let status = tester.wait_for(&job.id)?;
        tester.card_is("present")?;
        tester.check("CW-MOD-003");
        tester.all_modules_off()?;
        if status.fields["outcome"] == "card-removed" {
            return tester.run(IDENTIFY).map(drop);
        }
        tester.check("CW-MOD-009");
        let ended_before = status.fields["outcome"] == "success" && begun.fields["state"] != "running";
        tester.demand(ended_before, "the outcome card-removed", status.describe())?;
    }
    Err(Stop::Inconclusive(
        "every service had ended before its card was pulled out".into(),
    ))
}

fn clear_copies(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let job = tester.job_id();
    let requests = [
        ("platform_auth", json!({ "offers": [] })),
        ("relay", json!({ "payload": "5a".repeat(48) })),
        ("service_list", json!({ "from": 0 })),
        (
            "instruct",
            json!({ "job": job, "service": IDENTIFY, "parameters": "" }),
        ),
        ("job_data", json!({ "job": job, "part": 0 })),
        ("job_status", json!({ "job": job })),
        ("job_abort", json!({ "job": job })),
        ("reader_status", json!({})),
        ("diagnostics", json!({ "from": 0 })),
        ("disconnect", json!({})),
    ];
    for (name, fields) in requests {
        let message = encode(name, &fields)?;
        tester.check("CW-SEC-001");
        tester.refused_in_clear(&message, &format!("{name} in clear, beside a session"))?;
        tester.state_is("serving")?;
    }
    let status = tester.job_status(&job)?;
    tester.check("CW-SEC-001");
    let unknown = status.fields["state"] == "unknown";
    tester.demand(unknown, "no job of an instruction in clear", status.describe())
}

fn not_shared(tester: &mut Tester) -> Step {
    for (first, second) in [(0, 1), (1, 0)] {
        tester.connect_as(first)?;
        tester.login(&Login::default())?;
        let number = tester.next_number()?;
        let old = tester.seal(number, &[0x05, 0x00])?;
        tester.connect_as(second)?;
        tester.check("CW-SESS-001");
        tester.send_frame("sealed", number, &old)?;
        tester.silence("a request of the client whose session is over")?;
        tester.check("CW-CONN-005");
        tester.state_is("connected")?;
        tester.refused("service_list", json!({ "from": 0 }), &["not-logged-in"])?;
    }
    Ok(())
}

fn moved(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.status()?;
    let next = tester.next_number()?;
    // Sealed for one number, sent under another: the number is bound by the nonce alone.
    for (sealed_for, sent_as) in [
        (next + 1, next),
        (next + 5, next),
        (next - 1, next),
        (next, next + 1),
        (1 << 40, next),
    ] {
        let sealed = tester.seal(sealed_for, &[0x0A])?;
        tester.check("CW-SESS-001");
        let line = frame("sealed", sent_as, &sealed)?;
        tester.send_bytes(
            &line,
            &format!("a request that was sealed for {sealed_for}, sent as {sent_as}"),
        )?;
        tester.silence("a request that was moved under another number")?;
    }
    tester.check("CW-SESS-005");
    match tester.try_ask(&[0x0A])? {
        Reply::Sealed(answer) => tester.demand(
            answer.name == "reader_status_answer",
            "reader_status_answer",
            answer.describe(),
        ),
        Reply::Refusal(_) => tester.fail("a session that goes on", "the refusal"),
    }
}
