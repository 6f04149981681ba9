//! Authentication information: keys of a client that are added, rotated and revoked. The client is the case's own, and is
//! gone when it ends.

use super::begin;
use crate::{
    case::Case,
    cases::session::is_locked,
    hex,
    tester::{Attempt, Login, Start, Tester, encode, no_error},
    verdict::{Step, Stop},
};
use cardwire_peers::{Timers, identity::Key};
use serde_json::{Value, json};

/// The case's own client.
pub(super) const CLIENT: &str = "CASE-CLIENT";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "updates.keys-of-a-client-change",
            &["CW-UPD-018", "CW-UPD-005"],
            "A client's key that an update adds opens sessions, a rotated one until the new one is used, a revoked one no more",
            keys_change,
        )
        .slow(),
        Case::code(
            "updates.entitlements-limit-a-client",
            &["CW-UPD-018", "CW-LOGIN-006"],
            "A limited client gets the services that its key is entitled to, whatever the cloud grants",
            entitlements,
        ),
        Case::code(
            "updates.wrong-authentication-information-is-refused",
            &["CW-UPD-018", "CW-UPD-006"],
            "Authentication information that breaks one of its rules is refused with the rule",
            wrong_information,
        ),
    ]
}

/// A new key of the case's client.
pub(super) fn client(generation: u64, change: &str, key: &[u8; 32]) -> Value {
    json!({
        "client_id": CLIENT, "generation": generation, "change": change, "logins_left": 0,
        "pre_shared_key": hex::encode(key), "limited": false,
    })
}

pub(super) fn revoked(generations: &[u64]) -> Value {
    let all: Vec<Value> = generations
        .iter()
        .map(|generation| json!({ "client_id": CLIENT, "generation": generation }))
        .collect();
    json!({ "revoked": all })
}

/// Brings authentication information and commits it; the error that it is refused with, and its detail.
pub(super) fn change(tester: &mut Tester, fields: &Value) -> Step<Option<(Value, Value)>> {
    let document = encode("authentication", fields)?;
    let manifest = tester.authentication_manifest(&document)?;
    let encoded = manifest.encode()?;
    let signature = tester.sign(&encoded)?;
    let status = tester.offer(&encoded, &signature)?;
    if status.fields["error"] == "not-supported" {
        return Err(Stop::NotApplicable(
            "the reader takes no authentication information".into(),
        ));
    }
    tester.demand(no_error(&status), "the manifest accepted", status.describe())?;
    tester.send_content(&encoded, &document, 0)?;
    let result = tester.commit(&encoded)?;
    Ok((!no_error(&result)).then(|| (result.fields["error"].clone(), result.fields["detail"].clone())))
}

/// The same, for changes that must be made.
pub(super) fn changed(tester: &mut Tester, fields: &Value) -> Step {
    let refused = change(tester, fields)?;
    let seen = format!("{refused:?}");
    tester.demand(refused.is_none(), format!("the keys changed by {fields}"), seen)
}

/// Whether this key opens a session for this client.
pub(super) fn opens(tester: &mut Tester, client: &str, generation: u64, key: &[u8; 32]) -> Step<bool> {
    let mut own = tester.client(0)?;
    client.clone_into(&mut own.id);
    own.generation = u32::try_from(generation).unwrap_or(u32::MAX);
    let attempt = Attempt {
        key: Some(Key::new(*key)),
        ..Attempt::right(own)
    };
    let pause = 2 * tester.on_device(Timers::SPEC.backoff);
    tester.let_pass(pause)?;
    Ok(tester.try_connect(&attempt)?.accepted)
}

pub(super) fn demand_opens(
    tester: &mut Tester,
    generation: u64,
    key: &[u8; 32],
    expected: bool,
    what: &str,
) -> Step {
    tester.check("CW-UPD-018");
    let opened = opens(tester, CLIENT, generation, key)?;
    let word = |opened| if opened { "accepted" } else { "refused" };
    tester.demand(
        opened == expected,
        format!("a connect with {what} {}", word(expected)),
        word(opened),
    )
}

/// Forgets keys that a case before this one may have left.
pub(super) fn clean(tester: &mut Tester) -> Step {
    for generation in 1..=3 {
        tester.reach(Start::Serving)?;
        // Where there is none, that is said.
        change(tester, &revoked(&[generation]))?;
    }
    tester.reach(Start::Serving)
}

