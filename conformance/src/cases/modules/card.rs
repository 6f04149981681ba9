//! The card's slot: the transport rules, and a card that comes and goes.

use super::super::programs::{self, IDENTIFY};
use crate::{
    case::Case,
    tester::{Answer, Start, Tester},
    verdict::Step,
};
use serde_json::Value;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "modules.transport-rules-are-the-readers",
            &["CW-MOD-010"],
            "The reader repeats a command with the length of 6Cxx and fetches what 61xx announces",
            transport_rules,
        ),
        Case::code(
            "modules.card-moves-are-counted",
            &["CW-MOD-008", "CW-MOD-011"],
            "reader_status counts the card out and in again, and an event tells of each",
            card_moves_are_counted,
        ),
        Case::code(
            "modules.card-pulled-out-ends-the-job",
            &["CW-MOD-009", "CW-MOD-003"],
            "A service whose card is pulled out ends with card-removed, and its module is off",
            card_pulled_out,
        ),
        Case::code(
            "modules.disabled-card-has-no-supply",
            &["CW-MOD-002"],
            "What a service has selected on the card is gone when the next one reads without a reset",
            no_supply,
        ),
        Case::code(
            "modules.slots-are-counted",
            &["CW-MOD-008"],
            "reader_status shows each slot once, and its generation stays while no card moves",
            slots_are_counted,
        ),
    ]
}

fn transport_rules(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let identified = tester.run(IDENTIFY)?;
    let service = tester.provide(&programs::transport()?)?;
    let ended = tester.run(service)?;
    tester.check("CW-MOD-010");
    // ETSI TS 102 221, 11.1.1.3: the template of a file begins with 62.
    let template = ended.item("template", "bytes").unwrap_or_default();
    tester.demand(
        template.first() == Some(&0x62),
        "the template that 61xx announces",
        ended.describe(),
    )?;
    let same = ended.item("iccid", "text") == identified.item("iccid", "text");
    tester.demand(same, identified.describe(), ended.describe())
}

fn no_supply(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    for policy in ["whole-service", "per-step"] {
        let service = tester.provide(&programs::selecting(policy)?)?;
        tester.run(service)?;
        let service = tester.provide(&programs::reading_what_is_selected()?)?;
        let job = tester.instruct(service)?;
        let status = tester.wait_for(&job.id)?;
        tester.check("CW-MOD-002");
        let outcome = &status.fields["outcome"];
        let forgotten = outcome == "card-mute" || outcome == "card-status";
        tester.demand(
            forgotten,
            "a card that is mute without a reset, or has nothing selected",
            status.describe(),
        )?;
    }
    Ok(())
}

fn slots_are_counted(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let before = tester.status()?;
    let job = tester.instruct(IDENTIFY)?;
    tester.wait_for(&job.id)?;
    let after = tester.status()?;
    let slots = after.items("slots")?;
    tester.check("CW-MOD-008");
    let numbers: Vec<_> = slots.iter().filter_map(|slot| slot["number"].as_u64()).collect();
    let once = numbers
        .iter()
        .enumerate()
        .all(|(at, number)| !numbers[..at].contains(number));
    tester.demand(once, "each slot once", after.describe())?;
    let same = |one: &Value, other: &Value| one["generation"] == other["generation"];
    let kept = before
        .items("slots")?
        .iter()
        .zip(slots)
        .all(|(one, other)| same(one, other));
    tester.demand(
        kept,
        "generations that stay while no card moves",
        after.describe(),
    )
}

fn generation(status: &Answer) -> Step<u64> {
    let slots = status.items("slots")?;
    Ok(slots
        .first()
        .and_then(|slot| slot["generation"].as_u64())
        .unwrap_or_default())
}

fn card_moves_are_counted(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let before = generation(&tester.card_is("present")?)?;
    tester.without_card(|tester| {
        tester.check("CW-MOD-008");
        let out = tester.status()?;
        tester.demand(
            generation(&out)? == before + 1,
            format!("the generation {}", before + 1),
            out.describe(),
        )
    })?;
    let back = tester.status()?;
    tester.demand(
        generation(&back)? == before + 2,
        format!("the generation {}", before + 2),
        back.describe(),
    )?;
    let told = tester
        .events()?
        .iter()
        .filter(|(name, _)| name == "card_event")
        .count();
    tester.should("CW-MOD-011", told >= 2, "a card_event for each of both", told);
    let job = tester.instruct(IDENTIFY)?;
    tester.finish(&job, "success").map(drop)
}

fn card_pulled_out(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::long_with_card()?)?;
    let job = tester.instruct(service)?;
    // Its module is on when it has begun to talk to the card.
    while tester.job_status(&job.id)?.number("step")? < 6 {
        let state = tester.job_status(&job.id)?;
        let running = state.fields["state"] == "running";
        tester.demand(
            running,
            "a job that runs until its card is pulled out",
            state.describe(),
        )?;
    }
    tester.without_card(|tester| {
        tester.check("CW-MOD-009");
        let status = tester.wait_for(&job.id)?;
        let right = status.fields["outcome"] == "card-removed";
        tester.demand(right, "the outcome card-removed", status.describe())?;
        tester.all_modules_off()
    })?;
    let job = tester.instruct(IDENTIFY)?;
    tester.finish(&job, "success").map(drop)
}
