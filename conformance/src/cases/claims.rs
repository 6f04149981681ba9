//! What the vendor claims, held against the device before anything else: a claim that the device does not live up to is a
//! failure, and so is a feature that it has and nobody claims, because no case would look at it.

use super::programs;
use crate::{
    case::Case,
    tester::{Start, Tester},
    verdict::{Step, Stop},
};
use serde_json::Value;
use std::collections::BTreeSet;

mod features;
mod room;

/// Numbers of services, modules and the like that the suite itself uses: nobody claims them.
const OF_THE_SUITE: [u64; 2] = [0xFF00, 0xFFFF];

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        Case::code(
            "claims.version",
            &["CW-CONN-002"],
            "hello_answer declares the highest version that is claimed, and none above it",
            version,
        ),
        Case::code(
            "claims.max-frame",
            &["CW-LINK-006"],
            "hello_answer declares the largest frame that is claimed",
            max_frame,
        ),
        Case::code(
            "claims.hardware-class",
            &["CW-UPD-002"],
            "reader_status states the class of hardware that is claimed",
            hardware_class,
        ),
        Case::code(
            "claims.software",
            &["CW-SESS-011"],
            "reader_status states the software that is claimed",
            software,
        ),
        Case::code(
            "claims.certification-identity",
            &["CW-CERT-001"],
            "reader_status states the kind of identity that the laboratory holds the keys of",
            identity,
        ),
        Case::code(
            "claims.modules",
            &["CW-SESS-011"],
            "reader_status lists the modules that are claimed, and no others",
            modules,
        ),
        Case::code(
            "claims.contact-slots",
            &["CW-MOD-008"],
            "reader_status lists as many slots for cards as are claimed, and sees their switches while they are off",
            slots,
        ),
        Case::code(
            "claims.services",
            &["CW-INTF-004"],
            "service_list gives the services that are claimed, and no others",
            services,
        ),
    ];
    all.extend(features::cases());
    all.extend(room::cases());
    all
}

/// The number that a claim must have here: the form is whole.
fn claimed(tester: &Tester, item: &str) -> Step<u64> {
    let number = tester.statement()?.number(item);
    number.ok_or_else(|| Stop::NotApplicable(format!("the ICS does not claim `{item}`")))
}

