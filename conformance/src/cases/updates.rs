//! Updates: what a reader accepts, what it refuses, and that a refusal changes nothing.

use super::programs::{self, SERVICE};
use crate::{
    case::Case,
    hex,
    tester::{Answer, Login, Manifest, Start, Tester, digest, encode, no_error},
    verdict::{Step, Stop},
};
use serde_json::{Value, json};

mod bytes;
mod combinations;
mod force;
mod keys;
mod offers;
mod rotation;
mod together;
mod trial;

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        Case::code(
            "updates.wrong-signature-is-refused",
            &["CW-UPD-001", "CW-UPD-006", "CW-UPD-011"],
            "A manifest signed by another key, without the label, or altered, is refused",
            wrong_signature,
        ),
        Case::code(
            "updates.other-hardware-is-refused",
            &["CW-UPD-002", "CW-UPD-006", "CW-UPD-011"],
            "A manifest for another class of hardware is refused",
            other_hardware,
        ),
        Case::code(
            "updates.old-counter-is-refused",
            &["CW-UPD-003", "CW-UPD-006", "CW-UPD-011"],
            "A manifest whose counter is that of the reader, or lower, is refused",
            old_counter,
        ),
        Case::code(
            "updates.counter-is-raised-by-commit-only",
            &["CW-UPD-005", "CW-UPD-013", "CW-UPD-003"],
            "The counter stays until an update is committed, and is the manifest's then, also for the next login",
            counter_is_raised,
        ),
        Case::code(
            "updates.counters-may-leave-gaps",
            &["CW-UPD-003"],
            "A counter that is far above the reader's is accepted, and the one after it",
            counters_leave_gaps,
        ),
        Case::code(
            "updates.malformed-manifest-is-refused",
            &["CW-UPD-011", "CW-UPD-006"],
            "A signed manifest that breaks a rule of the codec is refused as malformed, with the rule",
            malformed_manifest,
        ),
        Case::code(
            "updates.too-large-an-update-is-refused",
            &["CW-UPD-011", "CW-UPD-006"],
            "A manifest for more logic than a reader stores is refused",
            too_large,
        ),
        Case::code(
            "updates.unknown-kind-is-not-supported",
            &["CW-UPD-007", "CW-UPD-006", "CW-UPD-011"],
            "A manifest of a kind that no revision knows is refused with not-supported",
            unknown_kind,
        ),
        Case::code(
            "updates.software-is-taken-or-not-supported",
            &["CW-UPD-007"],
            "Kinds that are not service logic are received, or refused with not-supported",
            other_kinds,
        ),
    ];
    all.extend(bytes::cases());
    all.extend(force::cases());
    all.extend(offers::cases());
    all.extend(together::cases());
    all.extend(keys::cases());
    all.extend(rotation::cases());
    all.extend(trial::cases());
    all.extend(combinations::cases());
    all
}

/// A reader that serves, and logic that it has not stored.
fn begin(tester: &mut Tester) -> Step<(Vec<u8>, Manifest)> {
    tester.reach(Start::Serving)?;
    let text = hex::encode(&tester.random.array::<4>());
    let document = programs::echo(&text)?;
    let manifest = tester.manifest(SERVICE, &document)?;
    Ok((document, manifest))
}

/// What a refused update must leave: services, their logic, the counter.
fn state(tester: &mut Tester) -> Step<(Vec<Value>, u64)> {
    let services = tester.services()?;
    tester.login(&Login::default())?;
    Ok((services, tester.logic_counter()))
}

/// Acts, and holds the reader to being as it was.
fn unchanged(tester: &mut Tester, act: impl FnOnce(&mut Tester) -> Step) -> Step {
    let before = state(tester)?;
    act(tester)?;
    let after = state(tester)?;
    tester.under("CW-UPD-006", |tester| {
        let seen = format!("{} with the counter {}", json!(after.0), after.1);
        tester.demand(
            after == before,
            format!("still {} with the counter {}", json!(before.0), before.1),
            seen,
        )
    })
}

