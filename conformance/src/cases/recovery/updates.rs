//! An update that is cut behind each of its steps, and brought to its end afterwards.

use super::{cut, is_reset};
use crate::{
    cases::programs::{self, SERVICE},
    hex,
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Login, Manifest, Start, Tester, no_error},
    verdict::{Step, Stop},
};

/// More than two chunks.
const HALF: usize = 400;

pub(super) static MATRIX: Matrix = Matrix {
    id: "recovery.update",
    title: "An update is cut, goes on where it was, and is in force whole or not at all",
    requirements: &[
        "CW-UPD-010",
        "CW-UPD-008",
        "CW-UPD-004",
        "CW-UPD-005",
        "CW-SESS-014",
        "CW-SESS-007",
    ],
    factors: &[
        Factor {
            name: "cut",
            values: &[
                "disconnect",
                "other-client",
                "link-reset",
                "device-reset",
                "new-login",
                "cloud-lost",
            ],
        },
        Factor {
            name: "behind",
            values: &["offer", "first-bytes", "last-bytes", "commit"],
        },
    ],
    cover: Cover::All,
    allows: |_| true,
    run,
};

fn run(tester: &mut Tester, row: &Row) -> Step {
    tester.reach(Start::Serving)?;
    let text = hex::encode(&tester.random.array::<4>());
    let document = document(&text)?;
    let manifest = tester.manifest(SERVICE, &document)?;
    let encoded = manifest.encode()?;
    let mut expected = 0;
    tester.offer_accepted(&manifest)?;
    if !row.is("behind", "offer") {
        tester.chunk(&encoded, 0, &document[..HALF])?;
        expected = HALF;
    }
    if row.is("behind", "last-bytes") || row.is("behind", "commit") {
        tester.send_content(&encoded, &document, HALF)?;
        expected = document.len();
    }
    if row.is("behind", "commit") {
        let result = tester.commit(&encoded)?;
        tester.demand(no_error(&result), "the update in force", result.describe())?;
    }
    match row.of("cut") {
        "new-login" => tester.login(&Login::default())?,
        "cloud-lost" => {
            tester.relay_refused(&[0x5A; 40], &["cloud-not-authenticated"])?;
            tester.login(&Login::default())?;
        }
        _ => {
            cut(tester, row)?;
            tester.reach(Start::Serving)?;
        }
    }
    if row.is("behind", "commit") {
        tester.check("CW-UPD-008");
        return runs(tester, &text);
    }
    goes_on(tester, row, &manifest, &document, expected)?;
    runs(tester, &text)
}

/// Logic of some size that gives this text.
fn document(text: &str) -> Step<Vec<u8>> {
    let fill = "0123456789abcdef".repeat(15);
    let code = format!(
        "set r0 \"{text}\"\nset r1 \"{fill}\"\nset r2 \"{fill}\"\nset r3 \"{fill}\"\nemit \"echo\" text none r0\nend success"
    );
    let document = programs::program("whole-service", "", 16, &code)?;
    if document.len() > HALF + 200 {
        Ok(document)
    } else {
        Err(Stop::Error(
            "logic of this case must be larger than two chunks".into(),
        ))
    }
}

/// The same manifest again: the bytes that were there are there still, and what is missing brings the update to its end.
fn goes_on(tester: &mut Tester, row: &Row, manifest: &Manifest, document: &[u8], expected: usize) -> Step {
    tester.check("CW-UPD-010");
    // Until it is committed the old logic is in force, and its counter.
    let counter = tester.logic_counter();
    tester.demand(
        counter + 1 == manifest.counter,
        format!("the counter {} until the commit", manifest.counter - 1),
        counter,
    )?;
    let status = tester.offer_accepted(manifest)?;
    let has = status.number("next_offset")? as usize;
    tester.check("CW-UPD-010");
    // After a reset bytes that were not stored may be gone, but no others be there.
    let right = has == expected || is_reset(row) && has <= expected;
    tester.demand(
        right,
        format!("{expected} bytes that are there still"),
        status.describe(),
    )?;
    let encoded = manifest.encode()?;
    if has < document.len() {
        tester.send_content(&encoded, document, has)?;
    }
    tester.check("CW-UPD-005");
    let result = tester.commit(&encoded)?;
    let right = no_error(&result) && result.number("logic_counter")? == manifest.counter;
    tester.demand(
        right,
        format!("success with the counter {}", manifest.counter),
        result.describe(),
    )?;
    tester.login(&Login::default())
}

fn runs(tester: &mut Tester, text: &str) -> Step {
    let ended = tester.run(SERVICE)?;
    tester.check("CW-UPD-008");
    let right = ended.item("echo", "text") == Some(text.as_bytes());
    tester.demand(
        right,
        format!("{text}, as the new logic gives it"),
        ended.describe(),
    )
}
