//! The modules' working states, as diagnostics and reader_status show them.

use super::{
    jobs::running,
    programs::{self, IDENTIFY, SUBSCRIBER},
};
use crate::{
    case::Case,
    standstill::Stopwatch,
    tester::{Ended, Records, Start, Tester, list},
    verdict::{Step, Stop},
};
use serde_json::json;

mod card;
mod combinations;
mod emulated;
mod failures;
mod supplies;

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        Case::code(
            "modules.whole-service",
            &["CW-MOD-004", "CW-MOD-001", "CW-MOD-003"],
            "Under whole-service all modules are enabled before the first call and disabled after the last",
            whole_service,
        ),
        Case::code(
            "modules.whole-service-preset",
            &["CW-MOD-004", "CW-MOD-001", "CW-MOD-003"],
            "card.identify runs under whole-service",
            whole_service_preset,
        ),
        Case::code(
            "modules.per-step",
            &["CW-MOD-005", "CW-MOD-001", "CW-MOD-003"],
            "Under per-step each module is enabled at its first call and disabled when its part is done",
            per_step,
        ),
        Case::code(
            "modules.per-step-preset",
            &["CW-MOD-005", "CW-MOD-001", "CW-MOD-003"],
            "subscriber.read runs under per-step",
            per_step_preset,
        ),
        Case::code(
            "modules.only-declared-ones-are-enabled",
            &["CW-MOD-006", "CW-MOD-001"],
            "A service enables the modules that its logic declares, and none where it declares none",
            only_declared,
        ),
        Case::code(
            "modules.off-after-failure",
            &["CW-MOD-003"],
            "After a service that failed every module is off, under both policies",
            off_after_failure,
        ),
        Case::code(
            "modules.off-after-abort",
            &["CW-MOD-003", "CW-JOB-005"],
            "After a service that was aborted every module is off",
            off_after_abort,
        ),
        Case::code(
            "modules.off-after-the-client-left",
            &["CW-JOB-011", "CW-MOD-003", "CW-SESS-007"],
            "A service that declares to abort ends when its client leaves, and every module is off",
            off_after_the_client_left,
        )
        .slow(),
        Case::code(
            "modules.client-loss-does-not-stop-what-finishes",
            &["CW-JOB-011", "CW-MOD-003", "CW-JOB-006"],
            "A service that declares to finish runs on without its client, and its outcome is kept",
            finishes_without_client,
        )
        .slow(),
        Case::code(
            "modules.status-shows-them-at-work",
            &["CW-SESS-011", "CW-MOD-001"],
            "reader_status shows a module that is on while its service runs, and off after it",
            status_shows_them,
        ),
    ];
    all.extend(card::cases());
    all.extend(combinations::cases());
    all.extend(emulated::cases());
    all.extend(failures::cases());
    all.extend(supplies::cases());
    all
}

/// Runs a service and gives what the modules did meanwhile.
fn observed(tester: &mut Tester, service: u64, outcome: &str) -> Step<(Ended, Records)> {
    let mark = tester.mark()?;
    let job = tester.instruct(service)?;
    let ended = tester.finish(&job, outcome)?;
    let records = tester.records(mark)?;
    tester.all_modules_off()?;
    legal_changes(tester, &records)?;
    Ok((ended, records))
}

/// Holds every change to the machine `module` of the schema: no command unless enabled.
fn legal_changes(tester: &mut Tester, records: &Records) -> Step {
    let changes = records.service_modules();
    tester.under("CW-MOD-001", |tester| {
        let mut states: Vec<(&str, &str)> = Vec::new();
        for (module, state) in &changes {
            let before = states
                .iter()
                .rev()
                .find(|(known, _)| known == module)
                .map_or("disabled", |(_, state)| state);
            let legal = matches!(
                (before, *state),
                ("disabled", "enabled" | "failed")
                    | ("enabled", "busy" | "disabled" | "failed")
                    | ("busy", "enabled" | "disabled" | "failed")
                    | ("failed", "disabled")
            );
            tester.demand(
                legal,
                format!("a legal change of {module}, which is {before}"),
                list(&changes),
            )?;
            states.push((module, state));
        }
        Ok(())
    })
}

fn first(changes: &[(&str, &str)], wanted: (&str, &str)) -> Option<usize> {
    changes.iter().position(|change| *change == wanted)
}

