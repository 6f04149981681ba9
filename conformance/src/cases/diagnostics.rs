//! The records of working states, and what certification demands of a device.

use super::programs::IDENTIFY;
use crate::{
    case::Case,
    hex,
    tester::{Start, Tester},
    verdict::{Step, Stop},
};
use cardwire_peers::Identities;
use serde_json::json;

/// Sessions that a case opens at most to make a reader overwrite records.
const SESSIONS: usize = 300;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "diagnostics.records-are-in-order",
            &["CW-DIAG-001"],
            "Records are numbered without gaps, their ticks never go back, and a later session gets them",
            records_are_in_order,
        ),
        Case::code(
            "diagnostics.interfaces-are-recorded",
            &["CW-DIAG-001"],
            "Every service interface that is enabled and disabled is recorded, and the platform interface",
            interfaces_are_recorded,
        ),
        Case::code(
            "diagnostics.overwritten-records-are-counted",
            &["CW-DIAG-002"],
            "Records that are no longer there are counted, and no others",
            overwritten_records,
        ),
        Case::code(
            "diagnostics.newest-records-are-kept",
            &["CW-DIAG-004", "CW-DIAG-002"],
            "At least the 64 newest records are kept",
            newest_records,
        ),
        Case::code(
            "diagnostics.certification-identity-is-stated",
            &["CW-CERT-001"],
            "reader_status states that the reader holds the certification identity",
            certification_identity,
        ),
        Case::code(
            "diagnostics.no-secret-is-told",
            &["CW-CERT-002"],
            "No answer of the reader holds one of its keys, or one of its clients'",
            no_secret_is_told,
        ),
    ]
}

fn records_are_in_order(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let job = tester.instruct(IDENTIFY)?;
    tester.wait_for(&job.id)?;
    let first = tester.records(0)?;
    tester.disconnect()?;
    tester.connect_as(1)?;
    let later = tester.records(0)?;
    tester.check("CW-DIAG-001");
    let more = later.next > first.next;
    tester.demand(
        more,
        "records of the connect in between",
        format!("{} after {}", later.next, first.next),
    )?;
    let ticks: Vec<_> = later.changes.iter().map(|change| change.tick).collect();
    // Ticks wrap after 49 days: a step back of more than half of that is one forward.
    let back = |pair: &[u64]| pair[1] < pair[0] && pair[0] - pair[1] < 1 << 31;
    tester.demand(
        !ticks.windows(2).any(back),
        "ticks that never go back",
        format!("{ticks:?}"),
    )?;
    let kept = first
        .changes
        .iter()
        .filter(|change| change.number >= later.overflow);
    let lost = kept.filter(|change| !later.changes.contains(change)).count();
    tester.demand(
        lost == 0,
        "the records of the session before, unchanged",
        format!("{lost} others"),
    )
}

fn interfaces_are_recorded(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let mark = tester.mark()?;
    tester.login(&crate::tester::Login::default())?;
    let services = tester.services()?;
    let mut expected: Vec<_> = services
        .iter()
        .filter(|entry| entry["interface"] == "enabled")
        .filter_map(|entry| crate::tester::service_number(&entry["service"]))
        .collect();
    expected.sort_unstable();
    tester.check("CW-DIAG-001");
    let recorded = |records: &crate::tester::Records, state: &str| {
        let mut ids: Vec<_> = records
            .of("service-interface")
            .iter()
            .filter(|(_, now)| *now == state)
            .map(|(id, _)| *id)
            .collect();
        ids.sort_unstable();
        ids
    };
    let enabled = recorded(&tester.records(mark)?, "enabled");
    let right = !expected.is_empty() && enabled == expected;
    tester.demand(
        right,
        format!("the interfaces {expected:?} recorded as enabled"),
        format!("{enabled:?}"),
    )?;
    tester.disconnect()?;
    tester.connect()?;
    let records = tester.records(mark)?;
    let disabled = recorded(&records, "disabled");
    tester.demand(
        disabled == expected,
        format!("the interfaces {expected:?} recorded as disabled"),
        format!("{disabled:?}"),
    )?;
    let platform: Vec<_> = records
        .of("platform-interface")
        .iter()
        .map(|(_, state)| *state)
        .collect();
    tester.demand(
        platform == ["disabled", "enabled"],
        "the platform interface disabled, then enabled",
        format!("{platform:?}"),
    )
}