fn offer_refused(
    tester: &mut Tester,
    manifest: &[u8],
    signature: &[u8],
    errors: &[&str],
    what: &str,
) -> Step<Answer> {
    let status = tester.offer(manifest, signature)?;
    let named = status.fields["error"]
        .as_str()
        .is_some_and(|error| errors.contains(&error));
    let right = named && status.fields["state"] == "none";
    tester.demand(
        right,
        format!("the error {} to {what}", errors.join(" or ")),
        if status.fields["state"] == "receiving" {
            format!("it was accepted: {}", status.describe())
        } else {
            status.describe()
        },
    )?;
    // Nothing that belongs to a refused manifest is taken.
    let chunk = tester.chunk(manifest, 0, &[0x63])?;
    let refused = !no_error(&chunk) && chunk.number("next_offset")? == 0;
    tester.demand(refused, "bytes of a refused manifest refused", chunk.describe())?;
    Ok(status)
}

fn wrong_signature(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    let encoded = manifest.encode()?;
    let right = tester.sign(&encoded)?;
    unchanged(tester, |tester| {
        tester.check("CW-UPD-001");
        let mut flipped = right.clone();
        flipped[40] ^= 0x01;
        let stranger = tester.sign_as_stranger(&encoded);
        let other = Manifest {
            counter: manifest.counter + 1,
            ..manifest.clone()
        }
        .encode()?;
        let signatures = [
            ("a signature of another key", encoded.clone(), stranger),
            ("a signature with a flipped bit", encoded.clone(), flipped),
            ("a signature over another manifest", other, right.clone()),
            ("a signature of zeros", encoded.clone(), vec![0; 64]),
        ];
        for (what, manifest, signature) in signatures {
            offer_refused(tester, &manifest, &signature, &["update-signature"], what)?;
        }
        Ok(())
    })?;
    // The twin: the right signature is accepted, and the update goes through.
    tester.install(SERVICE, &document).map(drop)
}

fn other_hardware(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    unchanged(tester, |tester| {
        tester.check("CW-UPD-002");
        let own = service_class(&manifest.hardware_class);
        for class in [0x0001_u64, 0x0002, 0xF0F0, 0xFFFF]
            .into_iter()
            .filter(|class| Some(*class) != own)
        {
            let other = Manifest {
                hardware_class: json!(class),
                ..manifest.clone()
            }
            .encode()?;
            let signature = tester.sign(&other)?;
            let what = format!("a manifest for the hardware {class:04x}");
            offer_refused(tester, &other, &signature, &["update-hardware"], &what)?;
        }
        Ok(())
    })?;
    tester.install(SERVICE, &document).map(drop)
}

fn service_class(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| crate::embedded::registered("hardware_class", value.as_str()?))
}

fn old_counter(tester: &mut Tester) -> Step {
    let (document, _) = begin(tester)?;
    // The twin, which also makes sure that the counter is not 0.
    tester.install(SERVICE, &document)?;
    tester.install(SERVICE, &programs::echo("newer")?)?;
    tester.login(&Login::default())?;
    let counter = tester.logic_counter();
    let manifest = tester.manifest(SERVICE, &programs::echo("older")?)?;
    unchanged(tester, |tester| {
        tester.check("CW-UPD-003");
        for old in [counter, counter - 1, 1] {
            let what = format!("a manifest with the counter {old}, where the reader's own is {counter}");
            let old = Manifest {
                counter: old,
                ..manifest.clone()
            }
            .encode()?;
            let signature = tester.sign(&old)?;
            offer_refused(tester, &old, &signature, &["update-counter"], &what)?;
        }
        Ok(())
    })
}

fn counter_is_raised(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    let before = tester.logic_counter();
    let encoded = manifest.encode()?;
    tester.offer_accepted(&manifest)?;
    tester.send_content(&encoded, &document, 0)?;
    tester.login(&Login::default())?;
    tester.check("CW-UPD-005");
    let waiting = tester.logic_counter();
    tester.demand(
        waiting == before,
        format!("the counter {before} until the commit"),
        waiting,
    )?;
    // The bytes are still there: the same manifest is offered again, and committed.
    let signature = tester.sign(&encoded)?;
    let again = tester.offer(&encoded, &signature)?;
    if again.fields["state"] == "receiving" {
        let from = again.number("next_offset")? as usize;
        tester.send_content(&encoded, &document, from)?;
    }
    let result = tester.commit(&encoded)?;
    let right = no_error(&result) && result.number("logic_counter")? == manifest.counter;
    tester.demand(
        right,
        format!("success with the counter {}", manifest.counter),
        result.describe(),
    )?;
    tester.login(&Login::default())?;
    tester.check("CW-UPD-013");
    let after = tester.logic_counter();
    tester.demand(
        after == manifest.counter,
        format!("the counter {}", manifest.counter),
        after,
    )?;
    let ended = tester.run(SERVICE)?;
    tester.demand(!ended.items.is_empty(), "the new logic's data", ended.describe())
}

