//! Much of it: thousands of wrong frames, frames without an end, and right requests in masses.

use super::{line, serves, without_delimiters};
use crate::{
    case::Case,
    cases::programs,
    tester::{Login, Start, Tester, digest, frame, hello},
    verdict::Step,
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "robustness.thousands-of-wrong-frames",
            &["CW-LINK-005", "CW-SEC-002"],
            "Two thousand lines that are no frames, in one write each hundred, then a service as if nothing had been",
            thousands,
        ),
        Case::code(
            "robustness.frame-without-end",
            &["CW-LINK-005", "CW-SEC-002"],
            "A frame of 40,000 bytes costs itself, and the next one is answered",
            without_end,
        ),
        Case::code(
            "robustness.hellos-in-masses",
            &["CW-CONN-001", "CW-SESS-015"],
            "A hundred hellos in one write are answered one by one, each under its number, also in a session",
            hellos,
        ),
        Case::code(
            "robustness.connects-in-masses",
            &["CW-CONN-005", "CW-CONN-008"],
            "Twenty right connects in a row are accepted, each with a challenge of its own",
            connects,
        ),
        Case::code(
            "robustness.logins-in-masses",
            &["CW-LOGIN-001", "CW-LOGIN-011"],
            "Twenty logins that are begun and dropped have an ephemeral key each, and the next one is finished",
            logins,
        ),
        Case::code(
            "robustness.jobs-in-masses",
            &["CW-JOB-006", "CW-JOB-002"],
            "Forty jobs in a row run once each, and the last four are known",
            jobs,
        ),
        Case::code(
            "robustness.offers-in-masses",
            &["CW-UPD-001", "CW-UPD-006"],
            "Thirty manifests with wrong signatures leave the one that is being received as it is",
            offers,
        ),
        Case::code(
            "robustness.requests-of-every-code",
            &["CW-CODEC-001", "CW-CODEC-009"],
            "Sealed messages of every code that is no request's are malformed, and cost nothing",
            every_code,
        ),
        Case::code(
            "robustness.repeats-in-masses",
            &["CW-SESS-004", "CW-SESS-006"],
            "A hundred repeats of one request have the same answer, and count as no failures",
            repeats,
        ),
    ]
}

fn thousands(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    for hundred in 0..20 {
        let mut lines = Vec::new();
        for _ in 0..100 {
            let length = 1 + tester.random.below(40) as usize;
            lines.extend(without_delimiters(tester.random.bytes(length)));
            lines.push(0x00);
        }
        tester.send_bytes(
            &lines,
            &format!(
                "a hundred lines that are no frames, for the {}th time",
                hundred + 1
            ),
        )?;
        // The line is not given more than it takes.
        tester.silence("lines that are no frames")?;
    }
    tester.check("CW-LINK-005");
    tester.state_is("connected")?;
    serves(tester)
}

fn without_end(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    for part in 0..8 {
        let bytes = without_delimiters(tester.random.bytes(5000));
        tester.send_bytes(
            &bytes,
            &format!("5000 bytes without a delimiter, part {}", part + 1),
        )?;
    }
    line(tester, &[0x01], "the end of it")?;
    tester.silence("a frame of 40,000 bytes")?;
    tester.check("CW-LINK-005");
    tester.state_is("connected")?;
    serves(tester)
}

fn hellos(tester: &mut Tester) -> Step {
    for start in [Start::Locked, Start::Serving] {
        tester.reach(start)?;
        let first = tester.random.number() >> 1;
        let mut bytes = Vec::new();
        for number in first..first + 100 {
            bytes.extend(frame("clear", number, &hello(&[1])?)?);
        }
        tester.send_bytes(&bytes, "a hundred hellos in one write")?;
        let mut before = None;
        for number in first..first + 100 {
            tester.check("CW-SESS-015");
            let answer = tester.clear_answer(number)?;
            tester.check("CW-CONN-001");
            let same = before.as_ref().is_none_or(|before| *before == answer.bytes);
            tester.demand(same, "the same answer to each", answer.describe())?;
            before = Some(answer.bytes);
        }
    }
    tester.check("CW-CONN-001");
    tester.state_is("serving").map(drop)
}

