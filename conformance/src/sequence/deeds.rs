//! Steps that are more than one message: a login, an update, a service from instruction to data, a hand at the bench.

use super::{
    broken,
    model::{Item, LoginData, Move, Sequence, StepData},
};
use crate::{
    embedded::registered,
    hex,
    tester::{Ended, Job, Login, Start, Tester, assemble, encode},
    verdict::{Step, Stop},
};
use serde_json::{Value, json};

/// The format `native`.
const NATIVE: u64 = 0x01;

/// Does what a step says where that is no single message; `false` where it is one.
pub(super) fn play(sequence: &Sequence, step: &StepData, tester: &mut Tester) -> Step<bool> {
    if let Some(login) = &step.login {
        log_in(sequence, login, tester)?;
    } else if let Some(text) = &step.install {
        tester.provide(&assemble(text)?)?;
    } else if let Some(service) = &step.run {
        run(sequence, step, service, tester)?;
    } else if let Some(to_move) = step.bench {
        moved(to_move, tester)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Declares a sequence not applicable where another card than the published one is in the slot.
pub(super) fn needs_certification_card(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    if tester.card_is_published()? {
        tester.disconnect()
    } else {
        Err(Stop::NotApplicable(
            "the card in the slot is not the published certification card".into(),
        ))
    }
}

fn log_in(sequence: &Sequence, login: &LoginData, tester: &mut Tester) -> Step {
    let number = |name: &String| service(sequence, name);
    let format = registered("format", &login.format)
        .ok_or_else(|| broken(sequence, format!("{} is no format", login.format)))?;
    let mut offers = Vec::new();
    for name in &login.offers {
        offers.push((number(name)?, format));
    }
    offers.sort_unstable();
    let grants = match &login.grants {
        Some(names) => {
            let mut grants = names.iter().map(number).collect::<Step<Vec<u64>>>()?;
            grants.sort_unstable();
            Some(grants)
        }
        None => None,
    };
    tester.login(&Login {
        offers,
        grants,
        ..Login::default()
    })
}

fn service(sequence: &Sequence, name: &str) -> Step<u64> {
    registered("service", name).ok_or_else(|| broken(sequence, format!("{name} is no service")))
}

/// A service from its instruction to its data. What a reader does not list does not apply to it.
fn run(sequence: &Sequence, step: &StepData, name: &str, tester: &mut Tester) -> Step {
    let number = service(sequence, name)?;
    let Some(entry) = tester.service(number)? else {
        return Err(Stop::NotApplicable(format!("the reader does not list {name}")));
    };
    if entry["interface"] != "enabled" {
        tester.login(&Login {
            offers: vec![(number, NATIVE)],
            ..Login::default()
        })?;
    }
    let id = tester.job_id();
    let fields =
        json!({ "job": id, "service": number, "parameters": parameters(sequence, &step.parameters)? });
    let answer = tester.expect("instruct", fields, "instruct_answer")?;
    let state = answer.text("state")?.to_owned();
    let job = Job {
        id,
        service: number,
        state,
    };
    let outcome = step.outcome.as_deref().unwrap_or("success");
    let ended = tester.finish(&job, outcome)?;
    match &step.items {
        Some(items) => judge(sequence, items, &ended, tester),
        None => Ok(()),
    }
}

fn parameters(sequence: &Sequence, items: &[Item]) -> Step<String> {
    if items.is_empty() {
        return Ok(String::new());
    }
    let mut written = Vec::new();
    for item in items {
        let value = hex::encode(&bytes(sequence, item)?);
        written.push(json!({ "name": item.name, "kind": item.kind, "value": value }));
    }
    Ok(hex::encode(&encode(
        "service_data",
        &json!({ "items": written }),
    )?))
}

/// The value of an item as service data carries it.
fn bytes(sequence: &Sequence, item: &Item) -> Step<Vec<u8>> {
    let wrong = || broken(sequence, format!("{} is no {}", item.value, item.kind));
    match (item.kind.as_str(), &item.value) {
        ("text", Value::String(text)) => Ok(text.clone().into_bytes()),
        ("bytes", Value::String(digits)) => hex::decode(digits).ok_or_else(wrong),
        ("number", Value::Number(number)) => {
            let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
            number
                .map(|number| number.to_be_bytes().to_vec())
                .ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

fn judge(sequence: &Sequence, items: &[Item], ended: &Ended, tester: &Tester) -> Step {
    let mut expected = Vec::new();
    for item in items {
        expected.push((item.name.clone(), item.kind.clone(), bytes(sequence, item)?));
    }
    let shown: Vec<_> = items
        .iter()
        .map(|item| format!("{} ({}) {}", item.name, item.kind, item.value))
        .collect();
    tester.demand(
        ended.items == expected,
        format!("the items {}", shown.join(", ")),
        ended.describe(),
    )
}

fn moved(to_move: Move, tester: &mut Tester) -> Step {
    match to_move {
        Move::RemoveCard => tester.move_card(false),
        Move::InsertCard => tester.move_card(true),
        Move::ResetDevice => tester.reset_device(),
        Move::ResetLink => {
            tester.needs_link_reset()?;
            tester.reopen_link()?;
            tester.wake()
        }
    }
}