fn last(changes: &[(&str, &str)], wanted: (&str, &str)) -> Option<usize> {
    changes.iter().rposition(|change| *change == wanted)
}

/// All modules enabled once, before the first is busy; disabled once, after the last was.
fn is_whole_service(changes: &[(&str, &str)], modules: &[&str]) -> bool {
    let first_busy = changes.iter().position(|(_, state)| *state == "busy");
    let last_busy = changes.iter().rposition(|(_, state)| *state == "busy");
    let (Some(first_busy), Some(last_busy)) = (first_busy, last_busy) else {
        return false;
    };
    let used = changes.iter().all(|(module, _)| modules.contains(module));
    let each = |module: &&str| {
        let enabled = first(changes, (module, "enabled")).is_some_and(|at| at < first_busy);
        let disabled = first(changes, (module, "disabled")).is_some_and(|at| at > last_busy);
        let once = first(changes, (module, "disabled")) == last(changes, (module, "disabled"));
        enabled && disabled && once
    };
    used && modules.iter().all(each)
}

/// Each module in turn: enabled, called right then, and disabled before the next one is enabled.
fn is_per_step(changes: &[(&str, &str)], modules: &[&str]) -> bool {
    let mut rest = changes;
    for module in modules {
        let own = rest.iter().take_while(|(changed, _)| changed == module).count();
        let (part, behind) = rest.split_at(own);
        let opens = part.starts_with(&[(module, "enabled"), (module, "busy")]);
        let closes = part.last() == Some(&(module, "disabled"));
        let once = first(part, (module, "disabled")) == part.len().checked_sub(1);
        if !(opens && closes && once) {
            return false;
        }
        rest = behind;
    }
    rest.is_empty()
}

fn demand_whole_service(tester: &mut Tester, records: &Records) -> Step {
    let changes = records.service_modules();
    tester.check("CW-MOD-004");
    let right = is_whole_service(&changes, &["contact-card", "indicator"]);
    tester.demand(
        right,
        "both modules enabled before the first call, disabled after the last",
        list(&changes),
    )
}

fn demand_per_step(tester: &mut Tester, records: &Records) -> Step {
    let changes = records.service_modules();
    tester.check("CW-MOD-005");
    let right = is_per_step(&changes, &["indicator", "contact-card"]);
    let expected = "first the indicator enabled, called and disabled, then the contact card";
    tester.demand(right, expected, list(&changes))
}

fn whole_service(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::whole_service()?)?;
    let (_, records) = observed(tester, service, "success")?;
    demand_whole_service(tester, &records)
}

fn whole_service_preset(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let (_, records) = observed(tester, IDENTIFY, "success")?;
    demand_whole_service(tester, &records)
}

fn per_step(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::per_step()?)?;
    let (_, records) = observed(tester, service, "success")?;
    demand_per_step(tester, &records)
}

fn per_step_preset(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let (_, records) = observed(tester, SUBSCRIBER, "success")?;
    demand_per_step(tester, &records)
}

fn only_declared(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("no module")?)?;
    let (_, records) = observed(tester, service, "success")?;
    tester.check("CW-MOD-006");
    let touched = records.service_modules();
    tester.demand(
        touched.is_empty(),
        "no module touched by logic that declares none",
        list(&touched),
    )?;
    let service = tester.provide(&programs::failing("whole-service")?)?;
    let (_, records) = observed(tester, service, "card-status")?;
    tester.check("CW-MOD-006");
    let touched = records.service_modules();
    let only = !touched.is_empty() && touched.iter().all(|(module, _)| *module == "indicator");
    tester.demand(only, "the indicator touched and nothing else", list(&touched))
}

fn off_after_failure(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    for policy in ["whole-service", "per-step"] {
        let service = tester.provide(&programs::failing(policy)?)?;
        let (_, records) = observed(tester, service, "card-status")?;
        tester.check("CW-MOD-003");
        let changes = records.service_modules();
        let right = changes.first() == Some(&("indicator", "enabled"))
            && changes.last() == Some(&("indicator", "disabled"));
        tester.demand(
            right,
            "the indicator enabled, and disabled in the end",
            list(&changes),
        )?;
    }
    Ok(())
}

/// The module of a long job, which was on, is off after it.
fn is_off_again(tester: &mut Tester, mark: u64) -> Step {
    tester.all_modules_off()?;
    let records = tester.records(mark)?;
    tester.check("CW-MOD-003");
    // The records of a long service are more than a reader keeps; the last one is enough.
    let last = records.service_modules().last().map(|(_, state)| *state);
    tester.demand(
        last == Some("disabled"),
        "the module disabled in the end",
        format!("{last:?}"),
    )
}