/// A value as a form names it: by its name, a private one by its number.
fn name(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Holds what a device lists to what is claimed, both ways.
fn demand_same(tester: &Tester, what: &str, claimed: &[String], seen: &BTreeSet<String>) -> Step {
    let claimed: BTreeSet<_> = claimed.iter().cloned().collect();
    let list = |values: &BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>().join(", ");
    let lacks: BTreeSet<_> = claimed.difference(seen).cloned().collect();
    let more: BTreeSet<_> = seen.difference(&claimed).cloned().collect();
    let told = match (lacks.is_empty(), more.is_empty()) {
        (true, true) => return Ok(()),
        (false, true) => format!("without {}, which the ICS claims", list(&lacks)),
        (true, false) => format!("with {} too, which the ICS does not claim", list(&more)),
        (false, false) => format!("without {}, and with {} instead", list(&lacks), list(&more)),
    };
    tester.fail(format!("the {what} of the ICS: {}", list(&claimed)), told)
}

fn version(tester: &mut Tester) -> Step {
    let claimed = claimed(tester, "version")?;
    let answer = tester.hello()?.answer;
    tester.check("CW-CONN-002");
    let versions: Vec<_> = answer
        .items("versions")?
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    tester.demand(
        versions.iter().max() == Some(&claimed),
        format!("{claimed} as the highest version, as the ICS claims"),
        answer.describe(),
    )?;
    // What speaks no version at all declares what it likes.
    tester.connect().map(drop)
}

fn max_frame(tester: &mut Tester) -> Step {
    let claimed = claimed(tester, "max-frame")?;
    let answer = tester.hello()?.answer;
    tester.check("CW-LINK-006");
    tester.demand(
        answer.number("max_frame")? == claimed,
        format!("{claimed} as the largest frame, as the ICS claims"),
        answer.describe(),
    )?;
    tester.connect().map(drop)
}

fn hardware_class(tester: &mut Tester) -> Step {
    let claimed = tester.statement()?.values("hardware-class").to_vec();
    tester.reach(Start::Connected)?;
    let status = tester.status()?;
    tester.check("CW-UPD-002");
    let seen = name(&status.fields["hardware_class"]);
    tester.demand(
        claimed == [seen],
        format!("the class of hardware {}, as the ICS claims", claimed.join(", ")),
        status.describe(),
    )
}

fn software(tester: &mut Tester) -> Step {
    let statement = tester.statement()?;
    let claimed = statement.text("software").unwrap_or_default();
    tester.reach(Start::Connected)?;
    let status = tester.status()?;
    tester.check("CW-SESS-011");
    // Cases about updates leave the reader with software of the laboratory's.
    let mut of_the_bench = tester.bench.software.iter().flatten();
    let installed = of_the_bench.any(|software| status.fields["software"] == software.name);
    tester.demand(
        status.fields["software"] == claimed || installed,
        format!("the software {claimed}, as the ICS claims"),
        status.describe(),
    )
}

fn identity(tester: &mut Tester) -> Step {
    tester.statement()?;
    let expected = match tester.identities().provisioning {
        cardwire_codec::message::Provisioning::Certification => "certification",
        cardwire_codec::message::Provisioning::Production => "production",
    };
    tester.reach(Start::Connected)?;
    let status = tester.status()?;
    tester.check("CW-CERT-001");
    tester.demand(
        status.fields["provisioning"] == expected,
        format!("the kind of identity {expected}, which the laboratory holds the keys of"),
        status.describe(),
    )
}

fn modules(tester: &mut Tester) -> Step {
    let statement = tester.statement()?;
    tester.reach(Start::Connected)?;
    let status = tester.status()?;
    tester.check("CW-SESS-011");
    let listed: Vec<_> = status
        .items("modules")?
        .iter()
        .map(|entry| name(&entry["module"]))
        .collect();
    let seen: BTreeSet<_> = listed.iter().cloned().collect();
    tester.demand(seen.len() == listed.len(), "each module once", status.describe())?;
    demand_same(tester, "modules", statement.values("modules"), &seen)
}

fn slots(tester: &mut Tester) -> Step {
    let claimed = claimed(tester, "contact-slots")?;
    let detects = tester.statement()?.says_yes("contact-detect");
    tester.reach(Start::Connected)?;
    tester.all_modules_off()?;
    let status = tester.status()?;
    tester.check("CW-MOD-008");
    let slots = status.items("slots")?;
    tester.demand(
        slots.len() as u64 == claimed,
        format!("{claimed} slots, as the ICS claims"),
        status.describe(),
    )?;
    let seen = |slot: &Value| slot["card"] == "present" || slot["card"] == "absent";
    tester.demand(
        !detects || slots.iter().all(seen),
        "each slot known to have a card or none while it has no supply, as the ICS claims",
        status.describe(),
    )
}

fn services(tester: &mut Tester) -> Step {
    let statement = tester.statement()?;
    tester.reach(Start::Serving)?;
    let listed = tester.services()?;
    tester.check("CW-INTF-004");
    // What the suite has installed in runs before this one, nobody claims.
    let [first, last] = OF_THE_SUITE;
    let seen: BTreeSet<_> = listed
        .iter()
        .map(|entry| &entry["service"])
        .filter(|service| {
            crate::tester::service_number(service).is_none_or(|number| !(first..=last).contains(&number))
        })
        .map(name)
        .collect();
    demand_same(tester, "services", statement.values("services"), &seen)
}

/// Logic of the suite that is not what the device has stored, so that it is worth an update.
fn fresh_logic(tester: &mut Tester) -> Step<Vec<u8>> {
    let text = crate::hex::encode(&tester.random.array::<4>());
    programs::echo(&text)
}