fn connects(tester: &mut Tester) -> Step {
    let mut challenges = Vec::new();
    for _ in 0..20 {
        tester.connect()?;
        let challenge = tester.hello()?.challenge().clone();
        tester.check("CW-CONN-008");
        let fresh = !challenges.contains(&challenge);
        tester.demand(fresh, "a challenge that was not there before", &challenge)?;
        challenges.push(challenge);
        tester.check("CW-CONN-005");
        tester.state_is("connected")?;
    }
    serves(tester)
}

fn logins(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let mut keys = Vec::new();
    for _ in 0..20 {
        let begun = tester.begin_login(&Login::default().offers)?;
        let key = begun.handshake[..32].to_vec();
        tester.check("CW-LOGIN-011");
        let fresh = !keys.contains(&key);
        tester.demand(
            fresh,
            "an ephemeral key that was not there before",
            crate::hex::encode(&key),
        )?;
        keys.push(key);
    }
    tester.login(&Login::default())?;
    serves(tester)
}

fn jobs(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("one of many")?)?;
    let mut known = Vec::new();
    for _ in 0..40 {
        let job = tester.instruct(service)?;
        let status = tester.wait_for(&job.id)?;
        known.push((job, status));
    }
    tester.check("CW-JOB-006");
    for (job, status) in known.iter().rev().take(4) {
        let now = tester.job_status(&job.id)?;
        tester.check("CW-JOB-006");
        tester.demand(now.fields == status.fields, status.describe(), now.describe())?;
        let again = tester.instruct_as(&job.id, job.service)?;
        tester.check("CW-JOB-002");
        tester.demand(
            again.state == "done",
            "the state done of a known job",
            &again.state,
        )?;
    }
    Ok(())
}

fn offers(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let text = crate::hex::encode(&tester.random.array::<4>());
    let document = programs::echo(&text)?;
    let manifest = tester.manifest(programs::SERVICE, &document)?;
    let encoded = manifest.encode()?;
    tester.offer_accepted(&manifest)?;
    tester.chunk(&encoded, 0, &document[..20])?;
    for _ in 0..30 {
        let other = crate::tester::Manifest {
            content_digest: tester.random.bytes(32),
            ..manifest.clone()
        }
        .encode()?;
        let signature = tester.sign_as_stranger(&other);
        let status = tester.offer(&other, &signature)?;
        tester.check("CW-UPD-001");
        let refused = status.fields["error"] == "update-signature";
        tester.demand(refused, "update-signature", status.describe())?;
    }
    tester.check("CW-UPD-006");
    let status = tester.query(&encoded)?;
    let kept = status.fields["state"] == "receiving" && status.fields["next_offset"] == 20;
    tester.demand(kept, "the bytes that were there", status.describe())?;
    tester.send_content(&encoded, &document, 20)?;
    tester.commit(&encoded)?;
    let there = tester.service(programs::SERVICE)?;
    tester.check("CW-UPD-005");
    let right = there.is_some_and(|entry| entry["logic_digest"] == crate::hex::encode(&digest(&document)));
    tester.demand(right, "the new logic in force", "another one")
}

fn every_code(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let known: Vec<u8> = crate::embedded::protocol()
        .messages_at(cardwire_spec::Place::Request)
        .map(|message| message.code)
        .collect();
    for code in (0..=0xFF_u8).filter(|code| !known.contains(code)) {
        let answer = tester.ask_bytes(&[code, 0x00])?;
        tester.check("CW-CODEC-009");
        let right =
            answer.name == "error" && answer.fields["code"] == "malformed" && answer.fields["detail"] == 1;
        tester.demand(
            right,
            format!("malformed with message-type to the code {code:02x}"),
            answer.describe(),
        )?;
    }
    tester.state_is("serving").map(drop)
}

fn repeats(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let answer = tester.expect("service_list", json!({ "from": 0 }), "service_list_answer")?;
    for _ in 0..100 {
        tester.check("CW-SESS-004");
        match tester.repeat()? {
            crate::tester::Reply::Sealed(again) => {
                tester.demand(
                    again.line == answer.line,
                    "the same bytes as before",
                    again.describe(),
                )?;
            }
            crate::tester::Reply::Refusal(_) => {
                tester.check("CW-SESS-006");
                return tester.fail(
                    "repeats that count as no failures",
                    "the refusal, as if there were no session",
                );
            }
        }
    }
    tester.state_is("serving").map(drop)
}
