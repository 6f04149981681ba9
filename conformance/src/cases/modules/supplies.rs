//! What the bench measures of the modules' supplies, beside what the reader says of its modules.

use super::super::programs::{self, IDENTIFY, SUBSCRIBER};
use crate::{
    case::Case,
    tester::{Records, Start, Supply, Tester},
    verdict::Step,
};

pub(super) fn cases() -> Vec<Case> {
    vec![Case::code(
        "modules.supplies-are-as-recorded",
        &["CW-DIAG-001", "CW-MOD-002"],
        "The supplies of the modules, as the bench measures them, come and go as the reader records it, under both policies \
         and after a failure",
        supplies_are_as_recorded,
    )]
}

fn supplies_are_as_recorded(tester: &mut Tester) -> Step {
    // What was before is not looked at; a bench that can't tell says so now.
    tester.supplies()?;
    tester.reach(Start::Serving)?;
    let failing = tester.provide(&programs::failing("per-step")?)?;
    for service in [IDENTIFY, SUBSCRIBER, failing] {
        tester.all_modules_off()?;
        tester.supplies()?;
        let mark = tester.mark()?;
        let job = tester.instruct(service)?;
        tester.wait_for(&job.id)?;
        let records = tester.records(mark)?;
        let measured = tester.supplies()?;
        is_cut(tester, &measured, &records)?;
        is_recorded(tester, &measured, &records)?;
    }
    Ok(())
}

/// No module that the reader says is disabled has its supply.
fn is_cut(tester: &mut Tester, measured: &[Supply], records: &Records) -> Step {
    tester.check("CW-MOD-002");
    let left: Vec<_> = measured
        .iter()
        .enumerate()
        .filter(|(at, supply)| {
            let is_last = !measured[at + 1..]
                .iter()
                .any(|later| later.module == supply.module);
            supply.on && is_last
        })
        .map(|(_, supply)| supply.module.as_str())
        .collect();
    tester.demand(
        left.is_empty(),
        "every module without supply when no service runs",
        format!(
            "measured: {}; recorded: {}; still supplied: {}",
            list(measured),
            list(&recorded(records)),
            left.join(", ")
        ),
    )
}

/// The supply of each module came and went as often as the reader records it, and they went in the recorded order. When
/// supplies came the records don't tell: a module is enabled when it has settled.
fn is_recorded(tester: &mut Tester, measured: &[Supply], records: &Records) -> Step {
    tester.check("CW-DIAG-001");
    let recorded = recorded(records);
    let of = |all: &[Supply], module: &str| {
        all.iter()
            .filter(|supply| supply.module == module)
            .map(|supply| supply.on)
            .collect::<Vec<_>>()
    };
    let went = |all: &[Supply]| {
        all.iter()
            .filter(|supply| !supply.on)
            .map(|supply| supply.module.clone())
            .collect::<Vec<_>>()
    };
    let same = measured
        .iter()
        .chain(&recorded)
        .all(|supply| of(measured, &supply.module) == of(&recorded, &supply.module));
    tester.demand(
        same && went(measured) == went(&recorded),
        format!("supplies as the reader records them: {}", list(&recorded)),
        format!("measured: {}", list(measured)),
    )
}

/// What the records say of supplies: a module has its own when it is anything but disabled.
fn recorded(records: &Records) -> Vec<Supply> {
    let mut supplies: Vec<Supply> = Vec::new();
    for (module, state) in records.service_modules() {
        let on = state != "disabled";
        let known = supplies.iter().rev().find(|supply| supply.module == module);
        if known.is_some_and(|supply| supply.on) != on {
            supplies.push(Supply {
                module: module.to_owned(),
                on,
            });
        }
    }
    supplies
}

fn list(supplies: &[Supply]) -> String {
    match supplies {
        [] => "no change".into(),
        _ => supplies
            .iter()
            .map(|Supply { module, on }| format!("{module} {}", if *on { "on" } else { "off" }))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tester::Change;

    #[test]
    fn a_busy_module_has_its_supply_and_a_disabled_one_has_none() {
        let change = |(number, (id, state)): (usize, (u64, &str))| Change {
            number: number as u64,
            tick: 0,
            subject: "module".into(),
            id,
            state: state.into(),
        };
        let (card, indicator) = (2, 4);
        let changes = [
            (card, "enabled"),
            (card, "busy"),
            (indicator, "enabled"),
            (card, "enabled"),
            (indicator, "disabled"),
            (card, "failed"),
            (card, "disabled"),
        ];
        let records = Records {
            overflow: 0,
            next: 7,
            changes: changes.into_iter().enumerate().map(change).collect(),
        };
        let told = list(&recorded(&records));
        assert_eq!(
            told,
            "contact-card on, indicator on, indicator off, contact-card off"
        );
    }
}
