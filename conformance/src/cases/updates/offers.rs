//! Offers that are refused: for what, and what they leave of the update that is under way.

use super::{begin, programs::SERVICE, unchanged};
use crate::{
    case::Case,
    tester::{Login, Manifest, Tester, no_error},
    verdict::Step,
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "updates.first-failed-check-is-named",
            &["CW-UPD-011", "CW-UPD-006"],
            "Of two checks that an offer fails, the error names the first: signature, hardware, kind, counter, size, precursor",
            first_failed_check,
        ),
        Case::code(
            "updates.refused-offer-leaves-the-bytes",
            &["CW-UPD-004", "CW-UPD-006"],
            "An offer that is refused leaves the bytes of the update that is under way",
            refused_offer_leaves_the_bytes,
        ),
    ]
}

fn first_failed_check(tester: &mut Tester) -> Step {
    let (document, right) = begin(tester)?;
    // The twin, after which the reader has a counter to be below.
    tester.install(SERVICE, &document)?;
    tester.login(&Login::default())?;
    let counter = tester.logic_counter();
    unchanged(tester, |tester| {
        tester.check("CW-UPD-011");
        // From the last check to the first, each with all those behind it failed as well.
        let mut wrong = Manifest {
            counter: counter + 1,
            min_software: u64::from(u32::MAX),
            ..right.clone()
        };
        named(tester, &wrong, "update-precursor")?;
        wrong.size = 65_536;
        named(tester, &wrong, "update-size")?;
        wrong.counter = counter;
        named(tester, &wrong, "update-counter")?;
        wrong.kind = 0x7E;
        named(tester, &wrong, "not-supported")?;
        wrong.hardware_class = json!(0xFFFF);
        named(tester, &wrong, "update-hardware")?;
        let encoded = wrong.encode()?;
        let signature = tester.sign_as_stranger(&encoded);
        let status = tester.offer(&encoded, &signature)?;
        let right = status.fields["error"] == "update-signature";
        tester.demand(right, "update-signature", status.describe())
    })
}

fn named(tester: &mut Tester, manifest: &Manifest, error: &str) -> Step {
    let encoded = manifest.encode()?;
    let signature = tester.sign(&encoded)?;
    let status = tester.offer(&encoded, &signature)?;
    let right = status.fields["error"] == error && status.fields["state"] == "none";
    tester.demand(right, error, status.describe())
}

fn refused_offer_leaves_the_bytes(tester: &mut Tester) -> Step {
    let (document, manifest) = begin(tester)?;
    let encoded = manifest.encode()?;
    tester.offer_accepted(&manifest)?;
    tester.chunk(&encoded, 0, &document[..16])?;
    tester.check("CW-UPD-004");
    let other = Manifest {
        counter: manifest.counter + 1,
        ..manifest.clone()
    }
    .encode()?;
    let stranger = tester.sign_as_stranger(&other);
    let refused = tester.offer(&other, &stranger)?;
    tester.demand(!no_error(&refused), "an offer refused", refused.describe())?;
    let status = tester.query(&encoded)?;
    let kept = status.fields["state"] == "receiving" && status.number("next_offset")? == 16;
    tester.demand(
        kept,
        "16 bytes of the update that is under way",
        status.describe(),
    )?;
    tester.send_content(&encoded, &document, 16)?;
    let result = tester.commit(&encoded)?;
    tester.demand(no_error(&result), "the update in force", result.describe())
}
