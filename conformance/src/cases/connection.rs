//! Hello, the locked reader, connect.

use crate::{
    case::Case,
    embedded::protocol,
    hex,
    tester::{Attempt, Greeting, Login, Prologue, Reply, Start, Tester, hello},
    vectors,
    verdict::{Step, Stop},
};
use serde_json::Value;

mod challenge;
mod combinations;
mod refused;

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        Case::code(
            "connection.hello-in-every-state",
            &["CW-CONN-001"],
            "Hello is answered the same while locked, connected, logging in and serving, and changes nothing",
            hello_in_every_state,
        ),
        Case::code(
            "connection.hello-states-the-highest-common-version",
            &["CW-CONN-002"],
            "Hello's answer states the highest common version, and 0 where there is none",
            highest_common_version,
        ),
        Case::code(
            "connection.locked-refuses-every-message",
            &["CW-CONN-003"],
            "Every message of the schema but hello and connect gets the same refusal from a locked reader",
            locked_refuses_every_message,
        ),
        Case::code(
            "connection.locked-refuses-what-is-malformed",
            &["CW-CONN-003", "CW-CODEC-005", "CW-CODEC-010"],
            "Malformed hellos and connects get the refusal and nothing that says why",
            locked_refuses_what_is_malformed,
        ),
        Case::code(
            "connection.locked-refuses-sealed-frames",
            &["CW-CONN-003"],
            "A sealed frame gets the refusal from a locked reader",
            locked_refuses_sealed_frames,
        ),
        Case::code(
            "connection.right-connect-opens-the-platform-interface-only",
            &["CW-CONN-005", "CW-CONN-004", "CW-CONN-010"],
            "An accepted connect enables the platform interface, and no service interface",
            right_connect,
        ),
        Case::code(
            "connection.every-client-gets-in",
            &["CW-CONN-004"],
            "Each of the clients that the reader stores is accepted, one after the other",
            every_client_gets_in,
        ),
        Case::code(
            "connection.connect-brings-its-own-hello",
            &["CW-CONN-004"],
            "A connect is decided by the hello that it carries, not by the one that was said last",
            connect_brings_its_own_hello,
        ),
        Case::code(
            "connection.accepted-connect-ends-the-session-before",
            &["CW-CONN-005", "CW-SESS-007"],
            "After an accepted connect the old session's keys open nothing, and its login is gone",
            accepted_connect_ends_the_session_before,
        ),
    ];
    all.extend(challenge::cases());
    all.extend(refused::cases());
    all.extend(combinations::cases());
    all
}

fn hello_in_every_state(tester: &mut Tester) -> Step {
    let locked = tester.hello()?;
    let again = tester.hello()?;
    tester.demand(
        locked.answer.bytes == again.answer.bytes,
        "the same answer to the same hello",
        again.answer.describe(),
    )?;
    tester.reach(Start::Connected)?;
    let connected = tester.hello()?;
    tester.state_is("connected")?;
    tester.begin_login(&Login::default().offers)?;
    let login = tester.hello()?;
    tester.state_is("login")?;
    tester.login(&Login::default())?;
    let serving = tester.hello()?;
    tester.state_is("serving")?;
    for later in [&login, &serving] {
        let same = later.answer.bytes == connected.answer.bytes;
        tester.demand(same, connected.answer.describe(), later.answer.describe())?;
    }
    Ok(())
}

fn highest_common_version(tester: &mut Tester) -> Step {
    let greeting = tester.hello()?;
    let spoken: Vec<u64> = greeting
        .answer
        .items("versions")?
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    tester.check("CW-CONN-002");
    let strange: Vec<u64> = (1..=255)
        .rev()
        .filter(|version| !spoken.contains(version))
        .collect();
    let (Some(&high), Some(&low)) = (strange.first(), strange.last()) else {
        return Err(Stop::NotApplicable("the reader speaks every version".into()));
    };
    let own = u64::from(protocol().about.version);
    for mut ours in [
        vec![own],
        vec![own, high],
        vec![low, own],
        vec![low, own, high],
        vec![low, high],
        vec![high],
    ] {
        ours.sort_unstable();
        ours.dedup();
        let expected = ours
            .iter()
            .filter(|version| spoken.contains(version))
            .max()
            .copied()
            .unwrap_or(0);
        let answer = tester.ask_clear(&hello(&ours)?)?;
        let right = answer.fields["version"] == expected;
        tester.demand(
            right,
            format!("hello_answer with version {expected} to {ours:?}"),
            answer.describe(),
        )?;
    }
    Ok(())
}

/// What a locked reader must not have changed: its answer to hello.
fn unchanged(tester: &mut Tester, act: impl FnOnce(&mut Tester) -> Step) -> Step {
    let before = tester.hello()?;
    act(tester)?;
    let after = tester.hello()?;
    let same = before.answer.bytes == after.answer.bytes;
    tester.demand(
        same,
        format!("still {}", before.answer.describe()),
        after.answer.describe(),
    )?;
    // The twin: what is right is still accepted.
    tester.reach(Start::Connected)?;
    tester.state_is("connected").map(drop)
}

