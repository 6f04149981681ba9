//! What a service does: to modules, in both formats, on an empty slot.

use super::{
    CBOR, NATIVE, Parameter, begin, declared, instruct, is_certification_card, offer,
    parameters::instruct_smallest,
};
use crate::{
    hex,
    tester::{Ended, Tester, list},
    verdict::{Step, Stop},
};
use serde_json::Value;

/// A parameter: name, kind, value.
type Given = (&'static str, &'static str, &'static [u8]);

/// A run of a service that can be repeated: what it is given, and how it ends on the certification card.
struct Repeatable {
    parameters: &'static [Given],
    outcomes: &'static [&'static str],
    /// It writes, or presents a secret: it runs on the published card only.
    writes: bool,
    /// What takes its effect back, where it has one.
    undone_by: Option<(&'static str, &'static [Given])>,
}

const fn reads(parameters: &'static [Given]) -> Repeatable {
    Repeatable {
        parameters,
        outcomes: &["success"],
        writes: false,
        undone_by: None,
    }
}

const fn writes(parameters: &'static [Given], outcomes: &'static [&'static str]) -> Repeatable {
    Repeatable {
        outcomes,
        writes: true,
        ..reads(parameters)
    }
}

/// The PIN of the certification card is disabled, so that presenting it ends with the card's own words.
fn repeatable(name: &str) -> Option<Repeatable> {
    const PIN: Given = ("pin", "text", b"1234");
    Some(match name {
        "card.identify" | "subscriber.read" | "service.table.read" | "phonebook.list" | "sms.center.read" => {
            reads(&[])
        }
        "contactless.identify" => Repeatable {
            outcomes: &["success", "card-absent"],
            ..reads(&[])
        },
        "file.read" => reads(&[("path", "bytes", &[0x2F, 0xE2])]),
        "apdu.exchange" => reads(&[("command", "bytes", &[0x00, 0xA4, 0x00, 0x0C, 0x02, 0x2F, 0xE2])]),
        "phonebook.update" => Repeatable {
            undone_by: Some(("phonebook.update", &[("index", "number", &[0, 0, 0, 9])])),
            ..writes(
                &[
                    ("index", "number", &[0, 0, 0, 9]),
                    ("name", "text", b"Case"),
                    ("number", "text", b"+4930123"),
                ],
                &["success"],
            )
        },
        "sms.center.write" => writes(&[("number", "text", b"+493023125000")], &["success"]),
        "pin.verify" => writes(&[PIN], &["card-status"]),
        "pin.change" => writes(&[PIN, ("new", "text", b"1234")], &["card-status"]),
        // Who unblocks a PIN enables it.
        "pin.unblock" => Repeatable {
            undone_by: Some(("pin.disable", &[PIN])),
            ..writes(
                &[("puk", "text", b"12345678"), ("new", "text", b"1234")],
                &["success"],
            )
        },
        "pin.enable" => Repeatable {
            undone_by: Some(("pin.disable", &[PIN])),
            ..writes(&[PIN], &["success"])
        },
        "pin.disable" => writes(&[PIN], &["card-status"]),
        // A challenge that the card has seen before is answered with AUTS: that is a success too.
        "usim.authenticate" => writes(
            &[
                (
                    "rand",
                    "bytes",
                    &[
                        0x23, 0x55, 0x3C, 0xBE, 0x96, 0x37, 0xA8, 0x9D, 0x21, 0x8A, 0xE6, 0x4D, 0xAE, 0x47,
                        0xBF, 0x35,
                    ],
                ),
                (
                    "autn",
                    "bytes",
                    &[
                        0x55, 0xF3, 0x28, 0xB4, 0x35, 0x77, 0xB9, 0xB9, 0x4A, 0x9F, 0xFA, 0xC3, 0x54, 0xDF,
                        0xAF, 0xB3,
                    ],
                ),
            ],
            &["success"],
        ),
        "file.update" => writes(
            &[
                ("path", "bytes", &[0x2F, 0x05]),
                ("offset", "number", &[0; 4]),
                ("data", "bytes", &[0x65, 0x6E]),
            ],
            &["success"],
        ),
        _ => return None,
    })
}

fn owned(parameters: &[Given]) -> Vec<Parameter> {
    let own = |(name, kind, value): &Given| Parameter::new(name, kind, *value);
    parameters.iter().map(own).collect()
}

/// A service that is ready to run, and how.
fn ready(tester: &mut Tester, name: &'static str) -> Step<(u64, Repeatable)> {
    let service = begin(tester, name)?;
    let run =
        repeatable(name).ok_or_else(|| Stop::Error(format!("the suite does not know how to run {name}")))?;
    if !is_certification_card(tester)? {
        if run.writes {
            return Err(Stop::NotApplicable(
                "the card in the slot is not the published certification card, and the service writes".into(),
            ));
        }
        // Another card may refuse what the published one gives.
        let outcomes: &[&str] = &["success", "card-status", "not-found", "card-absent"];
        return Ok((service, Repeatable { outcomes, ..run }));
    }
    Ok((service, run))
}

fn run_in(tester: &mut Tester, service: u64, run: &Repeatable, format: u64) -> Step<Ended> {
    offer(tester, &[service], format)?;
    let job = instruct(tester, service, &owned(run.parameters), format)?;
    let status = tester.wait_for(&job.id)?;
    let outcome = status.text("outcome")?.to_owned();
    let right = run.outcomes.contains(&outcome.as_str());
    tester.under("CW-SVC-004", |tester| {
        let expected = format!("the outcome {}", run.outcomes.join(" or "));
        tester.demand(right, expected, status.describe())
    })?;
    if format == NATIVE {
        tester.finish(&job, &outcome)
    } else {
        tester.finish_in_cbor(&job, &outcome)
    }
}

/// Takes back what a run has changed, whatever came of the case.
fn undo(tester: &mut Tester, run: &Repeatable) -> Step {
    let Some((name, parameters)) = run.undone_by else {
        return Ok(());
    };
    let service = super::listed(tester, name)?;
    offer(tester, &[service], NATIVE)?;
    let job = instruct(tester, service, &owned(parameters), NATIVE)?;
    tester.wait_for(&job.id).map(drop)
}

pub(super) fn uses_what_it_declares(tester: &mut Tester, name: &'static str) -> Step {
    let (service, run) = ready(tester, name)?;
    let mark = tester.mark()?;
    let ended = run_in(tester, service, &run, NATIVE);
    let records = tester.records(mark);
    tester.check("CW-MOD-003");
    let off = tester.all_modules_off();
    let entry = tester.service(service);
    let undone = undo(tester, &run);
    let (ended, records, entry) = (ended?, records?, entry?.unwrap_or_default());
    off?;
    undone?;
    let modules = declared(name, "modules")?;
    let may = |module: &str| {
        modules
            .as_array()
            .into_iter()
            .flatten()
            .any(|known| known == module)
    };
    let changes = records.service_modules();
    tester.check("CW-MOD-006");
    let only = changes.iter().all(|(module, _)| may(module));
    tester.demand(only, format!("no module but {modules}"), list(&changes))?;
    tester.check("CW-MOD-001");
    let used = changes.iter().any(|(_, state)| *state == "busy");
    tester.demand(used, "a module called", list(&changes))?;
    tester.check("CW-LOGIC-001");
    let digest = &ended.status.fields["logic_digest"];
    tester.demand(
        *digest == entry["logic_digest"],
        format!("the logic that the list shows, {}", entry["logic_digest"]),
        digest,
    )
}

pub(super) fn says_the_same_in_cbor(tester: &mut Tester, name: &'static str) -> Step {
    let (service, run) = ready(tester, name)?;
    // A first run brings the card to where each further one leaves it.
    let first = run_in(tester, service, &run, NATIVE);
    let undone = undo(tester, &run);
    first.and(undone)?;
    let native = run_in(tester, service, &run, NATIVE);
    undo(tester, &run)?;
    let cbor = run_in(tester, service, &run, CBOR).and_then(|cbor| {
        let again = tester.fetch(cbor.status.text("job")?, cbor.data.len() as u64)?;
        Ok((cbor, again))
    });
    undo(tester, &run)?;
    let (native, (cbor, again)) = (native?, cbor?);
    tester.check("CW-INTF-008");
    // A card may draw its identifier anew.
    let is_drawn = |ended: &Ended| ended.item("uid", "bytes").is_some();
    let same = cbor.items == native.items || is_drawn(&native) && is_drawn(&cbor);
    tester.demand(
        same,
        format!("the {} of native", native.describe()),
        cbor.describe(),
    )?;
    tester.check("CW-INTF-003");
    tester.demand(again == cbor.data, "the same bytes again", hex::encode(&again))
}

pub(super) fn without_a_card(tester: &mut Tester, name: &'static str) -> Step {
    let service = begin(tester, name)?;
    offer(tester, &[service], NATIVE)?;
    tester.without_card(|tester| {
        let mark = tester.mark()?;
        let job = match repeatable(name) {
            Some(run) => instruct(tester, service, &owned(run.parameters), NATIVE)?,
            None => instruct_smallest(tester, service, name)?,
        };
        let status = tester.wait_for(&job.id)?;
        tester.check("CW-SVC-003");
        let absent = status.fields["outcome"] == "card-absent";
        tester.demand(absent, "the outcome card-absent", status.describe())?;
        let records = tester.records(mark)?;
        let changes = records.service_modules();
        let supplied = changes.contains(&("contact-card", "enabled"));
        tester.demand(!supplied, "no supply for an empty slot", list(&changes))?;
        tester.check("CW-MOD-003");
        tester.all_modules_off()?;
        let none = Value::from(0);
        tester.check("CW-SVC-003");
        let said = &status.fields["status_word"];
        tester.demand(*said == none, "no status word where no card spoke", said)
    })
}
