//! What a service takes, and for whom it is there.

use super::{CBOR, NATIVE, Parameter, begin, declared, encoded, instruct, is_entry, modules, offer};
use crate::{
    tester::{Login, Tester, list},
    verdict::{Step, Stop},
};
use serde_json::{Value, json};

/// A service that is always there, and is not the one that a case is about.
const OTHER: [u64; 2] = [0x0001, 0x0002];

/// A parameter that a service declares.
struct Declared {
    name: String,
    kind: String,
    occurrence: String,
    minimum: usize,
    maximum: usize,
}

impl Declared {
    fn read(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| value[name].as_u64().unwrap_or_default() as usize;
        Self {
            name: text("name"),
            kind: text("kind"),
            occurrence: text("occurrence"),
            minimum: number("minimum"),
            maximum: number("maximum"),
        }
    }

    /// A value of so many bytes, or of a number the number itself.
    fn of(&self, size: usize) -> Parameter {
        let value = match self.kind.as_str() {
            "number" => u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes().to_vec(),
            // Digits are text of every kind that services take.
            "text" => vec![b'1'; size],
            _ => vec![0x00; size],
        };
        Parameter::new(&self.name, &self.kind, value)
    }

    /// The smallest value that is right.
    fn right(&self) -> Parameter {
        self.of(self.minimum.max(usize::from(self.kind == "number")))
    }

    fn is_demanded(&self) -> bool {
        self.occurrence == "required" || self.occurrence == "several"
    }
}

pub(super) fn takes_what_its_entry_says(tester: &mut Tester, name: &'static str) -> Step {
    refuses_all(tester, name, NATIVE)
}

pub(super) fn takes_the_same_in_cbor(tester: &mut Tester, name: &'static str) -> Step {
    refuses_all(tester, name, CBOR)
}

fn refuses_all(tester: &mut Tester, name: &'static str, format: u64) -> Step {
    let service = begin(tester, name)?;
    // At a keypad the card holder is asked for what the client leaves out.
    let has_keypad = modules(tester)?.iter().any(|module| module == "pin-pad");
    offer(tester, &[service], format)?;
    let all = wrong(name, has_keypad)?;
    let mark = tester.mark()?;
    for (what, parameters) in all {
        let id = tester.job_id();
        let fields = json!({ "job": id, "service": service, "parameters": encoded(&parameters, format)? });
        tester.check("CW-INTF-006");
        let answer = tester.ask("instruct", fields)?;
        tester.demand_error(&answer, &["parameters-refused"], &format!("{name} with {what}"))?;
        let status = tester.job_status(&id)?;
        let unknown = status.fields["state"] == "unknown";
        tester.demand(unknown, "no job of a refused instruction", status.describe())?;
    }
    let records = tester.records(mark)?;
    let touched = records.service_modules();
    tester.demand(touched.is_empty(), "no module touched", list(&touched))
}