fn locked_refuses_every_message(tester: &mut Tester) -> Step {
    unchanged(tester, |tester| {
        // Codes of answers get no answer at all (CW-LINK-007).
        let messages = protocol().messages.iter().filter(|message| !message.answer);
        for message in messages.filter(|message| !["hello", "connect"].contains(&message.name.as_str())) {
            for vector in vectors::valid(&message.name) {
                let payload = hex::decode(&vector.hex).unwrap_or_default();
                tester.refused_in_clear(&payload, &format!("{}, {}, in clear", message.name, vector.name))?;
            }
        }
        Ok(())
    })
}

fn locked_refuses_what_is_malformed(tester: &mut Tester) -> Step {
    unchanged(tester, |tester| {
        for name in ["hello", "connect"] {
            for vector in vectors::invalid(name) {
                let payload = hex::decode(&vector.hex).unwrap_or_default();
                // What is larger than the place allows is refused or, as a frame that is too long, dropped.
                if !vector.is_too_large() {
                    tester.refused_in_clear(&payload, &format!("{name}, {}", vector.name))?;
                }
            }
        }
        for code in [0x00, 0x1F, 0x40, 0x7F] {
            tester.refused_in_clear(&[code], &format!("the unknown code {code:02x}"))?;
        }
        Ok(())
    })
}

fn locked_refuses_sealed_frames(tester: &mut Tester) -> Step {
    unchanged(tester, |tester| {
        for (number, length) in [(0, 17), (1, 40), (1 << 63, 32), (u64::MAX, 16), (0, 0)] {
            let payload = tester.random.bytes(length);
            tester.send_frame("sealed", number, &payload)?;
            match tester.reply(number, 0) {
                Ok(Reply::Refusal(_)) => {}
                Ok(reply) => return tester.fail("the refusal of a sealed frame", reply.describe()),
                Err(Stop::Error(_)) => return tester.fail("the refusal of a sealed frame", "a sealed frame"),
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    })
}

fn right_connect(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let mark = tester.mark()?;
    tester.disconnect()?;
    tester.connect()?;
    tester.state_is("connected")?;
    tester.refused(
        "service_list",
        serde_json::json!({ "from": 0 }),
        &["not-logged-in"],
    )?;
    let records = tester.records(mark)?;
    let platform: Vec<_> = records
        .of("platform-interface")
        .iter()
        .map(|(_, state)| *state)
        .collect();
    let right = platform == ["disabled", "enabled"];
    tester.demand(
        right,
        "the platform interface disabled, then enabled",
        format!("{platform:?}"),
    )?;
    let services = records.of("service-interface");
    let none_enabled = services.iter().all(|(_, state)| *state != "enabled");
    tester.demand(
        none_enabled,
        "no service interface enabled",
        format!("{services:?}"),
    )
}

fn every_client_gets_in(tester: &mut Tester) -> Step {
    for client in [0, 1, 0, 1] {
        tester.connect_as(client)?;
        tester.state_is("connected")?;
    }
    tester.disconnect()?;
    tester.connect_as(1)?;
    tester.login(&Login::default())?;
    tester.state_is("serving").map(drop)
}

fn connect_brings_its_own_hello(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let own = u64::from(protocol().about.version);
    let hello = hello(&[own, 200])?;
    let answer = tester.ask_clear(&hello)?;
    let longer = Greeting { hello, answer };
    // The hello that was said last is another one.
    tester.hello()?;
    let attempt = Attempt::right(tester.client(0)?);
    let outcome = tester.try_connect_after(&longer, &attempt)?;
    tester.demand(
        outcome.accepted,
        "connect_answer to a connect with a longer hello",
        outcome.answer.describe(),
    )?;
    tester.state_is("connected").map(drop)
}

fn accepted_connect_ends_the_session_before(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    tester.services()?;
    let number = tester.next_number()?;
    let old = tester.seal(number, &[0x0A])?;
    tester.connect_as(1)?;
    tester.send_frame("sealed", number, &old)?;
    tester.silence("a request under the keys of the session before")?;
    tester.state_is("connected")?;
    tester.refused(
        "service_list",
        serde_json::json!({ "from": 0 }),
        &["not-logged-in"],
    )?;
    Ok(())
}

/// A right connect, then everything that makes it wrong, one thing at a time.
fn right_then(tester: &mut Tester, wrong: &Attempt, what: &str) -> Step<crate::tester::Outcome> {
    tester.connect()?;
    tester.disconnect()?;
    tester.refused_connect(wrong, what)
}

/// A prologue with another hello than the connect's.
fn other_hello() -> Step<Prologue> {
    hello(&[1, 2]).map(Prologue::Hello)
}
