//! Service interfaces, and the services of the specification.

use super::programs::{self, IDENTIFY, SERVICE, SUBSCRIBER};
use crate::{
    case::Case,
    tester::{Login, Start, Tester, encode, service_number},
    verdict::Step,
};
use serde_json::{Value, json};

mod catalogue;
mod formats;
mod guarded;
mod services;

/// The format `native`.
const NATIVE: u64 = 0x01;
/// The format `cbor`.
const CBOR: u64 = 0x02;

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        Case::code(
            "interfaces.list-is-whole-and-ascends",
            &["CW-INTF-004"],
            "Services are listed in ascending order, whole from any place on, and nothing behind the last",
            list_is_whole,
        ),
        Case::code(
            "interfaces.services-of-the-specification-are-listed",
            &["CW-INTF-004", "CW-LOGIC-001"],
            "card.identify and subscriber.read are there, with their names and policies",
            services_are_listed,
        ),
        Case::code(
            "interfaces.list-shows-what-is-enabled",
            &["CW-INTF-004", "CW-LOGIN-006"],
            "The list shows each interface as offers and grants have made it",
            list_shows_what_is_enabled,
        ),
        Case::code(
            "interfaces.unknown-and-disabled-are-told-apart",
            &["CW-INTF-002"],
            "An instruction for a disabled interface and one for no service of the reader have errors of their own",
            unknown_and_disabled,
        ),
        Case::code(
            "interfaces.strange-parameters-are-refused",
            &["CW-INTF-006", "CW-INTF-009"],
            "Parameters that a service does not take are refused, and nothing runs",
            strange_parameters,
        ),
        Case::code(
            "interfaces.unknown-format-is-refused",
            &["CW-INTF-005"],
            "An instruction on an interface that was offered in an unknown format is refused, and nothing runs",
            unknown_format,
        ),
        Case::code(
            "interfaces.each-has-its-own-format",
            &["CW-INTF-003"],
            "Each interface speaks its own format, and an unknown one does not disturb the others",
            own_format,
        ),
        Case::code(
            "interfaces.no-card-in-the-slot",
            &["CW-SVC-003"],
            "Without a card both services end with card-absent",
            no_card,
        ),
    ];
    all.extend(catalogue::cases());
    all.extend(formats::cases());
    all.extend(guarded::cases());
    all.extend(services::cases());
    all
}

fn numbers(services: &[Value]) -> Vec<u64> {
    services
        .iter()
        .filter_map(|entry| service_number(&entry["service"]))
        .collect()
}

fn list_is_whole(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let all = tester.services()?;
    let ids = numbers(&all);
    let ascends = ids.len() == all.len() && ids.windows(2).all(|pair| pair[0] < pair[1]);
    tester.demand(ascends, "services in ascending order", format!("{ids:?}"))?;
    for from in 0..=all.len() {
        let answer = tester.expect("service_list", json!({ "from": from }), "service_list_answer")?;
        let part = answer.items("services")?;
        let right = answer.fields["total"] == all.len()
            && part == &all[from..from + part.len()]
            && (part.is_empty() == (from == all.len()));
        tester.demand(right, format!("the services from {from} on"), answer.describe())?;
    }
    let behind = tester.expect("service_list", json!({ "from": 255 }), "service_list_answer")?;
    let right = behind.items("services")?.is_empty() && behind.fields["total"] == all.len();
    tester.demand(right, "no service from 255 on", behind.describe())
}

fn services_are_listed(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    for (service, name, policy) in [
        (IDENTIFY, "card.identify", "whole-service"),
        (SUBSCRIBER, "subscriber.read", "per-step"),
    ] {
        let entry = tester.service(service)?;
        let right = entry
            .as_ref()
            .is_some_and(|entry| entry["name"] == name && entry["policy"] == policy);
        tester.demand(
            right,
            format!("the service {name} with the policy {policy}"),
            json!(entry),
        )?;
    }
    Ok(())
}

fn list_shows_what_is_enabled(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    for enabled in [IDENTIFY, SUBSCRIBER] {
        tester.login(&Login {
            grants: Some(vec![enabled]),
            ..Login::default()
        })?;
        tester.check("CW-INTF-004");
        for entry in tester.services()? {
            let state = if service_number(&entry["service"]) == Some(enabled) {
                "enabled"
            } else {
                "disabled"
            };
            tester.demand(
                entry["interface"] == state,
                format!("an interface that is {state}"),
                &entry,
            )?;
        }
    }
    Ok(())
}