/// Parameters that are wrong in one thing each.
fn wrong(name: &str, has_keypad: bool) -> Step<Vec<(String, Vec<Parameter>)>> {
    let entry = declared(name, "parameters")?;
    let declared: Vec<_> = entry
        .as_array()
        .into_iter()
        .flatten()
        .map(Declared::read)
        .collect();
    let right: Vec<_> = declared
        .iter()
        .filter(|parameter| parameter.is_demanded())
        .map(Declared::right)
        .collect();
    let strange = Parameter::new("unheard-of", "text", *b"1");
    let mut all = vec![(
        "a parameter that it does not have".to_owned(),
        [&right[..], &[strange]].concat(),
    )];
    for parameter in &declared {
        // The right ones, with this one in the place of its own.
        let with = |this: Vec<Parameter>| {
            let others = right.iter().filter(|other| other.name != parameter.name).cloned();
            others.chain(this).collect::<Vec<_>>()
        };
        let mut add =
            |what: &str, this: Vec<Parameter>| all.push((format!("{} {what}", parameter.name), with(this)));
        let other_kind = if parameter.kind == "bytes" {
            "text"
        } else {
            "bytes"
        };
        add(
            "of another kind",
            vec![Parameter::new(
                &parameter.name,
                other_kind,
                parameter.right().value,
            )],
        );
        let most = if parameter.kind == "number" {
            usize::MAX
        } else {
            255
        };
        if parameter.maximum < most {
            add("above its bounds", vec![parameter.of(parameter.maximum + 1)]);
        }
        if parameter.minimum > 0 {
            add("below its bounds", vec![parameter.of(parameter.minimum - 1)]);
        }
        if parameter.occurrence == "required" || parameter.occurrence == "optional" {
            add("twice", vec![parameter.right(), parameter.right()]);
        }
        let is_asked_for = ["pin", "new", "puk"].contains(&parameter.name.as_str());
        if parameter.is_demanded() && !(has_keypad && is_asked_for) {
            add("left out", Vec::new());
        }
    }
    Ok(all)
}

pub(super) fn needs_offer_and_grant(tester: &mut Tester, name: &'static str) -> Step {
    let service = begin(tester, name)?;
    let other = OTHER.into_iter().find(|other| *other != service);
    let other = other.ok_or_else(|| Stop::Error("every service is this one".into()))?;
    let mut offers = vec![(service, NATIVE), (other, NATIVE)];
    offers.sort_unstable();
    for (what, offers, grants) in [
        ("is not granted", offers.clone(), Some(vec![other])),
        ("is not offered", vec![(other, NATIVE)], None),
        ("is neither", vec![(other, NATIVE)], Some(vec![other])),
    ] {
        tester.login(&Login {
            offers,
            grants,
            ..Login::default()
        })?;
        tester.check("CW-LOGIN-006");
        let entry = tester.service(service)?.unwrap_or_default();
        let disabled = entry["interface"] == "disabled";
        tester.demand(
            disabled,
            format!("the interface of {name} disabled: it {what}"),
            &entry,
        )?;
        tester.check("CW-INTF-002");
        let fields = json!({ "job": tester.job_id(), "service": service, "parameters": "" });
        tester.refused("instruct", fields, &["interface-disabled"])?;
        // The other one is not in its way.
        tester.check("CW-LOGIN-021");
        let there = tester
            .services()?
            .iter()
            .any(|entry| is_entry(entry, other) && entry["interface"] == "enabled");
        tester.demand(there, "the other service's interface enabled", "disabled")?;
    }
    // The twin: offered and granted it is looked at, and refused for what it does not take.
    tester.login(&Login {
        offers,
        grants: Some(vec![service]),
        ..Login::default()
    })?;
    let strange = [Parameter::new("unheard-of", "text", *b"1")];
    let fields =
        json!({ "job": tester.job_id(), "service": service, "parameters": encoded(&strange, NATIVE)? });
    tester.check("CW-LOGIN-021");
    tester.refused("instruct", fields, &["parameters-refused"])?;
    // And the right of one service is none of another.
    tester.check("CW-LOGIN-006");
    let fields = json!({ "job": tester.job_id(), "service": other, "parameters": "" });
    tester
        .refused("instruct", fields, &["interface-disabled"])
        .map(drop)
}

/// The smallest right parameters of a service: what it demands, and no more.
pub(super) fn smallest(name: &str) -> Step<Vec<Parameter>> {
    let entry = declared(name, "parameters")?;
    let declared = entry.as_array().into_iter().flatten().map(Declared::read);
    Ok(declared
        .filter(Declared::is_demanded)
        .map(|parameter| parameter.right())
        .collect())
}

/// Instructs a service with the least that it takes.
pub(super) fn instruct_smallest(tester: &mut Tester, service: u64, name: &str) -> Step<crate::tester::Job> {
    instruct(tester, service, &smallest(name)?, NATIVE)
}