fn off_after_abort(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let mark = tester.mark()?;
    let (job, _) = running(tester, false)?;
    tester.expect("job_abort", json!({ "job": job.id }), "job_status_answer")?;
    tester.wait_for(&job.id)?;
    is_off_again(tester, mark)
}

fn off_after_the_client_left(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::long()?)?;
    let begun = Stopwatch::start();
    let whole = tester.instruct(service)?;
    tester.wait_for(&whole.id)?;
    let whole = begun.elapsed();
    for _ in 0..4 {
        let mark = tester.mark()?;
        let begun = Stopwatch::start();
        let job = tester.instruct(service)?;
        tester.disconnect()?;
        let left_after = begun.elapsed();
        tester.reach(Start::Serving)?;
        let status = tester.wait_for(&job.id)?;
        is_off_again(tester, mark)?;
        tester.check("CW-JOB-011");
        match status.fields["outcome"].as_str() {
            Some("client-lost") => return Ok(()),
            // It may have ended before its client left, but not in half the time.
            Some("success") if left_after > whole / 2 => {}
            _ => {
                let expected = format!(
                    "the outcome client-lost of a service of {} ms whose client left after {} ms",
                    whole.as_millis(),
                    left_after.as_millis()
                );
                return tester.fail(expected, status.describe());
            }
        }
    }
    Err(Stop::Inconclusive(
        "every service had ended before its client left".into(),
    ))
}

fn finishes_without_client(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::long_with_loss("finish")?)?;
    let mark = tester.mark()?;
    let job = tester.instruct(service)?;
    tester.disconnect()?;
    tester.reach(Start::Serving)?;
    let status = tester.wait_for(&job.id)?;
    tester.check("CW-JOB-011");
    let right = status.fields["outcome"] == "success";
    tester.demand(
        right,
        "the outcome success of logic that declares to finish",
        status.describe(),
    )?;
    is_off_again(tester, mark)
}

fn status_shows_them(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    tester.all_modules_off()?;
    let is_on = |entry: &serde_json::Value| entry["state"] == "enabled" || entry["state"] == "busy";
    for _ in 0..8 {
        let (job, _) = running(tester, false)?;
        let mut looks = 0;
        // A module that settles is not on yet: it is looked at until the job ends.
        while tester.job_status(&job.id)?.fields["state"] == "running" {
            looks += 1;
            if tester.status()?.items("modules")?.iter().any(is_on) {
                tester.expect("job_abort", json!({ "job": job.id }), "job_status_answer")?;
                tester.wait_for(&job.id)?;
                return tester.all_modules_off();
            }
        }
        tester.check("CW-SESS-011");
        tester.demand(
            looks < 20,
            "a module that is on while its service runs",
            format!("none in {looks} looks"),
        )?;
    }
    Err(Stop::Inconclusive(
        "every service had ended before reader_status was answered".into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "contact-card";
    const LIGHT: &str = "indicator";

    #[test]
    fn policies_are_told_apart() {
        let whole = [
            (CARD, "enabled"),
            (LIGHT, "enabled"),
            (LIGHT, "busy"),
            (LIGHT, "enabled"),
            (CARD, "busy"),
            (CARD, "enabled"),
            (LIGHT, "disabled"),
            (CARD, "disabled"),
        ];
        let step = [
            (LIGHT, "enabled"),
            (LIGHT, "busy"),
            (LIGHT, "enabled"),
            (LIGHT, "disabled"),
            (CARD, "enabled"),
            (CARD, "busy"),
            (CARD, "enabled"),
            (CARD, "disabled"),
        ];
        assert!(is_whole_service(&whole, &[CARD, LIGHT]) && !is_per_step(&whole, &[LIGHT, CARD]));
        assert!(is_per_step(&step, &[LIGHT, CARD]) && !is_whole_service(&step, &[CARD, LIGHT]));
        assert!(!is_per_step(&step, &[CARD, LIGHT]));
        assert!(!is_whole_service(&whole[..7], &[CARD, LIGHT]) && !is_per_step(&step[..7], &[LIGHT, CARD]));
        assert!(!is_whole_service(&[], &[CARD]) && !is_per_step(&[], &[CARD]));
    }
}
