//! The challenge, connects that come again, and the security module that decides them.

use crate::{
    case::Case,
    tester::{Attempt, Start, Tester},
    verdict::Step,
};
use cardwire_peers::identity::Key;
use serde_json::Value;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "connection.challenge-changes-with-accepted-connects-only",
            &["CW-CONN-008"],
            "The challenge stays through hellos, refused connects and requests, and changes with an accepted connect",
            challenge_changes,
        ),
        Case::code(
            "connection.challenge-changes-at-boot",
            &["CW-CONN-008"],
            "After a reset of the reader the challenge is another one",
            challenge_changes_at_boot,
        ),
        Case::code(
            "connection.repeated-connect-has-the-same-answer",
            &["CW-SESS-004"],
            "A connect that is repeated byte for byte before the first request has the same connect_answer",
            repeated_connect,
        ),
        Case::code(
            "connection.recorded-connect-is-refused",
            &["CW-CONN-008", "CW-CONN-004"],
            "A connect that was accepted once is refused after the first request, and the session goes on",
            recorded_connect_is_refused,
        ),
        Case::code(
            "connection.security-module-works-only-for-connects",
            &["CW-CONN-010"],
            "The security module is enabled for each connect, accepted or refused, and disabled after it",
            security_module,
        ),
    ]
}

fn challenge_changes(tester: &mut Tester) -> Step {
    let mut seen: Vec<Value> = Vec::new();
    for _ in 0..4 {
        let challenge = tester.hello()?.challenge().clone();
        let fresh = !seen.contains(&challenge);
        tester.demand(
            fresh,
            "another challenge after an accepted connect",
            format!("{challenge} again"),
        )?;
        seen.push(challenge);
        tester.reach(Start::Connected)?;
    }
    let challenge = tester.hello()?.challenge().clone();
    let wrong = Attempt {
        key: Some(Key::new(tester.random.array())),
        ..Attempt::right(tester.client(0)?)
    };
    tester.refused_connect(&wrong, "a wrong key")?;
    tester.status()?;
    tester.disconnect()?;
    let after = tester.hello()?.challenge().clone();
    tester.demand(
        after == challenge,
        format!("still the challenge {challenge}"),
        after,
    )
}

fn challenge_changes_at_boot(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    // Two resets, and none of the three alike: a reader that begins every boot with the same challenge differs from
    // itself only where a client has connected before.
    let mut seen = vec![tester.hello()?.challenge().clone()];
    for _ in 0..2 {
        tester.reset_device()?;
        let after = tester.hello()?.challenge().clone();
        let fresh = !seen.contains(&after);
        tester.demand(fresh, "another challenge after a reset", format!("{after} again"))?;
        seen.push(after);
    }
    tester.reach(Start::Connected)
}

fn repeated_connect(tester: &mut Tester) -> Step {
    let outcome = tester.connect()?;
    for _ in 0..3 {
        let again = tester.ask_clear_as(outcome.number, &outcome.message)?;
        let same = again.line == outcome.answer.line;
        tester.demand(
            same,
            format!("again {}", outcome.answer.describe()),
            again.describe(),
        )?;
    }
    tester.state_is("connected").map(drop)
}

fn recorded_connect_is_refused(tester: &mut Tester) -> Step {
    let outcome = tester.connect()?;
    tester.status()?;
    let again = tester.ask_clear_as(outcome.number, &outcome.message)?;
    tester.demand(
        again.name == "refusal",
        "the refusal of a recorded connect",
        again.describe(),
    )?;
    tester.state_is("connected")?;
    tester.disconnect()?;
    let again = tester.ask_clear_as(outcome.number, &outcome.message)?;
    tester.demand(
        again.name == "refusal",
        "the refusal of a recorded connect",
        again.describe(),
    )
}

fn security_module(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let mark = tester.mark()?;
    let wrong = Attempt {
        key: Some(Key::new(tester.random.array())),
        ..Attempt::right(tester.client(0)?)
    };
    tester.refused_connect(&wrong, "a wrong key")?;
    tester.connect()?;
    let records = tester.records(mark)?;
    let states: Vec<_> = records
        .modules()
        .into_iter()
        .filter(|(module, _)| *module == "security")
        .map(|(_, state)| state)
        .collect();
    // A connect during a back-off is refused without being looked at, so that there may be more connects than pairs.
    let pairs = states.len() / 2;
    let right = pairs >= 2 && states.chunks(2).all(|pair| pair == ["enabled", "disabled"]);
    tester.demand(
        right,
        "the security module enabled, then disabled, for each connect",
        format!("{states:?}"),
    )?;
    let status = tester.status()?;
    let on = status
        .items("modules")?
        .iter()
        .any(|entry| entry["module"] == "security" && entry["state"] != "disabled");
    tester.demand(!on, "the security module disabled", status.describe())
}
