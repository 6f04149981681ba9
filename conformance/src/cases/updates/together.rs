//! Updates with several components: all of them come into force, or none.

use super::{
    begin,
    force::{FILLING, filling},
    programs::{self, SERVICE},
    unchanged,
};
use crate::{
    case::Case,
    hex,
    tester::{Answer, Login, Manifest, Tester, digest, no_error},
    verdict::Step,
};

pub(super) fn cases() -> Vec<Case> {
    vec![Case::code(
        "updates.all-components-or-none",
        &["CW-UPD-017", "CW-UPD-006", "CW-UPD-005"],
        "Of an update of two services neither comes into force where the logic of one does not verify, else both do",
        all_or_none,
    )]
}

/// Brings an update of two services whole, and gives the answer to its commit.
fn commit(tester: &mut Tester, manifests: &[Manifest], contents: &[&[u8]]) -> Step<Answer> {
    let encoded = Manifest::encode_together(manifests)?;
    tester.offer_bytes_accepted(&encoded)?;
    let status = tester.send_content(&encoded, &contents.concat(), 0)?;
    let received = no_error(&status) && status.fields["state"] == "received";
    tester.demand(received, "all bytes of both contents received", status.describe())?;
    tester.commit(&encoded)
}

fn all_or_none(tester: &mut Tester) -> Step {
    let (_, _) = begin(tester)?;
    // Both services are there, so that it is not for room that an update is refused.
    tester.provide(&filling(FILLING)?)?;
    tester.provide(&programs::echo("before")?)?;
    let text = hex::encode(&tester.random.array::<4>());
    let echo = programs::echo(&text)?;
    let filled = filling(FILLING)?;
    // The last instruction ends the program; without it the program runs on behind its end.
    let spoilt = spoil(&filled);
    let mut services = [(FILLING, &spoilt), (SERVICE, &echo)];
    services.sort_by_key(|(service, _)| *service);
    unchanged(tester, |tester| {
        tester.check("CW-UPD-017");
        let manifests = manifests(tester, services)?;
        let result = commit(tester, &manifests, &services.map(|(_, content)| &content[..]))?;
        let right = result.fields["error"] == "update-logic" && result.fields["state"] == "none";
        tester.demand(right, "update-logic", result.describe())?;
        tester.check("CW-UPD-017");
        Ok(())
    })?;
    // The twin: both are right, and both come into force.
    services = [(FILLING, &filled), (SERVICE, &echo)];
    services.sort_by_key(|(service, _)| *service);
    let manifests = manifests(tester, services)?;
    let result = commit(tester, &manifests, &services.map(|(_, content)| &content[..]))?;
    tester.demand(no_error(&result), "the update in force", result.describe())?;
    tester.login(&Login::default())?;
    tester.check("CW-UPD-017");
    for (service, content) in services {
        let entry = tester.service(service)?.unwrap_or_default();
        let right = entry["logic_digest"] == hex::encode(&digest(content));
        tester.demand(
            right,
            format!("the new logic of the service {service:04x}"),
            entry,
        )?;
    }
    let counter = tester.logic_counter();
    let right = counter == manifests[0].counter.max(manifests[1].counter);
    tester.demand(right, "the higher one of the two counters", counter)
}

/// A right manifest for each; the second has the higher counter.
fn manifests(tester: &mut Tester, services: [(u64, &Vec<u8>); 2]) -> Step<[Manifest; 2]> {
    let [(first, content), (second, other)] = services;
    let first = tester.manifest(first, content)?;
    let second = tester.manifest(second, other)?;
    let counter = second.counter + 1;
    Ok([first, Manifest { counter, ..second }])
}

/// The same logic with an unassigned instruction at its end.
fn spoil(document: &[u8]) -> Vec<u8> {
    let mut spoilt = document.to_vec();
    if let Some(at) = spoilt.len().checked_sub(3) {
        spoilt[at] = 0xEE;
    }
    spoilt
}
