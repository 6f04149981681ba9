//! The guard over a card's PIN. The case takes tries only once the right PIN was taken, leaves the last one, and puts them
//! back by the PUK whatever came out.

use super::super::programs;
use crate::{
    embedded::protocol,
    hex,
    ics::Pin,
    tester::{Answer, Ended, Job, Start, Tester, encode},
    verdict::{Step, Stop},
};
use serde_json::json;

/// Cards answer so for a PIN that is disabled.
const DISABLED: u64 = 0x6984;
const FINE: u64 = 0x9000;

pub(super) fn guard(tester: &mut Tester) -> Step {
    let Some(pin) = tester.bench.card.pin.clone() else {
        return super::nothing_stated("`card-pin`");
    };
    tester.reach(Start::Serving)?;
    let was_disabled = unlocked(tester, &pin)?;
    let result = spend(tester, &pin);
    // Whatever the reader did, the card is as it was before the case has an end.
    let back = restore(tester, &pin, was_disabled);
    result.and(back)
}

/// Has the card take its PIN, and tells whether it was disabled. Where it does not, no try is spent.
fn unlocked(tester: &mut Tester, pin: &Pin) -> Step<bool> {
    let first = present(tester, "verify", &pin.pin, &pin.pin)?;
    let (was_disabled, last) = match word(&first.status)? {
        DISABLED => {
            present(tester, "enable", &pin.pin, &pin.pin)?;
            (true, present(tester, "verify", &pin.pin, &pin.pin)?)
        }
        _ => (false, first),
    };
    if word(&last.status)? == FINE {
        return Ok(was_disabled);
    }
    Err(Stop::Inconclusive(format!(
        "the card does not take the PIN of the IXIT: {}",
        last.status.describe()
    )))
}

fn spend(tester: &mut Tester, pin: &Pin) -> Step {
    let guard = protocol().limits.get("pin_guard").map(|limit| limit.value);
    let guard = guard.ok_or_else(|| Stop::Error("the schema has no pin_guard".into()))?;
    let wrong = wrong(&pin.pin);
    for left in (guard..pin.tries).rev() {
        let ended = present(tester, "verify", &wrong, &wrong)?;
        tester.check("CW-LOGIC-009");
        let tries = u32::try_from(left).unwrap_or_default().to_be_bytes();
        let right = word(&ended.status)? == 0x63C0 | left && ended.item("tries", "number") == Some(&tries);
        tester.demand(
            right,
            format!("a wrong PIN presented once, and {left} tries left"),
            format!("{}, {}", ended.status.describe(), ended.describe()),
        )?;
    }
    // A reader that presents it all the same presents the right one: no card is blocked by that.
    for _ in 0..2 {
        let job = instruct(tester, "verify", &pin.pin, &pin.pin)?;
        let status = tester.wait_for(&job.id)?;
        tester.check("CW-LOGIC-009");
        let right = status.fields["outcome"] == "pin-tries-low" && word(&status)? == 0x63C0 | guard;
        tester.demand(
            right,
            format!("pin-tries-low, and still {guard} tries left"),
            status.describe(),
        )?;
    }
    Ok(())
}

fn restore(tester: &mut Tester, pin: &Pin, was_disabled: bool) -> Step {
    let unblocked = present(tester, "unblock", &pin.puk, &pin.pin)?;
    tester.check("CW-LOGIC-009");
    tester.demand(
        word(&unblocked.status)? == FINE,
        "the PIN unblocked by the PUK of the IXIT",
        unblocked.status.describe(),
    )?;
    let again = present(tester, "verify", &pin.pin, &pin.pin)?;
    tester.demand(
        word(&again.status)? == FINE,
        "the PIN taken again",
        again.status.describe(),
    )?;
    if was_disabled {
        present(tester, "disable", &pin.pin, &pin.pin)?;
    }
    Ok(())
}

/// Runs logic that presents these secrets.
fn present(tester: &mut Tester, function: &str, first: &str, second: &str) -> Step<Ended> {
    let job = instruct(tester, function, first, second)?;
    tester.finish(&job, "success")
}

fn instruct(tester: &mut Tester, function: &str, first: &str, second: &str) -> Step<Job> {
    let service = tester.provide(&programs::presenting(function)?)?;
    let item = |name: &str, value: &str| json!({ "name": name, "kind": "text", "value": hex::encode(value.as_bytes()) });
    let items = json!({ "items": [item("first", first), item("second", second)] });
    let parameters = hex::encode(&encode("service_data", &items)?);
    let id = tester.job_id();
    let fields = json!({ "job": id, "service": service, "parameters": parameters });
    tester.check("CW-LOGIC-009");
    // No report holds a secret of the card.
    let answer = tester.secretly(|tester| tester.expect("instruct", fields, "instruct_answer"))?;
    let state = answer.text("state")?.to_owned();
    Ok(Job { id, service, state })
}

/// A PIN of the same length that is another one.
fn wrong(pin: &str) -> String {
    let (rest, last) = pin.split_at(pin.len().saturating_sub(1));
    let digit = last.bytes().next().unwrap_or(b'0');
    let other = if digit == b'9' { b'0' } else { digit + 1 };
    format!("{rest}{}", char::from(other))
}

/// The status word that a job has ended with.
fn word(status: &Answer) -> Step<u64> {
    status.number("status_word")
}
