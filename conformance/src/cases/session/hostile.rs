//! What no bytes may do to a reader: have something executed in clear, provision it, stop it; and what it says itself.

use super::STATUS;
use crate::{
    case::Case,
    embedded::{protocol, registered},
    hex,
    tester::{Attempt, Login, Start, Tester, service_number},
    vectors,
    verdict::{Step, Stop},
};
use cardwire_peers::identity::Key;
use cardwire_spec::Place;
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "session.nothing-is-executed-in-clear",
            &["CW-SEC-001", "CW-CONN-003"],
            "Every request in clear gets the refusal while connected, logging in and serving, and changes nothing",
            nothing_in_clear,
        ),
        Case::code(
            "session.nothing-provisions",
            &["CW-SEC-004", "CW-CODEC-009"],
            "No message of an unknown code, in clear or sealed, changes identity, keys, clients or kind of identity",
            nothing_provisions,
        ),
        Case::code(
            "session.hostile-bytes-stop-nothing",
            &["CW-SEC-002", "CW-CONN-001"],
            "After handshake messages, connects and sealed frames of every length hello is answered, without a reset",
            hostile_bytes,
        ),
        Case::code(
            "session.numbers-are-assigned",
            &["CW-VER-003"],
            "Whatever the reader says holds numbers that are assigned, or left to its vendor",
            numbers_are_assigned,
        ),
    ]
}

/// Requests of the schema, encoded: a typical one of each.
fn requests() -> Vec<(&'static str, Vec<u8>)> {
    let messages = protocol().messages_at(Place::Request);
    messages
        .filter_map(|message| {
            let vector = vectors::valid(&message.name).find(|vector| vector.name == "typical")?;
            Some((message.name.as_str(), hex::decode(&vector.hex)?))
        })
        .collect()
}

fn nothing_in_clear(tester: &mut Tester) -> Step {
    for state in ["connected", "login", "serving"] {
        tester.reach(Start::Connected)?;
        match state {
            "login" => tester.begin_login(&Login::default().offers).map(drop)?,
            "serving" => tester.login(&Login::default())?,
            _ => {}
        }
        tester.state_is(state)?;
        let mark = tester.mark()?;
        tester.check("CW-SEC-001");
        for (name, request) in requests() {
            tester.refused_in_clear(&request, &format!("{name} in clear while {state}"))?;
        }
        // Short forms of what would do most.
        for request in [&[0x0C][..], &STATUS, &[0x03, 0x00]] {
            tester.refused_in_clear(request, &format!("a request in clear while {state}"))?;
        }
        tester.state_is(state)?;
        let records = tester.records(mark)?;
        let changed = records.changes.len();
        tester.demand(
            changed == 0,
            "no working state changed",
            format!("{changed} changes"),
        )?;
        tester.disconnect()?;
    }
    Ok(())
}

fn nothing_provisions(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let kind = tester.status()?.fields["provisioning"].clone();
    let reader_id = tester.hello()?.answer.fields["reader_id"].clone();
    tester.check("CW-SEC-004");
    let rule = registered("codec_rule", "message-type");
    let known: Vec<u8> = protocol()
        .messages_at(Place::Request)
        .map(|message| message.code)
        .collect();
    let strange = (0x00..=0xFF).filter(|code| !known.contains(code));
    for code in strange {
        let body = tester.random.bytes(33);
        let message = [&[code][..], &body].concat();
        // The codes of hello and connect are the tester's own, those of answers get none.
        if code > 0x02 && code < 0x80 {
            tester.refused_in_clear(&message, &format!("the code {code:02x} in clear"))?;
        }
        let answer = tester.ask_bytes(&message)?;
        tester.demand_error(&answer, &["malformed"], &format!("the code {code:02x}"))?;
        let right = answer.fields["detail"].as_u64() == rule;
        tester.demand(right, "the rule message-type", answer.describe())?;
    }
    let same = tester.status()?.fields["provisioning"] == kind;
    tester.demand(same, format!("provisioning {kind}"), "another one")?;
    let named = tester.hello()?.answer.fields["reader_id"] == reader_id;
    tester.demand(named, format!("the identity {reader_id}"), "another one")?;
    // The clients that there were get in, with the keys that they had, and the cloud still takes the reader.
    for client in [1, 0] {
        tester.connect_as(client)?;
        tester.login(&Login::default())?;
    }
    let stranger = Attempt {
        key: Some(Key::new(tester.random.array())),
        ..Attempt::right(tester.client(0)?)
    };
    tester.refused_connect(&stranger, "another key")?;
    tester.state_is("serving").map(drop)
}

fn hostile_bytes(tester: &mut Tester) -> Step {
    tester.connect()?;
    let boots = tester.status()?.number("boot_counter")?;
    for length in [16, 17, 31, 32, 33, 47, 49, 95, 96, 97, 479] {
        tester.begin_login(&Login::default().offers)?;
        let bytes = tester.random.bytes(length);
        tester.check("CW-SEC-002");
        tester.relay_refused(&bytes, &["cloud-not-authenticated"])?;
        tester.hello()?;
    }
    for length in [0, 1, 12, 15, 16, 17, 48, 499] {
        let number = tester.next_number()?;
        let bytes = tester.random.bytes(length);
        tester.send_frame("sealed", number, &bytes)?;
        tester.silence(&format!("a sealed frame of {length} random bytes"))?;
    }
    for size in [0, 1, 31, 32, 47, 49, 128] {
        let attempt = Attempt {
            handshake_size: Some(size),
            ..Attempt::right(tester.client(0)?)
        };
        tester.refused_connect(&attempt, &format!("a handshake message of {size} bytes"))?;
    }
    for vector in vectors::invalid("connect").filter(|vector| !vector.is_too_large()) {
        let message =
            hex::decode(&vector.hex).ok_or_else(|| Stop::Error(format!("{}: no hex", vector.name)))?;
        tester.refused_in_clear(&message, &format!("connect, {}", vector.name))?;
    }
    let status = tester.state_is("connected")?;
    let same = status.number("boot_counter")? == boots;
    tester.demand(same, format!("still the boot {boots}"), status.describe())
}

fn numbers_are_assigned(tester: &mut Tester) -> Step {
    // The tester judges the numbers of each message that comes; here every answer comes once.
    tester.reach(Start::Serving)?;
    let services = tester.services()?;
    let first = services
        .first()
        .and_then(|entry| service_number(&entry["service"]));
    let first = first.ok_or_else(|| tester.failure("a service", "none"))?;
    let job = tester.instruct(first)?;
    let ended = tester.wait_for(&job.id)?;
    if ended.number("data_length")? > 0 {
        tester.ask("job_data", json!({ "job": job.id, "part": 0 }))?;
    }
    for (name, fields) in [
        ("reader_status", json!({})),
        ("diagnostics", json!({ "from": 0 })),
        ("job_status", json!({ "job": job.id })),
        ("job_status", json!({ "job": "00".repeat(16) })),
        ("job_data", json!({ "job": job.id, "part": 9 })),
        ("job_abort", json!({ "job": "00".repeat(16) })),
        (
            "instruct",
            json!({ "job": "00".repeat(16), "service": 0xF0F0, "parameters": "" }),
        ),
        ("relay", json!({ "payload": "00".repeat(64) })),
        ("relay", json!({ "payload": "00".repeat(64) })),
        ("disconnect", json!({})),
    ] {
        tester.ask(name, fields)?;
    }
    tester.session_has_ended();
    tester.hello().map(drop)
}