fn instruction(tester: &mut Tester, service: u64) -> Value {
    json!({ "job": tester.job_id(), "service": service, "parameters": "" })
}

fn unknown_and_disabled(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let had = numbers(&tester.services()?);
    let unknown = (0xF100..0xF1FF)
        .find(|service| !had.contains(service))
        .unwrap_or(0xF100);
    tester.login(&Login {
        offers: vec![(IDENTIFY, 0x01)],
        ..Login::default()
    })?;
    tester.check("CW-INTF-002");
    let mark = tester.mark()?;
    let instruct = instruction(tester, SUBSCRIBER);
    tester.refused("instruct", instruct, &["interface-disabled"])?;
    let instruct = instruction(tester, unknown);
    tester.refused("instruct", instruct, &["unknown-service"])?;
    nothing_ran(tester, mark)
}

/// The twins of refused parameters: both forms of none, empty and an empty document in the interface's format.
fn no_parameters_are_taken(tester: &mut Tester, service: u64, empty_document: &str) -> Step {
    for parameters in ["", empty_document] {
        let id = tester.job_id();
        let fields = json!({ "job": id, "service": service, "parameters": parameters });
        tester.check("CW-INTF-009");
        tester.expect("instruct", fields, "instruct_answer")?;
        tester.wait_for(&id)?;
    }
    Ok(())
}

/// No module has changed its state since `mark`.
fn nothing_ran(tester: &mut Tester, mark: u64) -> Step {
    let records = tester.records(mark)?;
    let changed = records.service_modules();
    tester.demand(changed.is_empty(), "no module touched", format!("{changed:?}"))
}

fn strange_parameters(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let item = json!({ "items": [{ "name": "pin", "kind": "text", "value": "31323334" }] });
    let with_item = crate::hex::encode(&encode("service_data", &item)?);
    let mark = tester.mark()?;
    for parameters in [
        with_item.as_str(),
        "00",
        "61",
        "6101",
        "ffffffff",
        &"ab".repeat(400),
    ] {
        for service in [IDENTIFY, SUBSCRIBER] {
            let id = tester.job_id();
            let fields = json!({ "job": id, "service": service, "parameters": parameters });
            tester.refused("instruct", fields, &["parameters-refused"])?;
            let status = tester.job_status(&id)?;
            let unknown = status.fields["state"] == "unknown";
            tester.demand(
                unknown,
                "a refused instruction that leaves no job",
                status.describe(),
            )?;
        }
    }
    nothing_ran(tester, mark)?;
    // The twin: without parameters the service is accepted.
    let job = tester.instruct(IDENTIFY)?;
    tester.wait_for(&job.id).map(drop)
}

fn unknown_format(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    for format in [0x03, 0x7F, 0xEE] {
        tester.login(&Login {
            offers: vec![(IDENTIFY, format)],
            ..Login::default()
        })?;
        tester.check("CW-INTF-005");
        let mark = tester.mark()?;
        let instruct = instruction(tester, IDENTIFY);
        tester.refused("instruct", instruct, &["format-not-supported"])?;
        nothing_ran(tester, mark)?;
    }
    Ok(())
}

fn own_format(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("format")?)?;
    tester.login(&Login {
        offers: vec![(IDENTIFY, NATIVE), (service, CBOR)],
        ..Login::default()
    })?;
    let job = tester.instruct(service)?;
    tester.finish_in_cbor(&job, "success")?;
    tester.login(&Login {
        offers: vec![(IDENTIFY, 0x7F), (service, NATIVE)],
        ..Login::default()
    })?;
    tester.check("CW-INTF-003");
    let ended = tester.run(service)?;
    tester.demand(
        service == SERVICE && ended.item("echo", "text") == Some(b"format"),
        "native data",
        ended.describe(),
    )?;
    let instruct = instruction(tester, IDENTIFY);
    tester
        .refused("instruct", instruct, &["format-not-supported"])
        .map(drop)
}

fn no_card(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let slots = tester.status()?;
    if slots.items("slots")?.iter().all(|slot| slot["card"] == "absent") {
        return ends_card_absent(tester);
    }
    tester.without_card(ends_card_absent)
}

fn ends_card_absent(tester: &mut Tester) -> Step {
    for service in [IDENTIFY, SUBSCRIBER] {
        let job = tester.instruct(service)?;
        let status = tester.wait_for(&job.id)?;
        let right = status.fields["outcome"] == "card-absent";
        tester.demand(right, "the outcome card-absent", status.describe())?;
        tester.all_modules_off()?;
    }
    Ok(())
}
