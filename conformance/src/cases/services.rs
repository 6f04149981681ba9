//! The services of the catalogue, one after the other: what each takes, who may run it, what it does to modules and card.
//!
//! What they give on the published certification card stands in `vectors/session/services`, as data. Services that a
//! reader does not list do not apply to it; those that write, or present a secret, run on the certification card only.

use crate::{
    case::Case,
    embedded::{protocol, registered, service_logic},
    hex,
    tester::{Job, Login, Start, Tester, encode, service_number},
    verdict::{Step, Stop},
};
use cardwire_spec::{Place, interpret};
use ciborium::Value as Cbor;
use serde_json::{Value, json};

mod parameters;
mod runs;

/// The format `native`.
const NATIVE: u64 = 0x01;
/// The format `cbor`.
const CBOR: u64 = 0x02;
/// `card.identify`.
const IDENTIFY: u64 = 0x0001;

/// A parameter as an instruction brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parameter {
    name: String,
    kind: String,
    value: Vec<u8>,
}

impl Parameter {
    fn new(name: &str, kind: &str, value: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            value: value.into(),
        }
    }
}

/// What is checked of every service: the end of the case's id, its requirements, its title behind the name, its code.
type Check = (
    &'static str,
    &'static [&'static str],
    &'static str,
    fn(&mut Tester, &'static str) -> Step,
);

const CHECKS: [Check; 6] = [
    (
        "takes-what-its-entry-says",
        &["CW-INTF-006", "CW-SVC-004"],
        "refuses parameters that its entry does not have, and runs nothing",
        parameters::takes_what_its_entry_says,
    ),
    (
        "takes-the-same-in-cbor",
        &["CW-INTF-006", "CW-INTF-003"],
        "refuses the same parameters on an interface with cbor",
        parameters::takes_the_same_in_cbor,
    ),
    (
        "needs-offer-and-grant",
        &["CW-LOGIN-006", "CW-INTF-002"],
        "is refused where the client does not offer it, and where the cloud does not grant it",
        parameters::needs_offer_and_grant,
    ),
    (
        "uses-what-it-declares",
        &["CW-MOD-006", "CW-MOD-003", "CW-LOGIC-001"],
        "touches the modules of its entry, leaves all of them off, and runs the logic that the list shows",
        runs::uses_what_it_declares,
    ),
    (
        "says-the-same-in-cbor",
        &["CW-INTF-008", "CW-SVC-004"],
        "ends alike in both formats, with the same items",
        runs::says_the_same_in_cbor,
    ),
    (
        "without-a-card",
        &["CW-SVC-003", "CW-MOD-003"],
        "ends with card-absent on an empty slot, every module off",
        runs::without_a_card,
    ),
];

/// The checks in which the service runs.
const RUNS: [&str; 3] = ["uses-what-it-declares", "says-the-same-in-cbor", "without-a-card"];

pub(super) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for name in catalogue() {
        for (what, requirements, title, run) in CHECKS {
            // The contactless service looks for a card in its field, not in the slot.
            if name == "contactless.identify" && what == "without-a-card" {
                continue;
            }
            // What it needs comes sealed from the cloud: the cases `jobs.secrets*` run it.
            if name == "file.update.admin" && RUNS.contains(&what) {
                continue;
            }
            let id = format!("services.{name}.{what}");
            all.push(Case::about(
                &id,
                requirements,
                &format!("{name} {title}"),
                run,
                name,
            ));
        }
    }
    all
}

/// The services of the specification, by name; the suite's own is none of them.
fn catalogue() -> impl Iterator<Item = &'static str> {
    let values = protocol()
        .registries
        .get("service")
        .map(|registry| registry.values.as_slice());
    let services = values
        .unwrap_or_default()
        .iter()
        .filter(|value| value.value < 0x0100);
    services.map(|value| value.name.as_str())
}

/// The number of a service of the catalogue, which must be listed for a case to apply.
fn listed(tester: &mut Tester, name: &str) -> Step<u64> {
    let number = registered("service", name).ok_or_else(|| Stop::Error(format!("{name} is no service")))?;
    match tester.service(number)? {
        Some(_) => Ok(number),
        None => Err(Stop::NotApplicable(format!("the reader does not list {name}"))),
    }
}

/// A field of the logic that the specification has for a service.
fn declared(name: &str, field: &str) -> Step<Value> {
    let document = service_logic(name).ok_or_else(|| Stop::Error(format!("{name} has no logic")))?;
    let tree = interpret::decode(protocol(), Place::Document("logic"), &document)
        .map_err(|fault| Stop::Error(format!("{name}: {fault}")))?;
    Ok(interpret::to_json(&tree)[field].clone())
}

/// Logs in so that these services are offered in this format.
fn offer(tester: &mut Tester, services: &[u64], format: u64) -> Step {
    tester.login(&Login {
        offers: services.iter().map(|service| (*service, format)).collect(),
        ..Login::default()
    })
}

/// Parameters as the bytes of an instruction.
fn encoded(parameters: &[Parameter], format: u64) -> Step<String> {
    if parameters.is_empty() {
        return Ok(String::new());
    }
    if format == NATIVE {
        let item = |parameter: &Parameter| json!({ "name": parameter.name, "kind": parameter.kind, "value": hex::encode(&parameter.value) });
        let items: Vec<_> = parameters.iter().map(item).collect();
        return Ok(hex::encode(&encode("service_data", &json!({ "items": items }))?));
    }
    let item = |parameter: &Parameter| {
        let value = match parameter.kind.as_str() {
            "text" => Cbor::Text(String::from_utf8_lossy(&parameter.value).into_owned()),
            "number" => Cbor::from(
                parameter
                    .value
                    .iter()
                    .fold(0_u64, |all, byte| (all << 8) | u64::from(*byte)),
            ),
            _ => Cbor::Bytes(parameter.value.clone()),
        };
        Cbor::Array(vec![Cbor::Text(parameter.name.clone()), value])
    };
    let items = Cbor::Array(parameters.iter().map(item).collect());
    let mut bytes = Vec::new();
    ciborium::into_writer(&items, &mut bytes)
        .map_err(|error| Stop::Error(format!("parameters in cbor: {error}")))?;
    Ok(hex::encode(&bytes))
}

/// Instructs a service, which the reader must accept.
fn instruct(tester: &mut Tester, service: u64, parameters: &[Parameter], format: u64) -> Step<Job> {
    let id = tester.job_id();
    let fields = json!({ "job": id, "service": service, "parameters": encoded(parameters, format)? });
    let answer = tester.expect("instruct", fields, "instruct_answer")?;
    let state = answer.text("state")?.to_owned();
    Ok(Job { id, service, state })
}

/// Whether the card in the slot is the published one, whose secrets everybody knows.
fn is_certification_card(tester: &mut Tester) -> Step<bool> {
    offer(tester, &[IDENTIFY], NATIVE)?;
    tester.card_is_published()
}

/// The modules that the reader has.
fn modules(tester: &mut Tester) -> Step<Vec<Value>> {
    let status = tester.status()?;
    let modules = status.items("modules")?.iter();
    Ok(modules.map(|entry| entry["module"].clone()).collect())
}

/// Brings the reader to serving and gives the number of the service, where it is listed.
fn begin(tester: &mut Tester, name: &str) -> Step<u64> {
    tester.reach(Start::Serving)?;
    listed(tester, name)
}

/// Whether an entry of the list of services is this one.
fn is_entry(entry: &Value, service: u64) -> bool {
    service_number(&entry["service"]) == Some(service)
}
