//! Services of the catalogue with parameters, held to what the card itself says; none of them writes.

use super::{super::programs, NATIVE};
use crate::{
    case::Case,
    hex,
    tester::{Ended, Job, Login, Start, Tester, encode},
    verdict::{Step, Stop},
};
use serde_json::json;

const SERVICE_TABLE_READ: u64 = 0x0003;
const FILE_READ: u64 = 0x000E;
const APDU_EXCHANGE: u64 = 0x0011;
/// The service of the suite, by which the card is asked besides.
const SUITE: u64 = 0xFF01;

pub(super) fn cases() -> Vec<Case> {
    vec![Case::code(
        "interfaces.catalogue-gives-what-entries-say",
        &["CW-SVC-004"],
        "service.table.read, file.read and apdu.exchange, as far as they are listed, give what the card holds",
        catalogue,
    )]
}

fn catalogue(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let mut listed = Vec::new();
    for service in [SERVICE_TABLE_READ, FILE_READ, APDU_EXCHANGE] {
        if tester.service(service)?.is_some() {
            listed.push(service);
        }
    }
    if listed.is_empty() {
        return Err(Stop::NotApplicable(
            "the reader has none of the services that this case runs".into(),
        ));
    }
    if listed.contains(&SERVICE_TABLE_READ) {
        table(tester, &listed)?;
    }
    if listed.contains(&FILE_READ) || listed.contains(&APDU_EXCHANGE) {
        let raw = raw(tester, &programs::raw_iccid()?, &listed)?;
        let file = raw.item("iccid", "bytes").unwrap_or_default().to_vec();
        if listed.contains(&FILE_READ) {
            file_read(tester, &file)?;
        }
        if listed.contains(&APDU_EXCHANGE) {
            exchange(tester, &file)?;
        }
    }
    Ok(())
}

/// Runs logic of the suite, and has the services offered.
fn raw(tester: &mut Tester, document: &[u8], listed: &[u64]) -> Step<Ended> {
    let service = tester.provide(document)?;
    offer(tester, listed)?;
    tester.run(service)
}

fn offer(tester: &mut Tester, listed: &[u64]) -> Step {
    tester.login(&Login {
        offers: listed
            .iter()
            .chain(&[SUITE])
            .map(|service| (*service, NATIVE))
            .collect(),
        ..Login::default()
    })
}

/// EF.UST as it is; a card that refuses to have it read refuses the service too, with the same words.
fn table(tester: &mut Tester, listed: &[u64]) -> Step {
    let service = tester.provide(&programs::raw_service_table()?)?;
    offer(tester, listed)?;
    let job = tester.instruct(service)?;
    let raw = tester.wait_for(&job.id)?;
    let outcome = raw.text("outcome")?.to_owned();
    let raw = tester.finish(&job, &outcome)?;
    let job = tester.instruct(SERVICE_TABLE_READ)?;
    tester.check("CW-SVC-004");
    let ended = tester.finish(&job, &outcome)?;
    // Behind EF.UST comes EF.EST, where the card has it.
    let known = |(name, kind, _): &(String, String, Vec<u8>)| {
        ["ust", "est"].contains(&name.as_str()) && kind == "bytes"
    };
    let right = ended.item("ust", "bytes") == raw.item("ust", "bytes") && ended.items.iter().all(known);
    tester.demand(
        right,
        format!("what the card itself says, {}", raw.describe()),
        ended.describe(),
    )
}

fn file_read(tester: &mut Tester, file: &[u8]) -> Step {
    let job = instruct(tester, FILE_READ, &[("path", "2fe2")])?;
    let ended = tester.finish(&job, "success")?;
    let size = u32::try_from(file.len()).unwrap_or_default().to_be_bytes();
    let expected = [
        ("size".to_owned(), "number".to_owned(), size.to_vec()),
        ("data".to_owned(), "bytes".to_owned(), file.to_vec()),
    ];
    tester.demand(
        ended.items == expected,
        "size and data of EF.ICCID, as the card itself says",
        ended.describe(),
    )
}

fn exchange(tester: &mut Tester, file: &[u8]) -> Step {
    let commands = [("command", "00a4000c022fe2"), ("command", "00b000000a")];
    let job = instruct(tester, APDU_EXCHANGE, &commands)?;
    let ended = tester.finish(&job, "success")?;
    let item = |name: &str, value: &[u8]| (name.to_owned(), "bytes".to_owned(), value.to_vec());
    let expected = [
        item("response", &[]),
        item("status", &[0x90, 0x00]),
        item("response", file),
        item("status", &[0x90, 0x00]),
    ];
    tester.demand(
        ended.items == expected,
        "response and status of each command, in their order",
        ended.describe(),
    )
}

/// Instructs with parameters of the kind `bytes`, each a name and hexadecimal digits.
fn instruct(tester: &mut Tester, service: u64, parameters: &[(&str, &str)]) -> Step<Job> {
    let items: Vec<_> = parameters
        .iter()
        .map(|(name, value)| json!({ "name": name, "kind": "bytes", "value": value }))
        .collect();
    let id = tester.job_id();
    let parameters = hex::encode(&encode("service_data", &json!({ "items": items }))?);
    let fields = json!({ "job": id, "service": service, "parameters": parameters });
    tester.check("CW-SVC-004");
    let answer = tester.expect("instruct", fields, "instruct_answer")?;
    let state = answer.text("state")?.to_owned();
    Ok(Job { id, service, state })
}
