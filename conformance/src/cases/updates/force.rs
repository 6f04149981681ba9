//! Into force: no room, a reset in the middle, a service that runs.

use super::{
    begin,
    programs::{self, SERVICE},
};
use crate::{
    case::Case,
    cases::jobs::running,
    hex,
    tester::{Answer, Login, Manifest, Start, Tester, assemble, digest, encode, no_error},
    verdict::{Step, Stop},
};
use serde_json::json;

/// The first of the services that fill a reader, and how many there are at most.
pub(super) const FILLING: u64 = 0xFF10;
const FILLING_MAX: u64 = 40;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "updates.full-storage-is-told",
            &["CW-UPD-009", "CW-UPD-006", "CW-UPD-017"],
            "Logic for one service more than the reader has room for is refused with storage-failed, and changes nothing",
            full_storage,
        ),
        Case::code(
            "updates.reset-in-the-middle-leaves-old-or-new",
            &["CW-UPD-010", "CW-UPD-008"],
            "A reset after the offer, between bytes, before and in the commit leaves the old logic or the new one, whole",
            reset_in_the_middle,
        ),
        Case::code(
            "updates.running-service-keeps-its-logic",
            &["CW-UPD-016"],
            "A service that runs while its logic is replaced ends with the data and the digest of the old one",
            running_service_keeps_its_logic,
        )
        .slow(),
    ]
}

/// Logic of a service that is there to take room.
pub(super) fn filling(service: u64) -> Step<Vec<u8>> {
    assemble(&format!(
        "service certification.fill 0x{service:04X}\nversion 1\npolicy whole-service\non-client-loss abort\n\
         budget 8\nend success\n"
    ))
}

/// Sends an update whole, and gives the answer that refuses it, or the commit's.
fn send(tester: &mut Tester, manifests: &[Manifest], content: &[u8]) -> Step<Answer> {
    let encoded = Manifest::encode_together(manifests)?;
    tester.offer_bytes_accepted(&encoded)?;
    let status = tester.send_content(&encoded, content, 0)?;
    if no_error(&status) {
        tester.commit(&encoded)
    } else {
        Ok(status)
    }
}

fn full_storage(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    tester.provide(&programs::echo("room")?)?;
    for service in FILLING..FILLING + FILLING_MAX {
        if tester.service(service)?.is_some() {
            continue;
        }
        let before = tester.services()?;
        let counter = tester.logic_counter();
        let document = filling(service)?;
        let manifest = tester.manifest(service, &document)?;
        tester.check("CW-UPD-009");
        let answer = send(tester, core::slice::from_ref(&manifest), &document)?;
        if no_error(&answer) {
            let listed = tester.service(service)?.is_some();
            tester.demand(listed, format!("the new service {service:04x}"), "none")?;
            continue;
        }
        let told = answer.fields["error"] == "storage-failed";
        tester.demand(told, "storage-failed", answer.describe())?;
        let gone = tester.query(&manifest.encode()?)?;
        let dropped = gone.fields["state"] == "none" && gone.number("next_offset")? == 0;
        tester.demand(dropped, "nothing left of the update", gone.describe())?;
        let after = tester.services()?;
        tester.demand(after == before, json!(before), json!(after))?;
        tester.login(&Login::default())?;
        tester.check("CW-UPD-009");
        let now = tester.logic_counter();
        tester.demand(now == counter, format!("the counter {counter}"), now)?;
        no_part_of_it(tester, service, &document)?;
        // The twin: where there is room, of a service that it has, the same counter is taken.
        let text = hex::encode(&tester.random.array::<4>());
        tester.install(SERVICE, &programs::echo(&text)?)?;
        return tester.run(SERVICE).map(drop);
    }
    Err(Stop::NotApplicable(format!(
        "the reader has room for {FILLING_MAX} services more"
    )))
}

