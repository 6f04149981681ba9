//! The bytes of an update: only those of the accepted manifest, only in order, only if they are the right ones.

use super::{begin, chunk_message, programs, unchanged};
use crate::{
    case::Case,
    tester::{Login, Manifest, Start, Tester, no_error},
    verdict::Step,
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "updates.wrong-digest-is-refused",
            &["CW-UPD-004", "CW-UPD-006"],
            "Bytes that are not those of the manifest's digest are refused, and can't be committed",
            wrong_digest,
        ),
        Case::code(
            "updates.wrong-size-is-refused",
            &["CW-UPD-004", "CW-UPD-006"],
            "More bytes than the manifest states are refused, and fewer can't be committed",
            wrong_size,
        ),
        Case::code(
            "updates.bytes-come-in-order",
            &["CW-UPD-004"],
            "Bytes behind a hole, before the first missing one, or of another manifest are refused",
            bytes_in_order,
        ),
        Case::code(
            "updates.bytes-are-kept-for-the-same-manifest",
            &["CW-UPD-004", "CW-UPD-010", "CW-UPD-012"],
            "An update that was broken off goes on where it stopped, in another session",
            kept_for_the_same_manifest,
        ),
        Case::code(
            "updates.bytes-are-not-kept-for-another-manifest",
            &["CW-UPD-012", "CW-UPD-004"],
            "Bytes of one manifest do not become part of another one, which takes its place",
            not_kept_for_another,
        ),
        Case::code(
            "updates.small-chunks-are-taken",
            &["CW-UPD-004"],
            "An update byte by byte is as good as one in large chunks",
            small_chunks,
        ),
        Case::code(
            "updates.commit-again-changes-nothing",
            &["CW-UPD-014", "CW-UPD-005"],
            "A commit that is sent again has success again, and leaves counter and logic as they are",
            commit_again,
        ),
    ]
}

fn wrong_digest(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    unchanged(tester, |tester| {
        tester.check("CW-UPD-004");
        let encoded = manifest.encode()?;
        tester.offer_accepted(&manifest)?;
        let mut other = document.clone();
        // A letter of the text that is given, so that the logic verifies nevertheless.
        let at = other.len() - 18;
        other[at] ^= 0x01;
        let status = tester.send_content(&encoded, &other, 0)?;
        let right = status.fields["error"] == "update-digest";
        tester.demand(right, "update-digest to other bytes", status.describe())?;
        let result = tester.commit(&encoded)?;
        tester.demand(!no_error(&result), "a commit refused", result.describe())
    })?;
    tester.install(programs::SERVICE, &document).map(drop)
}

fn wrong_size(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    let size = document.len();
    unchanged(tester, |tester| {
        tester.check("CW-UPD-004");
        tester.offer_accepted(&manifest)?;
        let encoded = manifest.encode()?;
        let (first, last) = document.split_at(size - 1);
        let status = tester.chunk(&encoded, 0, first)?;
        let taken = no_error(&status) && status.fields["state"] == "receiving";
        tester.demand(taken, "all bytes but one taken", status.describe())?;
        let early = tester.commit(&encoded)?;
        tester.demand(
            !no_error(&early),
            "a commit before the last byte refused",
            early.describe(),
        )?;
        tester.login(&Login::default())?;
        let manifest = tester.manifest(programs::SERVICE, &document)?;
        let encoded = manifest.encode()?;
        tester.offer_accepted(&manifest)?;
        let again = tester.query(&encoded)?.number("next_offset")? as usize;
        let rest = [&document[again..], last].concat();
        let status = tester.chunk(&encoded, again, &rest)?;
        let right = status.fields["error"] == "update-size";
        tester.demand(right, "update-size to a byte too many", status.describe())
    })?;
    tester.install(programs::SERVICE, &document).map(drop)
}