fn counters_leave_gaps(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    let far = Manifest {
        counter: manifest.counter + 100,
        ..manifest
    };
    tester.check("CW-UPD-003");
    tester.offer_accepted(&far)?;
    let encoded = far.encode()?;
    tester.send_content(&encoded, &document, 0)?;
    let result = tester.commit(&encoded)?;
    let right = no_error(&result) && result.number("logic_counter")? == far.counter;
    tester.demand(
        right,
        format!("success with the counter {}", far.counter),
        result.describe(),
    )?;
    tester.install(SERVICE, &programs::echo("after a gap")?).map(drop)
}

fn malformed_manifest(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    let right = manifest.encode()?;
    unchanged(tester, |tester| {
        let longer = [&right[..], &[0x00]].concat();
        let twice = Manifest::encode_together(&[manifest.clone(), manifest.clone()])?;
        let critical = [&right[..], &[0xFF, 0x01, 0x00, 0x00]].concat();
        let shorter = right[..right.len() - 1].to_vec();
        for (what, wrong, rule) in [
            ("a byte too many", longer, "truncated"),
            ("a critical extension", critical, "extension-critical"),
            ("a byte too few", shorter, "truncated"),
            ("two components for one service", twice, "order"),
        ] {
            let signature = tester.sign(&wrong)?;
            let what = format!("a manifest with {what}");
            let status = offer_refused(tester, &wrong, &signature, &["malformed"], &what)?;
            let named = status.fields["detail"].as_u64() == crate::embedded::registered("codec_rule", rule);
            tester.demand(named, format!("the rule {rule} to {what}"), status.describe())?;
        }
        Ok(())
    })?;
    tester.install(SERVICE, &document).map(drop)
}

fn too_large(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    let largest = tester.logic_size();
    unchanged(tester, |tester| {
        for size in [largest + 1, 65_536, 16_777_216] {
            let large = Manifest {
                size,
                ..manifest.clone()
            }
            .encode()?;
            let signature = tester.sign(&large)?;
            offer_refused(
                tester,
                &large,
                &signature,
                &["update-size"],
                &format!("logic of {size} bytes"),
            )?;
        }
        Ok(())
    })?;
    tester.install(SERVICE, &document).map(drop)
}

fn unknown_kind(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    unchanged(tester, |tester| {
        tester.check("CW-UPD-007");
        for kind in [0x00_u64, 0x04, 0x7E, 0xFF] {
            let strange = Manifest {
                kind,
                ..manifest.clone()
            }
            .encode()?;
            let signature = tester.sign(&strange)?;
            offer_refused(
                tester,
                &strange,
                &signature,
                &["not-supported"],
                &format!("the kind {kind:02x}"),
            )?;
        }
        Ok(())
    })?;
    tester.install(SERVICE, &document).map(drop)
}

fn other_kinds(tester: &mut Tester) -> Step {
    let (_, manifest) = begin(tester)?;
    unchanged(tester, |tester| {
        tester.check("CW-UPD-007");
        for kind in ["software", "authentication"] {
            let number = crate::embedded::registered("update_kind", kind)
                .ok_or_else(|| Stop::Error(format!("{kind} is no kind of update")))?;
            let counter = u64::from(u32::MAX);
            let other = Manifest {
                kind: number,
                service: 0,
                counter,
                ..manifest.clone()
            }
            .encode()?;
            let signature = tester.sign(&other)?;
            let status = tester.offer(&other, &signature)?;
            let supported = no_error(&status) && status.fields["state"] == "receiving";
            let refused = status.fields["error"] == "not-supported" && status.fields["state"] == "none";
            tester.demand(
                supported || refused,
                format!("{kind} received or not supported"),
                status.describe(),
            )?;
        }
        Ok(())
    })
}

/// A chunk as a message, for bytes that are sent by hand.
fn chunk_message(manifest: &[u8], offset: usize, data: &[u8]) -> Step<Vec<u8>> {
    let fields =
        json!({ "digest": hex::encode(&digest(manifest)), "offset": offset, "data": hex::encode(data) });
    encode("update_chunk", &fields)
}