fn overwritten_records(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    for _ in 0..SESSIONS {
        let answer = tester.expect("diagnostics", json!({ "from": 0 }), "diagnostics_answer")?;
        let (overflow, next) = (answer.number("overflow")?, answer.number("next")?);
        let first = answer
            .items("records")?
            .first()
            .and_then(|record| record["number"].as_u64());
        let right = first == Some(overflow) && overflow < next;
        tester.demand(
            right,
            format!("the oldest record to be number {overflow}"),
            answer.describe(),
        )?;
        if overflow > 0 {
            let records = tester.records(0)?;
            let kept = records.changes.len() as u64;
            let right = kept + records.overflow == records.next;
            return tester.demand(
                right,
                "every record kept or counted",
                format!("{kept} kept of {}", records.next),
            );
        }
        tester.connect()?;
    }
    Ok(())
}

fn newest_records(tester: &mut Tester) -> Step {
    let least = crate::embedded::protocol()
        .limits
        .get("diagnostics_min")
        .map(|limit| limit.value)
        .ok_or_else(|| Stop::Error("the schema has no diagnostics_min".into()))?;
    tester.reach(Start::Connected)?;
    for _ in 0..SESSIONS {
        let records = tester.records(0)?;
        let kept = records.changes.len() as u64;
        let wanted = least.min(records.next);
        tester.demand(
            kept >= wanted,
            format!("the {wanted} newest of {} records", records.next),
            format!("{kept}"),
        )?;
        if records.next > 2 * least {
            return Ok(());
        }
        tester.connect()?;
    }
    tester.fail(format!("{} records of {SESSIONS} sessions", 2 * least), "fewer")
}

fn certification_identity(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let status = tester.status()?;
    let right = status.fields["provisioning"] == "certification";
    tester.demand(right, "provisioning certification", status.describe())
}

/// Secrets of the identity that a reader stores, as far as the laboratory has them.
fn secrets(identities: &Identities) -> Step<Vec<String>> {
    let Identities { reader, clients, .. } = identities;
    let stored = reader.iter().flat_map(|reader| &reader.clients);
    let stored = stored.map(|client| hex::encode(client.pre_shared_key.as_bytes()));
    let own = reader
        .iter()
        .map(|reader| hex::encode(reader.static_key.as_bytes()));
    let held = clients.iter().map(|client| hex::encode(client.secret.as_bytes()));
    Ok(own.into_iter().chain(stored).chain(held).collect())
}

fn no_secret_is_told(tester: &mut Tester) -> Step {
    let mut told = vec![hex::encode(&tester.hello()?.answer.bytes)];
    told.push(hex::encode(&tester.connect()?.answer.bytes));
    let begun = tester.begin_login(&crate::tester::Login::default().offers)?;
    told.push(hex::encode(
        &[begun.header.clone(), begun.handshake.clone()].concat(),
    ));
    told.push(hex::encode(&tester.confirm(&begun)?.bytes));
    let result = tester.login_result(&crate::tester::Login::default())?;
    told.push(hex::encode(&tester.relay(&result)?.bytes));
    let job = tester.job_id();
    for (name, fields) in [
        ("reader_status", json!({})),
        ("service_list", json!({ "from": 0 })),
        ("diagnostics", json!({ "from": 0 })),
        ("job_status", json!({ "job": job })),
        ("job_data", json!({ "job": job, "part": 0 })),
    ] {
        told.push(hex::encode(&tester.ask(name, fields)?.bytes));
    }
    tester.check("CW-CERT-002");
    let secrets = secrets(tester.identities())?;
    let leak = told
        .iter()
        .find(|answer| secrets.iter().any(|secret| answer.contains(secret.as_str())));
    tester.demand(
        leak.is_none(),
        "no key in any answer",
        leak.map_or("", String::as_str),
    )
}
