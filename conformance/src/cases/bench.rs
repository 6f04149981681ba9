//! What a laboratory makes possible that knows its card and can cut the power: the values of the IXIT, put to use.

use super::programs::{self, IDENTIFY, SERVICE, SUBSCRIBER};
use crate::{
    case::Case,
    hex,
    tester::{Ended, Start, Tester, no_error},
    verdict::{Step, Stop},
};

mod pin;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "interfaces.card-is-the-one-on-the-bench",
            &["CW-SVC-001"],
            "card.identify gives the answer to reset and the ICCID that the IXIT states",
            identify,
        ),
        Case::code(
            "interfaces.card-is-the-subscribers",
            &["CW-SVC-002"],
            "subscriber.read gives the IMSI, name and number that the IXIT states",
            subscriber,
        ),
        Case::code(
            "logic.pin-guard-leaves-the-last-try",
            &["CW-LOGIC-009"],
            "pin presents a secret while tries are left for it, tells how many, and never takes the last one",
            pin::guard,
        ),
        Case::code(
            "updates.power-cut-before-the-commit-keeps-the-old",
            &["CW-UPD-008", "CW-UPD-010"],
            "After a power cut before the commit the old logic runs, and the update goes on where it was",
            cut_before_commit,
        ),
        Case::code(
            "updates.power-cut-after-the-commit-keeps-the-new",
            &["CW-UPD-008", "CW-UPD-005"],
            "After a power cut right behind the commit the new logic runs, and its counter is there",
            cut_after_commit,
        ),
    ]
}

/// Holds an item of service data to what the IXIT states of the card; nothing stated, nothing said.
fn demand_item(tester: &Tester, ended: &Ended, item: &str, kind: &str, stated: Option<&[u8]>) -> Step<bool> {
    let Some(stated) = stated else { return Ok(false) };
    let shown = match kind {
        "text" => String::from_utf8_lossy(stated).into_owned(),
        _ => hex::encode(stated),
    };
    tester.demand(
        ended.item(item, kind) == Some(stated),
        format!("{shown} as {item}, as the IXIT states it"),
        ended.describe(),
    )?;
    Ok(true)
}

fn nothing_stated<T>(what: &str) -> Step<T> {
    Err(Stop::NotApplicable(format!(
        "the IXIT does not state {what} of the card"
    )))
}

fn identify(tester: &mut Tester) -> Step {
    let card = tester.bench.card.clone();
    if card.atr.is_none() && card.iccid.is_none() {
        return nothing_stated("`card-atr` or `card-iccid`");
    }
    tester.reach(Start::Serving)?;
    let ended = tester.run(IDENTIFY)?;
    tester.check("CW-SVC-001");
    demand_item(tester, &ended, "atr", "bytes", card.atr.as_deref())?;
    demand_item(
        tester,
        &ended,
        "iccid",
        "text",
        card.iccid.as_deref().map(str::as_bytes),
    )?;
    Ok(())
}

fn subscriber(tester: &mut Tester) -> Step {
    let card = tester.bench.card.clone();
    if card.imsi.is_none() && card.spn.is_none() && card.msisdn.is_none() {
        return nothing_stated("`card-imsi`, `card-spn` or `card-msisdn`");
    }
    tester.reach(Start::Serving)?;
    let ended = tester.run(SUBSCRIBER)?;
    tester.check("CW-SVC-002");
    for (item, stated) in [("imsi", &card.imsi), ("spn", &card.spn), ("msisdn", &card.msisdn)] {
        demand_item(tester, &ended, item, "text", stated.as_deref().map(str::as_bytes))?;
    }
    Ok(())
}

/// A text that no update before has brought.
fn fresh(tester: &mut Tester) -> String {
    hex::encode(&tester.random.array::<4>())
}

/// Runs the suite's service, and holds it to what its logic gives.
fn gives(tester: &mut Tester, text: &str, when: &str) -> Step {
    let ended = tester.run(SERVICE)?;
    tester.under("CW-UPD-008", |tester| {
        tester.demand(
            ended.item("echo", "text") == Some(text.as_bytes()),
            format!("the text {text} of {when}"),
            ended.describe(),
        )
    })
}

fn cut_before_commit(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let (old, new) = (fresh(tester), fresh(tester));
    tester.provide(&programs::echo(&old)?)?;
    let document = programs::echo(&new)?;
    let manifest = tester.manifest(SERVICE, &document)?;
    tester.offer_accepted(&manifest)?;
    let encoded = manifest.encode()?;
    tester.send_content(&encoded, &document, 0)?;
    tester.cut_power()?;
    tester.reach(Start::Serving)?;
    gives(tester, &old, "the logic that was there before the power cut")?;
    // What was received may have been kept or not; the same update goes through in either case.
    let mut status = tester.offer_accepted(&manifest)?;
    if status.fields["state"] == "receiving" {
        let from = status.number("next_offset")? as usize;
        status = tester.send_content(&encoded, &document, from)?;
    }
    tester.check("CW-UPD-010");
    tester.demand(
        no_error(&status) && status.fields["state"] == "received",
        "all bytes received after the power cut",
        status.describe(),
    )?;
    let result = tester.commit(&encoded)?;
    tester.check("CW-UPD-008");
    tester.demand(no_error(&result), "success of the same update", result.describe())?;
    gives(tester, &new, "the logic that was committed after the power cut")
}

fn cut_after_commit(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let text = fresh(tester);
    let document = programs::echo(&text)?;
    let manifest = tester.install(SERVICE, &document)?;
    tester.cut_power()?;
    tester.reach(Start::Serving)?;
    gives(tester, &text, "the logic that was committed before the power cut")?;
    tester.check("CW-UPD-005");
    let counter = tester.logic_counter();
    tester.demand(
        counter == manifest.counter,
        format!("the counter {} of the update", manifest.counter),
        counter,
    )
}