fn bytes_in_order(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    let encoded = manifest.encode()?;
    let other = Manifest {
        counter: manifest.counter + 1,
        ..manifest.clone()
    }
    .encode()?;
    tester.offer_accepted(&manifest)?;
    tester.check("CW-UPD-004");
    let refused = |tester: &mut Tester, manifest: &[u8], offset: usize, next: u64, what: &str| {
        let end = document.len().min(offset + 4);
        let status = tester.chunk(manifest, offset, &document[offset.min(end - 1)..end])?;
        let kept = status.number("next_offset")? == next;
        tester.demand(
            !no_error(&status) && kept,
            format!("{what} refused"),
            status.describe(),
        )
    };
    refused(tester, &encoded, 1, 0, "bytes behind a hole of one")?;
    refused(tester, &encoded, 20, 0, "bytes behind a hole of twenty")?;
    refused(tester, &other, 0, 0, "bytes of a manifest that was not offered")?;
    let status = tester.chunk(&encoded, 0, &document[..16])?;
    tester.demand(
        status.number("next_offset")? == 16,
        "16 bytes taken",
        status.describe(),
    )?;
    refused(tester, &encoded, 0, 16, "the first bytes again")?;
    refused(tester, &encoded, 12, 16, "bytes that overlap")?;
    refused(tester, &encoded, 17, 16, "bytes behind a hole of one")?;
    let message = chunk_message(&encoded, u32::MAX as usize, &document[..4])?;
    let far = tester.cloud_ask_bytes(&message)?;
    tester.demand(
        !no_error(&far),
        "bytes at the largest offset refused",
        far.describe(),
    )?;
    // The twin: the bytes that are missing complete the update.
    let status = tester.send_content(&encoded, &document, 16)?;
    tester.demand(
        status.fields["state"] == "received",
        "all bytes received",
        status.describe(),
    )?;
    let result = tester.commit(&encoded)?;
    tester.demand(no_error(&result), "the update in force", result.describe())
}

fn kept_for_the_same_manifest(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    let encoded = manifest.encode()?;
    let half = document.len() / 2;
    tester.offer_accepted(&manifest)?;
    let status = tester.chunk(&encoded, 0, &document[..half])?;
    tester.check("CW-UPD-004");
    tester.demand(
        status.number("next_offset")? == half as u64,
        format!("{half} bytes taken"),
        status.describe(),
    )?;
    tester.disconnect()?;
    tester.reach(Start::Serving)?;
    tester.check("CW-UPD-004");
    let status = tester.offer_accepted(&manifest)?;
    let kept = status.number("next_offset")? == half as u64;
    tester.demand(
        kept,
        format!("{half} bytes kept for the same manifest"),
        status.describe(),
    )?;
    let status = tester.send_content(&encoded, &document, half)?;
    tester.demand(
        status.fields["state"] == "received",
        "all bytes received",
        status.describe(),
    )?;
    let result = tester.commit(&encoded)?;
    tester.demand(no_error(&result), "the update in force", result.describe())
}

fn not_kept_for_another(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    tester.offer_accepted(&manifest)?;
    tester.chunk(&manifest.encode()?, 0, &document[..16])?;
    tester.check("CW-UPD-012");
    let first = manifest.encode()?;
    let other = Manifest {
        counter: manifest.counter + 1,
        ..manifest
    };
    let status = tester.offer_accepted(&other)?;
    let dropped = status.number("next_offset")? == 0;
    tester.demand(dropped, "no byte of another manifest", status.describe())?;
    let gone = tester.query(&first)?;
    let right = gone.fields["state"] == "none" && gone.number("next_offset")? == 0;
    tester.demand(right, "nothing of the first manifest", gone.describe())?;
    let encoded = other.encode()?;
    let status = tester.send_content(&encoded, &document, 0)?;
    tester.demand(
        status.fields["state"] == "received",
        "all bytes received",
        status.describe(),
    )?;
    let result = tester.commit(&encoded)?;
    tester.demand(no_error(&result), "the update in force", result.describe())
}

fn small_chunks(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    let encoded = manifest.encode()?;
    tester.offer_accepted(&manifest)?;
    tester.check("CW-UPD-004");
    for (offset, byte) in document.iter().enumerate() {
        let status = tester.chunk(&encoded, offset, &[*byte])?;
        let right = no_error(&status) && status.number("next_offset")? == offset as u64 + 1;
        tester.demand(right, format!("{} bytes taken", offset + 1), status.describe())?;
        let queried = tester.query(&encoded)?;
        tester.demand(
            queried.fields == status.fields,
            status.describe(),
            queried.describe(),
        )?;
    }
    let result = tester.commit(&encoded)?;
    tester.demand(no_error(&result), "the update in force", result.describe())
}

fn commit_again(tester: &mut Tester) -> Step {
    let (document, _) = begin(tester)?;
    let manifest = tester.install(programs::SERVICE, &document)?;
    let before = tester.services()?;
    tester.check("CW-UPD-014");
    for _ in 0..2 {
        let again = tester.commit(&manifest.encode()?)?;
        tester.demand(
            no_error(&again) && again.number("logic_counter")? == manifest.counter,
            format!("success again, with the counter {}", manifest.counter),
            again.describe(),
        )?;
    }
    // The offer, too, is answered with how far it has come.
    let encoded = manifest.encode()?;
    let signature = tester.sign(&encoded)?;
    let offered = tester.offer(&encoded, &signature)?;
    let known = no_error(&offered) && offered.fields["state"] == "installed";
    tester.demand(known, "the state installed", offered.describe())?;
    let after = tester.services()?;
    tester.demand(after == before, json!(before), json!(after))
}