fn keys_change(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    let (_, _) = begin(tester)?;
    clean(tester)?;
    let [first, second, third] = [(); 3].map(|()| tester.random.array());
    changed(tester, &json!({ "clients": [client(1, "replace", &first)] }))?;
    demand_opens(tester, 1, &first, true, "a new client's key")?;
    demand_opens(tester, 1, &second, false, "another key of the new client")?;
    tester.reach(Start::Serving)?;
    changed(tester, &json!({ "clients": [client(2, "rotate", &second)] }))?;
    demand_opens(tester, 1, &first, true, "the key that is rotated")?;
    demand_opens(tester, 2, &second, true, "the key that follows")?;
    demand_opens(
        tester,
        1,
        &first,
        false,
        "the key before, once the new one was used",
    )?;
    tester.reset_device()?;
    demand_opens(tester, 1, &first, false, "the key before, after a reset")?;
    demand_opens(tester, 2, &second, true, "the key that follows, after a reset")?;
    tester.login(&Login::default())?;
    changed(tester, &revoked(&[2]))?;
    tester.check("CW-UPD-018");
    is_locked(tester, "its own key was revoked")?;
    demand_opens(tester, 2, &second, false, "a revoked key")?;
    tester.reset_device()?;
    demand_opens(tester, 2, &second, false, "a revoked key, after a reset")?;
    // What is not named stays.
    tester.reach(Start::Serving)?;
    changed(tester, &json!({ "clients": [client(3, "replace", &third)] }))?;
    demand_opens(tester, 3, &third, true, "the key after a revoked one")?;
    tester.reach(Start::Serving)?;
    changed(tester, &revoked(&[3]))?;
    demand_opens(
        tester,
        3,
        &third,
        false,
        "a key that was revoked in a session of another client",
    )?;
    tester.reach(Start::Serving)
}

fn entitlements(tester: &mut Tester) -> Step {
    let (_, _) = begin(tester)?;
    clean(tester)?;
    let services = tester.services()?;
    let numbers: Vec<u64> = services
        .iter()
        .filter_map(|entry| crate::tester::service_number(&entry["service"]))
        .collect();
    let Some(&entitled) = numbers.first().filter(|_| numbers.len() > 1) else {
        return Err(Stop::NotApplicable("the reader has one service only".into()));
    };
    let key = tester.random.array();
    let mut limited = client(1, "replace", &key);
    limited["limited"] = json!(true);
    let entitlement = json!({ "client": 0, "service": entitled });
    changed(
        tester,
        &json!({ "clients": [limited], "entitlements": [entitlement] }),
    )?;
    demand_opens(tester, 1, &key, true, "a limited client's key")?;
    tester.login(&Login::default())?;
    tester.check("CW-UPD-018");
    for entry in tester.services()? {
        let mine = crate::tester::service_number(&entry["service"]) == Some(entitled);
        let right = (entry["interface"] == "enabled") == mine;
        tester.demand(
            right,
            "the service that it is entitled to enabled, and no other",
            entry,
        )?;
    }
    tester.reach(Start::Connected)?;
    tester.disconnect()?;
    clean(tester)
}

fn wrong_information(tester: &mut Tester) -> Step {
    let (_, _) = begin(tester)?;
    clean(tester)?;
    let key = tester.random.array();
    let zeros = "00".repeat(32);
    for (what, fields, rule) in [
        ("nothing", json!({}), "document"),
        (
            "a client twice",
            json!({ "clients": [client(1, "replace", &key), client(2, "replace", &key)] }),
            "document",
        ),
        (
            "the rotation of a client that it does not have",
            json!({ "clients": [client(1, "rotate", &key)] }),
            "client",
        ),
        (
            "the revocation of a key that it does not have",
            revoked(&[1]),
            "client",
        ),
        (
            "a cloud's key that is no point",
            json!({ "cloud": [{ "public_key": zeros, "logins_left": 0 }] }),
            "key",
        ),
        (
            "an authority's key of small order",
            json!({ "authority": [{ "public_key": zeros }] }),
            "key",
        ),
    ] {
        let before = tester.authentication_counter();
        tester.check("CW-UPD-018");
        let refused = change(tester, &fields)?;
        let detail = crate::embedded::registered("authentication_rule", rule);
        let right = refused
            .as_ref()
            .is_some_and(|(error, seen)| *error == "update-authentication" && seen.as_u64() == detail);
        tester.demand(
            right,
            format!("update-authentication with the rule {rule} to {what}"),
            format!("{refused:?}"),
        )?;
        tester.login(&Login::default())?;
        let after = tester.authentication_counter();
        tester.demand(after == before, format!("the counter {before}"), after)?;
    }
    demand_opens(tester, 1, &key, false, "a key of refused information")?;
    tester.reach(Start::Serving)
}