/// Where this service has no room, the new logic of another one that comes with it does not come into force either.
fn no_part_of_it(tester: &mut Tester, service: u64, document: &[u8]) -> Step {
    let before = tester.services()?;
    let text = hex::encode(&tester.random.array::<4>());
    let echo = programs::echo(&text)?;
    let manifests = [
        tester.manifest(SERVICE, &echo)?,
        tester.manifest(service, document)?,
    ];
    tester.check("CW-UPD-009");
    let answer = send(tester, &manifests, &[&echo[..], document].concat())?;
    let told = answer.fields["error"] == "storage-failed";
    tester.demand(told, "storage-failed", answer.describe())?;
    tester.check("CW-UPD-017");
    let after = tester.services()?;
    tester.demand(after == before, json!(before), json!(after))
}

fn reset_in_the_middle(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    let (document, _) = begin(tester)?;
    tester.install(SERVICE, &document)?;
    let mut old = document;
    for point in ["offer", "bytes", "commit", "the commit's answer"] {
        let before = tester.logic_counter();
        let text = hex::encode(&tester.random.array::<4>());
        let new = programs::echo(&text)?;
        let manifest = tester.manifest(SERVICE, &new)?;
        let encoded = manifest.encode()?;
        tester.offer_accepted(&manifest)?;
        match point {
            "offer" => {}
            "bytes" => tester.chunk(&encoded, 0, &new[..16]).map(drop)?,
            "commit" => tester.send_content(&encoded, &new, 0).map(drop)?,
            _ => {
                tester.send_content(&encoded, &new, 0)?;
                commit_unheard(tester, &encoded)?;
            }
        }
        tester.reset_device()?;
        tester.reach(Start::Serving)?;
        tester.check("CW-UPD-010");
        let entry = tester.service(SERVICE)?.unwrap_or_default();
        let counter = tester.logic_counter();
        let holds = |document: &[u8]| entry["logic_digest"] == hex::encode(&digest(document));
        let is_old = holds(&old) && counter == before;
        let is_new = holds(&new) && counter == manifest.counter && point == "the commit's answer";
        let seen = format!("{entry} with the counter {counter}");
        tester.demand(
            is_old || is_new,
            format!("the old update, or the new one, whole, after a reset before {point}"),
            seen,
        )?;
        let ended = tester.run(SERVICE)?;
        let said = ended.item("echo", "text").map(<[u8]>::to_vec);
        let right = said.as_deref() == Some(text.as_bytes());
        tester.demand(
            right == is_new,
            "the data of the logic in force",
            ended.describe(),
        )?;
        // What was broken off can be brought to its end.
        if is_old {
            finish(tester, &manifest, &new)?;
        }
        old = new;
    }
    Ok(())
}

/// Commits an update whose bytes may be there in part, or not at all.
fn finish(tester: &mut Tester, manifest: &Manifest, document: &[u8]) -> Step {
    let encoded = manifest.encode()?;
    let status = tester.offer_accepted(manifest)?;
    if status.fields["state"] == "receiving" {
        let from = status.number("next_offset")? as usize;
        tester.send_content(&encoded, document, from)?;
    }
    let result = tester.commit(&encoded)?;
    tester.demand(no_error(&result), "the update in force", result.describe())
}

/// Sends the commit, and waits for no answer.
fn commit_unheard(tester: &mut Tester, manifest: &[u8]) -> Step {
    let fields = json!({ "digest": hex::encode(&digest(manifest)) });
    let sealed = tester.seal_as_cloud(&encode("update_commit", &fields)?)?;
    let relay = encode("relay", &json!({ "payload": hex::encode(&sealed) }))?;
    let number = tester.next_number()?;
    tester.send_sealed(number, &relay).map(drop)
}

fn running_service_keeps_its_logic(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let (job, status) = running(tester, false)?;
    let old = status.fields["logic_digest"].clone();
    let text = hex::encode(&tester.random.array::<4>());
    tester.check("CW-UPD-016");
    tester.install(SERVICE, &programs::echo(&text)?)?;
    tester.check("CW-UPD-016");
    let ended = tester.finish(&job, "success")?;
    let kept = ended.status.fields["logic_digest"] == old && ended.items.is_empty();
    tester.demand(
        kept,
        format!("the digest {old}, and no data"),
        ended.status.describe(),
    )?;
    // The next instruction runs the new logic.
    let next = tester.run(SERVICE)?;
    let right = next.item("echo", "text") == Some(text.as_bytes());
    tester.demand(right, format!("the text {text}"), next.describe())
}
